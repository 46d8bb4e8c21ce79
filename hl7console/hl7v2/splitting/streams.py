"""Splitting a whole file at once, or a large one piece by piece."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Protocol

from hl7console.hl7v2.splitting.found import (
    FoundMessage,
    SplitProblem,
    SplitResult,
    count_text,
)
from hl7console.hl7v2.splitting.regions import Splitter
from hl7console.hl7v2.splitting.widths import Width, width_of

WHOLE_BYTES = 64 * 1024 * 1024
"""Files up to this size are split as a whole, in bytes."""
BLOCK_BYTES = 4 * 1024 * 1024
"""What is read at once from larger ones, in bytes."""
LARGEST_MESSAGE_BYTES = 256 * 1024 * 1024
"""Largest message of a file that is split piece by piece, in bytes."""

_HEADER = re.compile(rb"(?:\x0b|(?<=[\r\n]))MSH[!-/:-@\[-`{-~]")


class ByteStream(Protocol):
    """A file opened for reading bytes."""

    def read(self, size: int, /) -> bytes:
        """Return up to `size` bytes; none at the end."""


def split_messages(data: bytes) -> SplitResult:
    """Return the messages of a file or a pasted text, and its problems. Any thread.

    Never raises, whatever the bytes are; linear time. Text may be in bytes of any ASCII-like
    encoding, UTF-16 or UTF-32, with or without MLLP frames, batch headers, other text between.

    References:
        HL7 v2.5.1 chapter 2, 2.10.3 (batch protocol); HL7 2.3.1 Implementation Guide, appendix C
        (MLLP); HL7 v2 XML encoding rules.
    """
    messages: list[FoundMessage] = []
    problems: list[SplitProblem] = []
    for found in Splitter(width_of(data), is_whole=True).take(data, 0, is_last=True):
        if isinstance(found, FoundMessage):
            messages.append(found)
        else:
            problems.append(found)
    return SplitResult(tuple(messages), tuple(problems))


def iter_messages(
    stream: ByteStream,
    *,
    whole_bytes: int = WHOLE_BYTES,
    block_bytes: int = BLOCK_BYTES,
    largest_message_bytes: int = LARGEST_MESSAGE_BYTES,
) -> Iterator[FoundMessage | SplitProblem]:
    """Yield the messages and problems of a file of any size in bounded memory. Any thread.

    Args:
        stream: The file, read to its end.
        whole_bytes: Up to this size the result is exactly that of `split_messages`.
        block_bytes: What is read at once beyond.
        largest_message_bytes: What lies between two headers that are further apart is left out,
            with a problem.
    """
    buffer = bytearray()
    is_last = False
    while not is_last and len(buffer) <= whole_bytes:
        is_last = _read_block(stream, buffer, block_bytes)
    width = width_of(bytes(buffer[:16]))
    splitter = Splitter(width, is_whole=is_last)
    base = searched = 0
    while not is_last:
        cut = _last_header(bytes(buffer[searched:]), width)
        if cut > 0:
            cut += searched
            yield from splitter.take(bytes(buffer[:cut]), base, is_last=False)
            del buffer[:cut]
            base += cut
        elif len(buffer) > largest_message_bytes:
            text = f"{count_text(len(buffer), 'byte')} without a message's end left out."
            yield SplitProblem(base, text, "too_large")
            base += len(buffer)
            buffer.clear()
        searched = max(0, len(buffer) - 64)
        searched -= searched % width.unit_bytes
        is_last = _read_block(stream, buffer, block_bytes)
    yield from splitter.take(bytes(buffer), base, is_last=True)


def _read_block(stream: ByteStream, buffer: bytearray, block_bytes: int) -> bool:
    """Add a block to the buffer; return whether the stream has ended."""
    block = stream.read(block_bytes)
    buffer += block
    return not block


def _last_header(data: bytes, width: Width) -> int:
    """Return the byte offset of the last header in `data` that a piece may begin with."""
    text = width.narrow(data)
    high = len(text)
    while True:
        at = text.rfind(b"MSH", 0, high)
        if at <= 0:
            return 0
        found = _HEADER.match(text, at - 1) or _HEADER.match(text, at)
        if found is not None:
            return found.start() * width.unit_bytes
        high = at + 2
