"""Draws the rows of a list, each once, and keeps the pictures.

A page of a list has some 300 cells; drawing them one by one whenever traffic moves the rows down
takes longer than a frame. A row that was drawn is one picture, and moving it is one copy.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import OrderedDict
from collections.abc import Sequence
from typing import Generic, TypeVar

from PySide6.QtCore import QObject, QRect, Signal, Slot
from PySide6.QtGui import QPainter, QPixmap

from hl7console.ui.row_pens import PAD, RowPens
from hl7console.ui.theme import ROW, theme

_KEPT = 240
"""Rows whose pictures are kept: about three pages and both states of some."""

Section = tuple[int, int, int]
"""Column, left edge and width, in pixels."""

R = TypeVar("R")


class RowPictures(QObject, Generic[R]):
    """Pictures of the rows of one kind of list. GUI thread only."""

    outdated = Signal()
    """The scheme changed: everything has to be drawn again."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._kept: OrderedDict[tuple[int, bool], tuple[R, QPixmap]] = OrderedDict()
        self._pens = RowPens()
        theme().changed.connect(self._on_theme_changed)

    # What the lists differ in.

    @abstractmethod
    def row_at(self, row: int) -> R | None:
        """Return what stands in a row; None while it is not fetched."""

    @abstractmethod
    def id_of(self, found: R) -> int:
        """Return the number of what stands in a row."""

    @abstractmethod
    def draw_cell(
        self, painter: QPainter, box: QRect, row: int, column: int, found: R | None
    ) -> None:
        """Draw one cell into its box."""

    # What they share.

    @Slot()
    def _on_theme_changed(self) -> None:
        self._pens.take_colors()
        self.forget()
        self.outdated.emit()

    def forget(self) -> None:
        """Drop all pictures: columns or colours are others."""
        self._kept.clear()

    def picture(
        self, row: int, sections: Sequence[Section], width: int, scale: float, *, is_selected: bool
    ) -> QPixmap:
        """Return the picture of a row, `width` wide at a screen's `scale`."""
        found = self.row_at(row)
        if found is None:
            return self._drawn(row, None, sections, width, scale, is_selected=is_selected)
        key = (self.id_of(found), is_selected)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is found:
            self._kept.move_to_end(key)
            return kept[1]
        drawn = self._drawn(row, found, sections, width, scale, is_selected=is_selected)
        self._kept[key] = (found, drawn)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _drawn(
        self,
        row: int,
        found: R | None,
        sections: Sequence[Section],
        width: int,
        scale: float,
        *,
        is_selected: bool,
    ) -> QPixmap:
        drawn = QPixmap(round(width * scale), round(ROW * scale))
        drawn.setDevicePixelRatio(scale)
        drawn.fill(self._pens.colors["selection" if is_selected else "surface"])
        painter = QPainter(drawn)
        painter.setPen(self._pens.colors["row_line"])
        painter.drawLine(0, ROW - 1, width, ROW - 1)
        for column, left, room in sections:
            box = QRect(left + PAD, 0, room - 2 * PAD, ROW - 1)
            self.draw_cell(painter, box, row, column, found)
        painter.end()
        return drawn
