"""The past that a new demo workspace gets: weeks of invented counts, so that there is a normal.

Only counts are invented, no messages: as many as the demo's systems send in an hour, a little more
by day than by night and on weekdays than at weekends. What the demo really sends lies within what
is normal at any hour. A mark in the plots says where the invention ends.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Iterator
from datetime import date

from hl7console.engine.demo.forwarding import ARCHIVE_OUT, BILLING_OUT, OUTAGES, PACS_OUT
from hl7console.engine.demo.register import FACILITY, SYSTEMS
from hl7console.engine.demo.setup import HOSPITAL_IN, IMAGING_IN
from hl7console.errors import UsageError
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.loading import HOUR_S, loading
from hl7console.store.measures.normal import Local, local_time
from hl7console.store.measures.records import Mark, Scope
from hl7console.store.measures.stepping import KEPT_S
from hl7console.store.workspace import Workspace

WEEKS = 8
"""Weeks that are invented."""

MINUTES_S = KEPT_S[60]
"""For how long, at the end, they are invented by the minute at least: as long as is kept."""

SECONDS_S = KEPT_S[1]
"""For how long, at the end, they are invented by the second."""

SHOWN_S = 6 * HOUR_S
"""For how long, at the end, every minute has times; before that, one in five."""

GAP_S = 120
"""How long before the demo it ends, as if the program had not run then: alerts look back over a
minute, and must not count what is invented."""

PER_HOUR = {
    "registration": 3530,
    "scheduling": 835,
    "laboratory": 1500,
    "documents": 10,
    "radiology": 4010,
    "cardiology": 925,
    "reporting": 1265,
}
"""What each system of the demo sends in an hour, whatever the hour; by key."""

_FORWARDED = {
    PACS_OUT: frozenset(PER_HOUR),
    BILLING_OUT: frozenset({"registration", "radiology", "cardiology"}),
    ARCHIVE_OUT: frozenset({"laboratory", "documents", "radiology", "cardiology", "reporting"}),
}
"""By destination: the systems whose messages go there."""

_REFUSED_HERE = {"registration": ("AR 201 MSH-9.2", 10), "radiology": ("AE 101 MSH-9", 10)}
"""By system: why messages of it are refused, and how many an hour."""

_REFUSED_THERE = {BILLING_OUT: (("AE 101 PV1-20", 0.016), ("AE 101 PID-7", 0.004))}
"""By destination: why messages are refused there, and which part."""

_WAITING_PER_S = 2.2
"""How fast the queue of a receiver that is away grows."""

_LONGER_AN_HOUR = 10
"""How often that receiver is away for longer in an hour."""

_BY_DAY, _AT_WEEKENDS = 0.12, 0.96
_SPREAD_OF_HOURS, _SPREAD_OF_DAYS = 0.08, 0.04
_BURST = 3.0
"""Messages come in stories of about so many."""

_FEW = 4.0
DAY_S = 24 * HOUR_S
SATURDAY = 5

KIND = "demo"
"""Kind of the marks."""

WITHIN_TEXT = "Invented for the demo, as all up to where it was first started."
END_TEXT = (
    f"All before this is invented: {WEEKS} weeks of numbers. The demo was first started a moment"
    " later, and what it really sent and measured follows."
)

_TIMES_US = {
    (Scope.ALL, ""): 2_600,
    (Scope.LISTENER, HOSPITAL_IN): 2_400,
    (Scope.LISTENER, IMAGING_IN): 2_800,
    (Scope.DESTINATION, PACS_OUT): 1_400,
    (Scope.DESTINATION, BILLING_OUT): 1_500,
    (Scope.DESTINATION, ARCHIVE_OUT): 1_500,
}
"""About how long half of the acknowledgements take at most."""

_TIMES_SIGMA = 0.45
_VARIANTS, _SAMPLES = 12, 150

Series = tuple[Scope, str]
_SERIES: dict[str, tuple[Series, tuple[Series, ...]]] = {
    key: (
        (Scope.SENDER, f"{SYSTEMS[key].application}|{FACILITY}"),
        (
            (Scope.ALL, ""),
            (Scope.LISTENER, IMAGING_IN if SYSTEMS[key].over_tls else HOSPITAL_IN),
            *((Scope.DESTINATION, name) for name, keys in _FORWARDED.items() if key in keys),
        ),
    )
    for key in PER_HOUR
}
"""By system: the series of the sender, and the others that its messages count for."""

Counts = dict[int, tuple[int, int]]
"""By the second at which a step begins: messages, and how many were refused."""


class Past:
    """Invents counts that end at a moment. Pure but for the time zone.

    Args:
        end_s: The moment; UTC seconds.
        rng: Chance.
        local: Returns local times.
    """

    def __init__(self, end_s: int, rng: random.Random, local: Local = local_time) -> None:
        self._rng = rng
        minutes_s = end_s // HOUR_S * HOUR_S - MINUTES_S
        seconds_s = (end_s - SECONDS_S) // 60 * 60
        self.begin_s = minutes_s - WEEKS * 7 * 24 * HOUR_S
        """Where it begins."""
        self.end_s = end_s
        self.counts: dict[int, dict[Series, Counts]] = {HOUR_S: {}, 60: {}, 1: {}}
        """By width of the steps, and series."""
        self.causes: dict[int, dict[tuple[Series, str], Counter[int]]] = {HOUR_S: {}, 60: {}, 1: {}}
        """How often a cause was met: by width, by series and cause, and by step."""
        factors = self._factors(local)
        for at_s in range(self.begin_s, minutes_s, HOUR_S):
            self._add(HOUR_S, at_s, self._sent(factors[at_s]))
        for at_s in range(minutes_s, seconds_s, 60):
            self._add(60, at_s, self._sent(factors[at_s // HOUR_S * HOUR_S] / 60))
        for at_s in range(seconds_s, end_s, 60):
            self._spread(at_s, self._sent(factors[at_s // HOUR_S * HOUR_S] / 60))

    def times(self) -> Iterator[tuple[Series, int, list[tuple[int, Histogram]]]]:
        """Yield for series and width how long acknowledgements took in each step."""
        for series, middle_us in _TIMES_US.items():
            made = [self._latency(middle_us) for _ in range(_VARIANTS)]
            for width_s, steps in self._timed().items():
                yield series, width_s, [(at_s, self._rng.choice(made)) for at_s in steps]

    def waits(self) -> Iterator[tuple[int, list[tuple[int, int, int]]]]:
        """Yield by width the steps in which deliveries for `ARCHIVE_OUT` waited.

        Each is its begin, how many waited, and for how long the first did. Zeros follow.
        """
        coarse_s = (self.end_s - MINUTES_S) // HOUR_S * HOUR_S
        yield (
            HOUR_S,
            [
                max(self._wait(at_s, OUTAGES.longer_s) for _ in range(_LONGER_AN_HOUR))
                for at_s in range(self.begin_s, coarse_s, HOUR_S)
            ],
        )
        minutes: dict[int, tuple[int, int, int]] = {}
        seconds: dict[int, tuple[int, int, int]] = {}
        at_s, number = float(coarse_s), 0
        while at_s < self.end_s - 60:
            away_s = OUTAGES.length_s(number)
            begin_s, over_s = int(at_s), int(at_s + away_s)
            most = self._wait(over_s // 60 * 60, away_s)
            minutes[most[0]] = max(minutes.get(most[0], most), most, key=lambda one: one[1])
            if begin_s >= self.end_s - SECONDS_S:
                for second in range(begin_s, over_s):
                    age_s = second - begin_s
                    seconds[second] = (second, round(most[1] * age_s / away_s), age_s)
                seconds[over_s] = (over_s, 0, 0)
            at_s, number = at_s + away_s + OUTAGES.between_s, number + 1
        fine_s = self.end_s - SECONDS_S
        yield 60, [one for at, one in minutes.items() if at < fine_s]
        yield 1, list(seconds.values())

    def _wait(self, at_s: int, away_s: float) -> tuple[int, int, int]:
        waiting = _WAITING_PER_S * away_s * self._rng.uniform(0.85, 1.15)
        return at_s, round(waiting), int(away_s)

    def _timed(self) -> dict[int, list[int]]:
        """Return by width the steps that get times: as many as the usual spans show."""
        end_s = self.end_s
        fine_s = end_s - SHOWN_S
        coarse = range((end_s - MINUTES_S) // 300 * 300, fine_s, 300)
        return {
            1: list(range((end_s - SECONDS_S) // 5 * 5, end_s, 5)),
            60: [*coarse, *range(fine_s // 60 * 60, end_s, 60)],
            HOUR_S: list(range(self.begin_s, end_s, HOUR_S)),
            DAY_S: list(range(self.begin_s // DAY_S * DAY_S, end_s, DAY_S)),
        }

    def _factors(self, local: Local) -> dict[int, float]:
        """Return by hour how much more or less than usual is sent."""
        rng = self._rng
        found = {}
        days: dict[date, float] = {}
        for at_s in range(self.begin_s, self.end_s + 1, HOUR_S):
            moment = local(at_s)
            day = days.setdefault(moment.date(), rng.gauss(1.0, _SPREAD_OF_DAYS))
            rhythm = 1.0 - _BY_DAY * math.cos((moment.hour - 2) / 24 * 2 * math.pi)
            weekend = _AT_WEEKENDS if moment.weekday() >= SATURDAY else 1.0
            found[at_s] = rhythm * weekend * day * max(rng.gauss(1.0, _SPREAD_OF_HOURS), 0.5)
        return found

    def _sent(self, hours: float) -> dict[str, int]:
        """Return by system how many messages are sent in a part of an hour."""
        return {
            key: max(
                round(self._rng.gauss(per_hour * hours, math.sqrt(per_hour * hours * _BURST))), 0
            )
            if per_hour * hours >= _FEW
            else self._some(per_hour * hours)
            for key, per_hour in PER_HOUR.items()
        }

    def _add(self, width_s: int, at_s: int, sent: dict[str, int]) -> None:
        """Count what was sent for listeners, destinations and all; for senders by the hour."""
        totals: dict[Series, int] = {}
        hour_s = at_s // HOUR_S * HOUR_S
        by_hour, by_series = self.counts[HOUR_S], self.counts[width_s]
        for key, count in sent.items():
            if count:
                sender, others = _SERIES[key]
                hours = by_hour.setdefault(sender, {})
                hours[hour_s] = (hours.get(hour_s, (0, 0))[0] + count, 0)
                for series in others:
                    totals[series] = totals.get(series, 0) + count
        refused: dict[Series, int] = {}
        for series, cause, count in self._refusals(sent, totals):
            refused[series] = refused.get(series, 0) + count
            self.causes[width_s].setdefault((series, cause), Counter())[at_s] += count
        for series, count in totals.items():
            by_series.setdefault(series, {})[at_s] = (count, refused.get(series, 0))

    def _refusals(
        self, sent: dict[str, int], totals: dict[Series, int]
    ) -> Iterator[tuple[Series, str, int]]:
        """Yield what of a step was refused, by whom and why."""
        for key, (cause, per_hour) in _REFUSED_HERE.items():
            of = sent.get(key, 0)
            count = min(self._some(of * per_hour / PER_HOUR[key]), of) if of else 0
            if count:
                for series in _SERIES[key][1]:
                    if series[0] != Scope.DESTINATION:
                        yield series, cause, count
        for destination, causes in _REFUSED_THERE.items():
            series = (Scope.DESTINATION, destination)
            left = totals.get(series, 0)
            for cause, part in causes:
                count = min(self._some(totals.get(series, 0) * part), left) if left else 0
                left -= count
                if count:
                    yield series, cause, count

    def _some(self, mean: float) -> int:
        """Return a number by chance, about a mean."""
        if mean < _FEW:
            return int(mean) + (self._rng.random() < mean % 1.0)
        return max(round(self._rng.gauss(mean, math.sqrt(mean))), 0)

    def _spread(self, at_s: int, sent: dict[str, int]) -> None:
        """Spread a minute over its seconds; what would come after the end does not come."""
        by_second: dict[int, Counter[str]] = {}
        for key, count in sent.items():
            for _ in range(count):
                second = at_s + int(self._rng.random() * 60)
                if second < self.end_s:
                    by_second.setdefault(second, Counter())[key] += 1
        for second, of_second in by_second.items():
            self._add(1, second, of_second)

    def _latency(self, middle_us: int) -> Histogram:
        middle = math.log(middle_us * self._rng.uniform(0.92, 1.08))
        made = Histogram()
        made.add_all([int(self._rng.lognormvariate(middle, _TIMES_SIGMA)) for _ in range(_SAMPLES)])
        return made


def load(workspace: Workspace, *, now_s: int, seed: int | None = None) -> None:
    """Give a new demo workspace its past. Before its engine starts; not on the GUI thread.

    Args:
        workspace: A demo's workspace.
        now_s: When the demo starts; UTC seconds.
        seed: Makes the same past.

    Raises:
        UsageError: It is no demo's workspace; nothing was written.
        ConsoleError: The measures cannot be written.
    """
    if not workspace.is_demo:
        raise UsageError("Only the demo's workspace gets an invented past.")
    past = Past((now_s - GAP_S) // 60 * 60, random.Random(seed))  # noqa: S311 - invented data, not a secret
    with loading(workspace.database_path, workspace.key) as to:
        for width_s, series in past.counts.items():
            for (scope, name), counts in series.items():
                steps = ((at_s, received, refused) for at_s, (received, refused) in counts.items())
                to.steps(scope, name, steps, width_s=width_s)
        for width_s, causes in past.causes.items():
            for ((scope, name), cause), found in causes.items():
                to.causes(scope, name, cause, found.items(), width_s=width_s)
        for width_s, waits in past.waits():
            to.waits(Scope.DESTINATION, ARCHIVE_OUT, waits, width_s=width_s)
        for (scope, name), width_s, times in past.times():
            to.latencies(scope, name, times, width_s=width_s)
        to.ran(past.begin_s, past.end_s)
        for at_s in range(past.begin_s, past.end_s - DAY_S, 7 * DAY_S):
            to.mark(Mark(at_s * 1_000_000, KIND, WITHIN_TEXT))
        to.mark(Mark(past.end_s * 1_000_000, KIND, END_TEXT))
