"""What a value of the tree means: the text of a code, a date as people write it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hl7console.hl7v2.datetimes import readable_date

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hl7console.hl7v2.dictionary import Dictionary, FieldDefinition

DATE_TYPES = frozenset(("DT", "DTM", "TM", "TS"))
"""Data types whose meaning is the date or time itself."""

CODED_TYPES = frozenset(("CE", "CF", "CNE", "CWE"))
"""Data types of a code, its text and its coding system."""

MESSAGE_TYPES = frozenset(("MSG", "CM_MSG"))
"""Data types of MSH-9."""

NULL_MEANING = "null: delete the stored value"

_HL7_TABLE = re.compile(r"HL7?-?(\d{4})\Z")


def coding_table(system: str) -> str:
    """Return the table that a coding system stands for (``HL70078``), or ``""``."""
    found = _HL7_TABLE.match(system.strip().upper())
    return found[1] if found else ""


def simple_meaning(value: str, type_: str, table: str, dictionary: Dictionary) -> str:
    """Return what a value without parts means; ``""`` when nothing is known."""
    if not value:
        return ""
    if type_ in DATE_TYPES:
        return readable_date(value, type_)
    return (dictionary.table_value(table, value) or "") if table else ""


def composite_meaning(
    parts: Sequence[str], type_: str, definition: FieldDefinition | None, dictionary: Dictionary
) -> str:
    """Return what a value of several components means; ``""`` when it says so itself."""
    if type_ in MESSAGE_TYPES and len(parts) > 1:
        return dictionary.event_name(parts[1])
    if type_ in DATE_TYPES:
        return readable_date(parts[0], type_)
    if type_ in CODED_TYPES and not any(parts[1:2]):
        table = coding_table(parts[2]) if len(parts) > 2 else ""
        table = table or (definition.table if definition is not None else "")
        return (dictionary.table_value(table, parts[0]) or "") if table else ""
    return ""
