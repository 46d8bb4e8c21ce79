"""The raw text with what differs marked: a coloured ground, and a sign in the margin."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter
from PySide6.QtWidgets import QWidget

from hl7console.hl7v2.compare import DifferenceKind
from hl7console.hl7v2.compare.texts import kind_sign
from hl7console.ui.compare.compared import ROLES, Mark, Side
from hl7console.ui.inspector.cells import Run
from hl7console.ui.inspector.grid import LINE_PX, MARGIN
from hl7console.ui.inspector.raw_paper import stretch_in
from hl7console.ui.inspector.raw_view import RawView
from hl7console.ui.theme import theme

_TINTS = {"ok": "ok_tint", "err": "err_tint", "warn": "warn_tint", "info": "info_tint"}

_MANY_MARKS = 300
"""Marks of a line that are painted at most in one row."""


class MarkedView(RawView):
    """One of two messages that are compared. GUI thread only."""

    moved = Signal()
    """Another row is at the top, since the user scrolled."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: dict[int, list[Mark]] = {}
        self._longest_marks: dict[int, int] = {}
        self.verticalScrollBar().valueChanged.connect(self.moved)

    def set_side(self, side: Side | None) -> None:
        """Show another message with its marks."""
        self._marks = side.by_line if side is not None else {}
        self._longest_marks = side.longest if side is not None else {}
        self.set_source(side.source if side is not None else None)
        self.viewport().update()

    @property
    def marks(self) -> dict[int, list[Mark]]:
        """What is marked, by line from 0."""
        return self._marks

    @property
    def top_place(self) -> tuple[int, int]:
        """Line at the top, from 0, and its row that is."""
        if self._layout is None or not self._layout.rows:
            return 0, 0
        return self._layout.line_of_row(min(self.top_row, self._layout.rows - 1))

    def scroll_to(self, line: int, row: int) -> None:
        """Bring a row of a line to the top, as far as it has so many."""
        if self._layout is None or not len(self._layout.lines):
            return
        line = min(max(line, 0), len(self._layout.lines) - 1)
        self._layout.ensure(line)
        first = self._layout.first_row(line)
        rows = self._layout.first_row(line + 1) - first
        self.update_bars()
        self.verticalScrollBar().setValue(first + min(row, max(0, rows - 1)))

    def paint_row(self, painter: QPainter, row: int, top: int) -> None:
        super().paint_row(painter, row, top)
        if self._layout is None:
            return
        pieces = self._layout.pieces(row)
        line, _ = self._layout.line_of_row(row)
        start = pieces[0][1] if pieces else self._layout.lines.starts[line]
        end = pieces[-1][2] if pieces else start
        kinds: list[DifferenceKind] = []
        for mark in self._marks_in(line, start, end):
            if mark.start < end and mark.end > start:
                kinds.append(mark.kind)
            elif mark.start == mark.end:
                gap_row, col = self._layout.place_of(mark.start)
                if gap_row == row:
                    kinds.append(mark.kind)
                    self._paint_gap(painter, col, top, mark.kind)
        if kinds:
            self._paint_sign(painter, kinds, top)

    def _marks_in(self, line: int, start: int, end: int) -> Sequence[Mark]:
        """Return the marks of a line that may touch some of its characters."""
        marks = self._marks.get(line, [])
        if len(marks) <= _MANY_MARKS:
            return marks
        longest = self._longest_marks.get(line, 0)
        first = bisect_left(marks, start - longest, key=lambda mark: mark.start)
        last = bisect_right(marks, end, key=lambda mark: mark.start)
        return marks[first : min(last, first + _MANY_MARKS)]

    def _paint_sign(self, painter: QPainter, kinds: Sequence[DifferenceKind], top: int) -> None:
        kind = kinds[0] if len(set(kinds)) == 1 else DifferenceKind.CHANGED
        painter.setFont(self.font_bold)
        painter.setPen(theme().color(ROLES[kind]))
        box = QRectF(0, top, MARGIN, LINE_PX)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), kind_sign(kind))
        painter.setFont(self.font_plain)

    def _paint_gap(self, painter: QPainter, col: int, top: int, kind: DifferenceKind) -> None:
        """Paint where something is missing."""
        color = theme().color(ROLES[kind])
        painter.fillRect(QRectF(self.x_of(col) - 1, top + 2, 2, LINE_PX - 4), color)

    def _paint_ground(
        self, painter: QPainter, pieces: list[tuple[Run, int, int, int]], top: int
    ) -> None:
        super()._paint_ground(painter, pieces, top)
        if self._source is None or not pieces:
            return
        line = self._source.lines.line_at(pieces[0][1])
        for mark in self._marks_in(line, pieces[0][1], pieces[-1][2]):
            is_chosen = self._span == (mark.start, mark.end)
            role = _TINTS.get(ROLES[mark.kind], "raised")
            ground = theme().color("selection" if is_chosen else role)
            for run, start, end, col in pieces:
                cut = stretch_in(run, start, end, col, (mark.start, mark.end))
                if cut is not None:
                    self.mark(painter, top, *cut, ground)
                    self._paint_rule(painter, cut, top, mark)

    def _paint_rule(
        self, painter: QPainter, cut: tuple[float, float], top: int, mark: Mark
    ) -> None:
        """Underline the difference that is chosen in the list; colour alone says too little."""
        is_chosen = self._span == (mark.start, mark.end)
        left, width = self.x_of(cut[0]), cut[1] * self.cell
        height = 2 if is_chosen else 1
        color = theme().color("accent" if is_chosen else ROLES[mark.kind])
        painter.fillRect(QRectF(left, top + LINE_PX - 1 - height, width, height), color)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        super().mousePressEvent(event)
