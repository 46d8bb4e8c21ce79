"""How a console is, in one word and with reasons: for scripts and monitoring systems. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.settings.alerts import Severity
from hl7console.store.alert_records import AlertRecord

MOST_BEHIND = 10_000
"""Messages that derived data may be behind in a burst; more is worth a look."""


class Level(IntEnum):
    """How bad it is; the numbers are the exit codes that monitoring systems expect."""

    OK = 0
    WARNING = 1
    CRITICAL = 2
    UNKNOWN = 3
    """It could not be found out."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it should be."""

    level: Level
    subject: str
    """Name of the interface; empty for the whole console."""
    text: str


_OF_ALERTS = {Severity.CRITICAL: Level.CRITICAL, Severity.WARNING: Level.WARNING}
_OF_QUEUES = {QueueCondition.STOPPED: Level.CRITICAL, QueueCondition.HELD: Level.WARNING}


def findings_of(snapshot: EngineSnapshot) -> tuple[Finding, ...]:
    """Return what is not as it should be, the worst first."""
    found = [
        *_of_whole(snapshot),
        *(finding for i in snapshot.interfaces if (finding := _of_interface(i))),
        *(finding for queue in snapshot.queues for finding in _of_queue(queue)),
        *(finding for alert in snapshot.alerts if (finding := _of_alert(alert))),
    ]
    return tuple(sorted(found, key=lambda finding: -finding.level))


def level_of(findings: tuple[Finding, ...]) -> Level:
    """Return the worst."""
    return max((finding.level for finding in findings), default=Level.OK)


def _of_whole(snapshot: EngineSnapshot) -> Iterator[Finding]:
    if not snapshot.running:
        text = "Nothing runs on this workspace: no message is received or sent."
        yield Finding(Level.CRITICAL, "", text)
    if snapshot.problem:
        yield Finding(Level.CRITICAL, "", snapshot.problem)
    for text in (snapshot.worklist_problem, snapshot.alert_problem):
        if text:
            yield Finding(Level.WARNING, "", text)
    for name, behind in (
        ("full text", snapshot.last_message_id - snapshot.derived_id if snapshot.running else 0),
        ("worklist", snapshot.worklist_behind),
        ("measures", snapshot.measures_behind),
    ):
        if behind > MOST_BEHIND:
            is_are = "are" if name == "measures" else "is"
            yield Finding(Level.WARNING, "", f"The {name} {is_are} {behind:,} messages behind.")
    endpoint = snapshot.metrics_endpoint
    if endpoint is not None and endpoint.state is LinkState.FAILED:
        yield Finding(Level.WARNING, endpoint.name, endpoint.text)


def _of_interface(interface: InterfaceStatus) -> Finding | None:
    if interface.state is not LinkState.FAILED:
        return None
    level = Level.WARNING if interface.kind == "destination" else Level.CRITICAL
    return Finding(level, interface.name, interface.text or "It does not work.")


def _of_queue(queue: QueueStatus) -> Iterator[Finding]:
    level = _OF_QUEUES.get(queue.condition)
    if level is not None:
        text = queue.text or f"The queue is {queue.condition}."
        yield Finding(level, queue.destination, text)
    if queue.failed:
        noun = "delivery is" if queue.failed == 1 else "deliveries are"
        text = f"{queue.failed:,} {noun} in the error list."
        yield Finding(Level.WARNING, queue.destination, text)


def _of_alert(alert: AlertRecord) -> Finding | None:
    level = _OF_ALERTS.get(Severity(alert.severity))
    if level is None:
        return None
    by = f" ({alert.acknowledged_by} looks after it)" if alert.acknowledged_by else ""
    return Finding(level, alert.subject, f"{alert.text}{by}")
