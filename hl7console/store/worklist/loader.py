"""Rows of the projection as they are kept in ``worklist.db``, and read from there."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hl7console.store.connection import Database
from hl7console.store.worklist.schema import SPACES
from hl7console.worklist.rows import INDEXES, Row, Source, keys_of

encode = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode
"""Writes JSON; plain ASCII, so that half a surrogate pair can be kept too."""

_LOAD = {kind: f"SELECT body FROM {kind}_rows WHERE id = ?" for kind in INDEXES}  # noqa: S608
_FIND = {
    kind: f"SELECT r.id, r.body FROM row_keys AS k JOIN {kind}_rows AS r ON r.id = k.id"  # noqa: S608
    " WHERE k.space = ? AND k.key = ? ORDER BY k.id"
    for kind in INDEXES
}

RowKeys = dict[tuple[str, int], tuple[tuple[int, str], ...]]


def encode_row(row: Row) -> str:
    """Return a row's columns and sources as text."""
    return encode((row.values, row.sources))


def decode_row(kind: str, row_id: int, body: str) -> Row:
    """Return the row that `encode_row` wrote."""
    values, sources = json.loads(body)
    return Row(kind, row_id, values, {name: Source(*told) for name, told in sources.items()})


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
        keep_keys: Keep in `saved_keys` under which keys each loaded row is found in the file.
    """

    def __init__(self, database: Database, *, keep_keys: bool = False) -> None:
        self._database = database
        self._keep_keys = keep_keys
        self.saved_keys: RowKeys = {}
        """The keys of rows in memory as the file has them."""

    def load(self, kind: str, row_id: int) -> Row | None:
        """Return a row, or None."""
        found = self._database.one(_LOAD[kind], (row_id,))
        return None if found is None else self._made(kind, row_id, str(found[0]))

    def find(self, kind: str, index: str, key: str) -> Iterable[Row]:
        """Return the rows under a key."""
        found = self._database.all(_FIND[kind], (SPACES[kind, index], writable(key)))
        return [self._made(kind, int(row_id or 0), str(body)) for row_id, body in found]

    def _made(self, kind: str, row_id: int, body: str) -> Row:
        row = decode_row(kind, row_id, body)
        if self._keep_keys and (kind, row_id) not in self.saved_keys:
            # One that is in memory already may have been changed since, this one is as saved.
            self.saved_keys[kind, row_id] = all_keys_of(row)
        return row
