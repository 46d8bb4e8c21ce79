"""A listener: one MLLP port with its limits, its lights and its connections.

A fault of the environment (port taken, certificate expired) is the listener's state, with a
sentence; it stops nothing else, and the listener can be started again.

References:
    HL7 2.3.1 Implementation Guide, appendix C (MLLP); IHE ITI-19 (authentication of nodes).
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import sys
import time
from collections.abc import Callable, Iterable
from functools import partial

from hl7console.engine.certificates import CertificateInfo
from hl7console.engine.console import InterfaceStatus, LinkState
from hl7console.engine.events import Timeline
from hl7console.engine.fairness import HeldBytes
from hl7console.engine.inbound import InboundConnection
from hl7console.engine.intake import Answer, AnswerInbox, ControlIds, Intake, Writer
from hl7console.engine.metrics import RateCounter
from hl7console.engine.routes import Router
from hl7console.engine.shared_reads import read_buffer
from hl7console.engine.sockets import addresses_of, peer_text
from hl7console.engine.tls import ServerTls, expiry_warning, is_loopback, server_context
from hl7console.errors import ConsoleError, EnvironmentFaultError
from hl7console.mllp.session import ListenerLimits
from hl7console.settings import ListenerSettings, Tls
from hl7console.store.records import NewMessage

log = logging.getLogger(__name__)

BACKLOG = 256
"""Connections that the operating system holds until they are accepted."""

FINISH_TIMEOUT_S = 3.0
"""Longest that messages under way may take when a listener stops, in seconds."""


class Listener:
    """One port that receives messages. The network thread, unless a method says otherwise."""

    def __init__(
        self,
        settings: ListenerSettings,
        *,
        writer: Writer,
        inbox: AnswerInbox,
        control_ids: ControlIds,
        rate: RateCounter,
        held: HeldBytes,
        router: Router | None = None,
        on_late_ack: Callable[[NewMessage], None] | None = None,
        note_ack_time: Callable[[NewMessage, float], None] | None = None,
    ) -> None:
        self.settings = settings
        self.limits = ListenerLimits.from_settings(settings)
        self.intake = Intake(settings, writer, control_ids, router=router, on_late_ack=on_late_ack)
        self.inbox = inbox
        self.timeline = Timeline()
        self.tls: ServerTls | None = None
        self.loop: asyncio.AbstractEventLoop = asyncio.get_running_loop()
        self.held = held
        self.read_buffer = read_buffer()
        """Where all connections read into; each copies at once what is its own."""
        self._rate = rate
        self._note_ack_time = note_ack_time
        self._allowed = [ipaddress.ip_network(a, strict=False) for a in settings.allowed_addresses]
        self._connections: dict[InboundConnection, None] = {}
        self._all_gone = asyncio.Event()
        self._all_gone.set()
        self._server: asyncio.Server | None = None
        self._number = 0
        self._state = LinkState.STOPPED
        self._text = ""
        self._since_us = _now_us()
        self._address = peer_text((settings.host, settings.port))
        self._received = 0
        self._accepted = 0
        self._refused = 0
        self._last_message_at_us = 0

    # Start and stop.

    async def start(self) -> bool:
        """Listen; return whether it does. On a fault the state says what is in the way."""
        self._set_state(LinkState.STARTING)
        sock: socket.socket | None = None
        try:
            self.tls = server_context(self.settings) if self.settings.tls != Tls.OFF else None
            sock = await _bind(self.settings)
            self._server = await self.loop.create_server(
                self._new_connection, sock=sock, backlog=BACKLOG
            )
        except ConsoleError as fault:
            if sock is not None:
                sock.close()
            self._fail(fault)
            return False
        except OSError as fault:
            if sock is not None:
                sock.close()
            self._fail(explain_bind(fault, self.settings))
            return False
        self._address = peer_text(sock.getsockname())
        self._set_state(LinkState.LISTENING)
        log.info("Listener %s listens on %s", self.settings.name, self._address)
        return True

    def _fail(self, fault: ConsoleError) -> None:
        text = fault.full_text
        self._set_state(LinkState.FAILED, text)
        self.timeline.add("start_failed", text, is_fault=True)
        log.warning("Listener %s cannot start: %s", self.settings.name, fault.text)

    async def stop(self, timeout_s: float = FINISH_TIMEOUT_S) -> None:
        """Accept nothing more, let messages under way have their answers, close everything.

        Args:
            timeout_s: After this many seconds connections are dropped.
        """
        if self._server is not None:
            self._server.close()
            self._server = None
        for connection in list(self._connections):
            connection.finish()
        try:
            async with asyncio.timeout(timeout_s):
                await self._all_gone.wait()
        except TimeoutError:
            for connection in list(self._connections):
                connection.abort()
            await asyncio.sleep(0)
        self._set_state(LinkState.STOPPED)

    def _set_state(self, state: LinkState, text: str = "") -> None:
        self._text = text
        self._state = state
        self._since_us = _now_us()

    # Connections.

    def _new_connection(self) -> InboundConnection:
        self._number += 1
        return InboundConnection(self, self._number)

    def admit(self, connection: InboundConnection, host: str, peer: str) -> bool:
        """Count a connection in; return False when its address or their number forbids it."""
        if self._allowed and not _is_in(host, self._allowed):
            text = "A connection was refused: its address is not on the list of those let in."
            self.timeline.add("address_refused", text, peer=peer, is_fault=True)
            return False
        if self._server is None:
            return False  # it came while the listener was stopping
        if len(self._connections) >= self.settings.max_connections:
            text = (
                f"A connection was refused: there are {len(self._connections)} already, "
                f"the most that this listener takes."
            )
            self.timeline.add("too_many_connections", text, peer=peer, is_fault=True)
            return False
        self._connections[connection] = None
        self._all_gone.clear()
        return True

    def forget(self, connection: InboundConnection) -> None:
        """Count a connection out."""
        self._connections.pop(connection, None)
        if not self._connections:
            self._all_gone.set()

    def answer(self, answer: Answer, begun_s: float | None = None) -> bytes | None:
        """Return what a stored message's sender is told, and count it.

        Args:
            answer: The message, back from the store.
            begun_s: When its first byte came, on the loop's clock; None where that is not known.
        """
        outcome = answer.outcome
        self._received += 1
        self._rate.add()
        self._last_message_at_us = answer.new.received_at_us
        if outcome is None or outcome.error:
            self._refused += 1
            text = outcome.error if outcome is not None else "A message was not stored."
            self.timeline.add("not_stored", text, is_fault=True)
            return self.intake.answer_bytes(answer)
        if begun_s is not None and self._note_ack_time is not None:
            self._note_ack_time(answer.new, self.loop.time() - begun_s)
        if answer.new.status == "ok":
            self._accepted += 1
        else:
            self._refused += 1
        if outcome.duplicate_of:
            return outcome.ack or None
        return answer.new.ack or None

    # What others see.

    @property
    def certificate(self) -> CertificateInfo | None:
        """The certificate in use; None without TLS."""
        return self.tls.certificate if self.tls is not None else None

    @property
    def port(self) -> int:
        """The port in use; 0 while not listening."""
        if self._server is None or not self._server.sockets:
            return 0
        return int(self._server.sockets[0].getsockname()[1])

    def status(self) -> InterfaceStatus:
        """Return the listener as its light shows it. Any thread."""
        text = self._text
        if self._state == LinkState.LISTENING and self.tls is not None:
            text = expiry_warning(self.tls.certificate) or self.tls.warning
        fault = self.timeline.latest_fault()
        return InterfaceStatus(
            name=self.settings.name,
            kind="listener",
            state=self._state,
            address=self._address,
            tls=str(self.settings.tls),
            text=text,
            since_us=self._since_us,
            connections=len(self._connections),
            received=self._received,
            accepted=self._accepted,
            refused=self._refused,
            last_message_at_us=self._last_message_at_us,
            beyond_loopback=not is_loopback(self.settings.host),
            last_event=fault.text if fault else "",
            last_event_at_us=fault.at_us if fault else 0,
        )


def _now_us() -> int:
    return time.time_ns() // 1000


def _is_in(host: str, networks: Iterable[ipaddress.IPv4Network | ipaddress.IPv6Network]) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    return any(address in network for network in networks)


async def _bind(settings: ListenerSettings) -> socket.socket:
    """Return a socket bound to the listener's address; IPv4 first where a name has both."""
    loop = asyncio.get_running_loop()
    try:
        host = settings.host or "0.0.0.0"  # noqa: S104 - only when the user chose all addresses
        found = await loop.run_in_executor(
            None, partial(addresses_of, host, settings.port, is_for_binding=True)
        )
    except (socket.gaierror, UnicodeError):
        raise EnvironmentFaultError(
            f"This machine has no address {settings.host}.",
            hint="Choose 127.0.0.1, 0.0.0.0 for all, or an address of this machine.",
        ) from None
    family, kind, protocol, _, address = min(found, key=lambda f: f[0] != socket.AF_INET)
    sock = socket.socket(family, kind, protocol)
    try:
        if sys.platform == "win32":
            # Without it another program could take over the port, messages included.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setblocking(False)
        sock.bind(address)
        sock.listen(BACKLOG)
    except BaseException:
        sock.close()
        raise
    return sock


