"""Where each character of a message stands in the raw view: lines, folds, rows and cells.

Nothing here knows Qt. A layout costs one number a line; what is in a row is worked out when the
row is painted, so a message of 5 MB, or of 20,000 segments, is as quick as a short one.
"""

from __future__ import annotations

import re
import time
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from hl7console.ui.inspector.cells import COARSE_CHARS, Run, has_marks, rows_of_plain, runs_of
from hl7console.ui.inspector.words import size_words

FOLD_CHARS = 2_000
"""A field longer than this is folded in view."""
_RUN_CHARS = 1_000
"""A piece without separators this long, within a long field, is what gets folded."""
_HEAD, _TAIL = 48, 12
_PLAIN_HEAD = 400
_SLICE_LINES = 128


@dataclass(frozen=True, slots=True)
class Fold:
    """A part of a long value that is hidden until asked for."""

    start: int
    end: int

    @property
    def label(self) -> str:
        """What stands in its place."""
        return f"\u2026 {size_words(self.end - self.start)} \u2026"


class RawLines:
    """The lines of a decoded message with their ends, and its folds. Any thread; not changed."""

    def __init__(
        self, text: str, starts: Sequence[int], ends: Sequence[int], separators: str
    ) -> None:
        """Take the lines as they are.

        Args:
            text: The whole decoded message.
            starts: First character of every line.
            ends: The one after the last character of every line, its end not counted.
            separators: Field separator first, then the other delimiters of the message.
        """
        self.text = text
        self.starts = starts
        self.ends = ends
        self.is_ascii = text.isascii()
        self.has_marks = has_marks(text)
        self.folds: dict[int, tuple[Fold, ...]] = {}
        for line, (start, end) in enumerate(zip(starts, ends, strict=True)):
            if end - start > FOLD_CHARS and (folds := folds_of(text, start, end, separators)):
                self.folds[line] = folds

    def __len__(self) -> int:
        return len(self.starts)

    def line_at(self, char: int) -> int:
        """Return the line that holds a character, its end included; 0 before the first."""
        return max(0, bisect_right(self.starts, char) - 1)

    def ending(self, line: int) -> str:
        """Return the characters between this line and the next: its end as it was."""
        after = self.starts[line + 1] if line + 1 < len(self.starts) else len(self.text)
        return self.text[self.ends[line] : after]

    def fold_at(self, char: int) -> Fold | None:
        """Return the fold that hides a character, if any."""
        for fold in self.folds.get(self.line_at(char), ()):
            if fold.start <= char < fold.end:
                return fold
        return None


def folds_of(text: str, start: int, end: int, separators: str) -> tuple[Fold, ...]:
    """Return what is folded in a stretch of a line: whole fields, or a part of one line."""
    field, others = separators[:1], re.escape(separators)
    run = re.compile(f"[^{others}]{{{_RUN_CHARS},}}")
    found: list[Fold] = []
    for first, last in _pieces(text, start, end, field):
        if last - first <= FOLD_CHARS:
            continue
        runs = [m.span() for m in run.finditer(text, first, last)]
        if runs:
            found += [Fold(a + _HEAD, b - _TAIL) for a, b in runs]
        else:
            found.append(Fold(first + _PLAIN_HEAD, last - _TAIL))
    return tuple(found)


def _pieces(text: str, start: int, end: int, separator: str) -> Iterator[tuple[int, int]]:
    while start <= end:
        at = text.find(separator, start, end) if separator else -1
        stop = end if at < 0 else at
        yield start, stop
        start = stop + 1


@dataclass(frozen=True, slots=True)
class Placed:
    """A run at its place within its line."""

    run: Run
    row: int
    """Row within the line where it begins."""
    col: int
    first: int
    """Units that stand in its first row."""
    per_row: int
    """Units in each full row after that."""

    def part(self, row: int) -> tuple[int, int, int] | None:
        """Return first unit, after-last unit and column of what stands in a row of the line."""
        if row < self.row:
            return None
        if row == self.row:
            return (0, self.first, self.col) if self.first or not self.run.count else None
        begin = self.first + (row - self.row - 1) * self.per_row
        if begin >= self.run.count:
            return None
        return begin, min(begin + self.per_row, self.run.count), 0

    def place(self, unit: int) -> tuple[int, int]:
        """Return row within the line and column of a unit."""
        if self.run.is_whole or unit < self.first:
            return self.row, self.col + (0 if self.run.is_whole else unit * self.run.cells)
        down, across = divmod(unit - self.first, self.per_row)
        return self.row + 1 + down, across * self.run.cells


