"""Runs of refusals: messages refused one after the other, with none taken between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.subjects import is_about, quoted, since, titled
from hl7console.settings.alerts import AlertRule
from hl7console.store.measures.records import Scope
from hl7console.store.records import DeliveryState
from hl7console.store.watched_messages import By, Sample, WatchedMessages

USUAL_REFUSED_RUN = 10

LOOK_BACK_IDS = 10_000
"""Messages before the start that a run may have begun in: it goes on over a restart."""

LOOK_BACK_US = 7 * 86_400 * 1_000_000
"""What came longer ago is not looked at."""

LOOK_BACK_ATTEMPTS = 1_000

MOST_RUNS = 5_000
"""Runs that are followed; senders can make up any number of names."""

_ACCEPTED = (DeliveryState.ACCEPTED, DeliveryState.COMMITTED)


@dataclass(slots=True)
class _Run:
    count: int = 0
    first_id: int = 0
    last_id: int = 0
    first: Sample = field(default_factory=Sample)


class RefusedRuns:
    """Finds listeners, senders and destinations whose last messages were all refused.

    A run is a state, not an event: where the program starts, it is taken from what is stored.
    """

    def __init__(self) -> None:
        self._runs: dict[tuple[Scope, str], _Run] = {}
        self._after_id: int | None = None
        self._after_attempt = -1
        self._open_attempts: tuple[int, ...] = ()

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return those with a run of the rule's length or more."""
        watched = facts.sources.watched
        if watched is None:
            return
        self._follow_messages(rule, facts, watched)
        self._follow_attempts(facts, watched)
        limit = max(int(rule.limit), 0) or USUAL_REFUSED_RUN
        long = {key: run for key, run in self._runs.items() if run.count >= limit}
        self._name(long, watched)
        there = {("listener", one.name) for one in facts.sources.listeners() if one.enabled}
        there |= {("destination", one.name) for one in facts.sources.destinations() if one.enabled}
        for (scope, name), run in long.items():
            is_gone = there and scope != Scope.SENDER and (str(scope), name) not in there
            if not is_gone and is_about(rule, name):
                yield _finding(scope, name, run)

    def _follow_messages(self, rule: AlertRule, facts: Facts, watched: WatchedMessages) -> None:
        last_id = facts.last_message_id
        since_us = 0
        after_id = self._after_id
        if after_id is None:
            after_id, since_us = max(last_id - LOOK_BACK_IDS, 0), facts.now_us - LOOK_BACK_US
        if last_id > after_id:
            asked: tuple[tuple[Scope, By], ...] = ((Scope.LISTENER, "interface"),)
            if rule.subjects:
                asked = (*asked, (Scope.SENDER, "sender"))
            found = [(scope, watched.refused_runs(by, after_id, last_id, since_us))
                     for scope, by in asked]  # fmt: skip
            for scope, runs in found:
                for new in runs:
                    key = (scope, new.name)
                    if new.is_broken:
                        self._runs.pop(key, None)
                    if new.count:
                        self._add(key, new.count, new.first_id, new.last_id)
        self._after_id = max(last_id, after_id)

    def _follow_attempts(self, facts: Facts, watched: WatchedMessages) -> None:
        last = watched.last_attempt_id()
        since_us = 0
        if self._after_attempt < 0:
            self._after_attempt = max(last - LOOK_BACK_ATTEMPTS, 0)
            since_us = facts.now_us - LOOK_BACK_US
        # A number is given again where the last attempts were deleted.
        after = min(self._after_attempt, last)
        if last == after and not self._open_attempts:
            return
        still_open = []
        for one in watched.attempts(after, last, self._open_attempts, since_us):
            key = (Scope.DESTINATION, one.destination)
            if one.is_open:
                still_open.append(one.id)
            elif one.state in _ACCEPTED:
                self._runs.pop(key, None)
            elif one.state == DeliveryState.REJECTED:
                self._add(key, 1, one.message_id, one.message_id)
        self._after_attempt, self._open_attempts = last, tuple(still_open)

    def _add(self, key: tuple[Scope, str], count: int, first_id: int, last_id: int) -> None:
        run = self._runs.get(key)
        if run is None:
            if len(self._runs) >= MOST_RUNS:
                return
            run = self._runs[key] = _Run(first_id=first_id)
        run.count += count
        run.last_id = last_id

    @staticmethod
    def _name(runs: dict[tuple[Scope, str], _Run], watched: WatchedMessages) -> None:
        """Find out the control ids of the runs that have none yet; in one step."""
        unknown = [run for run in runs.values() if not run.first.id]
        samples = watched.samples([run.first_id for run in unknown]) if unknown else {}
        for run in unknown:
            run.first = samples.get(run.first_id, Sample(run.first_id))


def _finding(scope: Scope, name: str, run: _Run) -> Finding:
    if scope == Scope.DESTINATION:
        text = f"{name} refused the last {run.count:,} messages that it was sent."
        shown = f"destination:{quoted(name)}"
    else:
        text = f"The last {run.count:,} messages of {titled(scope, name)} were all refused."
        parts = [f"listener:{quoted(name)}"]
        if scope == Scope.SENDER:
            parts = [f"from:{quoted(name)}"]
        parts += ["(status:rejected or status:error)", since(run.first.received_at_us)]
        shown = " ".join(part for part in parts if part)
    since_us = 0 if scope == Scope.DESTINATION else run.first.received_at_us
    return Finding(str(scope), name, text, since_us, run.first.control_id, run.first_id, shown)
