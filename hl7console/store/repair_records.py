"""The rows of queues, edited messages and saved messages, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class DeliveryWanted:
    """A delivery that a message is to have; written in the message's own transaction."""

    destination: str
    route: str = ""
    recipe_id: int = 0


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message due, or once due, at one destination."""

    id: int
    message_id: int
    destination: str
    state: str
    """A `hl7console.store.records.DeliveryState`."""
    is_due: bool
    """Whether a queue still has to do something about it."""
    created_at_us: int
    changed_at_us: int
    route: str = ""
    """Name of the route that called for it; empty for what a user queued."""
    recipe_id: int = 0
    repeat_of: int = 0
    """The delivery that this one repeats, when a queue was moved back."""
    attempt_count: int = 0
    unknown_count: int = 0
    """Tries without a certain answer, one after the other."""
    retry_at_us: int = 0
    """When it is tried again at the earliest; 0 for at once."""
    ack_code: str = ""
    text: str = ""
    """What happened last, in one sentence without content."""
    cause: str = ""
    """Code and path that the receiver named (``AE 101 PID-3``): what the error list groups by."""
    is_handled: bool = False


@dataclass(frozen=True, slots=True)
class EditNote:
    """Who edits a message and why; written in the message's own transaction."""

    author: str
    reason: str = field(default="", repr=False)
    recipe_id: int = 0
    saved_name: str = ""
    """A name to keep it by; left out where another message has it by then."""
    is_audited: bool = False
    """Whether the audit trail tells of this one; it tells of a resend's edits as of one thing."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """What is remembered of a queue beside its deliveries."""

    destination: str
    is_held: bool = False
    """Somebody holds it."""
    is_stopped: bool = False
    """A message at its head stopped it; somebody has to decide."""
    text: str = ""
    """Why it is held or stopped, in one sentence without content."""
    changed_at_us: int = 0
    user: str = ""
    stopped_by: int = 0
    """The delivery that stopped it."""


@dataclass(frozen=True, slots=True)
class EditedMessage:
    """Who edited a message, when and why."""

    message_id: int
    author: str
    at_us: int
    reason: str = field(default="", repr=False)
    recipe_id: int = 0


@dataclass(frozen=True, slots=True)
class SavedMessage:
    """A message kept by name, to test with."""

    id: int
    name: str
    message_id: int
    at_us: int
