"""Takes a turn over all rules: what began, what ended, what is told to whom.

No thread and no clock of its own. Every alert and what is to be told of it are written in one
transaction; what could not be written is written later, and told once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from hl7console.engine.alerts.facts import Facts, Sources
from hl7console.engine.alerts.life import Change, Life
from hl7console.engine.alerts.watched_rule import READING, RULE_GONE, Watched, WatchedRule
from hl7console.settings.alerts import SEVERITIES, AlertBook, AlertKind, AlertRule
from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import NoticeWanted

LONGEST_GAP_US = 120 * 1_000_000
"""A longer time between two turns counts as a sleep: nobody looked."""

WRITE_EVERY_US = 60 * 1_000_000
"""How often a text that changes is written."""

IDLE_SHARE = 0.1
"""Part of a processor that rules may take while nothing is received; less, the more is."""

BUSY_PER_S = 1000.0
"""Messages a second from which on they take no more than the part that was asked for."""

SHOWN = 200
"""Open alerts in a snapshot."""

SAME = "@same"
"""In `AlertRule.depends_on`: the interface that the alert is about."""

Keep = Callable[[Sequence[AlertRecord], Sequence[NoticeWanted], int], Sequence[AlertRecord]]
"""Writes alerts with what is to be told of them, and returns them with their ids."""


@dataclass(slots=True)
class _Due:
    rule: WatchedRule
    watched: Watched
    record: AlertRecord


class AlertWatch:
    """The alerts of one engine. One thread.

    Args:
        sources: Where facts come from.
        keep: Writes; raises a `ConsoleError` where it cannot.
        opened: The alerts that were open when the program ended last.
        longest_gap_us: A longer time between two turns counts as a sleep.
        share: Part of a processor that all rules together may take while much is received; those
            that read messages follow behind then. 0 for any.
    """

    def __init__(
        self,
        sources: Sources,
        keep: Keep,
        opened: Iterable[AlertRecord] = (),
        *,
        longest_gap_us: int = LONGEST_GAP_US,
        share: float = 0.0,
    ) -> None:
        self.sources = sources
        self._keep = keep
        self._rules: dict[str, WatchedRule] = {}
        self._leaving: list[WatchedRule] = []
        self._opened = list(opened)
        self._book: AlertBook | None = None
        self._turn_us = 0
        self._awake_since_us = 0
        self._longest_gap_us = longest_gap_us
        self._share = share
        self._readers = 1
        self.version = 0
        """Grows when an alert changed."""
        self.problem = ""
        """Why a rule could not be looked at; empty when all could."""

    def step(self, now_us: int, book: AlertBook) -> None:
        """Take a turn.

        Raises:
            ConsoleError: What changed could not be written; the next turn tries again.
        """
        if self._book is not book:
            self._set_book(book, now_us)
        self._note_gap(now_us)
        facts = Facts(
            self.sources, now_us, book.normal, self._awake_since_us, readers=self._readers
        )
        share = self._share_of_each(facts)
        for rule in self._rules.values():
            for _, watched, change in rule.step(facts, share):
                self._note(watched, change, now_us)
        self._silence()
        self._write(now_us, book)
        self.problem = next((r.problem for r in self._rules.values() if r.problem), "")

    def _share_of_each(self, facts: Facts) -> float:
        """Return what each rule may take of what receiving leaves them; 0 for any."""
        if not self._share:
            return 0.0
        idle = IDLE_SHARE * (1 - facts.snapshot.received_per_s / BUSY_PER_S)
        return max(self._share, idle) / self._readers

    def _note_gap(self, now_us: int) -> None:
        is_gap = not -5_000_000 <= now_us - self._turn_us <= self._longest_gap_us
        if not self._turn_us or is_gap:
            self._awake_since_us = now_us
            for rule in self._rules.values():
                rule.skipped(now_us)
        self._turn_us = now_us

    def _set_book(self, book: AlertBook, now_us: int) -> None:
        kept: dict[str, WatchedRule] = {}
        for rule in book.rules:
            before = self._rules.pop(rule.name, None)
            if before is not None and before.rule == rule:
                kept[rule.name] = before  # with all that it remembers
                continue
            kept[rule.name] = made = WatchedRule(rule)
            if before is not None and before.rule.kind == rule.kind:
                made.alerts = before.alerts
            elif before is not None:
                self._leave(before, now_us)
        for gone in self._rules.values():
            self._leave(gone, now_us)
        self._rules = kept
        reading = (one.rule.enabled and one.rule.kind in READING for one in kept.values())
        self._readers = max(sum(reading), 1)
        for record in self._opened:
            self._take_up(record, now_us)
        self._opened = []
        self._book = book

    def _take_up(self, record: AlertRecord, now_us: int) -> None:
        """Go on with an alert that was open when the program ended."""
        rule = self._rules.get(record.rule)
        life = Life(record)
        life.skipped(now_us)
        watched = Watched(life, written_us=now_us)
        if rule is not None and rule.rule.kind == record.kind:
            rule.alerts[record.scope, record.subject] = watched
            return
        left = WatchedRule(AlertRule(record.rule, record.kind))
        left.alerts[record.scope, record.subject] = watched
        self._leave(left, now_us)

    def _leave(self, rule: WatchedRule, now_us: int) -> None:
        for _, watched, change in rule.end_all(now_us, RULE_GONE):
            self._note(watched, change, now_us)
        if rule.alerts:
            self._leaving.append(rule)

    def _note(self, watched: Watched, change: Change, now_us: int) -> None:
        record = watched.life.record
        if record is None:
            return
        if change is Change.BEGAN:
            watched.news.append("onset")
        elif change is Change.ENDED:
            if "onset" in watched.news:
                watched.news.remove("onset")  # over before anybody was told
            else:
                watched.news.append("recovery")
        elif now_us - watched.written_us < WRITE_EVERY_US:
            return  # shown as it is; written when it is time
        watched.is_dirty = True
        self.version += 1

    # Who is told.

    def _silence(self) -> None:
        """Keep what hangs on an interface that is down from being told.

        An interface that may be down, but waits for its own alert to count, silences as well: who
        waits shorter must not be told first. What was told before stays as it is.
        """
        down = {
            subject
            for rule in self._rules.values()
            if rule.rule.kind == AlertKind.CONNECTION
            for (_, subject), watched in rule.alerts.items()
            if subject and watched.life.is_bad
        }
        for rule in self._rules.values():
            if rule.rule.depends_on:
                self._silence_rule(rule, down)

    def _silence_rule(self, rule: WatchedRule, down: set[str]) -> None:
        is_connection = rule.rule.kind == AlertKind.CONNECTION
        for (_, subject), watched in rule.alerts.items():
            record = watched.life.record
            if record is None or record.ended_at_us:
                continue
            names = [subject if name == SAME else name for name in rule.rule.depends_on]
            if is_connection:
                names = [name for name in names if name != subject]
            by = next((name for name in names if name in down), "")
            was_told = not record.silenced_by and "onset" not in watched.news
            if was_told or by == record.silenced_by:
                continue
            if not by and "onset" not in watched.news:
                watched.news.append("onset")  # silenced before the program was started again
            watched.life.record = replace(record, silenced_by=by)
            watched.is_dirty = True
            self.version += 1

    def _write(self, now_us: int, book: AlertBook) -> None:
        due = [
            _Due(rule, watched, watched.life.record)
            for rule in (*self._rules.values(), *self._leaving)
            for watched in rule.alerts.values()
            if watched.is_dirty and watched.life.record is not None
        ]
        if not due:
            return
        notices = self._notices(due, now_us, book)
        kept = self._keep([one.record for one in due], notices, now_us)
        for one, record in zip(due, kept, strict=True):
            one.watched.is_dirty = False
            one.watched.written_us = now_us
            if not record.silenced_by or record.ended_at_us:
                one.watched.news.clear()
            one.watched.life.record = record
            if record.ended_at_us:
                one.rule.alerts.pop((record.scope, record.subject), None)
        self._leaving = [rule for rule in self._leaving if rule.alerts]

    @staticmethod
    def _notices(due: Sequence[_Due], now_us: int, book: AlertBook) -> list[NoticeWanted]:
        told: dict[tuple[str, str], list[int]] = {}
        for place, one in enumerate(due):
            if one.record.silenced_by or one.record.snoozed_until_us > now_us:
                continue
            for what in one.watched.news:
                for channel in one.rule.rule.channels:
                    told.setdefault((channel, what), []).append(place)
        notices: list[NoticeWanted] = []
        for (channel, what), places in told.items():
            if what == "onset" and len(places) > book.group_above:
                notices.append(NoticeWanted(tuple(places), channel, "group"))
            else:
                notices += [NoticeWanted((place,), channel, what) for place in places]
        return notices

    # What others see.

    def _open(self) -> list[AlertRecord]:
        found = []
        for rule in self._rules.values():
            for watched in rule.alerts.values():
                record = watched.life.record
                if record is not None and not record.ended_at_us:
                    found.append(record)
        return found

    def open_alerts(self) -> tuple[tuple[AlertRecord, ...], int]:
        """Return open alerts, worst first, then newest first, and how many there are."""
        found = [record for record in self._open() if record.id]
        found.sort(key=lambda r: (-SEVERITIES.index(r.severity), -r.onset_at_us, -r.id))
        return tuple(found[:SHOWN]), len(found)

    def take_said(self, records: Iterable[AlertRecord]) -> None:
        """Take over what people said of alerts: acknowledged, snoozed, noted."""
        said = {record.id: record for record in records}
        for rule in self._rules.values():
            for watched in rule.alerts.values():
                record = watched.life.record
                told = said.get(record.id) if record is not None else None
                if record is None or told is None:
                    continue
                watched.life.record = replace(
                    record,
                    acknowledged_at_us=told.acknowledged_at_us,
                    acknowledged_by=told.acknowledged_by,
                    note=told.note,
                    snoozed_until_us=told.snoozed_until_us,
                )
        self.version += 1
