"""The pace of the process that follows the worklist."""

from __future__ import annotations

import pytest

from hl7console.engine.worklist_process import BURST_PAUSE, Pace


@pytest.mark.parametrize(("arrived", "rests"), [(0, False), (2_000, False), (20_000, True)])
def test_it_rests_in_a_burst_only(arrived, rests):
    pace = Pace()
    assert pace.rest_s(1_000, 5.0, 5.1) == 0.0
    rest_s = pace.rest_s(1_000 + arrived, 6.0, 6.5)
    assert rest_s == (pytest.approx(0.5 * BURST_PAUSE) if rests else 0.0)
    assert pace.rest_s(1_000 + arrived, 7.0, 7.1) == 0.0
