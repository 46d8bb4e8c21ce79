"""Names, types, lengths, tables and structures of HL7 v2, a version at a time.

The data is a file a version in ``resources/dictionary``. Nothing is built before it is asked for,
and a gap in the data is never an error: what isn't known is None, and the place is shown without
a name.

References:
    HL7 v2.1 to v2.8.2, the chapters' segment, data type and table definitions;
    IHE RAD TF-2 (ZDS).
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from hl7console.assets import read_bytes
from hl7console.hl7v2.structures import implied_structure
from hl7console.hl7v2.vocabulary import version_key

DICTIONARY_VERSIONS = (
    *("2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1"),
    *("2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2"),
)
"""The versions that there is a dictionary of."""

FALLBACK_VERSION = "2.5.1"
"""Used for messages that name no version, or one that isn't of HL7 v2."""

UNLIMITED = 0
"""Value of `repeat` and of `maximum` where any number may be there."""

DATE_TYPES = frozenset(("DT", "DTM", "TS", "TM"))
"""Data types whose value is a date or a time."""


@dataclass(frozen=True, slots=True)
class FieldDefinition:
    """A field of a segment, or a component of a data type."""

    name: str
    type: str
    """Data type; empty where the version has none (withdrawn)."""
    length: int = 0
    """Longest value in characters; 0 where none is named."""
    table: str = ""
    """Four digits; empty where the values aren't coded."""
    required: bool = False
    conditional: bool = False
    withdrawn: bool = False
    repeat: int = 1
    """How often it may be there; `UNLIMITED` for any number."""


@dataclass(frozen=True, slots=True)
class SegmentDefinition:
    """A segment and its fields, the first one at index 0."""

    id: str
    name: str
    fields: tuple[FieldDefinition, ...]


@dataclass(frozen=True, slots=True)
class DatatypeDefinition:
    """A data type and its components; a simple one has none."""

    id: str
    name: str
    components: tuple[FieldDefinition, ...]


@dataclass(frozen=True, slots=True)
class StructureNode:
    """A segment or a group of a message structure."""

    names: tuple[str, ...]
    """Segment names of which one is there; ``*`` for any. A group has its own name."""
    minimum: int
    maximum: int
    group: tuple[StructureNode, ...] = ()


