"""Tries a rule on history: when it would have fired. Changes and tells nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import datetime

from hl7console.engine.alert_commands import TryAlertRule
from hl7console.engine.alerts.life import duration
from hl7console.engine.alerts.past import (
    HOUR_S,
    OF_MEASURES,
    OF_MESSAGES,
    Clock,
    Span,
    past_sources,
)
from hl7console.engine.alerts.rules_file import checked
from hl7console.engine.alerts.watch import AlertWatch
from hl7console.engine.console import Console, JobReport
from hl7console.engine.jobs import EngineJob
from hl7console.errors import UsageError
from hl7console.settings.alerts import AlertBook, AlertKind, AlertRule
from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import NoticeWanted
from hl7console.store.measures.normal import local_time

LONGEST_SPAN_US = 400 * 86_400 * 1_000_000

LISTED = 200
"""Alerts that are listed; all are counted."""

TELL_EVERY = 100
"""Steps between two looks at whether it is to stop."""


def try_rule(console: Console, job: EngineJob, command: TryAlertRule) -> JobReport:
    """Find out when a rule would have fired. The job's thread.

    Raises:
        AlertFileError: The text has a mistake.
        UsageError: There is no such rule, it cannot be tried, or the span is none.
        ConsoleError: The databases cannot be read.
    """
    book = checked(command.text)
    rule = next((one for one in book.rules if one.name == command.rule), None)
    if rule is None:
        raise UsageError(f"There is no rule named {command.rule}.")
    if rule.kind not in OF_MESSAGES | OF_MEASURES:
        raise UsageError(
            f"A rule of the kind {rule.kind} cannot be tried: what it looks at is not kept."
        )
    if not 0 < command.until_us - command.since_us <= LONGEST_SPAN_US:
        raise UsageError("The span that a rule is tried on must be a year at most.")
    span = Span(command.since_us // 1_000_000, command.until_us // 1_000_000)
    with closing(console.open_measures()) as measures, closing(console.open_reader()) as reader:
        runs = measures.runs(span.since_s, span.until_s)
        if not runs:
            return JobReport(text="In that time nothing was measured, so there is nothing to try.")
        clock = Clock()
        trial = _Trial(book, rule, span)
        watch = AlertWatch(
            past_sources(console, (measures, reader), clock, span, rule.kind),
            trial.keep,
            longest_gap_us=int(1.5 * HOUR_S * 1_000_000),
        )
        for step, at_s in enumerate(_while_running(span.steps(rule.kind), runs)):
            if step % TELL_EVERY == 0:
                if job.is_cancelled:
                    return replace(trial.report(runs, is_whole=False), cancelled=True)
                share = (at_s - span.since_s) / max(span.until_s - span.since_s, 1)
                job.advance(0, text=f"{_day(at_s)}: {trial.told} so far", share=share)
            clock.now_s = at_s
            watch.step(at_s * 1_000_000, trial.book)
        if watch.problem:
            raise UsageError(watch.problem)
    return trial.report(runs, is_whole=True)


def _while_running(steps: Iterator[int], runs: Sequence[tuple[int, int]]) -> Iterator[int]:
    """Yield the steps at which the program ran: at the others nothing is known."""
    ahead = iter(runs)
    since_s, until_s = next(ahead)
    for at_s in steps:
        while at_s > until_s:
            found = next(ahead, None)
            if found is None:
                return
            since_s, until_s = found
        if at_s >= since_s:
            yield at_s


class _Trial:
    """What came of it so far.

    Args:
        book: The whole file.
        rule: The rule.
        span: What it is tried on.
    """

    def __init__(self, book: AlertBook, rule: AlertRule, span: Span) -> None:
        coarse = rule.kind in OF_MEASURES
        wait_s = 0.0 if coarse and rule.wait_s < HOUR_S else rule.wait_s
        self.book = replace(
            book, rules=(replace(rule, enabled=True, wait_s=wait_s, depends_on=(), channels=()),)
        )
        self._rule = rule
        self._span = span
        self._alerts: dict[int, AlertRecord] = {}

    @property
    def told(self) -> str:
        """How often it fired so far."""
        return _times(len(self._alerts))

    def _fired(self) -> str:
        return f"have fired {self.told}" if self._alerts else "not have fired"

    def keep(
        self, changed: Sequence[AlertRecord], _: Sequence[NoticeWanted], __: int
    ) -> Sequence[AlertRecord]:
        """Take alerts in place of the database."""
        kept = []
        for record in changed:
            one = record if record.id else replace(record, id=len(self._alerts) + 1)
            self._alerts[one.id] = one
            kept.append(one)
        return kept

    def report(self, runs: Sequence[tuple[int, int]], *, is_whole: bool) -> JobReport:
        """Return what is told of it."""
        first_s = max(self._span.since_s, runs[0][0])
        text = (
            f"From {_day(first_s)} to {_day(self._span.until_s)} it would"
            f" {self._fired()}{'' if is_whole else ', as far as it was tried'}."
        )
        if len(self._alerts) > LISTED:
            text += f" The first {LISTED} are listed."
        if self._rule.kind in OF_MEASURES and first_s < self._span.until_s - 2 * 86_400:
            text += " Older than two days, only whole hours are known."
        if self._rule.kind == AlertKind.SILENCE and not self._rule.limit:
            text += " What is normal is taken as it is learned now."
        rows = sorted(self._alerts.values(), key=lambda alert: (alert.onset_at_us, alert.id))
        return JobReport(text=text, details=tuple(_row(alert) for alert in rows[:LISTED]))


def _row(alert: AlertRecord) -> tuple[str, str]:
    lasted = "It went on until the end."
    if alert.ended_at_us:
        lasted = f"It lasted {duration(alert.ended_at_us - alert.onset_at_us)}."
    return _moment(alert.told_at_us // 1_000_000), f"{alert.text} {lasted}"


def _times(count: int) -> str:
    return "never" if not count else "once" if count == 1 else f"{count:,} times"


def _day(at_s: int) -> str:
    return f"{local_time(at_s):%Y-%m-%d}"


def _moment(at_s: int) -> str:
    moment: datetime = local_time(at_s)
    return f"{moment:%Y-%m-%d %H:%M}"
