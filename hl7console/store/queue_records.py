"""What goes between the delivery queues and the store, as plain values.

Not frozen where there is one for each message: frozen ones are slow to create.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ClaimWish:
    """The next deliveries that a queue asks for."""

    destination: str
    limit: int
    max_bytes: int
    """Bytes of their messages; one message may be larger."""
    keeps_order: bool = True
    """Nothing overtakes: what can't be sent now holds up all behind it."""
    after_id: int = 0
    """Where order is not kept: look behind this one only."""


@dataclass(slots=True)
class Claimed:
    """A delivery to be sent now, with what goes out."""

    id: int
    message_id: int
    state: str
    """Its state before it was claimed: ``queued`` or ``unknown``."""
    attempt_count: int
    unknown_count: int
    recipe_id: int
    created_at_us: int
    was_on_wire: bool
    """The message came over MLLP, and goes out as it came."""
    raw: bytes = field(repr=False)
    sent: bytes = field(default=b"", repr=False)
    """The bytes of its first attempt where they differ from the message's own."""
    sent_earlier: bytes = field(default=b"", repr=False)
    """Where it has none of its own: what the delivery that it repeats sent, made by a recipe."""


@dataclass(slots=True)
class ClaimAnswer:
    """What a queue gets, and what stands at its head."""

    deliveries: list[Claimed] = field(default_factory=list)
    head_id: int = 0
    """The first delivery that is due and not being sent; 0 where there is none."""
    head_state: str = ""
    head_at_us: int = 0
    """When it was queued."""
    retry_at_us: int = 0
    """When the first one that is put off may be tried; 0 where none is."""


@dataclass(slots=True)
class Prepared:
    """An attempt whose bytes are to be kept before the first of them goes out."""

    delivery_id: int
    message_id: int
    destination: str
    at_us: int
    sent: bytes = field(repr=False)


@dataclass(slots=True)
class Settled:
    """How an attempt ended, and what that makes of its delivery."""

    delivery_id: int
    message_id: int
    destination: str
    started_at_us: int
    finished_at_us: int
    attempt_state: str
    """A `hl7console.store.records.DeliveryState`."""
    ack_code: str
    text: str
    """What happened, in one sentence without content."""
    reply: bytes = field(repr=False)
    attempt_id: int
    """Of the attempt that was prepared; 0 makes one."""
    state: str
    """Of the delivery."""
    is_due: bool
    retry_at_us: int = 0
    unknown_count: int = 0
    cause: str = ""
    stops_queue: str = ""
    """Why the queue stops with this one; empty where it goes on."""
    sent: bytes = field(default=b"", repr=False)
    """What went out where it differs from the message, and no attempt was prepared."""


@dataclass(slots=True)
class Unclaimed:
    """A delivery that was claimed and not sent."""

    delivery_id: int
    state: str
    """What it was before."""
    attempt_id: int = 0
    """Of the attempt that was prepared for it."""
    destination: str = ""


@dataclass(slots=True)
class QueueWork:
    """What all queues want of the store, for one transaction; done in this order."""

    settled: list[Settled] = field(default_factory=list)
    unclaimed: list[Unclaimed] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    wishes: list[ClaimWish] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.settled or self.unclaimed or self.prepared or self.wishes)


@dataclass(slots=True)
class QueueAnswers:
    """What came of it."""

    attempt_ids: Sequence[int] = ()
    """Of what was prepared, in its order."""
    claims: Sequence[ClaimAnswer] = ()
    """To the wishes, in their order."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many deliveries of a destination are due, held, and in the error list."""

    due: int = 0
    held: int = 0
    failed: int = 0
    head_id: int = 0
    """The first that is due, being sent or not; 0 where none is."""
    head_at_us: int = 0
