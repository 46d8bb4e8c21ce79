"""The elements of a message: segments, fields, repetitions, components, subcomponents.

A node is two offsets into the message's text; its children are made when they are asked for, so
that a field of 5 MB or a message of 20,000 segments costs nothing until it is looked at. Every
element has at least one child: a plain field is one repetition of one component of one
subcomponent.

References:
    HL7 v2.5.1 chapter 2, sections 2.4 and 2.5.3 (null and absent values).
"""

from __future__ import annotations

import dataclasses
from array import array
from typing import TYPE_CHECKING

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.parts import nth_part, part_around, part_starts
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.tree import NULL_TEXT, Children, Node, ValueState

if TYPE_CHECKING:
    from hl7console.hl7v2.message import Message

__all__ = [
    "NULL_TEXT",
    "Children",
    "Component",
    "Field",
    "Node",
    "Repetition",
    "Segment",
    "Subcomponent",
    "ValueState",
]


class Segment(Node):
    """One line of a message."""

    __slots__ = ("id", "index", "line")

    id: str
    """Three characters; empty for a line that is no segment."""
    index: int
    """Which of the segments of this name, from 1."""
    line: int
    """Which of the message's lines, from 1; blank ones are not counted."""

    def __init__(
        self, message: Message, start: int, end: int, *, name: str, index: int, line: int
    ) -> None:
        super().__init__(message, start, end)
        self.id = name
        self.index = index
        self.line = line

    @property
    def is_header(self) -> bool:
        """Whether its first field is the field separator itself."""
        return self.id in HEADER_IDS

    @property
    def path(self) -> FieldPath:
        """Its name, with the occurrence where there are several."""
        several = self.message.count(self.id) > 1 or not self.id
        return FieldPath(self.id, self.index if several else None)

    @property
    def fields(self) -> Children[Field]:
        """Its fields in order; `fields[0]` is field 1 (in MSH the separator)."""
        text, separator = self.message.text, self.message.delimiters.field
        if not self.id or not text.startswith(separator, self.start + 3, self.end):
            return Children(array("q"), self.end, self._make_field)
        starts = part_starts(text, self.start + 4, self.end, separator)
        if self.is_header:
            starts.insert(0, self.start + 3)
        return Children(starts, self.end, self._make_field)

    def _make_field(self, number: int, start: int, end: int) -> Field:
        if self.is_header and number == 1:
            end = start + 1
        return Field(self.message, start, end, segment=self, number=number)

    @property
    def children(self) -> Children[Field]:
        """Its fields."""
        return self.fields

    def field(self, number: int) -> Field | None:
        """Return a field by its number from 1; None when the segment does not go that far."""
        text, separator = self.message.text, self.message.delimiters.field
        start = self.start + 3
        if not self.id or number < 1 or not text.startswith(separator, start, self.end):
            return None
        if not self.is_header:
            number_of_part = number
        elif number == 1:
            return self._make_field(1, start, start + 1)
        else:
            number_of_part = number - 1
        found = nth_part(text, start + 1, self.end, separator, number_of_part)
        return None if found is None else self._make_field(number, *found)

    def child_around(self, char: int) -> Field | None:
        """Return the field that a character belongs to; None within the name."""
        text, separator = self.message.text, self.message.delimiters.field
        start = self.start + 3
        if not self.id or not text.startswith(separator, start, self.end):
            return None
        if char <= start:
            return self.field(1) if self.is_header and char == start else None
        number, begin, end = part_around(text, start + 1, self.end, separator, char)
        return self._make_field(number + 1 if self.is_header else number, begin, end)

    @property
    def value(self) -> str:
        """The whole line as written."""
        return self.raw_text


class Field(Node):
    """A field of a segment."""

    __slots__ = ("number", "segment")

    def __init__(
        self, message: Message, start: int, end: int, *, segment: Segment, number: int
    ) -> None:
        super().__init__(message, start, end)
        self.segment = segment
        self.number = number

    @property
    def is_literal(self) -> bool:
        """Whether it names the delimiters (MSH-1, MSH-2): neither divided nor escaped."""
        return self.number <= 2 and self.segment.is_header

    @property
    def path(self) -> FieldPath:
        """Such as ``PID-3``."""
        segment = self.segment.path
        return FieldPath(segment.segment, segment.segment_occurrence, self.number)

    @property
    def repetitions(self) -> Children[Repetition]:
        """Its repetitions; at least one."""
        starts = part_starts(self.message.text, self.start, self.end, self._mark)
        return Children(starts, self.end, self._make_repetition)

    def repetition(self, number: int) -> Repetition | None:
        """Return a repetition by its number from 1; None when there are not as many."""
        found = nth_part(self.message.text, self.start, self.end, self._mark, number)
        return None if found is None else self._make_repetition(number, *found)

    def child_around(self, char: int) -> Repetition:
        """Return the repetition that a character belongs to."""
        return self._make_repetition(
            *part_around(self.message.text, self.start, self.end, self._mark, char)
        )

    @property
    def _mark(self) -> str:
        return "" if self.is_literal else self.message.delimiters.repetition

    def _make_repetition(self, number: int, start: int, end: int) -> Repetition:
        return Repetition(self.message, start, end, field=self, number=number)

    @property
    def children(self) -> Children[Repetition]:
        """Its repetitions."""
        return self.repetitions

    @property
    def value(self) -> str:
        """Value of its first leaf."""
        return self.message.value_of_span(self.start, self.end, self)


