"""The columns of the lists of alerts, and the lines that stand in them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.words import (
    clock_text,
    is_snoozed,
    lasted_text,
    severity_look,
    since_text,
    subject_text,
)
from hl7console.ui.messages.columns import Kind


@dataclass(frozen=True, slots=True)
class AlertLine:
    """An alert as a row shows it at one moment: times run on, so their texts are its own."""

    alert: AlertRecord
    texts: tuple[str, ...]
    """One for each column."""

    @property
    def id(self) -> int:
        """Number of the alert."""
        return self.alert.id


@dataclass(frozen=True, slots=True)
class AlertColumn:
    """One column; `value` gets the alert and the time it is now."""

    title: str
    kind: Kind
    chars: int
    value: Callable[[AlertRecord, int], str]
    is_long: bool = False
    """Takes the room that the others leave."""
    least_chars: int = 0
    """How narrow it may become where there is little room; 0: not at all."""


def _severity(alert: AlertRecord, _now_us: int) -> str:
    return severity_look(alert.severity).text


def _state(alert: AlertRecord, now_us: int) -> str:
    if alert.acknowledged_at_us:
        return f"✓ {alert.acknowledged_by or 'acknowledged'}"
    if is_snoozed(alert, now_us):
        return f"snoozed to {clock_text(alert.snoozed_until_us, now_us)}"
    return f"hangs on {alert.silenced_by}" if alert.silenced_by else ""


OPEN_COLUMNS: tuple[AlertColumn, ...] = (
    AlertColumn("Severity", Kind.PILL, 9, _severity),
    AlertColumn("Interface", Kind.TEXT, 14, lambda alert, _: subject_text(alert), least_chars=11),
    AlertColumn("Since", Kind.FIXED, 18, since_text),
    AlertColumn("What is wrong", Kind.TEXT, 40, lambda alert, _: alert.text, is_long=True),
    AlertColumn("State", Kind.MUTED, 23, _state, least_chars=8),
    AlertColumn("Sample", Kind.FIXED, 10, lambda alert, _: alert.sample_control_id),
    AlertColumn("Rule", Kind.MUTED, 16, lambda alert, _: alert.rule, least_chars=8),
)
"""Of the alerts that are open."""

PAST_COLUMNS: tuple[AlertColumn, ...] = (
    AlertColumn("Severity", Kind.PILL, 9, _severity),
    AlertColumn("Interface", Kind.TEXT, 14, lambda alert, _: subject_text(alert), least_chars=11),
    AlertColumn("Began", Kind.FIXED, 12, lambda alert, now: clock_text(alert.onset_at_us, now)),
    AlertColumn("Ended", Kind.FIXED, 12, lambda alert, now: clock_text(alert.ended_at_us, now)),
    AlertColumn("Lasted", Kind.NUMBER, 10, lasted_text),
    AlertColumn("What was wrong", Kind.TEXT, 40, lambda alert, _: alert.text, is_long=True),
    AlertColumn(
        "Acknowledged by", Kind.MUTED, 14, lambda alert, _: alert.acknowledged_by, least_chars=10
    ),
    AlertColumn("Rule", Kind.MUTED, 16, lambda alert, _: alert.rule, least_chars=8),
)
"""Of those that are over."""


def line_of(alert: AlertRecord, columns: tuple[AlertColumn, ...], now_us: int) -> AlertLine:
    """Return the line of an alert at a moment."""
    return AlertLine(alert, tuple(column.value(alert, now_us) for column in columns))
