"""A simulated month of a hospital group: 200 feeds with their rhythm, and faults planted in it.

All of it follows from one seed. Times are UTC seconds since 1970; the month begins on a Monday.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

HOUR_S = 3600
DAY_S = 86_400
WEEK_S = 7 * DAY_S

MONTH_BEGIN_S = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())
"""A Monday."""
MONTH_DAYS = 30
HISTORY_WEEKS = 8
FEEDS = 200

_WEEKDAY = (
    0.15, 0.1, 0.1, 0.1, 0.15, 0.3, 0.8, 1.5, 2.1, 2.4, 2.4, 2.2,
    1.8, 1.9, 2.1, 2.0, 1.7, 1.2, 0.8, 0.6, 0.5, 0.4, 0.3, 0.2,
)  # fmt: skip
_WEEKEND_PART = 0.35


@dataclass(slots=True)
class Feed:
    """One feed: how many messages it sends, and what is wrong with it when."""

    name: str
    per_day: float
    """Messages on an ordinary weekday."""
    silent: list[tuple[int, int]] = field(default_factory=list)
    """Spans in which it sends nothing."""
    drift: tuple[int, int, float] = (0, 0, 0.0)
    """From, until, and by which part a day its rate sinks."""

    def expected(self, at_s: int) -> float:
        """Return how many messages the hour that begins then brings on average."""
        moment = datetime.fromtimestamp(at_s, UTC)
        part = _WEEKDAY[moment.hour] / sum(_WEEKDAY)
        return self.per_day * part * (_WEEKEND_PART if moment.weekday() >= 5 else 1.0)

    def factor(self, at_s: int) -> float:
        """Return what its faults make of its rate at a time."""
        since, until, per_day = self.drift
        if since <= at_s < until:
            return (1.0 - per_day) ** ((at_s - since) / DAY_S)
        return 1.0

    def is_silent(self, at_s: float) -> bool:
        """Return whether a fault keeps it silent then."""
        return any(since <= at_s < until for since, until in self.silent)


@dataclass(frozen=True, slots=True)
class Sent:
    """One message of the month."""

    at_s: float
    feed: str
    number: int


def make_feeds(seed: int, *, per_day: float, count: int = FEEDS) -> list[Feed]:
    """Return feeds of very different sizes; the last few bring a message a month or so.

    Args:
        seed: Decides everything.
        per_day: Messages of an average feed on a weekday.
        count: How many feeds.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation
    sizes = [math.exp(chance.gauss(0.0, 0.8)) for _ in range(count)]
    mean = sum(sizes) / count
    feeds = [Feed(f"Feed {n:03}", per_day * size / mean) for n, size in enumerate(sizes)]
    for feed in feeds[-3:]:
        feed.per_day = 1 / 22
    return feeds


def poisson(chance: random.Random, mean: float) -> int:
    """Return a number of events where `mean` are expected."""
    if mean > 50:
        return max(0, round(chance.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), chance.random(), 0
    while product > limit:
        product *= chance.random()
        count += 1
    return count


def history(feeds: list[Feed], seed: int) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """Yield each feed with the counts of all hours of the weeks before the month."""
    for place, feed in enumerate(feeds):
        chance = random.Random(f"{seed} history {place}")  # noqa: S311 - a simulation
        begin_s = MONTH_BEGIN_S - HISTORY_WEEKS * WEEK_S
        hours = range(begin_s, MONTH_BEGIN_S, HOUR_S)
        yield feed.name, [(at_s, poisson(chance, feed.expected(at_s))) for at_s in hours]


def month(feeds: list[Feed], seed: int) -> list[Sent]:
    """Return all messages of the month, in the order of their times."""
    sent: list[Sent] = []
    for place, feed in enumerate(feeds):
        chance = random.Random(f"{seed} month {place}")  # noqa: S311 - a simulation
        number = 0
        for at_s in range(MONTH_BEGIN_S, MONTH_BEGIN_S + MONTH_DAYS * DAY_S, HOUR_S):
            count = poisson(chance, feed.expected(at_s) * feed.factor(at_s))
            for moment in sorted(at_s + chance.random() * HOUR_S for _ in range(count)):
                if not feed.is_silent(moment):
                    number += 1
                    sent.append(Sent(moment, feed.name, number))
    sent.sort(key=lambda one: one.at_s)
    return sent
