"""The place Alerts: open and past alerts."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.preferences import Preferences


class AlertsPlace(QWidget):
    """Open and past alerts. GUI thread only; call `stop` before it goes."""

    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    settings_wanted = Signal(str, str)
    monitor_wanted = Signal(str, str)

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alertsPlace")
        self._console, self._bridge, self._preferences = console, bridge, preferences
        QVBoxLayout(self)

    def first_focus(self) -> QWidget:
        """Return the widget that has the keyboard first."""
        return self

    def show_alert(self, alert_id: int) -> None:
        """Choose an alert."""

    def stop(self) -> None:
        """End the threads."""
