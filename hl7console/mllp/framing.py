"""MLLP framing: bytes to frames and back, without I/O.

The decoder is tolerant exactly where the field needs it, and reports each deviation. Its events
depend on the bytes alone, never on how the network cut them, and it takes linear time and bounded
memory for any cut.

Three cases that the byte table of MLLP leaves open are settled here. A second 0x1C straight after
the first is looked at as an end block in its own right. Blanks and NUL after 0x1C are held back
until it shows whether the frame ended (then they are dropped, as between frames) or the 0x1C was
content (then they are content too). A message without a start block that the listener does not
accept is read to its end all the same, so that its bytes can be kept with the refusal.
"""

from __future__ import annotations

from typing import Literal

from hl7console.mllp.events import (
    BLANK_TRAILER,
    EMBEDDED_FS,
    LF_TRAILER,
    NO_TRAILER,
    UNFRAMED,
    CommitBlock,
    Event,
    ForeignProtocol,
    FrameReceived,
    FrameTooLarge,
    Heartbeat,
    JunkLimitReached,
    NoiseSkipped,
    PartialFrame,
    PartialReason,
)
from hl7console.mllp.noise import JUNK_LIMIT_BYTES, NoiseCounter

__all__ = [
    "BLANK_TRAILER",
    "EMBEDDED_FS",
    "END_BLOCK",
    "LF_TRAILER",
    "NO_TRAILER",
    "START_BLOCK",
    "UNFRAMED",
    "CommitBlock",
    "Event",
    "ForeignProtocol",
    "FrameReceived",
    "FrameTooLarge",
    "Heartbeat",
    "JunkLimitReached",
    "MllpDecoder",
    "NoiseSkipped",
    "PartialFrame",
    "encode_frame",
]

START_BLOCK = b"\x0b"
"""Opens a frame (SB, VT)."""
END_BLOCK = b"\x1c"
"""Closes the content of a frame (EB, FS); CR follows."""
DEFAULT_MAX_FRAME_BYTES = 32 * 1024 * 1024
"""Largest payload accepted unless the listener says otherwise, in bytes."""
HEAD_BYTES = 64 * 1024
"""How much of a frame that is too large is kept, in bytes."""
SAMPLE_BYTES = 256
"""How much of a stretch of noise is kept, in bytes."""
TRAILING_BLANKS_LIMIT = 256
"""Blanks after an end block that are looked at before the frame counts as ended."""

_VT = 0x0B
_FS = 0x1C
_CR = 0x0D
_LF = 0x0A
_BLANKS = b" \x00"
_COMMIT_KINDS: dict[bytes, Literal["ack", "nak"]] = {b"\x06": "ack", b"\x15": "nak"}
_UNKNOWN = -2
_NONE = -1


def encode_frame(payload: bytes) -> bytes:
    """Return `payload` as one MLLP frame. Any thread.

    References:
        HL7 2.3.1 Implementation Guide, appendix C, section C.4.3 (MLLP).
    """
    return b"\x0b%b\x1c\r" % payload


