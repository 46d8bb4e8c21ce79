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
    count: int = 1
    """How often it happened in a row; time and peer are those of the last one."""


class Timeline:
    """The latest events of one interface. Written by the network thread, read by any."""

    def __init__(self) -> None:
        self._events: deque[InterfaceEvent] = deque(maxlen=KEPT_EVENTS)
        self._latest_fault: InterfaceEvent | None = None
        self.total = 0

    def add(self, code: str, text: str, *, peer: str = "", is_fault: bool = False) -> None:
        """Note an event now; the same one in a row is counted, so that it displaces no others."""
        count = 1
        if self._events and (self._events[-1].code, self._events[-1].text) == (code, text):
            count = self._events.pop().count + 1
        event = InterfaceEvent(time.time_ns() // 1000, peer, code, text, is_fault, count)
        self._events.append(event)
        if is_fault:
            self._latest_fault = event
        self.total += 1

    def latest_fault(self) -> InterfaceEvent | None:
        """Return the last event that somebody should look at."""
        return self._latest_fault

    def all(self) -> tuple[InterfaceEvent, ...]:
        """Return the kept events, oldest first."""
        return tuple(self._events.copy())
