"""One connection to a destination: sends messages over it in order, one at a time.

What is not certain is called unknown, never sent: once bytes have left, only an answer tells what
became of them.

References:
    HL7 2.3.1 Implementation Guide, appendix C (MLLP); IHE ITI TF-2 appendix C.2.3.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import cast

from hl7console.engine.sockets import set_keepalive
from hl7console.engine.tls import explain_tls_fault
from hl7console.engine.tls_stream import TlsStream
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.acks import ReplyKind
from hl7console.mllp.actions import Close, Note, Outcome, Reply, Send, SenderAction
from hl7console.mllp.sender_session import SenderLimits, SenderSession
from hl7console.settings import DestinationSettings

TLS13_VERDICT_S = 0.2
"""How long a receiver that sends no session tickets may take to refuse our certificate."""

_REFUSING_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE")
"""Alerts that say that the receiver did not finish the handshake, so that it took no message."""


class NotSentError(EnvironmentFaultError):
    """The message certainly did not reach the destination: there was no connection."""


@dataclass(slots=True)
class Exchange:
    """What became of one message.

    Not to be changed; it isn't frozen because that makes it slow to create.
    """

    state: str
    """``accepted``, ``committed``, ``rejected`` or ``unknown``."""
    ack_code: str
    text: str
    started_at_us: int
    finished_at_us: int
    round_trip_s: float
    reply: bytes = field(default=b"", repr=False)
    can_retry: bool = False
    notes: tuple[str, ...] = ()
    """Deviations of the receiver, as sentences."""
    kind: ReplyKind | None = None
    """What the answer means; None where none came."""


class OutboundConnection(asyncio.Protocol):
    """One connection to a destination. The network thread only.

    Args:
        settings: The destination's.
        context: For TLS; None without.
        given_up_ids: MSH-10 of messages given up before: an answer to one of them is late.
        on_note: Told what comes from the receiver while no message is under way.
        on_lost: Told once the connection has ended, after what was under way.
    """

    def __init__(
        self,
        settings: DestinationSettings,
        context: ssl.SSLContext | None,
        *,
        given_up_ids: Collection[str] = (),
        on_note: Callable[[Note], None] | None = None,
        on_lost: Callable[[OutboundConnection], None] | None = None,
    ) -> None:
        self._settings = settings
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._session = SenderSession(
            SenderLimits.from_settings(settings), timed_out_ids=given_up_ids
        )
        self._on_note = on_note
        self._on_lost = on_lost
        self._tls: TlsStream | None = None
        self._transport = cast("asyncio.Transport", None)
        self.ready: asyncio.Future[None] = self._loop.create_future()
        """Done when messages can be sent; fails with the reason when they can't."""
        self.ready.add_done_callback(lambda ready: ready.cancelled() or ready.exception())
        self.lost = asyncio.Event()
        self._has_received = False
        self._is_shaken = False
        self.refusal = ""
        """Why the receiver refused the handshake after the fact (TLS 1.3); empty otherwise."""
        self._on_end: Callable[[Exchange], None] | None = None
        self._outcome: Outcome | None = None
        self._reply = b""
        self._notes: list[str] = []
        self._started_us = 0
        self._started_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._timer_s = 0.0

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin the TLS handshake, or be ready at once."""
        self._transport = cast("asyncio.Transport", transport)
        sock = transport.get_extra_info("socket")
        if sock is not None:
            set_keepalive(sock)
        if self._context is None:
            self._be_ready()
            return
        host = self._settings.host
        self._tls = TlsStream(self._context, is_server=False, host_name=host)
        self._transport.write(self._tls.start())

    def data_received(self, data: bytes) -> None:
        """Take bytes of the wire."""
        if self._tls is not None:
            try:
                data = self._tls.received(data)
            except ssl.SSLError as fault:
                self._write_raw(self._tls.outgoing())
                self._tls_failed(fault)
                return
            self._write_raw(self._tls.outgoing())
            if self._tls.is_established and not self.ready.done():
                self._tls_begun()
            if self._tls.has_ended and not data:
                self.eof_received()
                return
        if data:
            self._has_received = True
            self._act(self._session.data_received(data, self._loop.time()))

    def eof_received(self) -> bool:
        """Take the end of what the receiver sends."""
        self._act(self._session.eof(self._loop.time()))
        self._fail_ready("The receiver closed the connection.")
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """End what is under way: its outcome is unknown unless an answer was there."""
        if self._timer is not None:
            self._timer.cancel()
        self._act(self._session.eof(self._loop.time()))
        self._fail_ready("The receiver closed the connection.")
        self.lost.set()
        if self._on_lost is not None:
            self._on_lost(self)

    def _tls_failed(self, fault: ssl.SSLError) -> None:
        why = explain_tls_fault(fault, whose="the receiver's")
        text = f"TLS failed: {why}."
        self._fail_ready(text)
        reason = fault.reason or ""
        if not self._has_received and any(part in reason for part in _REFUSING_ALERTS):
            self.refusal = text
        self._act(self._session.eof(self._loop.time()))
        self._transport.abort()

    def _tls_begun(self) -> None:
        """Be ready; with TLS 1.3 not before the receiver had its say on our certificate.

        It checks it after our side of the handshake is over, and then sends either session
        tickets or an alert. A message sent before could make the alert get lost.
        """
        if self._is_shaken or self._tls is None or self._tls.describe()[0] != "TLSv1.3":
            self._be_ready()
            return
        self._is_shaken = True
        self._loop.call_later(TLS13_VERDICT_S, self._be_ready)

    def _be_ready(self) -> None:
        if not self.ready.done():
            self.ready.set_result(None)

    def _fail_ready(self, text: str) -> None:
        if not self.ready.done():
            self.ready.set_exception(NotSentError(text))

    # The dialogue.

    @property
    def is_usable(self) -> bool:
        """Whether the next message may go over this connection."""
        return self._session.is_idle and not self._transport.is_closing() and not self.lost.is_set()

    async def exchange(
        self, payload: bytes, control_id: str, *, wants_application_ack: bool = False
    ) -> Exchange:
        """Send one message and wait for what becomes of it.

        Raises:
            NotSentError: The receiver refused the TLS handshake after the fact (TLS 1.3).
            UsageError: The message holds bytes that MLLP reserves.
        """
        ended: asyncio.Future[Exchange] = self._loop.create_future()

        def end(exchange: Exchange) -> None:
            if not ended.done():
                ended.set_result(exchange)

        self.start(payload, control_id, end, wants_application_ack=wants_application_ack)
        try:
            exchange = await ended
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        if self.refusal:
            raise NotSentError(self.refusal)
        return exchange

    def start(
        self,
        payload: bytes,
        control_id: str,
        on_end: Callable[[Exchange], None],
        *,
        wants_application_ack: bool = False,
    ) -> None:
        """Send one message; `on_end` is called once with what became of it, and may send the next.

        Where `refusal` is set by then, the receiver certainly did not take it.

        Raises:
            UsageError: The message holds bytes that MLLP reserves; `on_end` is not called.
        """
        now_s = self._loop.time()
        actions = self._session.send(
            payload, control_id, now_s, wants_application_ack=wants_application_ack
        )
        self._started_us = time.time_ns() // 1000
        self._started_s = now_s
        self._reply, self._notes = b"", []
        self._outcome = None
        self._on_end = on_end
        self._act(actions)

    def _act(self, actions: list[SenderAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                data = action.data if self._tls is None else self._tls.encrypt(action.data)
                self._write_raw(data)
            elif isinstance(action, Reply):
                self._reply = action.payload
            elif isinstance(action, Outcome):
                if action.is_final:
                    self._outcome = action
            elif isinstance(action, Note):
                self._note(action)
            elif isinstance(action, Close):
                self._transport.close()
        self._arm_timer()
        if self._outcome is not None and self._on_end is not None:
            self._end(self._outcome, self._on_end)

    def _note(self, note: Note) -> None:
        if self._on_end is not None:
            self._notes.append(note.text)
        elif self._on_note is not None:
            self._on_note(note)

    def _end(self, outcome: Outcome, on_end: Callable[[Exchange], None]) -> None:
        """Tell what became of the message. Last of all: the next one may be sent in it."""
        self._on_end = self._outcome = None
        on_end(
            Exchange(
                outcome.state,
                outcome.ack_code,
                outcome.text,
                self._started_us,
                time.time_ns() // 1000,
                self._loop.time() - self._started_s,
                self._reply,
                outcome.can_retry,
                tuple(self._notes),
                outcome.kind,
            )
        )

    def _write_raw(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _arm_timer(self) -> None:
        """Have `_timer_fired` called when something is due; one that comes too early is renewed.

        A timer for each message would cost more than the message: one that is set stays, as long
        as it does not come too late.
        """
        due_s = self._session.next_deadline_s
        if due_s is None or (self._timer is not None and self._timer_s <= due_s):
            return
        if self._timer is not None:
            self._timer.cancel()
        self._timer_s = due_s
        self._timer = self._loop.call_at(due_s, self._timer_fired)

    def _timer_fired(self) -> None:
        self._timer = None
        self._act(self._session.timed_out(self._loop.time()))

    def tls_details(self) -> tuple[tuple[str, str], ...]:
        """Return version and cipher of an established TLS connection, by name."""
        if self._tls is None:
            return ()
        version, cipher = self._tls.describe()
        return (("TLS version", version), ("Cipher", cipher))

    def peer_certificate_der(self) -> bytes | None:
        """Return the receiver's certificate; None without TLS."""
        return self._tls.peer_certificate_der() if self._tls is not None else None

    def close(self) -> None:
        """Close the connection in order."""
        if self._tls is not None:
            self._write_raw(self._tls.end())
        self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()
