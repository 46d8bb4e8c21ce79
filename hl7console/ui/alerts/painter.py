"""Draws the rows of the lists of alerts."""

from __future__ import annotations

from hl7console.ui.alerts.columns import AlertLine
from hl7console.ui.alerts.words import severity_look
from hl7console.ui.columned import ColumnedPainter


class AlertPainter(ColumnedPainter[AlertLine]):
    """Pictures of alerts. GUI thread only."""

    def id_of(self, found: AlertLine) -> int:
        """Return the alert's number."""
        return found.id

    def pill_of(self, found: AlertLine) -> tuple[str, str]:
        """Return word and colour of the alert's severity."""
        look = severity_look(found.alert.severity)
        return look.text, look.role
