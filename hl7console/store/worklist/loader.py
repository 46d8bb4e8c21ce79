"""Rows of the projection as they are kept in ``worklist.db``, and read from there."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any

from hl7console.store.connection import Database
from hl7console.store.worklist.key_filter import AFTER_LOOKUPS, KeyFilter
from hl7console.store.worklist.schema import SPACES
from hl7console.worklist.rows import INDEXES, ORDER, PATIENT, VISIT, Birth, Row, Source, keys_of
from hl7console.worklist.turn import Change

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Writes JSON; plain ASCII, so that half a surrogate pair can be kept too."""

_REFERENCES = {"patient": PATIENT, "visit": VISIT, "order": ORDER, "merged_into": PATIENT}
"""By column: the kind of the row that it names by number."""

_LOAD = {kind: f"SELECT body FROM {kind}_rows WHERE id = ?" for kind in INDEXES}  # noqa: S608
_FIND = {
    kind: f"SELECT r.id, r.body FROM row_keys AS k JOIN {kind}_rows AS r ON r.id = k.id"  # noqa: S608
    " WHERE k.space = ? AND k.key = ? ORDER BY k.id"
    for kind in INDEXES
}

_NAMED: dict[tuple[str, str], str] = {
    (kind, index): _REFERENCES[columns[0]]
    for kind, indexes in INDEXES.items()
    for index, columns in indexes.items()
    if len(columns) == 1 and columns[0] in _REFERENCES
}
"""By kind and index: the kind of the row whose number is the key."""

_NEVER = 1 << 62

RowKeys = dict[tuple[str, int], tuple[tuple[int, str], ...]]


def encode_row(row: Row) -> str:
    """Return a row's columns and sources as text."""
    birth = row.birth
    if birth is None:
        return encode((row.values, row.sources))
    return encode((row.values, row.later, birth.entry, birth.paths, birth.rules))


def decode_row(kind: str, row_id: int, body: str) -> Row:
    """Return the row that `encode_row` wrote."""
    values, written, *rest = json.loads(body)
    later = {name: Source(*told) if told else None for name, told in written.items()}
    birth = Birth(kind, row_id, rest[0], dict(values), rest[1], rest[2]) if rest else None
    return Row(kind, row_id, values, later, birth)


def encode_changes(parts: Iterable[Change | Birth]) -> str:
    """Return what an entry changed of one row as text; its birth as it was, not taken apart."""
    return encode([
        (part.values, part.paths, part.rules) if isinstance(part, Birth) else part[2:]
        for part in parts
    ])  # fmt: skip


def decode_changes(text: str) -> list[list[Any]]:
    """Return column, old and new value, path and rule of each change that a text tells."""
    found: list[list[Any]] = []
    for part in json.loads(text):
        if len(part) != 3:
            found.append(part)
            continue
        values, paths, rules = part
        found += [
            [column, None, value, paths.get(column, ""), rules.get(column, "")]
            for column, value in values.items()
        ]
    return found


def writable(text: str) -> str:
    """Return text that SQLite takes: half a surrogate pair becomes "?"."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


def all_keys_of(row: Row) -> tuple[tuple[int, str], ...]:
    """Return all keys of a row, each with the number of its index."""
    kind, values = row.kind, row.values
    return tuple(
        (SPACES[kind, index], writable(key))
        for index in INDEXES[kind]
        for key in keys_of(kind, index, values)
    )


class RowLoader:
    """Loads rows; satisfies `worklist.state.Loader`. Shares its connection's thread.

    Args:
        database: A connection to ``worklist.db``.
        keep_keys: For the one follower that writes the file: keep in `saved_keys` under which keys
            each loaded row is found there.
    """

    def __init__(self, database: Database, *, keep_keys: bool = False) -> None:
        self._database = database
        self._keep_keys = keep_keys
        self.saved_keys: RowKeys = {}
        """The keys of rows in memory as the file has them."""
        self._filter: KeyFilter | None = None
        self._lookups = 0
        self._spaces: set[int] | None = None
        """The indexes that have keys in the file; None before anybody asks."""
        self.next_ids: dict[str, int] = {}
        """By kind: no row in the file has this number or a higher one, or names such a row."""

    def load(self, kind: str, row_id: int) -> Row | None:
        """Return a row, or None."""
        found = self._database.one(_LOAD[kind], (row_id,))
        return None if found is None else self._made(kind, row_id, str(found[0]))

    def find(self, kind: str, index: str, key: str) -> Iterable[Row]:
        """Return the rows under a key."""
        named = _NAMED.get((kind, index))
        if named is not None and key.isdecimal() and int(key) >= self.next_ids.get(named, _NEVER):
            return []  # a third of all look-ups: what belongs to a row that was made just now
        space, key = SPACES[kind, index], writable(key)
        if self._keep_keys and not self._may_have(space, key):
            return []
        found = self._database.all(_FIND[kind], (space, key))
        return [self._made(kind, int(row_id or 0), str(body)) for row_id, body in found]

    def has_any(self, kind: str, index: str) -> bool:
        """Return False when certainly no row in the file has a key in an index."""
        if not self._keep_keys:
            return True
        if self._spaces is None:
            self._spaces = {
                space
                for space in SPACES.values()
                if self._database.one("SELECT 1 FROM row_keys WHERE space = ? LIMIT 1", (space,))
            }
        return SPACES[kind, index] in self._spaces

    def _may_have(self, space: int, key: str) -> bool:
        """Return False when a key is certainly not in the file; only its one writer can tell."""
        if self._filter is not None:
            return self._filter.may_have(space, key)
        self._lookups += 1
        if self._lookups > AFTER_LOOKUPS:
            self._filter = KeyFilter(self._database)
        return True

    def saved(self, keys: Collection[tuple[int, str, int]], next_ids: dict[str, int]) -> None:
        """Note what was written: keys that were added, and the next row numbers."""
        self.next_ids = dict(next_ids)
        if self._spaces is not None:
            self._spaces.update([space for space, _, _ in keys])
        if self._filter is not None:
            self._filter.add_all(keys)
            if self._filter.is_full:
                self._filter = None

    def _made(self, kind: str, row_id: int, body: str) -> Row:
        row = decode_row(kind, row_id, body)
        if self._keep_keys and (kind, row_id) not in self.saved_keys:
            # One that is in memory already may have been changed since, this one is as saved.
            self.saved_keys[kind, row_id] = all_keys_of(row)
        return row
