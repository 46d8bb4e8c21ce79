"""A connection that reads into a buffer it shares with others of its loop.

For an `asyncio.Protocol` asyncio allocates 256 KiB for each read, also for one short message.
"""

from __future__ import annotations

import asyncio

READ_BYTES = 256 * 1024
"""Most bytes that one read takes."""


def read_buffer() -> memoryview:
    """Return a buffer for all connections of one loop."""
    return memoryview(bytearray(READ_BYTES))


class SharedReads(asyncio.BufferedProtocol):
    """Copies each read out of the shared buffer before another connection can read.

    The thread of its loop. asyncio asks for the buffer, reads, and tells of it in one go, so
    that nothing comes between.

    Args:
        buffer: From `read_buffer`.
    """

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer

    def get_buffer(self, sizehint: int) -> memoryview:  # noqa: ARG002 - asyncio's signature
        """Return where the next read goes."""
        return self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        """Take what was read."""
        self.data_received(bytes(self._buffer[:nbytes]))

    def data_received(self, data: bytes) -> None:
        """Take bytes of the wire."""
        raise NotImplementedError
