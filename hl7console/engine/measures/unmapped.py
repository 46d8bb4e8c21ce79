"""How many procedure codes the worklist's tables don't have, looked at seldom."""

from __future__ import annotations

from collections.abc import Callable

from hl7console.errors import ConsoleError
from hl7console.store.worklist.reader import WorklistReader

EVERY_S = 15
"""Shortest time between two looks, in seconds."""


class UnmappedCodes:
    """Counts procedure codes without a row. The thread of the measures.

    Args:
        open_worklist: Opens the worklist for the calling thread.
    """

    def __init__(self, open_worklist: Callable[[], WorklistReader]) -> None:
        self._open_worklist = open_worklist
        self._reader: WorklistReader | None = None
        self._version = -1
        self._looked_s = 0
        self._count = 0

    def count(self, version: int, now_s: int) -> int:
        """Return how many there are, or were a moment ago.

        Args:
            version: The worklist's; while it is the same, nobody looks.
            now_s: The time in seconds.
        """
        if version == self._version or 0 <= now_s - self._looked_s < EVERY_S:
            return self._count
        try:
            self._reader = self._reader or self._open_worklist()
            self._count = len(self._reader.unmapped())
        except ConsoleError:
            self.close()  # it is being made anew; its own place tells of that
        self._version, self._looked_s = version, now_s
        return self._count

    def close(self) -> None:
        """Close the worklist; harmless when it is not open."""
        if self._reader is not None:
            self._reader.close()
        self._reader = None
