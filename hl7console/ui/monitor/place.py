"""The place Monitor: a tile for each interface, and plots on one time axis."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.preferences import Preferences


class MonitorPlace(QWidget):
    """Tiles and plots. GUI thread only; call `stop` before it goes."""

    filter_wanted = Signal(str)
    settings_wanted = Signal(str, str)
    alert_wanted = Signal(int)
    queue_wanted = Signal(str)

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("monitorPlace")
        self._console, self._bridge, self._preferences = console, bridge, preferences
        QVBoxLayout(self)

    def first_focus(self) -> QWidget:
        """Return the widget that has the keyboard first."""
        return self

    def show_series(self, scope: str, name: str) -> None:
        """Show one interface's plots."""

    def stop(self) -> None:
        """End the threads."""
