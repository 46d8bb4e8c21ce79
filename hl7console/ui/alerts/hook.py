"""Puts the alerts into the window: made when first wanted, their actions known at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.engine.console import EngineSnapshot
from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.alerts.place import AlertsPlace


class AlertsHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    badge_changed = Signal(int, str)
    """How many alerts are open that nobody looks after, and what they are, in words."""
    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted."""
    monitor_wanted = Signal(str, str)
    """Scope and name of a series to show in the Monitor."""

    _place: AlertsPlace | None = None

    def _add_actions(self) -> None:
        self._bridge.snapshot_changed.connect(self._on_snapshot)

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        count = snapshot.alerts_open
        self.badge_changed.emit(count, f"{count} open" if count else "")

    @Slot(int)
    def show_alert(self, alert_id: int) -> None:
        """Go to an alert."""
        self._go()
        self.place().show_alert(alert_id)

    def place(self) -> AlertsPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.alerts.place import AlertsPlace

            place = AlertsPlace(self._console, self._bridge, self._preferences)
            self._place = place
            place.filter_wanted.connect(self.filter_wanted)
            place.message_wanted.connect(self.message_wanted)
            place.settings_wanted.connect(self.settings_wanted)
            place.monitor_wanted.connect(self.monitor_wanted)
            self.made.emit(place)
        return self._place

    def stop(self) -> None:
        """End the threads of the place."""
        if self._place is not None:
            self._place.stop()
