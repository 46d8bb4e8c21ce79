"""Keeps the connection to one destination: opens it, TLS included, and opens it again.

References:
    HL7 2.3.1 Implementation Guide, appendix C (MLLP); IHE ITI TF-2 appendix C.2.3.
"""

from __future__ import annotations

import asyncio
import errno
import socket
from collections import deque
from collections.abc import Callable, Collection

from hl7console.engine.outbound import Exchange, NotSentError, OutboundConnection
from hl7console.engine.sockets import LOOPBACK, is_localhost, peer_text
from hl7console.engine.tls import HANDSHAKE_TIMEOUT_S, client_context
from hl7console.mllp.actions import Note
from hl7console.settings import DestinationSettings, Tls

__all__ = ["Exchange", "NotSentError", "OutboundConnection", "Sender", "connect"]

GIVEN_UP_IDS = 100
"""Control ids of messages given up that are remembered, so that late answers are known as such."""


async def connect(
    settings: DestinationSettings,
    *,
    given_up_ids: Collection[str] = (),
    on_note: Callable[[Note], None] | None = None,
    on_lost: Callable[[OutboundConnection], None] | None = None,
) -> OutboundConnection:
    """Connect to a destination, TLS included.

    Args:
        settings: The destination's.
        given_up_ids: MSH-10 of messages given up before: an answer to one of them is late.
        on_note: Told what comes from the receiver while no message is under way.
        on_lost: Told once the connection has ended.

    Raises:
        NotSentError: There is no connection; the text says why.
        EnvironmentFaultError: A certificate or key of ours is unfit.
    """
    context = client_context(settings) if settings.tls != Tls.OFF else None
    where = peer_text((settings.host, settings.port))
    try:
        async with asyncio.timeout(settings.connect_timeout_s):
            connection = await _open(
                settings,
                lambda: OutboundConnection(
                    settings,
                    context,
                    given_up_ids=given_up_ids,
                    on_note=on_note,
                    on_lost=on_lost,
                ),
            )
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
    settings: DestinationSettings, make: Callable[[], OutboundConnection]
) -> OutboundConnection:
    loop = asyncio.get_running_loop()
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
    """Keeps one connection to a destination and sends over it in order. The network thread.

    Args:
        settings: The destination's.
        on_note: Told what comes from the receiver while no message is under way.
        on_lost: Told once a connection has ended.
    """

    def __init__(
        self,
        settings: DestinationSettings,
        on_note: Callable[[Note], None] | None = None,
        on_lost: Callable[[OutboundConnection], None] | None = None,
    ) -> None:
        self.settings = settings
        self._on_note = on_note
        self._on_lost = on_lost
        self._given_up: deque[str] = deque(maxlen=GIVEN_UP_IDS)
        self._connection: OutboundConnection | None = None

    async def open(self) -> OutboundConnection:
        """Return the open connection, or a new one where there is none that can be used.

        Raises:
            NotSentError: There is no connection.
            EnvironmentFaultError: A certificate or key of ours is unfit.
        """
        if self._connection is None or not self._connection.is_usable:
            await self.close()
            self._connection = await connect(
                self.settings,
                given_up_ids=self._given_up,
                on_note=self._on_note,
                on_lost=self._on_lost,
            )
        return self._connection

    def give_up(self, control_id: str) -> None:
        """Remember that a message had no certain answer: one that comes yet is late."""
        if control_id:
            self._given_up.append(control_id)

    def abort(self) -> None:
        """Drop the connection at once; what is under way has no certain answer."""
        if self._connection is not None:
            self._connection.abort()

    async def exchange(
        self, payload: bytes, control_id: str, *, wants_application_ack: bool = False
    ) -> Exchange:
        """Send one message and wait for what becomes of it.

        Raises:
            NotSentError: There is no connection.
            UsageError: The message holds bytes that MLLP reserves.
        """
        connection = await self.open()
        exchange = await connection.exchange(
            payload, control_id, wants_application_ack=wants_application_ack
        )
        if exchange.state == "unknown":
            self.give_up(control_id)
        return exchange

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
