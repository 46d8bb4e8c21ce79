"""Availability against counting single seconds."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.reports.availability import availability_of, common, joined, length

stretch = st.tuples(st.integers(0, 60), st.integers(0, 60))
stretches = st.lists(stretch, max_size=8)


def seconds(found) -> set[int]:
    return {second for since, until in found for second in range(since, until)}


@given(stretches)
def test_joined_stretches_do_not_touch_and_hold_the_same(given_stretches):
    found = joined(given_stretches)
    assert seconds(found) == seconds(given_stretches)
    assert all(a[1] < b[0] for a, b in pairwise(found))


@given(stretches, stretches)
def test_common_is_what_is_in_both(one, other):
    assert seconds(common(one, other)) == seconds(one) & seconds(other)


@given(st.tuples(st.integers(0, 30), st.integers(30, 60)), stretches, stretches)
def test_availability_counts_only_what_is_known(span, runs, down):
    found = availability_of(span, runs, down)
    known = seconds([span]) & seconds(runs)
    broken = known & seconds(down)
    assert found.known_s == len(known)
    assert found.unknown_s == span[1] - span[0] - len(known)
    assert found.down_s == len(broken)
    assert bool(found.interruptions) == bool(broken)
    assert found.share == ((len(known) - len(broken)) / len(known) if known else None)
    assert length(runs) == len(seconds(runs))


def test_a_program_that_did_not_run_is_not_available_all_the_time():
    assert availability_of((0, 100), []).share is None
    found = availability_of((0, 100), [(0, 50)], [(40, 70)])
    assert (found.share, found.unknown_s, found.interruptions) == (0.8, 50, 1)


def test_outages_count_once_each():
    found = availability_of(
        (0, 100), [(0, 100)], [(1, 2), (10, 20), (15, 30), (99, 200), (300, 400)]
    )
    assert found.interruptions == 3
