"""The differences within a pair of segments that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hl7console.hl7v2.compare.alignment import Pair, align, align_any_order, join_by_key
from hl7console.hl7v2.compare.comparison import Difference, DifferenceKind
from hl7console.hl7v2.compare.contents import Contents, without_trailing
from hl7console.hl7v2.compare.lines import PART_RULES, Line, Part, parts_of
from hl7console.hl7v2.compare.names import Names
from hl7console.hl7v2.compare.options import CompareOptions, is_within
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.message import is_formatted
from hl7console.hl7v2.nodes import Component, Field, Repetition, Segment, Subcomponent
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.tree import NULL_TEXT, Node

_CHARSET_FIELD = 18


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is, on both sides: the elements, None where a side does not go so far."""

    left: Node | None
    right: Node | None
    path_left: FieldPath
    path_right: FieldPath
    around_left: Node
    """The nearest element around it that is there."""
    around_right: Node

    @property
    def fields(self) -> tuple[FieldPath, FieldPath]:
        return self.path_left, self.path_right


def span_of(node: Node | None, around: Node) -> tuple[int, int]:
    """Return the bytes of an element; where it is not there, the end of what is around it."""
    if node is not None:
        return node.span
    end = around.message.offsets.byte_end(around.end)
    return end, end


class ValueWalk:
    """Compares segments of two messages, field by field.

    Args:
        left: Contents of the left message.
        right: Contents of the right message.
        options: What is left out.
        names: What places are called.
    """

    def __init__(
        self, left: Contents, right: Contents, options: CompareOptions, names: Names
    ) -> None:
        self._left = left
        self._right = right
        self._options = options
        self._names = names
        self._is_written_alike = (
            left.message.delimiters == right.message.delimiters
            and left.message.codec == right.message.codec
        )

    def differences(self, left: Line, right: Line) -> Iterator[Difference]:
        """Yield the differences between two segments, in order."""
        if left.content == right.content and not self._options.trailing:
            return
        one, other = left.segment, right.segment
        if not one.id or not other.id:
            if left.text != right.text:
                yield self._whole_line(left, right)
            return
        for number in self._unequal_fields(left, right):
            yield from self._field(one, other, number)
        if self._options.trailing:
            yield from self._trailing_fields(left, right)

    def _whole_line(self, left: Line, right: Line) -> Difference:
        one, other = left.segment, right.segment
        return Difference(
            DifferenceKind.CHANGED, one.path, other.path, "", left.text, right.text,
            one.span, other.span, is_segment=True,
        )  # fmt: skip

    def _unequal_fields(self, left: Line, right: Line) -> Iterator[int]:
        """Yield the numbers of the fields that are not written the very same."""
        marks = self._left.message.delimiters.field, self._right.message.delimiters.field
        here, there = left.text.split(marks[0]), right.text.split(marks[1])
        first = 2 if left.segment.is_header else 1
        size = max(len(here), len(there))
        here += [""] * (size - len(here))
        there += [""] * (size - len(there))
        for number, (one, other) in enumerate(zip(here[1:], there[1:], strict=True), first):
            if one != other or (one and not self._is_written_alike):
                yield number

    def _field(self, left: Segment, right: Segment, number: int) -> Iterator[Difference]:
        if left.is_header and (number == 2 or (number == _CHARSET_FIELD and left.index == 1)):
            return
        one, other = left.field(number), right.field(number)
        paths = [
            FieldPath(s.path.segment, s.path.segment_occurrence, number) for s in (left, right)
        ]
        place = _Place(one, other, paths[0], paths[1], left, right)
        if self._is_ignored(place):
            return
        here = self._left.of_field(one) if one is not None else ""
        there = self._right.of_field(other) if other is not None else ""
        short, other_short = without_trailing(here), without_trailing(there)
        if short == other_short:
            if self._options.trailing and here != there and short:
                yield self._made(DifferenceKind.TRAILING, place)
        elif not short or not other_short or one is None or other is None:
            yield self._one_sided(place, is_added=not short)
        else:
            yield from self._repetitions(place, one, other)

    def _repetitions(self, place: _Place, one: Field, other: Field) -> Iterator[Difference]:
        here, there = parts_of(one, self._left), parts_of(other, self._right)
        if len(here) == len(there) == 1:
            parts = _Place(here[0].repetition, there[0].repetition, *place.fields, one, other)
            yield from self._repetition(parts, is_numbered=False)
            return
        order = align_any_order if self._options.any_order else align
        pairs = order(here, there, PART_RULES)
        moved = self._moved(here, there, pairs)
        for i, j in [*pairs, *moved]:
            parts = self._pair_of_parts(place, here[i], there[j])
            if (i, j) in moved:
                yield self._made(DifferenceKind.MOVED, parts)
            else:
                yield from self._repetition(parts, is_numbered=True)
        lefts = {i for i, _ in [*pairs, *moved]}
        rights = {j for _, j in [*pairs, *moved]}
        yield from self._lonely_parts(place, here, lefts, is_added=False)
        yield from self._lonely_parts(place, there, rights, is_added=True)

    def _moved(
        self, here: Sequence[Part], there: Sequence[Part], pairs: Sequence[Pair]
    ) -> list[Pair]:
        if self._options.any_order:
            return []
        lefts, rights = {i for i, _ in pairs}, {j for _, j in pairs}
        rest = [i for i in range(len(here)) if i not in lefts and here[i].content]
        others = [j for j in range(len(there)) if j not in rights]
        return join_by_key(here, there, rest, others, 0)

    def _lonely_parts(
        self, place: _Place, parts: Sequence[Part], paired: set[int], *, is_added: bool
    ) -> Iterator[Difference]:
        for n, part in enumerate(parts):
            if n in paired or not part.content:
                continue
            repetition = part.repetition
            alone = _Place(
                None if is_added else repetition,
                repetition if is_added else None,
                _numbered(place.path_left, repetition.number),
                _numbered(place.path_right, repetition.number),
                place.left or place.around_left,
                place.right or place.around_right,
            )
            if not self._is_ignored(alone):
                kind = DifferenceKind.ADDED if is_added else DifferenceKind.REMOVED
                yield self._made(kind, alone)

    def _pair_of_parts(self, place: _Place, one: Part, other: Part) -> _Place:
        left, right = one.repetition, other.repetition
        return _Place(
            left,
            right,
            _numbered(place.path_left, left.number),
            _numbered(place.path_right, right.number),
            left.field,
            right.field,
        )

    def _repetition(self, place: _Place, *, is_numbered: bool) -> Iterator[Difference]:
        one, other = place.left, place.right
        if not isinstance(one, Repetition) or not isinstance(other, Repetition):
            return
        if self._is_ignored(place):
            return
        here, there = list(one.components), list(other.components)
        if is_numbered and self._ends_here(place):
            yield from self._level(place)
            return
        if len(here) == len(there) == 1:
            inner = _Place(here[0], there[0], *place.fields, one, other)
            yield from self._component(inner)
            return
        for n in range(max(len(here), len(there))):
            inner = _Place(
                here[n] if n < len(here) else None,
                there[n] if n < len(there) else None,
                _with_component(place.path_left, n + 1),
                _with_component(place.path_right, n + 1),
                one,
                other,
            )
            yield from self._component(inner)

    def _component(self, place: _Place) -> Iterator[Difference]:
        if self._is_ignored(place):
            return
        one, other = place.left, place.right
        if self._ends_here(place):
            yield from self._level(place)
            return
        if not isinstance(one, Component) or not isinstance(other, Component):
            return
        here, there = list(one.subcomponents), list(other.subcomponents)
        if len(here) == len(there) == 1:
            yield from self._level(_Place(here[0], there[0], *place.fields, one, other))
            return
        for n in range(max(len(here), len(there))):
            inner = _Place(
                here[n] if n < len(here) else None,
                there[n] if n < len(there) else None,
                _with_subcomponent(place.path_left, n + 1),
                _with_subcomponent(place.path_right, n + 1),
                one,
                other,
            )
            if not self._is_ignored(inner):
                yield from self._level(inner)

    def _ends_here(self, place: _Place) -> bool:
        """Return whether both sides say the same, or one of them nothing."""
        here, there = self._short_contents(place)
        return here == there or not here or not there

    def _short_contents(self, place: _Place) -> tuple[str, str]:
        here, there = self._full_contents(place)
        return without_trailing(here), without_trailing(there)

    def _full_contents(self, place: _Place) -> tuple[str, str]:
        found = []
        for contents, node in ((self._left, place.left), (self._right, place.right)):
            field = _field_of(node)
            found.append(
                contents.of_text(node.raw_text, field.segment, field.number)
                if node is not None and field is not None
                else ""
            )
        return found[0], found[1]

    def _level(self, place: _Place) -> Iterator[Difference]:
        """Yield the difference of two elements as wholes, if there is one."""
        here, there = self._short_contents(place)
        if here == there:
            full = self._full_contents(place)
            if self._options.trailing and full[0] != full[1] and here:
                yield self._made(DifferenceKind.TRAILING, place)
        elif not here or not there:
            yield self._one_sided(place, is_added=not here)
        else:
            yield self._made(DifferenceKind.CHANGED, place)

    def _one_sided(self, place: _Place, *, is_added: bool) -> Difference:
        return self._made(DifferenceKind.ADDED if is_added else DifferenceKind.REMOVED, place)

    def _made(self, kind: DifferenceKind, place: _Place) -> Difference:
        return Difference(
            kind,
            place.path_left,
            place.path_right,
            self._names.of(place.path_left, _varying(place)),
            None if kind is DifferenceKind.ADDED else shown_value(place.left, self._left),
            None if kind is DifferenceKind.REMOVED else shown_value(place.right, self._right),
            span_of(place.left, place.around_left),
            span_of(place.right, place.around_right),
        )

    def _is_ignored(self, place: _Place) -> bool:
        if not self._options.ignored:
            return False
        places = [full_path(node) for node in (place.left, place.right) if node is not None]
        return any(is_within(one, ignored) for one in places for ignored in self._options.ignored)

    def _trailing_fields(self, left: Line, right: Line) -> Iterator[Difference]:
        """Yield the difference in how many empty fields end two segments."""
        ends = [
            line.text[len(line.text.rstrip(mark)) :]
            for line, mark in (
                (left, self._left.message.delimiters.field),
                (right, self._right.message.delimiters.field),
            )
        ]
        if len(ends[0]) == len(ends[1]):
            return
        one, other = left.segment, right.segment
        spans = [
            (node.message.offsets.byte_start(node.end - len(end)), node.span[1])
            for node, end in zip((one, other), ends, strict=True)
        ]
        yield Difference(
            DifferenceKind.TRAILING, one.path, other.path, self._names.of(one.path),
            ends[0] or None, ends[1] or None, spans[0], spans[1],
        )  # fmt: skip


