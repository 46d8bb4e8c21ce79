"""The rows as they stood at an earlier time: today's, with everything newer taken back."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.store.connection import Database
from hl7console.store.worklist.line_rows import steps_of
from hl7console.store.worklist.loader import RowLoader, decode_changes, decode_row
from hl7console.store.worklist.schema import KIND_NUMBERS
from hl7console.worklist.rows import ORDER, PATIENT, STEP, VISIT, Row, Source, keys_of
from hl7console.worklist.state import State


def position_at(database: Database, at_us: int) -> int:
    """Return how many entries were applied of those until a time, UTC microseconds."""
    row = database.one(
        "SELECT position FROM entries WHERE at_us <= ? ORDER BY at_us DESC, position DESC LIMIT 1",
        (at_us,),
    )
    return int(row[0] or 0) if row else 0


class PastLoader:
    """Loads rows as they stood behind an entry; satisfies `worklist.state.Loader`.

    Args:
        database: A connection of the calling thread to ``worklist.db``.
        position: The place of the last entry that counts.
    """

    def __init__(self, database: Database, position: int) -> None:
        self._database = database
        self._now = RowLoader(database)
        self._position = position
        self._touched: dict[str, list[int]] = {}
        self._keys: dict[tuple[str, str], dict[str, list[int]]] = {}

    def touched(self, kind: str) -> list[int]:
        """Return the numbers of the rows of a kind that changed since."""
        known = self._touched.get(kind)
        if known is None:
            found = self._database.all(
                "SELECT DISTINCT row_id FROM events WHERE position > ? AND kind = ?",
                (self._position, KIND_NUMBERS[kind]),
            )
            known = self._touched[kind] = sorted(int(row[0] or 0) for row in found)
        return known

    def load(self, kind: str, row_id: int) -> Row | None:
        """Return a row as it stood; None when there was none."""
        row = self._now.load(kind, row_id)
        events = self._database.all(
            "SELECT changes FROM events WHERE kind = ? AND row_id = ? AND position > ?"
            " ORDER BY position DESC, id DESC",
            (KIND_NUMBERS[kind], row_id, self._position),
        )
        if not events:
            return row
        past = row or decode_row(kind, row_id, "[{},{}]")
        is_there = row is not None
        changed: dict[str, None] = {}
        for (changes,) in events:
            told = decode_changes(str(changes))
            is_there = _take_back(past, told, is_there=is_there)
            changed |= dict.fromkeys(str(change[0]) for change in told)
        if not is_there:
            return None
        self._find_sources(past, changed)
        return past

    def _find_sources(self, row: Row, changed: dict[str, None]) -> None:
        """Say of columns that changed since where their value came from then."""
        wanted = {column for column in changed if column in row.values}
        for column in changed:
            row.sources.pop(column, None)
        if not wanted:
            return
        for number, changes in self._database.execute(
            "SELECT e.number, v.changes FROM events AS v JOIN entries AS e USING (position)"
            " WHERE v.kind = ? AND v.row_id = ? AND v.position <= ?"
            " ORDER BY v.position DESC, v.id DESC",
            (KIND_NUMBERS[row.kind], row.id, self._position),
        ):
            for column, _old, _new, path, rule in reversed(decode_changes(str(changes))):
                if column in wanted:
                    wanted.discard(column)
                    row.sources[column] = Source(int(number), path, rule)
            if not wanted:
                return

    def has_any(self, kind: str, index: str) -> bool:
        """Return whether rows may have stood in an index."""
        return self._now.has_any(kind, index) or bool(self.touched(kind))

    def find(self, kind: str, index: str, key: str) -> Iterable[Row]:
        """Return the rows that stood under a key."""
        touched = self._keys.get((kind, index))
        if touched is None:
            touched = self._keys[kind, index] = {}
            for row_id in self.touched(kind):
                past = self.load(kind, row_id)
                for past_key in keys_of(kind, index, past.values) if past else ():
                    touched.setdefault(past_key, []).append(row_id)
        changed = set(self.touched(kind))
        rows = [row for row in self._now.find(kind, index, key) if row.id not in changed]
        rows += [row for n in touched.get(key, ()) if (row := self.load(kind, n)) is not None]
        return sorted(rows, key=lambda row: row.id)

    def steps_changed(self) -> list[int]:
        """Return the steps whose line may have been another one then."""
        now = State(self._now)
        steps = dict.fromkeys(self.touched(STEP))
        orders = dict.fromkeys(self.touched(ORDER))
        for kind in (PATIENT, VISIT):
            for row_id in self.touched(kind):
                row = now.get(kind, row_id) or Row(kind, row_id)
                steps |= dict.fromkeys(step.id for step in steps_of(now, row))
        for order_id in orders:
            steps |= dict.fromkeys(row.id for row in now.find(STEP, "order", order_id))
        return sorted(steps)


def _take_back(row: Row, changes: list[list[object]], *, is_there: bool) -> bool:
    """Undo an entry's changes of a row; return whether the row was there before."""
    for column, old, new, *_ in reversed(changes):
        name = str(column)
        if old is None:  # the row was made by this entry
            is_there = False
            row.values.pop(name, None)
        else:
            is_there = is_there or new is None
            row.values[name] = old  # type: ignore[assignment]
            if not old:
                del row.values[name]
    return is_there
