"""Times in filters: distances from now, days, and points in time, all local."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

_DISTANCE = re.compile(r"(\d{1,6})\s*(s|sec|m|min|h|d|w)", re.IGNORECASE)
_UNITS_S = {"s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_POINT = re.compile(
    r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:?\d{2})?", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class FilterTime:
    """A point in time of a filter."""

    at_us: int
    """UTC, microseconds since 1970."""
    is_relative: bool = False
    end_us: int = 0
    """For a whole day its end, else the same as `at_us`."""


def read_time(text: str, now: datetime) -> FilterTime | None:
    """Return the time that a text names, or None when it names none.

    Args:
        text: ``2h``, ``2026-01-05``, ``2026-01-05T10:00``, ``today``, ``yesterday`` or ``now``.
        now: The present; a naive time is local. A zone it has is taken for local.
    """
    text = text.strip()
    word = text.lower()
    distance = _DISTANCE.fullmatch(text)
    try:
        if word == "now" or distance is not None:
            seconds = int(distance[1]) * _UNITS_S[distance[2].lower()] if distance else 0
            at_us = _to_us(now) - seconds * 1_000_000
            return FilterTime(at_us, is_relative=True, end_us=at_us)
        if word in ("today", "yesterday"):
            day = now.replace(hour=0, minute=0, second=0, microsecond=0)
            return _whole_day(day - timedelta(days=word == "yesterday"), is_relative=True)
        if _DAY.fullmatch(text):
            return _whole_day(datetime.fromisoformat(text).replace(tzinfo=now.tzinfo))
        if _POINT.fullmatch(text):
            point = datetime.fromisoformat(text.upper())
            at_us = _to_us(point if point.tzinfo else point.replace(tzinfo=now.tzinfo))
            return FilterTime(at_us, end_us=at_us)
    except (ValueError, OverflowError, OSError):
        return None
    return None


def _whole_day(day: datetime, *, is_relative: bool = False) -> FilterTime:
    return FilterTime(_to_us(day), is_relative, _to_us(day + timedelta(days=1)))


def _to_us(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000)
