"""The spans that the Monitor shows, and the moment a span ends at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

WEEK_S = 7 * 86_400


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time that a button stands for."""

    key: str
    """As it is remembered."""
    title: str
    """What the button says."""
    words: str
    """What the palette says."""
    length_s: int


SPANS = (
    Span("5m", "5 min", "the last 5 minutes", 300),
    Span("1h", "1 h", "the last hour", 3_600),
    Span("6h", "6 h", "the last 6 hours", 6 * 3_600),
    Span("24h", "24 h", "the last 24 hours", 86_400),
    Span("7d", "7 d", "the last 7 days", WEEK_S),
    Span("30d", "30 d", "the last 30 days", 30 * 86_400),
    Span("2y", "2 y", "the last 2 years", 730 * 86_400),
)
"""From the shortest to the longest."""

USUAL = "6h"
"""Key of the span that is shown first."""

SHORTEST_S = 20
"""The mouse zooms no further than this."""
LONGEST_S = 731 * 86_400
"""Nor out further than this."""


def span_of(key: str) -> Span:
    """Return a span by its key; the usual one for a key that is not known."""
    by_key = {span.key: span for span in SPANS}
    return by_key.get(key, by_key[USUAL])


def offset_s(at_s: float, zone: tzinfo | None = None) -> int:
    """Return how many seconds local time is ahead of UTC at a moment.

    Args:
        at_s: UTC seconds since 1970.
        zone: The zone; None takes this computer's.
    """
    moment = datetime.fromtimestamp(at_s, zone)
    offset = (moment if zone is not None else moment.astimezone()).utcoffset()
    return int((offset or timedelta(0)).total_seconds())


def last_week_s(at_s: int, zone: tzinfo | None = None) -> int:
    """Return the same time of day a week before, in UTC seconds, over a change of the clocks."""
    before_s = at_s - WEEK_S
    return before_s + offset_s(at_s, zone) - offset_s(before_s, zone)


def moment_text(at_s: float, zone: tzinfo | None = None) -> str:
    """Return a moment as a filter takes it: ``2026-11-24T10:00:00+01:00``, local."""
    moment = datetime.fromtimestamp(at_s, zone)
    return (moment if zone is not None else moment.astimezone()).isoformat(timespec="seconds")
