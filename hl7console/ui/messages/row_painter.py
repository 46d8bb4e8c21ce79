"""Draws the rows of the message list."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QPainter

from hl7console.store.records import MessageRow
from hl7console.ui.messages.columns import Kind, pill_for
from hl7console.ui.messages.model import MessageTableModel
from hl7console.ui.row_pictures import RowPictures


class RowPainter(RowPictures[MessageRow]):
    """Pictures of rows. GUI thread only."""

    def __init__(self, model: MessageTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def row_at(self, row: int) -> MessageRow | None:
        """Return the message of a row; None while it is not fetched."""
        return self._model.row_at(row)

    def id_of(self, found: MessageRow) -> int:
        """Return the message's number."""
        return found.id

    def draw_cell(
        self, painter: QPainter, box: QRect, row: int, column: int, found: MessageRow | None
    ) -> None:
        """Draw one cell: a pill where its column has them, else its text."""
        kind = self._model.columns[column].kind
        if found is not None and kind is Kind.PILL:
            pill = pill_for(found)
            self._pens.draw_pill(painter, box, pill.text, pill.role)
            return
        self._pens.draw_text(
            painter,
            box,
            self._model.text_at(row, column),
            is_fixed=kind in (Kind.FIXED, Kind.NUMBER),
            is_right=kind is Kind.NUMBER,
            role="muted" if kind is Kind.MUTED else "text",
        )
