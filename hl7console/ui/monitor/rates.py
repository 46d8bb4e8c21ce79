"""How many messages a second each interface takes right now, from the engine's counters."""

from __future__ import annotations

from collections import deque

from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus

Key = tuple[str, str]
"""Kind and name of an interface."""

WINDOW_S = 15.0
"""How far back a rate is taken over."""
_EVERY_S = 1.0


class RateMeter:
    """Remembers the counters of the last seconds. One thread.

    Counters begin anew with the engine; a rate is never below zero therefore.
    """

    def __init__(self) -> None:
        self._seen: deque[tuple[float, dict[Key, int]]] = deque()

    def look(self, snapshot: EngineSnapshot, at_s: float) -> None:
        """Take in the counters of a moment.

        Args:
            snapshot: The engine.
            at_s: Seconds of a clock that never goes back.
        """
        if self._seen and at_s - self._seen[-1][0] < _EVERY_S:
            return
        self._seen.append((at_s, {(s.kind, s.name): count_of(s) for s in snapshot.interfaces}))
        while len(self._seen) > 2 and self._seen[1][0] <= at_s - WINDOW_S:
            self._seen.popleft()

    def per_s(self, status: InterfaceStatus, at_s: float) -> float:
        """Return messages a second over the last seconds; 0 while that is not known."""
        if not self._seen:
            return 0.0
        key, count = (status.kind, status.name), count_of(status)
        for seen_s, counts in self._seen:
            before = counts.get(key)
            if before is not None and at_s > seen_s:
                return max(count - before, 0) / max(at_s - seen_s, _EVERY_S)
        return 0.0


def count_of(status: InterfaceStatus) -> int:
    """Return what an interface has handled: received, or answered for a destination."""
    if status.kind == "listener":
        return status.received
    return max(status.received, status.accepted + status.refused)
