"""Reads what plots and tiles show out of the measures. On a reader's thread; no Qt."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from time import perf_counter
from typing import Protocol

from hl7console.store.measures.histogram import Histogram, middle_of
from hl7console.store.measures.records import Band, Curve, Mark, Scope
from hl7console.ui.monitor.shown import (
    EVERYTHING,
    NOTHING,
    OTHER,
    Asked,
    Before,
    Heat,
    Normal,
    Percentiles,
    Shown,
    Trend,
    Trends,
    Waiting,
)
from hl7console.ui.monitor.spans import last_week_s
from hl7console.ui.monitor.state_looks import state_place

MOST_DESTINATIONS = 8
MOST_CAUSES = 6
_HEAT_LOW, _HEAT_HIGH, _HEAT_HEIGHT = -1.0, 5.0, 0.125
"""From 0.1 ms to 100 s, eight rows a tenfold."""
_TREND_S = 3600
_TREND_STEP_S = 60
_RECENT_S = 600
_SCOPES = (Scope.LISTENER, Scope.DESTINATION, Scope.WORKLIST)


class MeasureReads(Protocol):
    """What is needed of `hl7console.store.measures.reader.MeasureReader`, told there."""

    def curve(
        self,
        scope: Scope,
        name: str,
        since_s: int,
        until_s: int,
        *,
        most_steps: int = 720,
        times: bool = True,
    ) -> Curve: ...
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
    ) -> Mapping[str, Curve]: ...
    def peaks(
        self, scope: Scope, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> Mapping[str, int]: ...
    def causes(
        self, scope: Scope, name: str, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> Mapping[str, Sequence[int]]: ...
    def marks(self, since_s: int, until_s: int) -> Sequence[Mark]: ...
    def band(
        self, scope: Scope, name: str, since_s: int, until_s: int, step_s: int
    ) -> Band | None: ...
    def interrupt(self) -> None: ...
    def close(self) -> None: ...


def read_shown(reads: MeasureReads, asked: Asked) -> Shown:
    """Return what the plots show.

    Raises:
        ConsoleError: The measures cannot be read.
    """
    started = perf_counter()
    scope, name = asked.series.scope, asked.series.name
    span = (asked.since_s, asked.until_s)
    most = asked.most_steps
    curve = reads.curve(scope, name, *span, most_steps=most)
    everything = curve
    if asked.series != EVERYTHING:
        everything = reads.curve(Scope.ALL, "", *span, most_steps=most, times=False)
    causes = reads.causes(scope, name, *span, most_steps=most)
    services = reads.curves(
        Scope.WORKLIST, *span, most_steps=most, times=False, columns=("backlog",)
    ).values()
    return Shown(
        asked,
        curve,
        percentiles(curve.latency),
        _waiting(reads, asked),
        top_causes(causes, len(curve.received)),
        everything.backlog,
        _most([service.backlog for service in services], len(curve.received)),
        _states(reads, asked),
        reads.band(scope, name, curve.since_s, curve.until_s, curve.step_s),
        _before(reads, asked) if asked.has_last_week else None,
        tuple(reads.marks(*span)),
        heat_of(curve.latency) if asked.has_heat else None,
        (perf_counter() - started) * 1000,
    )


def _before(reads: MeasureReads, asked: Asked) -> Before:
    since_s = last_week_s(asked.since_s)
    shift_s = asked.since_s - since_s
    curve = reads.curve(
        asked.series.scope,
        asked.series.name,
        since_s,
        asked.until_s - shift_s,
        most_steps=asked.most_steps,
    )
    return Before(curve, percentiles(curve.latency), shift_s)


def _waiting(reads: MeasureReads, asked: Asked) -> tuple[Waiting, ...]:
    chosen = asked.series
    names: Sequence[str] = [chosen.name] if chosen.scope is Scope.DESTINATION else ()
    if not names:
        # There may be hundreds: those with the most are shown.
        peaks = reads.peaks(
            Scope.DESTINATION, asked.since_s, asked.until_s, most_steps=asked.most_steps
        )
        names = sorted(peaks, key=lambda name: (-peaks[name], name))[:MOST_DESTINATIONS]
    if not names:
        return ()
    curves = reads.curves(
        Scope.DESTINATION,
        asked.since_s,
        asked.until_s,
        names=names,
        most_steps=asked.most_steps,
        times=False,
        columns=("backlog", "head_age_s"),
    )
    ranked = sorted(curves.items(), key=lambda item: (-max(item[1].backlog, default=0), item[0]))
    return tuple(Waiting(name, curve.backlog, curve.head_age_s) for name, curve in ranked)


def _states(reads: MeasureReads, asked: Asked) -> tuple[tuple[str, Sequence[float]], ...]:
    """Return the worklist's lines by state; those states that were met in the span."""
    curves = reads.curves(
        Scope.STEPS,
        asked.since_s,
        asked.until_s,
        most_steps=asked.most_steps,
        times=False,
        columns=("backlog",),
    )
    met = [state for state in sorted(curves, key=state_place) if any(curves[state].backlog)]
    columns = list(zip(*(curves[state].backlog for state in met), strict=True))
    is_counted = [any(column) for column in columns]
    return tuple(
        (
            state,
            [
                float(count) if counted else NOTHING
                for count, counted in zip(curves[state].backlog, is_counted, strict=True)
            ],
        )
        for state in met
    )


