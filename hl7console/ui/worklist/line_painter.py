"""Draws the rows of the worklist's list, and the headings of its groups."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QPainter

from hl7console.store.worklist.records import LineRow
from hl7console.ui.icons import pixmap
from hl7console.ui.messages.columns import Kind
from hl7console.ui.row_pens import PAD
from hl7console.ui.row_pictures import RowPictures
from hl7console.ui.theme import ROW
from hl7console.ui.worklist.model import LineTableModel

_FOLD_PX = 14


class LinePainter(RowPictures[LineRow]):
    """Pictures of lines, and headings. GUI thread only."""

    def __init__(self, model: LineTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def row_at(self, row: int) -> LineRow | None:
        """Return the line of a row; None for a heading, and while it is not fetched."""
        return self._model.row_at(row)

    def id_of(self, found: LineRow) -> int:
        """Return the number of the line's step."""
        return found.step_id

    def draw_cell(
        self, painter: QPainter, box: QRect, row: int, column: int, found: LineRow | None
    ) -> None:
        """Draw one cell: a pill where its column has them, else its text."""
        shown = self._model.columns[column]
        if found is not None and shown.role is not None:
            self._pens.draw_pill(painter, box, shown.value(found), shown.role(found))
            return
        self._pens.draw_text(
            painter,
            box,
            self._model.text_at(row, column),
            is_fixed=shown.kind is Kind.FIXED,
            role="muted" if shown.kind is Kind.MUTED else "text",
        )

    def draw_heading(
        self, painter: QPainter, box: QRect, text: str, *, is_folded: bool, is_selected: bool
    ) -> None:
        """Draw a group's heading across the whole row."""
        colors = self._pens.colors
        painter.fillRect(box, colors["selection" if is_selected else "raised"])
        painter.setPen(colors["row_line"])
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        name = "chevron-right" if is_folded else "chevron-down"
        scale = painter.device().devicePixelRatioF()
        mark = pixmap(name, colors["muted"], _FOLD_PX, scale)
        painter.drawPixmap(box.left() + PAD, box.top() + (ROW - _FOLD_PX) // 2, mark)
        painter.setFont(self._pens.bold)
        painter.setPen(colors["text"])
        place = box.adjusted(PAD + _FOLD_PX + 6, 0, -PAD, 0)
        painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter), text)
