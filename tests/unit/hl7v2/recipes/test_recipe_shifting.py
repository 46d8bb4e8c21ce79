"""Moving dates and times, and replacing by regular expressions.

Modules: hl7console.hl7v2.recipes.shifting, hl7console.hl7v2.recipes.replacing.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import DEFAULT
from hl7console.hl7v2.escapes import escape, unescape
from hl7console.hl7v2.recipes.replacing import PatternError, Replacement
from hl7console.hl7v2.recipes.shifting import OutOfRangeError, shifted

DAY, HOUR = 86_400, 3_600


@pytest.mark.parametrize(
    ("value", "seconds", "expected"),
    [
        ("20260228", DAY, "20260301"),
        ("20240228", DAY, "20240229"),
        ("20260101", -DAY, "20251231"),
        ("20260101", HOUR, "20260101"),
        ("20260101", -HOUR, "20260101"),
        ("202601312359", 60, "202602010000"),
        ("2026013123", HOUR, "2026020100"),
        ("20260131235959.1234+0100", 1, "20260201000000.1234+0100"),
        ("202601", 40 * DAY, "202602"),
        ("202601", -40 * DAY, "202512"),
        ("202601", DAY, "202601"),
        ("2026", 400 * DAY, "2027"),
        ("2026", -DAY, "2026"),
        ("20261332", DAY, "20261332"),
        ("soon", DAY, "soon"),
        ("", DAY, ""),
    ],
)
def test_dates_keep_precision_and_zone(value: str, seconds: int, expected: str):
    assert shifted(value, seconds) == expected


@pytest.mark.parametrize(
    ("value", "seconds", "expected"),
    [("2330", HOUR, "0030"), ("0030", -HOUR, "2330"), ("10", 90, "10"), ("101112", -DAY, "101112")],
)
def test_times_go_round_at_midnight(value: str, seconds: int, expected: str):
    assert shifted(value, seconds, is_time=True) == expected


def test_the_calendar_ends():
    for value, seconds in (("99991231", DAY), ("00010101", -DAY), ("9999", 800 * DAY)):
        with pytest.raises(OutOfRangeError):
            shifted(value, seconds)


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)),  # noqa: DTZ001
    st.integers(-(10**8), 10**8),
)
def test_to_the_second_it_is_what_the_calendar_says(moment: datetime, seconds: int):
    moved = moment.replace(microsecond=0) + timedelta(seconds=seconds)
    assert shifted(f"{moment:%Y%m%d%H%M%S}", seconds) == f"{moved:%Y%m%d%H%M%S}"


@given(
    st.text("abc&|\\ é", max_size=20), st.sampled_from(["a", "b+", "&.", "", "[^a]", "c|$"]),
    st.text("xy&^", max_size=3),
)  # fmt: skip
def test_the_value_is_what_re_makes_of_it(value: str, find: str, replace: str):
    written = escape(value, DEFAULT, "utf_8")
    made = Replacement.of(find, replace).applied(written, DEFAULT, "utf_8", 1.0)
    assert unescape(made, DEFAULT, "utf_8") == re.sub(find, lambda _: replace, value)


def test_what_is_not_found_keeps_its_spelling():
    written = r"\X41\B\.br\C\X4344\\H\E"
    assert Replacement.of("B", "b").applied(written, DEFAULT, "ascii", 1.0) == written.replace(
        "\\B\\", "\\b\\"
    )
    assert Replacement.of("C", "").applied(r"\X4344\x", DEFAULT, "ascii", 1.0) == "Dx"


def test_what_is_no_expression_is_told():
    for find, replace in (("(", ""), ("a", r"\3"), ("a", r"\g<x>"), ("a" * 3_000, "")):
        with pytest.raises(PatternError):
            Replacement.of(find, replace)
    Replacement.of("(?x) a # a comment", r"\g<0>")
