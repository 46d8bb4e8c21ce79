"""What a message says, in the worklist's columns, before any rule decides what to do with it."""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.worklist.rows import Row, Value
from hl7console.worklist.turn import Severity, Turn


@dataclass(slots=True)
class Mapped:
    """Columns and the fields they came from.

    A column that is missing was not sent: keep what is known. A column that is "" was sent as
    null: clear it.
    """

    values: dict[str, Value] = field(default_factory=dict, repr=False)
    paths: dict[str, str] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    """The rule, where a fallback, a translation or a table decided (codes that `wording` knows)."""
    flags: list[str] = field(default_factory=list)
    """What was odd about it: codes that `wording` knows, set on the row."""

    def put(self, column: str, value: Value, path: str, rule: str = "") -> None:
        """Set a column."""
        self.values[column] = value
        self.paths[column] = path
        if rule:
            self.rules[column] = rule

    def flag(self, code: str) -> None:
        """Note that something is odd, once."""
        if code not in self.flags:
            self.flags.append(code)


@dataclass(slots=True)
class MappedIdentifier:
    """One CX of a patient."""

    id_value: str = field(repr=False)
    authority: str
    """The authority's key (`mapping.authorities`); never empty."""
    id_type: str = ""
    namespace: str = ""
    universal_id: str = ""
    universal_type: str = ""
    path: str = ""
    is_defaulted: bool = False
    """The authority was not sent (``aa_defaulted``)."""
    is_expired: bool = False


@dataclass(slots=True)
class MappedPatient:
    """A PID, or an MRG: who it is, and what it says of them."""

    identifiers: list[MappedIdentifier] = field(default_factory=list)
    """In order of preference: the first is the primary one."""
    patient: Mapped = field(default_factory=Mapped)
    account: tuple[str, str] = ("", "")
    """Account number and its authority's key (PID-18; MRG-3)."""
    flags: list[str] = field(default_factory=list)


@dataclass(slots=True)
class MappedOrder:
    """One ORC/OBR with its steps (one for each IPC, else one)."""

    control: str
    """ORC-1; "" where it is empty."""
    status: str
    """ORC-5."""
    order: Mapped = field(default_factory=Mapped)
    steps: list[Mapped] = field(default_factory=list)
    control_path: str = "ORC-1"
    event_time: str = ""
    """Event time as normalised text ``YYYYMMDDHHMMSS[.ffff]``; "" where none is usable."""
    event_time_path: str = ""
    parent: tuple[str, str, str, str] = ("", "", "", "")
    """Placer number, placer authority, filler number, filler authority of ORC-8 / OBR-29."""
    unmapped: tuple[str, str, str, str] = ("", "", "", "")
    """Sender, code, system and text of a procedure that the exam-code table lacks."""


def merge_fields(
    turn: Turn,
    row: Row,
    mapped: Mapped,
    *,
    only_empty: bool = False,
    keep: frozenset[str] = frozenset(),
) -> list[str]:
    """Take a message's columns over into a row by the field rule and return what changed.

    Absent keeps, "" clears, a value replaces; a column that an operator has set is locked.

    Args:
        turn: The turn.
        row: The row.
        mapped: What the message says.
        only_empty: Fill what is empty, never replace or clear.
        keep: Columns that never change this way (identifiers).
    """
    changed = []
    locked = row.list("locked")
    values = row.values
    for column, value in mapped.values.items():
        if column in keep or (only_empty and values.get(column)):
            continue
        if locked and column in locked:
            if value != values.get(column, ""):
                turn.note("locked", row, Severity.FLAG, mapped.paths[column], column=column)
            continue
        if turn.set(row, column, value, mapped.paths[column], mapped.rules.get(column, "")):
            changed.append(column)
    return changed
