from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.engine.resending.pace import Pace
from hl7console.errors import UsageError


def test_a_rate_spreads_messages_evenly():
    pace = Pace(rate_per_s=4.0)
    assert [pace.due_s(0) for _ in range(3)] == [0.0, 0.25, 0.5]


def test_the_recorded_timing_is_stretched_or_shortened():
    faster, slower = Pace(speed=10.0), Pace(speed=0.5)
    times = [5_000_000, 6_000_000, 9_000_000]
    assert [faster.due_s(at) for at in times] == [0.0, 0.1, 0.4]
    assert [slower.due_s(at) for at in times] == [0.0, 2.0, 8.0]
    assert slower.keeps_timing
    assert not slower.is_free


@given(st.lists(st.integers(0, 2**50)), st.floats(0.1, 100.0))
def test_no_message_is_due_before_the_one_ahead_of_it(times, speed):
    pace = Pace(speed=speed)
    due = [pace.due_s(at) for at in times]
    assert due == sorted(due)
    assert all(at >= 0 for at in due)


def test_at_full_speed_everything_is_due_at_once():
    pace = Pace()
    assert pace.is_free
    assert [pace.due_s(at) for at in (5, 10**12)] == [0.0, 0.0]


@pytest.mark.parametrize(
    "wish", [{"speed": 0.05}, {"speed": 101.0}, {"rate_per_s": -1.0}, {"rate_per_s": 1, "speed": 1}]
)
def test_paces_that_cannot_be_kept(wish):
    with pytest.raises(UsageError):
        Pace(**wish)
