"""The rows of the projection in memory, found by id and by key, and loaded where they are missing.

The state is complete as far as it was asked: what it does not know yet it gets from a `Loader`
(the database), and what it was asked once it keeps until `forget`. Without a loader it is all
there is.
"""

from __future__ import annotations

from bisect import bisect_left
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

    def has_any(self, kind: str, index: str) -> bool:
        """Return False when certainly no row of it has a key in an index."""


Keys = dict[str, dict[str, dict[str, Sequence[int]]]]
"""By kind, index and key: the numbers of the rows, in order."""


def _no_keys() -> Keys:
    return {kind: {index: {} for index in indexes} for kind, indexes in INDEXES.items()}


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
        self._keys: Keys = _no_keys()
        self._fresh: Keys = _no_keys()
        """Rows that got a key of which nobody has asked yet what else is under it."""
        self._filled: set[tuple[str, str]] = set()
        """Kinds and indexes in which a row was given a key."""

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

    def has_any(self, kind: str, index: str) -> bool:
        """Return False when certainly no row has a key in an index."""
        if (kind, index) in self._filled:
            return True
        return self._loader is not None and self._loader.has_any(kind, index)

    def first(self, kind: str, index: str, *parts: str | int) -> Row | None:
        """Return the first of `find`, or None."""
        found = self.find(kind, index, *parts)
        return found[0] if found else None

    def _ids(self, kind: str, index: str, key: str) -> Sequence[int]:
        known = self._keys[kind][index]
        ids = known.get(key)
        if ids is None:
            found: set[int] = set()
            if self._loader is not None:
                rows = self._rows[kind]
                for row in self._loader.find(kind, index, key):
                    kept = rows.setdefault(row.id, row)
                    if kept is not None and key in keys_of(kind, index, kept.values):
                        found.add(row.id)
                fresh = self._fresh[kind][index].pop(key, ())
                if fresh:
                    found.update(fresh)
            ids = sorted(found)
            if len(ids) < _SHORT:
                ids = tuple(ids)
            known[key] = ids
        return ids

    def add(self, row: Row) -> None:
        """Take a row in (`turn` only)."""
        kind, values = row.kind, row.values
        self._rows[kind][row.id] = row
        for index, columns in _COLUMNS[kind]:
            if values.get(columns[0]):
                for key in keys_of(kind, index, values):
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
        known = self._keys[row.kind][index]
        ids = known.get(key)
        if ids is None and self._loader is not None:
            # What else is under this key is loaded when somebody asks.
            known = self._fresh[row.kind][index]
            ids = known.get(key)
        self._filled.add((row.kind, index))
        if not ids:
            # Tuples of numbers cost the garbage collector nothing, and most keys have one row.
            known[key] = (row.id,)
            return
        known[key] = _with(ids, row.id)

    def _leave(self, row: Row, index: str, key: str) -> None:
        for indexes in (self._keys, self._fresh):
            known = indexes[row.kind][index]
            ids = known.get(key)
            if ids:
                known[key] = _without(ids, row.id)

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
        for indexes in self._fresh.values():
            for known in indexes.values():
                known.clear()


def _with(ids: Sequence[int], row_id: int) -> Sequence[int]:
    """Return numbers in their order with one more; a long list is changed in place."""
    if isinstance(ids, list):
        at = len(ids) if ids[-1] < row_id else bisect_left(ids, row_id)
        if at == len(ids) or ids[at] != row_id:
            ids.insert(at, row_id)
        return ids
    if row_id in ids:
        return ids
    more = sorted((*ids, row_id))
    return tuple(more) if len(more) <= _SHORT else more


def _without(ids: Sequence[int], row_id: int) -> Sequence[int]:
    """Return numbers without one; a long list is changed in place."""
    at = bisect_left(ids, row_id)
    if at == len(ids) or ids[at] != row_id:
        return ids
    if isinstance(ids, list) and len(ids) > 1:
        del ids[at]
        return ids
    return tuple([n for n in ids if n != row_id])


_COLUMNS = {kind: tuple(indexes.items()) for kind, indexes in INDEXES.items()}
