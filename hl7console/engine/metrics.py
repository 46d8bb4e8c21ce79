"""Counters that the window's lights, rates and plots read.

Each counter has one writing thread; readers on other threads see a value at most one message
old. Nothing here locks, so that counting costs the receive path next to nothing.
"""

from __future__ import annotations

import time

RATE_SPAN_S = 5
"""Whole seconds that a shown rate is taken over."""


class RateCounter:
    """Counts events by second in a ring of fixed size.

    Args:
        seconds: Length of the ring, in seconds.
    """

    def __init__(self, seconds: int = 3600) -> None:
        self._seconds = seconds
        self._counts = [0] * seconds
        self._stamps = [-1] * seconds
        self.total = 0

    def add(self, count: int = 1, *, now_s: float | None = None) -> None:
        """Count events now. The writing thread only.

        Args:
            count: How many.
            now_s: Monotonic seconds; taken from the clock when None.
        """
        second = int(time.monotonic() if now_s is None else now_s)
        slot = second % self._seconds
        if self._stamps[slot] != second:
            self._counts[slot] = 0
            self._stamps[slot] = second
        self._counts[slot] += count
        self.total += count

    def per_s(self, *, span_s: int = RATE_SPAN_S, now_s: float | None = None) -> float:
        """Return events per second over the last whole seconds. Any thread."""
        second = int(time.monotonic() if now_s is None else now_s)
        return sum(self.history(span_s, now_s=second)) / span_s

    def history(self, span_s: int, *, now_s: float | None = None) -> list[int]:
        """Return the counts of the last whole seconds, oldest first. Any thread."""
        second = int(time.monotonic() if now_s is None else now_s)
        span_s = min(span_s, self._seconds - 1)
        counts = []
        for past in range(second - span_s, second):
            slot = past % self._seconds
            counts.append(self._counts[slot] if self._stamps[slot] == past else 0)
        return counts
