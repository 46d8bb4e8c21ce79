"""The rows of the projection in memory, found by id and by key, and loaded where they are missing.

The state is complete as far as it was asked: what it does not know yet it gets from a `Loader`
(the database), and what it was asked once it keeps until `forget`. Without a loader it is all
there is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from hl7console.worklist.rows import INDEXES, Row, key_of, keys_of

_SHORT = 8
"""Up to so many rows under a key are kept as a tuple."""


class Loader(Protocol):
    """Where rows that are not in memory come from."""

    def load(self, kind: str, row_id: int) -> Row | None:
        """Return a row, or None."""

    def find(self, kind: str, index: str, key: str) -> Iterable[Row]:
        """Return the rows under a key."""


class State:
    """All rows. One thread at a time.

    Args:
        loader: Where missing rows come from; None when all are in memory.
        next_ids: The next number of each kind, as `next_ids` told it.
    """

    def __init__(
        self, loader: Loader | None = None, next_ids: dict[str, int] | None = None
    ) -> None:
        self._loader = loader
        self.next_ids: dict[str, int] = dict.fromkeys(INDEXES, 1) | (next_ids or {})
        """The number that the next new row of each kind gets; never given twice."""
        self._rows: dict[str, dict[int, Row | None]] = {kind: {} for kind in INDEXES}
        self._keys: dict[str, dict[str, dict[str, Sequence[int]]]] = {
            kind: {index: {} for index in indexes} for kind, indexes in INDEXES.items()
        }

    def get(self, kind: str, row_id: int) -> Row | None:
        """Return a row; None when there is none with this number."""
        rows = self._rows[kind]
        if row_id in rows:
            return rows[row_id]
        if self._loader is None or row_id <= 0:
            return None
        row = self._loader.load(kind, row_id)
        rows[row_id] = row
        return row

    def find(self, kind: str, index: str, *parts: str | int) -> list[Row]:
        """Return the rows under a key, in the order of their numbers."""
        key = str(parts[0]) if len(parts) == 1 else key_of(*parts)
        ids = self._keys[kind][index].get(key)
        if ids is None:
            if self._loader is None:
                return []
            ids = self._ids(kind, index, key)
        if not ids:
            return []
        rows = self._rows[kind]
        return [row for n in ids if (row := rows[n]) is not None]

    def first(self, kind: str, index: str, *parts: str | int) -> Row | None:
        """Return the first of `find`, or None."""
        found = self.find(kind, index, *parts)
        return found[0] if found else None

    def _ids(self, kind: str, index: str, key: str) -> Sequence[int]:
        known = self._keys[kind][index]
        ids = known.get(key)
        if ids is None:
            found = []
            if self._loader is not None:
                rows = self._rows[kind]
                for row in self._loader.find(kind, index, key):
                    kept = rows.setdefault(row.id, row)
                    if kept is not None and key in keys_of(kind, index, kept.values):
                        found.append(row.id)
                found.sort()
            ids = known[key] = tuple(found)
        return ids

    def add(self, row: Row) -> None:
        """Take a row in (`turn` only)."""
        self._rows[row.kind][row.id] = row
        for index in INDEXES[row.kind]:
            for key in keys_of(row.kind, index, row.values):
                self._enter(row, index, key)

    def remove(self, row: Row) -> None:
        """Take a row out (`turn` only)."""
        for index in INDEXES[row.kind]:
            for key in keys_of(row.kind, index, row.values):
                self._leave(row, index, key)
        self._rows[row.kind][row.id] = None

    def rekey(self, row: Row, index: str, before: Iterable[str], after: Iterable[str]) -> None:
        """Note that a row stands under other keys (`turn` only)."""
        before, after = tuple(before), tuple(after)
        for key in before:
            if key not in after:
                self._leave(row, index, key)
        for key in after:
            if key not in before:
                self._enter(row, index, key)

    def _enter(self, row: Row, index: str, key: str) -> None:
        ids = self._ids(row.kind, index, key)
        if row.id in ids:
            return
        if len(ids) < _SHORT:
            # Tuples of numbers cost the garbage collector nothing, and most keys have one row.
            self._keys[row.kind][index][key] = tuple(sorted((*ids, row.id)))
            return
        many = ids if isinstance(ids, list) else list(ids)
        many.append(row.id)
        if many[-2] > row.id:
            many.sort()
        self._keys[row.kind][index][key] = many

    def _leave(self, row: Row, index: str, key: str) -> None:
        ids = self._ids(row.kind, index, key)
        if row.id in ids:
            self._keys[row.kind][index][key] = [n for n in ids if n != row.id]

    def all(self, kind: str) -> Iterator[Row]:
        """Yield the rows of a kind that are in memory, by number."""
        rows = self._rows[kind]
        for row_id in sorted(rows):
            if (row := rows[row_id]) is not None:
                yield row

    def size(self) -> int:
        """Return how many rows are in memory."""
        return sum(map(len, self._rows.values()))

    def forget(self) -> None:
        """Drop all rows from memory; everything must have been saved."""
        for rows in self._rows.values():
            rows.clear()
        for indexes in self._keys.values():
            for known in indexes.values():
                known.clear()
