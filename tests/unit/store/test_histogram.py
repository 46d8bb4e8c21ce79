"""Histograms: percentiles near the exact ones on hostile values, merging, packing."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hl7console.store.measures.histogram import Histogram, bucket_of, middle_of

PERCENTS = (0.1, 1, 10, 25, 50, 75, 90, 95, 99, 99.9, 100)

tiny = st.integers(0, 70)
any_size = st.integers(0, 10**13)
edges = st.builds(lambda power, off: max(2**power + off, 0), st.integers(0, 45), st.integers(-2, 2))
heavy_tail = st.floats(0, 1, exclude_max=True).map(lambda u: int(800 / (1 - u) ** 1.2))
values = st.one_of(
    st.lists(any_size, min_size=1, max_size=300),
    st.lists(edges, min_size=1, max_size=300),
    st.lists(st.one_of(tiny, st.integers(10**9, 10**9 + 50)), min_size=1, max_size=300),
    st.lists(heavy_tail, min_size=1, max_size=300),
    st.builds(lambda one, n, last: [one] * n + [last], any_size, st.integers(1, 500), any_size),
)


def of(taken: list[int]) -> Histogram:
    made = Histogram()
    for value in taken:
        made.add(value)
    return made


def exact(taken: list[int], percent: float) -> int:
    ordered = sorted(taken)
    return ordered[max(1, math.ceil(len(ordered) * percent / 100)) - 1]


@given(values)
@example([63, 64, 65, 127, 128, 129])
@example([1] * 99 + [10**13])
def test_percentiles_are_within_two_per_cent_of_the_exact_ones(taken):
    made = of(taken)
    for percent in PERCENTS:
        wanted = exact(taken, percent)
        assert abs(made.percentile(percent) - wanted) <= 0.02 * wanted
    assert made.percentile(100) == made.most == max(taken)
    assert made.total == len(taken)


@given(st.lists(values, min_size=1, max_size=5))
def test_merged_ones_are_the_same_as_one_that_saw_all(parts):
    merged = Histogram.merged([None, *map(of, parts)])
    whole = of([value for part in parts for value in part])
    assert merged == whole
    assert merged.total == whole.total


@given(values)
def test_many_at_once_count_as_one_by_one(taken):
    made = Histogram()
    made.add_all(taken[: len(taken) // 2])
    made.add_all(taken[len(taken) // 2 :])
    assert made == of(taken)
    assert made.total == len(taken)


@given(values)
def test_what_was_packed_comes_back(taken):
    made = of(taken)
    again = Histogram.from_bytes(made.to_bytes())
    assert again == made
    assert again.total == made.total


@given(any_size)
def test_the_middle_of_a_bucket_is_in_it_and_near(value):
    middle = middle_of(bucket_of(value))
    assert bucket_of(middle) == bucket_of(value)
    assert abs(middle - value) <= 0.016 * value


@given(st.binary(max_size=40))
def test_any_bytes_are_a_histogram_or_a_fault_of_value(packed):
    try:
        made = Histogram.from_bytes(packed)
    except ValueError:
        return
    assert made.total >= 0


def test_nothing_has_no_percentile_and_a_negative_time_counts_as_none():
    assert Histogram().percentile(99) == 0
    made = Histogram()
    made.add(-5)
    assert (made.percentile(50), made.most, made.total) == (0, 0, 1)


def test_what_is_cut_off_is_told():
    with pytest.raises(ValueError, match="cut off"):
        Histogram.from_bytes(of([10**6]).to_bytes()[:-1] + b"\x80")
