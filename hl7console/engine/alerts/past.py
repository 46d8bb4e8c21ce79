"""What rules look at, as it was at a time of the past: to try a rule on history.

Measures are kept by the minute for two days, and by the hour before; messages for as long as they
are. What the lights showed, and how the worklist stood, is not kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hl7console.engine.alerts.facts import Sources
from hl7console.engine.console import Console
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.hl7v2.filters import Query
from hl7console.settings.alerts import AlertKind
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Curve, Scope, Totals
from hl7console.store.message_times import LastIds, attempt_ids, message_ids
from hl7console.store.reader import StoreReader
from hl7console.store.watched_messages import WatchedMessages

HOUR_S = 3600
FINE_S = 2 * 86_400
"""How long minutes are kept, in seconds; a little less is looked at."""

FINE_STEP_S = 120
MINUTE_S = 60

LOOK_BACK_S = 14 * 86_400
"""How long before the span a feed's last message is looked for."""

OF_MESSAGES = frozenset({AlertKind.REFUSED_RUN, AlertKind.SEQUENCE, AlertKind.FILTER})
"""Kinds that look at messages."""

OF_MEASURES = frozenset(
    {
        AlertKind.SILENCE, AlertKind.RATE, AlertKind.REJECTIONS, AlertKind.LATENCY,
        AlertKind.BACKLOG, AlertKind.HEAD_AGE, AlertKind.BEHIND, AlertKind.DUPLICATES,
    }
)  # fmt: skip
"""Kinds that look at what was measured."""


