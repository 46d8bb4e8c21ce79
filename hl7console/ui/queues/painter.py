"""Draws the rows of a list of deliveries."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect
from PySide6.QtGui import QPainter

from hl7console.store.queue_reader import DeliveryRow
from hl7console.ui.messages.columns import Kind
from hl7console.ui.queues.model import DeliveryModel
from hl7console.ui.queues.words import state_look
from hl7console.ui.row_pictures import RowPictures


class DeliveryPainter(RowPictures[DeliveryRow]):
    """Pictures of deliveries. GUI thread only."""

    def __init__(self, model: DeliveryModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def row_at(self, row: int) -> DeliveryRow | None:
        """Return the delivery of a row; None while it is not fetched."""
        return self._model.row_at(row)

    def id_of(self, found: DeliveryRow) -> int:
        """Return the delivery's number."""
        return found.id

    def draw_cell(
        self, painter: QPainter, box: QRect, row: int, column: int, found: DeliveryRow | None
    ) -> None:
        """Draw one cell: a pill for the state, else its text."""
        kind = self._model.columns[column].kind
        if found is not None and kind is Kind.PILL:
            look = state_look(found)
            self._pens.draw_pill(painter, box, look.text, look.role)
            return
        self._pens.draw_text(
            painter,
            box,
            self._model.text_at(row, column),
            is_fixed=kind in (Kind.FIXED, Kind.NUMBER),
            is_right=kind is Kind.NUMBER,
            role="muted" if kind is Kind.MUTED or column == 0 else "text",
        )
