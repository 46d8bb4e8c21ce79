"""Reads ``HOST:PORT`` as people write it."""

from __future__ import annotations

from hl7console.errors import UsageError


def parse_address(text: str) -> tuple[str, int] | None:
    """Return host and port of ``HOST:PORT`` or ``[IPV6]:PORT``; None when it is no address.

    Raises:
        UsageError: It is one, but the port is no number from 1 to 65535.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not host:
        return None
    if host.startswith("[") and host.endswith("]"):
        host = host[1:-1]
    elif ":" in host:
        return None
    if not port.isascii() or not port.isdigit() or not 1 <= int(port) <= 65535:
        raise UsageError(
            f"“{port}” is not a port.", hint="Write HOST:PORT with a port from 1 to 65535."
        )
    return host, int(port)


def show_address(host: str, port: int) -> str:
    """Return ``host:port``, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
