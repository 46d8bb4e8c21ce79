"""What listeners and senders alike do with a socket and its address."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Sequence

LOOPBACK = "127.0.0.1"

AddressInfo = tuple[
    socket.AddressFamily,
    socket.SocketKind,
    int,
    str,
    tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes],
]
"""Family, kind, protocol, canonical name and address."""


def set_keepalive(sock: socket.socket) -> None:
    """Ask for TCP keepalive: after 60 s of silence, every 15 s, 4 times."""
    with contextlib.suppress(OSError):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
            if hasattr(socket, name):
                sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def is_localhost(host: str) -> bool:
    """Return whether a name is ``localhost``, which needs no name server."""
    return host.lower().rstrip(".") == "localhost"


def addresses_of(host: str, port: int, *, is_for_binding: bool = False) -> Sequence[AddressInfo]:
    """Return what a host name stands for, as `socket.getaddrinfo` does; blocks while it asks.

    A machine without a hosts file does not know ``localhost``; it means loopback all the same.

    Raises:
        OSError: The name is not known.
        UnicodeError: It cannot be a name.

    References:
        RFC 6761 section 6.3.
    """
    flags = socket.AI_PASSIVE if is_for_binding else 0
    try:
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except socket.gaierror:
        if not is_localhost(host):
            raise
    return socket.getaddrinfo(LOOPBACK, port, type=socket.SOCK_STREAM, flags=flags)


def peer_text(address: object) -> str:
    """Return a socket address as ``host:port``, IPv6 in brackets."""
    if isinstance(address, tuple) and len(address) >= 2:
        host = str(address[0])
        return f"[{host}]:{address[1]}" if ":" in host else f"{host}:{address[1]}"
    return ""
