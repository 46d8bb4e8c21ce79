"""The time axis as it is drawn: labels that fit, and enough of them."""

from __future__ import annotations

from datetime import datetime

import pytest
from PySide6.QtGui import QFontMetrics

DAY_S = 86_400


@pytest.fixture
def axis(qapp):
    from hl7console.ui.monitor.plotting import _TimeAxis

    return _TimeAxis("bottom")


def shown(axis, since_s: float, until_s: float, size: int) -> list[tuple[float, str]]:
    ((_, values),) = axis.tickValues(since_s, until_s, size)
    return list(zip(values, axis.tickStrings(values, 1.0, 1.0), strict=True))


def test_a_day_in_a_narrow_plot_has_more_than_one_time(axis):
    noon_s = datetime(2026, 11, 25, 12, 30).astimezone().timestamp()
    labels = [label for _, label in shown(axis, noon_s - DAY_S, noon_s, 330) if label]
    assert len(labels) >= 3


@pytest.mark.parametrize("minutes", range(0, 360, 20))
@pytest.mark.parametrize("size", [330, 530, 1200])
def test_no_label_is_cut_off_or_runs_into_the_next(axis, minutes, size):
    until_s = datetime(2026, 11, 25).astimezone().timestamp() + minutes * 60
    for length_s in (300, 3600, DAY_S, 5 * DAY_S, 8.5 * DAY_S, 30 * DAY_S, 730 * DAY_S):
        ticks = shown(axis, until_s - length_s, until_s, size)
        metrics = QFontMetrics(axis.style["tickFont"] or axis.font())
        before = -100.0
        for at_s, label in ticks:
            if not label:
                continue
            middle = (at_s - (until_s - length_s)) / length_s * size
            half = metrics.horizontalAdvance(label) / 2
            assert middle + half <= size + 10.5, "it ends beyond the plot's margin"
            assert middle - half > before, "it runs into the label before"
            before = middle + half