@dataclass(frozen=True, slots=True)
class Span:
    """A span of the past, in UTC seconds."""

    since_s: int
    until_s: int

    def steps(self, kind: str) -> Iterator[int]:
        """Yield the times at which a rule of a kind is looked at."""
        if kind in OF_MESSAGES:
            yield from range(self.since_s, self.until_s, MINUTE_S)
            return
        fine_s = max(self.until_s - FINE_S + HOUR_S, self.since_s)
        # The last second of an hour: the whole hour is known, and nothing of the next one.
        first_s = -(-self.since_s // HOUR_S) * HOUR_S - 1
        yield from range(max(first_s, self.since_s), fine_s, HOUR_S)
        if kind == AlertKind.RATE:
            yield from range(-(-fine_s // HOUR_S) * HOUR_S - 1, self.until_s, HOUR_S)
        else:
            yield from range(fine_s, self.until_s, FINE_STEP_S)


class Clock:
    """The time that it is supposed to be."""

    def __init__(self) -> None:
        self.now_s = 0


class PastMeasures(MeasureReader):
    """Measures up to a time; the rest is not there yet.

    Args:
        reader: The measures as they are.
        clock: What time it is.
        span: All times that it may be.
    """

    def __init__(self, reader: MeasureReader, clock: Clock, span: Span) -> None:
        self._reader = reader
        self._clock = clock
        self._span = span
        self._received: dict[Scope, dict[str, list[int]]] = {}
        self._gauges: dict[Scope, list[dict[str, Curve]]] = {}
        self._normals: dict[Scope, dict[str, dict[int, tuple[float, float]]]] = {}

    def totals(
        self,
        scope: Scope,
        since_s: int,
        until_s: int,
        *,
        names: Sequence[str] | None = None,
        times: bool = False,
    ) -> dict[str, Totals]:
        """Return what was measured in a span, added up."""
        return self._reader.totals(scope, since_s, until_s, names=names, times=times)

    def curves(
        self,
        scope: Scope,
        since_s: int,
        until_s: int,
        *,
        names: Sequence[str] | None = None,
        most_steps: int = 720,
        times: bool = True,
        columns: Sequence[str] = (),
    ) -> dict[str, Curve]:
        """Return the curves of a span."""
        return self._reader.curves(
            scope, since_s, until_s, names=names, most_steps=most_steps, times=times,
            columns=columns,
        )  # fmt: skip

    def normals(self, scope: Scope) -> dict[str, dict[int, tuple[float, float]]]:
        """Return what is normal now: what was normal then is not kept."""
        if scope not in self._normals:
            self._normals[scope] = self._reader.normals(scope)
        return self._normals[scope]

    def runs(self, since_s: int, until_s: int) -> tuple[tuple[int, int], ...]:
        """Return when the program ran."""
        return self._reader.runs(since_s, until_s)

    def last_received(self, scope: Scope) -> dict[str, int]:
        """Return the last step with a message of each series, up to now: its end, at most now."""
        if scope not in self._received:
            self._received[scope] = self._read_received(scope)
        now_s = self._clock.now_s
        found = {}
        for name, ends_s in self._received[scope].items():
            place = bisect_right(ends_s, now_s + 1)
            if place:
                found[name] = min(ends_s[place - 1], now_s)
        return found

    def _read_received(self, scope: Scope) -> dict[str, list[int]]:
        ends_s: dict[str, set[int]] = {}
        for curves in self._parts(scope, ("received",), LOOK_BACK_S, all_hours=True):
            for name, curve in curves.items():
                ends = ends_s.setdefault(name, set())
                for n, count in enumerate(curve.received):
                    begin_s = curve.since_s + n * curve.step_s
                    if count and curve.step_s < HOUR_S:
                        # Now it is known when within the hour.
                        ends.difference_update(_within(begin_s // HOUR_S * HOUR_S))
                        ends.add(begin_s + curve.step_s)
                    elif count:
                        ends.add(begin_s + HOUR_S)
                        ends.update(_within(begin_s))
        return {name: sorted(ends) for name, ends in ends_s.items()}

    def _parts(
        self, scope: Scope, columns: Sequence[str], before_s: int = 0, *, all_hours: bool = False
    ) -> list[dict[str, Curve]]:
        """Return the curves of the span: hours, and minutes where there are any.

        Args:
            scope: Of what.
            columns: Which numbers.
            before_s: How long before the span they begin.
            all_hours: Whether the hours of which there are minutes are wanted too.
        """
        since_s = (self._span.since_s - before_s) // HOUR_S * HOUR_S
        until_s = -(-self._span.until_s // HOUR_S) * HOUR_S
        fine_s = min(max(until_s - FINE_S + HOUR_S, since_s), until_s)
        parts = []
        hours_until_s = until_s if all_hours else fine_s
        for begin_s, end_s, step_s in ((since_s, hours_until_s, HOUR_S), (fine_s, until_s, 60)):
            if end_s > begin_s:
                parts.append(
                    self._reader.curves(
                        scope, begin_s, end_s, most_steps=(end_s - begin_s) // step_s,
                        times=False, columns=columns,
                    )
                )  # fmt: skip
        return parts

    def gauges(self, scope: Scope) -> dict[str, tuple[int, int]]:
        """Return backlog and age of the head of each series in the step that is over now."""
        if scope not in self._gauges:
            self._gauges[scope] = self._parts(scope, ("backlog", "head_age_s"))
        found = {}
        for curves in self._gauges[scope]:
            for name, curve in curves.items():
                place = (self._clock.now_s + 1 - curve.since_s) // curve.step_s - 1
                if 0 <= place < len(curve.backlog):
                    found[name] = (curve.backlog[place], curve.head_age_s[place])
        return found

    def snapshot(self) -> EngineSnapshot:
        """Return what an engine's snapshot showed of queues and derived data."""
        now_us = self._clock.now_s * 1_000_000
        queues = tuple(
            QueueStatus(
                name,
                QueueCondition.WAITING if backlog else QueueCondition.EMPTY,
                waiting=backlog,
                oldest_at_us=now_us - age_s * 1_000_000 if backlog else 0,
            )
            for name, (backlog, age_s) in self.gauges(Scope.DESTINATION).items()
        )
        return EngineSnapshot(
            queues=queues,
            last_message_id=self.gauges(Scope.ALL).get("", (0, 0))[0],
            worklist_behind=self.gauges(Scope.WORKLIST).get("", (0, 0))[0],
        )


def _within(hour_s: int) -> range:
    """Return steps of an hour of which only the whole count is known: it may be any of them."""
    return range(hour_s + FINE_STEP_S - 1, hour_s + HOUR_S, FINE_STEP_S)


class PastMessages(WatchedMessages):
    """Messages up to a time.

    Args:
        reader: The messages as they are.
        clock: What time it is.
        span: All times that it may be.
    """

    def __init__(self, reader: StoreReader, clock: Clock, span: Span) -> None:
        super().__init__(reader)
        self._clock = clock
        since_us, until_us = span.since_s * 1_000_000, span.until_s * 1_000_000
        self._ids: LastIds = message_ids(reader, since_us, until_us)
        self._attempts: LastIds = attempt_ids(reader, since_us, until_us)

    def last_id(self) -> int:
        """Return the highest id that had been given."""
        return self._ids.at(self._clock.now_s * 1_000_000)

    def indexed_id(self) -> int:
        """Return up to which id the full text was made: in the past, up to the last one."""
        return self.last_id()

    def last_attempt_id(self) -> int:
        """Return the highest number of an attempt that was there."""
        return self._attempts.at(self._clock.now_s * 1_000_000)


class PastReader:
    """Answers the same filter again and again, with one search.

    Args:
        reader: The messages.
        until_id: The highest id that is asked for.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._ids: Sequence[int] | None = None

    def new_ids(self, query: Query, after_id: int, until_id: int) -> Sequence[int]:
        """Return the ids of a range that match the filter that was asked for first."""
        if self._ids is None:
            self._ids = self._reader.new_ids(query, after_id)
        begin, end = (bisect_right(self._ids, last) for last in (after_id, until_id))
        return self._ids[begin:end]


def past_sources(
    console: Console,
    readers: tuple[MeasureReader, StoreReader],
    clock: Clock,
    span: Span,
    kind: str,
) -> Sources:
    """Return where the facts of a span of the past come from. The readers' thread.

    Raises:
        ConsoleError: The databases cannot be read.
    """
    measures = PastMeasures(readers[0], clock, span)
    sources = Sources(
        console.workspace,
        measures.snapshot,
        measures=measures,
        messages=readers[1],
        listeners=console.listeners,
        destinations=console.destinations,
    )
    if kind in OF_MESSAGES:
        sources.watched = PastMessages(readers[1], clock, span)
        sources.messages = PastReader(readers[1])  # type: ignore[assignment]
    return sources
