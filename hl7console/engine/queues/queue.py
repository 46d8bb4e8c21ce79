"""One destination's queue: what it may send, and what became of it.

It never holds more than a window of deliveries, however many wait; it grows while the store is
slower than the receiver. Where order is kept there is one connection, and a message that is to be
sent again holds up all behind it.
"""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from hl7console.engine.destination_light import DestinationLight
from hl7console.engine.outbound import Exchange
from hl7console.engine.queues.backoff import delay_s
from hl7console.engine.queues.keeper import Keeper
from hl7console.engine.queues.lane import Lane
from hl7console.engine.queues.making import Making
from hl7console.engine.queues.outcomes import settled, verdict_of
from hl7console.engine.queues.payloads import InHand, RunRecipe
from hl7console.engine.queues.standing import Standing, Tally
from hl7console.mllp.actions import Note
from hl7console.settings import DestinationSettings
from hl7console.store.queue_records import (
    ClaimAnswer,
    ClaimWish,
    QueueCounts,
    Unclaimed,
)
from hl7console.store.repair_records import QueueState

FIRST_WINDOW = 16
LARGEST_WINDOW = 256
"""Deliveries claimed ahead: few, as a crash makes all of them unknown."""

WRITTEN_S = 1.0
"""How long the store may take to write down what was sent, in seconds, before a pause goes on."""

WINDOW_BYTES = 4 * 1024 * 1024
"""Their bytes; one message may be larger."""


