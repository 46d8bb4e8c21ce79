"""Add, remove, move and duplicate what a message is made of: segments, fields, repetitions, parts.

The path says which level is meant: ``PID`` a segment, ``PID-3`` a field, ``PID-3[2]`` a repetition,
``PID-3.4`` a component. Bytes that only move stay the very same ones, where their character set
lets them mean the same at their new place; else they are written anew.

References:
    HL7 v2.5.1 chapter 2, sections 2.5.3 and 2.5.4 (fields keep their numbers by their place).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.edits import InsertSegment, RemoveSegment, SetRaw
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Field, Node, Repetition, Segment
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.tree import Children
from hl7console.hl7v2.writing import EditError


@dataclass(frozen=True, slots=True)
class InsertPart:
    """Puts a new element at a place; what stands there and behind it moves one further."""

    path: FieldPath
    text: str = field(default="", repr=False)
    """As written."""

    def apply(self, message: Message) -> Message:
        """Return the message with one element more."""
        if self.path.field is None:
            raise EditError(f"{self.path} names a segment; a new one is put in as a line.")
        place = _place_of(message, self.path, may_be_missing=True)
        if place is None:
            return SetRaw(self.path, self.text).apply(message)
        at = place.node.start
        return message.with_text(at, at, self.text + place.mark)

    def describe(self) -> str:
        """Return what is put in where."""
        return f"Insert {_kind(self.path)} {self.path}"


@dataclass(frozen=True, slots=True)
class RemovePart:
    """Takes an element out with its separator; what stands behind it moves up."""

    path: FieldPath

    def apply(self, message: Message) -> Message:
        """Return the message with one element less; the last one of its kind is only emptied."""
        if self.path.field is None:
            return RemoveSegment(self.path).apply(message)
        place = _found(message, self.path)
        start, end = place.node.char_span
        if place.index + 1 < len(place.siblings):
            end = place.siblings[place.index + 1].start
        elif place.index:
            start = place.siblings[place.index - 1].end
        if isinstance(place.node, Field) and place.is_first_field:
            return message.with_text(*place.node.char_span, "")
        return message.with_text(start, end, "")

    def describe(self) -> str:
        """Return what is taken out."""
        return f"Remove {_kind(self.path)} {self.path}"


@dataclass(frozen=True, slots=True)
class DuplicatePart:
    """Puts a copy of an element behind it."""

    path: FieldPath

    def apply(self, message: Message) -> Message:
        """Return the message with the copy, of the same bytes where it can be."""
        place = _found(message, self.path)
        node = place.node
        written = place.mark + node.raw_text
        text = message.text[: node.end] + written + message.text[node.end :]
        first, last = node.span
        raw = b"".join(
            (
                message.raw[:last],
                place.mark.encode("ascii", "replace"),
                message.raw[first:last],
                message.raw[last:],
            )
        )
        return _read(message, raw, text) or message.with_text(node.end, node.end, written)

    def describe(self) -> str:
        """Return what is duplicated."""
        return f"Duplicate {_kind(self.path)} {self.path}"


@dataclass(frozen=True, slots=True)
class MovePart:
    """Lets an element and its neighbour change places."""

    path: FieldPath
    down: bool
    """Behind the next one; else in front of the one before."""

    def apply(self, message: Message) -> Message:
        """Return the message with both at each other's place."""
        place = _found(message, self.path)
        other = place.index + (1 if self.down else -1)
        if not place.lowest <= other < len(place.siblings):
            raise EditError(f"{self.path} has no place to go to in this direction.")
        low, high = sorted((place.index, other))
        one, two = place.siblings[low], place.siblings[high]
        between = message.text[one.end : two.start]
        written = two.raw_text + between + one.raw_text
        text = message.text[: one.start] + written + message.text[two.end :]
        (a, b), (c, d) = one.span, two.span
        raw = message.raw
        swapped = b"".join((raw[:a], raw[c:d], raw[b:c], raw[a:b], raw[d:]))
        return _read(message, swapped, text) or message.with_text(one.start, two.end, written)

    def describe(self) -> str:
        """Return what is moved."""
        return f"Move {_kind(self.path)} {self.path} {'down' if self.down else 'up'}"


def inserted_line(message: Message, path: FieldPath, text: str) -> InsertSegment:
    """Return the edit that puts a segment behind the one that a path lies in.

    Raises:
        EditError: There is no such segment.
    """
    segment = _segment(message, path)
    return InsertSegment(segment.line + 1, text)


