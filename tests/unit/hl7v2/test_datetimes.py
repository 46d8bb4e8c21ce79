"""Dates and times."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.datetimes import date_problem, readable_date


@pytest.mark.parametrize(
    ("value", "type_", "shown"),
    [
        ("2026", "TS", "2026"),
        ("202602", "TS", "2026-02"),
        ("20260228", "TS", "2026-02-28"),
        ("2026022809", "DTM", "2026-02-28 09 h"),
        ("202602280930", "TS", "2026-02-28 09:30"),
        ("20260228093015", "TS", "2026-02-28 09:30:15"),
        ("20260228093015.1234+0100", "TS", "2026-02-28 09:30:15.1234 +01:00"),
        ("2026-0500", "TS", "2026 -05:00"),
        ("20240229", "DT", "2024-02-29"),
        ("0930", "TM", "09:30"),
        ("09", "TM", "09 h"),
        ("093015.5-0330", "TM", "09:30:15.5 -03:30"),
        ("20260228240000", "TS", "2026-02-28 24:00:00"),
        ("20260228235960", "TS", "2026-02-28 23:59:60"),
    ],
)
def test_good_ones(value, type_, shown):
    assert date_problem(value, type_) == ""
    assert readable_date(value, type_) == shown


@pytest.mark.parametrize(
    ("value", "type_", "problem"),
    [
        ("0000", "TS", "year"),
        ("20261301", "TS", "no month"),
        ("20260001", "TS", "no month"),
        ("20260230", "TS", "the month doesn't have"),
        ("20230229", "DT", "the month doesn't have"),
        ("20260100", "DT", "the month doesn't have"),
        ("2026010125", "TS", "hour above 23"),
        ("202601012401", "TS", "hour above 23"),
        ("202601012360", "TS", "minute above 59"),
        ("20260101235961", "TS", "second above 59"),
        ("2460", "TM", "hour above 23"),
        ("0999", "TM", "minute above 59"),
        ("20260101+1500", "TS", "time zone"),
        ("20260101+0160", "TS", "time zone"),
        ("202601", "TM", ""),
        ("2026-01-01", "DT", "form YYYY[MM[DD]]"),
        ("Aug 15, 1942", "TS", "form"),
        ("1234567", "TS", "form"),
        ("20110613122406637", "TS", "form"),
        ("20260101T1000", "TS", "form"),
        ("\u0662\u0660\u0662\u0666", "DT", "form"),
        ("20260101\n", "DT", "form"),
    ],
)
def test_bad_ones(value, type_, problem):
    if problem:
        assert problem in date_problem(value, type_)
        assert value == "0000" or value not in date_problem(value, type_)


def test_a_date_with_a_time_is_named_and_still_shown():
    assert "time of day" in date_problem("202601010930", "DT")
    assert readable_date("202601010930", "DT") == "2026-01-01 09:30"


@pytest.mark.parametrize("value", ["", "x", "20261301", "2026010125"])
def test_what_is_no_date_is_not_made_one(value):
    assert readable_date(value, "TS") == ""


@given(st.text(max_size=30), st.sampled_from(["DT", "TM", "DTM", "TS"]))
def test_any_text_is_judged(value, type_):
    date_problem(value, type_)
    readable_date(value, type_)


@given(st.datetimes())
def test_every_instant_is_good(moment):
    value = moment.strftime("%Y%m%d%H%M%S").zfill(14)
    assert date_problem(value, "DTM") == ""
    assert readable_date(value, "TS")
