"""Sends messages to one destination over one connection, in order, one at a time.

What is not certain is called unknown, never sent: once bytes have left, only an answer tells what
became of them.

References:
    HL7 2.3.1 Implementation Guide, appendix C (MLLP); IHE ITI TF-2 appendix C.2.3.
"""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import time
from dataclasses import dataclass, field
from typing import cast

from hl7console.engine.sockets import LOOPBACK, is_localhost, peer_text, set_keepalive
from hl7console.engine.tls import HANDSHAKE_TIMEOUT_S, client_context, explain_tls_fault
from hl7console.engine.tls_stream import TlsStream
from hl7console.errors import EnvironmentFaultError
from hl7console.mllp.actions import Close, Note, Outcome, Reply, Send, SenderAction
from hl7console.mllp.sender_session import SenderLimits, SenderSession
from hl7console.settings import DestinationSettings, Tls

TLS13_VERDICT_S = 0.2
"""How long a receiver that sends no session tickets may take to refuse our certificate."""

_REFUSING_ALERTS = ("CERTIFICATE", "UNKNOWN_CA", "ACCESS_DENIED", "HANDSHAKE_FAILURE")
"""Alerts that say that the receiver did not finish the handshake, so that it took no message."""


class NotSentError(EnvironmentFaultError):
    """The message certainly did not reach the destination: there was no connection."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """What became of one message."""

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


class OutboundConnection(asyncio.Protocol):
    """One connection to a destination. The network thread only."""

    def __init__(self, settings: DestinationSettings, context: ssl.SSLContext | None) -> None:
        self._settings = settings
        self._context = context
        self._loop = asyncio.get_running_loop()
        self._session = SenderSession(SenderLimits.from_settings(settings))
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
        self._waiting: asyncio.Future[Outcome] | None = None
        self._reply = b""
        self._notes: list[str] = []
        self._timer: asyncio.TimerHandle | None = None

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
        started_us = time.time_ns() // 1000
        started_s = self._loop.time()
        self._reply, self._notes = b"", []
        self._waiting = self._loop.create_future()
        self._act(
            self._session.send(
                payload, control_id, started_s, wants_application_ack=wants_application_ack
            )
        )
        try:
            outcome = await self._waiting
        except asyncio.CancelledError:
            self._transport.abort()
            raise
        finally:
            self._waiting = None
        if self.refusal:
            raise NotSentError(self.refusal)
        return Exchange(
            state=outcome.state,
            ack_code=outcome.ack_code,
            text=outcome.text,
            started_at_us=started_us,
            finished_at_us=time.time_ns() // 1000,
            round_trip_s=self._loop.time() - started_s,
            reply=self._reply,
            can_retry=outcome.can_retry,
            notes=tuple(self._notes),
        )

    def _act(self, actions: list[SenderAction]) -> None:
        for action in actions:
            if isinstance(action, Send):
                data = action.data if self._tls is None else self._tls.encrypt(action.data)
                self._write_raw(data)
            elif isinstance(action, Reply):
                self._reply = action.payload
            elif isinstance(action, Outcome):
                self._take_outcome(action)
            elif isinstance(action, Note):
                self._notes.append(action.text)
            elif isinstance(action, Close):
                self._transport.close()
        self._arm_timer()

    def _take_outcome(self, outcome: Outcome) -> None:
        if outcome.is_final and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(outcome)

    def _write_raw(self, data: bytes) -> None:
        if data and not self._transport.is_closing():
            self._transport.write(data)

    def _arm_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        due_s = self._session.next_deadline_s
        if due_s is not None:
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


async def connect(settings: DestinationSettings) -> OutboundConnection:
    """Connect to a destination, TLS included.

    Raises:
        NotSentError: There is no connection; the text says why.
        EnvironmentFaultError: A certificate or key of ours is unfit.
    """
    context = client_context(settings) if settings.tls != Tls.OFF else None
    where = peer_text((settings.host, settings.port))
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            connection = await _open(settings, context)
    except TimeoutError:
        raise NotSentError(
            f"{where} did not answer within {settings.connect_timeout_s:g} s.",
            hint="Check the address, and firewalls between here and there.",
        ) from None
    except OSError as fault:
        raise _explain_connect(fault, where) from fault
    try:
        async with asyncio.timeout(max(HANDSHAKE_TIMEOUT_S, settings.connect_timeout_s)):
            await connection.ready
    except TimeoutError:
        connection.abort()
        raise NotSentError(
            f"{where} made no TLS handshake within {HANDSHAKE_TIMEOUT_S:.0f} s; is it a plain port?"
        ) from None
    except BaseException:
        connection.abort()
        raise
    return connection


async def _open(
    settings: DestinationSettings, context: ssl.SSLContext | None
) -> OutboundConnection:
    loop = asyncio.get_running_loop()

    def make() -> OutboundConnection:
        return OutboundConnection(settings, context)

    try:
        _, connection = await loop.create_connection(make, settings.host, settings.port)
    except socket.gaierror:
        if not is_localhost(settings.host):
            raise
        _, connection = await loop.create_connection(make, LOOPBACK, settings.port)
    return connection


_REFUSED = {errno.ECONNREFUSED, 10061}
_UNREACHABLE = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, 10051, 10065}


def _explain_connect(fault: OSError, where: str) -> NotSentError:
    if isinstance(fault, socket.gaierror):
        return NotSentError(
            f"The host name in {where} is not known.",
            hint="Check its spelling, or use the address.",
        )
    if fault.errno in _REFUSED or isinstance(fault, ConnectionRefusedError):
        return NotSentError(
            f"Nothing listens on {where}.", hint="Check the port, and that the receiver runs."
        )
    if fault.errno in _UNREACHABLE:
        return NotSentError(f"There is no way to {where} from this machine.")
    reason = fault.strerror or "no reason given"
    return NotSentError(f"No connection to {where}: {reason}.")


class Sender:
    """Keeps one connection to a destination and sends over it in order. The network thread."""

    def __init__(self, settings: DestinationSettings) -> None:
        self.settings = settings
        self._connection: OutboundConnection | None = None

    async def open(self) -> OutboundConnection:
        """Return the open connection, or a new one where there is none that can be used.

        Raises:
            NotSentError: There is no connection.
            EnvironmentFaultError: A certificate or key of ours is unfit.
        """
        if self._connection is None or not self._connection.is_usable:
            await self.close()
            self._connection = await connect(self.settings)
        return self._connection

    async def exchange(
        self, payload: bytes, control_id: str, *, wants_application_ack: bool = False
    ) -> Exchange:
        """Send one message and wait for what becomes of it.

        Raises:
            NotSentError: There is no connection.
            UsageError: The message holds bytes that MLLP reserves.
        """
        connection = await self.open()
        return await connection.exchange(
            payload, control_id, wants_application_ack=wants_application_ack
        )

    async def close(self) -> None:
        """Close the connection, if there is one."""
        connection, self._connection = self._connection, None
        if connection is None or connection.lost.is_set():
            return
        connection.close()
        try:
            async with asyncio.timeout(1.0):
                await connection.lost.wait()
        except TimeoutError:
            connection.abort()
