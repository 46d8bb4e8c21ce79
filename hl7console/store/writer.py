"""The one thread that writes to a workspace's database.

It takes whatever has queued up, stores it in one transaction, and only then tells the senders of
the batch. There is no artificial delay: the busier, the larger the batches.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TypeVar

from hl7console.errors import ConsoleError, WorkspaceError
from hl7console.store.batches import MAX_BATCH_ROWS, BatchWriter, largest_batch, writable
from hl7console.store.chores import IDLE_S, Chores
from hl7console.store.connection import Database
from hl7console.store.faults import Fault, SqlError, any_fault_of, fault_of
from hl7console.store.health import RETRY_S, Health, OnProblem, note_failed_telling, safely
from hl7console.store.migrations import check_version, migrate
from hl7console.store.records import NewMessage, OnStored, StoreOutcome
from hl7console.store.waiting import Call, End, Item, Refusal, WaitingLine, Work

T = TypeVar("T")

MAX_BATCH_BYTES = 8 * 1024 * 1024
"""A batch ends with the message that reaches this size."""

_log = logging.getLogger(__name__)


class StoreWriter:
    """Owns the writing connection and its thread.

    Args:
        path: The database file.
        key: Its data key; None for plain SQLite (tests).
        on_problem: Told on the writer thread why storing or the index fails, and "" when all
            works again.
        on_batch_done: Called on the writer thread after the last `on_stored` of a batch, so that
            its answers can be handed on together.
        on_queued: Called on the writer thread after a batch that queued deliveries, with how many
            by destination; never where nothing was queued.
    """

    def __init__(
        self,
        path: Path,
        key: bytes | None,
        *,
        on_problem: OnProblem | None = None,
        on_batch_done: Callable[[], None] | None = None,
        on_queued: Callable[[Mapping[str, int]], None] | None = None,
    ) -> None:
        self.path = path
        self.last_message_id = 0
        """The highest id given so far; any thread may read it."""
        self.stored_total = 0
        """Messages stored by this writer."""
        self.derived_id = 0
        """Messages up to this id are in the full-text index."""
        self.on_batch_done = on_batch_done
        self.on_queued = on_queued
        self._key = key
        self._health = Health(on_problem)
        self._line = WaitingLine()
        self._thread: threading.Thread | None = None
        self._started: Future[None] = Future()
        self._database: Database | None = None
        self._batches: BatchWriter
        self._chores: Chores
        self._next: Work | None = None
        self._must_reopen = False

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
            self._line.close()
            self._thread.join()
            raise

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Store what is queued, close the database and end the thread.

        Returns:
            Whether it ended within `timeout_s`. Nothing stored is lost when it did not.
        """
        self._line.close()
        thread = self._thread
        if thread is None:
            return True
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
        self._put([(new, on_stored)], wait_s)

    def put_all(self, items: Sequence[Item]) -> None:
        """Queue messages in their order, as with `put` each; all have room, or none. Any thread.

        Args:
            items: Each message, and whom to tell.
        """
        self._put(list(items), 0.0)

    def _put(self, items: list[Item], wait_s: float) -> None:
        refusal = self._line.put(items, _size(items), wait_s)
        if refusal is not None:
            is_full = refusal is Refusal.FULL
            for _, on_stored in items:
                if on_stored is not None:
                    on_stored(StoreOutcome(0, error=refusal.value, is_locked=is_full))

    def call(self, function: Callable[[Database], T], *, label: str) -> Future[T]:
        """Run a function on the writer thread, inside a transaction. Any thread.

        It runs after what was queued before it. What it raises, its future raises; errors of the
        database come as `ConsoleError`.

        Args:
            function: Gets the writing connection.
            label: What it does, in a few words, for the log.
        """
        return self._put_call(Call(function, label))

    def checkpoint(self) -> Future[None]:
        """Move the write-ahead log into the database file, and shorten the file. Any thread."""
        return self._put_call(
            Call(lambda _: self._chores.checkpoint(), "checkpoint", in_transaction=False)
        )

    def prune_kinds(self) -> Future[int]:
        """Remove what no message refers to any more; returns how many kinds. Any thread."""
        return self._put_call(Call(lambda _: self._batches.prune_kinds(), "prune kinds"))

    @property
    def problem(self) -> str:
        """Why storing, or else the index, fails at the moment; "" when all works. Any thread."""
        return self._health.problem

    @property
    def queued(self) -> int:
        """Messages that wait to be stored; any thread."""
        return len(self._line)

    def _put_call(self, call: Call[T]) -> Future[T]:
        if not self._line.put_call(call):
            call.future.set_exception(WorkspaceError(Refusal.CLOSED.value))
        return call.future

    # --- the thread --------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
        except (ConsoleError, SqlError, OSError) as error:
            self._close()
            told = error if isinstance(error, ConsoleError) else fault_of(error).as_error()
            self._started.set_exception(told)
            return
        except BaseException as error:  # noqa: BLE001 - `start` raises it
            self._close()
            self._started.set_exception(error)
            return
        self._started.set_result(None)
        try:
            self._work()
        finally:
            self._line.close()
            self._refuse_rest()
            self._close()

    def _open(self) -> None:
        if self.path.exists() and self.path.stat().st_size:
            # One that this version does not know is not to be changed in any way.
            with closing(Database(self.path, self._key, read_only=True)) as database:
                check_version(database)
        self._database = Database(self.path, self._key)
        migrate(self._database)
        self._batches = BatchWriter(self._database)
        self._chores = Chores(self._database)
        self.last_message_id = self._batches.last_id
        self.derived_id = self._chores.derived_id

    def _mend_connection(self) -> None:
        """Open the connection again where it must be; inside a transaction nothing would commit."""
        is_stuck = self._database is not None and self._database.in_transaction
        if self._must_reopen or is_stuck:
            self._open_again()

    def _open_again(self) -> None:
        if self._database is not None:
            self._database.close()
            self._database = None
        queued = self._batches.queued
        self._open()
        self._batches.queued = queued
        self._must_reopen = False

    def _close(self) -> None:
        if self._database is None:
            return
        try:
            self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        except SqlError:
            _log.info("The write-ahead log could not be emptied at the end; it stays.")
        self._database.close()
        self._database = None

    def _work(self) -> None:
        while True:
            item = self._take()
            if isinstance(item, End):
                return
            if isinstance(item, Call):
                self._run_call(item)
            else:
                self._store(self._gather(item))

    def _take(self) -> Work:
        """Return the next piece of work; while there is none, do what can wait."""
        if self._next is not None:
            item, self._next = self._next, None
            return item
        if self._health.may_index() and self._chores.is_due(self.last_message_id):
            self._run_chore(is_idle=False)
        while not self._must_reopen and self._chores.is_pending(self.last_message_id):
            found = self._line.get(IDLE_S if self._health.may_index() else RETRY_S)
            if found is not None:
                return found
            if self._health.may_index():
                self._run_chore(is_idle=True)
        return self._line.get() or End()

    def _run_chore(self, *, is_idle: bool) -> None:
        must_stop = (lambda: not self._line.is_empty()) if is_idle else None
        try:
            self._chores.run(self.last_message_id, must_stop)
        except Exception as error:  # noqa: BLE001 - the index must never stop the storing
            fault = any_fault_of(error)
            self._must_reopen = fault.spoils_connection
            self._health.index(fault.text)
        else:
            self._health.index("")
        self.derived_id = self._chores.derived_id

    def _gather(self, first: list[Item]) -> list[Item]:
        """Return the first messages and what is queued behind them, up to the next call."""
        batch = first
        size = _size(first)
        get = self._line.get
        while len(batch) < MAX_BATCH_ROWS and size < MAX_BATCH_BYTES:
            item = get(0)
            if item is None:
                break
            if not isinstance(item, list):
                self._next = item
                break
            batch += item
            size += _size(item)
        return batch

    def _store(self, items: list[Item]) -> None:
        start = 0
        while start < len(items):
            part = items[start : start + largest_batch(len(items) - start)]
            start += len(part)
            self._store_part(part)

    def _store_part(self, items: list[Item]) -> None:
        outcomes, fault = self._try_batch([new for new, _ in items])
        if fault is not None and not fault.is_locked and (len(items) > 1 or fault.is_ours):
            outcomes = []
            fault = None
            for new, _ in items:
                single, single_fault = self._try_batch([writable(new)])
                outcomes += single
                fault = single_fault or fault
        self._health.storing(fault.text if fault is not None else "")
        self._tell(items, outcomes)

    def _try_batch(self, batch: Sequence[NewMessage]) -> tuple[list[StoreOutcome], Fault | None]:
        """Store all or nothing; returns the outcomes, and why it failed."""
        try:
            self._mend_connection()
            outcomes = self._batches.store(batch)
        except Exception as error:  # noqa: BLE001 - whatever it is, no message may go unanswered
            fault = any_fault_of(error)
        else:
            self._chores.stored(self.last_message_id + 1, batch)
            self.last_message_id = self._batches.last_id
            self.stored_total += len(batch)
            return outcomes, None
        self._must_reopen = self._must_reopen or fault.spoils_connection
        failed = StoreOutcome(0, error=fault.text, is_locked=fault.is_locked)
        return [failed] * len(batch), fault

    def _tell(self, items: list[Item], outcomes: list[StoreOutcome]) -> None:
        for (_, on_stored), outcome in zip(items, outcomes, strict=True):
            if on_stored is not None:
                try:
                    on_stored(outcome)
                except Exception as error:  # noqa: BLE001 - the writer goes on whatever they do
                    note_failed_telling(error)
        self._line.done(len(items), _size(items))
        if self.on_batch_done is not None:
            safely(self.on_batch_done)
        if self._batches.queued:
            self._tell_queued(self._batches.queued)

    def _tell_queued(self, queued: Mapping[str, int]) -> None:
        self._batches.queued = {}
        told = self.on_queued
        if told is not None:
            safely(lambda: told(queued))

    def _run_call(self, call: Call[object]) -> None:
        if not call.future.set_running_or_notify_cancel():
            return
        try:
            self._mend_connection()
            result = self._run_function(call)
        except (SqlError, OSError) as error:
            fault = fault_of(error)
            self._must_reopen = self._must_reopen or fault.spoils_connection
            _log.warning("Failed: %s. %s", call.label, fault.text)
            call.future.set_exception(fault.as_error())
        except BaseException as error:  # noqa: BLE001 - the caller's future raises it
            call.future.set_exception(error)
        else:
            call.future.set_result(result)

    def _run_function(self, call: Call[object]) -> object:
        if self._database is None:
            raise WorkspaceError(Refusal.CLOSED.value)
        with self._database.transaction() if call.in_transaction else nullcontext():
            return call.function(self._database)

    def _refuse_rest(self) -> None:
        """Tell those whose work came behind the end that nothing was done."""
        rest = self._next
        while rest is not None or (rest := self._line.get(0)) is not None:
            if isinstance(rest, list):
                self._tell(rest, [StoreOutcome(0, error=Refusal.CLOSED.value)] * len(rest))
            elif isinstance(rest, Call) and rest.future.set_running_or_notify_cancel():
                rest.future.set_exception(WorkspaceError(Refusal.CLOSED.value))
            rest = None


def _size(items: Sequence[Item]) -> int:
    return sum([len(new.raw) for new, _ in items])
