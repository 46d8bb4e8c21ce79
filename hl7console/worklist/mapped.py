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
    flag_paths: dict[str, str] = field(default_factory=dict)
    """The field at fault, by flag, where one is."""

    def put(self, column: str, value: Value, path: str, rule: str = "") -> None:
        """Set a column."""
        self.values[column] = value
        self.paths[column] = path
        if rule:
            self.rules[column] = rule

    def flag(self, code: str, path: str = "") -> None:
        """Note that something is odd, once, and in which field."""
        if code not in self.flags:
            self.flags.append(code)
        if path and code not in self.flag_paths:
            self.flag_paths[code] = path


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


GUESSES = frozenset(
    {
        "fallback", "from_procedure", "default_modality", "code_table", "procedure_rule",
        "station_rule", "message_time",
    }
)  # fmt: skip
"""Rules that give a value for want of the field that should say it."""
_LEADING = {
    "start_time": "start_date", "start_text": "start_date", "issue_time": "issue_date",
    "admit_time": "admit_date",
}  # fmt: skip
"""Columns that go with another one of the same field."""


def is_guess_beaten(row: Row, mapped: Mapped, column: str) -> bool:
    """Return whether a value only stands in for a field that has told the row's value before."""
    column = _LEADING.get(column, column)
    if mapped.rules.get(column) not in GUESSES or not row.values.get(column):
        return False
    source = row.source(column)
    return source is not None and bool(source.path) and source.rule not in GUESSES


def merge_fields(
    turn: Turn,
    row: Row,
    mapped: Mapped,
    *,
    only_empty: bool = False,
    keep: frozenset[str] = frozenset(),
) -> list[str]:
    """Take a message's columns over into a row by the field rule and return what changed.

    Absent keeps, "" clears, a value replaces; a column that an operator has set is locked. A value
    that only stands in for a field which the message lacks doesn't replace what that field said.

    Args:
        turn: The turn.
        row: The row.
        mapped: What the message says.
        only_empty: Fill what is empty, never replace or clear.
        keep: Columns that never change this way (identifiers).
    """
    changed = []
    locked = row.list("locked")
    values, rules = row.values, mapped.rules
    for column, value in mapped.values.items():
        if column in keep or (only_empty and values.get(column)):
            continue
        if rules and is_guess_beaten(row, mapped, column):
            continue
        if locked and column in locked:
            if value != values.get(column, ""):
                turn.note("locked", row, Severity.FLAG, mapped.paths[column], column=column)
            continue
        if turn.set(row, column, value, mapped.paths[column], rules.get(column, "")):
            changed.append(column)
    return changed
