"""The end of a connection whose peer is in the middle of a frame that is not taken.

A socket that is closed while bytes of the peer are unread resets the connection, and the peer sees
"connection reset" instead of the answer that says what was wrong. So the end of our side is told
first, and what the peer still sends is read and dropped, within limits, until it ends its side.

References:
    RFC 9293 section 3.6.1 (half-closed connections); RFC 2525 section 2.17 (a close with unread
    data resets).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from hl7console.settings import LARGEST_LIMIT_BYTES

DISCARD_SILENCE_S = 3.0
"""Longest that a peer may neither send nor end the connection, in seconds."""

DISCARD_TIMEOUT_S = 30.0
"""Longest that is read only to be dropped, in seconds."""

MAX_DISCARDED_BYTES = LARGEST_LIMIT_BYTES
"""Most that is read only to be dropped: the largest message that a listener can be set to."""


class Discarding:
    """Reads a connection to its end and keeps nothing. The network thread only.

    Args:
        transport: Everything that is due to the peer was written to it.
        on_over: Called once when a limit is reached; it is to drop the connection. Not called
            after `stop`.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        transport: asyncio.Transport,
        on_over: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._on_over = on_over
        self._left_bytes = MAX_DISCARDED_BYTES
        self._silent_since_s = loop.time()
        self._end_s = self._silent_since_s + DISCARD_TIMEOUT_S
        self._timer: asyncio.TimerHandle | None = None
        if transport.can_write_eof():
            transport.write_eof()
        self._arm()

    def take(self, size: int) -> None:
        """Count bytes that came and were dropped."""
        self._silent_since_s = self._loop.time()
        self._left_bytes -= size
        if self._left_bytes < 0 and self._timer is not None:
            self._give_up()

    def stop(self) -> None:
        """Leave it: the connection has ended, or is ended by the caller."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        due_s = min(self._silent_since_s + DISCARD_SILENCE_S, self._end_s)
        self._timer = self._loop.call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        now_s = self._loop.time()
        if now_s >= min(self._silent_since_s + DISCARD_SILENCE_S, self._end_s):
            self._give_up()
        else:
            self._arm()

    def _give_up(self) -> None:
        self.stop()
        self._on_over()
