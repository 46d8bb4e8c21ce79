"""What is normal: how many messages a feed brings in each hour of the week. Pure.

The typical count is the median of the weeks; where it is small, the mean of the middle half, since
a median would call a feed of one message in three hours silent. The spread is the largest of the
median deviation, what chance alone does to counts, and a tenth. Both stand one bad week in four.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from statistics import median

from hl7console.settings.alerts import NormalSettings

HOUR_S = 3600
SLOTS = 7 * 24
"""Hours of a week; the first is Monday's from midnight on, local time."""

MOST_WEEKS = 104
"""Weeks that hours are kept for."""

WIDTH = 3.0
"""Spreads from the typical count to the edges of the band."""

_FEW = 8.0
_MAD_TO_SIGMA = 1.4826
_LEAST_PART = 0.1

Local = Callable[[int], datetime]
"""Returns the local time of a UTC second."""


def local_time(at_s: int) -> datetime:
    """Return the local time of a UTC second, as this machine has it."""
    try:
        return datetime.fromtimestamp(at_s).astimezone()
    except (OSError, OverflowError, ValueError):
        return datetime(1970, 1, 1).astimezone()


def slot_of(moment: datetime) -> int:
    """Return the hour of the week of a local time."""
    return moment.weekday() * 24 + moment.hour


def left_out(settings: NormalSettings) -> frozenset[date]:
    """Return the days that don't count; what is no day is passed over."""
    days: set[date] = set()
    for entry in settings.leave_out:
        first, _, last = entry.partition("..")
        try:
            day = date.fromisoformat(first.strip())
            end = date.fromisoformat(last.strip()) if last else day
        except ValueError:
            continue
        while day <= end and len(days) < 10_000:
            days.add(day)
            day += timedelta(days=1)
    return frozenset(days)


def hours_of_slots(
    now_s: int, settings: NormalSettings, local: Local = local_time
) -> dict[int, list[int]]:
    """Return the hours that each hour of the week is learned from, as UTC seconds of their begin.

    Those of the weeks before the hour that runs now, without days that are left out.
    """
    days = left_out(settings)
    end_s = now_s // HOUR_S * HOUR_S
    weeks = min(max(settings.weeks, 1), MOST_WEEKS)
    found: dict[int, list[int]] = {}
    for at_s in range(end_s - weeks * SLOTS * HOUR_S, end_s, HOUR_S):
        moment = local(at_s)
        if moment.date() not in days:
            found.setdefault(slot_of(moment), []).append(at_s)
    return found


def learn(counts: Sequence[int], least: int) -> tuple[float, float] | None:
    """Return typical count and spread of one hour of the week; None without enough history.

    Args:
        counts: What the same hour brought in the weeks before.
        least: Fewer are not enough.
    """
    if len(counts) < max(least, 1):
        return None
    ordered = sorted(counts)
    typical = float(median(ordered))
    if typical < _FEW:
        part = len(ordered) // 4
        middle = ordered[part : len(ordered) - part]
        typical = sum(middle) / len(middle)
    deviation = _MAD_TO_SIGMA * median(abs(count - typical) for count in ordered)
    spread = max(deviation, math.sqrt(max(typical, 0.25)), _LEAST_PART * typical)
    return typical, spread


def range_of(hours: Sequence[tuple[float, float]], part: float) -> tuple[float, float, float]:
    """Return the lowest, typical and highest count that is normal.

    Args:
        hours: Typical count and spread of each hour.
        part: How much of each counts: the step's width in hours where it is within one, else 1.
    """
    typical = sum(hour[0] for hour in hours) * part
    # What chance does grows with the root of the time, all else with the time.
    beyond = sum(math.sqrt(max(spread * spread - mean, 0.0)) for mean, spread in hours) * part
    width = WIDTH * math.sqrt(max(typical, 0.0) + beyond * beyond)
    return max(typical - width, 0.0), typical, typical + width
