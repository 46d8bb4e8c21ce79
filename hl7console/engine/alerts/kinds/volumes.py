"""Volume: feeds that bring fewer or more messages than the same hours of the weeks before did.

The sum over a span (a day and a week, where the rule names none) is compared with the sums of the
same hours, whole weeks earlier: median, and what they differ. A week finds the slow drift that a
day hides. Hours in which the program did not run, days that are left out, and silence (which is
the matter of its own kind) take their part out of what was to be expected.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from statistics import median

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.subjects import is_about, quoted
from hl7console.engine.alerts.life import duration
from hl7console.settings.alerts import AlertRule
from hl7console.store.measures.normal import HOUR_S
from hl7console.store.measures.records import Scope

USUAL_SPANS_S = (86_400, 7 * 86_400)
LONGEST_SPAN_S = 28 * 86_400

WEEK = 7 * 24
"""Hours of a week."""

WIDTH = 5.0
"""Spreads from the median at which a sum is not normal. With 200 feeds, chance alone gets there
once in some years."""

WIDTH_BACK = 3.0
"""Spreads from the median within which a sum is normal again."""

MORE = 10
"""As many messages above normal are no flood yet."""

SILENT = 8.0
"""Messages that were due in hours without any: from there on they count as silence."""

_LEAST_KNOWN = 0.5
"""Part of a span that has to be known, and not silent, to be compared."""
_DAY = 24
_AGAIN = 3
"""Hours that are read once more: the last messages of an hour may be counted late."""
_MAD_TO_SIGMA = 1.4826
_LEAST_PART = 0.05


class _Feed:
    """The hours of one feed: counts, and sums up to each hour."""

    __slots__ = ("counts", "first", "sums")

    def __init__(self, counts: list[int]) -> None:
        self.counts = counts
        self.sums = [0, *accumulate(counts)]
        self.first = next((n for n, count in enumerate(counts) if count), len(counts))
        """The first hour that brought anything."""

    def total(self, begin: int, end: int) -> int:
        return self.sums[end] - self.sums[begin]


@dataclass(slots=True)
class _Hours:
    """All feeds of a scope over the same hours, as far back as they are compared."""

    begin: int
    """The first hour, in hours since 1970."""
    end: int
    feeds: dict[str, _Feed]


@dataclass(frozen=True, slots=True)
class _Off:
    """A sum that is not normal."""

    count: int
    low: float
    high: float
    hours: int


class Volume:
    """Finds feeds whose volume is not normal. Looks once an hour."""

    def __init__(self) -> None:
        self._hours: dict[Scope, _Hours] = {}
        self._looked_hour = -1
        self._found: list[Finding] = []
        self._off: set[tuple[Scope, str]] = set()

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return the feeds that bring too few, or too many."""
        hour = facts.now_s // HOUR_S
        if hour != self._looked_hour:
            self._found = list(self._look(rule, facts, hour))
            self._off = {(Scope(found.scope), found.subject) for found in self._found}
            self._looked_hour = hour
        yield from self._found

    def _look(self, rule: AlertRule, facts: Facts, hour: int) -> Iterator[Finding]:
        longest = max(_spans(rule))
        weeks = facts.normal.weeks
        begin = hour - weeks * WEEK - longest
        unknown = _unknown(facts, begin, hour)
        for scope in (Scope.LISTENER, Scope.SENDER) if rule.subjects else (Scope.LISTENER,):
            hours = self._read(facts, scope, begin, hour)
            for name, feed in hours.feeds.items():
                if not is_about(rule, name):
                    continue
                width = WIDTH_BACK if (scope, name) in self._off else WIDTH
                compare = _Comparison(feed, unknown, facts.normal.least_weeks, width)
                off = compare.off(_spans(rule))
                if off is not None:
                    yield _finding(scope, name, off)

    def _read(self, facts: Facts, scope: Scope, begin: int, end: int) -> _Hours:
        """Return the hours wanted; only what is new of them is read."""
        kept = self._hours.get(scope)
        has_kept = kept is not None and kept.begin <= begin and kept.end <= end
        since = max(kept.end - _AGAIN, begin) if kept is not None and has_kept else begin
        reader = facts.sources.measures
        new = {}
        if reader is not None and end > since:
            new = reader.curves(
                scope,
                since * HOUR_S,
                end * HOUR_S,
                most_steps=end - since,
                times=False,
                columns=("received",),
            )
        feeds: dict[str, _Feed] = {}
        before = kept.feeds if kept is not None and has_kept else {}
        for name in {**before, **new}:
            old: list[int] = [0] * (since - begin)
            if kept is not None and name in before:
                old = before[name].counts[begin - kept.begin : since - kept.begin]
            counts = list(new[name].received) if name in new else [0] * (end - since)
            feeds[name] = _Feed(old + counts[: end - since])
        made = self._hours[scope] = _Hours(begin, end, feeds)
        return made


def _spans(rule: AlertRule) -> tuple[int, ...]:
    """Return the spans of a rule in hours."""
    spans_s = (min(rule.span_s, LONGEST_SPAN_S),) if rule.span_s else USUAL_SPANS_S
    return tuple(max(round(span_s / HOUR_S), 1) for span_s in spans_s)


