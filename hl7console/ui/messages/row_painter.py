"""Draws the rows of the message list."""

from __future__ import annotations

from hl7console.store.records import MessageRow
from hl7console.ui.columned import ColumnedPainter
from hl7console.ui.messages.columns import pill_for


class RowPainter(ColumnedPainter[MessageRow]):
    """Pictures of messages. GUI thread only."""

    def id_of(self, found: MessageRow) -> int:
        """Return the message's number."""
        return found.id

    def pill_of(self, found: MessageRow) -> tuple[str, str]:
        """Return word and colour of what became of the message."""
        pill = pill_for(found)
        return pill.text, pill.role
