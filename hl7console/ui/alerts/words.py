"""Alerts in words, with the colours they go by."""

from __future__ import annotations

import time
from datetime import datetime
from typing import NamedTuple

from hl7console.settings.alerts import SEVERITIES, AlertKind, Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.queues.words import age_text

_SECOND_US = 1_000_000


class Look(NamedTuple):
    """A word and the token of its colour."""

    text: str
    role: str


_SEVERITY_LOOKS: dict[str, Look] = {
    Severity.CRITICAL: Look("critical", "err"),
    Severity.WARNING: Look("warning", "warn"),
    Severity.INFO: Look("info", "info"),
}

KIND_TITLES: dict[str, str] = {
    AlertKind.CONNECTION: "Connection down",
    AlertKind.SILENCE: "Silence",
    AlertKind.RATE: "Unusual rate",
    AlertKind.BACKLOG: "Backlog",
    AlertKind.HEAD_AGE: "Oldest delivery waits",
    AlertKind.REJECTIONS: "Share of rejections",
    AlertKind.REFUSED_RUN: "Run of rejections",
    AlertKind.LATENCY: "Slow answers",
    AlertKind.STUCK: "Queue stuck",
    AlertKind.CERTIFICATE: "Certificate ends",
    AlertKind.DISK: "Disk nearly full",
    AlertKind.DATABASE: "Database large",
    AlertKind.BEHIND: "Derived data behind",
    AlertKind.ORDER_WITHOUT_RESULT: "Order without result",
    AlertKind.APPOINTMENT_WITHOUT_ORDER: "Appointment without order",
    AlertKind.UNMAPPED_CODE: "Unmapped code",
    AlertKind.SEQUENCE: "Out of sequence",
    AlertKind.DUPLICATES: "Duplicate control IDs",
    AlertKind.FILTER: "Messages matching a filter",
}
"""What each kind of rule looks at, in a few words."""

_SCOPE_TITLES = {
    "listener": "Listener",
    "destination": "Destination",
    "sender": "Sender",
    "worklist": "Worklist",
    "engine": "Whole engine",
}


def now_us() -> int:
    """Return the time it is, UTC, in microseconds since 1970."""
    return time.time_ns() // 1000


def severity_look(severity: str) -> Look:
    """Return the word and colour of a severity."""
    return _SEVERITY_LOOKS.get(severity, Look(severity, "muted"))


def severity_rank(severity: str) -> int:
    """Return how bad a severity is: the higher, the worse."""
    known = [str(one) for one in SEVERITIES]
    return known.index(severity) if severity in known else -1


def kind_title(kind: str) -> str:
    """Return what a kind of rule looks at, in a few words."""
    return KIND_TITLES.get(kind, kind)


def subject_text(alert: AlertRecord) -> str:
    """Return what an alert is about: an interface, a sender, or the program."""
    return alert.subject or _SCOPE_TITLES.get(alert.scope, alert.scope)


def scope_title(scope: str) -> str:
    """Return what kind of thing a subject is."""
    return _SCOPE_TITLES.get(scope, scope)


def moment(at_us: int) -> datetime:
    """Return a moment in local time."""
    return datetime.fromtimestamp(at_us / _SECOND_US).astimezone()


def clock_text(at_us: int, now_us: int) -> str:
    """Return a local time of day; with the date where that is another one. Empty for 0."""
    if not at_us:
        return ""
    at, now = moment(at_us), moment(now_us)
    if at.date() == now.date():
        return f"{at:%H:%M}"
    return f"{at:%m-%d %H:%M}" if at.year == now.year else f"{at:%Y-%m-%d %H:%M}"


def full_time(at_us: int) -> str:
    """Return a local time with its date, to the second; empty for 0."""
    return f"{moment(at_us):%Y-%m-%d %H:%M:%S}" if at_us else ""


def since_text(alert: AlertRecord, now_us: int) -> str:
    """Return since when an alert is open and how long that is: ``13:58, 4 min``."""
    return f"{clock_text(alert.onset_at_us, now_us)}, {age_text(now_us - alert.onset_at_us)}"


def lasted_text(alert: AlertRecord, now_us: int) -> str:
    """Return how long an alert was open, or is."""
    return age_text((alert.ended_at_us or now_us) - alert.onset_at_us)


def is_snoozed(alert: AlertRecord, now_us: int) -> bool:
    """Return whether nobody is to be told of it for now."""
    return alert.snoozed_until_us > now_us


def needs_somebody(alert: AlertRecord, now_us: int) -> bool:
    """Return whether an alert is open and nobody looks after it.

    What hangs on an interface that is down itself needs nobody: that one has an alert of its own.
    """
    return (
        alert.is_open
        and not alert.acknowledged_at_us
        and not is_snoozed(alert, now_us)
        and not alert.silenced_by
    )


def state_look(alert: AlertRecord, now_us: int) -> Look:
    """Return how far an alert is: new, looked after, snoozed, silenced or over."""
    if not alert.is_open:
        return Look("over", "ok")
    if alert.acknowledged_at_us:
        by = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
        return Look(f"acknowledged{by}", "muted")
    if is_snoozed(alert, now_us):
        return Look(f"snoozed until {clock_text(alert.snoozed_until_us, now_us)}", "muted")
    if alert.silenced_by:
        return Look(f"hangs on {alert.silenced_by}", "muted")
    return Look("open", "text")


def alerts_text(count: int) -> str:
    """Return a number of alerts."""
    return "1 alert" if count == 1 else f"{count:,} alerts"


def copied_text(alert: AlertRecord, now_us: int) -> str:
    """Return an alert as plain lines, to paste into a mail or a ticket."""
    lines = [
        f"{severity_look(alert.severity).text.capitalize()}: {subject_text(alert)}",
        alert.text,
        f"Since {full_time(alert.onset_at_us)} ({lasted_text(alert, now_us)})",
    ]
    if alert.ended_at_us:
        lines.append(f"Over at {full_time(alert.ended_at_us)}. {alert.recovery_text}".strip())
    if alert.sample_control_id:
        lines.append(f"Sample control ID {alert.sample_control_id}")
    if alert.acknowledged_at_us:
        by = f" by {alert.acknowledged_by}" if alert.acknowledged_by else ""
        note = f": {alert.note}" if alert.note else ""
        lines.append(f"Acknowledged {full_time(alert.acknowledged_at_us)}{by}{note}")
    lines.append(f"Rule {alert.rule}, alert {alert.id}")
    return "\n".join(lines)
