"""Room for the write-ahead log, made in advance.

A commit that makes the log's file grow also waits for the file system to note its new size. Zeros
behind the log's end spare it that: the log is then written over blocks that are there already. At
recovery SQLite takes them for what they are, no frames: their salts and sums are wrong.

References:
    SQLite, "Database File Format", section 4.1 (frames of the write-ahead log).
"""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from time import monotonic

ROOM_BYTES = 32 * 1024 * 1024
"""Size that the log's file is brought to."""

STEP_BYTES = 2 * 1024 * 1024
"""Zeros written in one step, which messages wait for."""

STEP_PAUSE_S = 0.05
"""Between two steps, for the messages."""

FIRST_AFTER = 256
"""Messages of one run after which there is load enough for it to pay."""

SPARE_BYTES = 1024**3
"""With less free space on the disk none of it is taken in advance."""

_log = logging.getLogger(__name__)


class LogSpace:
    """Makes room for the log of one database; on the writer thread, between transactions.

    Args:
        database: The database's file.
    """

    def __init__(self, database: Path) -> None:
        self._path = database.with_name(database.name + "-wal")
        self._stored = 0
        self._is_enough = False
        self._next_s = 0.0

    def stored(self, count: int) -> None:
        """Note that messages were stored."""
        self._stored += count

    def look_again(self) -> None:
        """Note that the log may have become shorter."""
        self._is_enough = False

    def is_due(self) -> bool:
        """Return whether a step should be done."""
        return not self._is_enough and self._stored >= FIRST_AFTER and monotonic() >= self._next_s

    def step(self) -> None:
        """Make some of the room; what fails here is no fault, only no gain."""
        try:
            self._is_enough = self._extend()
        except OSError as error:
            self._is_enough = True
            _log.info("No room was made for the log (%s).", type(error).__name__)
        self._next_s = monotonic() + STEP_PAUSE_S

    def _extend(self) -> bool:
        """Return whether the log has all the room that it should, or may, have."""
        # Not "wb" or "a": nothing of the log may be cut, and Windows appends at the end only.
        with self._path.open("r+b", buffering=0) as log:
            size = log.seek(0, os.SEEK_END)
            missing = ROOM_BYTES - size
            if missing <= 0 or shutil.disk_usage(self._path.parent).free < SPARE_BYTES + missing:
                return True
            log.write(bytes(min(STEP_BYTES, missing)))
            os.fsync(log.fileno())
        return missing <= STEP_BYTES
