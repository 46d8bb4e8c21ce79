"""A comparison as the window shows it. Made on a worker thread, used by the GUI thread."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.hl7v2.compare import (
    CompareOptions,
    Comparison,
    Difference,
    DifferenceKind,
    compare_acknowledgement,
    compare_messages,
    format_value,
    kind_word,
    shown_place,
)
from hl7console.hl7v2.compare.texts import kind_sign
from hl7console.hl7v2.message import Message
from hl7console.ui.inspector.source import MessageSource
from hl7console.ui.report_table import ReportRow

ROLES = {
    DifferenceKind.ADDED: "ok",
    DifferenceKind.REMOVED: "err",
    DifferenceKind.CHANGED: "warn",
    DifferenceKind.MOVED: "info",
    DifferenceKind.TRAILING: "muted",
    DifferenceKind.ENCODING: "info",
}
"""Kind of difference to colour."""

LONGEST_SHOWN = 120
"""Characters of a value in the list."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters of a message that differ; none where something is missing."""

    start: int
    end: int
    kind: DifferenceKind


@dataclass(slots=True)
class Side:
    """One of the two messages."""

    source: MessageSource = field(repr=False)
    spans: list[Mark] = field(repr=False)
    """One for each difference, in their order."""
    by_line: dict[int, list[Mark]] = field(default_factory=dict, repr=False)
    """The same by line, from 0, and there by where they begin."""
    longest: dict[int, int] = field(default_factory=dict, repr=False)
    """Characters of the longest of a line."""

    def __post_init__(self) -> None:
        """Sort the marks by line."""
        for mark in self.spans:
            self.by_line.setdefault(self.source.lines.line_at(mark.start), []).append(mark)
        for line, marks in self.by_line.items():
            marks.sort(key=lambda mark: (mark.start, mark.end))
            self.longest[line] = max(mark.end - mark.start for mark in marks)


@dataclass(slots=True)
class Compared:
    """Two messages, compared."""

    comparison: Comparison = field(repr=False)
    left: Side
    right: Side
    rows: list[ReportRow] = field(repr=False)
    _lines: tuple[list[int], list[int]] = field(repr=False)
    _back: tuple[list[int], list[int]] = field(repr=False)

    def line_beside(self, line: int, *, of_left: bool) -> int:
        """Return the line of the other side that a line stands beside; both from 0."""
        here, there = self._lines if of_left else self._back
        place = bisect_right(here, line) - 1
        if not here:
            return line
        return there[place] if place >= 0 else 0


def compared(
    left: bytes, right: bytes, options: CompareOptions, *, is_echo: bool = False
) -> Compared:
    """Compare two messages for the window. Any thread.

    Args:
        left: One message; with `is_echo` the one that was sent.
        right: The other; with `is_echo` the acknowledgement.
        options: What is left out of account.
        is_echo: Look at what an acknowledgement has to echo.
    """
    one, other = Message.parse(left), Message.parse(right)
    if is_echo:
        comparison = compare_acknowledgement(left, right)
    else:
        comparison = compare_messages(one, other, options)
    differences = comparison.differences
    sides = [
        Side(MessageSource(one), _marks(one, differences, is_left=True)),
        Side(MessageSource(other), _marks(other, differences, is_left=False)),
    ]
    pairs = sorted((left_line - 1, right_line - 1) for left_line, right_line in comparison.pairs)
    back = sorted((right_line, left_line) for left_line, right_line in pairs)
    return Compared(
        comparison,
        sides[0],
        sides[1],
        [_row(difference) for difference in differences],
        ([i for i, _ in pairs], [j for _, j in pairs]),
        ([j for j, _ in back], [i for _, i in back]),
    )


def _marks(message: Message, differences: Sequence[Difference], *, is_left: bool) -> list[Mark]:
    at = message.offsets.char_at
    found = []
    for one in differences:
        start, end = one.span_left if is_left else one.span_right
        found.append(Mark(at(start), at(end) if end > start else at(start), one.kind))
    return found


def _row(one: Difference) -> ReportRow:
    is_move = one.kind is DifferenceKind.MOVED
    texts = (
        f"{kind_sign(one.kind)} {kind_word(one.kind)}",
        shown_place(one),
        one.name,
        format_value(one.left, LONGEST_SHOWN),
        "as it was" if is_move else format_value(one.right, LONGEST_SHOWN),
    )
    return ReportRow(texts, ROLES[one.kind])
