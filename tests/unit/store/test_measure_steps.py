"""Which steps a span is shown in, and how what is normal grows with the width of a step."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.settings.alerts import NormalSettings
from hl7console.store.measures.normal import learn, left_out, range_of
from hl7console.store.measures.stepping import KEPT_S, STEPS_S, steps_of, whole_span

LAST_S = 1_772_409_600
DAY_S = 86_400


@pytest.mark.parametrize(
    ("span_s", "step_s", "resolution_s"),
    [
        (300, 1, 1),
        (3600, 5, 1),
        (6 * 3600, 60, 60),
        (DAY_S, 120, 60),
        (7 * DAY_S, 3600, 3600),
        (30 * DAY_S, 3600, 3600),
        (365 * DAY_S, 12 * 3600, 3600),
        (730 * DAY_S, DAY_S, DAY_S),
        (750 * DAY_S, DAY_S, DAY_S),
        (800 * DAY_S, 2 * DAY_S, DAY_S),
    ],
)
def test_a_span_up_to_now_is_shown_in_the_finest_steps_that_are_few_enough(
    span_s, step_s, resolution_s
):
    found = steps_of(LAST_S - span_s, LAST_S, 731, LAST_S)
    assert (found.step_s, found.resolution_s) == (step_s, resolution_s)


def test_what_is_not_kept_any_more_is_shown_in_coarser_steps():
    assert steps_of(LAST_S - 7200, LAST_S - 7000, 720, LAST_S).resolution_s == 60
    assert steps_of(LAST_S - 3 * DAY_S, LAST_S - 3 * DAY_S + 60, 720, LAST_S).step_s == 3600


@given(
    since_s=st.integers(-100, 5 * 10**9),
    span_s=st.integers(-100, 4 * 365 * DAY_S),
    most=st.integers(-1, 2000),
    last_s=st.integers(0, 5 * 10**9),
)
def test_steps_always_hold_the_span_and_are_made_of_what_is_kept(since_s, span_s, most, last_s):
    found = steps_of(since_s, since_s + span_s, most, last_s)
    assert found.step_s in STEPS_S
    assert found.step_s % found.resolution_s == 0
    assert found.first_s % found.step_s == 0
    assert found.count >= 1
    allowed = most * 1.05 if found.step_s == DAY_S else most
    assert found.count <= max(allowed, 1) or found.step_s == STEPS_S[-1]
    if since_s >= 0 and span_s > 0:
        assert found.first_s <= since_s < found.first_s + found.step_s
        assert found.end_s - found.step_s < since_s + span_s <= found.end_s
        assert since_s >= last_s - KEPT_S[found.resolution_s] or found.resolution_s >= 3600


@given(since_s=st.integers(0, LAST_S), span_s=st.integers(1, 10**8), last_s=st.just(LAST_S))
def test_a_span_that_is_added_up_begins_with_a_whole_kept_step(since_s, span_s, last_s):
    found = whole_span(since_s, since_s + span_s, last_s)
    assert found.count == 1
    assert found.end_s == since_s + span_s
    assert since_s - found.resolution_s < found.first_s <= since_s
    assert found.first_s % found.resolution_s == 0


def test_a_short_span_is_added_up_to_the_second():
    assert whole_span(LAST_S - 301, LAST_S, LAST_S).first_s == LAST_S - 301


@given(st.lists(st.integers(0, 10**6), min_size=3, max_size=12))
def test_what_is_typical_lies_within_what_there_was_and_spreads_at_least_as_chance_does(counts):
    found = learn(counts, 3)
    assert found is not None
    typical, spread = found
    assert min(counts) <= typical <= max(counts)
    assert spread * spread >= typical * 0.999


@given(
    st.lists(st.tuples(st.floats(0, 1e5), st.floats(0, 1e5)), min_size=1, max_size=24),
    st.floats(0.0003, 1.0),
)
def test_the_range_holds_what_is_typical_and_is_wider_for_a_longer_time(hours, part):
    low, typical, high = range_of(hours, part)
    assert 0 <= low <= typical <= high
    shorter = range_of(hours, part / 2)
    assert shorter[2] - shorter[1] <= high - typical + 1e-9


def test_days_that_are_left_out_are_read_one_by_one_and_as_spans():
    given = NormalSettings(
        leave_out=("2026-12-24..2026-12-26", "2026-01-01", "", "26.12.2026", "2026-02-30")
    )
    assert [str(day) for day in sorted(left_out(given))] == [
        "2026-01-01", "2026-12-24", "2026-12-25", "2026-12-26"
    ]  # fmt: skip


def test_too_few_weeks_are_nothing():
    assert learn([5, 5], 3) is None
    assert learn([], 0) is None
