"""Writes what the rules changed to ``worklist.db``: rows, keys, lines, history, watermark."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.store.connection import Database, SqlValue
from hl7console.store.derived_file import load_meta, save_meta
from hl7console.store.worklist.journal import JournalItem, JournalPlace
from hl7console.store.worklist.line_rows import SHOWN, line_values, steps_of
from hl7console.store.worklist.loader import (
    RowLoader,
    all_keys_of,
    encode,
    encode_changes,
    encode_row,
    writable,
)
from hl7console.store.worklist.schema import (
    KIND_NUMBERS,
    LINE_COLUMNS,
)
from hl7console.worklist.entries import InputEntry, MessageEntry
from hl7console.worklist.rows import INDEXES, ORDER, PATIENT, STEP, VISIT, Birth, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Change, Outcome, Severity

WORST: dict[str, int] = {
    Severity.INFO: 1,
    Severity.IGNORED: 2,
    Severity.FLAG: 3,
    Severity.ERROR: 4,
}
"""By severity: its number in ``entries``."""

_SAVE_ROW = {
    kind: f"INSERT OR REPLACE INTO {kind}_rows (id, body) VALUES (?, ?)"  # noqa: S608
    for kind in INDEXES
}
_DROP_ROW = {kind: f"DELETE FROM {kind}_rows WHERE id = ?" for kind in INDEXES}  # noqa: S608
_SAVE_LINE = (
    f"INSERT OR REPLACE INTO lines ({', '.join(LINE_COLUMNS)})"  # noqa: S608
    f" VALUES ({', '.join('?' * len(LINE_COLUMNS))})"
)
_SAVE_ENTRY = (
    "INSERT INTO entries (position, number, at_us, kind, title, sender, listener, worst,"
    " is_refused, cites, notes) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_SAVE_EVENT = "INSERT INTO events (position, kind, row_id, changes) VALUES (?, ?, ?, ?)"


class Saver:
    """Collects what a batch of entries changed and writes it in one transaction.

    The thread of its connection.

    Args:
        database: The writing connection.
        state: The rows; what is saved is what they are at the end of the batch.
        loader: The state's loader, which knows the keys in the file.
    """

    def __init__(self, database: Database, state: State, loader: RowLoader) -> None:
        self._database = database
        self._state = state
        self._loader = loader
        self._rows: dict[Row, None] = {}
        self._shown: dict[Row, None] = {}
        self._entries: list[tuple[SqlValue, ...]] = []
        self._events: list[tuple[SqlValue, ...]] = []
        self._noted: dict[tuple[str, int], None] = {}
        self.position = database.integer("SELECT max(position) FROM entries")
        """How many entries were applied."""

    def take(self, item: JournalItem, outcome: Outcome, rows: Iterable[Row]) -> None:
        """Take what came of an entry into the batch."""
        for row in rows:
            self._rows[row] = None
        self.position += 1
        by_row: dict[tuple[str, int], list[Change | Birth]] = {}
        for part in outcome.parts:
            by_row.setdefault((part.kind, part.row_id), []).append(part)
        for (kind, row_id), parts in by_row.items():
            told = encode_changes(parts)
            self._events.append((self.position, KIND_NUMBERS[kind], row_id, told))
            self._note_shown(kind, row_id, parts)
        self._entries.append(self._entry(item, outcome))
        self._noted |= {
            (f"{note.kind} {note.row_id}", self.position): None
            for note in outcome.notes
            if note.row_id and (note.kind, note.row_id) not in by_row
        }
        if item.duplicate_of:
            self._noted |= {
                (name, self.position): None for name in self._orders_of(item.duplicate_of)
            }

    def _orders_of(self, number: int) -> list[str]:
        """Return the names of the orders that an entry changed, which another one repeats."""
        found = self._database.all(
            "SELECT v.row_id FROM events AS v JOIN entries AS e USING (position)"
            " WHERE e.number = ? AND v.kind = ?",
            (number, KIND_NUMBERS[ORDER]),
        )
        ids = {int(row[0] or 0) for row in found}
        places = {entry[0] for entry in self._entries if entry[1] == number}
        ids |= {
            int(row_id or 0)
            for place, kind, row_id, _ in self._events
            if place in places and kind == KIND_NUMBERS[ORDER]
        }
        return [f"{ORDER} {row_id}" for row_id in sorted(ids)]

    def _note_shown(self, kind: str, row_id: int, parts: list[Change | Birth]) -> None:
        if kind in (STEP, ORDER) or (
            kind in (PATIENT, VISIT) and any(_is_shown(part, SHOWN[kind]) for part in parts)
        ):
            row = self._state.get(kind, row_id)
            if row is not None:
                self._shown[row] = None

    def _entry(self, item: JournalItem, outcome: Outcome) -> tuple[SqlValue, ...]:
        entry = item.entry
        worst = max((WORST[note.severity] for note in outcome.notes), default=0)
        is_message = isinstance(entry, MessageEntry)
        return (
            self.position,
            entry.number,
            entry.at_us,
            entry.kind if isinstance(entry, InputEntry) else "message",
            writable(item.title),
            writable(item.sender if is_message else _user_of(item)),
            writable(entry.listener) if isinstance(entry, MessageEntry) else "",
            worst,
            int(outcome.is_refused),
            outcome.size + sum(1 for note in outcome.notes if note.row_id),
            encode(outcome.notes) if outcome.notes else "[]",
        )

    def save(self, before: JournalPlace, place: JournalPlace) -> bool:
        """Write the batch and how far the journal was followed; all or nothing.

        Args:
            before: How far the file was when the batch was begun.
            place: How far it is with the batch.

        Returns:
            False when somebody else took the file further meanwhile (a follower whose engine
            was killed just now): nothing was written, and the batch is void.

        Raises:
            sqlcipher3.dbapi2.Error: Nothing was written.
        """
        database = self._database
        with database.transaction():
            if load_place(database) != before:
                return False
            added = self._save_rows()
            self._save_lines()
            database.executemany(_SAVE_ENTRY, self._entries)
            database.executemany(_SAVE_EVENT, self._events)
            database.executemany(
                "INSERT INTO noted (name, position) VALUES (?, ?)", sorted(self._noted)
            )
            save_meta(database, "place", f"{place.message_id} {place.input_id}")
            save_meta(database, "next_ids", encode(self._state.next_ids))
        self._rows.clear()
        self._shown.clear()
        self._entries.clear()
        self._events.clear()
        self._noted.clear()
        self._loader.saved(added, self._state.next_ids)
        return True

    def _save_rows(self) -> list[tuple[int, str, int]]:
        """Write rows and keys; return the keys that were added."""
        database, saved_keys = self._database, self._loader.saved_keys
        kept: dict[str, list[tuple[SqlValue, ...]]] = {}
        dropped: list[tuple[int, str, int]] = []
        added: list[tuple[int, str, int]] = []
        for row in self._rows:
            is_there = self._state.get(row.kind, row.id) is row
            before = saved_keys.get((row.kind, row.id), ())
            after = all_keys_of(row) if is_there else ()
            if before != after:
                dropped += [(*key, row.id) for key in before if key not in after]
                added += [(*key, row.id) for key in after if key not in before]
                saved_keys[row.kind, row.id] = after
            if is_there:
                kept.setdefault(row.kind, []).append((row.id, encode_row(row)))
            else:
                database.execute(_DROP_ROW[row.kind], (row.id,))
                if row.kind == STEP:
                    database.execute("DELETE FROM lines WHERE step_id = ?", (row.id,))
        for kind, rows in kept.items():
            database.executemany(_SAVE_ROW[kind], rows)
        database.executemany("DELETE FROM row_keys WHERE space = ? AND key = ? AND id = ?", dropped)
        database.executemany(
            "INSERT OR IGNORE INTO row_keys (space, key, id) VALUES (?, ?, ?)", sorted(added)
        )
        return added

    def _save_lines(self) -> None:
        state = self._state
        steps = {
            step.id: step
            for row in self._shown
            if state.get(row.kind, row.id) is row
            for step in steps_of(state, row)
        }
        self._database.executemany(
            _SAVE_LINE, [line_values(state, step) for step in steps.values()]
        )


def _is_shown(part: Change | Birth, columns: frozenset[str]) -> bool:
    if isinstance(part, Birth):
        return not columns.isdisjoint(part.values)
    return part.column in columns


def _user_of(item: JournalItem) -> str:
    return item.entry.user if isinstance(item.entry, InputEntry) else ""


def load_place(database: Database) -> JournalPlace:
    """Return how far the journal was followed."""
    words = load_meta(database, "place").split()
    return JournalPlace(int(words[0]), int(words[1])) if len(words) == 2 else JournalPlace()
