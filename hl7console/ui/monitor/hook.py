"""Puts the Monitor into the window: made when first wanted, its actions known at once."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.ui.monitor.spans import SPANS
from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.monitor.monitor_actions import MonitorActions
    from hl7console.ui.monitor.place import MonitorPlace
    from hl7console.ui.reports.dialog import ReportDialog

GROUP = "Monitor"


class MonitorHook(PlaceHook):
    """Owns the place and its actions, see `PlaceHook`. GUI thread only."""

    filter_wanted = Signal(str)
    """A filter expression to show in Messages."""
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted."""
    alert_wanted = Signal(int)
    """Id of an alert to show in Alerts."""
    queue_wanted = Signal(str)
    alerts_seen = Signal(object)
    """The ids of the alerts that are in sight."""
    """Name of a destination whose queue is wanted."""
    listeners_wanted = Signal()
    """A listener is to be added."""

    _place: MonitorPlace | None = None
    _monitor_actions: MonitorActions | None = None
    _report: ReportDialog | None = None

    def _add_actions(self) -> None:
        """Add the actions of the place."""
        table: tuple[tuple[str, str, str, str, Callable[[], object]], ...] = (
            ("wall", "Monitor: wall view", "F11", "maximize", lambda: self.place().show_wall()),
            ("pause", "Monitor: hold the plots, or follow again", "Ctrl+Alt+P", "pause",
             lambda: self.monitor_actions().toggle_pause()),
            ("compare", "Monitor: compare with last week", "Ctrl+Alt+W", "history",
             lambda: self.place().header.compare.click()),
            ("heat", "Monitor: times as a heat map, or as lines", "", "activity",
             lambda: self.monitor_actions().toggle_heat()),
            ("behind", "Monitor: worklist by state, or messages behind", "", "activity",
             lambda: self.monitor_actions().toggle_behind()),
            ("all", "Monitor: all listeners", "Ctrl+Alt+A", "activity",
             lambda: self.place().show_series("all", "")),
            ("shorter", "Monitor: shorter span", "Ctrl+PgDown", "activity",
             lambda: self.monitor_actions().change_span(-1)),
            ("longer", "Monitor: longer span", "Ctrl+PgUp", "activity",
             lambda: self.monitor_actions().change_span(1)),
            ("picture", "Monitor: save as picture…", "", "download",
             lambda: self.monitor_actions().save_picture()),
            ("csv", "Monitor: save the numbers as CSV…", "", "download",
             lambda: self.monitor_actions().save_csv()),
        )  # fmt: skip
        for name, text, keys, icon, slot in table:
            self._actions.add(
                f"monitor.{name}", text, self._there(slot), shortcut=keys, icon=icon, group=GROUP
            )
        self._actions.add(
            "monitor.report", "Report…", self.make_report, icon="file-down", group=GROUP
        )
        for span in SPANS:
            self._actions.add(
                f"monitor.span.{span.key}",
                f"Monitor: {span.words}",
                self._there(partial(self._show_span, span.key)),
                icon="activity",
                group=GROUP,
            )

    def _show_span(self, key: str) -> None:
        self.place().show_span(key)

    def make_report(self) -> None:
        """Open the dialog that makes reports."""
        from hl7console.ui.reports.opening import open_report

        names = [
            *(listener.name for listener in self._bridge.listeners),
            *(destination.name for destination in self._bridge.destinations),
        ]
        self._report = open_report(self._window, self._console, names, self._ask)
        self._report.finished.connect(self._on_report_closed)

    @Slot()
    def _on_report_closed(self) -> None:
        self._report = None

    @property
    def is_shown(self) -> bool:
        """Whether the place is in view."""
        return self._place is not None and self._place.isVisible()

    @Slot(str, str)
    def show_series(self, scope: str, name: str) -> None:
        """Go to the plots of one interface."""
        self._go()
        self.place().show_series(scope, name)

    def place(self) -> MonitorPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.monitor.monitor_actions import MonitorActions
            from hl7console.ui.monitor.place import MonitorPlace

            place = MonitorPlace(self._console, self._bridge, self._preferences)
            self._place = place
            made = MonitorActions(place, self._console, self._bridge, self._ask, self._notice)
            self._monitor_actions = made
            for source in (place, made):
                source.filter_wanted.connect(self.filter_wanted)
                source.settings_wanted.connect(self.settings_wanted)
                source.alert_wanted.connect(self.alert_wanted)
                source.queue_wanted.connect(self.queue_wanted)
            place.listeners_wanted.connect(self.listeners_wanted)
            place.strip.seen_changed.connect(self.alerts_seen)
            self.made.emit(place)
        return self._place

    def monitor_actions(self) -> MonitorActions:
        """Return the actions, made with the place."""
        self.place()
        if self._monitor_actions is None:
            raise RuntimeError("The place has no actions.")
        return self._monitor_actions

    def stop(self) -> None:
        """End the threads of the place."""
        if self._report is not None:
            self._report.stop()
        if self._monitor_actions is not None:
            self._monitor_actions.stop()
        if self._place is not None:
            self._place.stop()
