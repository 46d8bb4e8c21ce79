"""The TLS of one inbound connection: its handshake in time, who is let in, and its bytes.

References:
    IHE ITI TF-2, ITI-19 section 3.19.6 (authentication of nodes).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection

from hl7console.engine.tls import (
    HANDSHAKE_TIMEOUT_S,
    explain_client_fault,
    is_certificate_allowed,
    peer_names,
)
from hl7console.engine.tls_stream import TlsStream


class InboundTls:
    """The side that accepts. The network thread only.

    Args:
        context: The listener's settings of TLS.
        allowed: Certificate names or fingerprints let in; empty lets in all.
        loop: For the time limit of the handshake, which begins at once.
        write: Takes bytes that are due on the wire.
        fail: Takes a sentence that says why the connection is to be closed.
    """

    def __init__(
        self,
        context: ssl.SSLContext,
        allowed: Collection[str],
        *,
        loop: asyncio.AbstractEventLoop,
        write: Callable[[bytes], None],
        fail: Callable[[str], None],
    ) -> None:
        self._stream = TlsStream(context, is_server=True)
        self._allowed = allowed
        self._write = write
        self._fail = fail
        self._first_bytes = b""
        self._timer = loop.call_later(HANDSHAKE_TIMEOUT_S, self._timed_out)

    @property
    def is_established(self) -> bool:
        """Whether the handshake is done."""
        return self._stream.is_established

    @property
    def has_ended(self) -> bool:
        """Whether the peer said that it sends no more (close_notify)."""
        return self._stream.has_ended

    def stop(self) -> None:
        """Wait for no handshake any more."""
        self._timer.cancel()

    def received(self, data: bytes) -> bytes:
        """Take bytes of the wire and return the plain ones; none once it has failed."""
        stream = self._stream
        was_established = stream.is_established
        if not was_established and not self._first_bytes:
            self._first_bytes = data[:5]
        try:
            plain = stream.received(data)
        except ssl.SSLError as fault:
            self._write(stream.outgoing())
            self._fault(fault, is_handshake=not was_established)
            return b""
        self._write(stream.outgoing())
        if stream.is_established and not was_established and not self._begun():
            return b""
        return plain

    def _begun(self) -> bool:
        """Return whether the peer, whose certificate is known now, is let in."""
        self._timer.cancel()
        if not self._allowed:
            return True
        names = peer_names(self._stream.peer_certificate())
        if is_certificate_allowed(self._allowed, names, self._stream.peer_certificate_der()):
            return True
        shown = ", ".join(names) or "none"
        self._fail(f"The client's certificate ({shown}) is not on the list of those let in.")
        return False

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes of the wire for plain ones; none when it fails."""
        try:
            return self._stream.encrypt(data)
        except ssl.SSLError as fault:
            self._fault(fault, is_handshake=False)
            return b""

    def end(self) -> bytes:
        """Return the close_notify to send last; empty when there is no session to end."""
        return self._stream.end()

    def _fault(self, fault: ssl.SSLError, *, is_handshake: bool) -> None:
        self._fail(explain_client_fault(fault, self._first_bytes, is_handshake=is_handshake))

    def _timed_out(self) -> None:
        self._fail(f"No TLS handshake within {HANDSHAKE_TIMEOUT_S:.0f} s.")
