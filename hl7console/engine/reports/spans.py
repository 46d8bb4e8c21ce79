"""The span of a report, in local time, and the steps that its plots have. No clock of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hl7console.errors import UsageError
from hl7console.hl7v2.filters.times import read_time

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400

MOST_DAYS = 732
"""Longest span of a report; older measures are not kept."""

EARLIEST_S, LATEST_S = 946_684_800, 7_258_118_400
"""From 2000 to 2200: nothing was measured before, and not all systems know later times."""

_MONTH = re.compile(r"(\d{4})-(\d{2})")
_SHORT_S = 2 * HOUR_S
_HOURLY_S = 2 * DAY_S + HOUR_S
_DAILY_S = 93 * DAY_S


class SpanKind(StrEnum):
    """How a span was asked for."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SPAN = "span"


@dataclass(frozen=True, slots=True)
class ReportSpan:
    """From when until when, and how that is called."""

    kind: str
    """A `SpanKind`."""
    since_s: int
    """UTC seconds since 1970."""
    until_s: int
    title: str

    @property
    def length_s(self) -> int:
        """How long it is, in seconds."""
        return self.until_s - self.since_s

    def before(self) -> tuple[ReportSpan, str]:
        """Return what it is compared with, and what that is called."""
        since = _local(self.since_s)
        if self.kind == SpanKind.DAY:
            return day_of(since - timedelta(days=7)), "the same day a week before"
        if self.kind == SpanKind.WEEK:
            return week_of(since - timedelta(days=7)), "the week before"
        if self.kind == SpanKind.MONTH:
            return month_of(since - timedelta(days=1)), "the month before"
        return span_of(self.since_s - self.length_s, self.since_s), "the same time before"

    def steps(self) -> tuple[int, ...]:
        """Return where the steps of plots begin, and at last where the span ends."""
        length_s = self.length_s
        if length_s <= _SHORT_S:
            return _even(self.since_s, self.until_s, 300)
        if length_s <= _HOURLY_S:
            return _even(self.since_s, self.until_s, HOUR_S)
        days = 1 if length_s <= _DAILY_S else 7
        return _of_days(self.since_s, self.until_s, days)

    def step_label(self, at_s: int) -> str:
        """Return what a step is called that begins then."""
        at = _local(at_s)
        if self.length_s <= _HOURLY_S:
            return f"{at:%H:%M}"
        if self.kind == SpanKind.WEEK:
            return f"{at:%a} {at.day}"
        if self.kind == SpanKind.MONTH:
            return str(at.day)
        return f"{at.day} {at:%b}"

    def days(self) -> tuple[int, ...]:
        """Return where its local days begin, and at last where it ends."""
        return _of_days(self.since_s, self.until_s, 1)


def _local(at_s: float) -> datetime:
    return datetime.fromtimestamp(at_s)  # noqa: DTZ006 - local, as people read it


def _at_s(local: datetime) -> int:
    return int(local.timestamp())


def _even(since_s: int, until_s: int, step_s: int) -> tuple[int, ...]:
    first_s = since_s // step_s * step_s + step_s
    return (since_s, *range(first_s, until_s, step_s), until_s)


def _of_days(since_s: int, until_s: int, days: int) -> tuple[int, ...]:
    """Return local midnights within a span, however long the days between are."""
    found = [since_s]
    day = _midnight(_local(since_s)) + timedelta(days=days)
    while _at_s(day) < until_s:
        found.append(_at_s(day))
        day += timedelta(days=days)
    return (*found, until_s)


def _midnight(local: datetime) -> datetime:
    return local.replace(hour=0, minute=0, second=0, microsecond=0)


def day_of(local: datetime) -> ReportSpan:
    """Return the day of a local time."""
    day = _midnight(local)
    title = f"{day:%A} {day.day} {day:%B %Y}"
    return ReportSpan(SpanKind.DAY, _at_s(day), _at_s(day + timedelta(days=1)), title)


def week_of(local: datetime) -> ReportSpan:
    """Return the week of a local time, from Monday on."""
    first = _midnight(local) - timedelta(days=local.weekday())
    last = first + timedelta(days=6)
    title = f"Week {first.isocalendar().week}: {first.day} {first:%B} to {last.day} {last:%B %Y}"
    return ReportSpan(SpanKind.WEEK, _at_s(first), _at_s(first + timedelta(days=7)), title)


def month_of(local: datetime) -> ReportSpan:
    """Return the month of a local time."""
    first = _midnight(local).replace(day=1)
    following = (first + timedelta(days=31)).replace(day=1)
    return ReportSpan(SpanKind.MONTH, _at_s(first), _at_s(following), f"{first:%B %Y}")


def span_of(since_s: int, until_s: int) -> ReportSpan:
    """Return any span.

    Raises:
        UsageError: It has no length, or is longer than measures are kept.
    """
    if until_s <= since_s:
        raise UsageError("The report's span has to end after it begins.")
    if until_s - since_s > MOST_DAYS * DAY_S:
        raise UsageError(
            "The report's span is longer than two years.", hint="Measures are kept for two years."
        )
    since, until = _local(since_s), _local(until_s)
    title = f"{since.day} {since:%B %Y, %H:%M} to {until.day} {until:%B %Y, %H:%M}"
    return ReportSpan(SpanKind.SPAN, since_s, until_s, title)


def read_span(
    now: datetime,
    *,
    day: str = "",
    week: str = "",
    month: str = "",
    since: str = "",
    until: str = "",
) -> ReportSpan:
    """Return the span that is asked for in words; without any, yesterday.

    Args:
        now: The present, naive and local.
        day: ``2026-01-05``, ``today`` or ``yesterday``.
        week: A day of the week.
        month: ``2026-01``, or a day of the month.
        since: A time as in filters: ``2h``, ``2026-01-05``, ``2026-01-05T10:00``; spans begin and
            end with a minute.
        until: The same; empty for the present.

    Raises:
        UsageError: More than one is asked for, or a time cannot be read.
    """
    asked = [text for text in (day, week, month, since or until) if text]
    if len(asked) > 1:
        raise UsageError("One span at a time: a day, a week, a month, or since and until.")
    if until and not since:
        raise UsageError("--until goes with --since.")
    if since:
        end_s = _time_of(until, now, is_end=True) if until else int(now.timestamp()) + 1
        since_s = _time_of(since, now, is_end=False) // MINUTE_S * MINUTE_S
        return span_of(since_s, -(-end_s // MINUTE_S) * MINUTE_S)
    made: Callable[[datetime], ReportSpan] = week_of if week else month_of if month else day_of
    text = day or week or month or "yesterday"
    found = _MONTH.fullmatch(text) if month else None
    return made(_local(_time_of(f"{text}-01" if found else text, now, is_end=False)))


def _time_of(text: str, now: datetime, *, is_end: bool) -> int:
    found = read_time(text, now)
    if found is None:
        raise UsageError(
            f"“{text}” is no time.", hint="Write 2026-01-05, today, yesterday or 2026-01-05T10:00."
        )
    at_s = (found.end_us if is_end else found.at_us) // 1_000_000
    if not EARLIEST_S <= at_s < LATEST_S:
        raise UsageError(f"There is nothing to report of “{text}”.")
    return at_s
