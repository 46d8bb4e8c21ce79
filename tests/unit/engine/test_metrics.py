from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.metrics import RateCounter


def test_the_rate_is_over_whole_past_seconds():
    counter = RateCounter()
    for second in range(100, 106):
        counter.add(10, now_s=second + 0.5)
    assert counter.per_s(now_s=105.9) == 10.0  # the second under way does not count
    assert counter.per_s(now_s=111.0) == 0.0
    assert counter.total == 60


def test_a_ring_forgets_what_went_round():
    counter = RateCounter(seconds=10)
    counter.add(5, now_s=3)
    counter.add(7, now_s=13)
    assert counter.history(9, now_s=14) == [0] * 8 + [7]
    assert counter.total == 12


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 5)), max_size=60))
def test_history_agrees_with_a_plain_count(steps: list[tuple[int, int]]):
    counter = RateCounter(seconds=50)
    expected: dict[int, int] = {}
    for second, count in sorted(steps):
        counter.add(count, now_s=second)
        expected[second] = expected.get(second, 0) + count
    assert counter.history(41, now_s=41) == [expected.get(s, 0) for s in range(41)]
