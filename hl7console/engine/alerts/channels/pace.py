"""When a channel may be sent to: not while it rests after a fault, and not too often."""

from __future__ import annotations

from collections import deque

from hl7console.store.alert_notices import DueChannel

FIRST_BACK_OFF_S = 10.0
LAST_BACK_OFF_S = 3600.0
"""How long a channel that failed is left alone, in seconds; it doubles with each try."""

MOST_A_MINUTE = 5
"""Messages that a channel gets in a minute, or `group_above` where that is more."""

_MINUTE_US = 60_000_000


def back_off_s(tries: int) -> float:
    """Return how long to wait after so many tries that failed, in seconds."""
    return float(min(FIRST_BACK_OFF_S * 2 ** min(max(tries, 1) - 1, 20), LAST_BACK_OFF_S))


class ChannelPace:
    """When each channel was sent to. One thread."""

    def __init__(self) -> None:
        self._sent_at_us: dict[str, deque[int]] = {}

    def sent(self, channel: str, now_us: int) -> None:
        """Note that a channel is sent to."""
        self._sent_at_us.setdefault(channel, deque()).append(now_us)

    def next_at_us(self, due: DueChannel, now_us: int, group_above: int) -> int:
        """Return when a channel may be sent to; `now_us` or before it when it may now."""
        allowed_us = due.next_try_at_us if due.tries else 0
        if allowed_us > now_us + LAST_BACK_OFF_S * 1_000_000:
            allowed_us = now_us  # the clock was set back
        sent = self._sent_at_us.setdefault(due.channel, deque())
        while sent and not now_us - _MINUTE_US < sent[0] <= now_us:
            sent.popleft()
        if len(sent) >= max(MOST_A_MINUTE, group_above):
            allowed_us = max(allowed_us, sent[0] + _MINUTE_US)
        return allowed_us
