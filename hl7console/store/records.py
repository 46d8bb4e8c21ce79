"""The rows that cross the border of the store, as plain values.

Message content and patient fields are kept out of every ``repr``, so that no traceback or log
line prints them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from hl7console.hl7v2.tries import FAILED_STATES
from hl7console.store.repair_records import Delivery, DeliveryWanted, EditedMessage, EditNote


class Origin(StrEnum):
    """Where a message came from. Only received messages are routed and projected."""

    RECEIVED = "received"
    IMPORTED = "imported"
    EDITED = "edited"
    SENT = "sent"
    SAMPLE = "sample"


class Status(StrEnum):
    """The processing result in one word."""

    OK = "ok"
    ERROR = "error"
    """Kept, but its content or framing is wrong (AE, CE, truncated, not readable)."""
    REJECTED = "rejected"
    """Kept, but its type, version or sender is not accepted here (AR, CR)."""


class DeliveryState(StrEnum):
    """What became of a message due at a destination."""

    QUEUED = "queued"
    SENDING = "sending"
    COMMITTED = "committed"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNKNOWN = "unknown"
    HELD = "held"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


@dataclass(slots=True)
class NewMessage:
    """A message on its way into the store. Field names are the column names of ``messages``."""

    raw: bytes = field(repr=False)
    """The bytes as they were on the wire, without the MLLP frame."""
    origin: str = Origin.RECEIVED
    interface: str = ""
    """Name of the listener (received) or the source (an import's file name without its folder)."""
    peer: str = ""
    """``host:port`` of the sender."""
    connection: int = 0
    """Number of the connection within this run of the engine; 0 where there is none."""
    received_at_us: int = 0
    """UTC, microseconds since 1970."""
    message_type: str = ""
    """MSH-9.1."""
    event: str = ""
    """MSH-9.2."""
    structure: str = ""
    """MSH-9.3, or the structure that type and event imply."""
    control_id: str = ""
    sender: str = ""
    """First components of MSH-3 and MSH-4, joined with ``|``."""
    receiver: str = ""
    """First components of MSH-5 and MSH-6, joined with ``|``."""
    version: str = ""
    charset: str = ""
    """The Python codec that the message is read with."""
    patient_id: str = field(default="", repr=False)
    patient_authority: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)
    placer_order: str = field(default="", repr=False)
    filler_order: str = field(default="", repr=False)
    status: str = Status.OK
    ack_code: str = ""
    """MSA-1 that was sent (received messages); empty where none was."""
    ack: bytes = field(default=b"", repr=False)
    """The acknowledgement that was sent, without its frame."""
    error_text: str = ""
    """What is wrong, in one sentence without patient data."""
    flags: str = ""
    """Deviations met on the way in: codes joined with blanks (``no_trailer charset_fallback``)."""
    parent_id: int = 0
    """The message this one was edited or replayed from; 0 for none."""
    dedup_key: int = 0
    """64-bit signed hash of listener, MSH-3, MSH-4 and MSH-10; 0 takes no part in the test."""
    content_hash: bytes = b""
    """SHA-256 of `raw`; filled by the intake for received messages."""
    deliveries: tuple[DeliveryWanted, ...] = ()
    """What its routes call for; queued in the transaction that stores it."""
    drops_duplicate_deliveries: bool = False
    """Whether a duplicate is not to be forwarded."""
    edited: EditNote | None = None
    """Who made it by editing; kept in the transaction that stores it."""

    # What filters ask of a stored row as well; a message that comes in is like this.

    @property
    def size_bytes(self) -> int:
        """Its size."""
        return len(self.raw)

    @property
    def duplicate_of(self) -> int:
        """Zero: only the store knows."""
        return 0

    @property
    def handled(self) -> bool:
        """False: nobody has seen it."""
        return False

    @property
    def sending_state(self) -> str:
        """Empty: it was not sent."""
        return ""

    @property
    def sending_code(self) -> str:
        """Empty: it was not sent."""
        return ""


@dataclass(slots=True)
class StoreOutcome:
    """What became of one `NewMessage`, told on the writer thread after its commit.

    Not to be changed; it isn't frozen because that makes it five times as slow to create.
    """

    message_id: int
    """Row id; 0 when it was not stored."""
    duplicate_of: int = 0
    """Row id of the first one, when this is a duplicate."""
    ack: bytes = field(default=b"", repr=False)
    """For a duplicate: the acknowledgement that the first one got."""
    control_id_reused: bool = False
    error: str = ""
    """Why it was not stored, as a plain sentence; empty when it was."""
    is_locked: bool = False
    """The failure is a locked database (ERR-3 206 rather than 207)."""


OnStored = Callable[[StoreOutcome], None]
"""Called on the writer thread after the commit; must be quick and must not raise."""


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One line of the message list; everything but the bytes."""

    id: int
    origin: str
    interface: str
    peer: str
    connection: int
    received_at_us: int
    message_type: str
    event: str
    structure: str
    control_id: str
    sender: str
    receiver: str
    version: str
    charset: str
    patient_id: str = field(repr=False)
    patient_authority: str = field(repr=False)
    patient_name: str = field(repr=False)
    accession: str = field(repr=False)
    placer_order: str = field(repr=False)
    filler_order: str = field(repr=False)
    size_bytes: int
    status: str
    ack_code: str
    error_text: str
    flags: str
    parent_id: int
    duplicate_of: int
    handled: bool
    note: str = field(default="", repr=False)
    """A short description made from the message for the list (procedure, event); not a column."""
    values: tuple[str, ...] = field(default=(), repr=False)
    """Values of the field paths asked for as extra columns."""
    sending_state: str = ""
    """What became of the last try (a `DeliveryState`) of a message sent from here; "" elsewhere."""
    sending_code: str = ""
    """The code that the receiver answered to that try."""
    sending_text: str = ""
    """What happened at that try, in one sentence."""

    @property
    def was_on_wire(self) -> bool:
        """Whether it came over MLLP, or was made from one that did: it goes out as it is.

        What a file held and was received as if from a listener came over no connection.
        """
        return self.origin in (Origin.RECEIVED, Origin.EDITED) and self.connection > 0

    @property
    def failure_text(self) -> str:
        """What went wrong when it was sent from here; empty where nothing did."""
        return self.sending_text if self.sending_state in FAILED_STATES else ""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of sending a message."""

    id: int
    delivery_id: int
    message_id: int
    destination: str
    """Name of the destination, or ``host:port``."""
    started_at_us: int
    finished_at_us: int
    state: str
    """A `DeliveryState`."""
    ack_code: str
    sent: bytes = field(repr=False)
    """Bytes that went out when they differ from the message's own; empty when they don't."""
    reply: bytes = field(repr=False)
    text: str
    """What happened, in one sentence."""


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with its bytes, for the inspector."""

    row: MessageRow
    raw: bytes = field(repr=False)
    ack: bytes = field(repr=False)
    attempts: tuple[Attempt, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    """Where it is due or was, in the order in which it was queued; the first so many."""
    edited: EditedMessage | None = None
    """Who edited it, when and why; None where it was not made by editing."""
