"""TLS of one connection without I/O: bytes of the wire in, plain bytes out, and back.

asyncio's own TLS hides why a handshake failed from the side that accepts, and its transports
are slow to let go of a peer that stays connected. Here the connection stays a plain transport
that can be aborted at any moment, and each fault surfaces as the exception that OpenSSL gave.
"""

from __future__ import annotations

import contextlib
import ssl

_READ_BYTES = 65536


class TlsStream:
    """The TLS state of one connection.

    Any thread, one at a time.

    Args:
        context: The settings of this side.
        is_server: Whether this side accepted the connection.
        host_name: The host that was connected to (client side), for SNI and the name check.
    """

    def __init__(self, context: ssl.SSLContext, *, is_server: bool, host_name: str = "") -> None:
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        self._tls = context.wrap_bio(
            self._incoming,
            self._outgoing,
            server_side=is_server,
            server_hostname=host_name or None,
        )
        self.is_established = False
        """Whether the handshake is done."""
        self.has_ended = False
        """Whether the peer said that it sends no more (close_notify)."""

    def start(self) -> bytes:
        """Return what to send first: the client's hello, or nothing on the server's side."""
        self._shake_hands()
        return self._outgoing.read()

    def received(self, data: bytes) -> bytes:
        """Take bytes of the wire and return the plain bytes that they complete.

        `outgoing` must be called after it, also when it raises: there may be an alert to send.

        Raises:
            ssl.SSLError: The handshake or a record is wrong; close the connection.
        """
        self._incoming.write(data)
        if not self.is_established and not self._shake_hands():
            return b""
        first = self._read()
        if not first:
            return b""
        parts = [first]
        while part := self._read():
            parts.append(part)
        return b"".join(parts) if len(parts) > 1 else first

    def _shake_hands(self) -> bool:
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            return False
        self.is_established = True
        return True

    def _read(self) -> bytes:
        try:
            data = self._tls.read(_READ_BYTES)
        except ssl.SSLWantReadError:
            return b""
        except ssl.SSLZeroReturnError:
            data = b""
        if not data:
            self.has_ended = True
        return data

    def outgoing(self) -> bytes:
        """Return the bytes that are due on the wire; empty when there are none."""
        return self._outgoing.read() if self._outgoing.pending else b""

    def encrypt(self, data: bytes) -> bytes:
        """Return the bytes of the wire for plain bytes. After the handshake only."""
        self._tls.write(data)
        return self._outgoing.read()

    def end(self) -> bytes:
        """Return the close_notify to send last; empty when there is no session to end."""
        if self.is_established:
            with contextlib.suppress(ssl.SSLError):  # the peer's close_notify is not waited for
                self._tls.unwrap()
        return self._outgoing.read()

    def peer_certificate(self) -> dict[str, object] | None:
        """Return what the checked certificate of the peer says; None when it showed none."""
        found: dict[str, object] | None = self._tls.getpeercert()  # type: ignore[assignment]
        return found

    def peer_certificate_der(self) -> bytes | None:
        """Return the peer's certificate as it came; None when it showed none."""
        return self._tls.getpeercert(binary_form=True)

    def describe(self) -> tuple[str, str]:
        """Return the protocol version and the cipher suite in use."""
        cipher = self._tls.cipher()
        return self._tls.version() or "", cipher[0] if cipher else ""
