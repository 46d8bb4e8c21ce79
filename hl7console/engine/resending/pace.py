"""When each message of a resend goes out: at once, at a rate, or with the recorded timing."""

from __future__ import annotations

from hl7console.errors import UsageError

SLOWEST = 0.1
FASTEST = 100.0
"""Limits of the recorded timing's factor."""


class Pace:
    """Tells, message by message, how many seconds after the start one is due.

    Args:
        rate_per_s: Most messages a second; 0 sets no limit.
        speed: Keep the recorded timing, this many times as fast; 0 does not.

    Raises:
        UsageError: The two contradict each other, or are out of range.
    """

    def __init__(self, rate_per_s: float = 0.0, speed: float = 0.0) -> None:
        if speed and not SLOWEST <= speed <= FASTEST:
            raise UsageError(
                f"The recorded timing can be kept {SLOWEST:g} to {FASTEST:g} times as fast."
            )
        if rate_per_s < 0 or rate_per_s > 1_000_000:
            raise UsageError("The rate must be between 0 and 1,000,000 messages a second.")
        if rate_per_s and speed:
            raise UsageError("Choose a rate or the recorded timing, not both.")
        self._rate_per_s = rate_per_s
        self._speed = speed
        self._count = 0
        self._first_at_us: int | None = None
        self._due_s = 0.0

    @property
    def is_free(self) -> bool:
        """Whether every message is due at once."""
        return not self._rate_per_s and not self._speed

    @property
    def keeps_timing(self) -> bool:
        """Whether the recorded timing is kept."""
        return self._speed > 0

    def due_s(self, recorded_at_us: int) -> float:
        """Return when the next message is due, in seconds after the start; never before the last.

        Args:
            recorded_at_us: When it was received; it only counts for the recorded timing.
        """
        if self._rate_per_s:
            self._due_s = self._count / self._rate_per_s
        elif self._speed:
            if self._first_at_us is None:
                self._first_at_us = recorded_at_us
            after_s = (recorded_at_us - self._first_at_us) / 1_000_000 / self._speed
            self._due_s = max(self._due_s, after_s)
        self._count += 1
        return self._due_s
