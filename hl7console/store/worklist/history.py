"""What journal entries did: the history of rows, the error list, and what *Why?* shows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace

from hl7console.store.connection import Database, SqlValue
from hl7console.store.worklist.loader import decode_changes, encode
from hl7console.store.worklist.past import position_at
from hl7console.store.worklist.records import EntryEffect
from hl7console.store.worklist.schema import KIND_NAMES, KIND_NUMBERS
from hl7console.worklist.finding import number_list
from hl7console.worklist.rows import (
    APPOINTMENT,
    DOCUMENT,
    EXAM,
    ORDER,
    PATIENT,
    REPORT,
    STEP,
    VISIT,
    Row,
    Value,
)
from hl7console.worklist.state import State
from hl7console.worklist.turn import Change, Note, Severity

_ENTRY = (
    "SELECT position, number, at_us, kind, title, sender, listener, is_refused, notes FROM entries"
)
_NO_END = 1 << 62
_APPLIED_LATE = frozenset({
    "held_message_applied", "cancelled_before_new", "newer_than_cancel"
})  # fmt: skip
"""Notes that name the entry that had waited."""
_OF_LINES = frozenset({STEP, ORDER, VISIT, REPORT, DOCUMENT, APPOINTMENT, EXAM})
"""Rows that are of one line, and no other line's business."""


class History:
    """Reads the history; shares its connection's thread.

    Args:
        database: A connection to ``worklist.db``.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of_rows(self, rows: Sequence[Row], at_us: int = 0) -> list[EntryEffect]:
        """Return the entries that changed any of these rows, or noted something of them.

        Args:
            rows: Only their kind and number count.
            at_us: What had happened until then; 0 is now.
        """
        last = position_at(self._database, at_us) if at_us else _NO_END
        wanted = {(row.kind, row.id) for row in rows}
        changes: dict[int, list[Change]] = {}
        for kind, row_id in sorted(wanted):
            for position, told in self._database.all(
                "SELECT position, changes FROM events WHERE kind = ? AND row_id = ?"
                " AND position <= ? ORDER BY position, id",
                (KIND_NUMBERS[kind], row_id, last),
            ):
                changes.setdefault(_int(position), []).extend(_changes(kind, row_id, told))
        positions = set(changes) | self._noted(wanted, last)
        return self._effects(sorted(positions), changes)

    def of_line(
        self, rows: Sequence[Row], numbers: Sequence[str], at_us: int = 0
    ) -> list[EntryEffect]:
        """Return the entries that made a line what it is, oldest first.

        Beside those of `of_rows` these are messages that waited for the order, and refused ones
        that named its numbers. What an entry says of other lines is left out.

        Args:
            rows: The line's rows.
            numbers: Its order's numbers, as `finding.Keys.texts` writes them.
            at_us: What had happened until then; 0 is now.
        """
        effects = self.of_rows(rows, at_us)
        last = position_at(self._database, at_us) if at_us else _NO_END
        known = {effect.position for effect in effects}
        more = (self._waited(effects) | self._refused(numbers, last)) - known
        effects += self._effects(sorted(more), {})
        effects.sort(key=lambda effect: effect.position)
        wanted = {(row.kind, row.id) for row in rows}
        return [
            replace(effect, notes=tuple(n for n in effect.notes if _is_about(n, effect, wanted)))
            for effect in effects
        ]

    def _waited(self, effects: Iterable[EntryEffect]) -> set[int]:
        """Return the places of the entries that had waited and were applied by these."""
        numbers = [
            int(note.args["entry"])
            for effect in effects
            for note in effect.notes
            if note.rule in _APPLIED_LATE and note.args.get("entry")
        ]
        found = self._database.all(
            "SELECT position FROM entries WHERE number IN (SELECT value FROM json_each(?))",
            (encode(numbers),),
        )
        return {_int(row[0]) for row in found}

    def _refused(self, numbers: Sequence[str], last: int) -> set[int]:
        """Return the places of refused entries that named any of these numbers of an order."""
        found: set[int] = set()
        for number in numbers:
            told = encode(number_list([number]))[1:-1]
            found |= {
                _int(row[0])
                for row in self._database.all(
                    "SELECT position FROM entries WHERE worst >= 4 AND is_refused"
                    " AND position <= ? AND instr(notes, ?)",
                    (last, told),
                )
            }
        return found

    def _noted(self, wanted: set[tuple[str, int]], last: int) -> set[int]:
        """Return the entries with notes about rows, though they changed none of them."""
        names = [f"{kind} {row_id}" for kind, row_id in sorted(wanted)]
        found = self._database.all(
            "SELECT position FROM noted WHERE name IN (SELECT value FROM json_each(?))"
            " AND position <= ?",
            (encode(names), last),
        )
        return {_int(row[0]) for row in found}

    def of_entry(self, number: int) -> EntryEffect | None:
        """Return everything that an entry did; None while it isn't applied."""
        row = self._database.one(f"{_ENTRY} WHERE number = ?", (number,))
        if row is None:
            return None
        changes = [
            change
            for kind, row_id, told in self._database.all(
                "SELECT kind, row_id, changes FROM events WHERE position = ? ORDER BY id",
                (row[0],),
            )
            for change in _changes(KIND_NAMES[_int(kind)], _int(row_id), told)
        ]
        return _effect(row, changes)

    def problems(self, limit: int) -> list[EntryEffect]:
        """Return the entries with a note of severity ERROR, newest first."""
        found = self._database.all(
            f"{_ENTRY} WHERE worst >= 4 ORDER BY position DESC LIMIT ?", (limit,)
        )
        return [_effect(row, []) for row in found]

    def _effects(
        self, positions: Sequence[int], changes: dict[int, list[Change]]
    ) -> list[EntryEffect]:
        found = self._database.all(
            f"{_ENTRY} WHERE position IN (SELECT value FROM json_each(?))"  # noqa: S608
            " ORDER BY position",
            (encode(list(positions)),),
        )
        return [_effect(row, changes.get(_int(row[0]), [])) for row in found]


