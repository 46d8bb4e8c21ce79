"""Puts the alerts into the window: made when first wanted, their actions known at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal, Slot

from hl7console.ui.alerts.header import View
from hl7console.ui.alerts.telling import AlertTeller
from hl7console.ui.alerts.words import now_us
from hl7console.ui.place_hook import PlaceHook

if TYPE_CHECKING:
    from hl7console.ui.alerts.alert_actions import AlertActions
    from hl7console.ui.alerts.place import AlertsPlace


class AlertsHook(PlaceHook):
    """Owns the place, its actions and what tells of alerts, see `PlaceHook`. GUI thread only."""

    badge_changed = Signal(int, str, str)
    """How many alerts need somebody, that in words, and the colour of the worst."""
    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    queue_wanted = Signal(str)
    """Name of a destination whose queue is wanted."""
    settings_wanted = Signal(str, str)
    """Kind and name of an interface whose settings are wanted."""
    monitor_wanted = Signal(str, str)
    """Scope and name of a series to show in the Monitor."""
    rule_wanted = Signal(str)
    """Name of a rule whose settings are wanted; empty for the page."""

    _place: AlertsPlace | None = None
    _alert_actions: AlertActions | None = None

    def _add_actions(self) -> None:
        add = self._actions.add
        add("alerts.open", "Alerts: open", lambda: self.show_view(View.OPEN), icon="bell",
            group="Alerts")  # fmt: skip
        add("alerts.past", "Alerts: past", lambda: self.show_view(View.PAST), icon="history",
            group="Alerts")  # fmt: skip
        add("alerts.figures", "Alerts: figures by rule", lambda: self.show_view(View.FIGURES),
            icon="table-2", group="Alerts")  # fmt: skip
        add("alerts.newest", "Go to the newest alert", self.show_newest, shortcut="F8",
            icon="bell", group="Alerts")  # fmt: skip
        add("alerts.closeToast", "Close the toast of new alerts", self._close_toast,
            icon="x", group="Alerts")  # fmt: skip
        self.teller = AlertTeller(
            self._window, self._console, self._preferences, now_us, self._have_sound
        )
        self.teller.badge_changed.connect(self.badge_changed)
        self.teller.toast.show_wanted.connect(self._on_show_wanted)
        self.teller.toast.acknowledge_wanted.connect(self._on_acknowledge_wanted)
        self.teller.toast.snooze_wanted.connect(self._on_snooze_wanted)
        self._bridge.snapshot_changed.connect(self.teller.on_snapshot)

    def _have_sound(self, rules: set[str]) -> bool:
        """Return whether one of these rules has a sound. A thread of its own."""
        from hl7console.ui.alerts.draft import have_sound  # not needed before the first alert

        return have_sound(Path(self._console.workspace), rules)

    def _close_toast(self) -> None:
        self.teller.toast.close_button.click()

    def show_view(self, view: View) -> None:
        """Go to open alerts, past ones, or the figures by rule."""
        self._go()
        self.place().show_view(view)

    @Slot(int)
    def show_alert(self, alert_id: int) -> None:
        """Go to an alert."""
        self._go()
        self.place().show_alert(alert_id)

    def show_newest(self) -> None:
        """Go to the alert that the toast tells of, else to the open one that began last."""
        told = self.teller.toast.alert_ids
        found = max(self._bridge.snapshot.alerts, key=lambda a: a.onset_at_us, default=None)
        if told:
            self._on_show_wanted(told)
        elif found is not None:
            self.show_alert(found.id)
        else:
            self.show_view(View.OPEN)

    @Slot(object)
    def _on_show_wanted(self, alert_ids: Sequence[int]) -> None:
        self.show_alert(alert_ids[0])
        self.teller.toast.let_go()

    @Slot(object)
    def _on_acknowledge_wanted(self, alert_ids: Sequence[int]) -> None:
        self.alert_actions().acknowledge_ids(alert_ids)

    @Slot(object)
    def _on_snooze_wanted(self, alert_ids: Sequence[int]) -> None:
        self.alert_actions().snooze_ids(alert_ids)

    def place_shown(self, name: str) -> None:
        """Know which place one is at: the Monitor has the worst alerts in sight."""
        self.teller.toast.set_listed(name == "monitor")

    @Slot(object)
    def alerts_seen(self, alert_ids: Collection[int]) -> None:
        """Know which alerts are in sight below the Monitor: no toast needs to tell of them."""
        self.teller.toast.set_seen(alert_ids)

    @Slot()
    def _on_place_changed(self) -> None:
        place = self._place
        is_covered = place is not None and place.isVisible() and place.header.view is View.OPEN
        self.teller.toast.set_covered(is_covered)

    def place(self) -> AlertsPlace:
        """Return the place, made when it is first wanted."""
        if self._place is None:
            from hl7console.ui.alerts.alert_actions import AlertActions
            from hl7console.ui.alerts.place import AlertsPlace

            place = AlertsPlace(self._console, self._bridge, self._preferences)
            self._place = place
            made = AlertActions(place, self._console, self._actions, self._notice)
            self._alert_actions = made
            made.filter_wanted.connect(self.filter_wanted)
            made.message_wanted.connect(self.message_wanted)
            made.queue_wanted.connect(self.queue_wanted)
            made.settings_wanted.connect(self.settings_wanted)
            made.monitor_wanted.connect(self.monitor_wanted)
            made.rule_wanted.connect(self.rule_wanted)
            place.choice_changed.connect(self._on_place_changed)
            self.made.emit(place)
        return self._place

    def alert_actions(self) -> AlertActions:
        """Return the actions, made with the place."""
        self.place()
        if self._alert_actions is None:
            raise RuntimeError("The place has no actions.")
        return self._alert_actions

    def stop(self) -> None:
        """End the threads of the place, and tell of nothing more."""
        self.teller.stop()
        if self._place is not None:
            self._place.stop()
