"""Sends the deliveries of a queue over one connection, one after the other.

As long as all goes well the next message leaves in the same turn of the loop in which the answer
came: a task that had to be woken for each would halve the rate.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Protocol

from hl7console.engine.outbound import Exchange, OutboundConnection
from hl7console.engine.queues.payloads import InHand
from hl7console.engine.sender import Sender
from hl7console.errors import ConsoleError, UsageError
from hl7console.mllp.actions import Note
from hl7console.settings import DestinationSettings

log = logging.getLogger(__name__)


class LaneQueue(Protocol):
    """What a lane asks of its queue."""

    settings: DestinationSettings

    async def until_ready(self, lane: Lane) -> None:
        """Wait until something may be sent over this lane."""

    async def next(self) -> InHand | None:
        """Return what is to be sent next; None where nothing can be at this moment."""

    def take(self) -> InHand | None:
        """Return what can be sent next at once, if all goes well; None to look again."""

    def ended(self, hand: InHand, exchange: Exchange, lane: Lane) -> bool:
        """Take what became of a message; return whether the next one may follow at once."""

    def put_back(self, hand: InHand) -> None:
        """Take back what was not sent, as the next one to be sent."""

    def broke(self) -> None:
        """Take note of a fault of our own: nothing may overtake what was in hand."""

    def not_connected(self, text: str, lane: Lane) -> None:
        """Take note that there is no connection, and why."""

    def connected(self, count: int) -> None:
        """Take note of connections opened or (negative) closed."""

    def noticed(self, note: Note) -> None:
        """Take note of what the receiver sent while nothing waited."""


class Lane:
    """One connection of a queue. The network thread."""

    def __init__(self, queue: LaneQueue) -> None:
        self._queue = queue
        self._sender = Sender(queue.settings, queue.noticed, self._lost)
        self._connection: OutboundConnection | None = None
        self._hand: InHand | None = None
        self._pause: asyncio.Future[None] | None = None
        self.failures = 0
        """Tries in a row that did not go well."""
        self.not_before_s = 0.0
        """When the next try may be made, on the loop's clock."""
        self.wait_text = ""
        self.is_sending = False
        """Whether a message is under way."""

    async def run(self) -> None:
        """Send until cancelled."""
        try:
            while True:
                try:
                    await self._turn()
                except Exception:
                    log.exception("A queue's connection failed; it is tried again")
                    self._queue.broke()
        finally:
            await self._close()

    async def _turn(self) -> None:
        await self._queue.until_ready(self)
        connection = await self._connected()
        if connection is None:
            return
        hand = await self._queue.next()
        if hand is not None:
            await self._pump(connection, hand)

    async def _connected(self) -> OutboundConnection | None:
        before = self._connection
        try:
            connection = await self._sender.open()
        except ConsoleError as fault:
            self._left()
            self._queue.not_connected(fault.full_text, self)
            return None
        if connection is not before:
            self._left()
            self._connection = connection
            self._queue.connected(1)
            if connection.lost.is_set():
                self._left()
        return connection

    def _lost(self, connection: OutboundConnection) -> None:
        """Take note that a connection has ended, whoever ended it."""
        if connection is self._connection:
            self._left()

    def _left(self) -> None:
        if self._connection is not None:
            self._connection = None
            self._queue.connected(-1)

    async def _close(self) -> None:
        self._left()
        await self._sender.close()

    async def _pump(self, connection: OutboundConnection, hand: InHand) -> None:
        self._pause = asyncio.get_running_loop().create_future()
        self.is_sending = True
        try:
            self._send(connection, hand)
            await self._pause
        finally:
            self.is_sending = False
            self._pause = None

    def _send(self, connection: OutboundConnection, first: InHand) -> None:
        hand: InHand | None = first
        while hand is not None:
            fault = hand.fault
            if not fault and not connection.is_usable:
                self._queue.put_back(hand)
                break
            if not fault:
                self._hand = hand
                try:
                    connection.start(
                        hand.payload,
                        hand.control_id,
                        self._ended,
                        wants_application_ack=hand.wants_application_ack,
                    )
                except UsageError as problem:
                    fault = f"Not sent: {problem.text}"
                else:
                    return
            self._hand = None
            hand.fault = fault
            if not self._queue.ended(hand, refused_here(fault), self):
                break
            hand = self._queue.take()
        self._rest()

    def _ended(self, exchange: Exchange) -> None:
        try:
            self._go_on(exchange)
        except Exception as fault:  # noqa: BLE001 - the task of this lane raises it
            if self._pause is not None and not self._pause.done():
                self._pause.set_exception(fault)

    def _go_on(self, exchange: Exchange) -> None:
        """Take what became of the message under way, and send the next one if that may be."""
        hand, self._hand = self._hand, None
        connection = self._connection
        if hand is None or connection is None:
            return
        if connection.refusal:
            self._queue.put_back(hand)
            self._queue.not_connected(connection.refusal, self)
            self._rest()
            return
        if exchange.state == "unknown":
            self._sender.give_up(hand.control_id)
        following = self._queue.take() if self._queue.ended(hand, exchange, self) else None
        if following is None:
            self._rest()
        else:
            self._send(connection, following)

    def _rest(self) -> None:
        if self._pause is not None and not self._pause.done():
            self._pause.set_result(None)

    def abort(self) -> None:
        """Drop the connection: what is under way has no certain answer."""
        self._sender.abort()


def refused_here(text: str) -> Exchange:
    """Return the end of a message that was not sent at all, as its bytes can't be."""
    now_us = time.time_ns() // 1000
    return Exchange("rejected", "", text, now_us, now_us, 0.0)
