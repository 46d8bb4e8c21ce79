"""The rows of the tree: what each shows, and the rows below it.

Nothing below a segment is read before its row is opened, and values and meanings are made when
they are asked for, so that twenty thousand segments or a document of many megabytes open at once.
Rows keep their children: asking twice gives the same objects.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.dictionary import (
    FieldDefinition,
    field_elsewhere,
    segment_elsewhere,
)
from hl7console.hl7v2.findings import Finding, covers, depth_of
from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views.meanings import (
    CODED_TYPES,
    DATE_TYPES,
    NULL_MEANING,
    coding_table,
    composite_meaning,
    simple_meaning,
)
from hl7console.hl7v2.views.segment_summary import LOOKED_AT, Summarizer

if TYPE_CHECKING:
    from hl7console.hl7v2.dictionary import Dictionary
    from hl7console.hl7v2.message import Message
    from hl7console.hl7v2.nodes import Node

_MODALITY_CODES = "CR CT DR DX ES IO MG MR NM OP OT PT PX RF RG SC SM US XA XC"

LONGEST_VALUE = 2_000
"""Characters of a value that a row holds; the whole one is in its node."""

_NOWHERE = (0, 0)

_IMAGING_NAMES = {
    18: "Accession Number",
    19: "Requested Procedure ID",
    20: "Scheduled Procedure Step ID",
}
"""What imaging departments put into fields of OBR. References: IHE RAD TF-2, 4.4."""

_MODALITIES = frozenset(_MODALITY_CODES.split())


class TreeView:
    """What the rows of one message share."""

    def __init__(
        self,
        message: Message,
        dictionary: Dictionary,
        findings: Iterable[Finding],
        *,
        show_empty: bool,
    ) -> None:
        self.message = message
        self.dictionary = dictionary
        self.show_empty = show_empty
        self.summarizer = Summarizer(dictionary, message.delimiters, message.codec)
        self.findings: dict[tuple[str, int], list[Finding]] = {}
        for finding in findings:
            key = (finding.path.segment, finding.path.segment_occurrence or 1)
            self.findings.setdefault(key, []).append(finding)

    @cached_property
    def is_imaging(self) -> bool:
        """Whether the message is an imaging order, whose OBR fields have uses of their own."""
        message = self.message
        if message.count("ZDS") or message.count("IPC"):
            return True
        return (message.get("OBR[1]-24") or "").strip() in _MODALITIES


class TreeRow:
    """One row. Any thread, as long as one at a time."""

    def __init__(
        self,
        view: TreeView,
        node: Node | None,
        path: FieldPath,
        parent: TreeRow | None,
        position: int,
        definition: FieldDefinition | None = None,
        type_: str = "",
        table: str = "",
    ) -> None:
        self.view = view
        self.node = node
        """The element; None for one that isn't there but should be."""
        self.path = path
        self.parent = parent
        self.position = position
        """Index among its parent's children."""
        self.definition = definition
        self.type = type_
        """Data type; empty where it isn't known. Of OBX-5 it is the one that OBX-2 names."""
        self.table = table
        """Four digits; empty where the value isn't coded."""

    @property
    def is_segment(self) -> bool:
        """Whether it is a segment, or a line that should be one."""
        return self.path.field is None

    @property
    def label(self) -> str:
        """The path as the first column shows it: ``PID``, ``OBX[2]``, ``PID-3.1``, ``PID-3[2]``."""
        path = self.path
        if path.field is None:
            is_first = (path.segment_occurrence or 1) == 1
            return (path.segment if is_first else str(path)) if path.segment else "?"
        repetition = path.repetition if (path.repetition or 1) > 1 else None
        if self.is_repetition:
            repetition = path.repetition
        return str(
            FieldPath(path.segment, None, path.field, repetition, path.component, path.subcomponent)
        )

    @property
    def is_repetition(self) -> bool:
        """Whether it is one repetition of a field that repeats."""
        return self.path.repetition is not None and self.path.component is None

    @cached_property
    def name(self) -> str:
        """What the element is called; never empty."""
        return _name_of(self)

    @cached_property
    def length(self) -> int:
        """Longest value by the definition, in characters; 0 where none is named."""
        return self.definition.length if self.definition is not None else 0

    @cached_property
    def span(self) -> tuple[int, int]:
        """First byte and the one after the last, in the message's bytes."""
        if self.node is not None:
            return self.node.span
        return self.problems[0].span if self.problems else _NOWHERE

    @cached_property
    def char_span(self) -> tuple[int, int]:
        """First character and the one after the last, in the message's text."""
        if self.node is not None:
            return self.node.char_span
        assert self.parent is not None  # noqa: S101 - only rows below a segment have no node
        end = self.parent.char_span[1]
        return (end, end)

    @cached_property
    def state(self) -> ValueState:
        """Absent, empty, null or valued."""
        return self.node.state if self.node is not None else ValueState.ABSENT

    @cached_property
    def has_children(self) -> bool:
        """Whether the row opens; cheap, whatever the size."""
        if self.node is None:
            return False
        if self.is_segment:
            return bool(self.path.segment)
        if self.path.segment in HEADER_IDS and (self.path.field or 0) <= 2:
            return False
        return _is_composite(self) or bool(_missing_numbers(self))

    @cached_property
    def value(self) -> str:
        """The value: of a segment a summary, of a composite what is written, else unescaped."""
        if self.node is None:
            return ""
        if self.is_segment:
            start, end = self.node.char_span
            written = self.view.message.text[start : min(end, start + LOOKED_AT)]
            return self.view.summarizer.summary(self.path.segment, written)
        if self.state == ValueState.NULL:
            return '""'
        value = self.node.raw_text if _is_composite(self) else self.node.value
        return value if len(value) <= LONGEST_VALUE else value[: LONGEST_VALUE - 1] + "…"

    @cached_property
    def meaning(self) -> str:
        """What the value means: a code's text, a readable date; empty where there is nothing."""
        node = self.node
        if node is None or self.is_segment:
            return ""
        if self.state == ValueState.NULL:
            return NULL_MEANING
        dictionary = self.view.dictionary
        if not _is_composite(self):
            return simple_meaning(self.value.strip(), self.type, self.table, dictionary)
        if self.path.component is not None or (len(node.children) > 1 and not self.is_repetition):
            return ""
        components = node.children if self.is_repetition else node.children[0].children
        parts = [component.value.strip() for component in components[:3]]
        return composite_meaning(parts, self.type, self.definition, dictionary)

    @property
    def display(self) -> str:
        """Value and meaning for one line of a table."""
        value = " ⏎ ".join(part.strip() for part in self.value.splitlines()) or self.value
        if not self.meaning:
            return value
        if self.type in DATE_TYPES and self.state == ValueState.VALUED:
            return self.meaning
        return f"{value} · {self.meaning}"

    @cached_property
    def problems(self) -> tuple[Finding, ...]:
        """What is wrong here or below."""
        path = self.path
        key = (path.segment, path.segment_occurrence or 1)
        return tuple(f for f in self.view.findings.get(key, ()) if covers(path, f.path))

    @cached_property
    def own_problems(self) -> tuple[Finding, ...]:
        """What is wrong at just this element."""
        depth = depth_of(self.path)
        return tuple(f for f in self.problems if depth_of(f.path) == depth)

    @cached_property
    def children(self) -> list[TreeRow]:
        """The rows below; made once."""
        return _children(self)


