"""The receivers behind the demo's destinations: outsiders that take, refuse, or are away at times.

They listen on loopback in a thread of their own and keep nothing, so that what the queues show is
what real receivers would cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.acks import AckProblem, AckRules, build_ack, decide
from hl7console.hl7v2.scan import Scan, scan
from hl7console.mllp.events import FrameReceived
from hl7console.mllp.framing import MllpDecoder, encode_frame

log = logging.getLogger(__name__)

_HOST = "127.0.0.1"
_READ_BYTES = 65536
_START_TIMEOUT_S = 10.0
_REOPEN_PAUSE_S = 0.5

Judge = Callable[[Scan, bytes], AckProblem | None]
"""Says what a receiver finds wrong with a message; None takes it."""


@dataclass(frozen=True, slots=True)
class Outages:
    """When a receiver is away."""

    first_after_s: float
    away_s: float
    between_s: float
    """From the end of one to the begin of the next."""
    longer_s: float = 0.0
    """How long the second one is, and each `longer_every`-th after it; 0 makes all alike."""
    longer_every: int = 10

    def length_s(self, number: int) -> float:
        """Return how long an outage is; the first has the number 0."""
        is_longer = self.longer_s > 0 and number % self.longer_every == 1
        return self.longer_s if is_longer else self.away_s


@dataclass(frozen=True, slots=True)
class Receiver:
    """One receiver of the demo."""

    name: str
    judge: Judge | None = None
    outages: Outages | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """What a receiver has answered so far."""

    taken: int = 0
    refused: int = 0


class _Reception:
    """One receiver at work. The receivers' thread only; the counts may be read by any."""

    def __init__(self, receiver: Receiver) -> None:
        self.receiver = receiver
        self.port = 0
        self.taken = 0
        self.refused = 0
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._numbers = itertools.count(1)

    async def open(self) -> None:
        """Listen, on the same port as before.

        Raises:
            OSError: The port is not to be had.
        """
        self._server = await asyncio.start_server(self._serve, _HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Listen no more, and end all connections."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        for writer in tuple(self._writers):
            writer.close()

    async def come_and_go(self, outages: Outages) -> None:
        """Be away at the times set; until cancelled."""
        await asyncio.sleep(outages.first_after_s)
        for number in itertools.count():
            self.close()
            await asyncio.sleep(outages.length_s(number))
            while self._server is None:
                try:
                    await self.open()
                except OSError as fault:
                    log.debug("Demo receiver %s: %s", self.receiver.name, fault)
                    await asyncio.sleep(_REOPEN_PAUSE_S)
            await asyncio.sleep(outages.between_s)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        decoder = MllpDecoder()
        self._writers.add(writer)
        try:
            while self._server is not None and (data := await reader.read(_READ_BYTES)):
                for event in decoder.feed(data):
                    if isinstance(event, FrameReceived):
                        writer.write(encode_frame(self._answer(event.payload)))
                await writer.drain()
        except OSError as fault:
            log.debug("Demo receiver %s: %s", self.receiver.name, fault)
        finally:
            self._writers.discard(writer)
            writer.close()

    def _answer(self, raw: bytes) -> bytes:
        found = scan(raw)
        code = decide(found, AckRules()).code or "AA"
        problem = self.receiver.judge(found, raw) if self.receiver.judge is not None else None
        if problem is not None:
            code = f"{code[0]}E"
        if code in ("AA", "CA"):
            self.taken += 1
        else:
            self.refused += 1
        return build_ack(
            found,
            code,
            () if problem is None else (problem,),
            control_id=f"D{next(self._numbers)}",
            now=time.time(),
        )


class DemoReceivers:
    """Runs receivers in a thread of its own.

    Args:
        receivers: Which.
    """

    def __init__(self, receivers: Sequence[Receiver]) -> None:
        self._receptions = [_Reception(receiver) for receiver in receivers]
        self._fault: OSError | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._is_ready = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-receivers")

    def start(self) -> None:
        """Begin to listen; returns when all do. Once.

        Raises:
            EnvironmentFaultError: They cannot listen on this computer.
        """
        self._thread.start()
        self._is_ready.wait(_START_TIMEOUT_S)
        if self._fault is not None:
            self.stop()
            raise EnvironmentFaultError(
                f"The demo's receivers cannot listen: {self._fault}.",
                hint="Check what keeps programs from listening on 127.0.0.1.",
            ) from self._fault

    def stop(self, timeout_s: float = 5.0) -> bool:
        """End all; return whether that was in time. Any thread; more than once does no harm."""
        loop, ending = self._loop, self._ending
        if loop is not None and ending is not None:
            with contextlib.suppress(RuntimeError):  # the loop has ended by itself
                loop.call_soon_threadsafe(ending.set)
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def ports(self) -> dict[str, int]:
        """Return by receiver the port that it listens on. Any thread, once started."""
        return {one.receiver.name: one.port for one in self._receptions}

    def answered(self) -> dict[str, Answered]:
        """Return by receiver what it has answered so far. Any thread."""
        return {one.receiver.name: Answered(one.taken, one.refused) for one in self._receptions}

    def _run(self) -> None:
        asyncio.run(self._main())

    async def _main(self) -> None:
        self._ending = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        try:
            for one in self._receptions:
                await one.open()
        except OSError as fault:
            self._fault = fault
            self._ending.set()
        self._is_ready.set()
        async with asyncio.TaskGroup() as group:
            outages = [
                group.create_task(one.come_and_go(one.receiver.outages))
                for one in self._receptions
                if one.receiver.outages is not None
            ]
            await self._ending.wait()
            for task in outages:
                task.cancel()
        for one in self._receptions:
            one.close()