class RawLayout:
    """Rows for one width. GUI thread only.

    Lines are laid out from the first one on, by `extend` and `ensure`; the rest does not exist
    yet. Plain text takes no time to speak of; 20,000 lines of Japanese take half a second.

    Args:
        lines: What is laid out.
        columns: Cells in a row, at least 8.
        opened: Start offsets of the folds that are open.
        show_ends: Whether each line's end is shown as a mark.
    """

    def __init__(
        self, lines: RawLines, columns: int, opened: frozenset[int], *, show_ends: bool
    ) -> None:
        self.lines = lines
        self.columns = max(8, columns)
        self.opened = opened
        self.show_ends = show_ends
        self._placed = lru_cache(maxsize=512)(self._place)
        self._first_rows = array("q", [0])

    @property
    def rows(self) -> int:
        """Rows laid out so far."""
        return self._first_rows[-1]

    @property
    def is_complete(self) -> bool:
        """Whether every line is laid out."""
        return len(self._first_rows) > len(self.lines)

    def extend(self, budget_s: float) -> None:
        """Lay out further lines for about this long."""
        stop = time.perf_counter() + budget_s
        while not self.is_complete and time.perf_counter() < stop:
            self._extend_to(len(self._first_rows) + _SLICE_LINES)

    def ensure(self, line: int) -> None:
        """Lay out all lines down to this one."""
        if line + 1 >= len(self._first_rows):
            self._extend_to(line + 2)

    def _extend_to(self, count: int) -> None:
        rows, total = self._first_rows, self._first_rows[-1]
        for line in range(len(rows) - 1, min(count, len(self.lines) + 1) - 1):
            total += self._count(line)
            rows.append(total)

    def _count(self, line: int) -> int:
        lines = self.lines
        start, end = lines.starts[line], lines.ends[line]
        is_short = 2 * (end - start) <= self.columns and not self.show_ends
        is_ascii = is_short or lines.is_ascii or lines.text[start:end].isascii()
        if line in lines.folds:
            return self._rows_of(self._place(line))
        if not is_ascii:
            if lines.has_marks or self.show_ends or end - start > COARSE_CHARS:
                return self._rows_of(self._place(line))
            return rows_of_plain(lines.text[start:end], self.columns)
        rows = max(1, -(-(end - start) // self.columns))
        if self.show_ends and (ending := lines.ending(line)):
            used = end - start - (rows - 1) * self.columns
            rows += 1 if used and used + len(ending_words(ending)) + 2 > self.columns else 0
        return rows

    @staticmethod
    def _rows_of(placed: tuple[Placed, ...]) -> int:
        if not placed:
            return 1
        last = placed[-1]
        return last.place(max(0, last.run.count - 1))[0] + 1

    def _runs(self, line: int) -> Iterator[Run]:
        lines = self.lines
        at, end = lines.starts[line], lines.ends[line]
        for fold in lines.folds.get(line, ()):
            yield from runs_of(lines.text, at, fold.start)
            if fold.start in self.opened:
                yield Run(fold.start, fold.start, 6, True, "fold", "unfold")
                at = fold.start
            else:
                yield Run(fold.start, fold.end, len(fold.label) + 2, True, fold.label, "fold")
                at = fold.end
        yield from runs_of(lines.text, at, end)
        ending = lines.ending(line)
        if self.show_ends and ending:
            label = ending_words(ending)
            yield Run(end, end, len(label) + 2, True, label, "ending")

    def _place(self, line: int) -> tuple[Placed, ...]:
        row = col = 0
        columns = self.columns
        placed: list[Placed] = []
        for run in self._runs(line):
            if run.is_whole:
                if col and col + run.cells > columns:
                    row, col = row + 1, 0
                placed.append(Placed(run, row, col, 1, 1))
                col += run.cells
                continue
            per_row = columns // run.cells
            room = max(0, columns - col) // run.cells
            if not room:
                row, col, room = row + 1, 0, per_row
            first = min(run.count, room)
            one = Placed(run, row, col, first, per_row)
            placed.append(one)
            row, col = one.place(run.count - 1)
            col += run.cells
        return tuple(placed)

    def line_of_row(self, row: int) -> tuple[int, int]:
        """Return the line of a row, and the row's number within that line."""
        line = min(bisect_right(self._first_rows, row) - 1, len(self._first_rows) - 2)
        return line, row - self._first_rows[line]

    def first_row(self, line: int) -> int:
        """Return the first row of a line."""
        return self._first_rows[line]

    def pieces(self, row: int) -> list[tuple[Run, int, int, int]]:
        """Return what stands in a row: run, first and after-last character, column."""
        line, inner = self.line_of_row(row)
        found: list[tuple[Run, int, int, int]] = []
        for placed in self._placed(line):
            if placed.row > inner:
                break
            part = placed.part(inner)
            if part is None:
                continue
            begin, end, col = part
            run = placed.run
            if run.is_whole:
                found.append((run, run.start, run.end, col))
            else:
                found.append((run, run.start + begin, run.start + end, col))
        return found

    def place_of(self, char: int) -> tuple[int, int]:
        """Return row and column of a character; one in a closed fold stands at the fold."""
        line = self.lines.line_at(char)
        self.ensure(line)
        best: tuple[int, int] = (0, 0)
        for placed in self._placed(line):
            run = placed.run
            if char < run.start:
                break
            if run.end == run.start:
                continue
            if char < run.end:
                best = placed.place(char - run.start)
                break
            row, col = placed.place(max(0, run.count - 1))
            best = (row, col + run.cells)
        return self._first_rows[line] + best[0], best[1]

    def hit(self, row: int, col: int) -> tuple[int, Run | None]:
        """Return the character at a cell, and the run it is in; beyond the end, the line's end."""
        if not self.rows:
            return 0, None
        row = min(max(row, 0), self.rows - 1)
        line, _ = self.line_of_row(row)
        pieces = self.pieces(row)
        for run, start, end, at in pieces:
            width = run.cells if run.is_whole else (end - start) * run.cells
            if at <= col < at + width:
                return (run.start if run.is_whole else start + (col - at) // run.cells), run
        if pieces and pieces[-1][2] < self.lines.ends[line]:
            return max(pieces[-1][1], pieces[-1][2] - 1), None
        return self.lines.ends[line], None


def ending_words(ending: str) -> str:
    """Return the name of a line's end: ``CR``, ``LF``, ``CR LF``, ``CR \u00d73``."""
    names = {"\r": "CR", "\n": "LF"}
    if ending == "\r\n":
        return "CR LF"
    if len(ending) > 2 and len(set(ending)) == 1 and ending[0] in names:
        return f"{names[ending[0]]} \u00d7{len(ending)}"
    words = [names.get(char, f"{ord(char):02X}") for char in ending[:6]]
    return " ".join(words) + (" \u2026" if len(ending) > 6 else "")
