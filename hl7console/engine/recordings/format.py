r"""The file of a recording (``.hl7rec``): written and read from front to back, block by block.

It begins with `MAGIC`. Each block is a letter, the length of its content and its CRC-32 (both
unsigned, 4 bytes, big end first), and the content, packed with zlib:

* ``H``, once, first: what the recording is (JSON).
* ``M``, for each message in the order of time: the length of a JSON text (4 bytes), that text,
  the length of the message's bytes (4 bytes), these, and the bytes of its acknowledgement.
* ``E``, once, last: how many messages there are (JSON).

A file that was cut off lacks its end; all that is whole before the cut is read, and the cut is
told. A reader passes over blocks of other letters, so that a later version may add some without
being "newer": `needs_version` of the header says what a reader must know.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, fields
from typing import BinaryIO

from hl7console.errors import UsageError
from hl7console.settings import LARGEST_LIMIT_BYTES, MIB

MAGIC = b"\x89HL7REC\n"
"""The first bytes of every recording."""

VERSION = 1
"""The version of the format that this program writes and reads."""

MAX_BLOCK_BYTES = LARGEST_LIMIT_BYTES + 32 * MIB
"""Largest block that is read, packed or unpacked, in bytes; above the largest message."""

_BLOCK = struct.Struct(">cII")
_LENGTH = struct.Struct(">I")
_HEADER, _MESSAGE, _END = b"H", b"M", b"E"


class DamagedRecordingError(UsageError):
    """Bytes that are no recording, or one that is damaged before its first message."""


class NewerRecordingError(UsageError):
    """A newer version of the program made it, in a format that this one does not know."""


@dataclass(frozen=True, slots=True)
class RecordingHeader:
    """What a recording is."""

    created_at_us: int = 0
    """UTC, microseconds since 1970."""
    program: str = ""
    """Name and version of the program that made it."""
    title: str = field(default="", repr=False)
    """The filter, or the user's own words; may hold patient data."""
    version: int = VERSION
    needs_version: int = VERSION
    """The lowest version that a reader must know."""


@dataclass(frozen=True, slots=True)
class RecordedMessage:
    """One message of a recording."""

    at_us: int
    """When it came, was sent or was made; UTC, microseconds since 1970."""
    raw: bytes = field(repr=False)
    ack: bytes = field(default=b"", repr=False)
    """The acknowledgement that was given to it; empty where there was none."""
    origin: str = ""
    interface: str = ""
    peer: str = ""
    connection: int = 0
    ack_code: str = ""
    status: str = ""


@dataclass(frozen=True, slots=True)
class RecordingEnd:
    """How a recording ended."""

    messages: int
    is_whole: bool
    text: str = ""
    """What is wrong with it, in one sentence; empty when nothing is."""


_META = tuple(f.name for f in fields(RecordedMessage) if f.name not in ("raw", "ack"))


class RecordingWriter:
    """Writes a recording. One thread.

    Args:
        file: Where to; opened for writing bytes.
        header: What it is.
    """

    def __init__(self, file: BinaryIO, header: RecordingHeader) -> None:
        self._file = file
        self.messages = 0
        file.write(MAGIC)
        self._write(_HEADER, _json(asdict(header)))

    def add(self, message: RecordedMessage) -> None:
        """Write the next message; messages come in the order of their times."""
        meta = _json({name: getattr(message, name) for name in _META})
        content = b"".join(
            (_LENGTH.pack(len(meta)), meta, _LENGTH.pack(len(message.raw)), message.raw,
             message.ack)
        )  # fmt: skip
        self._write(_MESSAGE, content)
        self.messages += 1

    def finish(self) -> None:
        """Write the end; without it the recording counts as cut off."""
        self._write(_END, _json({"messages": self.messages}))

    def _write(self, letter: bytes, content: bytes) -> None:
        packed = zlib.compress(content, 6)
        self._file.write(_BLOCK.pack(letter, len(packed), zlib.crc32(packed)))
        self._file.write(packed)