async def check_address(settings: ListenerSettings) -> None:
    """Check that the address of a listener can be bound.

    Raises:
        EnvironmentFaultError: It can't; the text says why.
    """
    try:
        sock = await _bind(settings)
    except OSError as fault:
        raise explain_bind(fault, settings) from fault
    sock.close()


_IN_USE = {errno.EADDRINUSE, 10048}
_FORBIDDEN = {errno.EACCES, errno.EPERM, 10013}
_NOT_OURS = {errno.EADDRNOTAVAIL, 10049}


def explain_bind(fault: OSError, settings: ListenerSettings) -> ConsoleError:
    """Return why a port cannot be had, in words."""
    where = peer_text((settings.host, settings.port))
    if fault.errno in _IN_USE:
        return EnvironmentFaultError(
            f"The port {settings.port} is in use by another program.",
            hint="End that program, or choose another port.",
        )
    if fault.errno in _FORBIDDEN and sys.platform == "win32":
        return EnvironmentFaultError(
            f"The port {settings.port} is in use by another program, or reserved by Windows.",
            hint="Choose another port.",
        )
    if fault.errno in _FORBIDDEN:
        return EnvironmentFaultError(
            f"This user may not listen on port {settings.port}.",
            hint="Choose a port above 1023, such as 2575.",
        )
    if fault.errno in _NOT_OURS:
        return EnvironmentFaultError(
            f"This machine has no address {settings.host}.",
            hint="Choose 127.0.0.1, 0.0.0.0 for all, or an address of this machine.",
        )
    return EnvironmentFaultError(
        f"Cannot listen on {where}: {fault.strerror or 'no reason given'}."
    )
