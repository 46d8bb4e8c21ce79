"""Two messages against each other: segments aligned, then what is in them.

Time is bounded for any two messages: where there is too much that differs, segments are told as a
whole (`Comparison.is_coarse`), and alignment goes by keys and names only.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hl7console.hl7v2.compare.alignment import Pair, align, align_any_order, join_by_key
from hl7console.hl7v2.compare.comparison import Comparison, Difference, DifferenceKind
from hl7console.hl7v2.compare.contents import Contents
from hl7console.hl7v2.compare.lines import SEGMENT_RULES, Line
from hl7console.hl7v2.compare.names import Names
from hl7console.hl7v2.compare.options import CompareOptions
from hl7console.hl7v2.compare.values import ValueWalk
from hl7console.hl7v2.compare.written import written_differences
from hl7console.hl7v2.message import Message

MOST_DETAILED = 2_000
"""Differences after which changed segments are told as a whole."""

_PLAIN = CompareOptions()
_MOVED_BY = (0, 2)
"""Levels by which a segment is recognised elsewhere: all that it says, what it is about."""


def compare(left: bytes, right: bytes, options: CompareOptions = _PLAIN) -> Comparison:
    """Return how two messages differ; never raises for any bytes.

    Args:
        left: One message, without its frame.
        right: The other.
        options: What is left out of account.
    """
    return compare_messages(Message.parse(left), Message.parse(right), options)


def compare_messages(left: Message, right: Message, options: CompareOptions = _PLAIN) -> Comparison:
    """Return how two parsed messages differ; see `compare`."""
    differences = list(written_differences(left, right, options))
    if left.raw == right.raw:
        return Comparison(tuple(differences))
    found = _Comparing(left, right, options)
    differences += found.differences()
    return Comparison(tuple(differences), found.is_coarse, found.lines)


class _Step(NamedTuple):
    """One line of the outcome: a segment of either side, or a pair."""

    left: int
    right: int
    """-1 where the side has none."""
    is_moved: bool = False


class _Comparing:
    def __init__(self, left: Message, right: Message, options: CompareOptions) -> None:
        self._options = options
        self._contents = (Contents(left, options), Contents(right, options))
        self._left = _lines(self._contents[0])
        self._right = _lines(self._contents[1])
        self._names = Names(left if left.get("MSH-12") else right)
        self._left_before: dict[int, int] = {}
        """Position in the left message that a lonely segment of the right one stands after."""
        self._right_before: dict[int, int] = {}
        self.is_coarse = False
        self.lines: tuple[tuple[int, int], ...] = ()

    def differences(self) -> list[Difference]:
        walk = ValueWalk(*self._contents, self._options, self._names)
        found: list[Difference] = []
        for step in self._steps():
            if step.left < 0 or step.right < 0:
                found.append(self._one_sided(step))
                continue
            one, other = self._left[step.left], self._right[step.right]
            if step.is_moved:
                found.append(self._whole(DifferenceKind.MOVED, one, other))
            if len(found) < MOST_DETAILED:
                found += walk.differences(one, other)
            elif (kind := self._coarse_kind(one, other)) is not None:
                self.is_coarse = True
                found.append(self._whole(kind, one, other))
        return found

    def _coarse_kind(self, one: Line, other: Line) -> DifferenceKind | None:
        if one.content != other.content:
            return DifferenceKind.CHANGED
        is_told = self._options.trailing and one.text != other.text
        return DifferenceKind.TRAILING if is_told else None

    def _steps(self) -> Iterator[_Step]:
        """Yield the lines of the outcome, from the first to the last."""
        left, right = self._left, self._right
        if self._options.any_order:
            pairs = align_any_order(left, right, SEGMENT_RULES)
            moved: list[Pair] = []
        else:
            pairs = align(left, right, SEGMENT_RULES)
            moved = _moved(left, right, pairs)
        self._left_before = _before({j: i for i, j in pairs}, len(right))
        self._right_before = _before(dict(pairs), len(left))
        self.lines = tuple((left[i].segment.line, right[j].segment.line) for i, j in pairs)
        partners = dict(pairs) | dict(moved)
        gone = set(partners.values())
        moved_lefts = {i for i, _ in moved}
        # A segment that the right one alone has stands before the next one that has a partner.
        of_right = {j: i for i, j in pairs}
        place = len(left)
        lonely: list[Pair] = []
        for j in range(len(right) - 1, -1, -1):
            place = of_right.get(j, place)
            if j not in gone:
                lonely.append((place, j))
        lonely.sort(reverse=True)
        for i in range(len(left)):
            while lonely and lonely[-1][0] <= i:
                yield _Step(-1, lonely.pop()[1])
            yield _Step(i, partners.get(i, -1), i in moved_lefts)
        while lonely:
            yield _Step(-1, lonely.pop()[1])

    def _one_sided(self, step: _Step) -> Difference:
        is_added = step.left < 0
        line = self._right[step.right] if is_added else self._left[step.left]
        segment = line.segment
        gap = self._gap(step)
        path = segment.path
        name = self._names.of(path)
        if is_added:
            return Difference(
                DifferenceKind.ADDED, None, path, name, None, line.text,
                gap, segment.span, is_segment=True,
            )  # fmt: skip
        return Difference(
            DifferenceKind.REMOVED, path, None, name, line.text, None,
            segment.span, gap, is_segment=True,
        )  # fmt: skip

    def _whole(self, kind: DifferenceKind, one: Line, other: Line) -> Difference:
        left, right = one.segment, other.segment
        path = left.path
        return Difference(
            kind, path, right.path, self._names.of(path), one.text, other.text,
            left.span, right.span, is_segment=True,
        )  # fmt: skip

    def _gap(self, step: _Step) -> tuple[int, int]:
        """Return where a segment would stand in the message that lacks it: after the last pair."""
        is_added = step.left < 0
        lines = self._left if is_added else self._right
        last = self._left_before[step.right] if is_added else self._right_before[step.left]
        if last < 0:
            place = lines[0].segment.span[0] if lines else 0
        else:
            place = lines[last].segment.span[1]
        return place, place


def _before(partners: dict[int, int], size: int) -> dict[int, int]:
    """Return, for each of some positions that has no partner, the last partner before it."""
    found: dict[int, int] = {}
    last = -1
    for position in range(size):
        if position in partners:
            last = partners[position]
        else:
            found[position] = last
    return found


def _lines(contents: Contents) -> list[Line]:
    segments = contents.message.segments
    return [Line(segment, contents) for segment in segments if not contents.is_ignored(segment)]


def _moved(left: Sequence[Line], right: Sequence[Line], pairs: Sequence[Pair]) -> list[Pair]:
    """Return which segments that found no partner in order have one elsewhere."""
    lefts, rights = {i for i, _ in pairs}, {j for _, j in pairs}
    here = [i for i in range(len(left)) if i not in lefts]
    there = [j for j in range(len(right)) if j not in rights]
    moved: list[Pair] = []
    for level in _MOVED_BY:
        found = join_by_key(left, right, here, there, level)
        moved += found
        lefts, rights = {i for i, _ in found}, {j for _, j in found}
        here = [i for i in here if i not in lefts]
        there = [j for j in there if j not in rights]
    return moved