class RecordingReader:
    """Reads a recording from its front to its end, one message in memory at a time. One thread.

    Args:
        file: Opened for reading bytes, at its beginning.

    Raises:
        DamagedRecordingError: It is no recording, or its header is damaged.
        NewerRecordingError: A newer version of the program made it.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.end = RecordingEnd(0, is_whole=False)
        """How it ended; known once `messages` has ended."""
        if file.read(len(MAGIC)) != MAGIC:
            raise DamagedRecordingError("The file is no recording of hl7console.")
        try:
            letter, content = self._block()
            values = json.loads(content) if letter == _HEADER else None
            self.header = _header_of(values)
        except _UNREADABLE:
            raise DamagedRecordingError(
                "The recording is damaged at its beginning; nothing of it can be read.",
                hint="Copy the file again from where it was made.",
            ) from None
        if self.header.needs_version > VERSION:
            raise NewerRecordingError(
                "The recording was made by a newer version of hl7console"
                f" (format {self.header.needs_version}; this version knows {VERSION}).",
                hint="Install the newer version to open it.",
            )

    def said_count(self) -> int | None:
        """Return how many messages it says that it has; None where it does not look whole.

        Passes from block to block without reading the messages; `messages` tells what is wrong
        with one. Before `messages` only: the file stays where it was.
        """
        start, count = self._file.tell(), 0
        try:
            while True:
                block_at = self._file.tell()
                letter, length, _ = _BLOCK.unpack(self._file.read(_BLOCK.size))
                if letter == _END:
                    self._file.seek(block_at)
                    return count if _said(json.loads(self._block()[1])) == count else None
                if length > MAX_BLOCK_BYTES:
                    return None
                count += letter == _MESSAGE
                self._file.seek(length, io.SEEK_CUR)
        except _UNREADABLE:
            return None
        finally:
            self._file.seek(start)

    def messages(self) -> Iterator[RecordedMessage]:
        """Yield the messages in their order; ends at the end, or where the file is damaged."""
        count = 0
        while True:
            try:
                letter, content = self._block()
                if letter == _END:
                    self.end = _end_of(json.loads(content), count)
                    return
                message = _message_of(content) if letter == _MESSAGE else None
            except _UNREADABLE:
                self.end = RecordingEnd(
                    count,
                    is_whole=False,
                    text=f"The recording is cut off or damaged after {count:,}"
                    f" message{'' if count == 1 else 's'}; what came before is whole.",
                )
                return
            if message is not None:
                count += 1
                yield message

    def _block(self) -> tuple[bytes, bytes]:
        head = self._file.read(_BLOCK.size)
        letter, length, checksum = _BLOCK.unpack(head)
        if length > MAX_BLOCK_BYTES:
            raise ValueError("too large")
        packed = self._file.read(length)
        if len(packed) != length or zlib.crc32(packed) != checksum:
            raise ValueError("cut off, or changed")
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(packed, MAX_BLOCK_BYTES)
        if not unpacker.eof:
            raise ValueError("too large")
        return letter, content


_UNREADABLE = (ValueError, TypeError, KeyError, struct.error, zlib.error, EOFError)


def is_recording(head: bytes) -> bool:
    """Return whether a file with these first bytes is a recording, or the beginning of one."""
    return head.startswith(MAGIC)


def _json(values: dict[str, object]) -> bytes:
    return json.dumps(values, separators=(",", ":")).encode("utf-8")


def _header_of(values: object) -> RecordingHeader:
    if not isinstance(values, dict):
        raise TypeError("no header")
    return RecordingHeader(
        created_at_us=int(values["created_at_us"]),
        program=str(values.get("program", "")),
        title=str(values.get("title", "")),
        version=int(values["version"]),
        needs_version=int(values["needs_version"]),
    )


def _message_of(content: bytes) -> RecordedMessage:
    (meta_length,) = _LENGTH.unpack_from(content)
    meta_end = _LENGTH.size + meta_length
    meta = json.loads(content[_LENGTH.size : meta_end])
    (raw_length,) = _LENGTH.unpack_from(content, meta_end)
    raw_start = meta_end + _LENGTH.size
    if raw_start + raw_length > len(content):
        raise ValueError("shorter than it says")
    raw = content[raw_start : raw_start + raw_length]
    return RecordedMessage(
        at_us=int(meta["at_us"]),
        raw=raw,
        ack=content[raw_start + raw_length :],
        origin=str(meta.get("origin", "")),
        interface=str(meta.get("interface", "")),
        peer=str(meta.get("peer", "")),
        connection=int(meta.get("connection", 0)),
        ack_code=str(meta.get("ack_code", "")),
        status=str(meta.get("status", "")),
    )


def _said(values: dict[str, object]) -> int:
    return int(str(values["messages"]))


def _end_of(values: dict[str, object], count: int) -> RecordingEnd:
    said = _said(values)
    if said == count:
        return RecordingEnd(count, is_whole=True)
    return RecordingEnd(
        count,
        is_whole=False,
        text=f"The recording should have {said:,} messages, but only {count:,} are in it.",
    )
