"""Messages counted within a span: control ids used before, and what matches a filter."""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.feeds import shown
from hl7console.engine.alerts.kinds.subjects import is_about, quoted, since, titled
from hl7console.engine.alerts.life import duration
from hl7console.hl7v2.filters import (
    And,
    FilterError,
    Query,
    ReceivedSince,
    TextMatch,
    leaves,
    parse,
    reads_message,
)
from hl7console.settings.alerts import AlertRule
from hl7console.store.measures.records import Scope
from hl7console.store.records import Origin
from hl7console.store.watched_messages import Arrivals, By, Sample, WatchedMessages

USUAL_DUPLICATES = 5
USUAL_DUPLICATES_SPAN_S = 900.0
USUAL_MATCHES = 1
USUAL_MATCHES_SPAN_S = 600.0

LOOK_BACK_IDS = 20_000
"""The newest messages, in which a sample is looked for, and a filter's span at its start."""

MOST_UNINDEXED = 5_000
"""Newest messages that a filter on the content waits for the full-text index with."""

MOST_READ = 500
"""Messages that one look reads one by one, where the index is further behind than that."""

MOST_AT_ONCE = 2_000
"""Messages that one look asks for their content; the next look goes on."""

READ_AT_ONCE = 20_000
"""Matching messages that are counted in one step."""

SLICES = 60
"""Parts that a span is counted in."""

MOST_SUBJECTS = 2_000


class Duplicates:
    """Finds interfaces that brought messages with control ids that were used before."""

    def __init__(self) -> None:
        self._looked_id = -1
        self._last: dict[Scope, dict[str, Sample]] = {}

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return the listeners, and of the rule's subjects the senders too."""
        limit = max(int(rule.limit), 0) or USUAL_DUPLICATES
        span_s = int(rule.span_s or USUAL_DUPLICATES_SPAN_S)
        for scope in (Scope.LISTENER, Scope.SENDER) if rule.subjects else (Scope.LISTENER,):
            for name, total in facts.totals(scope, span_s).items():
                if total.duplicates < limit or not is_about(rule, name):
                    continue
                of = titled(scope, name)
                text = (
                    f"{_messages(total.duplicates)} of {of} within {duration(span_s * 1_000_000)}"
                    " had a control ID that was used before."
                )
                sample = self._sample(scope, name, facts)
                expression = f"{shown(scope, name)} status:duplicate"
                yield Finding(str(scope), name, text, 0, sample.control_id, sample.id, expression)

    def _sample(self, scope: Scope, name: str, facts: Facts) -> Sample:
        watched = facts.sources.watched
        if watched is None:
            return Sample()
        last_id = facts.last_message_id
        if last_id != self._looked_id:
            self._looked_id, self._last = last_id, {}
        if scope not in self._last:
            by: By = "sender" if scope is Scope.SENDER else "interface"
            ids = watched.last_duplicates(by, max(last_id - LOOK_BACK_IDS, 0), last_id)
            samples = watched.samples(ids.values())
            self._last[scope] = {n: samples.get(id_, Sample()) for n, id_ in ids.items()}
        return self._last[scope].get(name, Sample())


@dataclass(slots=True)
class _Count:
    """Matching messages of one subject, in slices of time."""

    slices: deque[tuple[int, int]] = field(default_factory=deque)
    last_id: int = 0

    @property
    def total(self) -> int:
        """How many there are."""
        return sum(count for _, count in self.slices)

    def add(self, slice_: int, count: int, last_id: int) -> None:
        """Count messages."""
        self.slices.append((slice_, count))
        self.last_id = max(self.last_id, last_id)
        if len(self.slices) > 4 * SLICES:
            merged: dict[int, int] = {}
            for at, more in self.slices:
                merged[at] = merged.get(at, 0) + more
            self.slices = deque(sorted(merged.items()))

    def forget(self, first: int, last: int) -> None:
        """Leave only the slices of a span: after a clock has jumped, others may be there."""
        self.slices = deque(one for one in self.slices if first <= one[0] <= last)


