"""The queue in front of the writer: bounded by number and bytes, open to any thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import Enum
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from hl7console.store.connection import Database
from hl7console.store.records import NewMessage, OnStored

T = TypeVar("T")

MAX_QUEUED = 20_000
"""Messages that may wait for the writer."""

MAX_QUEUED_BYTES = 256 * 1024 * 1024
"""Bytes that may wait for the writer; one message is always taken."""


class Call(Generic[T]):
    """A function to run on the writer thread, and who waits for it.

    Args:
        function: Gets the writing connection.
        label: What it does, in a few words, for the log.
        in_transaction: Whether it runs inside a transaction.
    """

    __slots__ = ("function", "future", "in_transaction", "label")

    def __init__(
        self, function: Callable[[Database], T], label: str, *, in_transaction: bool = True
    ) -> None:
        self.function = function
        self.label = label
        self.in_transaction = in_transaction
        self.future: Future[T] = Future()


class End:
    """The end of the queue; nothing comes behind it."""


Item = tuple[NewMessage, OnStored | None]
Work = list[Item] | Call[object] | End


class Refusal(Enum):
    """Why a message was not taken."""

    CLOSED = "The database is closed."
    FULL = "The database cannot keep up with what arrives."


class WaitingLine:
    """Messages and calls in the order in which they came."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Work] = SimpleQueue()
        self._room = threading.Condition(threading.Lock())
        self._count = 0
        self._bytes = 0
        self._waiting_for_room = 0
        self._is_closed = False

    def __len__(self) -> int:
        """Return how many messages wait; any thread."""
        return self._count

    def put(self, items: list[Item], size_bytes: int, wait_s: float) -> Refusal | None:
        """Add messages, all or none; returns why they were not taken, or None. Any thread.

        Args:
            items: The messages and whom to tell.
            size_bytes: Their size.
            wait_s: How long to wait for room.
        """
        with self._room:
            if wait_s > 0 and not self._is_closed and not self._has_room(size_bytes):
                self._waiting_for_room += 1
                try:
                    self._room.wait_for(
                        lambda: self._is_closed or self._has_room(size_bytes), wait_s
                    )
                finally:
                    self._waiting_for_room -= 1
            if self._is_closed:
                return Refusal.CLOSED
            if not self._has_room(size_bytes):
                return Refusal.FULL
            self._count += len(items)
            self._bytes += size_bytes
            self._queue.put(items)
        return None

    def put_call(self, call: Call[T]) -> bool:
        """Add a call; returns False when the queue is closed. Any thread."""
        with self._room:
            if not self._is_closed:
                self._queue.put(call)  # type: ignore[arg-type]
            return not self._is_closed

    def close(self) -> None:
        """Take nothing more. Any thread; twice does no harm."""
        with self._room:
            if not self._is_closed:
                self._is_closed = True
                self._queue.put(End())
            self._room.notify_all()

    def get(self, timeout_s: float | None = None) -> Work | None:
        """Wait for the next piece of work; None when none came in time. The writer thread."""
        try:
            if timeout_s == 0:
                return self._queue.get_nowait()
            return self._queue.get(timeout=timeout_s)
        except Empty:
            return None

    def is_empty(self) -> bool:
        """Return whether nothing waits."""
        return self._queue.empty()

    def done(self, count: int, size_bytes: int) -> None:
        """Note that messages were dealt with, and let those in who wait for room."""
        with self._room:
            self._count -= count
            self._bytes -= size_bytes
            if self._waiting_for_room:
                self._room.notify_all()

    def _has_room(self, size_bytes: int) -> bool:
        return not self._count or (
            self._count < MAX_QUEUED and self._bytes + size_bytes <= MAX_QUEUED_BYTES
        )
