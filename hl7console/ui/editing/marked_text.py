"""The text of a message with the stretches marked that differ from another one."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from hl7console.ui.inspector.cells import Run
from hl7console.ui.inspector.raw_view import RawView
from hl7console.ui.theme import theme

_GAP_CELLS = 0.35


@dataclass(frozen=True, slots=True)
class Mark:
    """Characters that differ; none at all where something is missing."""

    start: int
    end: int
    role: str
    """``ok`` for what came, ``err`` for what went."""


class MarkedText(RawView):
    """A raw view with marks. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._marks: Sequence[Mark] = ()
        self._mark_starts: list[int] = []
        self._mark_ends: list[int] = []

    @property
    def marks(self) -> Sequence[Mark]:
        """What is marked, in order."""
        return self._marks

    def set_marks(self, marks: Sequence[Mark]) -> None:
        """Mark these; in order and apart from each other."""
        self._marks = marks
        self._mark_starts = [mark.start for mark in marks]
        self._mark_ends = [mark.end for mark in marks]
        self.viewport().update()

    def _paint_ground(
        self, painter: QPainter, pieces: list[tuple[Run, int, int, int]], top: int
    ) -> None:
        for run, start, end, col in pieces:
            if run.kind != "ending":
                self._paint_marks(painter, run, start, end, col, top)
        super()._paint_ground(painter, pieces, top)

    def _paint_marks(
        self, painter: QPainter, run: Run, start: int, end: int, col: int, top: int
    ) -> None:
        first, last = bisect_left(self._mark_ends, start), bisect_right(self._mark_starts, end)
        for mark in self._marks[first:last]:
            color = theme().color(f"{mark.role}_tint")
            begin, stop = max(mark.start, start), min(mark.end, end)
            if run.is_whole:
                if begin < stop:
                    self.mark(painter, top, col, run.cells, color)
            elif begin < stop:
                self.mark(
                    painter,
                    top,
                    col + (begin - start) * run.cells,
                    (stop - begin) * run.cells,
                    color,
                )
            elif mark.start == mark.end and start <= mark.start <= end:
                at = col + (mark.start - start) * run.cells - _GAP_CELLS / 2
                self.mark(painter, top, at, _GAP_CELLS, theme().color(mark.role), inset=3)
