"""The one thread that writes to a workspace's database.

It takes whatever has queued up, stores it in one transaction, and only then tells the senders of
the batch. There is no artificial delay: the busier, the larger the batches.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from hl7console.errors import ConsoleError, WorkspaceError
from hl7console.store.batches import MAX_BATCH_ROWS, BatchWriter, largest_batch
from hl7console.store.chores import IDLE_S, Chores
from hl7console.store.connection import Database
from hl7console.store.faults import Fault, SqlError, fault_of
from hl7console.store.migrations import migrate
from hl7console.store.records import NewMessage, OnStored, StoreOutcome

T = TypeVar("T")

MAX_QUEUED = 20_000
"""Messages that may wait for the writer."""

MAX_QUEUED_BYTES = 256 * 1024 * 1024
"""Bytes that may wait for the writer; one message is always taken."""

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends with the message that reaches this size."""

_BUSY = "The database cannot keep up with what arrives."

_log = logging.getLogger(__name__)

OnProblem = Callable[[str], None]
"""Told on the writer thread: a plain sentence while storing fails, "" when it works again."""


class _Call(Generic[T]):
    """A function to run on the writer thread, and who waits for it."""

    __slots__ = ("function", "future", "label")

    def __init__(self, function: Callable[[Database], T], label: str) -> None:
        self.function = function
        self.label = label
        self.future: Future[T] = Future()


_Item = tuple[NewMessage, OnStored | None]
_Queued = _Item | _Call[object] | None


