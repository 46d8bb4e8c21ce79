"""What a connection's dialogue asks its owner to do.

The owner carries actions out in their order. Payloads are kept out of every ``repr``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from hl7console.hl7v2.acks import ReplyKind

OutcomeState = Literal["accepted", "committed", "rejected", "unknown"]
"""What became of a message that was sent; the words of the deliveries' states."""


@dataclass(slots=True)  # frozen ones are slow to create, and there is one per message
class StoreFrame:
    """Store a received frame, then give its answer to `ListenerSession.answered`."""

    token: int
    """Names the frame within its connection; grows by one with each."""
    payload: bytes = field(repr=False)
    flags: tuple[str, ...] = ()
    """Deviations of the framing: codes of `hl7console.mllp.events`."""
    first_byte_s: float = 0.0
    """When its first byte came, on the clock of the session's caller."""


@dataclass(frozen=True, slots=True)
class StorePartial:
    """Store what there is of a frame that did not end well."""

    payload: bytes = field(repr=False)
    reason: str
    """``restarted``, ``eof``, ``timeout``, ``unframed`` or ``too_large``."""
    text: str = ""
    """The same as a sentence."""
    token: int | None = None
    """Where its sender is told: as `StoreFrame.token`, for `ListenerSession.answered`."""


@dataclass(slots=True)  # frozen ones are slow to create, and there is one per message
class Send:
    """Write these bytes to the peer."""

    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Close:
    """Close the connection, after everything sent before was written."""

    reason_code: str
    text: str
    is_peer_writing: bool = False
    """Whether the peer is in the middle of a frame. What it still sends is to be read and dropped
    for a while: a socket closed with bytes unread resets the connection, and a reset can cost the
    peer the answers that it has not read yet."""


@dataclass(frozen=True, slots=True)
class Note:
    """A deviation of the peer to be shown on the connection's timeline."""

    code: str
    text: str
    sample: bytes = field(default=b"", repr=False)
    """The bytes in question, 256 at most; not for a log."""


@dataclass(frozen=True, slots=True)
class Reply:
    """Something that came back from the receiver while an answer was due."""

    payload: bytes = field(repr=False)
    flags: tuple[str, ...] = ()
    """Deviations of the framing, and ``partial`` or ``too_large`` for what is not whole."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of the message that was sent."""

    state: OutcomeState
    control_id: str
    """MSH-10 of the message."""
    text: str
    """What happened, in one sentence without content."""
    ack_code: str = ""
    """MSA-1 of the answer; empty where there is none."""
    kind: ReplyKind | None = None
    """What the answer means; None where none came."""
    can_retry: bool = False
    """Whether the same bytes may be sent again."""
    is_final: bool = True
    """False for a commit acknowledgement that an application acknowledgement is to follow."""


Action = StoreFrame | StorePartial | Send | Close | Note
"""What a listener's session asks for."""

SenderAction = Send | Close | Note | Reply | Outcome
"""What a sender's session asks for."""
