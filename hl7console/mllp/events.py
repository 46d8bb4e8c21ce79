"""What an MLLP decoder reports: frames, and everything else that was on the wire.

Nothing is dropped without an event except white space between frames, which the reference tells
to drop silently. Payloads are kept out of every ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

NO_TRAILER = "no_trailer"
"""Flag: the end block was not followed by CR."""
LF_TRAILER = "lf_trailer"
"""Flag: the end block was followed by LF instead of CR."""
BLANK_TRAILER = "blank_trailer"
"""Flag: blanks or NUL bytes stood between the end block and what followed."""
EMBEDDED_FS = "embedded_fs"
"""Flag: the content holds a 0x1C that did not end the frame."""
UNFRAMED = "unframed"
"""Flag: the message came without a start block."""

PartialReason = Literal["restarted", "eof", "timeout", "unframed"]
"""Why a frame stayed incomplete: a new start block, the end of the connection, a timer, or a
message without a start block that the listener does not accept."""


@dataclass(frozen=True, slots=True)
class FrameReceived:
    """One whole frame."""

    payload: bytes = field(repr=False)
    flags: tuple[str, ...] = ()
    """Deviations of the framing, in the order in which they were seen."""


@dataclass(frozen=True, slots=True)
class NoiseSkipped:
    """Bytes between frames that belong to none; reported once, when they end."""

    count: int
    """Bytes other than white space and NUL."""
    sample: bytes = field(repr=False)
    """The first 256 bytes of them, white space in between included."""


@dataclass(frozen=True, slots=True)
class PartialFrame:
    """A frame that was begun and not ended; there is no answer to it."""

    payload: bytes = field(repr=False)
    reason: PartialReason


@dataclass(frozen=True, slots=True)
class FrameTooLarge:
    """A frame outgrew the limit. The decoder takes nothing more."""

    payload_head: bytes = field(repr=False)
    """The first bytes of it, 64 KiB at most."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """An empty frame; there is no answer to it."""

    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommitBlock:
    """A commit block of MLLP release 2, positive or negative."""

    kind: Literal["ack", "nak"]
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ForeignProtocol:
    """The connection's first bytes belong to another protocol. The decoder takes nothing more."""

    kind: Literal["tls", "http", "dicom"]


@dataclass(frozen=True, slots=True)
class JunkLimitReached:
    """More noise came over this connection than is let pass. The decoder takes nothing more."""

    sample: bytes = field(repr=False)
    """The first 256 bytes of the last stretch of noise."""


Oddity = (
    NoiseSkipped
    | PartialFrame
    | FrameTooLarge
    | Heartbeat
    | CommitBlock
    | ForeignProtocol
    | JunkLimitReached
)
"""Whatever is no whole frame."""

Event = FrameReceived | Oddity
"""All that a decoder reports."""
