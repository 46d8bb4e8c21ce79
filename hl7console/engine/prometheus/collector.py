"""Metrics made of the engine's snapshot whenever they are asked for: no cost for a message.

The only label is the name of an interface. No control id, sender or patient is in a metric.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.settings.alerts import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prometheus_client.core import Metric

PREFIX = "hl7console_"
"""In front of the name of every metric."""

_UP = frozenset({LinkState.LISTENING, LinkState.CONNECTED, LinkState.IDLE})
_LABELS = ("interface",)

_COUNTERS: tuple[tuple[str, str], ...] = (
    ("received", "Messages received, or worklist queries asked, since the engine began."),
    ("accepted", "Messages accepted, by us or by the receiver, since the engine began."),
    ("refused", "Messages refused, by us or by the receiver, since the engine began."),
)
_QUEUES: tuple[tuple[str, str, Callable[[QueueStatus, float], float]], ...] = (
    ("queue_waiting", "Deliveries that are due.", lambda q, _: q.waiting),
    (
        "queue_oldest_age_seconds",
        "How long the first delivery that is due has waited.",
        lambda q, now_s: max(now_s - q.oldest_at_us / 1e6, 0.0) if q.oldest_at_us else 0.0,
    ),
    (
        "queue_stopped",
        "1 while the queue is held or was stopped by its head.",
        lambda q, _: float(q.condition in (QueueCondition.HELD, QueueCondition.STOPPED)),
    ),
    ("queue_failed", "Deliveries in the error list.", lambda q, _: q.failed),
)
_WHOLE: tuple[tuple[str, str, Callable[[EngineSnapshot], float]], ...] = (
    ("up", "1 while the engine runs.", lambda s: float(s.running)),
    ("problem", "1 while the whole engine has a fault, as a full disk.",
     lambda s: float(bool(s.problem))),
    ("received_per_second", "Messages received in a second.", lambda s: s.received_per_s),
    ("derived_behind", "Messages that the full text is behind.",
     lambda s: max(s.last_message_id - s.derived_id, 0)),
    ("worklist_behind", "Messages that the worklist is behind.", lambda s: s.worklist_behind),
    ("measures_behind", "Messages that the measures are behind.", lambda s: s.measures_behind),
    ("alerts_open", "Alerts that are open.", lambda s: s.alerts_open),
    ("alerts_open_critical", "Critical alerts that are open, up to 200.",
     lambda s: sum(alert.severity == Severity.CRITICAL for alert in s.alerts)),
)  # fmt: skip


class SnapshotCollector(Collector):
    """Makes metrics of snapshots. One thread.

    Args:
        snapshot: Returns the engine's snapshot.
        database_path: The database; its size, and the room left where it lies, are told.
    """

    def __init__(self, snapshot: Callable[[], EngineSnapshot], database_path: Path) -> None:
        self._snapshot = snapshot
        self._path = database_path
        self._seen: dict[tuple[str, str], tuple[int, int]] = {}
        """By counter and interface: what was counted before the last restart, and since then."""

    def collect(self) -> Iterator[Metric]:
        """Yield all metrics of this moment."""
        snapshot = self._snapshot()
        for name, text, value in _WHOLE:
            yield GaugeMetricFamily(PREFIX + name, text, value=value(snapshot))
        yield from self._room()
        stored = CounterMetricFamily(
            PREFIX + "messages_stored", "Messages stored since the engine began."
        )
        stored.add_metric((), self._counted("stored", "", snapshot.stored_total))
        yield stored
        yield from self._of_interfaces(snapshot.interfaces)
        yield from _of_queues(snapshot.queues)

    def _of_interfaces(self, interfaces: Iterable[InterfaceStatus]) -> Iterator[Metric]:
        up = _gauge("interface_up", "1 while the interface works; none while it is switched off.")
        open_ = _gauge("interface_connections", "Open connections.")
        last = _gauge(
            "interface_last_message_timestamp_seconds",
            "When the last message came or was answered, in seconds since 1970.",
        )
        counters = {
            name: CounterMetricFamily(PREFIX + "interface_" + name, text, labels=_LABELS)
            for name, text in _COUNTERS
        }
        for interface in interfaces:
            label = (_printable(interface.name),)
            if interface.state is not LinkState.STOPPED:
                up.add_metric(label, float(interface.state in _UP))
            open_.add_metric(label, interface.connections)
            if interface.last_message_at_us:
                last.add_metric(label, interface.last_message_at_us / 1e6)
            for name, family in counters.items():
                count = int(getattr(interface, name))
                family.add_metric(label, self._counted(name, interface.name, count))
        yield from (up, open_, last, *counters.values())

    def _counted(self, counter: str, interface: str, now: int) -> int:
        """Return a count that never falls, though an interface that was changed begins anew."""
        before, last = self._seen.get((counter, interface), (0, 0))
        if now < last:
            before += last
        self._seen[counter, interface] = (before, now)
        return before + now

    def _room(self) -> Iterator[Metric]:
        try:
            size_bytes = self._path.stat().st_size
            free_bytes = shutil.disk_usage(self._path.parent).free
        except OSError:
            return
        yield GaugeMetricFamily(
            PREFIX + "database_bytes", "Size of the database.", value=size_bytes
        )
        yield GaugeMetricFamily(
            PREFIX + "disk_free_bytes", "Room left where the database lies.", value=free_bytes
        )


def _of_queues(queues: Iterable[QueueStatus]) -> Iterator[Metric]:
    now_s = time.time()
    queues = tuple(queues)
    for name, text, value in _QUEUES:
        family = _gauge(name, text)
        for queue in queues:
            family.add_metric((_printable(queue.destination),), value(queue, now_s))
        yield family


def _gauge(name: str, text: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(PREFIX + name, text, labels=_LABELS)


def _printable(name: str) -> str:
    """Return a name that can be encoded, whatever it was made of."""
    return name.encode("utf-8", "replace").decode("utf-8")
