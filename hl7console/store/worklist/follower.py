"""Follows the journal: applies what is new to the rows and keeps them in ``worklist.db``.

One follower for a workspace writes; it runs in a process of its own, in a thread, or inline
(see `engine.worklist_service`). What it wrote is complete up to its watermark, whatever happens.
"""

from __future__ import annotations

import gc
import json
import logging
import time
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from pathlib import Path

from hl7console.errors import ConsoleError, DamagedDatabaseError, WrongKeyError
from hl7console.store.connection import Database
from hl7console.store.derived_file import load_meta, remove_derived
from hl7console.store.faults import SqlError, as_console_errors, fault_of
from hl7console.store.worklist.journal import JournalItem, JournalPlace, journal_end, read_chunk
from hl7console.store.worklist.loader import RowLoader
from hl7console.store.worklist.saving import Saver, load_place
from hl7console.store.worklist.schema import (
    FORMAT,
    TABLES,
    worklist_path,
)
from hl7console.store.worklist.undo_history import SavedHistory
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.state import State
from hl7console.worklist.turn import Note, Outcome, Severity
from hl7console.worklist.undo import is_void

BATCH = 400
"""Messages applied in one transaction, at most."""

BATCH_S = 0.25
"""Seconds after which a batch is written though it isn't full."""

LATE_BATCH = 2_000
LATE_BATCH_S = 1.0
"""The same for a follower that is late: larger batches write each page less often."""

MOST_ROWS = 150_000
"""Rows kept in memory between batches."""

_GC_THRESHOLDS = (5_000_000, 10, 10)
"""Rows live long and in no cycles. Garbage is looked for where they are dropped, so before that
many new objects; this is for what nobody thought of."""

CHECKPOINT_PAGES = 4_000
"""The write-ahead log is moved into the file about every so many pages."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class FollowerStatus:
    """How far the worklist is."""

    message_id: int = 0
    """Messages up to this id are applied."""
    input_id: int = 0
    behind: int = 0
    """Entries that were stored and not applied yet, as far as known; roughly."""
    applied: int = 0
    """Entries applied by this follower."""
    version: int = 0
    """Entries applied in all, and rebuilds; grows when the worklist changed."""
    problem: str = ""
    """Why it doesn't go on, as a sentence; "" when all is well."""
    notice: str = ""
    rebuilds: int = 0
    """How often it was asked to be made again, and was or failed."""
    """What somebody should know of: the worklist was damaged and is made again."""


