"""The spans that the report's dialog offers."""

from __future__ import annotations

from datetime import datetime, timedelta

from hl7console.engine.reports.spans import ReportSpan, day_of, month_of, span_of, week_of

DAY, WEEK, MONTH, SPAN = "day", "week", "month", "span"

OFFERED = (
    ("yesterday", "Yesterday"),
    ("today", "Today, so far"),
    ("last-week", "Last week"),
    ("this-week", "This week, so far"),
    ("last-month", "Last month"),
    ("this-month", "This month, so far"),
    (DAY, "A day…"),
    (WEEK, "The week with a day…"),
    (MONTH, "The month with a day…"),
    (SPAN, "From one time until another…"),
)
"""Key and words of each; the last four need a day, or two times."""


def span_offered(key: str, now: datetime, day: datetime, until: datetime) -> ReportSpan:
    """Return a span that is offered.

    Args:
        key: The first part of one of `OFFERED`.
        now: The present, local and naive as the others.
        day: The day that was chosen, or where the span begins.
        until: Where the span ends, for `SPAN`.

    Raises:
        UsageError: It ends before it begins, or is too long.
    """
    if key == SPAN:
        return span_of(int(day.timestamp()), int(until.timestamp()))
    monday = now - timedelta(days=now.weekday())
    made = {
        "yesterday": lambda: day_of(now - timedelta(days=1)),
        "today": lambda: day_of(now),
        "last-week": lambda: week_of(monday - timedelta(days=7)),
        "this-week": lambda: week_of(now),
        "last-month": lambda: month_of(now.replace(day=1) - timedelta(days=1)),
        "this-month": lambda: month_of(now),
        DAY: lambda: day_of(day),
        WEEK: lambda: week_of(day),
        MONTH: lambda: month_of(day),
    }
    return made[key]()


def file_name_of(span: ReportSpan, interface: str, ending: str) -> str:
    """Return a name for the file of a report, of letters that any system takes."""
    since = datetime.fromtimestamp(span.since_s)  # noqa: DTZ006 - local, as people read it
    when = f"{since:%Y-%m}" if span.kind == MONTH else f"{since:%Y-%m-%d}"
    if span.kind == WEEK:
        when = f"{since:%G}-week-{since:%V}"
    letters = "".join(c if c.isalnum() or c in "-_" else "-" for c in interface)
    about = f"-{letters.strip('-')}" if letters.strip("-") else ""
    return f"report{about}-{when}{ending}"
