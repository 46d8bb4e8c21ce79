"""What the writer thread does besides storing: the index behind the watermark, and checkpoints.

Acknowledgements come first. While messages arrive without a pause, the index gets a share of the
time: enough to keep up at everyday rates, little in a burst, but never nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from hl7console.store.connection import Database
from hl7console.store.derive import Deriver
from hl7console.store.records import NewMessage

IDLE_S = 0.002
"""How long nothing must arrive before the thread turns to what can wait."""

BURST_PER_S = 3_500.0
"""Above this rate of messages the index waits for the end of the burst."""

EVERYDAY_PAUSE = 2.0
"""Between two steps of the index at everyday rates: this many times as long as the last took."""

BURST_PAUSE = 19.0
"""The same in a burst."""

BUSY_STEP_S = 0.008
"""How long a step may hold up messages that wait."""

CHECKPOINT_MESSAGES = 6_000
"""A checkpoint is made after so many messages, also while others wait."""

CHECKPOINT_BYTES = 16 * 1024 * 1024
"""The same, by their size."""

IDLE_CHECKPOINT_MESSAGES = 1_000
"""A checkpoint is made after so many messages when nothing else is to do."""

SAFETY_CHECKPOINT_PAGES = 32_000
"""The engine makes a checkpoint by itself when the log has this many pages."""


class Chores:
    """Decides when the index and the checkpoints have their turn; on the writer thread.

    Args:
        database: The writing connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._deriver = Deriver(database)
        database.execute(f"PRAGMA wal_autocheckpoint = {SAFETY_CHECKPOINT_PAGES}")
        self._stored = 0
        self._stored_bytes = 0
        self._stored_since_step = 0
        self._step_ended = monotonic()
        self._step_took_s = 0.0

    @property
    def derived_id(self) -> int:
        """The watermark."""
        return self._deriver.derived_id

    def stored(self, first_id: int, batch: Sequence[NewMessage]) -> None:
        """Note messages that were committed under consecutive ids."""
        self._deriver.keep(first_id, batch)
        self._stored += len(batch)
        self._stored_since_step += len(batch)
        for new in batch:
            self._stored_bytes += len(new.raw)

    def is_pending(self, last_id: int) -> bool:
        """Return whether there is something that can wait."""
        return self.derived_id < last_id or self._stored >= IDLE_CHECKPOINT_MESSAGES

    def is_due(self, last_id: int) -> bool:
        """Return whether something must have its turn although messages wait."""
        if self._stored >= CHECKPOINT_MESSAGES or self._stored_bytes >= CHECKPOINT_BYTES:
            return True
        if self.derived_id >= last_id:
            return False
        since_s = monotonic() - self._step_ended
        is_burst = self._stored_since_step > since_s * BURST_PER_S
        pause = BURST_PAUSE if is_burst else EVERYDAY_PAUSE
        return since_s >= max(self._step_took_s, BUSY_STEP_S) * pause

    def run(self, last_id: int, must_stop: Callable[[], bool] | None) -> None:
        """Do one step of what is most urgent.

        Args:
            last_id: The last message there is.
            must_stop: Whether messages wait by now; None when they do anyway, and the step ends
                by time.

        Raises:
            sqlcipher3.dbapi2.Error: The step was undone.
        """
        if self._stored >= CHECKPOINT_MESSAGES or self._stored_bytes >= CHECKPOINT_BYTES:
            self.checkpoint()
        elif self.derived_id < last_id:
            self._derive(last_id, must_stop)
        else:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log's pages into the database file; waits for nobody."""
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        self._stored = 0
        self._stored_bytes = 0

    def _derive(self, last_id: int, must_stop: Callable[[], bool] | None) -> None:
        started = monotonic()
        try:
            self._deriver.step(last_id, must_stop or (lambda: monotonic() - started >= BUSY_STEP_S))
        finally:
            self._step_ended = monotonic()
            self._step_took_s = self._step_ended - started
            self._stored_since_step = 0