def with_patient_ids(effects: Iterable[EntryEffect], state: State) -> list[EntryEffect]:
    """Return effects that tell by identifiers, rather than by row numbers, whose an order became.

    Args:
        effects: What entries did.
        state: The rows, for the persons' identifiers.
    """

    def name(row_id: Value | None) -> str:
        row = state.get(PATIENT, row_id) if isinstance(row_id, int) else None
        return row.text("patient_id") if row is not None else ""

    def moves(effect: EntryEffect) -> list[Change]:
        return [
            change._replace(column="patient_id", old=name(change.old), new=name(change.new))
            for change in effect.changes
            if (change.kind, change.column) == (ORDER, "patient") and change.old
        ]

    return [
        replace(effect, changes=(*found, *effect.changes)) if (found := moves(effect)) else effect
        for effect in effects
    ]


def _is_about(note: Note, effect: EntryEffect, wanted: set[tuple[str, int]]) -> bool:
    """Return whether a note is about one of a line's rows, or about the whole entry."""
    if effect.is_refused or note.kind not in _OF_LINES:
        return True
    return (note.kind, note.row_id) in wanted


def _effect(row: Sequence[SqlValue], changes: list[Change]) -> EntryEffect:
    position, number, at_us, kind, title, sender, listener, is_refused, notes = row
    return EntryEffect(
        entry=_int(number),
        at_us=_int(at_us),
        kind=str(kind),
        title=str(title),
        sender=str(sender),
        is_refused=bool(is_refused),
        changes=tuple(changes),
        notes=tuple(
            Note(rule, Severity(severity), row_kind, row_id, path, args)
            for rule, severity, row_kind, row_id, path, args in json.loads(str(notes))
        ),
        position=_int(position),
        listener=str(listener),
    )


def _changes(kind: str, row_id: int, told: SqlValue) -> list[Change]:
    return [Change(kind, row_id, *change) for change in decode_changes(str(told))]


def _int(value: SqlValue) -> int:
    return value if isinstance(value, int) else 0
