"""What plots mark: alerts, starts and stops, changes of settings. No Qt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hl7console.settings.alerts import Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.store.measures.records import Mark

MOST = 120
"""Most marks that are drawn; of more the worst and newest."""

_ROLES = {"start": "ok", "stop": "muted", "settings": "info", "demo": "info"}
_WORDS = {"start": "Start", "stop": "Stop", "settings": "Settings", "demo": "Demo"}
_RANK = {"err": 0, "warn": 1, "ok": 2, "info": 3, "muted": 4}


@dataclass(frozen=True, slots=True)
class PlotMark:
    """One moment that is marked."""

    at_s: float
    role: str
    text: str


def marks_of(
    marks: Iterable[Mark], alerts: Iterable[AlertRecord], name: str = ""
) -> tuple[PlotMark, ...]:
    """Return what is marked, oldest first.

    Args:
        marks: Starts, stops and changes of settings.
        alerts: Alerts of the span.
        name: The interface that is shown; alerts of others are left out then.
    """
    found = [
        PlotMark(mark.at_us / 1e6, _ROLES.get(mark.kind, "muted"), _mark_text(mark))
        for mark in marks
    ]
    for alert in alerts:
        if name and alert.subject != name:
            continue
        role = {Severity.CRITICAL: "err", Severity.WARNING: "warn"}.get(
            Severity(alert.severity), "info"
        )
        names = alert.subject and not alert.text.startswith(alert.subject)
        text = f"{alert.subject}: {alert.text}" if names else alert.text
        found.append(PlotMark(alert.onset_at_us / 1e6, role, text))
        if alert.ended_at_us:
            over = alert.recovery_text or "over"
            found.append(PlotMark(alert.ended_at_us / 1e6, "ok", f"{alert.subject}: {over}"))
    found.sort(key=lambda mark: (_RANK[mark.role], -mark.at_s))
    return tuple(sorted(found[:MOST], key=lambda mark: mark.at_s))


def _mark_text(mark: Mark) -> str:
    at = datetime.fromtimestamp(mark.at_us / 1e6).astimezone()
    word = _WORDS.get(mark.kind, mark.kind)
    return f"{at:%H:%M:%S} {word}: {mark.text}" if mark.text else f"{at:%H:%M:%S} {word}"


def near(marks: Sequence[PlotMark], at_s: float, within_s: float) -> list[PlotMark]:
    """Return the marks next to a moment, two at most."""
    found = [mark for mark in marks if abs(mark.at_s - at_s) <= within_s]
    return sorted(found, key=lambda mark: abs(mark.at_s - at_s))[:2]
