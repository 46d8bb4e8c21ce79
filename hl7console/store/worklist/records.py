"""The worklist's rows as they cross the border of the store: plain values, no patient data in repr.
"""

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
    """priority (STAT first, then start), start, patient, accession, modality, station, state."""
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