class Repetition(Node):
    """One of the repetitions of a field."""

    __slots__ = ("field", "number")

    def __init__(
        self, message: Message, start: int, end: int, *, field: Field, number: int
    ) -> None:
        super().__init__(message, start, end)
        self.field = field
        self.number = number

    @property
    def path(self) -> FieldPath:
        """Such as ``PID-3[1]``."""
        return dataclasses.replace(self.field.path, repetition=self.number)

    @property
    def components(self) -> Children[Component]:
        """Its components; at least one."""
        starts = part_starts(self.message.text, self.start, self.end, self._mark)
        return Children(starts, self.end, self._make_component)

    def component(self, number: int) -> Component | None:
        """Return a component by its number from 1; None when there are not as many."""
        found = nth_part(self.message.text, self.start, self.end, self._mark, number)
        return None if found is None else self._make_component(number, *found)

    def child_around(self, char: int) -> Component:
        """Return the component that a character belongs to."""
        return self._make_component(
            *part_around(self.message.text, self.start, self.end, self._mark, char)
        )

    @property
    def _mark(self) -> str:
        return "" if self.is_literal else self.message.delimiters.component

    @property
    def is_literal(self) -> bool:
        """Whether it is MSH-1 or MSH-2."""
        return self.field.is_literal

    def _make_component(self, number: int, start: int, end: int) -> Component:
        return Component(self.message, start, end, repetition=self, number=number)

    @property
    def children(self) -> Children[Component]:
        """Its components."""
        return self.components

    @property
    def value(self) -> str:
        """Value of its first leaf."""
        return self.message.value_of_span(self.start, self.end, self.field)


class Component(Node):
    """A component of a repetition."""

    __slots__ = ("number", "repetition")

    def __init__(
        self, message: Message, start: int, end: int, *, repetition: Repetition, number: int
    ) -> None:
        super().__init__(message, start, end)
        self.repetition = repetition
        self.number = number

    @property
    def path(self) -> FieldPath:
        """Such as ``PID-3.1``, or ``PID-3[2].1`` in a field that repeats."""
        path = self.repetition.path
        if not self.repetition.field.is_divided:
            path = self.repetition.field.path
        return dataclasses.replace(path, component=self.number)

    @property
    def subcomponents(self) -> Children[Subcomponent]:
        """Its subcomponents; at least one."""
        starts = part_starts(self.message.text, self.start, self.end, self._mark)
        return Children(starts, self.end, self._make_subcomponent)

    def subcomponent(self, number: int) -> Subcomponent | None:
        """Return a subcomponent by its number from 1; None when there are not as many."""
        found = nth_part(self.message.text, self.start, self.end, self._mark, number)
        return None if found is None else self._make_subcomponent(number, *found)

    def child_around(self, char: int) -> Subcomponent:
        """Return the subcomponent that a character belongs to."""
        return self._make_subcomponent(
            *part_around(self.message.text, self.start, self.end, self._mark, char)
        )

    @property
    def _mark(self) -> str:
        return "" if self.is_literal else self.message.delimiters.subcomponent

    @property
    def is_literal(self) -> bool:
        """Whether it is MSH-1 or MSH-2."""
        return self.repetition.is_literal

    def _make_subcomponent(self, number: int, start: int, end: int) -> Subcomponent:
        return Subcomponent(self.message, start, end, component=self, number=number)

    @property
    def children(self) -> Children[Subcomponent]:
        """Its subcomponents."""
        return self.subcomponents

    @property
    def value(self) -> str:
        """Value of its first leaf."""
        return self.message.value_of_span(self.start, self.end, self.repetition.field)


class Subcomponent(Node):
    """A leaf of the tree."""

    __slots__ = ("component", "number")

    def __init__(
        self, message: Message, start: int, end: int, *, component: Component, number: int
    ) -> None:
        super().__init__(message, start, end)
        self.component = component
        self.number = number

    @property
    def path(self) -> FieldPath:
        """Such as ``PID-3.4.1``."""
        return dataclasses.replace(self.component.path, subcomponent=self.number)

    @property
    def children(self) -> Children[Node]:
        """Nothing: it is a leaf."""
        return Children(array("q"), self.end, lambda _number, _start, _end: self)

    def child_around(self, char: int) -> None:
        """Return nothing: it is a leaf."""

    @property
    def is_literal(self) -> bool:
        """Whether it is MSH-1 or MSH-2."""
        return self.component.is_literal

    @property
    def value(self) -> str:
        """Its text without escapes; empty for null."""
        return self.message.value_of_span(self.start, self.end, self.component.repetition.field)
