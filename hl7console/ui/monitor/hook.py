"""Puts the Monitor into the window: made when first wanted, its actions known at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.monitor.place import MonitorPlace


class MonitorHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    filter_wanted = Signal(str)
    """A filter expression to show in Messages."""
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted."""
    alert_wanted = Signal(int)
    """Id of an alert to show in Alerts."""
    queue_wanted = Signal(str)
    """Name of a destination whose queue is wanted."""

    _place: MonitorPlace | None = None

    def _add_actions(self) -> None:
        """Add the actions of the place."""

    @Slot(str, str)
    def show_series(self, scope: str, name: str) -> None:
        """Go to the plots of one interface."""
        self._go()
        self.place().show_series(scope, name)

    def place(self) -> MonitorPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.monitor.place import MonitorPlace

            place = MonitorPlace(self._console, self._bridge, self._preferences)
            self._place = place
            place.filter_wanted.connect(self.filter_wanted)
            place.settings_wanted.connect(self.settings_wanted)
            place.alert_wanted.connect(self.alert_wanted)
            place.queue_wanted.connect(self.queue_wanted)
            self.made.emit(place)
        return self._place

    def stop(self) -> None:
        """End the threads of the place."""
        if self._place is not None:
            self._place.stop()
