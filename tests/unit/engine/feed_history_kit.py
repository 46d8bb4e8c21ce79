"""What tests of feeds share: feeds with weeks of hours behind them, and turns at given times."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.table import KINDS
from hl7console.engine.snapshot import EngineSnapshot
from hl7console.settings.alerts import AlertRule, NormalSettings
from hl7console.store.measures.normal import learn, slot_of
from hl7console.store.measures.records import Scope, Totals

HOUR_S = 3600
DAY_S = 86_400
WEEK_S = 7 * DAY_S
NOW_S = 1_772_409_600 + 10 * WEEK_S
"""A Monday, at midnight UTC."""


def local(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC)


@dataclass
class Received:
    """A curve, as far as it is looked at."""

    received: Sequence[int]


class FeedHistory:
    """Feeds by name: how many messages each hour brought, at the end of the hour.

    Args:
        feeds: Returns the count of the hour that begins then.
        weeks: How many weeks there are behind `NOW_S`.
        off: Spans in which the program did not run.
    """

    def __init__(
        self,
        feeds: dict[str, Callable[[int], int]],
        *,
        weeks: int = 9,
        off: Sequence[tuple[int, int]] = (),
    ) -> None:
        self.feeds = feeds
        self.begin_s = NOW_S - weeks * WEEK_S
        self.off = off
        self.now_s = NOW_S
        self._normals: dict[str, dict[int, tuple[float, float]]] = {}

    def _count(self, name: str, at_s: int) -> int:
        is_off = any(since <= at_s < until for since, until in self.off)
        return 0 if is_off or at_s < self.begin_s else self.feeds[name](at_s)

    def curves(
        self, scope: Scope, since_s: int, until_s: int, *, most_steps: int, **_: object
    ) -> dict[str, Received]:
        assert (until_s - since_s) % HOUR_S == 0
        assert most_steps == (until_s - since_s) // HOUR_S
        hours = range(since_s, until_s, HOUR_S)
        found = {name: [self._count(name, at_s) for at_s in hours] for name in self.feeds}
        return {n: Received(c) for n, c in found.items() if scope is Scope.LISTENER and any(c)}

    def normals(self, scope: Scope) -> dict[str, dict[int, tuple[float, float]]]:
        if scope is not Scope.LISTENER:
            return {}
        if self._normals:
            return self._normals
        found = self._normals
        for name in self.feeds:
            for back in range(1, 7 * 24 + 1):
                hours = range(NOW_S - back * HOUR_S, self.begin_s - 1, -WEEK_S)
                learned = learn([self._count(name, at_s) for at_s in hours][1:], 3)
                if learned is not None:
                    found.setdefault(name, {})[slot_of(local(NOW_S - back * HOUR_S))] = learned
        return found

    def last_received(self, scope: Scope) -> dict[str, int]:
        found = {}
        for name in self.feeds if scope is Scope.LISTENER else ():
            hours = range(self.now_s // HOUR_S * HOUR_S - HOUR_S, self.begin_s - 1, -HOUR_S)
            found[name] = next((at_s + 3599 for at_s in hours if self._count(name, at_s)), 0)
        return found

    def totals(self, *_: object, **__: object) -> dict[str, Totals]:
        return {}

    def runs(self, since_s: int, until_s: int) -> tuple[tuple[int, int], ...]:
        edges = [max(since_s, self.begin_s)]
        for first_s, last_s in self.off:
            edges += [first_s, last_s]
        edges.append(until_s)
        pairs = zip(edges[::2], edges[1::2], strict=True)
        return tuple((first, last) for first, last in pairs if first < last and last > since_s)


class Watch:
    """A rule that looks at feeds."""

    def __init__(
        self, rule: AlertRule, history: FeedHistory, normal: NormalSettings | None = None
    ) -> None:
        self.rule, self.history = rule, history
        self._normal = normal or NormalSettings()
        self._find = KINDS[rule.kind].make()
        self._sources = Sources(
            Path(),
            EngineSnapshot,
            measures=history,  # type: ignore[arg-type]
            local=local,
        )
        self.awake_s = history.begin_s

    def look(self, after_s: int = 0) -> list[Finding]:
        """Return what is found so long after `NOW_S`."""
        self.history.now_s = NOW_S + after_s
        now_us = self.history.now_s * 1_000_000
        facts = Facts(self._sources, now_us, self._normal, self.awake_s * 1_000_000)
        return list(self._find(self.rule, facts))

    def first(self, until_s: int, every_s: int = 900) -> int | None:
        """Return how long after `NOW_S` something is found for the first time."""
        return next((s for s in range(0, until_s, every_s) if self.look(s)), None)


def poisson(mean: Callable[[int], float], seed: int = 1) -> Callable[[int], int]:
    """Return counts as chance makes them; the same hour has always the same."""

    def count(at_s: int) -> int:
        chance = random.Random(f"{seed} {at_s}")  # noqa: S311 - a simulation
        expected = mean(at_s)
        if expected > 100:
            return max(0, round(chance.gauss(expected, math.sqrt(expected))))
        limit, product, number = math.exp(-expected), chance.random(), 0
        while product > limit:
            product *= chance.random()
            number += 1
        return number

    return count


def until(end_s: int, count: Callable[[int], int]) -> Callable[[int], int]:
    """Return a feed that dies."""
    return lambda at_s: count(at_s) if at_s < end_s else 0


def by_day(at_s: int) -> float:
    """Return how many messages an hour of a clinic brings: by day many, at night none."""
    return 20.0 if 7 <= local(at_s).hour < 18 else 0.02
