"""What happens on an interface beside messages, as sentences for its timeline."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass

KEPT_EVENTS = 200
"""Events kept for each interface."""


@dataclass(frozen=True, slots=True)
class InterfaceEvent:
    """One thing that happened on an interface. Holds no patient data."""

    at_us: int
    """UTC, microseconds since 1970."""
    peer: str
    """``host:port``; empty when it concerns no connection."""
    code: str
    text: str
    is_fault: bool = False
    """Whether somebody should look at it."""


class Timeline:
    """The latest events of one interface. Written by the network thread, read by any."""

    def __init__(self) -> None:
        self._events: deque[InterfaceEvent] = deque(maxlen=KEPT_EVENTS)
        self.total = 0

    def add(self, code: str, text: str, *, peer: str = "", is_fault: bool = False) -> None:
        """Note an event now."""
        self._events.append(InterfaceEvent(time.time_ns() // 1000, peer, code, text, is_fault))
        self.total += 1

    def latest_fault(self) -> InterfaceEvent | None:
        """Return the last event that somebody should look at."""
        for event in reversed(self.all()):
            if event.is_fault:
                return event
        return None

    def all(self) -> tuple[InterfaceEvent, ...]:
        """Return the kept events, oldest first."""
        return tuple(self._events.copy())
