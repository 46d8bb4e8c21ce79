"""What one does with alerts: look after them, snooze them, go to their cause."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu, QPushButton

from hl7console.engine.alert_commands import SnoozeAlerts
from hl7console.engine.console import Console
from hl7console.settings.alerts import AlertKind
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.actions import Actions
from hl7console.ui.alerts import questions
from hl7console.ui.alerts.action_table import BAR, GROUP, MENU, SNOOZE_MENU, TABLE
from hl7console.ui.alerts.feed import MOST_CHOSEN
from hl7console.ui.alerts.header import View
from hl7console.ui.alerts.place import AlertsPlace
from hl7console.ui.alerts.words import copied_text, is_snoozed
from hl7console.ui.bars import bar_button
from hl7console.ui.icons import set_icon
from hl7console.ui.notice import Notice
from hl7console.ui.queues.command_runner import CommandRunner

_MINUTE_US = 60_000_000
_OF_QUEUES = (AlertKind.BACKLOG, AlertKind.HEAD_AGE, AlertKind.STUCK)
"""Kinds whose cause is seen best in the queue."""


class AlertActions(CommandRunner):
    """The actions of the place Alerts. GUI thread only."""

    filter_wanted = Signal(str)
    message_wanted = Signal(int)
    queue_wanted = Signal(str)
    settings_wanted = Signal(str, str)
    monitor_wanted = Signal(str, str)
    rule_wanted = Signal(str)
    """Name of a rule whose settings are wanted; empty for the page."""

    def __init__(
        self, place: AlertsPlace, console: Console, actions: Actions, notice: Notice
    ) -> None:
        super().__init__(console, notice, place)
        self._place, self._actions = place, actions
        self.done.connect(place.look_again)
        slots: dict[str, Callable[[], object]] = {
            "acknowledge": self.acknowledge,
            "snoozeQuarter": partial(self._snooze_for, 15 * _MINUTE_US),
            "snoozeHour": partial(self._snooze_for, 60 * _MINUTE_US),
            "snoozeMorning": self.snooze_until_morning,
            "snoozeUntil": self.snooze_until,
            "endSnooze": self.end_snooze,
            "cause": self.go_to_cause,
            "showMessages": self.show_messages,
            "showQueue": self.show_queue,
            "showMonitor": self.show_monitor,
            "showInterface": self.show_interface,
            "showRule": self.show_rule,
            "copy": self.copy,
        }
        for name, text, keys, icon in TABLE:
            actions.add(f"alerts.{name}", text, slots[name], shortcut=keys, icon=icon, group=GROUP)
        self._buttons = {name: self._made_button(name, title) for name, title in BAR.items()}
        self._buttons["acknowledge"].setProperty("kind", "primary")
        place.choice_changed.connect(self._on_choice_changed)
        place.menu_wanted.connect(self._show_menu)
        place.rules_wanted.connect(lambda: self.rule_wanted.emit(""))
        place.table.opened.connect(actions["alerts.cause"].trigger)
        place.table.copy_wanted.connect(actions["alerts.copy"].trigger)
        place.story.message_wanted.connect(self.show_sample)
        place.story.filter_wanted.connect(self.show_messages)
        place.story.rule_wanted.connect(self.show_rule)
        self._on_choice_changed()

    def _made_button(self, name: str, title: str) -> QPushButton:
        if name == "SNOOZE":
            button = QPushButton(title)
            button.setObjectName("bar.alerts.snooze")
            button.setToolTip("Tell nobody for a while")
            menu = QMenu(button)
            menu.setObjectName("snoozeMenu")
            self._fill_snooze(menu)
            button.setMenu(menu)
            set_icon(button, "chevron-down", size=12)
        else:
            button = bar_button(self._actions, f"alerts.{name}", title)
        self._place.header.add_button(button)
        return button

    def _fill_snooze(self, menu: QMenu) -> None:
        for name in SNOOZE_MENU:
            if name:
                menu.addAction(self._actions[f"alerts.{name}"])
            else:
                menu.addSeparator()

    # What can be done now

    @Slot()
    def _on_choice_changed(self) -> None:
        place, alert = self._place, self._place.alert
        is_here = place.isVisible()
        has_any = is_here and place.chosen_count > 0
        is_open = has_any and place.header.view is View.OPEN
        at = alert if is_here else None
        can = dict.fromkeys(("acknowledge", "snoozeQuarter", "snoozeHour"), is_open)
        can |= dict.fromkeys(("snoozeMorning", "snoozeUntil"), is_open)
        is_one_snoozed = at is not None and is_snoozed(at, place.clock_us())
        can["endSnooze"] = is_open and (place.chosen_count > 1 or is_one_snoozed)
        can["cause"] = at is not None
        can["showMessages"] = at is not None and bool(at.filter or at.sample_message_id)
        can["showQueue"] = at is not None and at.scope == "destination" and bool(at.subject)
        can["showMonitor"] = at is not None
        can["showInterface"] = at is not None and _interface_of(at) is not None
        can["showRule"] = at is not None
        can["copy"] = has_any
        for name, is_possible in can.items():
            self._actions[f"alerts.{name}"].setEnabled(is_possible)
        for name, button in self._buttons.items():
            button.setVisible(place.header.view is View.OPEN or name == "cause")
            button.setEnabled(can["snoozeHour"] if name == "SNOOZE" else can[name])

    # Menu

    @Slot(QPoint)
    def _show_menu(self, at: QPoint) -> None:
        if self._place.chosen_count:
            menu = self.made_menu()
            menu.exec(self._place.table.menu_point(at))
            menu.deleteLater()

    def made_menu(self) -> QMenu:
        """Return the menu of the chosen alerts."""
        menu = QMenu(self._place)
        menu.setObjectName("alertMenu")
        for name in MENU:
            if name == "SNOOZE":
                snooze = menu.addMenu("Snooze")
                snooze.setObjectName("alertSnoozeMenu")
                self._fill_snooze(snooze)
                snooze.setEnabled(self._actions["alerts.snoozeHour"].isEnabled())
            elif name:
                menu.addAction(self._actions[f"alerts.{name}"])
            else:
                menu.addSeparator()
        return menu

    # Looking after them

    def _with_open(self, then: Callable[[Sequence[AlertRecord]], object]) -> None:
        if self._place.chosen_count > MOST_CHOSEN:
            self._notice.warn(
                f"{self._place.chosen_count:,} are chosen; at most {MOST_CHOSEN:,} can be changed."
            )
            return

        def act(alerts: list[AlertRecord]) -> None:
            if open_ones := [alert for alert in alerts if alert.is_open]:
                then(open_ones)

        self._place.with_chosen(act)

    def acknowledge(self) -> None:
        """Ask for a note, and tell others that somebody looks after the chosen alerts."""
        self._with_open(self._ask_note)

    def acknowledge_ids(self, alert_ids: Sequence[int]) -> None:
        """Ask for a note with the acknowledgement of these alerts."""
        self._place.feed.read_ids(alert_ids, self._ask_note)

    def _ask_note(self, alerts: Sequence[AlertRecord]) -> None:
        if open_ones := [alert for alert in alerts if alert.is_open]:
            window = self._place.window()
            self.open(questions.acknowledge_dialog(open_ones, self._console, window))

    def snooze_ids(self, alert_ids: Sequence[int]) -> None:
        """Tell nobody of these alerts for a quarter of an hour."""
        self.run(SnoozeAlerts(tuple(alert_ids), self._place.clock_us() + 15 * _MINUTE_US))

    def _snooze_for(self, span_us: int) -> None:
        self._snooze(self._place.clock_us() + span_us)

    def snooze_until_morning(self) -> None:
        """Tell nobody of the chosen alerts until seven o'clock tomorrow."""
        self._snooze(questions.next_morning_us(self._place.clock_us()))

    def _snooze(self, until_us: int) -> None:
        self._with_open(lambda alerts: self.run(SnoozeAlerts(_ids(alerts), until_us)))

    def snooze_until(self) -> None:
        """Ask until when nobody is to be told."""
        self._with_open(
            lambda alerts: self.open(
                questions.snooze_dialog(
                    alerts, self._place.clock_us(), self._console, self._place.window()
                )
            )
        )

    def end_snooze(self) -> None:
        """Let the chosen alerts be told again."""
        self._snooze(0)

    # Going to the cause

    def go_to_cause(self) -> None:
        """Go where the cause is seen: messages, the queue, the interface, or the plots."""
        alert = self._place.alert
        if alert is None:
            return
        if alert.kind in _OF_QUEUES and alert.scope == "destination":
            self.show_queue()
        elif alert.filter or alert.sample_message_id:
            self.show_messages()
        elif _interface_of(alert) is not None:
            self.show_interface()
        else:
            self.show_monitor()

    def show_messages(self) -> None:
        """Show the messages that the alert is about."""
        alert = self._place.alert
        if alert is not None and alert.filter:
            self.filter_wanted.emit(alert.filter)
        else:
            self.show_sample()

    def show_sample(self) -> None:
        """Show the message that the alert names."""
        alert = self._place.alert
        if alert is not None and alert.sample_message_id:
            self.message_wanted.emit(alert.sample_message_id)

    def show_queue(self) -> None:
        """Show the destination's queue."""
        if (alert := self._place.alert) is not None:
            self.queue_wanted.emit(alert.subject)

    def show_monitor(self) -> None:
        """Show the plots of what the alert is about."""
        if (alert := self._place.alert) is not None:
            self.monitor_wanted.emit(alert.scope, alert.subject)

    def show_interface(self) -> None:
        """Show the settings of the interface."""
        alert = self._place.alert
        found = _interface_of(alert) if alert is not None else None
        if found is not None:
            self.settings_wanted.emit(*found)

    def show_rule(self) -> None:
        """Show the rule in the settings."""
        if (alert := self._place.alert) is not None:
            self.rule_wanted.emit(alert.rule)

    def copy(self) -> None:
        """Put the chosen alerts on the clipboard, as lines of text."""

        def put(alerts: list[AlertRecord]) -> None:
            now_us = self._place.clock_us()
            text = "\n\n".join(copied_text(alert, now_us) for alert in alerts)
            QGuiApplication.clipboard().setText(text)
            self._notice.tell("Copied.")

        self._place.with_chosen(put)


def _ids(alerts: Sequence[AlertRecord]) -> tuple[int, ...]:
    return tuple(alert.id for alert in alerts)


def _interface_of(alert: AlertRecord) -> tuple[str, str] | None:
    """Return kind and name of the interface whose settings there are; None for others."""
    if alert.scope in ("listener", "destination") and alert.subject:
        return alert.scope, alert.subject
    return ("worklist", alert.subject) if alert.scope == "worklist" else None
