"""Makes a report out of the measures, the alerts and the settings of a workspace."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from hl7console.engine.reports.alerting import alert_lines, rule_figures
from hl7console.engine.reports.availability import Stretch, availability_of
from hl7console.engine.reports.figures import (
    Availability,
    Backlog,
    Cause,
    Counts,
    HourRow,
    InterfaceFigures,
    Report,
    Share,
    StepFigures,
    Times,
)
from hl7console.engine.reports.reading import SpanReads, Sums, counts_of, largest, parts_of
from hl7console.engine.reports.spans import HOUR_S, MINUTE_S, ReportSpan
from hl7console.errors import UsageError
from hl7console.settings.alerts import AlertKind
from hl7console.store import interfaces
from hl7console.store.alert_history import alerts_between
from hl7console.store.kind_counts import counts_by_kind
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Curve, Scope
from hl7console.store.reader import StoreReader

MOST_SHARES = 15
"""Senders and types that are named."""

RECENT_S = 90
"""How long ago a program that runs may have noted that it does, in seconds."""

MOST_CAUSES = 25
MOST_ALERTS = 200
MOST_BACKLOGS = 5

_SCOPES = (Scope.LISTENER, Scope.DESTINATION, Scope.WORKLIST)
_GONE = "not set up any more"
_OFF = "switched off"


def make_report(
    reader: StoreReader,
    measures: MeasureReader,
    span: ReportSpan,
    interface: str = "",
    *,
    now_us: int | None = None,
) -> Report:
    """Return the report of a span. Any thread that owns both connections.

    Args:
        reader: The messages' database.
        measures: The measures.
        span: What it is about.
        interface: Name of a listener or destination; empty for all.
        now_us: The present; None takes the clock.

    Raises:
        UsageError: There is no such interface, and never was.
        ConsoleError: Something cannot be read.
    """
    now_us = time.time_ns() // 1000 if now_us is None else now_us
    return _Making(reader, measures, span, interface, now_us).report()


@dataclass(frozen=True, slots=True)
class _Known:
    """The interfaces that are set up, by name: what they are, and whether they are on."""

    kinds: dict[str, tuple[Scope, bool]]

    @classmethod
    def read(cls, reader: StoreReader) -> _Known:
        database = reader.database()
        kinds = {i.name: (Scope.LISTENER, i.enabled) for i in interfaces.load_listeners(database)}
        for destination in interfaces.load_destinations(database):
            kinds[destination.name] = (Scope.DESTINATION, destination.enabled)
        service = interfaces.load_worklist_service(database)
        if service is not None:
            kinds[service.name] = (Scope.WORKLIST, service.enabled)
        return cls(kinds)


class _Making:
    def __init__(
        self,
        reader: StoreReader,
        measures: MeasureReader,
        span: ReportSpan,
        interface: str,
        now_us: int,
    ) -> None:
        self._reader, self._measures, self._span = reader, measures, span
        self._interface, self._now_us = interface, now_us
        self._known = _Known.read(reader)
        self._reads = SpanReads(measures, span.since_s, span.until_s)
        ended_s = max(min(span.until_s, now_us // 1_000_000 + 1), span.since_s)
        self._is_over = ended_s >= span.until_s - MINUTE_S
        self._runs = measures.runs(span.since_s, ended_s)
        last_s = max((until_s for _, until_s in self._runs), default=0)
        # A program that runs is known to have run a moment ago, and not to this very second.
        self._ended_s = last_s if ended_s - last_s <= RECENT_S else ended_s
        self._alerts = alerts_between(
            reader, span.since_s * 1_000_000, self._ended_s * 1_000_000,
            subject=interface or None,
        )  # fmt: skip
        self._scope = self._scope_of(interface) if interface else None

    def _scope_of(self, name: str) -> Scope:
        if name in self._known.kinds:
            return self._known.kinds[name][0]
        for scope in _SCOPES:
            if name in self._measures.series(scope):
                return scope
        raise UsageError(
            f"There is no interface named {name}.",
            hint=f"There are: {', '.join(self._known.kinds) or 'none yet'}.",
        )

    def report(self) -> Report:
        found = {scope: self._sums(self._reads, scope) for scope in _SCOPES}
        figures = tuple(self._figures(scope, found[scope]) for scope in _SCOPES)
        incoming = self._incoming(found)
        outgoing = _whole(found[Scope.DESTINATION].values())
        before, delivered_before, title, is_known = self._before()
        alerts, total = alert_lines(self._alerts, MOST_ALERTS)
        senders, types = self._shares()
        return Report(
            span=self._span,
            interface=self._interface,
            made_at_us=self._now_us,
            is_over=self._is_over,
            availability=availability_of((self._span.since_s, self._ended_s), self._runs),
            received=incoming.counts,
            delivered=outgoing.counts,
            latency=Times.of(incoming.latency),
            round_trip=Times.of(outgoing.latency),
            before=before,
            delivered_before=delivered_before,
            before_title=title,
            is_before_known=is_known,
            steps=self._steps(),
            hours=self._hours(),
            interfaces=tuple(sorted((f for fs in figures for f in fs), key=_order)),
            types=types,
            senders=senders,
            causes=self._causes(found),
            backlogs=self._backlogs(found[Scope.DESTINATION]),
            alerts=alerts,
            alerts_total=total,
            rules=rule_figures(self._alerts),
            notes=self._notes(),
        )

    # Sums

    def _names(self, scope: Scope) -> Sequence[str] | None:
        """Return the series of a scope that are wanted: None for all, () for none."""
        if self._scope is None:
            return None
        return (self._interface,) if scope is self._scope else ()

    def _sums(self, reads: SpanReads, scope: Scope) -> dict[str, Sums]:
        names = self._names(scope)
        return {} if names == () else reads.sums(scope, names)

    def _incoming(self, found: dict[Scope, dict[str, Sums]]) -> Sums:
        if self._scope is None:
            return self._reads.sums(Scope.ALL, ("",)).get("", Sums())
        return _whole([*found[Scope.LISTENER].values(), *found[Scope.WORKLIST].values()])

    def _figures(self, scope: Scope, found: dict[str, Sums]) -> list[InterfaceFigures]:
        names = set(found) | {
            name
            for name, (kind, _) in self._known.kinds.items()
            if kind is scope and self._interface in ("", name)
        }
        return [self._figures_of(scope, name, found.get(name) or Sums()) for name in names]

    def _figures_of(self, scope: Scope, name: str, sums: Sums) -> InterfaceFigures:
        availability, note = self._availability(name)
        return InterfaceFigures(
            name=name,
            kind=str(scope),
            counts=sums.counts,
            latency=Times.of(sums.latency),
            wait=Times.of(sums.wait),
            most_backlog=sums.most_backlog,
            oldest_s=sums.oldest_s,
            most_connections=sums.most_connections,
            availability=availability,
            note=note,
        )

    def _availability(self, name: str) -> tuple[Availability | None, str]:
        known = self._known.kinds.get(name)
        if known is None:
            return None, _GONE
        if not known[1]:
            return None, _OFF
        down: list[Stretch] = [
            (a.onset_at_us // 1_000_000, (a.ended_at_us or self._now_us) // 1_000_000)
            for a in self._alerts
            if a.kind == AlertKind.CONNECTION and a.subject == name
        ]
        return availability_of((self._span.since_s, self._ended_s), self._runs, down), ""

    def _before(self) -> tuple[Counts, Counts, str, bool]:
        span, title = self._span.before()
        until_s = span.until_s
        if not self._is_over:  # so far is compared with as far
            until_s = span.since_s + (self._ended_s - self._span.since_s) // HOUR_S * HOUR_S
            until_s, title = max(until_s, span.since_s + 1), f"{title}, as far"
        reads = SpanReads(self._measures, span.since_s, until_s)
        if self._scope is None:
            incoming = reads.sums(Scope.ALL, ("",)).values()
        else:
            found = [self._sums(reads, s) for s in (Scope.LISTENER, Scope.WORKLIST)]
            incoming = {**found[0], **found[1]}.values()
        outgoing = self._sums(reads, Scope.DESTINATION).values()
        is_known = bool(self._measures.runs(span.since_s, until_s))
        return _whole(incoming).counts, _whole(outgoing).counts, title, is_known

    # Plots

    def _steps(self) -> tuple[StepFigures, ...]:
        bounds = self._span.steps()
        incoming = self._curve_in()
        outgoing = self._curves_out()
        parts_in = list(parts_of(incoming, bounds)) if incoming else []
        parts_out = {name: list(parts_of(curve, bounds)) for name, curve in outgoing.items()}
        timed = incoming or (outgoing.get(self._interface) if self._interface else None)
        parts_timed = list(parts_of(timed, bounds)) if timed else []
        found = []
        for number, (since_s, until_s) in enumerate(itertools.pairwise(bounds)):
            delivered = Counts()
            for name, curve in outgoing.items():
                delivered += counts_of(curve, parts_out[name][number])
            times = Histogram.merged(timed.latency[parts_timed[number]]) if timed else Histogram()
            found.append(
                StepFigures(
                    since_s=since_s,
                    label=self._span.step_label(since_s),
                    is_known=any(a < until_s and b > since_s for a, b in self._runs),
                    received=counts_of(incoming, parts_in[number]) if incoming else Counts(),
                    delivered=delivered,
                    latency=Times.of(times),
                )
            )
        return tuple(found)

    def _curve_in(self) -> Curve | None:
        scope = Scope.ALL if self._scope is None else self._scope
        if scope is Scope.DESTINATION:
            return None
        return self._reads.curves(scope, (self._interface,), times=True).get(self._interface)

    def _curves_out(self) -> dict[str, Curve]:
        names = self._names(Scope.DESTINATION)
        if names == ():
            return {}
        return self._reads.curves(Scope.DESTINATION, names, times=bool(self._interface))

    def _hours(self) -> tuple[HourRow, ...]:
        days = self._span.days()
        if not 2 < len(days) - 1 <= 62:
            return ()
        curve = self._curve_in() or next(iter(self._curves_out().values()), None)
        if curve is None:
            return ()
        return _hour_rows(curve, days)

    def _backlogs(self, found: dict[str, Sums]) -> tuple[Backlog, ...]:
        worst = sorted(found, key=lambda name: (-found[name].most_backlog, name))
        names = [name for name in worst if found[name].most_backlog][:MOST_BACKLOGS]
        if not names:
            return ()
        bounds = self._span.steps()
        curves = self._reads.curves(Scope.DESTINATION, names)
        return tuple(
            Backlog(name, largest(curves[name].backlog, parts_of(curves[name], bounds)))
            for name in names
        )

    # Lists

    def _shares(self) -> tuple[tuple[Share, ...], tuple[Share, ...]]:
        if self._scope is None:
            return self._measured_shares(Scope.SENDER), self._measured_shares(Scope.TYPE)
        if self._scope is not Scope.LISTENER:
            return (), ()
        senders: dict[str, Share] = {}
        types: dict[str, Share] = {}
        since_us, until_us = self._span.since_s * 1_000_000, self._span.until_s * 1_000_000
        for kind in counts_by_kind(self._reader, self._interface, since_us, until_us):
            type_ = f"{kind.message_type}^{kind.event}" if kind.event else kind.message_type
            refused = 0 if kind.is_accepted else kind.count
            for shares, name in ((senders, kind.sender), (types, type_)):
                known = shares.get(name, Share(name, 0))
                shares[name] = Share(name, known.received + kind.count, known.refused + refused)
        return _top(senders.values()), _top(types.values())

    def _measured_shares(self, scope: Scope) -> tuple[Share, ...]:
        sums = self._reads.sums(scope)
        return _top(Share(n, s.counts.received, s.counts.refused) for n, s in sums.items())

    def _causes(self, found: dict[Scope, dict[str, Sums]]) -> tuple[Cause, ...]:
        causes = [
            Cause(name, cause or "no cause named", count)
            for scope in _SCOPES
            for name, sums in found[scope].items()
            if sums.counts.refused or sums.counts.unclear
            for cause, count in self._reads.causes(scope, name).items()
        ]
        return tuple(sorted(causes, key=lambda c: (-c.count, c.interface, c.cause))[:MOST_CAUSES])

    def _notes(self) -> tuple[str, ...]:
        notes = []
        if not self._is_over:
            notes.append("The span is not over yet; this is how far it has come.")
        since_s, until_s = self._reads.covered_s
        if (since_s, until_s) != (self._span.since_s, self._span.until_s):
            shown = (f"{datetime.fromtimestamp(s):%Y-%m-%d %H:%M}" for s in (since_s, until_s))  # noqa: DTZ006
            notes.append(f"Numbers of that age are kept by the hour: from {' to '.join(shown)}.")
        if self._scope is Scope.LISTENER:
            notes.append("Senders and types are counted among the messages that are still stored.")
        return tuple(notes)


def _hour_rows(curve: Curve, days: Sequence[int]) -> tuple[HourRow, ...]:
    """Return what came in each hour of the clock of each local day."""
    rows: dict[int, list[int | None]] = {day_s: [None] * 24 for day_s in days[:-1]}
    for step, count in enumerate(curve.received):
        at_s = curve.since_s + step * curve.step_s
        day_s = max((d for d in rows if d <= at_s), default=0)
        if curve.is_known[step] and day_s and at_s < days[-1]:
            hour = datetime.fromtimestamp(at_s).hour  # noqa: DTZ006 - of the clock
            rows[day_s][hour] = (rows[day_s][hour] or 0) + count
    return tuple(HourRow(day_s, tuple(hours)) for day_s, hours in rows.items())


def _whole(sums: Iterable[Sums]) -> Sums:
    whole = Sums()
    for one in sums:
        whole.counts += one.counts
        whole.latency.merge(one.latency)
        whole.wait.merge(one.wait)
    return whole


def _top(shares: Iterable[Share]) -> tuple[Share, ...]:
    """Return the largest, and what the others have together."""
    ordered = sorted((s for s in shares if s.received), key=lambda s: (-s.received, s.name))
    rest = ordered[MOST_SHARES:]
    if not rest:
        return tuple(ordered)
    others = Share(
        f"{len(rest):,} others", sum(s.received for s in rest), sum(s.refused for s in rest)
    )
    return (*ordered[:MOST_SHARES], others)


def _order(figures: InterfaceFigures) -> tuple[int, str]:
    kinds = [str(scope) for scope in _SCOPES]
    return kinds.index(figures.kind), figures.name.casefold()
