"""How the raw text is painted: only the rows in sight, token by token."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QWidget

from hl7console.hl7v2.views.raw import TokenKind
from hl7console.ui.inspector.cells import Run, hidden_spans, shown
from hl7console.ui.inspector.grid import GridView
from hl7console.ui.inspector.raw_layout import RawLayout, RawLines
from hl7console.ui.theme import theme

_KIND_COLORS: dict[str, str] = {
    TokenKind.SEGMENT_ID: "accent",
    TokenKind.FIELD_SEPARATOR: "muted",
    TokenKind.COMPONENT_SEPARATOR: "muted",
    TokenKind.REPETITION_SEPARATOR: "muted",
    TokenKind.SUBCOMPONENT_SEPARATOR: "muted",
    TokenKind.ENCODING: "muted",
    TokenKind.ESCAPE: "info",
    TokenKind.BAD_ESCAPE: "err",
    TokenKind.NULL: "info",
    TokenKind.CONTROL: "warn",
    TokenKind.NOT_A_SEGMENT: "warn",
}
"""Token kind to theme colour; everything else is plain text."""
_SEVERITY_COLORS = {"error": "err", "warning": "warn", "info": "info"}


class RawSource(Protocol):
    """What the raw view shows."""

    @property
    def lines(self) -> RawLines:
        """The lines and folds."""

    def tokens(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return the tokens of a range within one line: first, after-last, kind."""

    def tip(self, char: int) -> str:
        """Return what a tool tip says of the element at a character."""


@dataclass(frozen=True, slots=True)
class Underline:
    """Characters that have a problem."""

    start: int
    end: int
    severity: str


class RawPaper(GridView):
    """The raw text without what mouse and keys do to it. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._source: RawSource | None = None
        self._layout: RawLayout | None = None
        self._span = (0, 0)
        """The highlighted element."""
        self._range: tuple[int, int] | None = None
        """Characters picked with the mouse or with Shift."""
        self._caret = 0
        self._problems: Sequence[Underline] = []
        self._problem_starts: list[int] = []
        self._longest = 0

    def set_problems(self, problems: Sequence[Underline]) -> None:
        """Underline these ranges."""
        self._problems = sorted(problems, key=lambda p: (p.start, p.end))
        self._problem_starts = [p.start for p in self._problems]
        self._longest = max((p.end - p.start for p in self._problems), default=0)
        self.viewport().update()

    def row_count(self) -> int:
        return self._layout.rows if self._layout is not None else 0

    def paint_row(self, painter: QPainter, row: int, top: int) -> None:
        if self._layout is None or self._source is None:
            return
        pieces = self._layout.pieces(row)
        self._paint_ground(painter, pieces, top)
        for run, start, end, col in pieces:
            if run.kind:
                self._paint_chip(painter, run, col, top)
            else:
                self._paint_waves(painter, run, start, end, col, top)
                self._paint_text(painter, run, start, end, col, top)
        self._paint_caret(painter, row, top)

    def _paint_chip(self, painter: QPainter, run: Run, col: int, top: int) -> None:
        now = theme()
        is_hot = run.kind == "fold" and self._span[0] < run.end and run.start < self._span[1]
        ground = now.color("selection" if is_hot else "raised")
        self.mark(painter, top, col + 0.25, run.cells - 0.5, ground, inset=2)
        color = now.color("muted" if run.kind == "ending" else "accent")
        self.write(painter, top, col + 1, run.label, color)

    def _paint_ground(
        self, painter: QPainter, pieces: list[tuple[Run, int, int, int]], top: int
    ) -> None:
        """Paint the ground of the highlighted element, and of what is picked with the mouse."""
        now = theme()
        picked = now.color("accent")
        picked.setAlphaF(0.35 if now.tokens.is_dark else 0.25)
        for span, color in ((self._span, now.color("selection")), (self._range, picked)):
            if span is None:
                continue
            cuts = [
                cut
                for run, start, end, col in pieces
                if not run.kind and (cut := stretch_in(run, start, end, col, span))
            ]
            for col, cells in _joined(cuts):
                self.mark(painter, top, col, cells, color)

    def _paint_waves(
        self, painter: QPainter, run: Run, start: int, end: int, col: int, top: int
    ) -> None:
        for problem in self._problems_in(start, end):
            span = (problem.start, max(problem.end, problem.start + 1))
            if cut := stretch_in(run, start, end, col, span):
                role = _SEVERITY_COLORS.get(problem.severity, "warn")
                self.wave(painter, top, *cut, theme().color(role))

    def _problems_in(self, start: int, end: int) -> Sequence[Underline]:
        first = bisect_right(self._problem_starts, start - max(1, self._longest) - 1)
        last = bisect_right(self._problem_starts, end - 1)
        return self._problems[first : min(last, first + 200)]

    def _paint_text(
        self, painter: QPainter, run: Run, start: int, end: int, col: int, top: int
    ) -> None:
        source = self._source
        if source is None:
            return
        now = theme()
        text = source.lines.text
        for first, last, kind in source.tokens(start, end):
            color = now.color(_KIND_COLORS.get(kind, "text"))
            painter.setFont(self.font_bold if kind == TokenKind.SEGMENT_ID else self.font_plain)
            at = col if run.is_whole else col + (first - start) * run.cells
            self._write_cells(painter, run, text[first:last], at, top, color)
        painter.setFont(self.font_plain)

    def _write_cells(
        self, painter: QPainter, run: Run, piece: str, col: float, top: int, color: QColor
    ) -> None:
        visible = shown(piece)
        if run.is_whole or (run.cells == 1 and visible is piece) or visible.isascii():
            self.write(painter, top, col, visible, color)
            return
        if run.cells == 2:
            for i, char in enumerate(visible):
                self.write_wide(painter, top, col + 2 * i, char, color)
            return
        warn = theme().color("warn")
        at = 0
        for first, last in hidden_spans(piece):
            self.write(painter, top, col + at, piece[at:first], color)
            for i in range(first, last):
                self.write(painter, top, col + i, visible[i], warn)
            at = last
        self.write(painter, top, col + at, piece[at:], color)

    def _paint_caret(self, painter: QPainter, row: int, top: int) -> None:
        if not self.hasFocus() or self._layout is None or not len(self._layout.lines):
            return
        at, col = self._layout.place_of(self._caret)
        if at == row:
            x = round(self.x_of(col))
            painter.fillRect(x, top + 2, 2, 16, theme().color("accent"))


def stretch_in(
    run: Run, start: int, end: int, col: int, span: tuple[int, int]
) -> tuple[float, float] | None:
    """Return column and cells of the part of a piece that lies in `span`."""
    first, last = max(start, span[0]), min(end, span[1])
    if first >= last:
        return None
    if run.is_whole:
        return col, run.cells
    return col + (first - start) * run.cells, (last - first) * run.cells


def _joined(cuts: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches of cells with those that touch each other made one."""
    found: list[tuple[float, float]] = []
    for col, cells in cuts:
        if found and found[-1][0] + found[-1][1] == col:
            found[-1] = (found[-1][0], found[-1][1] + cells)
        else:
            found.append((col, cells))
    return found