class DeliveryQueue:
    """The queue of one destination. The network thread, unless it says otherwise.

    Args:
        settings: The destination's.
        light: Its light.
        keeper: Talks to the store.
        run_recipe: Applies recipes.
        state: Whether it is held or stopped.
        counts: What waits.
    """

    def __init__(
        self,
        settings: DestinationSettings,
        light: DestinationLight,
        keeper: Keeper,
        run_recipe: RunRecipe,
        state: QueueState,
        counts: QueueCounts,
    ) -> None:
        self.settings = settings
        self.light = light
        self.state = state
        self.standing = Standing(counts)
        self.must_recount = False
        """Whether the counts don't agree with the store's."""
        self._keeper = keeper
        self._making = Making(settings, run_recipe, keeper)
        self._loop = asyncio.get_running_loop()
        self._window: deque[InHand] = deque()
        self._size = FIRST_WINDOW
        self._is_claiming = False
        self._answered = asyncio.Event()
        self._generation = 0
        self._pauses = 0
        self._is_ending = False
        self._cursor = 0
        self._blocked_until_s = 0.0
        self.block_text = ""
        """Why nothing can be sent though something waits."""
        self._next_send_s = 0.0
        self._wake = asyncio.Event()
        self._lanes: list[Lane] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._preparing: set[asyncio.Task[None]] = set()

    # Start, pause and stop.

    def start(self) -> None:
        """Start sending."""
        count = 1 if self.settings.keep_order else self.settings.parallel
        for _ in range(count):
            lane = Lane(self)
            self._lanes.append(lane)
            task = self._loop.create_task(lane.run())  # kept in the list, so never lost
            self._tasks.append(task)

    async def pause(self, timeout_s: float) -> None:
        """Send nothing more; return once what is under way has its answer, or time is up.

        What was claimed and not sent is given back. `resume` goes on.
        """
        self._pauses += 1
        self._return_window()
        deadline_s = self._loop.time() + timeout_s
        while self._is_under_way() and self._loop.time() < deadline_s:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout_at(deadline_s):
                    await self._wake.wait()
        await self._written(deadline_s)

    async def _written(self, deadline_s: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout_at(max(deadline_s, self._loop.time() + WRITTEN_S)):
                await self._keeper.finished()

    def resume(self) -> None:
        """Go on after `pause`."""
        self._pauses = max(0, self._pauses - 1)
        self.look_again()

    async def stop(self, timeout_s: float) -> None:
        """Send nothing more and close the connections; what is under way gets its answer first.

        What has none within the time has an unknown outcome, which is written down.
        """
        self._is_ending = True
        await self.pause(timeout_s)
        if self._is_under_way():
            for lane in self._lanes:
                lane.abort()
            await asyncio.sleep(0.05)
        for task in (*self._tasks, *self._preparing):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._preparing, return_exceptions=True)
        self._return_window()
        await self._written(0.0)

    def _is_under_way(self) -> bool:
        return self._is_claiming or any(lane.is_sending for lane in self._lanes)

    def _return_window(self) -> None:
        self._generation += 1
        while self._window:
            self.give_back(self._window.popleft())

    # What others tell it.

    def queued(self, count: int) -> None:
        """Take note of deliveries that were added."""
        if self.standing.queued(count):
            self.look_again()
        elif not self.settings.keep_order:
            self._unblock()

    def recounted(self, counts: QueueCounts, state: QueueState) -> None:
        """Take over what the store says."""
        self.standing.recounted(counts)
        self.state = state
        self.must_recount = False
        self.look_again()

    def retry_now(self) -> None:
        """Wait no longer for the next try."""
        for lane in self._lanes:
            lane.failures, lane.not_before_s, lane.wait_text = 0, 0.0, ""
        self.look_again()

    def look_again(self) -> None:
        """Look at the store again, from the first delivery on."""
        self._cursor = 0
        self._unblock()

    def _unblock(self) -> None:
        self._blocked_until_s, self.block_text = 0.0, ""
        self._wake.set()

    def kept(self, tally: Tally) -> None:
        """Take note of what was written down."""
        self.standing.kept(tally)
        if tally.accepted or tally.refused:
            self.light.answered(tally.accepted, tally.refused)
        self._wake.set()

    # What its lanes ask.

    async def until_ready(self, lane: Lane) -> None:
        """Wait until something may be sent over this lane."""
        while (wait_s := self._wait_s(lane)) > 0:
            self._wake.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(None if math.isinf(wait_s) else wait_s):
                    await self._wake.wait()

    def _wait_s(self, lane: Lane) -> float:
        if not self._may_send() or not (self._window or self.standing.has_more):
            return math.inf
        now_s = self._loop.time()
        blocked_s = 0.0 if self._window else self._blocked_until_s
        return max(lane.not_before_s, blocked_s, self._next_send_s) - now_s

    def _may_send(self) -> bool:
        state = self.state
        return (
            not self._pauses
            and self.settings.enabled
            and not state.is_held
            and not state.is_stopped
        )

    async def next(self) -> InHand | None:
        """Return what is to be sent next; None where nothing can be at this moment."""
        if not self._window and self._may_send():
            if not self._is_claiming:
                self._claim()
            self._keeper.hurry()
            self._answered.clear()
            await self._answered.wait()
        return self._first() if self._may_send() else None

    def _first(self) -> InHand | None:
        if not self._window:
            return None
        hand = self._window.popleft()
        self.standing.set_head(hand.claimed.id, hand.claimed.created_at_us)
        return hand

    def take(self) -> InHand | None:
        """Return what can be sent next at once; asks for more in good time."""
        if not self._may_send() or self._next_send_s > self._loop.time():
            return None
        hand = self._first()
        if hand is None and self._is_claiming:
            self._size = min(self._size * 2, LARGEST_WINDOW)
        if len(self._window) <= self._size // 2 and not self._is_claiming:
            self._claim()
        return hand

    def _claim(self) -> None:
        wanted = self._size - len(self._window)
        if not self.standing.has_more or wanted <= 0:
            self._loop.call_soon(self._answered.set)
            return
        if any(lane.failures for lane in self._lanes):
            wanted = 1
        self._is_claiming = True
        now = self._generation
        name, in_order = self.settings.name, self.settings.keep_order
        self._keeper.claim(
            ClaimWish(name, wanted, WINDOW_BYTES, in_order, self._cursor),
            lambda answer: self._claimed(answer, now),
            is_urgent=not self._window or self._size > 4 * FIRST_WINDOW,
        )

    def _claimed(self, answer: ClaimAnswer, generation: int) -> None:
        self.standing.in_hand += len(answer.deliveries)
        if answer.head_id and not self._window:
            self.standing.set_head(answer.head_id, answer.head_at_us)
        hands = self._making.at_once(answer.deliveries)
        if hands is not None:
            self._admit(hands, answer, generation)
            return
        task = self._loop.create_task(self._prepare(answer, generation))
        self._preparing.add(task)
        task.add_done_callback(self._preparing.discard)

    async def _prepare(self, answer: ClaimAnswer, generation: int) -> None:
        """Have bytes made elsewhere, and kept before the first one goes out."""
        hands: list[InHand] = []
        try:
            hands = await self._making.made(answer.deliveries)
        finally:
            if len(hands) < len(answer.deliveries):  # cut off, or it failed
                hands, generation = [InHand(claimed) for claimed in answer.deliveries], -1
            self._admit(hands, answer, generation)

    def _admit(self, hands: Sequence[InHand], answer: ClaimAnswer, generation: int) -> None:
        """Take what was claimed into the window, or give it back when that came too late."""
        self._is_claiming = False
        if generation != self._generation:
            for hand in hands:
                self.give_back(hand)
        elif hands:
            self._window += hands
            if not self.settings.keep_order:
                self._cursor = hands[-1].claimed.id
        else:
            self._note_block(answer)
        self._answered.set()
        self._wake.set()

    def _note_block(self, answer: ClaimAnswer) -> None:
        """Remember until when there is nothing to send, though something waits."""
        if self._cursor:
            self._cursor = 0
            return
        if answer.retry_at_us:
            wait_s = max(0.0, answer.retry_at_us / 1e6 - time.time())
            self._blocked_until_s = self._loop.time() + wait_s
            return
        self._blocked_until_s = math.inf
        if answer.head_state == "held":
            self.block_text = "Its first message is held; nothing overtakes it."
        elif answer.head_state == "rejected":
            self.block_text = "Its first message was refused: send it again, skip it or reroute it."
        elif not answer.head_id and self.standing.is_at_odds:
            self.must_recount = True

    # What became of messages.

    def ended(self, hand: InHand, exchange: Exchange, lane: Lane) -> bool:
        """Take what became of a message; return whether the next one may follow at once."""
        verdict = verdict_of(exchange, hand, self.settings, counts_unknown=not self._is_ending)
        retry_at_us = 0
        if verdict.is_retried:
            retry_at_us = self._put_off(exchange, lane)
        elif lane.failures:
            lane.failures, lane.wait_text = 0, ""
        if verdict.stops_queue:
            self._stopped(hand, verdict.stops_queue)
        self._keeper.settle(settled(exchange, verdict, hand, self.settings.name, retry_at_us))
        if self.settings.rate_per_s:
            now_s = self._loop.time()
            self._next_send_s = max(self._next_send_s, now_s - 0.05) + 1 / self.settings.rate_per_s
        return not verdict.is_due

    def _put_off(self, exchange: Exchange, lane: Lane) -> int:
        """Set the time of the next try; nothing overtakes where order is kept."""
        lane.failures += 1
        self._size = FIRST_WINDOW
        wait_s = delay_s(lane.failures, self.settings, random.random())  # noqa: S311 - no secret
        lane.not_before_s = self._loop.time() + wait_s
        lane.wait_text = exchange.text
        if self.settings.keep_order:
            self._return_window()
        if exchange.state == "unknown":
            self.light.failed(exchange.text)
        return exchange.finished_at_us + int(wait_s * 1e6)

    def _stopped(self, hand: InHand, text: str) -> None:
        self.state = replace(self.state, is_stopped=True, text=text, stopped_by=hand.claimed.id)
        self.standing.set_head(hand.claimed.id, hand.claimed.created_at_us)
        self.light.timeline.add("queue_stopped", text, is_fault=True)
        self._return_window()

    def put_back(self, hand: InHand) -> None:
        """Take back what was not sent: it goes first, or back into the store."""
        if self._may_send():
            self._window.appendleft(hand)
        else:
            self.give_back(hand)

    def broke(self) -> None:
        """Take note of a fault of our own: nothing may overtake what was in hand."""
        text = "A fault of this program stopped the queue; the log has more. Release it to go on."
        self.state = replace(self.state, is_stopped=True, text=text)
        self._return_window()

    def give_back(self, hand: InHand) -> None:
        """Give a delivery that was not sent back to the store."""
        one, name = hand.claimed, self.settings.name
        self._keeper.unclaim(Unclaimed(one.id, one.state, hand.attempt_id, name))

    def not_connected(self, text: str, lane: Lane) -> None:
        """Take note that there is no connection: all waits for the next try."""
        lane.failures += 1
        wait_s = delay_s(lane.failures, self.settings, random.random())  # noqa: S311 - no secret
        lane.not_before_s = self._loop.time() + wait_s
        lane.wait_text = text
        self._size = FIRST_WINDOW
        self._return_window()
        self.light.failed(text)
        self.light.timeline.add("no_connection", text, is_fault=True)

    def connected(self, count: int) -> None:
        """Take note of connections opened or closed."""
        self.light.connected(count)

    def noticed(self, note: Note) -> None:
        """Take note of what the receiver sent while nothing waited."""
        self.light.timeline.add(note.code, note.text, is_fault=True)

    def waiting(self) -> tuple[str, float]:
        """Return why it waits and for how many seconds; ("", 0) where it doesn't. Any thread."""
        now_s = self._loop.time()
        late = [lane for lane in self._lanes if lane.not_before_s > now_s]
        if not late or len(late) < len(self._lanes):
            return "", 0.0
        lane = min(late, key=lambda one: one.not_before_s)
        return lane.wait_text, lane.not_before_s - now_s
