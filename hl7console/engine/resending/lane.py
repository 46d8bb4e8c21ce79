"""One destination of a resend: sends some messages at a time, in order, over one connection."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from dataclasses import dataclass, field

from hl7console.engine import outcomes
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.links import DestinationLight
from hl7console.engine.sender import Exchange, Sender
from hl7console.errors import ConsoleError, EnvironmentFaultError, UsageError, WorkspaceError
from hl7console.hl7v2.scan import Scan, scan
from hl7console.hl7v2.wire import wire_form
from hl7console.settings import DestinationSettings
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState
from hl7console.store.resends import AttemptEnd, AttemptStart

MAX_UNKNOWN_IN_A_ROW = 3
"""After this many messages without a certain answer, one after the other, a lane gives up."""

_LOOK_S = 0.05
"""How often a lane that is paused looks whether it may go on."""

_GOOD = (DeliveryState.ACCEPTED, DeliveryState.COMMITTED)


class Outgoing:
    """One message as it goes out, to whichever destination."""

    __slots__ = (
        "changes", "due_s", "fault", "message_id", "original_id", "payload", "received_at_us",
        "seen", "sent",
    )  # fmt: skip

    def __init__(
        self,
        message_id: int,
        raw: bytes,
        *,
        original_id: int = 0,
        received_at_us: int = 0,
        was_on_wire: bool = False,
        fault: str = "",
    ) -> None:
        self.message_id = message_id
        """The row that goes out."""
        self.original_id = original_id or message_id
        self.received_at_us = received_at_us
        """When the original was received."""
        self.fault = fault
        """Why it cannot be sent as wished; empty when it can."""
        self.payload, self.changes = wire_form(raw, was_on_wire=was_on_wire)
        self.sent = self.payload if self.payload != raw else b""
        """The bytes that go out where they differ from those that are kept."""
        self.seen: Scan = scan(self.payload)
        self.due_s = 0.0
        """When it is due, in seconds after the start."""

    @property
    def control_id(self) -> str:
        """MSH-10 as it goes out."""
        return self.seen.msh_10.decode("utf-8", "replace")


@dataclass(slots=True)
class Tried:
    """One message's try at one destination."""

    outgoing: Outgoing
    attempt_id: int = 0
    exchange: Exchange | None = field(default=None, repr=False)
    """What became of it; None while nothing has."""
    state: str = ""
    is_written: bool = False
    """Whether what became of it is written down."""

    @property
    def is_good(self) -> bool:
        """Whether the receiver took it."""
        return self.state in _GOOD

    def ended(self) -> AttemptEnd:
        """Return what is written down of it; only once it has ended."""
        exchange = self.exchange
        if exchange is None:
            raise ValueError("not ended yet")
        outcome = AttemptOutcome(
            state=self.state,
            finished_at_us=exchange.finished_at_us,
            ack_code=exchange.ack_code,
            reply=exchange.reply,
            text=" ".join((exchange.text, *self.outgoing.changes)),
        )
        return AttemptEnd(self.attempt_id, outcome, outcomes.cause_of(exchange, self.state))


class Lane:
    """Sends to one destination. The job's thread, but for `_send_all`.

    Args:
        core: The engine's parts.
        settings: The destination, which may be used.
        job: Whether to stop, or wait, before the next message.
    """

    def __init__(self, core: EngineCore, settings: DestinationSettings, job: EngineJob) -> None:
        self._core = core
        self.settings = settings
        self._job = job
        self._light = core.links.light(settings.name) or DestinationLight(settings)
        self._sender = Sender(settings)
        self._unknown_in_a_row = 0
        self._future: Future[None] | None = None
        self.stopped_by = ""
        """Why nothing more is sent there; empty while it goes on."""
        self._light.connected(1)

    @property
    def name(self) -> str:
        """The destination's name, or its address."""
        return self.settings.name

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(ConsoleError, TimeoutError):
            self._core.network.run(self._sender.close(), timeout_s=2.0)
        self._light.connected(-1)

    def open(self) -> None:
        """Connect.

        Raises:
            EnvironmentFaultError: There is no connection.
        """
        try:
            self._core.network.run(self._sender.open())
        except EnvironmentFaultError as fault:
            self._light.failed(fault.text)
            self.stopped_by = fault.text
            raise

    def starts(self, window: Sequence[Outgoing]) -> list[AttemptStart]:
        """Return what is written down before the first byte of some messages goes out."""
        now_us = time.time_ns() // 1000
        return [AttemptStart(one.message_id, self.name, now_us, one.sent) for one in window]

    def begin(self, tries: Sequence[Tried], clock_s: Callable[[], float]) -> None:
        """Start to send messages whose tries are written down.

        Args:
            tries: One for each; they are told what becomes of them.
            clock_s: Seconds since the start; any thread.

        Raises:
            WorkspaceError: The engine does not run.
        """
        self._future = self._core.network.submit(self._send_all(tries, clock_s))

    def wait(self, timeout_s: float) -> bool:
        """Wait until what was begun has ended; return whether it has in time.

        Raises:
            WorkspaceError: The engine was stopped meanwhile.
        """
        if self._future is not None:
            try:
                self._future.result(timeout_s)
            except CancelledError:
                raise WorkspaceError("The engine was stopped.") from None
            except TimeoutError:
                return False
        self._future = None
        return True

    # The network thread.

    async def _send_all(self, tries: Sequence[Tried], clock_s: Callable[[], float]) -> None:
        for one in tries:
            ahead_s = one.outgoing.due_s - clock_s()
            if ahead_s > 0:
                await asyncio.sleep(ahead_s)
            while self._job.is_paused:  # noqa: ASYNC110 - told by another thread
                await asyncio.sleep(_LOOK_S)
            if self._job.is_cancelled:
                return
            one.exchange = await self._exchange(one.outgoing)
            one.state = outcomes.state_of(one.exchange, one.outgoing.seen)
            self._show(one.exchange, one.state)
            if self.stopped_by:
                return

    async def _exchange(self, outgoing: Outgoing) -> Exchange:
        started_us = time.time_ns() // 1000
        if outgoing.fault:
            return outcomes.refused_here(UsageError(outgoing.fault), started_us)
        try:
            return await self._sender.exchange(outgoing.payload, outgoing.control_id)
        except UsageError as fault:
            return outcomes.refused_here(fault, started_us)
        except EnvironmentFaultError as fault:
            self.stopped_by = fault.text
            return outcomes.refused_here(UsageError(fault.text), started_us)

    def _show(self, exchange: Exchange, state: str) -> None:
        if state == DeliveryState.UNKNOWN:
            self._unknown_in_a_row += 1
            self._light.failed(exchange.text)
            if self._unknown_in_a_row >= MAX_UNKNOWN_IN_A_ROW:
                self.stopped_by = "The destination gives no answers."
            return
        self._unknown_in_a_row = 0
        if self.stopped_by:
            self._light.failed(self.stopped_by)
        elif state != DeliveryState.CANCELLED:
            self._light.exchanged(is_accepted=state != DeliveryState.REJECTED)


def connect_all(lanes: Sequence[Lane]) -> EnvironmentFaultError | None:
    """Connect to all destinations; those that cannot be reached are left out. The job's thread.

    Returns:
        Why there is no connection, where none of them can be reached; else None.
    """
    fault: EnvironmentFaultError | None = None
    for lane in lanes:
        try:
            lane.open()
        except EnvironmentFaultError as error:
            fault = error
    return fault if all(lane.stopped_by for lane in lanes) else None