class StoreWriter:
    """Owns the writing connection and its thread.

    Args:
        path: The database file.
        key: Its data key; None for plain SQLite (tests).
        on_problem: Told when storing begins to fail, and when it works again.
        on_batch_done: Called on the writer thread after the last `on_stored` of a batch, so that
            its answers can be handed on together.
    """

    def __init__(
        self,
        path: Path,
        key: bytes | None,
        *,
        on_problem: OnProblem | None = None,
        on_batch_done: Callable[[], None] | None = None,
    ) -> None:
        self.path = path
        self.last_message_id = 0
        """The highest id given so far; any thread may read it."""
        self.stored_total = 0
        """Messages stored by this writer."""
        self.derived_id = 0
        """Messages up to this id are in the full-text index."""
        self.problem = ""
        """Why storing fails at the moment; empty when it works."""
        self.on_batch_done = on_batch_done
        self._key = key
        self._on_problem = on_problem
        self._queue: SimpleQueue[_Queued] = SimpleQueue()
        self._room = threading.Condition()
        self._queued = 0
        self._queued_bytes = 0
        self._closing = False
        self._thread: threading.Thread | None = None
        self._started: Future[None] = Future()
        self._database: Database | None = None
        self._batches: BatchWriter
        self._chores: Chores
        self._next: _Queued = None
        self._reopen = False

    # --- for other threads -------------------------------------------------------------------

    def start(self) -> None:
        """Open the database, bring it to this version's schema and start the thread.

        Raises:
            ConsoleError: The database cannot be used.
        """
        if self._thread is not None:
            raise RuntimeError("The writer was started before.")
        self._thread = threading.Thread(target=self._run, name="store-writer")
        self._thread.start()
        try:
            self._started.result()
        except BaseException:
            self._thread.join()
            raise

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Store what is queued, close the database and end the thread.

        Returns:
            Whether it ended within `timeout_s`. Nothing stored is lost when it did not.
        """
        thread = self._thread
        if thread is None:
            return True
        with self._room:
            if not self._closing:
                self._closing = True
                self._queue.put(None)
            self._room.notify_all()
        if thread is not threading.current_thread():
            thread.join(timeout_s)
        return not thread.is_alive()

    def put(
        self, new: NewMessage, on_stored: OnStored | None = None, *, wait_s: float = 0.0
    ) -> None:
        """Queue a message to be stored. Any thread.

        Args:
            new: The message; not to be changed afterwards.
            on_stored: Told once what became of it: on the writer thread after the commit, or at
                once on this thread when the queue has no room or the writer is closed.
            wait_s: How long to wait for room in the queue. The network thread leaves it at 0.
        """
        size = len(new.raw)
        with self._room:
            if not self._has_room(size) and wait_s > 0 and not self._closing:
                self._room.wait_for(lambda: self._closing or self._has_room(size), wait_s)
            refused = self._closing or not self._has_room(size)
            is_closed = self._closing
            if not refused:
                self._queued += 1
                self._queued_bytes += size
                self._queue.put((new, on_stored))
        if refused and on_stored is not None:
            text = "The database is closed." if is_closed else _BUSY
            on_stored(StoreOutcome(0, error=text, is_locked=not is_closed))

    def call(self, function: Callable[[Database], T], *, label: str) -> Future[T]:
        """Run a function on the writer thread, inside a transaction. Any thread.

        It runs after what was queued before it. What it raises, its future raises; errors of the
        database come as `ConsoleError`.

        Args:
            function: Gets the writing connection.
            label: What it does, in a few words, for the log.
        """
        call: _Call[T] = _Call(function, label)
        with self._room:
            if self._closing:
                call.future.set_exception(WorkspaceError("The database is closed."))
            else:
                self._queue.put(call)  # type: ignore[arg-type]
        return call.future

    @property
    def queued(self) -> int:
        """Messages that wait to be stored; any thread."""
        return self._queued

    def _has_room(self, size: int) -> bool:
        return not self._queued or (
            self._queued < MAX_QUEUED and self._queued_bytes + size <= MAX_QUEUED_BYTES
        )

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
        except (ConsoleError, SqlError, OSError) as error:
            told = error if isinstance(error, ConsoleError) else fault_of(error).as_error()
            self._closing = True
            self._started.set_exception(told)
            return
        except BaseException as error:
            self._closing = True
            self._started.set_exception(error)
            raise
        self._started.set_result(None)
        try:
            self._work()
        finally:
            self._refuse_rest()
            self._close()

    def _open(self) -> None:
        self._database = Database(self.path, self._key)
        migrate(self._database)
        self._batches = BatchWriter(self._database)
        self._chores = Chores(self._database)
        self.last_message_id = self._batches.last_id
        self.derived_id = self._chores.derived_id

    def _close(self) -> None:
        if self._database is not None:
            try:
                self._database.execute("PRAGMA optimize")
                self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            except SqlError:
                _log.info("The write-ahead log could not be emptied at the end; it stays.")
            self._database.close()

    def _work(self) -> None:
        while True:
            item = self._take()
            if item is None:
                return
            if isinstance(item, _Call):
                self._run_call(item)
            else:
                self._store(self._gather(item))

    def _take(self) -> _Queued:
        """Return the next piece of work; while there is none, do what can wait."""
        if self._next is not None:
            item, self._next = self._next, None
            return item
        chores = self._chores
        if chores.is_due(self.last_message_id):
            self._run_chore(is_idle=False)
        while chores.is_pending(self.last_message_id) and not self.problem:
            try:
                return self._queue.get(timeout=IDLE_S)
            except Empty:
                self._run_chore(is_idle=True)
        return self._queue.get()

    def _run_chore(self, *, is_idle: bool) -> None:
        must_stop = (lambda: not self._queue.empty()) if is_idle else None
        try:
            self._chores.run(self.last_message_id, must_stop)
        except SqlError as error:
            fault = fault_of(error)
            self._reopen = self._reopen or fault.spoils_connection
            self._set_problem(fault.text)
        self.derived_id = self._chores.derived_id

    def _gather(self, first: _Item) -> list[_Item]:
        """Return the first item and what is queued behind it, up to the next call."""
        batch = [first]
        size = len(first[0].raw)
        get = self._queue.get_nowait
        while len(batch) < MAX_BATCH_ROWS and size < MAX_BATCH_BYTES:
            try:
                item = get()
            except Empty:
                break
            if not isinstance(item, tuple):
                self._next = item
                if item is None:
                    self._queue.put(None)
                    self._next = None
                break
            batch.append(item)
            size += len(item[0].raw)
        return batch

    def _store(self, items: list[_Item]) -> None:
        start = 0
        while start < len(items):
            part = items[start : start + largest_batch(len(items) - start)]
            self._store_part(part)
            start += len(part)

    def _store_part(self, items: list[_Item]) -> None:
        outcomes, fault = self._try_batch([new for new, _ in items])
        if fault is not None and len(items) > 1 and not fault.is_locked:
            outcomes = []
            for new, _ in items:
                single, single_fault = self._try_batch([new])
                outcomes += single
                fault = single_fault
        self._tell(items, outcomes)
        self._set_problem(fault.text if fault is not None else "")

    def _try_batch(self, batch: Sequence[NewMessage]) -> tuple[list[StoreOutcome], Fault | None]:
        try:
            if self._reopen:
                self._open_again()
            outcomes = self._batches.store(batch)
        except (SqlError, OSError, ConsoleError) as error:
            fault = _told(error)
        except Exception:
            _log.exception("A batch of %d messages could not be prepared.", len(batch))
            fault = Fault(fault_of(ValueError()).kind, "The message could not be stored.")
        else:
            self._chores.stored(self.last_message_id + 1, batch)
            self.last_message_id = self._batches.last_id
            self.stored_total += len(batch)
            return outcomes, None
        self._reopen = self._reopen or fault.spoils_connection
        failed = StoreOutcome(0, error=fault.text, is_locked=fault.is_locked)
        return [failed] * len(batch), fault

    def _open_again(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        self._open()
        self._reopen = False

    def _tell(self, items: list[_Item], outcomes: list[StoreOutcome]) -> None:
        for (_, on_stored), outcome in zip(items, outcomes, strict=True):
            if on_stored is not None:
                try:
                    on_stored(outcome)
                except Exception:
                    _log.exception("Telling the outcome of a message failed.")
        if self.on_batch_done is not None:
            try:
                self.on_batch_done()
            except Exception:
                _log.exception("Telling the end of a batch failed.")
        with self._room:
            self._queued -= len(items)
            self._queued_bytes -= sum(len(new.raw) for new, _ in items)
            self._room.notify_all()

    def _set_problem(self, text: str) -> None:
        if text == self.problem:
            return
        self.problem = text
        if text:
            _log.error("Messages cannot be stored: %s", text)
        else:
            _log.info("Messages can be stored again.")
        if self._on_problem is not None:
            self._on_problem(text)

    def _run_call(self, call: _Call[object]) -> None:
        if not call.future.set_running_or_notify_cancel():
            return
        try:
            if self._reopen:
                self._open_again()
            assert self._database is not None  # noqa: S101
            with self._database.transaction():
                result = call.function(self._database)
        except (SqlError, OSError) as error:
            fault = fault_of(error)
            self._reopen = self._reopen or fault.spoils_connection
            _log.warning("Failed: %s. %s", call.label, fault.text)
            call.future.set_exception(fault.as_error())
        except BaseException as error:  # noqa: BLE001
            call.future.set_exception(error)
        else:
            call.future.set_result(result)

    def _refuse_rest(self) -> None:
        """Tell those whose items came behind the end that nothing was done."""
        self._closing = True
        while True:
            try:
                item = self._queue.get_nowait()
            except Empty:
                return
            if isinstance(item, tuple):
                self._tell([item], [StoreOutcome(0, error="The database is closed.")])
            elif item is not None:
                item.future.set_exception(WorkspaceError("The database is closed."))


def _told(error: Exception) -> Fault:
    if isinstance(error, ConsoleError):
        return Fault(fault_of(ValueError()).kind, error.text, error.hint)
    return fault_of(error)