@dataclass(frozen=True, slots=True)
class Structure:
    """The segments of one kind of message, in order."""

    id: str
    name: str
    nodes: tuple[StructureNode, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The codes of one table."""

    id: str
    name: str
    values: Mapping[str, str]


_FLAGS = ("R", "C", "W")


def _field(row: list[Any]) -> FieldDefinition:
    name, type_, length, table, flags, repeat = row + ["", "", 0, "", "", 1][len(row) :]
    required, conditional, withdrawn = (flag in flags for flag in _FLAGS)
    return FieldDefinition(name, type_, length, table, required, conditional, withdrawn, repeat)


def _node(row: list[Any]) -> StructureNode:
    group = tuple(_node(inner) for inner in row[3]) if len(row) > 3 else ()
    names = (row[0],) if group else tuple(row[0].split(","))
    return StructureNode(names, row[1], row[2], group)


class Dictionary:
    """The definitions of one version. Any thread; definitions are made once and kept."""

    def __init__(self, version: str, data: dict[str, dict[str, list[Any]]]) -> None:
        self.version = version
        self._data = data
        self._segments: dict[str, SegmentDefinition | None] = {}
        self._datatypes: dict[str, DatatypeDefinition | None] = {}
        self._structures: dict[str, Structure | None] = {}

    def segment_ids(self) -> tuple[str, ...]:
        """Return the names of all segments, in alphabetical order."""
        return tuple(sorted(self._data["segments"]))

    def segment(self, segment_id: str) -> SegmentDefinition | None:
        """Return a segment's definition."""
        try:
            return self._segments[segment_id]
        except KeyError:
            row = self._data["segments"].get(segment_id)
            made = None
            if row is not None:
                made = SegmentDefinition(segment_id, row[0], tuple(map(_field, row[1])))
            return self._segments.setdefault(segment_id, made)

    def field(self, segment_id: str, number: int) -> FieldDefinition | None:
        """Return the definition of a field, the first one being number 1."""
        segment = self.segment(segment_id)
        if segment is None or not 1 <= number <= len(segment.fields):
            return None
        return segment.fields[number - 1]

    def datatype(self, type_id: str) -> DatatypeDefinition | None:
        """Return a data type's definition."""
        try:
            return self._datatypes[type_id]
        except KeyError:
            row = self._data["datatypes"].get(type_id)
            made = None
            if row is not None:
                made = DatatypeDefinition(type_id, row[0], tuple(map(_field, row[1])))
            return self._datatypes.setdefault(type_id, made)

    def component(self, type_id: str, number: int) -> FieldDefinition | None:
        """Return the definition of a data type's component, the first one being number 1."""
        datatype = self.datatype(type_id)
        if datatype is None or not 1 <= number <= len(datatype.components):
            return None
        return datatype.components[number - 1]

    def structure(self, name: str) -> Structure | None:
        """Return a message structure by its name, such as ``ORU_R01``."""
        try:
            return self._structures[name]
        except KeyError:
            row = self._data["messages"].get(name)
            made = None
            if row is not None:
                made = Structure(name, row[0], tuple(map(_node, row[1])))
            return self._structures.setdefault(name, made)

    def structure_for(self, message_type: str, event: str, named: str = "") -> Structure | None:
        """Return the structure of a message.

        Args:
            message_type: MSH-9.1.
            event: MSH-9.2.
            named: MSH-9.3; used where the version has no structure for the event.
        """
        implied = implied_structure(message_type, event)
        for name in (f"{message_type}_{event}", named, implied, "" if event else message_type):
            found = self.structure(name) if name else None
            if found is not None:
                return found
        return None

    def table(self, number: str) -> Table | None:
        """Return a table by its number (``0001``)."""
        return table(number)

    def table_value(self, number: str, code: str) -> str | None:
        """Return what a code of a table means."""
        return table_value(number, code)

    def event_name(self, event: str) -> str:
        """Return what a trigger event stands for."""
        return event_name(event)


@lru_cache(maxsize=512)
def nearest_version(version: str) -> str:
    """Return the version whose dictionary fits best: itself, else the last one before it."""
    version = version.strip()
    if version in DICTIONARY_VERSIONS:
        return version
    key = version_key(version)
    if key is None:
        return FALLBACK_VERSION
    keys = [(version_key(known) or (0, 0), known) for known in DICTIONARY_VERSIONS]
    return max((pair for pair in keys if pair[0] <= key), default=keys[0])[1]


def load(version: str = FALLBACK_VERSION) -> Dictionary:
    """Return the dictionary of a version, or of the nearest one there is. Any thread.

    The first call for a version reads and unpacks a file (about 10 ms); the others are free.
    """
    return _load(nearest_version(version))


@lru_cache(maxsize=len(DICTIONARY_VERSIONS))
def _load(version: str) -> Dictionary:
    data = json.loads(gzip.decompress(read_bytes(f"dictionary/v{version}.json.gz")))
    supplement = _supplement()
    for kind in ("segments", "datatypes"):
        for name, row in supplement[kind].items():
            data[kind].setdefault(name, row)
    for name, title in supplement["segment_names"].items():
        if name in data["segments"]:
            data["segments"][name][0] = data["segments"][name][0] or title
    return Dictionary(version, data)


@lru_cache(maxsize=1)
def _supplement() -> dict[str, dict[str, Any]]:
    made: dict[str, dict[str, Any]] = json.loads(read_bytes("dictionary/supplement.json"))
    return made


class _Tables:
    """All tables; the same for every version."""

    @cached_property
    def rows(self) -> dict[str, Table]:
        rows = json.loads(gzip.decompress(read_bytes("dictionary/tables.json.gz")))
        for number, (name, values) in _supplement()["tables"].items():
            known_name, known = rows.get(number, (name, {}))
            rows[number] = (known_name or name, {**known, **values})
        return {number: Table(number, *row) for number, row in rows.items()}


_tables = _Tables()


def table(number: str) -> Table | None:
    """Return a table by its number (``0001`` or ``HL70001``)."""
    return _tables.rows.get(number.removeprefix("HL7").zfill(4))


def table_value(number: str, code: str) -> str | None:
    """Return what a code of a table means; None when the table or the code isn't known."""
    found = table(number)
    return None if found is None else found.values.get(code)


def event_name(event: str) -> str:
    """Return what a trigger event stands for (``A01``: Admit/visit notification), or ``""``."""
    return _tables.rows["0003"].values.get(event, "")


_ELSEWHERE = ("2.5.1", "2.6", "2.8.2", "2.3.1", "2.3", "2.2")
"""Versions that are asked for what the message's own doesn't have."""


@lru_cache(maxsize=512)
def segment_elsewhere(segment_id: str) -> tuple[SegmentDefinition, str] | None:
    """Return a segment's definition from another version, and which one that is."""
    for version in _ELSEWHERE:
        found = load(version).segment(segment_id)
        if found is not None:
            return found, version
    return None


@lru_cache(maxsize=2048)
def field_elsewhere(segment_id: str, number: int) -> tuple[FieldDefinition, str] | None:
    """Return a field's definition from another version, and which one that is."""
    for version in _ELSEWHERE:
        found = load(version).field(segment_id, number)
        if found is not None:
            return found, version
    return None


def describe_definition(
    definition: FieldDefinition, dictionary: Dictionary, *, table_codes: int = 0
) -> list[str]:
    """Return the lines that explain a field or component: type, use, length, table.

    Args:
        definition: What is explained.
        dictionary: Where its data type is looked up.
        table_codes: At most so many of the table's codes are listed.
    """
    lines = []
    if definition.type:
        datatype = dictionary.datatype(definition.type)
        title = f" ({datatype.name})" if datatype is not None and datatype.name else ""
        lines.append(f"Type {definition.type}{title}")
    lines.append(", ".join(_use(definition)))
    found = table(definition.table) if definition.table else None
    if found is not None:
        lines.append(f"Table {definition.table} ({found.name})")
        codes = list(found.values.items())[:table_codes]
        lines += [f"  {code} · {meaning}" for code, meaning in codes]
        if table_codes and len(found.values) > table_codes:
            lines.append(f"  and {len(found.values) - table_codes} more")
    elif definition.table:
        lines.append(f"Table {definition.table} (defined by the sites)")
    return lines


def _use(definition: FieldDefinition) -> list[str]:
    if definition.withdrawn:
        use = ["Withdrawn"]
    elif definition.required:
        use = ["Required"]
    else:
        use = ["Conditional" if definition.conditional else "Optional"]
    if definition.repeat == UNLIMITED:
        use.append("may repeat")
    elif definition.repeat > 1:
        use.append(f"may repeat {definition.repeat} times")
    if definition.length:
        plural = "s" if definition.length > 1 else ""
        use.append(f"up to {definition.length:,} character{plural}")
    return use