def percentiles(times: Sequence[Histogram | None]) -> Percentiles:
    """Return the percentiles of each step."""
    lines: tuple[list[float], list[float], list[float]] = ([], [], [])
    for histogram in times:
        for line, percent in zip(lines, (50.0, 95.0, 99.0), strict=True):
            is_there = histogram is not None and histogram.total
            line.append(histogram.percentile(percent) / 1000 if histogram and is_there else NOTHING)
    return Percentiles(*lines)


def top_causes(
    causes: Mapping[str, Sequence[int]], count: int
) -> tuple[tuple[str, Sequence[int]], ...]:
    """Return the most frequent causes, and all others as one.

    Args:
        causes: Counts by cause.
        count: How many steps there are.
    """
    ranked = sorted(causes.items(), key=lambda item: (-sum(item[1]), item[0]))
    ranked = [item for item in ranked if any(item[1])]
    top, rest = ranked[:MOST_CAUSES], ranked[MOST_CAUSES:]
    if rest:
        top.append((OTHER, _added([counts for _, counts in rest], count)))
    return tuple(top)


def _added(lines: Sequence[Sequence[int]], count: int) -> Sequence[int]:
    if len(lines) == 1:
        return lines[0]
    return [sum(values) for values in zip(*lines, strict=False)] if lines else [0] * count


def _most(lines: Sequence[Sequence[int]], count: int) -> Sequence[int]:
    if len(lines) == 1:
        return lines[0]
    return [max(values) for values in zip(*lines, strict=False)] if lines else [0] * count


def heat_of(times: Sequence[Histogram | None]) -> Heat:
    """Return how often times of each length were met in each step."""
    height = round((_HEAT_HIGH - _HEAT_LOW) / _HEAT_HEIGHT)
    rows = [[0] * len(times) for _ in range(height)]
    row_of: dict[int, int] = {}
    for step, histogram in enumerate(times):
        for bucket, count in histogram.counts.items() if histogram is not None else ():
            row = row_of.get(bucket)
            if row is None:
                length = math.log10(max(middle_of(bucket), 1) / 1000)
                row = min(max(int((length - _HEAT_LOW) / _HEAT_HEIGHT), 0), height - 1)
                row_of[bucket] = row
            rows[row][step] += count
    used = [place for place, row in enumerate(rows) if any(row)]
    if not used:
        return Heat(rows, _HEAT_LOW, _HEAT_HEIGHT)
    # Whole tenfolds, so that the axis has something to say.
    each = round(1 / _HEAT_HEIGHT)
    first, end = used[0] // each * each, -(-(used[-1] + 1) // each) * each
    return Heat(rows[first:end], _HEAT_LOW + first * _HEAT_HEIGHT, _HEAT_HEIGHT)


def read_trends(reads: MeasureReads, now_s: int) -> Trends:
    """Return the last hour of every interface.

    Raises:
        ConsoleError: The measures cannot be read.
    """
    started = perf_counter()
    until_s = now_s // _TREND_STEP_S * _TREND_STEP_S
    by_key: dict[tuple[str, str], Trend] = {}
    for scope in _SCOPES:
        curves = reads.curves(
            scope,
            until_s - _TREND_S,
            now_s,
            most_steps=_TREND_S // _TREND_STEP_S + 1,
            times=False,
            columns=("received", "refused", "unclear"),
        )
        # Times are much to read; those of the last minutes are all that is shown.
        recent = reads.curves(
            scope,
            until_s - _RECENT_S,
            now_s,
            most_steps=_RECENT_S // _TREND_STEP_S + 1,
            columns=("received",),
        )
        for name, curve in curves.items():
            times = recent[name].latency if name in recent else ()
            by_key[str(scope), name] = trend_of(curve, times, now_s)
    return Trends(by_key, took_ms=(perf_counter() - started) * 1000)


def trend_of(curve: Curve, recent: Sequence[Histogram | None], now_s: int) -> Trend:
    """Return what a tile shows of a curve of an hour, and of the times of the last minutes."""
    per_minute = 60 / curve.step_s
    points = [
        count * per_minute if is_known else NOTHING
        for count, is_known in zip(curve.received, curve.is_known, strict=True)
    ]
    last_s = now_s - (curve.until_s - curve.step_s)
    if points and last_s < curve.step_s and len(points) > 1:
        points.pop()  # the minute has only begun
    times = Histogram.merged(recent)
    short = max(300 // curve.step_s, 1)
    return Trend(
        tuple(points),
        times.percentile(50) / 1000 if times.total else NOTHING,
        times.percentile(95) / 1000 if times.total else NOTHING,
        sum(curve.refused) + sum(curve.unclear),
        sum(curve.received[-short:]),
        sum(curve.received),
    )


def read_normal(
    reads: MeasureReads, keys: Sequence[tuple[str, str]], now_s: int
) -> dict[tuple[str, str], Normal]:
    """Return what is normal for interfaces in this hour; those without enough history are left out.

    Raises:
        ConsoleError: The measures cannot be read.
    """
    hour_s = now_s // 3600 * 3600
    found: dict[tuple[str, str], Normal] = {}
    for kind, name in keys:
        band = reads.band(Scope(kind), name, hour_s, hour_s + 3600, 3600)
        if band is not None and len(band.low):
            found[kind, name] = Normal(
                band.low[0] / 3600, band.typical[0] / 3600, band.high[0] / 3600
            )
    return found
