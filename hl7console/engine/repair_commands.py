"""What the window and the command line ask of queues, of resending and of editing; plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from hl7console.settings import DestinationSettings, RouteSettings


class QueueCondition(StrEnum):
    """What a queue does at this moment."""

    EMPTY = "empty"
    SENDING = "sending"
    WAITING = "waiting"
    """For the next try: the receiver is down, could not take the message, or gave no answer."""
    HELD = "held"
    """Somebody holds it."""
    STOPPED = "stopped"
    """Its head was refused or its outcome stays unknown; somebody has to decide."""
    OFF = "off"
    """The destination is switched off."""


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """One destination's queue at this moment."""

    destination: str
    condition: QueueCondition = QueueCondition.EMPTY
    waiting: int = 0
    """Deliveries that are due, held ones among them."""
    held: int = 0
    """Single deliveries that are held."""
    oldest_at_us: int = 0
    """When the first that is due was queued; 0 when none is."""
    head_delivery_id: int = 0
    next_try_at_us: int = 0
    """When the head is tried again; 0 when that is not set."""
    text: str = ""
    """Why it waits, is held or stopped: one sentence with the next step, without content."""
    sent_per_s: float = 0.0
    failed: int = 0
    """Deliveries in the error list that nobody has ticked off."""
    environment: str = ""


class DeliveryAction(StrEnum):
    """What can be done with single deliveries."""

    RETRY = "retry"
    """Try it now, or queue it again at its own place where it was over and not accepted."""
    HOLD = "hold"
    RELEASE = "release"
    SKIP = "skip"
    """Not to be sent; the queue goes on. It stays in the record as skipped."""
    CANCEL = "cancel"
    HANDLE = "handle"
    """Tick it off in the error list."""
    UNHANDLE = "unhandle"


@dataclass(frozen=True, slots=True)
class HoldQueue:
    """Stop sending from a queue after the message in hand; it goes on to fill."""

    destination: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ReleaseQueue:
    """Go on sending from a queue that is held or stopped, at once."""

    destination: str
    confirm: str = ""
    """The destination's name, typed, where it is a production one and was stopped."""


@dataclass(frozen=True, slots=True)
class ChangeDeliveries:
    """Do one thing with deliveries: with those named, or with all that are due at a destination."""

    action: DeliveryAction
    delivery_ids: tuple[int, ...] = ()
    destination: str = ""
    """All that are due there, in place of `delivery_ids`."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RerouteDeliveries:
    """Cancel deliveries here and queue their messages at another destination, in order."""

    delivery_ids: tuple[int, ...]
    destination: str
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class RewindQueue:
    """Queue again all that a destination was sent since a time, in order, marked as repeats."""

    destination: str
    since_us: int
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class QueueMessages:
    """Queue stored messages at destinations, behind what waits there."""

    message_ids: tuple[int, ...]
    destinations: tuple[str, ...]
    confirm: tuple[str, ...] = ()
    """Names of production destinations, typed."""
    recipe: str = field(default="", repr=False)
    """Text of a recipe to apply."""


class Dates(StrEnum):
    """What a resend does with dates and times."""

    KEEP = "keep"
    MESSAGE = "message"
    """MSH-7 becomes now."""
    SHIFT = "shift"
    """All dates and times move by what lies between the first message and now."""


@dataclass(frozen=True, slots=True)
class ResendMessages:
    """Send stored messages again, each in turn, and tell what became of each."""

    message_ids: tuple[int, ...] = ()
    filter: str = field(default="", repr=False)
    """All that this filter finds, oldest first, in place of `message_ids`."""
    limit: int = 0
    """Most messages of a filter; 0 takes the cap of the engine."""
    destinations: tuple[str, ...] = ()
    """Names, or HOST:PORT."""
    confirm: tuple[str, ...] = ()
    """Names of production destinations, typed."""
    settings: DestinationSettings | None = None
    """In place of `destinations`: an address with TLS options from the command line."""
    new_control_ids: bool = False
    dates: Dates = Dates.KEEP
    recipe: str = field(default="", repr=False)
    """Text of a recipe to apply."""
    reason: str = field(default="", repr=False)
    rate_per_s: float = 0.0
    """Most messages a second; 0 sends as fast as answers come."""
    speed: float = 0.0
    """Keep the recorded timing, this many times as fast (0.1 to 100); 0 does not."""
    mark_handled: bool = False
    """Mark the originals handled that were accepted."""


@dataclass(frozen=True, slots=True)
class StoreEdited:
    """Keep an edited message as a new one; the report names its id."""

    raw: bytes = field(repr=False)
    parent_id: int = 0
    reason: str = field(default="", repr=False)
    saved_name: str = ""
    """Also keep it by this name, as a message to test with."""


@dataclass(frozen=True, slots=True)
class DeleteSaved:
    """Forget the name of a saved message; the message stays."""

    name: str


@dataclass(frozen=True, slots=True)
class MarkHandled:
    """Mark messages handled, or not handled."""

    message_ids: tuple[int, ...]
    is_handled: bool = True


@dataclass(frozen=True, slots=True)
class SaveRoute:
    """Create or change a route."""

    settings: RouteSettings
    previous_name: str = ""


@dataclass(frozen=True, slots=True)
class DeleteRoute:
    """Remove a route; what it queued stays queued."""

    name: str


@dataclass(frozen=True, slots=True)
class ImportSettings:
    """Take what a file of settings has from its text; see `settings_files`."""

    text: str
    approved: tuple[str, ...] = ()
    """Destinations and alert channels of the file that may send at once; the others are off."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Let a function that a recipe names run, as long as its file stays as it is."""

    kind: str
    name: str
    digest: str
    is_approved: bool = True


@dataclass(frozen=True, slots=True)
class RecordMessages:
    """Write messages with their times, peers and acknowledgements into one file."""

    path: Path
    filter: str = field(default="", repr=False)
    """What is recorded, oldest first; empty records everything."""
    message_ids: tuple[int, ...] = ()
    """In place of a filter."""


@dataclass(frozen=True, slots=True)
class ReplayRecording:
    """Send the messages of a recording; each is stored with origin ``sent``."""

    path: Path
    destinations: tuple[str, ...] = ()
    """Names, or HOST:PORT."""
    confirm: tuple[str, ...] = ()
    settings: DestinationSettings | None = None
    speed: float = 0.0
    """Keep the recorded timing, this many times as fast (0.1 to 100); 0 does not."""
    rate_per_s: float = 0.0
    new_control_ids: bool = False
    dates: Dates = Dates.KEEP
    recipe: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SendRepeatedly:
    """Send one message, or several in turn, a number of times; to test with."""

    raws: tuple[bytes, ...] = field(repr=False)
    destinations: tuple[str, ...] = ()
    confirm: tuple[str, ...] = ()
    times: int = 1
    rate_per_s: float = 0.0
    new_control_ids: bool = True


QueueCommand = (
    HoldQueue | ReleaseQueue | ChangeDeliveries | RerouteDeliveries | RewindQueue | QueueMessages
)

RepairCommand = (
    QueueCommand
    | ResendMessages
    | StoreEdited
    | DeleteSaved
    | MarkHandled
    | SaveRoute
    | DeleteRoute
    | ImportSettings
    | Approve
    | RecordMessages
    | ReplayRecording
    | SendRepeatedly
)
