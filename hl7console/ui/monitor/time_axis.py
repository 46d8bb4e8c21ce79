"""Where a time axis has its marks and what stands there: local time, whatever clocks do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta, tzinfo

from hl7console.ui.monitor.spans import offset_s

_DAY_S = 86_400
_EVERY_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200)
_EVERY_DAYS = (1, 2, 7, 14)
_EVERY_MONTHS = (1, 2, 3, 6, 12, 24)


def time_ticks(
    since_s: float,
    until_s: float,
    most: int,
    zone: tzinfo | None = None,
    *,
    most_days: int | None = None,
) -> list[tuple[float, str]]:
    """Return marks at round local times within a span: UTC seconds, and what stands there.

    Args:
        since_s: Where the span begins, UTC seconds since 1970.
        until_s: Where it ends.
        most: How many there may be.
        zone: The zone; None takes this computer's.
        most_days: How many there may be where days stand there, which are wider; None takes `most`.
    """
    length_s = until_s - since_s
    most = max(most, 1)
    if length_s <= 0:
        return []
    for every_s in _EVERY_S:
        if length_s / every_s <= most:
            return [
                (at_s, _time_label(at_s, every_s, zone))
                for at_s in _rounded(since_s, until_s, every_s, zone)
            ]
    most = most if most_days is None else max(most_days, 1)
    for days in _EVERY_DAYS:
        if length_s / _DAY_S / days <= most:
            return list(_days(since_s, until_s, days, zone))
    for months in _EVERY_MONTHS:
        if length_s / _DAY_S / 30 / months <= most:
            break
    else:
        months = _EVERY_MONTHS[-1]
    return list(_months(since_s, until_s, months, zone))


def _rounded(since_s: float, until_s: float, every_s: int, zone: tzinfo | None) -> Iterator[int]:
    """Yield the moments at which the local clock shows a multiple of `every_s`."""
    at_s = int(since_s) - 1
    while True:
        ahead_s = offset_s(at_s, zone)
        next_s = ((at_s + ahead_s) // every_s + 1) * every_s - ahead_s
        if (new_s := offset_s(next_s, zone)) != ahead_s:  # the clocks are changed on the way
            next_s = -(-(next_s + new_s) // every_s) * every_s - new_s
            if next_s <= at_s:
                next_s += every_s
        if next_s > until_s:
            return
        if next_s >= since_s:
            yield next_s
        at_s = next_s


def _time_label(at_s: int, every_s: int, zone: tzinfo | None) -> str:
    moment = datetime.fromtimestamp(at_s, zone)
    if every_s < 60:
        return f"{moment:%H:%M:%S}"
    if moment.hour == moment.minute == 0:
        return _day(moment)
    return f"{moment:%H:%M}"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment.day} {moment:%b}"


def _days(
    since_s: float, until_s: float, every: int, zone: tzinfo | None
) -> Iterator[tuple[float, str]]:
    day = datetime.fromtimestamp(since_s, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    while True:
        at_s = day.timestamp()
        if at_s > until_s:
            return
        # Counted from a Monday, so that weeks begin where weeks begin.
        if at_s >= since_s and (day.toordinal() - 1) % every == 0:
            yield at_s, _day(day) if every < 7 else f"{day.day} {day:%b}"
        day = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=zone)


def _months(
    since_s: float, until_s: float, every: int, zone: tzinfo | None
) -> Iterator[tuple[float, str]]:
    first = datetime.fromtimestamp(since_s, zone)
    number = first.year * 12 + first.month - 1
    while True:
        year, month = divmod(number, 12)
        start = datetime(year, month + 1, 1, tzinfo=zone)
        if start.timestamp() > until_s:
            return
        if start.timestamp() >= since_s and number % every == 0:
            yield start.timestamp(), f"{start:%Y}" if month == 0 else f"{start:%b}"
        number += 1
