"""Hands messages to the store a turn of the loop at a time, instead of one by one.

The writer wakes once for all that one turn read, and commits it as one batch; it would otherwise
wake with the first message and take the interpreter while the others are still being read. A
sender that is alone has no others, and its messages do not wait for the end of the turn.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

from hl7console.store.records import NewMessage, OnStored

MOST_BYTES = 1024 * 1024
"""Collected bytes from which on they are handed over at once."""


class BatchTaker(Protocol):
    """What is asked of the store."""

    @property
    def queued(self) -> int:
        """Messages that are not stored yet."""

    def put(self, new: NewMessage, on_stored: OnStored | None) -> None:
        """Queue one message."""

    def put_all(self, items: Sequence[tuple[NewMessage, OnStored | None]]) -> None:
        """Queue messages in their order; each is told what became of it."""


class TurnCollector:
    """Collects what the connections of a loop receive in one turn. The network thread.

    Args:
        loop: Its loop.
        writer: Where the messages go.
    """

    __slots__ = ("_bytes", "_comes_alone", "_items", "_loop", "_writer")

    def __init__(self, loop: asyncio.AbstractEventLoop, writer: BatchTaker) -> None:
        self._loop = loop
        self._writer = writer
        self._items: list[tuple[NewMessage, OnStored | None]] = []
        self._bytes = 0
        self._comes_alone = True

    def put(self, new: NewMessage, on_stored: OnStored | None) -> None:
        """Take a message; at the latest at the end of this turn it is in the writer's queue."""
        items = self._items
        if not items:
            if self._comes_alone and not self._writer.queued:
                self._writer.put(new, on_stored)
                return
            self._loop.call_soon(self.hand_over)
        items.append((new, on_stored))
        self._bytes += len(new.raw)
        if self._bytes >= MOST_BYTES:
            self.hand_over()

    def hand_over(self) -> None:
        """Hand over what is there; harmless when nothing is."""
        items, self._items = self._items, []
        self._bytes = 0
        if items:
            self._comes_alone = len(items) == 1
            self._writer.put_all(items)
