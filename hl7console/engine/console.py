"""What the window and the command line ask of an engine, wherever it runs.

`Console` is met by the engine in this process and by the one attached to over the local socket,
so that a window started beside ``serve`` works the same. Commands and reports are plain values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from hl7console.engine.alert_commands import AlertCommand
from hl7console.engine.dicom_commands import DicomCommand
from hl7console.engine.events import InterfaceEvent
from hl7console.engine.metrics_commands import SaveMetricsEndpoint
from hl7console.engine.repair_commands import RepairCommand
from hl7console.engine.snapshot import EngineSnapshot as EngineSnapshot
from hl7console.engine.snapshot import InterfaceStatus as InterfaceStatus
from hl7console.engine.snapshot import LinkState as LinkState
from hl7console.settings import (
    DestinationSettings,
    ListenerSettings,
    RetentionSettings,
    RouteSettings,
)
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader


class ImportMode(StrEnum):
    """What to do with messages from files."""

    KEEP = "keep"
    RECEIVE = "receive"
    """As if a listener had received them: dialogue rules, duplicates, later routes and worklist."""
    SEND = "send"


@dataclass(frozen=True, slots=True)
class ImportFiles:
    """Read files, folders, archives and pasted text, and keep, receive or send the messages."""

    paths: tuple[Path, ...] = ()
    pasted: bytes = field(default=b"", repr=False)
    mode: ImportMode = ImportMode.KEEP
    listener: str = ""
    """For `RECEIVE`."""
    destination: str = ""
    """For `SEND`: a destination's name or HOST:PORT."""
    confirm: str = ""


@dataclass(frozen=True, slots=True)
class SendMessages:
    """Send stored messages again, each as it was."""

    message_ids: tuple[int, ...]
    destination: str
    """A destination's name or HOST:PORT."""
    confirm: str = ""
    """The destination's name, typed, where it is a production one."""
    rate_per_s: float = 0.0
    """0 sends as fast as answers come."""
    settings: DestinationSettings | None = None
    """Overrides `destination`: an address with TLS options from the command line."""


@dataclass(frozen=True, slots=True)
class SendFiles:
    """Send the messages of files; each is stored with origin ``sent``."""

    paths: tuple[Path, ...]
    destination: str = ""
    confirm: str = ""
    rate_per_s: float = 0.0
    settings: DestinationSettings | None = None


@dataclass(frozen=True, slots=True)
class SaveListener:
    """Create or change a listener, and start, restart or stop it accordingly."""

    settings: ListenerSettings
    previous_name: str = ""


@dataclass(frozen=True, slots=True)
class SaveDestination:
    """Create or change a destination."""

    settings: DestinationSettings
    previous_name: str = ""


@dataclass(frozen=True, slots=True)
class DeleteInterface:
    """Remove a listener or a destination; its messages stay."""

    name: str


@dataclass(frozen=True, slots=True)
class TestConnection:
    """Connect to a destination, TLS included, without sending; or check a listener's settings."""

    __test__ = False
    destination: DestinationSettings | None = None
    listener: ListenerSettings | None = None


@dataclass(frozen=True, slots=True)
class RunRetention:
    """Store the retention rules and apply them now."""

    settings: RetentionSettings | None = None


@dataclass(frozen=True, slots=True)
class WorklistInput:
    """Write an input into the worklist's journal and wait until it is applied."""

    kind: str
    """``operator``, ``mpps``, ``served``…: see `hl7console.worklist.entries.InputEntry`."""
    body: Mapping[str, object] = field(repr=False)
    """What it says; plain JSON."""
    user: str = ""
    """Who; empty takes the one who runs the owner of the workspace."""


@dataclass(frozen=True, slots=True)
class TryWorklistInput:
    """Find out what an input would change, and change nothing; see `engine.worklist_trial`."""

    kind: str
    body: Mapping[str, object] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RebuildWorklist:
    """Make the worklist again from the journal."""


@dataclass(frozen=True, slots=True)
class ImportCodes:
    """Import exam codes from a CSV file."""

    path: Path
    replace: bool = False
    """Put it in the place of all codes there are."""


@dataclass(frozen=True, slots=True)
class ImportCrossref:
    """Import which identifiers belong to one person from a CSV file."""

    path: Path
    replace: bool = False


