"""One journal entry's turn at the state: everything it changes, or nothing.

Rules change rows through a `Turn` only. It writes down each change with its cause, and takes all
of them back when the entry is refused or was only tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, NoReturn

from hl7console.worklist.entries import Entry
from hl7console.worklist.rows import INDEXES, Birth, Row, Source, Value, keys_of
from hl7console.worklist.state import State


class Severity(StrEnum):
    """How much a note matters."""

    INFO = "info"
    IGNORED = "ignored"
    """Something of the message had no effect, on purpose."""
    FLAG = "flag"
    """Applied, but somebody should know."""
    ERROR = "error"
    """Not applied; goes to the error list with what to ask the sender for."""


BAD_INPUT = frozenset({
    "accession_bad_character", "accession_too_long", "birth_date_invalid", "date_invalid",
    "identifier_too_long", "modality_unknown", "name_cut", "rp_id_bad_character", "rp_id_too_long",
    "sps_id_bad_character", "sps_id_too_long", "station_invalid", "study_uid_changed",
    "study_uid_invalid", "study_uids_differ",
})  # fmt: skip
"""Flags that are in the error list too: applied as far as it goes, but the sender must mend it."""


class Change(NamedTuple):
    """One column of one row that an entry changed.

    A new row has one change for each column that isn't empty, all with `old` None; a removed one
    has them with `new` None.
    """

    kind: str
    row_id: int
    column: str
    old: Value | None = None
    new: Value | None = None
    path: str = ""
    rule: str = ""


class Note(NamedTuple):
    """What a rule found, beside what it changed."""

    rule: str
    """A code that `wording` has a sentence for."""
    severity: Severity = Severity.INFO
    kind: str = ""
    row_id: int = 0
    """The row that it is about; "" and 0 for none."""
    path: str = ""
    """The field that it is about."""
    args: Mapping[str, str] = {}
    """Values that the sentence needs."""


@dataclass(slots=True)
class Outcome:
    """What came of an entry."""

    number: int
    parts: list[Change | Birth] = field(default_factory=list, repr=False)
    """What was changed, in order; rows that were made as a whole."""
    notes: list[Note] = field(default_factory=list, repr=False)
    is_refused: bool = False
    """Nothing of it was applied; the notes say why."""

    @property
    def changes(self) -> list[Change]:
        """Every column that was changed, in order."""
        found: list[Change] = []
        for part in self.parts:
            if isinstance(part, Birth):
                found += changes_of(part)
            else:
                found.append(part)
        return found

    @property
    def size(self) -> int:
        """How many columns were changed."""
        return sum([len(p.values) if isinstance(p, Birth) else 1 for p in self.parts])


def changes_of(birth: Birth) -> list[Change]:
    """Return the columns of a new row as changes."""
    paths, rules = birth.paths, birth.rules
    return [
        Change(
            birth.kind, birth.row_id, column, None, value,
            paths.get(column, ""), rules.get(column, ""),
        )
        for column, value in birth.values.items()
    ]  # fmt: skip


class RefusedError(Exception):
    """Ends a turn: nothing of the entry is applied. Raised by `Turn.refuse` only."""

    def __init__(self, rule: str, conflict: Mapping[str, Value] | None = None) -> None:
        super().__init__(rule)
        self.conflict = conflict
        """The columns of a conflict to be kept for a person to decide; None for none."""


class Mark(NamedTuple):
    """A place in a turn: how much was changed and noted before it."""

    undo: int
    changes: int
    notes: int


_MISSING: Value = ""


class Turn:
    """The rows as one entry sees and changes them.

    Args:
        state: The rows.
        entry: The journal entry.
    """

    def __init__(self, state: State, entry: Entry) -> None:
        self.state = state
        self.entry = entry
        self.notes: list[Note] = []
        self._changes: list[Change | Birth] = []
        self._undo: list[tuple[Row, str, Value | None, Source | None]] = []
        """Column "" for a row that was added (value None) or removed (value 0)."""
        self.touched: dict[Row, None] = {}
        """Rows that were changed, added or removed, in that order."""
        # As the state's own, without a call in between.
        self.get = state.get
        """Return a row; None when there is none."""
        self.find = state.find
        """Return the rows under a key, by number."""
        self.first = state.first
        """Return the first of `find`, or None."""

    # Changing.

    def create(
        self,
        kind: str,
        values: Mapping[str, Value],
        paths: Mapping[str, str] | None = None,
        rules: Mapping[str, str] | None = None,
    ) -> Row:
        """Add a row with these columns and return it; empty columns are left out.

        Args:
            kind: What it is.
            values: The columns.
            paths: The field that each came from.
            rules: The rule that decided it.
        """
        state = self.state
        row_id = state.next_ids[kind]
        state.next_ids[kind] = row_id + 1
        kept = {
            column: value if type(value) is str or type(value) is int else plain(value)
            for column, value in values.items()
            if value
        }
        birth = Birth(
            kind, row_id, self.entry.number, kept.copy(),
            dict(paths) if paths else {}, dict(rules) if rules else {},
        )  # fmt: skip
        self._changes.append(birth)
        row = Row(kind, row_id, kept, None, birth)
        state.add(row)
        self._undo.append((row, "", None, None))
        self.touched[row] = None
        return row

    def set(self, row: Row, column: str, value: Value, path: str = "", rule: str = "") -> bool:
        """Give a column another value; "" empties it. Returns whether that changed anything."""
        if type(value) is not str and type(value) is not int:
            value = plain(value)
        old = row.values.get(column)
        if old == value or (old is None and not value):
            return False
        self._undo.append((row, column, old, row.source(column)))
        self._put(row, column, value or None, Source(self.entry.number, path, rule))
        self.touched[row] = None
        self._changes.append(
            Change(row.kind, row.id, column, _MISSING if old is None else old, value, path, rule)
        )
        return True

    def add_flag(self, row: Row, flag: str, path: str = "", **args: str) -> None:
        """Set a flag on a row, and note it."""
        flags = row.list("flags")
        if flag not in flags:
            self.set(row, "flags", [*flags, flag], path, flag)
        self.note(flag, row, Severity.FLAG, path, **args)

    def drop_flag(self, row: Row, flag: str, path: str = "") -> None:
        """Take a flag off a row."""
        flags = row.list("flags")
        if flag in flags:
            self.set(row, "flags", [other for other in flags if other != flag], path, flag)

    def delete(self, row: Row) -> None:
        """Take a row out; its number is never given again."""
        self.state.remove(row)
        self._undo.append((row, "", 0, None))
        self.touched[row] = None
        self._changes += [
            Change(row.kind, row.id, column, value, None, row.sources[column].path, "removed")
            for column, value in row.values.items()
        ]

    def note(
        self,
        rule: str,
        row: Row | None = None,
        severity: Severity = Severity.INFO,
        path: str = "",
        **args: str,
    ) -> None:
        """Write down something that isn't a change."""
        kind, row_id = (row.kind, row.id) if row is not None else ("", 0)
        if severity is Severity.FLAG and rule in BAD_INPUT:
            severity = Severity.ERROR
        self.notes.append(Note(rule, severity, kind, row_id, path, args))

    def refuse(
        self,
        rule: str,
        path: str = "",
        row: Row | None = None,
        conflict: Mapping[str, Value] | None = None,
        **args: str,
    ) -> NoReturn:
        """Give the entry up: nothing of it is applied, and the error list says why.

        Args:
            rule: Why: a code that `wording` has a sentence for.
            path: The field at fault.
            row: The row that stands in the way.
            conflict: Columns of a conflict that a person has to decide; kept.
            args: Values that the sentence needs.

        Raises:
            RefusedError: Always.
        """
        self.note(rule, row, Severity.ERROR, path, **args)
        raise RefusedError(rule, conflict)

    # Ending.

    def finish(self) -> Outcome:
        """Return what was changed and noted."""
        return Outcome(self.entry.number, self._changes, self.notes)

    def take_back(self) -> Outcome:
        """Undo every change and return what was changed and noted until then."""
        self._roll_back(0)
        self.touched.clear()
        return Outcome(self.entry.number, self._changes, self.notes)

    def mark(self) -> Mark:
        """Return a place to which `take_back_to` can return."""
        return Mark(len(self._undo), len(self._changes), len(self.notes))

    def take_back_to(self, mark: Mark) -> list[Note]:
        """Undo what was changed and noted since a mark, and return those notes."""
        self._roll_back(mark.undo)
        del self._changes[mark.changes :]
        notes = self.notes[mark.notes :]
        del self.notes[mark.notes :]
        self.touched = dict.fromkeys(row for row, *_ in self._undo)
        return notes

    def take_back_kinds(self, mark: Mark, kinds: frozenset[str]) -> None:
        """Undo what was changed on rows of some kinds since a mark; the rest stays."""
        since = self._undo[mark.undo :]
        if not any(row.kind in kinds for row, *_ in since):
            return
        del self._undo[mark.undo :]
        self._undo += [step for step in since if step[0].kind in kinds]
        self._roll_back(mark.undo)
        self._undo += [step for step in since if step[0].kind not in kinds]
        self._changes[mark.changes :] = [
            change for change in self._changes[mark.changes :] if change.kind not in kinds
        ]
        self.touched = dict.fromkeys(row for row, *_ in self._undo)

    def _roll_back(self, size: int) -> None:
        next_ids = self.state.next_ids
        for row, column, value, source in reversed(self._undo[size:]):
            if column:
                self._put(row, column, value, source)
            elif value is None:
                self.state.remove(row)
                next_ids[row.kind] = min(next_ids[row.kind], row.id)
            else:
                self.state.add(row)
        del self._undo[size:]

    def _put(self, row: Row, column: str, value: Value | None, source: Source | None) -> None:
        indexes = _INDEXED[row.kind].get(column, ())
        before = [keys_of(row.kind, index, row.values) for index in indexes]
        if value is None:
            row.values.pop(column, None)
        else:
            row.values[column] = value
        row.put_source(column, source)
        for index, keys in zip(indexes, before, strict=True):
            self.state.rekey(row, index, keys, keys_of(row.kind, index, row.values))


def plain(value: Value) -> Value:
    """Return a value as it comes back from the store: lists for tuples, at any depth."""
    if type(value) is list:
        for part in value:
            if type(part) is not str and type(part) is not int:
                return _listed(value)
        return value
    return _listed(value) if isinstance(value, list | tuple) else value


def _listed(value: Sequence[object]) -> list[object]:
    return [_listed(part) if isinstance(part, list | tuple) else part for part in value]


_INDEXED: dict[str, dict[str, tuple[str, ...]]] = {
    kind: {
        column: tuple(index for index, used in indexes.items() if column in used)
        for columns in indexes.values()
        for column in columns
    }
    for kind, indexes in INDEXES.items()
}
"""By kind and column: the indexes that it is part of."""