def _is_composite(row: TreeRow) -> bool:
    """Return whether an element's text is divided below its own level."""
    node, delimiters = row.node, row.view.message.delimiters
    if node is None or row.path.subcomponent is not None:
        return False
    marks = [delimiters.subcomponent]
    if row.path.component is None:
        marks.append(delimiters.component)
        if not row.is_repetition:
            marks.append(delimiters.repetition)
    text = node.raw_text
    return any(mark and mark in text for mark in marks)


def _name_of(row: TreeRow) -> str:
    path = row.path
    if path.field is None:
        return _segment_name(row)
    if row.is_repetition:
        return f"Repetition {path.repetition}"
    if row.definition is not None and row.definition.name:
        is_order = path.segment == "OBR" and path.component is None and row.view.is_imaging
        used = _IMAGING_NAMES.get(path.field) if is_order else None
        return f"{used} ({row.definition.name})" if used else row.definition.name
    kind = "Subcomponent" if path.subcomponent else "Component" if path.component else "Field"
    number = path.subcomponent or path.component or path.field
    return f"{kind} {number}"


def _segment_name(row: TreeRow) -> str:
    segment_id = row.path.segment
    if not segment_id:
        return "Not a segment"
    found = row.view.dictionary.segment(segment_id)
    if found is not None and found.name:
        return found.name
    elsewhere = segment_elsewhere(segment_id)
    if elsewhere is not None:
        return f"{elsewhere[0].name} (HL7 {elsewhere[1]})"
    return "Local segment" if segment_id.startswith("Z") else "Unknown segment"


