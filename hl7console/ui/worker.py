"""Work off the GUI thread, with the answer back on it.

A worker owns one thread. Answers arrive as calls on the GUI thread, in the order in which the
work was asked for, and never after `Worker.stop`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.reader import StoreReader

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Answer(Generic[T]):
    future: Future[T]
    then: Callable[[T], None]
    failed: Callable[[ConsoleError], None] | None


class Worker(QObject):
    """One thread that runs what the window asks of it. GUI thread only.

    Args:
        name: Name of the thread.
        parent: Owner of the worker; call `stop` before it goes.
    """

    _finished = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._executor: ThreadPoolExecutor | None = None
        self._is_stopped = False
        self._open = 0
        self._finished.connect(self._on_finished)

    @property
    def is_busy(self) -> bool:
        """Whether work is under way or waiting."""
        return self._open > 0

    def call(
        self,
        work: Callable[[], T],
        then: Callable[[T], None],
        failed: Callable[[ConsoleError], None] | None = None,
    ) -> None:
        """Run `work` on the worker's thread and `then` on this one with what it returned.

        Args:
            work: Must not touch widgets.
            then: Gets the result on the GUI thread.
            failed: Gets a fault that a user may see. Any other fault is raised on the GUI thread.
        """
        if self._is_stopped:
            return
        if self._executor is None:
            self._executor = ThreadPoolExecutor(1, thread_name_prefix=self.objectName())
        self._open += 1
        future = self._executor.submit(work)
        answer = _Answer(future, then, failed)
        future.add_done_callback(lambda _: self._finished.emit(answer))

    def stop(self) -> None:
        """Drop what waits, finish what is in hand, and end the thread."""
        self._is_stopped = True
        if self._executor is not None:
            self._executor.shutdown(wait=True, cancel_futures=True)
            self._executor = None

    @Slot(object)
    def _on_finished(self, answer: _Answer[object]) -> None:
        self._open -= 1
        if self._is_stopped or answer.future.cancelled():
            return
        error = answer.future.exception()
        if error is None:
            answer.then(answer.future.result())
        elif isinstance(error, ConsoleError) and answer.failed is not None:
            answer.failed(error)
        else:
            raise error


class Reads(Protocol):
    """What reads a database for one thread."""

    def interrupt(self) -> None:
        """End the query in hand. Any thread."""

    def close(self) -> None:
        """Close the connection; its own thread."""


R = TypeVar("R", bound=Reads)


class ReadingWorker(Worker, Generic[R]):
    """A worker with a read-only connection, opened on its own thread.

    Args:
        name: Name of the thread.
        opener: Opens a connection; called on the worker's thread.
        parent: Owner of the worker; call `stop` before it goes.
    """

    def __init__(self, name: str, opener: Callable[[], R], parent: QObject | None = None) -> None:
        super().__init__(name, parent)
        self._opener = opener
        self._reads: R | None = None

    def ask(
        self,
        work: Callable[[R], T],
        then: Callable[[T], None],
        failed: Callable[[ConsoleError], None] | None = None,
    ) -> None:
        """Run `work` with the connection; otherwise as `call`."""
        self.call(lambda: work(self._opened()), then, failed)

    def interrupt(self) -> None:
        """End the query in hand, if there is one."""
        if self._reads is not None:
            self._reads.interrupt()

    def stop(self) -> None:
        """End the query in hand, close the connection on its own thread, and end that."""
        self._is_stopped = True
        self.interrupt()
        if self._executor is not None:
            # What waits before this finds the worker stopped and ends at once.
            self._executor.submit(self._close)
            self._executor.shutdown(wait=True)
            self._executor = None

    def _opened(self) -> R:
        if self._is_stopped:
            raise ConsoleError("The window is closing.")
        if self._reads is None:
            self._reads = self._opener()
        return self._reads

    def _close(self) -> None:
        if self._reads is not None:
            reads, self._reads = self._reads, None
            reads.close()


class ReaderWorker(ReadingWorker[StoreReader]):
    """A worker that reads the messages' database."""

    def __init__(self, name: str, console: Console, parent: QObject | None = None) -> None:
        super().__init__(name, console.open_reader, parent)
