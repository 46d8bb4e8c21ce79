"""What the writer says about itself: whether storing works, and whether the index does."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

RETRY_S = 0.5
"""How long the index rests after a fault before it is tried again."""

_log = logging.getLogger(__name__)

OnProblem = Callable[[str], None]
"""Told on the writer thread: a plain sentence while something fails, "" when all works again."""


class Health:
    """The faults of the moment; each is told once. The writer thread.

    Args:
        on_problem: Told when something begins to fail, and when all works again.
    """

    def __init__(self, on_problem: OnProblem | None) -> None:
        self.problem = ""
        """Why storing, or else the index, fails at the moment; any thread may read it."""
        self._on_problem = on_problem
        self._storing = ""
        self._index = ""
        self._rest_until_s = 0.0

    def storing(self, text: str) -> None:
        """Note how the last batch went: a sentence, or "" when it was stored."""
        if text != self._storing:
            self._storing = text
            self._tell()

    def index(self, text: str) -> None:
        """Note how the last step of the index went; after a fault it rests."""
        self._rest_until_s = monotonic() + RETRY_S if text else 0.0
        if text != self._index:
            self._index = text
            self._tell()

    def may_index(self) -> bool:
        """Return whether the index may have its turn."""
        return not self._rest_until_s or monotonic() >= self._rest_until_s

    def _tell(self) -> None:
        text = self._storing or self._index
        if text == self.problem:
            return
        self.problem = text
        if text:
            _log.error("The database fails: %s", text)
        else:
            _log.info("The database works again.")
        if self._on_problem is not None:
            on_problem = self._on_problem
            safely(lambda: on_problem(text))


def safely(tell: Callable[[], None]) -> None:
    """Tell somebody something; the writer goes on whatever they do with it."""
    try:
        tell()
    except Exception as error:  # noqa: BLE001 - see above
        note_failed_telling(error)


def note_failed_telling(error: Exception) -> None:
    """Log that somebody who was told something failed; without the text, which may hold content."""
    _log.error("Telling an outcome failed (%s).", type(error).__name__)
