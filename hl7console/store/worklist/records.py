"""The worklist's rows as they cross the border of the store; no patient data in any `repr`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hl7console.worklist.rows import Row, Source, Value
from hl7console.worklist.turn import Change, Note


@dataclass(frozen=True, slots=True)
class LineQuery:
    """Which lines of the worklist are wanted. Empty parts ask for all."""

    date_from: str = ""
    """``YYYYMMDD``, inclusive; lines without a date only show where both dates are empty."""
    date_to: str = ""
    modalities: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    priorities: tuple[str, ...] = ()
    incomplete: bool | None = None
    patient_id: int = 0
    """Row number of a person."""
    text: str = field(default="", repr=False)
    """Words that patient name, any identifier, accession, order number, procedure or station
    contain, letter case and accents aside."""
    at_us: int = 0
    """As it stood at this time; 0 is now."""
    order_by: str = "priority"
    """priority (what is still to do first, of that STAT, then by start), start, patient,
    accession, modality, station, state."""
    descending: bool = False


@dataclass(frozen=True, slots=True)
class LineRow:
    """One line of the worklist's list."""

    step_id: int
    start_date: str
    start_time: str
    priority: str
    patient_name: str = field(repr=False)
    patient_id: str = field(repr=False)
    issuer: str
    accession: str = field(repr=False)
    modality: str
    procedure: str
    stations: tuple[str, ...]
    is_open: bool
    """Without a station: open to its modality."""
    state: str
    missing: tuple[str, ...]
    """Columns of type 1 without a value: incomplete, not served."""
    flags: tuple[str, ...]
    order_id: int
    patient_row: int
    last_entry: int
    """The entry that spoke last."""
    listener: str = ""
    study_uid: str = ""


@dataclass(frozen=True, slots=True)
class StepDetails:
    """Everything about one line, as it stands (or stood)."""

    line: Mapping[str, Value] = field(repr=False)
    """All columns, see `worklist.lines`."""
    sources: Mapping[str, Source] = field(repr=False)
    missing: tuple[str, ...]
    step: Row
    order: Row
    patient: Row | None
    visit: Row | None
    identifiers: tuple[Row, ...] = ()
    reports: tuple[Row, ...] = ()
    documents: tuple[Row, ...] = ()
    exams: tuple[Row, ...] = ()
    appointments: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class EntryEffect:
    """What one journal entry did to one line or person (*Why?*, history, error list)."""

    entry: int
    """Message id, or a negative number of another input."""
    at_us: int
    kind: str
    """``message``, ``mpps``, ``operator``, ``profile``, ``codes``, ``crossref``."""
    title: str
    """``ORM^O01 NW`` or ``MPPS IN PROGRESS`` or ``Merge by a.meyer``: no patient data."""
    sender: str
    is_refused: bool
    changes: tuple[Change, ...] = field(repr=False)
    notes: tuple[Note, ...] = field(repr=False)
    position: int = 0
    """Its place in the order of applying."""
    listener: str = ""
    is_message_kept: bool = True
    """Whether the message is still there; retention may have deleted one without effect."""


@dataclass(frozen=True, slots=True)
class LineKeys:
    """What C-FIND asks for as far as indexes can narrow it; empty parts ask for all."""

    date_from: str = ""
    date_to: str = ""
    modalities: tuple[str, ...] = ()
    stations: tuple[str, ...] = ()
    """Station AEs, without wildcards; lines open to their modality are found too."""
    accession: str = field(default="", repr=False)
    patient_id: str = field(default="", repr=False)
    study_uid: str = ""
    sps_id: str = ""
    states: tuple[str, ...] = ()
    complete_only: bool = True
    """Leave out lines with a type 1 value missing."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many lines there are, by what a list groups them."""

    by_state: Mapping[str, int]
    by_modality: Mapping[str, int]
    by_station: Mapping[str, int]
    """Key "" stands for lines without a station."""
    incomplete: int
    total: int


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two persons that look like one, for somebody to decide."""

    first: Row
    second: Row
    reason: str
    """The likeness key that they share, hashed or plain as the rules keep it."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """How far the worklist follows the journal."""

    message_id: int = 0
    input_id: int = 0
    position: int = 0
    """Entries applied in all; grows with every change, so that views know when to look again."""
