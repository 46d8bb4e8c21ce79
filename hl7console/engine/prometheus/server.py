"""A small HTTP server for one page, on a thread of its own.

Everything that a client can do is bounded: how long its request may take and be, how many may be
connected at once, and how often the page is made anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from hl7console.engine.network import NetworkThread

log = logging.getLogger(__name__)

PATH = "/metrics"
"""Where the metrics are."""

REQUEST_TIMEOUT_S = 5.0
"""Longest from a connection to the end of its answer, in seconds."""

MOST_CONNECTIONS = 16
"""Connections at once; more are closed without an answer."""

MOST_HEAD_BYTES = 8192
"""Longest head of a request."""

KEPT_S = 0.25
"""How long a page that was made is given again, in seconds."""

PLAIN = "text/plain; charset=utf-8"

_START_S = 10.0
_HINT = f"The metrics are at {PATH}.\n".encode()


class MetricsServer:
    """Serves a page of text at `PATH` to whoever asks with GET or HEAD.

    Args:
        render: Returns the page; called on the server's thread.
        content_type: What the page is.
    """

    def __init__(self, render: Callable[[], bytes], content_type: str) -> None:
        self._render = render
        self._content_type = content_type
        self._network = NetworkThread("metrics-http")
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._page: tuple[float, bytes] = (-KEPT_S, b"")

    def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; return the address in use.

        Raises:
            OSError: The port cannot be had.
        """
        self._network.start()
        try:
            return self._network.run(self._listen(host, port), timeout_s=_START_S)
        except BaseException:
            self._network.stop(1.0)
            raise

    async def _listen(self, host: str, port: int) -> tuple[str, int]:
        self._server = await asyncio.start_server(
            self._serve, host, port, limit=MOST_HEAD_BYTES, backlog=MOST_CONNECTIONS
        )
        bound = self._server.sockets[0].getsockname()
        return str(bound[0]), int(bound[1])

    def stop(self, timeout_s: float = 2.0) -> bool:
        """Close the port and all connections; return whether the thread ended in time."""
        with contextlib.suppress(Exception):
            self._network.run(self._close(), timeout_s=timeout_s / 2)
        return self._network.stop(timeout_s)

    async def _close(self) -> None:
        if self._server is not None:
            self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= MOST_CONNECTIONS:
            writer.transport.abort()
            return
        self._open.add(writer)
        try:
            async with asyncio.timeout(REQUEST_TIMEOUT_S):
                writer.write(self._answer(await _head(reader)))
                await writer.drain()
                writer.close()
                await writer.wait_closed()
        except (OSError, TimeoutError, asyncio.IncompleteReadError):
            log.debug("A client of the metrics endpoint went away, or took too long")
        finally:
            self._open.discard(writer)
            writer.transport.abort()

    def _answer(self, head: bytes | None) -> bytes:
        if head is None:
            return _response("431 Request Header Fields Too Large", PLAIN, b"Too long.\n")
        parts = head.split(b"\r\n", 1)[0].split(b" ")
        if len(parts) != 3 or not parts[2].startswith(b"HTTP/1."):
            return _response("400 Bad Request", PLAIN, b"Not an HTTP request.\n")
        method, target, _ = parts
        if method not in (b"GET", b"HEAD"):
            allowed = "Allow: GET, HEAD"
            return _response("405 Method Not Allowed", PLAIN, b"GET only.\n", more=allowed)
        path = target.partition(b"?")[0]
        if path != PATH.encode():
            return _response("404 Not Found", PLAIN, _HINT, has_body=method == b"GET")
        try:
            page = self._fresh_page()
        except Exception:  # whatever it is, the next client is to be served
            log.exception("The metrics could not be made")
            return _response("500 Internal Server Error", PLAIN, b"The metrics failed.\n")
        return _response("200 OK", self._content_type, page, has_body=method == b"GET")

    def _fresh_page(self) -> bytes:
        made_s, page = self._page
        now_s = time.monotonic()
        if now_s - made_s >= KEPT_S:
            page = self._render()
            self._page = (now_s, page)
        return page


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """Return the head of a request; None where it is too long."""
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        return None


def _response(
    status: str, content_type: str, body: bytes, *, has_body: bool = True, more: str = ""
) -> bytes:
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Type: {content_type}",
        f"Content-Length: {len(body)}",
        "Cache-Control: no-store",
        "X-Content-Type-Options: nosniff",
        "Connection: close",
    ]
    head = "\r\n".join([*lines, *([more] if more else []), "", ""])
    return head.encode("latin-1") + (body if has_body else b"")