class Matches:
    """Finds listeners of whose messages too many match the rule's filter within its span.

    Where the program starts, the span is looked back over; messages longer ago are no news.
    """

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], _Count] = {}
        self._after_id: int | None = None

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return a finding for each listener; one for all that was not received."""
        watched = facts.sources.watched
        if watched is None:
            return
        span_us = int((rule.span_s or USUAL_MATCHES_SPAN_S) * 1_000_000)
        width_us = max(span_us // SLICES, 1_000_000)
        since_us = facts.now_us - span_us
        self._take_new(rule, facts, watched, width_us, since_us)
        for key in list(self._counts):
            self._counts[key].forget(since_us // width_us, facts.now_us // width_us)
            if not self._counts[key].slices:
                del self._counts[key]
        limit = max(int(rule.limit), 0) or USUAL_MATCHES
        many = {key: count for key, count in self._counts.items() if count.total >= limit}
        samples = watched.samples([count.last_id for count in many.values()]) if many else {}
        for (scope, name), count in many.items():
            whose = f" of {name}" if name else ""
            verb = "matches" if count.total == 1 else "match"
            text = (
                f"{_messages(count.total)}{whose} within {duration(span_us)} {verb} the filter of"
                f" the rule {rule.name}."
            )
            sample = samples.get(count.last_id, Sample())
            parts = (f"({rule.filter})", f"listener:{quoted(name)}" if name else "",
                     since(since_us))  # fmt: skip
            expression = " ".join(part for part in parts if part)
            yield Finding(scope, name, text, 0, sample.control_id, sample.id, expression)

    def _take_new(
        self, rule: AlertRule, facts: Facts, watched: WatchedMessages, width_us: int, since_us: int
    ) -> None:
        reader = facts.sources.messages
        query = _query(rule, facts, since_us)
        last_id = facts.last_message_id
        after_id = self._after_id
        if after_id is None:
            after_id = max(last_id - LOOK_BACK_IDS, 0)
        if query is not None and _asks_content(query):
            # To read messages one by one costs a hundred times as much as to ask the index.
            unindexed_id = min(last_id - MOST_UNINDEXED, after_id + facts.portion(MOST_READ))
            last_id = min(max(watched.indexed_id(), unindexed_id), last_id)
            last_id = min(last_id, after_id + facts.portion(MOST_AT_ONCE))
        if last_id <= after_id or reader is None:
            self._after_id = max(last_id, after_id)
            return
        ids = reader.new_ids(query, after_id, last_id) if query is not None else array("q")
        found: list[Arrivals] = []
        for start in range(0, len(ids), READ_AT_ONCE):
            found += watched.arrivals(ids[start : start + READ_AT_ONCE], width_us, since_us)
        for one in found:
            if is_about(rule, one.interface) or is_about(rule, one.sender):
                self._count(one)
        self._after_id = last_id

    def _count(self, one: Arrivals) -> None:
        key = ("listener", one.interface) if one.origin == Origin.RECEIVED else ("engine", "")
        if key not in self._counts:
            if len(self._counts) >= MOST_SUBJECTS:
                return
            self._counts[key] = _Count()
        self._counts[key].add(one.slice, one.count, one.last_id)


def _query(rule: AlertRule, facts: Facts, since_us: int) -> Query | None:
    try:
        root = parse(rule.filter, now=facts.local).root
    except FilterError:
        return None  # such a rule cannot be saved
    if root is None:
        return None
    return Query("", And((root, ReceivedSince(since_us, False, (0, 0)))))


def _asks_content(query: Query) -> bool:
    return any(reads_message(one) or isinstance(one, TextMatch) for one in leaves(query.root))


def _messages(count: int) -> str:
    return f"{count:,} message{'' if count == 1 else 's'}"
