"""One rule under watch: what it found last, and the lives of its alerts."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.table import KINDS, Find
from hl7console.engine.alerts.life import Change, Life
from hl7console.engine.alerts.schedule import is_in_force
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import AlertKind, AlertRule

HOURS_OVER = "It ended because the hours of its rule were over."
RULE_GONE = "It ended because its rule was removed, changed or switched off."
SUBJECT_GONE = "It ended because there is no such interface any more, or it was switched off."

MOST_FINDINGS = 20_000
"""Findings of one rule that are followed."""

FREE_S = 0.002
"""Processor time that a look may take without being paced, in seconds; not of one that reads."""

READING = frozenset({AlertKind.SEQUENCE, AlertKind.FILTER, AlertKind.REFUSED_RUN})
"""Kinds that read messages."""

log = logging.getLogger(__name__)

Key = tuple[str, str]


@dataclass(slots=True)
class Watched:
    """One alert of a rule, with what is still to be written of it."""

    life: Life
    is_dirty: bool = False
    """Whether its record is to be written."""
    news: list[str] = field(default_factory=list)
    """What is still to be told: ``onset``, ``recovery``."""
    written_us: int = 0


class WatchedRule:
    """One rule. One thread.

    Args:
        rule: The rule.
    """

    def __init__(self, rule: AlertRule) -> None:
        self.rule = rule
        self._free_s = 0.0 if rule.kind in READING else FREE_S
        self._rests_until_s = 0.0
        self.alerts: dict[Key, Watched] = {}
        self.problem = ""
        """Why it could not be looked at, without a peer's texts; empty when it could."""
        kind = KINDS.get(rule.kind)
        self._find: Find | None = kind.make() if kind is not None else None
        self._every_us = int((kind.every_s if kind is not None else 1.0) * 1_000_000)
        self._due_us = 0
        self._looked_us = 0
        self._findings: dict[Key, Finding] = {}

    def skipped(self, now_us: int) -> None:
        """Note that nobody looked until now."""
        self._due_us = 0
        self._findings = {}
        for watched in self.alerts.values():
            watched.life.skipped(now_us)

    def step(self, facts: Facts, share: float = 0.0) -> Iterator[tuple[Key, Watched, Change]]:
        """Look, if it is time to, and yield the alerts that changed.

        Args:
            facts: What is known in this turn.
            share: Part of a processor that its looks may take; what is too much waits. 0 for any.
        """
        if not self.rule.enabled or self._find is None:
            yield from self.end_all(facts.now_us, RULE_GONE)
            return
        if not is_in_force(self.rule, facts.local):
            self._findings, self._due_us = {}, 0
            yield from self.end_all(facts.now_us, HOURS_OVER)
            return
        is_due = not self._looked_us <= facts.now_us < self._due_us
        if is_due and not self._rests() and not self._look_paced(facts, share):
            return  # nothing is known: nothing begins, and nothing ends
        yield from self._take(facts)

    def _rests(self) -> bool:
        return bool(self._due_us) and time.monotonic() < self._rests_until_s

    def _look_paced(self, facts: Facts, share: float) -> bool:
        begun_s = time.thread_time()
        is_known = self._look(facts)
        spent_s = time.thread_time() - begun_s
        if share and spent_s > self._free_s:
            self._rests_until_s = time.monotonic() + spent_s / share
        return is_known

    def _look(self, facts: Facts) -> bool:
        found: dict[Key, Finding] = {}
        try:
            for finding in self._find(self.rule, facts) if self._find is not None else ():
                found[finding.key] = finding
                if len(found) >= MOST_FINDINGS:
                    break
        except ConsoleError as error:
            self._fail(error.text)
            return False
        except Exception as error:  # noqa: BLE001 - one rule must not stop the others
            if not self.problem:  # without its text, which may hold what a message says
                log.error("The alert rule %s failed (%s).", self.rule.name, type(error).__name__)  # noqa: TRY400
            self._fail("there is a fault in the program")
            return False
        self.problem = ""
        self._findings = found
        self._looked_us = facts.now_us
        self._due_us = facts.now_us + self._every_us
        return True

    def _fail(self, why: str) -> None:
        self.problem = f"The alert rule {self.rule.name} cannot be looked at: {why.rstrip('.')}."

    def _take(self, facts: Facts) -> Iterator[tuple[Key, Watched, Change]]:
        now_us = facts.now_us
        gone = facts.gone_interfaces(key for key in self.alerts if key not in self._findings)
        for key in [*self.alerts, *(key for key in self._findings if key not in self.alerts)]:
            watched = self.alerts.get(key)
            if watched is None:
                watched = self.alerts[key] = Watched(Life())
            if watched.life.record is not None and watched.life.record.ended_at_us:
                continue  # its end is not written yet
            if key in gone:
                change = watched.life.end(now_us, SUBJECT_GONE)
            else:
                change = watched.life.step(now_us, self._findings.get(key), self.rule)
            if change is not Change.NONE:
                yield key, watched, change
            elif watched.life.is_over and not watched.is_dirty:
                del self.alerts[key]

    def end_all(self, now_us: int, text: str) -> Iterator[tuple[Key, Watched, Change]]:
        """End all alerts, whatever is found."""
        for key, watched in list(self.alerts.items()):
            if watched.life.end(now_us, text) is Change.ENDED:
                yield key, watched, Change.ENDED
            elif not watched.is_dirty:
                del self.alerts[key]
