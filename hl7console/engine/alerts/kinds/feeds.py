"""Feeds: silence, refusals and slow answers, from what was measured.

Silence beyond normal is not a fixed time. The messages that a feed would have brought since its
last one are added up from what the same hours of the week brought before, over the time in which
the program ran. When so many were due that chance cannot explain that none came, it is silent. A
feed of one message a month therefore is never silent, one of twenty an hour is after an hour, and
one that sleeps at night does so undisturbed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.subjects import is_about, quoted
from hl7console.engine.alerts.life import duration
from hl7console.settings.alerts import AlertRule
from hl7console.store.measures.normal import HOUR_S, slot_of
from hl7console.store.measures.records import Scope

MISSED = 16.0
"""Messages that were due and did not come, times the feed's dispersion: silence. That none of 16
comes by chance happens once in nine million."""

LOOK_BACK_S = 14 * 86_400
"""How far back the time since the last message is looked at, in seconds."""

USUAL_REFUSED_PERCENT = 20.0
USUAL_REFUSED_SPAN_S = 900.0
LEAST_REFUSED = 5
"""Fewer refused messages within the span are no rate."""
USUAL_LATENCY_MS = 5_000.0
USUAL_LATENCY_SPAN_S = 300.0
LEAST_ANSWERS = 10
"""Fewer answers within the span have no percentile."""

_FEEDS = (Scope.LISTENER, Scope.SENDER)
_BOTH_WAYS = (Scope.LISTENER, Scope.DESTINATION)


def shown(scope: str, name: str) -> str:
    """Return the filter expression that shows a feed's messages."""
    if scope == Scope.SENDER:
        return " ".join(f"from:{quoted(part)}" for part in name.split("|") if part)
    return f"{scope}:{quoted(name)}"


def _title(scope: str, name: str) -> str:
    return f"The sender {name.replace('|', ' at ', 1)}" if scope == Scope.SENDER else name


@dataclass(slots=True)
class _Wait:
    """How long a feed has been waited for."""

    last_s: int
    upto_s: int
    due: float