def shown_value(node: Node | None, contents: Contents) -> str | None:
    """Return what an element says, for people: a leaf without escapes, else as written."""
    if node is None or node.start == node.end:
        return None
    text = node.raw_text
    roles = contents.message.delimiters
    marks = roles.component + roles.repetition + roles.subcomponent
    if text == NULL_TEXT or not roles.escape or roles.escape not in text:
        return text
    if any(mark in text for mark in marks):
        return text
    field = _field_of(node)
    formatted = field is not None and is_formatted(field.segment, field.number)
    return unescape(text, roles, contents.message.codec, formatted=formatted)


def _field_of(node: Node | None) -> Field | None:
    if isinstance(node, Subcomponent):
        node = node.component
    if isinstance(node, Component):
        node = node.repetition
    if isinstance(node, Repetition):
        node = node.field
    return node if isinstance(node, Field) else None


def full_path(node: Node) -> FieldPath:
    """Return the path of an element with all its numbers, also where it is the only one."""
    numbers: list[int] = []
    if isinstance(node, Subcomponent):
        numbers.append(node.number)
        node = node.component
    if isinstance(node, Component):
        numbers.append(node.number)
        node = node.repetition
    if isinstance(node, Repetition):
        numbers.append(node.number)
        node = node.field
    if isinstance(node, Field):
        numbers.append(node.number)
        node = node.segment
    if not isinstance(node, Segment):
        return node.path
    return FieldPath(node.id, node.index, *reversed(numbers))


def _varying(place: _Place) -> str:
    """Return the data type that OBX-2 names for OBX-5."""
    field = _field_of(place.left) or _field_of(place.right)
    if field is None or field.number != 5 or field.segment.id != "OBX":
        return ""
    kind = field.segment.field(2)
    return kind.value if kind is not None else ""


def _numbered(path: FieldPath, number: int) -> FieldPath:
    return FieldPath(path.segment, path.segment_occurrence, path.field, number)


def _with_component(path: FieldPath, number: int) -> FieldPath:
    return FieldPath(path.segment, path.segment_occurrence, path.field, path.repetition, number)


def _with_subcomponent(path: FieldPath, number: int) -> FieldPath:
    component = path.component or 1
    return FieldPath(
        path.segment, path.segment_occurrence, path.field, path.repetition, component, number
    )