class Follower:
    """Applies the journal to the worklist. One thread.

    Args:
        console_path: ``console.db``, opened read-only.
        key: Key of both files.
        path: Where the worklist is; None for beside ``console.db``.

    Raises:
        ConsoleError: A file cannot be opened.
    """

    def __init__(self, console_path: Path, key: bytes | None, path: Path | None = None) -> None:
        self.path = path or worklist_path(console_path)
        self._key = key
        self.notice = ""
        self._console = Database(console_path, key, read_only=True)
        self._applied = 0
        self._behind = 0
        self._last_stored_id = 0
        with ExitStack() as opened, as_console_errors():
            opened.callback(self._console.close)
            self._database = self._open()
            opened.callback(self._database.close)
            self._database.execute("PRAGMA synchronous = NORMAL").close()
            self._database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").close()
            self._begin()
            opened.pop_all()

    def _open(self) -> Database:
        """Open the worklist; one that cannot be used is made again from nothing."""
        key = self._key
        exists = self.path.exists() and self.path.stat().st_size > 0
        with suppress(SqlError, ConsoleError):
            database = Database(self.path, key)
            try:
                if exists and FORMAT.is_current(database) and is_whole(database):
                    return database
                if not exists:
                    FORMAT.create_tables(database)
                    return database
            except BaseException:
                database.close()
                raise
            database.close()
        self.notice = "The worklist's file was of another version or damaged; it is made again."
        remove_derived(self.path)
        database = Database(self.path, key)
        FORMAT.create_tables(database)
        return database

    def _begin(self) -> None:
        """Take up where the file is; what was in memory is dropped."""
        # The rules are loaded where they run, not in every program that shows the worklist.
        from hl7console.worklist.projection import Projection

        database = self._database
        self._loader = RowLoader(database, keep_keys=True)
        next_ids = json.loads(load_meta(database, "next_ids") or "{}")
        self._state = State(self._loader, next_ids)
        self._loader.next_ids = dict(self._state.next_ids)
        history = SavedHistory(database, self._console)
        self._projection = Projection(self._state, history=history)
        self._saver = Saver(database, self._state, self._loader)
        self.place = load_place(database)

    @property
    def last_stored_id(self) -> int:
        """The last message that was stored when the last step began."""
        return self._last_stored_id

    @property
    def status(self) -> FollowerStatus:
        """How far it is."""
        return FollowerStatus(
            self.place.message_id,
            self.place.input_id,
            self._behind,
            self._applied,
            self._saver.position,
            notice=self.notice,
        )

    def step(self, most: int = 0) -> int:
        """Apply the next entries and keep what came of them; return how many there were.

        Args:
            most: How many at most; 0 decides by how far it is behind.

        Raises:
            ConsoleError: A file cannot be read or written; nothing of the step is kept, and a
                later one tries again.
        """
        try:
            return self._step(most)
        except SqlError as error:
            self._begin_again()
            raise fault_of(error).as_error() from None
        except BaseException:
            self._begin_again()
            raise

    def _begin_again(self) -> None:
        self._database.roll_back()
        with suppress(SqlError):
            self._begin()

    def _step(self, most: int) -> int:
        is_late = self._behind > BATCH
        most = most or (LATE_BATCH if is_late else BATCH)
        end_s = time.monotonic() + (LATE_BATCH_S if is_late else BATCH_S)
        before = self.place
        chunk = read_chunk(self._console, self.place, most)
        place = chunk.place
        count = 0
        reached = before
        for item in chunk.items:
            if count and isinstance(item.entry, InputEntry) and is_void(item.entry):
                # Undoing reads the history: everything before must have been saved.
                place = reached
                break
            outcome, rows = self._apply(item)
            self._saver.take(item, outcome, rows)
            count += 1
            reached = item.place
            if time.monotonic() > end_s and item is not chunk.items[-1]:
                place = item.place
                break
        if place != before:
            if not self._saver.save(before, place):
                self._begin_again()
                return 1
            self.place = place
        self._applied += count
        last = chunk.last
        self._last_stored_id = last.message_id
        self._behind = last.message_id - place.message_id + last.input_id - place.input_id
        if self._state.size() > MOST_ROWS:
            self._state.forget()
            self._loader.saved_keys.clear()
            gc.collect()
        return count if count or place == before else 1

    def _apply(self, item: JournalItem) -> tuple[Outcome, list]:  # type: ignore[type-arg]
        if item.is_not_accepted:
            note = Note("not_accepted", Severity.ERROR, path="MSH", args={})
            return Outcome(item.entry.number, notes=[note], is_refused=True), []
        return self._projection.apply(item.entry)

    def sibling(self, path: Path) -> Follower:
        """Return another follower of the same journal, with a worklist of its own."""
        return Follower(self._console.path, self._key, path)

    def take_over(self, path: Path) -> None:
        """Put all that another worklist's file holds in the place of what this one holds.

        Raises:
            ConsoleError: A file cannot be read or written; this one is as it was.
        """
        database = self._database
        key = f"x'{self._key.hex()}'" if self._key is not None else ""
        try:
            database.execute("ATTACH DATABASE ? AS fresh KEY ?", (str(path), key))
            try:
                with database.transaction():
                    for table in TABLES:
                        database.execute(f"DELETE FROM main.{table}")  # noqa: S608 - our own
                        database.execute(
                            f"INSERT INTO main.{table} SELECT * FROM fresh.{table}"  # noqa: S608
                        )
            finally:
                database.execute("DETACH DATABASE fresh")
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except SqlError as error:
            raise fault_of(error).as_error() from None
        finally:
            self._begin_again()

    def run_to_end(self) -> int:
        """Apply everything that there is and return how many entries that were."""
        total = 0
        while applied := self.step():
            total += applied
        return total

    def is_at_end(self) -> bool:
        """Return whether everything that is stored is applied."""
        end = journal_end(self._console)
        return end.message_id <= self.place.message_id and end.input_id <= self.place.input_id

    def close(self) -> None:
        """Close both files; the owner's thread, twice does no harm."""
        self._database.close()
        self._console.close()


def collect_seldom() -> None:
    """Look for garbage in cycles seldom, and never among what is there already.

    For a process that only follows: a fifth of its time would go into looking through rows.
    """
    gc.set_threshold(*_GC_THRESHOLDS)
    gc.collect()
    gc.freeze()


def discard_if_damaged(console_path: Path, key: bytes | None) -> bool:
    """Remove a worklist whose pages cannot be read any more; return whether it was one.

    Nobody may follow it. The next follower makes it again.
    """
    path = worklist_path(console_path)
    if not path.exists():
        return False
    try:
        with closing(Database(path, key, read_only=True)) as database:
            is_sound = database.one("PRAGMA quick_check(1)") == ("ok",)
    except (DamagedDatabaseError, WrongKeyError):
        is_sound = False
    except SqlError as error:
        is_sound = not isinstance(fault_of(error).as_error(), DamagedDatabaseError)
    except ConsoleError:
        is_sound = True
    if not is_sound:
        with suppress(OSError):
            remove_derived(path)
    return not is_sound


def look(console_path: Path, key: bytes | None) -> FollowerStatus:
    """Return how far the worklist of a workspace is, without following.

    Raises:
        ConsoleError: ``console.db`` cannot be read.
    """
    place = JournalPlace()
    path = worklist_path(console_path)
    if path.exists():
        with (
            suppress(ConsoleError, SqlError),
            closing(Database(path, key, read_only=True)) as database,
        ):
            place = load_place(database) if FORMAT.is_current(database) else place
    try:
        with closing(Database(console_path, key, read_only=True)) as console:
            end = journal_end(console)
    except SqlError as error:
        raise fault_of(error).as_error() from None
    behind = max(end.message_id - place.message_id, 0) + max(end.input_id - place.input_id, 0)
    return FollowerStatus(place.message_id, place.input_id, behind)


def is_whole(database: Database) -> bool:
    """Return whether a file's pages can be read, as far as a quick look tells."""
    row = database.one("SELECT count(*) FROM meta")
    place = load_place(database)
    return row is not None and isinstance(place, JournalPlace)