class Silence:
    """Finds feeds that bring nothing for longer than is normal, or than a fixed time."""

    def __init__(self) -> None:
        self._waits: dict[tuple[Scope, str], _Wait] = {}
        self._dispersions: dict[tuple[Scope, str], tuple[int, float]] = {}

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return the silent ones."""
        listeners = {listener.name for listener in facts.sources.listeners() if listener.enabled}
        for scope in _FEEDS if rule.subjects else (Scope.LISTENER,):
            last = facts.last_received(scope)
            for name, last_s in last.items():
                if scope is Scope.LISTENER and listeners and name not in listeners:
                    continue
                if not is_about(rule, name):
                    continue
                found = (
                    self._fixed(rule, facts, scope, name, last_s)
                    if rule.limit
                    else self._beyond_normal(facts, scope, name, last_s)
                )
                if found is not None:
                    yield found

    @staticmethod
    def _fixed(
        rule: AlertRule, facts: Facts, scope: Scope, name: str, last_s: int
    ) -> Finding | None:
        since_s = max(last_s, facts.awake_since_us // 1_000_000)
        if facts.now_s - since_s <= rule.limit:
            return None
        text = f"{_title(scope, name)} has brought no message for {_ago(facts, last_s)}."
        return Finding(scope, name, text, since_s * 1_000_000, filter=shown(scope, name))

    def _beyond_normal(self, facts: Facts, scope: Scope, name: str, last_s: int) -> Finding | None:
        hours = facts.normals(scope).get(name)
        if not hours or not last_s:
            return None
        wait = self._wait(facts, scope, name, last_s, hours)
        if wait.due < MISSED * self._dispersion(facts, scope, name, hours):
            return None
        day = f"{facts.local:%A}s"
        typical = hours.get(slot_of(facts.local), (0.0, 0.0))[0]
        usual = (
            f"{day} at this hour bring {_count(typical)} an hour"
            if typical >= 0.5
            else ("this hour is a quiet one")
        )
        text = (
            f"{_title(scope, name)} is silent: no message for {_ago(facts, last_s)}, in which about"
            f" {wait.due:,.0f} were to be expected; {usual}."
        )
        return Finding(scope, name, text, last_s * 1_000_000, filter=shown(scope, name))

    def _wait(
        self,
        facts: Facts,
        scope: Scope,
        name: str,
        last_s: int,
        hours: dict[int, tuple[float, float]],
    ) -> _Wait:
        now_s = facts.now_s
        wait = self._waits.get((scope, name))
        if wait is None or wait.last_s != last_s or wait.upto_s > now_s:
            wait = _Wait(last_s, max(last_s, now_s - LOOK_BACK_S), 0.0)
            self._waits[scope, name] = wait
            spans = facts.runs(wait.upto_s) if now_s - wait.upto_s > HOUR_S // 4 else ()
            for since_s, until_s in spans:
                wait.due += expected(facts, hours, max(since_s, wait.upto_s), min(until_s, now_s))
        elif facts.awake_since_us // 1_000_000 <= wait.upto_s:
            wait.due += expected(facts, hours, wait.upto_s, now_s)
        wait.upto_s = now_s
        return wait

    def _dispersion(
        self, facts: Facts, scope: Scope, name: str, hours: dict[int, tuple[float, float]]
    ) -> float:
        """Return how much more a feed varies than chance alone would make it: 1 or more."""
        known = self._dispersions.get((scope, name))
        hour = facts.now_s // HOUR_S
        if known is None or hour - known[0] >= 24 or hour < known[0]:
            typical = sum(hours[slot][0] for slot in hours)
            beyond = sum(max(spread * spread - mean, 0.0) for mean, spread in hours.values())
            known = (hour, 1.0 + beyond / max(typical, 1.0))
            self._dispersions[scope, name] = known
        return known[1]


def expected(
    facts: Facts, hours: dict[int, tuple[float, float]], since_s: int, until_s: int
) -> float:
    """Return how many messages a span of time brings on average; none on days left out."""
    total = 0.0
    at_s = since_s
    days = facts.days_left_out
    while at_s < until_s:
        end_s = min((at_s // HOUR_S + 1) * HOUR_S, until_s)
        moment = facts.sources.local(at_s)
        found = hours.get(slot_of(moment))
        if found is not None and not (days and moment.date() in days):
            total += found[0] * (end_s - at_s) / HOUR_S
        at_s = end_s
    return total


def rejections(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find interfaces of whose messages too large a share was refused within the span."""
    span_s = int(rule.span_s or USUAL_REFUSED_SPAN_S)
    limit = rule.limit or USUAL_REFUSED_PERCENT
    for scope in (*_BOTH_WAYS, Scope.SENDER) if rule.subjects else _BOTH_WAYS:
        for name, total in facts.totals(scope, span_s).items():
            answered = total.accepted + total.refused
            if total.refused < LEAST_REFUSED or not is_about(rule, name):
                continue
            percent = 100.0 * total.refused / max(answered, 1)
            if percent > limit:
                by = " by the receiver" if scope is Scope.DESTINATION else ""
                text = (
                    f"{_title(scope, name)}: {total.refused:,} of {answered:,} messages"
                    f" ({percent:.0f} %) were refused{by} within"
                    f" {duration(span_s * 1_000_000)}."
                )
                what = "" if scope is Scope.DESTINATION else " (status:rejected or status:error)"
                yield Finding(scope, name, text, filter=f"{shown(scope, name)}{what}")


def latency(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find interfaces whose answers were slow within the span."""
    span_s = int(rule.span_s or USUAL_LATENCY_SPAN_S)
    limit_us = (rule.limit or USUAL_LATENCY_MS) * 1_000
    for scope in _BOTH_WAYS:
        for name, total in facts.totals(scope, span_s, times=True).items():
            times = total.latency
            if times is None or times.total < LEAST_ANSWERS or not is_about(rule, name):
                continue
            slow_us = times.percentile(rule.percentile)
            if slow_us > limit_us:
                whose = "its receiver answers" if scope is Scope.DESTINATION else "it answers"
                part = 100.0 - rule.percentile
                share = f"{part:g} % of" if part else "The slowest of"
                text = (
                    f"{name}: {whose} slowly. {share} {times.total:,} messages within"
                    f" {duration(span_s * 1_000_000)} waited {slow_us / 1000:,.0f} ms or longer."
                )
                yield Finding(scope, name, text, filter=shown(scope, name))


def _ago(facts: Facts, last_s: int) -> str:
    return duration((facts.now_s - last_s) * 1_000_000)


def _count(number: float) -> str:
    if number >= 10:
        return f"{number:,.0f}"
    return f"{math.floor(number * 10) / 10:g}"
