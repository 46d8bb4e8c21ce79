"""The columns of the message list.

A column is named by a key that is also what is saved: a word for a stored value, or a field path
such as ``PID-5.1`` for anything in the message itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from hl7console.errors import ConsoleError, UsageError
from hl7console.hl7v2.paths import FieldPath
from hl7console.store.records import DeliveryState, MessageRow, Origin, Status


class Kind(StrEnum):
    """How a column is drawn."""

    TEXT = "text"
    FIXED = "fixed"
    """Identifiers and times: fixed-width, so that digits line up."""
    MUTED = "muted"
    NUMBER = "number"
    """Fixed-width, to the right."""
    PILL = "pill"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `value` is None for a field path, whose values come with the rows."""

    key: str
    title: str
    kind: Kind
    chars: int
    """Width at first, in characters of the fixed-width font."""
    value: Callable[[MessageRow], str] | None = None


@dataclass(frozen=True, slots=True)
class Pill:
    """The result of a message: a word and the token of its colour."""

    text: str
    role: str
    meaning: str


def received_text(micros: int, today: date | None = None) -> str:
    """Return a local time as the list shows it; the date only where it isn't today."""
    if not micros:
        return ""
    moment = datetime.fromtimestamp(micros / 1_000_000).astimezone()
    clock = f"{moment:%H:%M:%S}.{moment.microsecond // 1000:03d}"
    today = today or datetime.now().astimezone().date()
    if moment.date() == today:
        return clock
    if moment.year == today.year:
        return f"{moment:%m-%d} {clock}"
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def type_text(row: MessageRow) -> str:
    """Return ``ORM^O01``, or what there is of it."""
    return f"{row.message_type}^{row.event}" if row.event else row.message_type


def size_text(size_bytes: int) -> str:
    """Return a size in the unit that fits."""
    if size_bytes < 1000:
        return f"{size_bytes} B"
    if size_bytes < 1_000_000:
        return f"{size_bytes / 1000:.1f} kB"
    return f"{size_bytes / 1_000_000:.1f} MB"


_ORIGIN_WORDS = {
    Origin.IMPORTED: ("imported", "muted", "Imported, not received"),
    Origin.EDITED: ("edited", "muted", "Edited here"),
    Origin.SENT: ("sent", "muted", "Sent from here"),
    Origin.SAMPLE: ("sample", "muted", "A sample message"),
}

_SENDING_WORDS: dict[str, tuple[str, str]] = {
    DeliveryState.SENDING: ("sending", "info"),
    DeliveryState.COMMITTED: ("committed", "ok"),
    DeliveryState.ACCEPTED: ("accepted", "ok"),
    DeliveryState.REJECTED: ("rejected", "err"),
    DeliveryState.UNKNOWN: ("unknown", "warn"),
    DeliveryState.CANCELLED: ("not sent", "err"),
}


def pill_for(row: MessageRow) -> Pill:
    """Return what became of a message, as a word and a colour; quiet where it was handled."""
    pill = _result_pill(row)
    if row.handled:
        return Pill(f"✓ {pill.text}", "muted", f"{pill.meaning}. Marked handled.")
    return pill


def _result_pill(row: MessageRow) -> Pill:
    if row.duplicate_of:
        return Pill("duplicate", "info", f"Same message as number {row.duplicate_of}")
    if row.status == Status.REJECTED:
        return Pill(row.ack_code or "rejected", "err", row.error_text or "Rejected")
    if row.status == Status.ERROR:
        return Pill(row.ack_code or "error", "err", row.error_text or "Kept, with an error")
    if row.ack_code:
        return Pill(row.ack_code, "ok", "Accepted")
    if row.sending_state in _SENDING_WORDS:
        text, role = _SENDING_WORDS[row.sending_state]
        # A code beside an uncertain outcome is not this message's.
        code = "" if row.sending_state == DeliveryState.UNKNOWN else row.sending_code
        return Pill(code or text, role, row.sending_text)
    text, role, meaning = _ORIGIN_WORDS.get(Origin(row.origin), ("kept", "muted", "Kept"))
    return Pill(text, role, meaning)


def note_text(row: MessageRow) -> str:
    """Return what the list says about a message: its error first, else what it is about."""
    return row.error_text or row.failure_text or row.note


BUILT_IN: tuple[Column, ...] = (
    Column("received", "Received", Kind.FIXED, 13, lambda r: received_text(r.received_at_us)),
    Column("interface", "Interface", Kind.TEXT, 10, lambda r: r.interface),
    Column("type", "Type", Kind.FIXED, 8, type_text),
    Column("control", "Control ID", Kind.FIXED, 10, lambda r: r.control_id),
    Column("patient", "Patient", Kind.TEXT, 16, lambda r: r.patient_name),
    Column("mrn", "MRN", Kind.FIXED, 9, lambda r: r.patient_id),
    Column("accession", "Accession", Kind.FIXED, 10, lambda r: r.accession),
    Column("result", "Result", Kind.PILL, 9),
    Column("note", "Note", Kind.MUTED, 4, note_text),
    Column("authority", "Authority", Kind.FIXED, 10, lambda r: r.patient_authority),
    Column("sender", "Sender", Kind.FIXED, 14, lambda r: r.sender),
    Column("receiver", "Receiver", Kind.FIXED, 14, lambda r: r.receiver),
    Column("placer", "Placer order", Kind.FIXED, 12, lambda r: r.placer_order),
    Column("filler", "Filler order", Kind.FIXED, 12, lambda r: r.filler_order),
    Column("structure", "Structure", Kind.FIXED, 9, lambda r: r.structure),
    Column("version", "Version", Kind.FIXED, 7, lambda r: r.version),
    Column("charset", "Character set", Kind.FIXED, 12, lambda r: r.charset),
    Column("size", "Size", Kind.NUMBER, 8, lambda r: size_text(r.size_bytes)),
    Column("handled", "Handled", Kind.TEXT, 8, lambda r: "yes" if r.handled else ""),
    Column("origin", "Origin", Kind.TEXT, 9, lambda r: r.origin),
    Column("peer", "Peer", Kind.FIXED, 18, lambda r: r.peer),
    Column("number", "Number", Kind.NUMBER, 8, lambda r: str(r.id)),
)
"""Every column that needs no field path, in the order they are offered."""

DEFAULT_KEYS = (
    "received",
    "interface",
    "type",
    "control",
    "patient",
    "mrn",
    "accession",
    "result",
    "note",
)
"""The columns at first."""

_BY_KEY = {column.key: column for column in BUILT_IN}


def column_for(key: str) -> Column:
    """Return a column by its key.

    Raises:
        UsageError: The key is neither a column's nor a field path.
    """
    if key in _BY_KEY:
        return _BY_KEY[key]
    try:
        path = FieldPath.parse(key)
    except ConsoleError as error:
        raise UsageError(f"Not a field path: {key}.", hint="Write PID-5.1 or OBX[2]-5.") from error
    return Column(str(path), str(path), Kind.FIXED, 14)


def columns_for(keys: list[str]) -> list[Column]:
    """Return the columns of saved keys, without those that mean nothing; never none at all."""
    found: dict[str, Column] = {}
    for key in keys:
        try:
            column = column_for(key)
        except UsageError:
            continue
        found.setdefault(column.key, column)
    return list(found.values()) or [_BY_KEY[key] for key in DEFAULT_KEYS]


def paths_of(columns: list[Column]) -> tuple[str, ...]:
    """Return the field paths that rows must bring values of."""
    return tuple(column.key for column in columns if column.key not in _BY_KEY)