def _children(row: TreeRow) -> list[TreeRow]:
    if row.node is None or not row.has_children:
        return []
    below, make = _below(row)
    wanted = _missing_numbers(row)
    is_shown = row.view.show_empty or make is _repetition_row
    found = [
        make(row, node, node.path)
        for node in below
        if is_shown or node.state != ValueState.EMPTY or _number(node.path) in wanted
    ]
    there = {_number(child.path) for child in found}
    found += [make(row, None, _missing_path(row.path, number)) for number in wanted - there]
    found.sort(key=lambda child: _number(child.path))
    for position, child in enumerate(found):
        child.position = position
    return found


def _below(row: TreeRow) -> tuple[Sequence[Node], _RowMaker]:
    """Return the elements that a row opens to, and what makes their rows."""
    assert row.node is not None  # noqa: S101 - checked by the caller
    inner = row.node.children
    if row.is_segment:
        return inner, _field_row
    if row.path.component is not None or row.is_repetition:
        return inner, _component_row
    if len(inner) > 1:
        return inner, _repetition_row
    return inner[0].children, _component_row


def _number(path: FieldPath) -> int:
    """Return which of its siblings an element is."""
    if path.subcomponent is not None:
        return path.subcomponent
    if path.component is not None:
        return path.component
    return path.repetition or path.field or 0


def _missing_numbers(row: TreeRow) -> set[int]:
    """Return the numbers of elements just below a row that have problems of their own."""
    depth = depth_of(row.path) + 1
    own = [f.path for f in row.problems if depth_of(f.path) == depth]
    if row.is_segment:
        return {path.field for path in own if path.field is not None}
    is_divided = not row.is_repetition and row.path.component is None
    assert row.node is not None  # noqa: S101 - asked of elements that are there
    if is_divided and len(row.node.children) > 1:
        return set()
    return {_number(path) for path in own}


def _field_row(parent: TreeRow, node: Node | None, path: FieldPath) -> TreeRow:
    number = path.field or 0
    definition = parent.view.dictionary.field(path.segment, number)
    if definition is None:
        elsewhere = field_elsewhere(path.segment, number)
        definition = elsewhere[0] if elsewhere is not None else None
    type_ = definition.type if definition is not None else ""
    if type_ == "VARIES":
        type_ = _type_sent(parent, path, number) or type_
    table = definition.table if definition is not None else ""
    return TreeRow(parent.view, node, path, parent, 0, definition, type_, table)


def _type_sent(segment: TreeRow, path: FieldPath, number: int) -> str:
    """Return the data type that another field of the segment names for a varying one."""
    place = {("OBX", 5): 2, ("MFE", 4): 5, ("MFA", 5): 6}.get((path.segment, number))
    if place is None or segment.node is None or len(segment.node.children) < place:
        return ""
    return segment.node.children[place - 1].value.strip().upper()


def _repetition_row(parent: TreeRow, node: Node | None, path: FieldPath) -> TreeRow:
    same = (parent.definition, parent.type, parent.table)
    return TreeRow(parent.view, node, path, parent, 0, *same)


def _component_row(parent: TreeRow, node: Node | None, path: FieldPath) -> TreeRow:
    number = _number(path)
    definition = parent.view.dictionary.component(parent.type, number)
    type_ = definition.type if definition is not None else ""
    table = definition.table if definition is not None else ""
    if number == 1 and not table and parent.type in CODED_TYPES:
        table = _system_table(parent) or parent.table
    return TreeRow(parent.view, node, path, parent, 0, definition, type_, table)


def _system_table(parent: TreeRow) -> str:
    """Return the table that the third component of a coded element names."""
    assert parent.node is not None  # noqa: S101 - only what is there opens
    inner = parent.node.children
    if not parent.is_repetition and parent.path.component is None:
        inner = inner[0].children
    return coding_table(inner[2].value) if len(inner) > 2 else ""


def _missing_path(parent: FieldPath, number: int) -> FieldPath:
    """Return the path of an element that isn't there, but that something is wrong with."""
    if parent.field is None:
        return dataclasses.replace(parent, field=number)
    if parent.component is not None:
        return dataclasses.replace(parent, subcomponent=number)
    return dataclasses.replace(parent, component=number)


_RowMaker = Callable[[TreeRow, "Node | None", FieldPath], TreeRow]
