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

from hl7console.engine.demo.forwarding import ARCHIVE_OUT, BILLING_OUT, PACS_OUT
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

_REFUSED = {BILLING_OUT: 0.02}
"""By destination: which part is refused there."""

_BY_DAY, _AT_WEEKENDS = 0.12, 0.96
_SPREAD_OF_HOURS, _SPREAD_OF_DAYS = 0.08, 0.04
_BURST = 3.0
"""Messages come in stories of about so many."""

_FEW = 4.0
DAY_S = 24 * HOUR_S
SATURDAY = 5

KIND = "demo"
"""Kind of the marks."""

BEGIN_TEXT = "All from here on is invented, up to where the demo was first started."
END_TEXT = (
    f"The demo was first started. The {WEEKS} weeks before are invented; what follows was really"
    " sent and measured."
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
        found = {}
        for key, per_hour in PER_HOUR.items():
            mean = per_hour * hours
            if mean < _FEW:
                found[key] = int(mean) + (self._rng.random() < mean % 1.0)
            else:
                found[key] = max(round(self._rng.gauss(mean, math.sqrt(mean * _BURST))), 0)
        return found

    def _add(self, width_s: int, at_s: int, sent: dict[str, int]) -> None:
        """Count what was sent for listeners, destinations and all; for senders by the hour."""
        totals: Counter[Series] = Counter()
        for key, count in sent.items():
            system = SYSTEMS[key]
            totals[Scope.ALL, ""] += count
            totals[Scope.LISTENER, IMAGING_IN if system.over_tls else HOSPITAL_IN] += count
            if count:
                sender = (Scope.SENDER, f"{system.application}|{FACILITY}")
                hours = self.counts[HOUR_S].setdefault(sender, {})
                hour_s = at_s // HOUR_S * HOUR_S
                hours[hour_s] = (hours.get(hour_s, (0, 0))[0] + count, 0)
            for destination, keys in _FORWARDED.items():
                if key in keys:
                    totals[Scope.DESTINATION, destination] += count
        by_series = self.counts[width_s]
        for series, count in totals.items():
            if count:
                part = _REFUSED.get(series[1], 0.0) * count
                refused = int(part) + (self._rng.random() < part % 1.0)
                by_series.setdefault(series, {})[at_s] = (count, refused)

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
        for (scope, name), width_s, times in past.times():
            to.latencies(scope, name, times, width_s=width_s)
        to.ran(past.begin_s, past.end_s)
        to.mark(Mark(past.begin_s * 1_000_000, KIND, BEGIN_TEXT))
        to.mark(Mark(now_s * 1_000_000, KIND, END_TEXT))