def _unknown(facts: Facts, begin: int, end: int) -> list[bool]:
    """Return of each hour whether the program did not run in it, or it is left out."""
    days = facts.days_left_out
    ran_s = [0] * (end - begin)
    for since_s, until_s in facts.runs(begin * HOUR_S):
        at_s = max(since_s, begin * HOUR_S)
        while at_s < min(until_s, end * HOUR_S):
            place = at_s // HOUR_S
            next_s = min((place + 1) * HOUR_S, until_s)
            ran_s[place - begin] += next_s - at_s
            at_s = next_s
    local = facts.sources.local
    return [
        ran < 0.9 * HOUR_S or bool(days and local((begin + n) * HOUR_S).date() in days)
        for n, ran in enumerate(ran_s)
    ]


class _Comparison:
    """Compares the last hours of a feed with the same ones of the weeks before.

    Args:
        feed: The feed.
        unknown: Of each hour whether nothing is known of it.
        least_weeks: Fewer weeks are not enough.
        width: Spreads from the median at which a sum is not normal.
    """

    def __init__(
        self, feed: _Feed, unknown: Sequence[bool], least_weeks: int, width: float
    ) -> None:
        self._feed = feed
        self._unknown = unknown
        self._least_weeks = max(least_weeks, 1)
        self._width = width
        self._end = len(feed.counts)

    def off(self, spans: Sequence[int]) -> _Off | None:
        """Return the first of some spans whose sum is not normal."""
        for span in spans:
            found = self._off(span)
            if found is not None and (span <= _DAY or self._goes_on(found)):
                return found
        return None

    def _off(self, span: int) -> _Off | None:
        begin = self._end - span
        count = self._feed.total(begin, self._end)
        gone = [n for n in range(begin, self._end) if self._unknown[n]]
        past = self._past(span, gone)
        if len(past) < self._least_weeks or len(gone) > (1.0 - _LEAST_KNOWN) * span:
            return None
        typical = float(median(past))
        low, high = self._range(typical, past)
        if count > high + MORE:
            return _Off(count, low, high, span)
        if count >= low:
            return None
        # Silence is told of by another rule: what was due in it is not missed here.
        due = self._due_in_silence(begin)
        if due > (1.0 - _LEAST_KNOWN) * typical:
            return None
        low, high = self._range(typical - due, past)
        return _Off(count, low, high, span) if count < low else None

    def _goes_on(self, off: _Off) -> bool:
        """Return whether the last day too is on that side of what is normal."""
        past = self._past(_DAY, ())
        if len(past) < self._least_weeks:
            return True
        count = self._feed.total(self._end - _DAY, self._end)
        typical = median(past)
        low, high = self._range(typical, past)
        if self._width == WIDTH:  # half way out; where it is told already, any of it goes on
            return (
                count < (low + typical) / 2
                if off.count < off.low
                else (count > (high + typical) / 2)
            )
        return count < typical if off.count < off.low else count > typical

    def _past(self, span: int, gone: Sequence[int]) -> list[int]:
        """Return the sums of the same hours in the weeks before, as far as they are all known."""
        counts = self._feed.counts
        found: list[int] = []
        until = self._end - WEEK
        while until - span >= self._feed.first:
            begin = until - span
            if not any(self._unknown[begin:until]):
                missing = sum(counts[n - (self._end - until)] for n in gone)
                found.append(self._feed.total(begin, until) - missing)
            until -= WEEK
        return found

    def _range(self, typical: float, past: Sequence[int]) -> tuple[float, float]:
        middle = median(past)
        deviation = _MAD_TO_SIGMA * median(abs(count - middle) for count in past)
        spread = max(deviation, math.sqrt(max(typical, 0.25)), _LEAST_PART * typical)
        return max(typical - self._width * spread, 0.0), typical + self._width * spread

    def _due_in_silence(self, begin: int) -> float:
        """Return how many messages were due in those hours from one on that were silent."""
        counts = self._feed.counts
        total = run = 0.0
        for n in range(begin, self._end):
            if counts[n]:
                total += run if run >= SILENT else 0.0
                run = 0.0
            elif not self._unknown[n]:
                weeks = range(n - WEEK, -1, -WEEK)
                past = [counts[m] for m in weeks if not self._unknown[m]]
                run += sum(past) / len(past) if past else 0.0
        return total + (run if run >= SILENT else 0.0)


def _finding(scope: Scope, name: str, off: _Off) -> Finding:
    few = "few" if off.count < off.low else "many"
    title = f"The sender {name.replace('|', ' at ', 1)}" if scope is Scope.SENDER else name
    text = (
        f"{title} brought unusually {few} messages: {off.count:,} in"
        f" {duration(off.hours * HOUR_S * 1_000_000)}; {off.low:,.0f} to {off.high:,.0f} are"
        " normal for these hours."
    )
    shown = (
        " ".join(f"from:{quoted(part)}" for part in name.split("|") if part)
        if scope is Scope.SENDER
        else f"listener:{quoted(name)}"
    )
    return Finding(str(scope), name, text, filter=f"{shown} since:{off.hours}h")
