"""What each tile says of its interface, and the order they stand in. No Qt."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.settings.alerts import AlertKind, Severity
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.monitor.rates import RateMeter
from hl7console.ui.monitor.shown import Normal, Trend, Trends
from hl7console.ui.queues.words import age_text
from hl7console.ui.worklist.words import state_name

_US = 1_000_000
NOTHING_WAITS = "nothing waits"
"""What a destination's tile says where its queue is empty."""
_QUIET_MISSING = 8.0
"""So many messages have to be missing, by what is least normal, before a feed counts as quiet."""

_MANY_ERRORS = 0.01
"""Share of errors in an hour's messages from which they are told in colour."""
_QUIET_S = 60.0
"""And so long nothing may have come."""

_RANK = {"err": 0, "warn": 1, "info": 2, "ok": 3, "muted": 4}

_ALERT_WORDS = {
    AlertKind.CONNECTION: "down",
    AlertKind.SILENCE: "quiet",
    AlertKind.RATE: "unusual",
    AlertKind.BACKLOG: "piling up",
    AlertKind.HEAD_AGE: "late",
    AlertKind.REJECTIONS: "rejecting",
    AlertKind.REFUSED_RUN: "rejecting",
    AlertKind.LATENCY: "slow",
    AlertKind.STUCK: "stuck",
    AlertKind.CERTIFICATE: "certificate",
}
_QUEUE_WORDS = {
    QueueCondition.STOPPED: ("stopped", "err"),
    QueueCondition.WAITING: ("retrying", "warn"),
    QueueCondition.HELD: ("held", "warn"),
    QueueCondition.OFF: ("off", "muted"),
}
_LINK_WORDS = {
    LinkState.FAILED: ("down", "err"),
    LinkState.STARTING: ("starting", "warn"),
    LinkState.STOPPED: ("off", "muted"),
    LinkState.IDLE: ("idle", "muted"),
    LinkState.LISTENING: ("up", "ok"),
    LinkState.CONNECTED: ("up", "ok"),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """One tile. Texts are empty where there is nothing to say."""

    kind: str
    name: str
    role: str
    """Colour of its state."""
    word: str
    """Its state in a word."""
    since: str
    """How long it has been so."""
    rate: str
    unit: str
    normal: str
    problem: str
    """What is wrong, or what waits."""
    errors: str
    last: str
    times: str
    points: tuple[float, ...] = ()
    has_many_errors: bool = False
    """Whether errors are more than a few of all."""
    environment: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """Kind and name."""
        return self.kind, self.name

    @property
    def pill(self) -> str:
        """State and age."""
        return f"{self.word} {self.since}".strip()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines under the rate, the most needed first."""
        last = " · ".join(text for text in (self.errors, self.last) if text)
        lines = (self.problem, self.normal, last, self.times)
        return tuple(line for line in lines if line)

    @property
    def spoken(self) -> str:
        """All of it in one line, for assistive programs and the tip."""
        parts = (self.name, self.kind, self.environment, self.pill, f"{self.rate} {self.unit}")
        return ". ".join(part for part in (*parts, *self.lines) if part)


def tiles_of(
    snapshot: EngineSnapshot, trends: Trends, rates: RateMeter, now_us: int, at_s: float
) -> list[Tile]:
    """Return the tiles, the worst first.

    Args:
        snapshot: The engine.
        trends: The last hour of each interface.
        rates: Counters of the last seconds.
        now_us: UTC, microseconds since 1970.
        at_s: Now, on the clock of `rates`.
    """
    queues = {queue.destination: queue for queue in snapshot.queues}
    alerts = _worst_alerts(snapshot.alerts, now_us)
    tiles = []
    for status in snapshot.interfaces:
        key = (status.kind, status.name)
        made = tile_of(
            status,
            queues.get(status.name) if status.kind == "destination" else None,
            alerts.get(key),
            trends.by_key.get(key, Trend()),
            trends.normal.get(key),
            rates.per_s(status, at_s),
            now_us,
        )
        if status.kind == "worklist" and not made.problem:
            made = replace(made, problem=steps_text(trends.worklist))
        tiles.append(made)
    return sorted(tiles, key=rank)


def steps_text(states: Sequence[tuple[str, int]]) -> str:
    """Return how many steps of the worklist there are, by the states that are most frequent."""
    ranked = sorted((-count, state) for state, count in states if count)
    return " · ".join(f"{-count:,} {state_name(state)[0]}" for count, state in ranked[:3])


def rank(tile: Tile) -> tuple[int, bool, list[tuple[int, str]]]:
    """Return what tiles are sorted by: the worst first, then by name, ``CT 2`` before ``CT 10``."""
    return _RANK[tile.role], tile.word != "down", natural(tile.name)


def natural(name: str) -> list[tuple[int, str]]:
    """Return what a name is sorted by where numbers in it count as numbers."""
    parts = re.split(r"([0-9]{1,9})", name.casefold())
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]


def summary_of(tiles: Sequence[Tile]) -> str:
    """Return ``6 interfaces · 1 down · 1 quiet``."""
    counts: dict[str, int] = {}
    for tile in tiles:
        if tile.role in ("err", "warn"):
            counts[tile.word] = counts.get(tile.word, 0) + 1
    total = "1 interface" if len(tiles) == 1 else f"{len(tiles):,} interfaces"
    if not counts and tiles:
        return f"{total} · all well"
    return " · ".join([total, *(f"{count:,} {word}" for word, count in counts.items())])


def _worst_alerts(alerts: Iterable[AlertRecord], now_us: int) -> dict[tuple[str, str], AlertRecord]:
    """Return the worst open alert of each interface that somebody should look at."""
    found: dict[tuple[str, str], AlertRecord] = {}
    for alert in alerts:  # they come the worst first
        is_quiet = alert.snoozed_until_us > now_us or alert.severity == Severity.INFO
        if alert.is_open and not is_quiet:
            found.setdefault((alert.scope, alert.subject), alert)
    return found


def tile_of(
    status: InterfaceStatus,
    queue: QueueStatus | None,
    alert: AlertRecord | None,
    trend: Trend,
    normal: Normal | None,
    per_s: float,
    now_us: int,
) -> Tile:
    """Return one tile."""
    word, role, since_us = _state(status, queue, alert)
    if role == "ok" and is_quiet(status, normal, now_us):
        word, role, since_us = "quiet", "warn", status.last_message_at_us
    rate, unit, factor = _rate(per_s, trend, is_bad=role == "err")
    return Tile(
        status.kind,
        status.name,
        role,
        word,
        age_text(now_us - since_us) if since_us else "",
        rate,
        unit,
        _normal_text(status, normal, factor, unit),
        _problem_text(status, queue, now_us),
        _errors_text(trend),
        _last_text(status.last_message_at_us, now_us),
        _times_text(trend),
        trend.points,
        trend.errors >= _MANY_ERRORS * max(trend.in_hour, 1),
        status.environment,
    )


def _state(
    status: InterfaceStatus, queue: QueueStatus | None, alert: AlertRecord | None
) -> tuple[str, str, int]:
    """Return word, colour and since when."""
    word, role = _LINK_WORDS[status.state]
    since_us = status.since_us
    if queue is not None and queue.condition in _QUEUE_WORDS:
        found, its_role = _QUEUE_WORDS[queue.condition]
        if _RANK[its_role] < _RANK[role] or queue.condition is QueueCondition.OFF:
            word, role = found, its_role
            since_us = queue.oldest_at_us or since_us
    if alert is not None:
        its_role = "err" if alert.severity == Severity.CRITICAL else "warn"
        if _RANK[its_role] < _RANK[role]:
            words = {str(kind): text for kind, text in _ALERT_WORDS.items()}
            return words.get(alert.kind, "alert"), its_role, alert.onset_at_us
    return word, role, since_us


def is_quiet(status: InterfaceStatus, normal: Normal | None, now_us: int) -> bool:
    """Whether nothing has come for longer than is normal in this hour."""
    if normal is None or not status.last_message_at_us or status.kind == "destination":
        return False
    silence_s = (now_us - status.last_message_at_us) / _US
    return silence_s >= _QUIET_S and normal.low * silence_s >= _QUIET_MISSING


def _rate(per_s: float, trend: Trend, *, is_bad: bool) -> tuple[str, str, float]:
    """Return a rate, its unit, and how many of the unit one message a second is."""
    if per_s >= 0.95 or is_bad:
        return figure(per_s), "msg/s", 1.0
    if trend.in_5_min >= 5:
        return figure(trend.in_5_min / 5), "msg/min", 60.0
    if trend.in_hour:
        return figure(trend.in_hour), "msg/h", 3600.0
    return figure(per_s), "msg/s", 1.0


def figure(value: float) -> str:
    """Return a number with as many digits as mean something."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _normal_text(status: InterfaceStatus, normal: Normal | None, factor: float, unit: str) -> str:
    if normal is None:
        return "" if status.kind != "listener" else "normal not known yet"
    low, high = normal.low * factor, normal.high * factor
    if high >= 20:
        return f"normal {low:,.0f} to {high:,.0f}/{unit.rpartition('/')[2]}"
    return f"normal {low:.1f} to {high:.1f}/{unit.rpartition('/')[2]}"


def _problem_text(status: InterfaceStatus, queue: QueueStatus | None, now_us: int) -> str:
    parts = []
    if queue is not None and queue.waiting:
        waiting = f"{queue.waiting:,} waiting"
        if queue.oldest_at_us:
            waiting += f", oldest {age_text(now_us - queue.oldest_at_us)}"
        parts.append(waiting)
    if status.state is LinkState.FAILED and status.text:
        parts.append(status.text)
    elif queue is not None and not parts:
        parts.append(NOTHING_WAITS)
    return " · ".join(parts)


def _last_text(at_us: int, now_us: int) -> str:
    """Return when the last message was; below a minute in tens, so that it holds still."""
    if not at_us:
        return "nothing yet"
    age_us = now_us - at_us
    if age_us < 10 * _US:
        return "active now"
    if age_us < 60 * _US:
        age_us -= age_us % (10 * _US)
    return f"last {age_text(age_us)} ago"


def _errors_text(trend: Trend) -> str:
    if not trend.errors:
        return ""
    return f"{trend.errors:,} error{'' if trend.errors == 1 else 's'}/h"


def _times_text(trend: Trend) -> str:
    if math.isnan(trend.p50_ms):
        return ""
    return f"p50 {ms_text(trend.p50_ms)} · p95 {ms_text(trend.p95_ms)}"


def ms_text(value_ms: float) -> str:
    """Return a time: ``0.4 ms``, ``12 ms``, ``1.5 s``, ``40 s``."""
    if value_ms >= 10_000:
        return f"{value_ms / 1000:,.0f} s"
    if value_ms >= 1000:
        return f"{value_ms / 1000:.1f} s"
    return f"{value_ms:.0f} ms" if value_ms >= 10 else f"{value_ms:.1f} ms"
