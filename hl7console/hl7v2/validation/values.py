"""What is wrong with a field's value: repetitions, length, and each part against its data type.

References:
    HL7 v2.5.1 chapter 2A (data types); the tables of chapter 2C of v2.8.2.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from dataclasses import dataclass

from hl7console.hl7v2.datetimes import date_problem
from hl7console.hl7v2.dictionary import UNLIMITED, FieldDefinition, table
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.subject import NULL, SegmentText, Subject

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)\Z", re.ASCII)
_SEQUENCE = re.compile(r"\d+\Z", re.ASCII)
_DATE_TYPES = frozenset(("DT", "DTM", "TM", "TS"))
_UNMEASURED = ("ED", "RP")
"""Data types of documents and references, whose lengths were never kept to."""

_SHORTEST_LIMIT = 15
"""Shorter limits say nothing: they are of codes and numbers, or were given up later."""

_STRICT_NUMBERS = "0001 0004 0008 0038 0085 0103 0119 0123 0136 0155 0200 0271 0357 0516"
_STRICT_TABLES = frozenset(_STRICT_NUMBERS.split())
"""Tables that every version shares and that receivers rely on."""

_OPEN_NUMBERS = "0003 0076 0104 0125 0191 0211 0354 0396 0291 0834 0203 0301 0363 0361 0362"
_OPEN_TABLES = frozenset(_OPEN_NUMBERS.split())
"""Tables that are checked elsewhere, or that grow faster than the dictionary."""

_SAME_TABLES = {"0206": "0287", "0287": "0206"}
"""Tables of the same thing: later versions took the one for the other, senders did not."""

_LOOKED_AT = 1_000
"""How many repetitions of a field are looked at."""

_LONGEST_QUOTED = 3
"""Longer codes may well be something else, such as a name in the wrong field."""

_LONGEST_REMEMBERED = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong within a field."""

    severity: Severity
    code: str
    text: str
    repetition: int | None = None
    component: int | None = None
    subcomponent: int | None = None
    name: str = ""
    """Of the component, where it has one."""


def _within(fault: Fault) -> Severity:
    """Return the severity of a fault in a component: senders often use another data type."""
    return Severity.WARNING if fault.severity == Severity.ERROR else fault.severity


class FieldRules:
    """Checks fields, and remembers what it found for a field's text."""

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self._remembered: dict[tuple[str, int, str, str], tuple[Fault, ...]] = {}

    def faults(
        self, segment: SegmentText, number: int, definition: FieldDefinition
    ) -> tuple[Fault, ...]:
        """Return what is wrong within a field that has a value."""
        written = segment.fields[number]
        type_ = definition.type
        if type_ == "VARIES" and segment.id == "OBX":
            type_ = segment.written(2).strip().upper()
        key = (segment.id, number, type_, written)
        remembered = self._remembered.get(key)
        if remembered is not None:
            return remembered
        found = tuple(self._field(written, definition, type_))
        if len(written) <= _LONGEST_REMEMBERED:
            self._remembered[key] = found
        return found

    def _field(self, written: str, definition: FieldDefinition, type_: str) -> Iterator[Fault]:
        repetitions = self.subject.repetitions(written)
        count = len(repetitions)
        if definition.repeat not in (UNLIMITED, count) and count > definition.repeat:
            allowed = "once" if definition.repeat == 1 else f"{definition.repeat} times"
            text = (
                f"may be there {allowed} in v{self.subject.dictionary.version}, not {count} times"
            )
            yield Fault(Severity.WARNING, "too_many_repetitions", text)
        for index, repetition in enumerate(repetitions[:_LOOKED_AT]):
            if not repetition or repetition == NULL:
                continue
            number = index + 1 if count > 1 else None
            for fault in self._repetition(repetition, definition, type_):
                yield dataclasses.replace(fault, repetition=number)

    def _repetition(self, written: str, definition: FieldDefinition, type_: str) -> Iterator[Fault]:
        datatype = self.subject.dictionary.datatype(type_)
        if datatype is None or not datatype.components or type_ in _DATE_TYPES:
            parts = self.subject.components(written)
            limit = 0 if definition.withdrawn else definition.length
            yield from self._leaf(parts[0], type_, definition.table, limit)
            for index, part in enumerate(parts[1:], 2):
                if part and type_ in _DATE_TYPES and index == 2 and type_ != "TS":
                    text = f"is a component of a {type_}, which has none"
                    yield Fault(Severity.WARNING, "not_divided", text, component=2)
            return
        parts = self.subject.components(written)
        for index, part in enumerate(parts):
            if part and part != NULL and index < len(datatype.components):
                component = datatype.components[index]
                for fault in self._component(part, component, type_):
                    place = index + 1 if len(parts) > 1 or fault.subcomponent else None
                    yield dataclasses.replace(
                        fault,
                        severity=_within(fault),
                        component=place,
                        name=component.name if place else "",
                    )

    def _component(self, written: str, definition: FieldDefinition, within: str) -> Iterator[Fault]:
        datatype = self.subject.dictionary.datatype(definition.type)
        parts = self.subject.subcomponents(written)
        if datatype is None or not datatype.components or definition.type in _DATE_TYPES:
            limit = 0 if within in _UNMEASURED else definition.length
            yield from self._leaf(parts[0], definition.type, definition.table, limit)
            return
        for index, part in enumerate(parts):
            if part and part != NULL and index < len(datatype.components):
                inner = datatype.components[index]
                for fault in self._leaf(part, inner.type, inner.table, inner.length):
                    place = index + 1 if len(parts) > 1 else None
                    yield dataclasses.replace(fault, subcomponent=place)

    def _leaf(self, written: str, type_: str, table_id: str, limit: int = 0) -> Iterator[Fault]:
        if type_ == "ST" and len(written) > limit >= _SHORTEST_LIMIT:
            length = len(self.subject.plain(written))
            if length > limit:
                version = self.subject.dictionary.version
                text = f"has {length:,} characters; v{version} allows {limit:,}"
                yield Fault(Severity.INFO, "too_long", text)
            return
        if type_ in _DATE_TYPES:
            problem = date_problem(self.subject.plain(written), type_) if written.strip() else ""
            if problem:
                yield Fault(Severity.ERROR, "bad_date", problem)
        elif type_ == "NM":
            value = self.subject.plain(written)
            if value and not _NUMBER.match(value):
                yield Fault(Severity.WARNING, "bad_number", "is no number (type NM)")
        elif type_ == "SI":
            value = self.subject.plain(written)
            if value and not _SEQUENCE.match(value):
                yield Fault(Severity.WARNING, "bad_number", "is no sequence number (type SI)")
        elif table_id and type_ in ("ID", "IS", "CE", "CWE", "CNE"):
            yield from self._code(written, type_, table_id)

    def _code(self, written: str, type_: str, table_id: str) -> Iterator[Fault]:
        if table_id in _OPEN_TABLES or (type_ != "ID" and table_id not in _STRICT_TABLES):
            return
        known = table(table_id)
        code = self.subject.plain(written)
        if known is None or not code or code in known.values:
            return
        other = table(_SAME_TABLES.get(table_id, ""))
        if other is not None and code in other.values:
            return
        severity = Severity.WARNING if table_id in _STRICT_TABLES else Severity.INFO
        is_short = len(code) <= _LONGEST_QUOTED and code.isalnum() and code.isascii()
        shown = f"{code} " if is_short else "a code "
        text = f"holds {shown}that table {table_id} ({known.name}) doesn't have"
        yield Fault(severity, "code_not_in_table", text)