class MllpDecoder:
    """Splits one connection's bytes into frames; does no I/O.

    One decoder belongs to one connection and one thread.

    Args:
        max_frame_bytes: Largest payload accepted, in bytes. Reports with an embedded PDF reach
            several MiB.
        accept_unframed: Whether a message without a start block is a frame, or a partial one that
            ends the dialogue.
        junk_limit_bytes: Noise let pass over the connection, in bytes; at least 16.

    References:
        HL7 2.3.1 Implementation Guide, appendix C, section C.4.3 (MLLP).
    """

    __slots__ = (
        "_accept_unframed",
        "_body",
        "_data",
        "_flags",
        "_max_frame_bytes",
        "_next_fs",
        "_next_vt",
        "_noise",
        "_tail",
        "closed",
        "waiting",
    )

    waiting: Literal["start", "body", "after_fs", "unframed"]
    """What comes next: a start block, content, the byte after an end block, or the rest of a
    message that came without a start block."""
    closed: bool
    """Whether nothing more is taken: end of connection, or a fault that cannot be mended."""

    def __init__(
        self,
        max_frame_bytes: int = DEFAULT_MAX_FRAME_BYTES,
        *,
        accept_unframed: bool = False,
        junk_limit_bytes: int = JUNK_LIMIT_BYTES,
    ) -> None:
        self._max_frame_bytes = max_frame_bytes
        self._accept_unframed = accept_unframed
        self._noise = NoiseCounter(junk_limit_bytes)
        self._body = bytearray()
        self._tail = b""
        self._flags: tuple[str, ...] = ()
        self._data = b""
        self._next_fs = _UNKNOWN
        self._next_vt = _UNKNOWN
        self.waiting = "start"
        self.closed = False

    @property
    def held_bytes(self) -> int:
        """Size of the content whose end has not come yet."""
        return len(self._body)

    def whole_frame(self, data: bytes) -> bytes | None:
        """Return the payload when `data` is exactly one flawless frame, else None.

        The quick way for a sender in lock step. With None nothing was consumed: call `feed`.
        """
        size = len(data) - 3
        if (
            self.waiting == "start"
            and 2 <= size <= self._max_frame_bytes
            and data[0] == _VT
            and data[-1] == _CR
            and data.find(b"\x1c") == size + 1
            and data.find(b"\x0b", 1) < 0
            and not self._noise.sample
            and not self.closed
        ):
            self._noise.is_first = False
            return data[1:-2]
        return None

    def feed(self, data: bytes) -> list[Event]:
        """Return the events completed by `data`, in wire order."""
        events: list[Event] = []
        at = 0
        size = len(data)
        self._data = data
        self._next_fs = self._next_vt = _UNKNOWN
        while at < size and not self.closed:
            waiting = self.waiting
            if waiting == "body":
                at = self._read_body(at, events)
            elif waiting == "start":
                at = self._read_start(at, events)
            elif waiting == "after_fs":
                at = self._read_after_fs(at, events)
            else:
                at = self._read_unframed(at, events)
        self._data = b""
        return events

    def eof(self) -> list[Event]:
        """Return the events that the end of the connection completes; nothing more is taken."""
        events: list[Event] = []
        if self.closed:
            return events
        if self.waiting == "start":
            self._noise.end(events)
        elif self.waiting == "body":
            if self._body:
                self._end_partial("eof", events)
        else:
            events.extend(self.grace_expired())
        self.closed = True
        return events

    def grace_expired(self) -> list[Event]:
        """Return the frame that ends because nothing followed it: after an end block 500 ms, in a
        message without a start block 2 s.
        """  # noqa: D205
        events: list[Event] = []
        if self.waiting == "after_fs":
            self._end_frame(NO_TRAILER, events)
        elif self.waiting == "unframed":
            self._end_unframed(events)
        return events

    def abandon(self) -> list[Event]:
        """Return the frame that a timer cut off as a partial one; nothing more is taken."""
        events: list[Event] = []
        if self.waiting == "body":
            self._end_partial("timeout", events)
        else:
            events.extend(self.grace_expired())
        self.closed = True
        return events

    # Searching: each position of a chunk is looked at once, whatever the bytes.

    def _find_fs(self, at: int) -> int:
        if self._next_fs != _NONE and self._next_fs < at:
            self._next_fs = self._data.find(b"\x1c", at)
        return self._next_fs

    def _find_vt(self, at: int) -> int:
        if self._next_vt != _NONE and self._next_vt < at:
            self._next_vt = self._data.find(b"\x0b", at)
        return self._next_vt

    # The states. Each takes the position to read from and returns the one to go on from.

    def _read_start(self, at: int, events: list[Event]) -> int:
        vt = self._find_vt(at)
        end = len(self._data) if vt < 0 else vt
        noise = self._noise
        if end > at:
            message_at = noise.take(self._data, at, end, events)
            if message_at >= 0:
                self._begin_body()
                self._body += noise.held()
                self.waiting = "unframed"
                return message_at
        if vt >= 0 and not noise.is_over:
            noise.end(events)
            self._begin_body()
        self.closed = noise.is_over
        return end + 1

    def _read_body(self, at: int, events: list[Event]) -> int:
        data = self._data
        fs = self._find_fs(at)
        vt = self._find_vt(at)
        if vt >= 0 and (fs < 0 or vt < fs):
            if self._take(at, vt, events):
                self._restart(events)
            return vt + 1
        if fs < 0:
            self._take(at, len(data), events)
            return len(data)
        if self._take(at, fs, events):
            self.waiting = "after_fs"
            self._tail = b""
        return fs + 1

    def _read_after_fs(self, at: int, events: list[Event]) -> int:
        byte = self._data[at]
        if byte == _CR:
            self._end_frame("", events)
        elif byte == _LF:
            self._end_frame(LF_TRAILER, events)
        elif byte == _VT:
            self._end_frame(NO_TRAILER, events)
            self._begin_body()
        elif byte in _BLANKS:
            self._tail += self._data[at : at + 1]
            if len(self._tail) > TRAILING_BLANKS_LIMIT:
                self._end_frame(NO_TRAILER, events)
        else:
            if EMBEDDED_FS not in self._flags:
                self._flags += (EMBEDDED_FS,)
            self.waiting = "body"
            content = END_BLOCK + self._tail
            self._body += content
            self._check_size(events)
            return at
        return at + 1

    def _read_unframed(self, at: int, events: list[Event]) -> int:
        fs = self._find_fs(at)
        vt = self._find_vt(at)
        if vt >= 0 and (fs < 0 or vt < fs):
            if self._take(at, vt, events):
                self._end_partial("restarted" if self._accept_unframed else "unframed", events)
                self._begin_body()
            return vt + 1
        end = len(self._data) if fs < 0 else fs
        if self._take(at, end, events) and fs >= 0:
            self._end_unframed(events)
        return end + 1

    def _restart(self, events: list[Event]) -> None:
        """Begin a frame inside a frame; where there is nothing in that, the byte was noise."""
        if self._body or self._noise.add_start_block(events):
            self._end_partial("restarted", events)
            self._begin_body()
        else:
            self.closed = True

    # Content.

    def _begin_body(self) -> None:
        self._noise.is_first = False
        self._body = bytearray()
        self._flags = ()
        self.waiting = "body"

    def _take(self, at: int, end: int, events: list[Event]) -> bool:
        """Add content; return False when the frame outgrew the limit."""
        if len(self._body) + end - at > self._max_frame_bytes:
            end = at + max(0, self._max_frame_bytes + 1 - len(self._body))
        self._body += self._data[at:end]
        return self._check_size(events)

    def _check_size(self, events: list[Event]) -> bool:
        if len(self._body) <= self._max_frame_bytes:
            return True
        events.append(FrameTooLarge(bytes(self._body[: min(HEAD_BYTES, self._max_frame_bytes)])))
        self._body = bytearray()
        self.closed = True
        return False

    def _end_frame(self, trailer: str, events: list[Event]) -> None:
        payload = bytes(self._body)
        self._body = bytearray()
        flags = self._flags
        if self._tail:
            flags += (BLANK_TRAILER,)
            self._tail = b""
        if trailer:
            flags += (trailer,)
        if not payload:
            events.append(Heartbeat(flags))
        elif payload in _COMMIT_KINDS:
            events.append(CommitBlock(_COMMIT_KINDS[payload], flags))
        else:
            events.append(FrameReceived(payload, flags))
        self.waiting = "start"

    def _end_unframed(self, events: list[Event]) -> None:
        if self._accept_unframed:
            events.append(FrameReceived(bytes(self._body), (UNFRAMED,)))
            self._body = bytearray()
            self.waiting = "start"
        else:
            self._end_partial("unframed", events)

    def _end_partial(self, reason: PartialReason, events: list[Event]) -> None:
        events.append(PartialFrame(bytes(self._body), reason))
        self._body = bytearray()
        self.waiting = "start"
        if reason == "unframed":
            self.closed = True
