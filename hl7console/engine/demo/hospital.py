"""Runs the demo's hospital: its systems send over real connections, each over one of its own.

The systems are outsiders to the engine: they know an address and a certificate, keep nothing, and
get their answers over the wire, so that what the console shows is what real senders would cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from hl7console.engine.demo.programme import REPEAT_AFTER_S, Programme
from hl7console.engine.demo.register import SYSTEMS
from hl7console.engine.demo.segments import System
from hl7console.engine.demo.telling import Hospital, Shipment
from hl7console.engine.sender import Sender
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings

log = logging.getLogger(__name__)

Route = Callable[[System], DestinationSettings | None]
"""Says where a system's messages go at this moment; None while its listener is down."""

_PATIENCE_S = (0.5, 1.0, 2.0)
"""Pauses between the tries of a message while its listener is down."""

_MOST_WAITING = 50
"""Messages that a system keeps while it gets no answers; what comes on top is dropped."""


_LAST_ANSWERS_S = 2.0
"""How long the end waits for answers to messages under way."""


@dataclass(frozen=True, slots=True)
class ToldStep:
    """One message of a story, and what became of it."""

    after_s: float
    """Seconds since the demo began."""
    story: str
    caption: str
    message_type: str
    system: str
    ack_code: str
    """MSA-1; empty when no answer came."""


@dataclass(frozen=True, slots=True)
class Tally:
    """What the hospital has sent so far."""

    sent: int = 0
    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    """Number of messages by type and by MSA-1 of the answer."""
    steps: tuple[ToldStep, ...] = ()
    """The stories of the first minute, in order of time."""
    dropped: int = 0


class _Desk:
    """One system: its messages in order, over one connection. The hospital's thread only."""

    def __init__(self, system: System, route: Route) -> None:
        self._system = system
        self._route = route
        self._sender: Sender | None = None
        self.waiting: asyncio.Queue[tuple[int, Shipment] | None] = asyncio.Queue(_MOST_WAITING)

    async def send(self, shipment: Shipment) -> str:
        """Return MSA-1 of the answer, "" when none came."""
        for pause_s in (*_PATIENCE_S, 0.0):
            sender = await self._current_sender()
            if sender is not None:
                try:
                    outcome = await sender.exchange(shipment.raw, shipment.control_id)
                except ConsoleError as fault:
                    log.debug("Demo system %s: %s", self._system.key, fault.text)
                else:
                    return outcome.ack_code
            if pause_s:
                await asyncio.sleep(pause_s)
        return ""

    async def _current_sender(self) -> Sender | None:
        settings = self._route(self._system)
        if self._sender is not None and self._sender.settings != settings:
            await self.close()
        if self._sender is None and settings is not None:
            self._sender = Sender(settings)
        return self._sender

    def go_home(self) -> None:
        """Forget what waits, and end after the message under way."""
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(None)

    async def close(self) -> None:
        """Close the connection."""
        sender, self._sender = self._sender, None
        if sender is not None:
            await sender.close()


class DemoTraffic:
    """Sends the hospital's messages from a thread of its own.

    Args:
        route: Where each system sends to.
        seed: Makes the same people come in the same order; None leaves it to chance.
    """

    def __init__(self, route: Route, *, seed: int | None = None) -> None:
        self._route = route
        self._seed = seed
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._steps: list[ToldStep] = []
        self._dropped = 0
        self._began = datetime.now().astimezone()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake: asyncio.Event | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-traffic")

    def start(self) -> None:
        """Begin to send. Once."""
        self._thread.start()

    def stop(self, timeout_s: float = 5.0) -> bool:
        """Stop after the messages under way; return whether that was in time. Any thread."""
        self._ending.set()
        loop, wake = self._loop, self._wake
        if loop is not None and wake is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(wake.set)
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def tally(self) -> Tally:
        """Return what was sent so far. Any thread."""
        with self._lock:
            return Tally(
                sent=self._counts.total(),
                counts=dict(self._counts),
                steps=tuple(self._steps),
                dropped=self._dropped,
            )

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        rng = random.Random(self._seed)  # noqa: S311 - invented data, not a secret
        self._began = datetime.now().astimezone()
        programme = Programme(Hospital(rng, int(time.time() * 10)), self._began)
        desks = {key: _Desk(system, self._route) for key, system in SYSTEMS.items()}
        self._wake = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            clerks = [group.create_task(self._serve(desk, programme)) for desk in desks.values()]
            await self._hand_out(programme, desks)
            for desk in desks.values():
                desk.go_home()
            _, late = await asyncio.wait(clerks, timeout=_LAST_ANSWERS_S)
            for clerk in late:
                clerk.cancel()

    async def _hand_out(self, programme: Programme, desks: dict[str, _Desk]) -> None:
        assert self._wake is not None  # noqa: S101 - made by _main
        while not self._ending.is_set():
            self._wake.clear()
            for token, shipment in programme.take_due(datetime.now().astimezone()):
                try:
                    desks[shipment.system.key].waiting.put_nowait((token, shipment))
                except asyncio.QueueFull:
                    with self._lock:
                        self._dropped += 1
                    programme.answered(token, "")
            left_s = (programme.next_due() - datetime.now().astimezone()).total_seconds()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), max(left_s, 0.01))

    async def _serve(self, desk: _Desk, programme: Programme) -> None:
        assert self._wake is not None  # noqa: S101 - made by _main
        try:
            while (work := await desk.waiting.get()) is not None:
                token, shipment = work
                code = await desk.send(shipment)
                self._note(shipment, code)
                programme.answered(token, code)
                self._wake.set()
        finally:
            await desk.close()

    def _note(self, shipment: Shipment, code: str) -> None:
        after_s = (datetime.now().astimezone() - self._began).total_seconds()
        with self._lock:
            self._counts[shipment.message_type, code] += 1
            if shipment.story and after_s < REPEAT_AFTER_S:
                self._steps.append(
                    ToldStep(
                        after_s=after_s,
                        story=shipment.story,
                        caption=shipment.caption,
                        message_type=shipment.message_type,
                        system=shipment.system.title,
                        ack_code=code,
                    )
                )
