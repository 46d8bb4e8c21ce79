"""The dialogs of the place Alerts: the note of who looks after one, and a time to snooze to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QDateTimeEdit, QWidget

from hl7console.engine.alert_commands import AcknowledgeAlerts, SnoozeAlerts
from hl7console.engine.console import Command, Console
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.words import alerts_text, moment, subject_text
from hl7console.ui.settings.form import Value
from hl7console.ui.worklist.command_dialog import CommandDialog

_MORNING = time(7)
_HOUR_S = 3600


def next_morning_us(now_us: int) -> int:
    """Return seven o'clock of tomorrow, local time."""
    day = moment(now_us).date() + timedelta(days=1)
    return round(datetime.combine(day, _MORNING).astimezone().timestamp() * 1_000_000)


def _about(alerts: Sequence[AlertRecord]) -> str:
    if len(alerts) == 1:
        return f"{subject_text(alerts[0])}: {alerts[0].text}"
    return f"{alerts_text(len(alerts))}."


def acknowledge_dialog(
    alerts: Sequence[AlertRecord], console: Console, parent: QWidget
) -> CommandDialog:
    """Return the question what to note with an acknowledgement."""
    ids = tuple(alert.id for alert in alerts)

    def make(values: dict[str, Value]) -> Command | str:
        return AcknowledgeAlerts(ids, str(values["note"]).strip())

    dialog = CommandDialog(
        "acknowledgeDialog",
        "Acknowledge" if len(alerts) == 1 else f"Acknowledge {alerts_text(len(alerts))}",
        f"{_about(alerts)} From now on others see that you look after it, and nobody else is told.",
        "Acknowledge",
        console,
        make,
        parent,
    )
    dialog.form.text("note", "Note", "What you know or do about it. No patient data.")
    if len(alerts) == 1:
        dialog.form.set_values({"note": alerts[0].note})
    dialog.form.focus("note")
    return dialog


def snooze_dialog(
    alerts: Sequence[AlertRecord], now_us: int, console: Console, parent: QWidget
) -> CommandDialog:
    """Return the question until when nobody is to be told."""
    ids = tuple(alert.id for alert in alerts)
    edit = QDateTimeEdit()
    edit.setObjectName("snoozeUntil")
    edit.setAccessibleName("Snooze until")
    edit.setDisplayFormat("yyyy-MM-dd HH:mm")
    edit.setCalendarPopup(True)
    now_s = now_us // 1_000_000
    edit.setDateTime(QDateTime.fromSecsSinceEpoch(now_s - now_s % 60 + _HOUR_S))

    def make(_values: dict[str, Value]) -> Command | str:
        until_us = edit.dateTime().toSecsSinceEpoch() * 1_000_000
        return SnoozeAlerts(ids, until_us) if until_us > now_us else "Choose a time to come."

    dialog = CommandDialog(
        "snoozeDialog",
        "Snooze",
        f"{_about(alerts)} Nobody is told of it until then.",
        "Snooze",
        console,
        make,
        parent,
    )
    dialog.form.widget("Until", edit)
    edit.setFocus()
    return dialog
