"""Numbers of a report in words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.reports import words


@given(st.integers(0, 10**9), st.integers(1, 10**9))
def test_only_the_whole_looks_whole_and_only_nothing_like_nothing(part, more):
    whole = part + more
    assert words.share(whole, whole) == "100 %"
    if part:
        told = words.share(part, whole)
        assert told != "100 %"
        assert "100.00" not in told
        assert told not in ("0 %", "0.00 %")


def test_what_is_not_known_is_not_a_number():
    assert words.percent(None) == "not known"
    assert words.share(0, 0) == words.NOTHING
    assert words.duration(None) == words.NOTHING


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (0, "0 s"), (0.4, "< 1 s"), (59, "59 s"), (60, "1 min"), (192, "3 min 12 s"),
        (3600, "1 h"), (18_120, "5 h 2 min"), (90_000, "1 d 1 h"), (86_400, "1 d"),
    ],
)  # fmt: skip
def test_durations(seconds, told):
    assert words.duration(seconds) == told


@pytest.mark.parametrize(
    ("microseconds", "told"),
    [(0, words.NOTHING), (400, "0.4 ms"), (12_300, "12 ms"), (1_240_000, "1.2 s"),
     (75_000_000, "1 min 15 s")],
)  # fmt: skip
def test_times(microseconds, told):
    assert words.time_taken(microseconds) == told


def test_changes():
    assert words.change(112, 100) == "+12 %"
    assert words.change(50, 100) == "\u221250 %"
    assert words.change(5, 0) == ""
    assert words.change(5000, 10) == "500 times"


@given(st.text())
def test_nothing_that_a_sender_writes_is_more_than_text(text):
    shown = words.escaped(text)
    assert not set("<>\"'") & set(shown)
    assert all(c.isprintable() or c == "\n" for c in shown)
