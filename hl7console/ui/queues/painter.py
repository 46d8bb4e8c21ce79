"""Draws the rows of a list of deliveries."""

from __future__ import annotations

from hl7console.store.queue_reader import DeliveryRow
from hl7console.ui.columned import ColumnedPainter
from hl7console.ui.queues.words import state_look


class DeliveryPainter(ColumnedPainter[DeliveryRow]):
    """Pictures of deliveries. GUI thread only."""

    def id_of(self, found: DeliveryRow) -> int:
        """Return the delivery's number."""
        return found.id

    def pill_of(self, found: DeliveryRow) -> tuple[str, str]:
        """Return word and colour of the delivery's state."""
        look = state_look(found)
        return look.text, look.role

    def is_muted(self, column: int) -> bool:
        """Return whether a column stands back; the place in the list does."""
        return column == 0 or super().is_muted(column)