Command = (
    ImportFiles
    | SendMessages
    | SendFiles
    | SaveListener
    | SaveDestination
    | DeleteInterface
    | TestConnection
    | RunRetention
    | WorklistInput
    | TryWorklistInput
    | RebuildWorklist
    | ImportCodes
    | ImportCrossref
    | AlertCommand
    | DicomCommand
    | RepairCommand
    | SaveMetricsEndpoint
)


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A file, or a part of one, that no message was made of."""

    source: str
    """File name as the user knows it; inside an archive ``archive.zip/inner.hl7``."""
    offset_bytes: int
    reason: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something odd about a file whose messages were taken all the same."""

    source: str
    """As in `NotTaken`."""
    offset_bytes: int
    text: str


@dataclass(frozen=True, slots=True)
class SendResult:
    """What one message's sending gave."""

    message_id: int
    control_id: str
    state: str
    """A `DeliveryState`."""
    ack_code: str
    text: str
    round_trip_s: float
    source: str = ""
    receiver_text: str = field(default="", repr=False)
    """Why the receiver refused it, in its own words; may hold patient data."""
    destination: str = ""
    """Where it went, where a job sends to several destinations."""
    original_id: int = 0
    """The message that it was made from, where it was edited on the way; else 0."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is."""

    done: int = 0
    total: int = 0
    """0 while unknown."""
    text: str = ""
    rate_per_s: float = 0.0
    left_s: float = -1.0
    """-1 while unknown."""
    is_paused: bool = False
    """It waits until somebody lets it go on."""
    latest: tuple[SendResult, ...] = field(default=(), repr=False)
    """The last answers to what a job sends, newest first; some hundred at most."""


@dataclass(frozen=True, slots=True)
class JobReport:
    """The end of a job."""

    text: str = ""
    """One sentence: "12 messages kept, 2 files not taken."."""
    messages: int = 0
    first_message_id: int = 0
    last_message_id: int = 0
    not_taken: tuple[NotTaken, ...] = ()
    """The first 10,000 of them."""
    not_taken_total: int = 0
    results: tuple[SendResult, ...] = ()
    """The first 10,000 of them; the database has all."""
    accepted: int = 0
    refused: int = 0
    unknown: int = 0
    cancelled: bool = False
    noticed: tuple[Noticed, ...] = ()
    """The first 10,000 of them; nothing was lost there, and nothing needs to be done again."""
    noticed_total: int = 0
    details: tuple[tuple[str, str], ...] = ()
    """Name and value pairs (TLS version, cipher, certificate…) for *Test connection*."""
    is_fault: bool = False
    """The text tells a fault: it was done as asked, but does not work."""


class Job(Protocol):
    """Work under way. All methods: any thread, none blocks except `result`."""

    def progress(self) -> Progress:
        """Return how far it is."""

    def done(self) -> bool:
        """Return whether it has ended, well or not."""

    def cancel(self) -> None:
        """Ask it to stop after the message in hand."""

    def set_paused(self, is_paused: bool) -> None:
        """Ask it to wait before the next message, or to go on; only resends and replays do."""

    def result(self, timeout_s: float | None = None) -> JobReport:
        """Wait for the end and return the report.

        Raises:
            ConsoleError: It could not be done.
            TimeoutError: It has not ended within `timeout_s`.
        """


class Console(Protocol):
    """An engine, here or in another process.

    Any thread; only `Job.result` blocks for long.
    """

    workspace: Path

    def snapshot(self) -> EngineSnapshot:
        """Return counters and lights."""

    def listeners(self) -> tuple[ListenerSettings, ...]:
        """Return the listeners' settings."""

    def destinations(self) -> tuple[DestinationSettings, ...]:
        """Return the destinations' settings."""

    def routes(self) -> tuple[RouteSettings, ...]:
        """Return the routes' settings."""

    def events(self, name: str) -> tuple[InterfaceEvent, ...]:
        """Return what happened on a listener beside messages, oldest first."""

    def submit(self, command: Command) -> Job:
        """Start a command."""

    def open_reader(self) -> StoreReader:
        """Return a read-only connection of its own for the calling thread."""

    def open_worklist(self) -> WorklistReader:
        """Return a read-only connection to the worklist for the calling thread."""

    def open_measures(self) -> MeasureReader:
        """Return a read-only connection to the measures for the calling thread."""
