"""Spans of reports: local days, weeks and months, whatever the clocks do, and their steps."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.reports.reading import most_steps, pieces_of
from hl7console.engine.reports.spans import (
    DAY_S,
    HOUR_S,
    ReportSpan,
    SpanKind,
    day_of,
    month_of,
    read_span,
    span_of,
    week_of,
)
from hl7console.errors import UsageError


def at(*parts: int) -> datetime:
    """Return a local time, as people say it."""
    return datetime(*parts)  # noqa: DTZ001


NOW = at(2026, 3, 31, 10, 30)


@pytest.fixture
def berlin(monkeypatch):
    if not hasattr(time, "tzset"):
        pytest.skip("the zone of a process cannot be changed here")
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def test_without_a_word_it_is_yesterday():
    span = read_span(NOW)
    assert (span.kind, span.title) == (SpanKind.DAY, "Monday 30 March 2026")


def test_days_weeks_and_months_are_named():
    assert read_span(NOW, day="2026-02-28").title == "Saturday 28 February 2026"
    assert read_span(NOW, week="2026-01-01").title == "Week 1: 29 December to 4 January 2026"
    assert read_span(NOW, month="2026-02").title == "February 2026"
    assert read_span(NOW, month="2026-02-17") == read_span(NOW, month="2026-02")


def test_a_span_takes_whole_days_at_its_end():
    span = read_span(NOW, since="2026-03-01", until="2026-03-02")
    assert span.until_s == day_of(at(2026, 3, 3)).since_s
    assert read_span(NOW, since="6h").length_s == 6 * HOUR_S + 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"day": "2026-02-30"},
        {"day": "soon"},
        {"day": "1969-12-31"},
        {"month": "9999-12"},
        {"since": "0001-01-01", "until": "today"},
        {"month": "2026-13"},
        {"day": "today", "week": "today"},
        {"until": "today"},
        {"since": "today", "until": "yesterday"},
        {"since": "2020-01-01"},
        {"day": "today", "since": "2h"},
    ],
)
def test_what_is_no_span_is_refused(wrong):
    with pytest.raises(UsageError):
        read_span(NOW, **wrong)


def test_the_day_on_which_clocks_are_put_forward_is_short(berlin):
    day = day_of(at(2026, 3, 29, 12))
    assert day.length_s == 23 * HOUR_S
    assert len(day.steps()) - 1 == 23
    assert day_of(at(2026, 10, 25, 12)).length_s == 25 * HOUR_S
    week = week_of(at(2026, 3, 29, 12))
    assert week.length_s == 7 * DAY_S - HOUR_S
    lengths = [b - a for a, b in pairwise(week.steps())]
    assert lengths == [DAY_S] * 6 + [23 * HOUR_S]


def test_what_it_is_compared_with_ends_where_it_should(berlin):
    month = month_of(at(2026, 3, 15))
    before, title = month.before()
    assert (before.title, before.until_s, title) == (
        "February 2026", month.since_s, "the month before",
    )  # fmt: skip
    assert week_of(at(2026, 4, 1)).before()[0].until_s == week_of(at(2026, 4, 1)).since_s
    assert day_of(at(2026, 4, 1)).before()[0].title == "Wednesday 25 March 2026"


seconds = st.integers(
    int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()),
    int(datetime(2030, 1, 1, tzinfo=UTC).timestamp()),
)
spans = st.builds(
    lambda since, length: span_of(since, since + length), seconds, st.integers(1, 700 * DAY_S)
)


@given(spans)
def test_steps_fill_a_span_and_stay_few(span: ReportSpan):
    for bounds in (span.steps(), span.days()):
        assert (bounds[0], bounds[-1]) == (span.since_s, span.until_s)
        assert all(a < b for a, b in pairwise(bounds))
    assert len(span.steps()) <= 105
    assert all(span.step_label(at_s) for at_s in span.steps())


@given(spans)
def test_pieces_fill_a_span_without_overlap(span: ReportSpan):
    pieces = pieces_of(span.since_s, span.until_s)
    assert (pieces[0][0], pieces[-1][1]) == (span.since_s, span.until_s)
    assert all(a[1] == b[0] for a, b in pairwise(pieces))
    for piece in pieces:
        assert most_steps(piece) >= 1
        # What is read where two of them meet belongs to one of them only.
        inner = {p[0] for p in pieces[1:]}
        assert all(at_s % piece[2] == 0 for at_s in inner & {piece[0], piece[1]})
