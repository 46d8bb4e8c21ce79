"""Gathers what all queues want of the store, and hands it to the writer, one call at a time.

While one call is under way the next is collected: the busier, the larger. With a call for each
message every acknowledgement would wait for the disk.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from typing import Protocol, TypeVar

from hl7console.errors import ConsoleError
from hl7console.store import queues
from hl7console.store.connection import Database
from hl7console.store.queue_records import (
    ClaimAnswer,
    ClaimWish,
    Prepared,
    QueueAnswers,
    QueueWork,
    Settled,
    Unclaimed,
)

T = TypeVar("T")

log = logging.getLogger(__name__)

GATHER_S = 0.005
"""How long what is not urgent waits for more of its kind, in seconds: a call for each message of a
slow receiver would cost more than the message, and a write to the disk each time."""

GATHER_MOST = 64
"""Ends of attempts that are handed over at once, however little time has passed."""

RETRY_S = 0.5
"""How long to wait after the store failed, in seconds."""

OnKept = Callable[[Sequence[Settled], Sequence[Unclaimed]], None]
"""Told after the commit what was written down."""

OnClaimed = Callable[[ClaimAnswer], None]
OnPrepared = Callable[[Sequence[int]], None]


class Caller(Protocol):
    """What runs a function on the writer thread."""

    def call(self, function: Callable[[Database], T], *, label: str) -> Future[T]:
        """Run it inside a transaction."""


class Keeper:
    """One for all queues of an engine. The network thread.

    Args:
        writer: Runs the calls.
        on_kept: Told after each commit what was written down.
    """

    def __init__(self, writer: Caller, on_kept: OnKept) -> None:
        self._loop = asyncio.get_running_loop()
        self._writer = writer
        self._on_kept = on_kept
        self._work = QueueWork()
        self._claims: list[OnClaimed] = []
        self._prepares: list[tuple[int, OnPrepared]] = []
        self._is_busy = False
        self._is_urgent = False
        self._timer: asyncio.Handle | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.problem = ""
        """Why the store does not take what queues want; empty when it does."""

    def settle(self, settled: Settled) -> None:
        """Have the end of an attempt written down."""
        self._work.settled.append(settled)
        self._soon(is_urgent=len(self._work.settled) >= GATHER_MOST)

    def unclaim(self, unclaimed: Unclaimed) -> None:
        """Give back a delivery that was not sent."""
        self._work.unclaimed.append(unclaimed)
        self._soon(is_urgent=False)

    def prepare(self, prepared: Sequence[Prepared], on_prepared: OnPrepared) -> None:
        """Have bytes kept before they are sent; told the attempts' ids after the commit."""
        self._work.prepared += prepared
        self._prepares.append((len(prepared), on_prepared))
        self._soon(is_urgent=True)

    def claim(self, wish: ClaimWish, on_claimed: OnClaimed, *, is_urgent: bool) -> None:
        """Ask for the next deliveries of a queue; told after the commit.

        Args:
            wish: What is asked for.
            on_claimed: Told what there is.
            is_urgent: Whether the queue has nothing left to send.
        """
        self._work.wishes.append(wish)
        self._claims.append(on_claimed)
        self._soon(is_urgent=is_urgent)

    def hurry(self) -> None:
        """Gather no longer: somebody waits."""
        if not self._work.is_empty:
            self._soon(is_urgent=True)

    async def finished(self) -> None:
        """Wait until nothing is under way and nothing collected."""
        self.hurry()
        await self._idle.wait()

    def _soon(self, *, is_urgent: bool) -> None:
        """Start a call: when urgent at the end of this turn of the loop, so that it takes all."""
        self._idle.clear()
        must_advance = is_urgent and not self._is_urgent
        self._is_urgent = self._is_urgent or is_urgent
        if self._is_busy or (self._timer is not None and not must_advance):
            return
        if self._timer is not None:
            self._timer.cancel()
        if self._is_urgent:
            self._timer = self._loop.call_soon(self._start)
        else:
            self._timer = self._loop.call_later(GATHER_S, self._start)

    def _start(self) -> None:
        self._timer = None
        if self._is_busy:
            return
        self._is_urgent = False
        if self._work.is_empty:
            self._idle.set()
            return
        self._is_busy = True
        work, claims, prepares = self._work, self._claims, self._prepares
        self._work, self._claims, self._prepares = QueueWork(), [], []
        future = self._writer.call(
            lambda database: queues.keep(database, work, time.time_ns() // 1000),
            label="write down deliveries",
        )

        def done(ended: Future[QueueAnswers]) -> None:
            try:
                self._loop.call_soon_threadsafe(self._done, ended, work, claims, prepares)
            except RuntimeError:
                log.warning("What became of some deliveries could not be told; they are unknown.")

        future.add_done_callback(done)

    def _done(
        self,
        ended: Future[QueueAnswers],
        work: QueueWork,
        claims: list[OnClaimed],
        prepares: list[tuple[int, OnPrepared]],
    ) -> None:
        try:
            answers = ended.result(0)
        except (Exception, CancelledError) as fault:  # noqa: BLE001 - no queue may end by it
            log.warning("What became of deliveries is not written down: %s", type(fault).__name__)
            self._failed(fault, work, claims, prepares)
            return
        self.problem = ""
        self._is_busy = False
        if work.settled or work.unclaimed:
            self._on_kept(work.settled, work.unclaimed)
        at = 0
        for count, on_prepared in prepares:
            on_prepared(answers.attempt_ids[at : at + count])
            at += count
        for on_claimed, answer in zip(claims, answers.claims, strict=True):
            on_claimed(answer)
        if self._work.is_empty:
            self._idle.set()
        else:
            self._soon(is_urgent=self._is_urgent)

    def _failed(
        self,
        fault: BaseException,
        work: QueueWork,
        claims: list[OnClaimed],
        prepares: list[tuple[int, OnPrepared]],
    ) -> None:
        """Keep what the store did not take, in front of what came since; try again later."""
        self.problem = fault.text if isinstance(fault, ConsoleError) else "The store was closed."
        later = self._work
        self._work = QueueWork(
            work.settled + later.settled,
            work.unclaimed + later.unclaimed,
            work.prepared + later.prepared,
            work.wishes + later.wishes,
        )
        self._claims = claims + self._claims
        self._prepares = prepares + self._prepares

        def again() -> None:
            self._is_busy = False
            self._start()

        self._loop.call_later(RETRY_S, again)
