"""What the writer thread does besides storing: the index behind the watermark, and checkpoints.

Acknowledgements come first. While messages arrive without a pause, the index gets a share of the
time: enough to keep up at everyday rates, little in a burst, but never nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

from hl7console.store.connection import Database
from hl7console.store.derive import Deriver
from hl7console.store.log_space import LogSpace
from hl7console.store.records import NewMessage

IDLE_S = 0.002
"""How long nothing must arrive before the thread turns to what can wait."""

BURST_PER_S = 3_500.0
"""Above this rate of messages the index waits for the end of the burst."""

EVERYDAY_PAUSE_S = 0.1
"""Between two steps of the index at everyday rates: each step costs a commit, so few are better."""

LATE_MESSAGES = 2_000
"""With so many to do the index is late, and its steps come closer together."""

LATE_PAUSE = 2.0
"""Between two steps when it is late: this many times as long as the last took."""

BURST_PAUSE = 19.0
"""The same in a burst."""

BUSY_STEP_S = 0.008
"""How long a step may hold up messages that wait."""

CHECKPOINT_BYTES = 24 * 1024 * 1024
"""A checkpoint is made when the log holds about so much, also while messages wait.

Less than `log_space.ROOM_BYTES`, so that the log begins anew within the room it has.
"""

_COMMIT_BYTES = 20 * 1024
_MESSAGE_BYTES = 1024
_STEP_BYTES = 40 * 1024
_INDEXED_BYTES = 1536
"""What goes into the log for each commit, message (and its size), step and message indexed."""

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
        self._space = LogSpace(database.path)
        self._stored = 0
        self._log_bytes = 0
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
        count = len(batch)
        self._space.stored(count)
        self._stored += count
        self._stored_since_step += count
        self._log_bytes += (
            _COMMIT_BYTES + count * _MESSAGE_BYTES + sum([len(new.raw) for new in batch])
        )

    def is_pending(self, last_id: int) -> bool:
        """Return whether there is something that can wait."""
        return self.derived_id < last_id or self._stored >= IDLE_CHECKPOINT_MESSAGES

    def is_due(self, last_id: int) -> bool:
        """Return whether something must have its turn although messages wait."""
        if self._log_bytes >= CHECKPOINT_BYTES or self._space.is_due():
            return True
        if self.derived_id >= last_id:
            return False
        since_s = monotonic() - self._step_ended
        took_s = max(self._step_took_s, BUSY_STEP_S)
        if self._stored_since_step > since_s * BURST_PER_S:
            return since_s >= took_s * BURST_PAUSE
        is_late = last_id - self.derived_id > LATE_MESSAGES
        return since_s >= (took_s * LATE_PAUSE if is_late else EVERYDAY_PAUSE_S)

    def run(self, last_id: int, must_stop: Callable[[], bool] | None) -> None:
        """Do one step of what is most urgent.

        Args:
            last_id: The last message there is.
            must_stop: Whether messages wait by now; None when they do anyway, and the step ends
                by time.

        Raises:
            sqlcipher3.dbapi2.Error: The step was undone.
        """
        if self._log_bytes >= CHECKPOINT_BYTES:
            self.checkpoint()
        elif self._space.is_due():
            self._space.step()
        elif self.derived_id < last_id:
            self._derive(last_id, must_stop)
        else:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Move the log's pages into the database file; waits for nobody."""
        self._database.execute("PRAGMA wal_checkpoint(PASSIVE)").close()
        self._stored = 0
        self._log_bytes = 0
        self._space.look_again()

    def _derive(self, last_id: int, must_stop: Callable[[], bool] | None) -> None:
        started = monotonic()
        before = self.derived_id
        try:
            self._deriver.step(last_id, must_stop or (lambda: monotonic() - started >= BUSY_STEP_S))
        finally:
            self._step_ended = monotonic()
            self._step_took_s = self._step_ended - started
            self._stored_since_step = 0
            self._log_bytes += _STEP_BYTES + (self.derived_id - before) * _INDEXED_BYTES
