"""How many lines the worklist has in each state, looked at about once a minute."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from hl7console.errors import ConsoleError
from hl7console.store.worklist.reader import WorklistReader

EVERY_S = 60
"""Shortest time between two looks, in seconds."""

EVERY_WITHOUT_S = 5
"""The same while no lines are known of: there is little to count, or it is just being made."""

log = logging.getLogger(__name__)


class LineStates:
    """Counts the lines of the worklist by state. The thread of the measures.

    Args:
        open_worklist: Opens the worklist for the calling thread.
    """

    def __init__(self, open_worklist: Callable[[], WorklistReader]) -> None:
        self._open_worklist = open_worklist
        self._reader: WorklistReader | None = None
        self._version = -1
        self._looked_s = 0
        self._counts: Mapping[str, int] = {}
        self._problem = ""

    def counts(self, version: int, now_s: int) -> Mapping[str, int]:
        """Return how many there are by state, or were a moment ago; empty where it isn't known.

        Args:
            version: The worklist's; while it is the same, nobody looks.
            now_s: The time in seconds.
        """
        pause_s = EVERY_S if self._counts else EVERY_WITHOUT_S
        if version == self._version or 0 <= now_s - self._looked_s < pause_s:
            return self._counts
        self._version, self._looked_s = version, now_s
        try:
            self._reader = self._reader or self._open_worklist()
            self._counts = self._reader.states()
            self._problem = ""
        except ConsoleError:
            self._know_nothing()  # it is being made anew; its own place tells of that
        except Exception as error:  # noqa: BLE001 - it must cost nothing but these numbers
            self._know_nothing()
            self._tell(type(error).__name__)
        return self._counts

    def _know_nothing(self) -> None:
        """Leave the next look to find out."""
        self.close()
        self._counts, self._version = {}, -1

    def _tell(self, problem: str) -> None:
        if problem != self._problem:
            log.warning("Lines by state are not counted: a fault of the program (%s).", problem)
        self._problem = problem

    def close(self) -> None:
        """Close the worklist; harmless when it is not open."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
