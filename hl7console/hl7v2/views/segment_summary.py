"""What a segment says, in a few words, for its row in the tree.

Only the first part of a segment's text is looked at, and no nodes are made, so that twenty thousand
rows cost nothing until they are seen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hl7console.hl7v2.datetimes import readable_date
from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.escapes import unescape

if TYPE_CHECKING:
    from hl7console.hl7v2.delimiters import Delimiters
    from hl7console.hl7v2.dictionary import Dictionary, FieldDefinition

LOOKED_AT = 4_000
"""Characters of a segment that are looked at."""

LONGEST = 160
"""Characters of a summary."""

_SUMMARIES = {
    "ABS": "13",
    "ACC": "2 1 8",
    "AIG": "3 4 8",
    "AIL": "3 4 6",
    "AIP": "3 4 6",
    "AIS": "3 4",
    "AL1": "3 4 5",
    "BHS": "7 11",
    "BTS": "1",
    "CTI": "1",
    "DB1": "2 3",
    "DG1": "3 4 6",
    "DRG": "1",
    "DSC": "1",
    "EQU": "1 3",
    "ERR": "3 8 1",
    "EVN": "1 2",
    "FHS": "7 11",
    "FT1": "6 7 4",
    "FTS": "1",
    "GT1": "3",
    "IAM": "3 4",
    "IN1": "4 2",
    "IN2": "2",
    "IPC": "1 5 4",
    "MFE": "1 4",
    "MFI": "1 3",
    "MRG": "1 7",
    "MSA": "1 2 3",
    "MSH": "9 12",
    "NK1": "2 3",
    "NTE": "3",
    "OBR": "4 24 25",
    "OM1": "2",
    "ORC": "1 5",
    "ORG": "2",
    "PD1": "4",
    "PID": "5 7 8",
    "PR1": "3 4 5",
    "PRD": "2 1",
    "PV1": "2 3",
    "PV2": "3",
    "QAK": "2 1",
    "QPD": "1 3",
    "QRD": "9 8",
    "RF1": "1 2",
    "RGS": "3",
    "ROL": "3 4",
    "RXA": "5 6 7",
    "RXC": "2 3 4",
    "RXD": "2 4 5",
    "RXE": "2 3 5",
    "RXO": "1 2 4",
    "RXR": "1 2",
    "SAC": "3 2",
    "SCH": "7 8 6 25",
    "SFT": "1 3 2",
    "SPM": "4 2",
    "STF": "3 2",
    "TQ1": "7 9",
    "TXA": "2 17 12",
    "ZDS": "1",
}
"""Fields that tell a segment from its like, by segment."""

_MEANT = frozenset(("ID", "IS"))
_CODED = frozenset(("CE", "CWE", "CNE", "CF"))
_DATES = frozenset(("DT", "DTM", "TS"))
_PERSONS = frozenset(("XCN", "CN", "PPN"))
_NAMES = frozenset(("XPN", "PN"))


class Summarizer:
    """Makes the summaries of one message's segments."""

    def __init__(self, dictionary: Dictionary, delimiters: Delimiters, codec: str) -> None:
        self._dictionary = dictionary
        self._delimiters = delimiters
        self._codec = codec

    def summary(self, segment_id: str, written: str) -> str:
        """Return a few words on a segment; ``""`` when it holds nothing.

        Args:
            segment_id: Its name; empty for a line that is no segment.
            written: Its text, or the first `LOOKED_AT` characters of it.
        """
        written = written[:LOOKED_AT]
        if not segment_id:
            return _one_line(written)
        fields = written.split(self._delimiters.field)
        if segment_id in HEADER_IDS:
            fields.insert(1, self._delimiters.field)
        if segment_id == "OBX":
            return _one_line(self._observation(fields))
        places = _SUMMARIES.get(segment_id)
        if places is None:
            return _one_line(self._unknown(fields))
        shown = [self._field(segment_id, int(place), fields) for place in places.split()]
        return _one_line(" · ".join(filter(None, shown)))

    def _observation(self, fields: list[str]) -> str:
        name = self._field("OBX", 3, fields)
        value_type = fields[2].strip() if len(fields) > 2 else ""
        value = self._value("OBX", 5, fields, value_type)
        if value_type in ("ED", "RP"):
            parts = fields[5].split(self._delimiters.component) if len(fields) > 5 else []
            value = " ".join(filter(None, parts[1:4]))
        units = self._field("OBX", 6, fields) if value else ""
        flag = self._field("OBX", 8, fields)
        told = " ".join(filter(None, (value, units)))
        return " · ".join(
            filter(None, (f"{name}: {told}" if name and told else name or told, flag))
        )

    def _unknown(self, fields: list[str]) -> str:
        """Return the first values of a segment that has no summary of its own."""
        values = [self._plain(field) for field in fields[1:12]]
        if len(values) > 1 and values[0].isdigit():
            values = values[1:]
        return " · ".join([value for value in values if value][:3])

    def _field(self, segment_id: str, number: int, fields: list[str]) -> str:
        definition = self._dictionary.field(segment_id, number)
        return self._value(segment_id, number, fields, definition.type if definition else "")

    def _value(self, segment_id: str, number: int, fields: list[str], type_: str) -> str:
        if number >= len(fields) or not fields[number] or fields[number] == '""':
            return ""
        first = fields[number]
        if self._delimiters.repetition:
            first = first.partition(self._delimiters.repetition)[0]
        parts = first.split(self._delimiters.component) if self._delimiters.component else [first]
        definition = self._dictionary.field(segment_id, number)
        return _reader(type_)(self, parts, definition)

    def plain_parts(self, parts: list[str], _: FieldDefinition | None) -> str:
        """Return a composite value as it is written, without the empty end."""
        return self._delimiters.component.join(map(self._plain, parts)).rstrip(
            self._delimiters.component
        )

    def coded(self, parts: list[str], definition: FieldDefinition | None) -> str:
        """Return the text of a coded element, else what its code means, else the code."""
        if len(parts) > 1 and parts[1].strip():
            return self._plain(parts[1])
        code = self._plain(parts[0])
        if not code:
            return next(filter(None, map(self._plain, (*parts[4:5], *parts[3:4]))), "")
        return self._meaning(code, definition) or code

    def code(self, parts: list[str], definition: FieldDefinition | None) -> str:
        """Return a code with its meaning."""
        code = self._plain(parts[0])
        meaning = self._meaning(code, definition)
        return f"{code} · {meaning}" if meaning else code

    def date(self, parts: list[str], _: FieldDefinition | None) -> str:
        """Return a readable date."""
        return readable_date(parts[0], "DTM") or self._plain(parts[0])

    def name(self, parts: list[str], _: FieldDefinition | None) -> str:
        """Return family and given name as they are written."""
        return self.plain_parts(parts[:2], None)

    def person(self, parts: list[str], _: FieldDefinition | None) -> str:
        """Return the name of a person who has an identifier, else the identifier."""
        return self.plain_parts(parts[1:3], None) or self._plain(parts[0])

    def identifier(self, parts: list[str], _: FieldDefinition | None) -> str:
        """Return the first component."""
        return self._plain(parts[0])

    def _meaning(self, code: str, definition: FieldDefinition | None) -> str:
        if definition is None or not definition.table:
            return ""
        return self._dictionary.table_value(definition.table, code) or ""

    def _plain(self, written: str) -> str:
        return "" if written == '""' else unescape(written, self._delimiters, self._codec).strip()


_Reader = Callable[[Summarizer, list[str], "FieldDefinition | None"], str]


def _reader(type_: str) -> _Reader:
    for types, reader in _READERS:
        if type_ in types:
            return reader
    return Summarizer.plain_parts


_READERS: tuple[tuple[frozenset[str], _Reader], ...] = (
    (_MEANT, Summarizer.code),
    (_CODED, Summarizer.coded),
    (_DATES, Summarizer.date),
    (_NAMES, Summarizer.name),
    (_PERSONS, Summarizer.person),
    (frozenset(("EI", "CX", "CK", "RP", "EIP", "VID", "XON", "CM_PAT_ID")), Summarizer.identifier),
)


def _one_line(text: str) -> str:
    shown = " ".join(text.split())
    return shown if len(shown) <= LONGEST else shown[: LONGEST - 1].rstrip() + "…"