def place_after_move(message: Message, path: FieldPath, *, down: bool) -> FieldPath:
    """Return the path that an element has once it was moved, from the message before.

    Raises:
        EditError: There is no such element.
    """
    place = _found(message, path)
    step = 1 if down else -1
    if path.field is None:
        neighbour = place.siblings[place.index + step] if _has(place, step) else None
        is_same = isinstance(neighbour, Segment) and neighbour.id == path.segment
        occurrence = (path.segment_occurrence or 1) + (step if is_same else 0)
        several = message.count(path.segment) > 1
        return FieldPath(path.segment, occurrence if several else None)
    number = _number(path) + step
    return with_number(path, number)


def with_number(path: FieldPath, number: int) -> FieldPath:
    """Return the path of a sibling: another number at the lowest level that the path names."""
    if path.subcomponent is not None:
        return replace(path, subcomponent=number)
    if path.component is not None:
        return replace(path, component=number)
    if path.repetition is not None:
        return replace(path, repetition=number)
    return replace(path, field=number)


@dataclass(frozen=True, slots=True)
class _Place:
    """An element among those of its kind."""

    node: Node
    siblings: Sequence[Node]
    index: int
    mark: str
    """What separates them."""
    lowest: int = 0
    """The first of them that may change places."""

    @property
    def is_first_field(self) -> bool:
        """Whether nothing of its kind stands beside it."""
        return len(self.siblings) == 1


def _found(message: Message, path: FieldPath) -> _Place:
    place = _place_of(message, path)
    if place is None:
        raise EditError(f"The message has no {path}.")
    return place


def _has(place: _Place, step: int) -> bool:
    return 0 <= place.index + step < len(place.siblings)


def _segment(message: Message, path: FieldPath) -> Segment:
    found = message.first(FieldPath(path.segment, path.segment_occurrence or 1))
    if not isinstance(found, Segment):
        raise EditError(f"The message has no {path.segment} segment.")
    return found


def _place_of(message: Message, path: FieldPath, *, may_be_missing: bool = False) -> _Place | None:
    segment = _segment(message, path)
    if path.field is None:
        return _segment_place(message, segment)
    first = 2 if segment.id in HEADER_IDS else 0
    if path.field <= first:
        raise EditError(f"{path} names the separators; it stays where it is.")
    siblings, number, mark = _siblings_of(message, segment, path)
    if siblings is None or not 1 <= number <= len(siblings):
        if may_be_missing:
            return None
        raise EditError(f"The message does not go as far as {path}.")
    if not mark and len(siblings) < 2:
        raise EditError(f"{path} cannot be divided: MSH-2 names no separator for it.")
    lowest = first if path.repetition is None and path.component is None else 0
    return _Place(siblings[number - 1], siblings, number - 1, mark, lowest)


def _segment_place(message: Message, segment: Segment) -> _Place:
    if segment.start == message.header.start:
        raise EditError(f"The first {segment.id} stays where it is: it names the separators.")
    lines = message.segments
    index = segment.line - 1
    header = next((n for n, line in enumerate(lines) if line.start == message.header.start), -1)
    return _Place(segment, lines, index, _terminator(message, lines, index), header + 1)


def _siblings_of(
    message: Message, segment: Segment, path: FieldPath
) -> tuple[Children[Field] | Children[Repetition] | Children[Node] | None, int, str]:
    roles = message.delimiters
    assert path.field is not None  # noqa: S101 - segments are dealt with before
    if path.repetition is None and path.component is None:
        return segment.fields, path.field, roles.field
    element = segment.field(path.field)
    if element is None:
        return None, 0, roles.repetition
    if path.component is None:
        return element.repetitions, path.repetition or 1, roles.repetition
    repetition = element.repetition(path.repetition or 1)
    if repetition is None:
        return None, 0, roles.component
    if path.subcomponent is None:
        return _nodes(repetition), path.component, roles.component
    component = repetition.component(path.component)
    if component is None:
        return None, 0, roles.subcomponent
    return _nodes(component), path.subcomponent, roles.subcomponent


def _nodes(node: Node) -> Children[Node]:
    return node.children


def _terminator(message: Message, lines: Sequence[Segment], index: int) -> str:
    """Return how the lines around a line are ended."""
    text = message.text
    for place in (index, index - 1, 0):
        end = lines[place].end if 0 <= place < len(lines) else len(text)
        for terminator in ("\r\n", "\r", "\n"):
            if text.startswith(terminator, end):
                return terminator
    return "\r"


def _number(path: FieldPath) -> int:
    return path.subcomponent or path.component or path.repetition or path.field or 0


def _kind(path: FieldPath) -> str:
    if path.field is None:
        return "segment"
    if path.component is not None:
        return "component" if path.subcomponent is None else "subcomponent"
    return "field" if path.repetition is None else "repetition"


def _read(message: Message, raw: bytes, text: str) -> Message | None:
    """Return the message of some bytes; None where they would not be read as this text."""
    made = Message.parse(raw, default_codec=message.default_codec, force_codec=message.force_codec)
    is_same = made.text == text and made.codec == message.codec
    return made if is_same else None
