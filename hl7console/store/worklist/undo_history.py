"""Which entries touched which rows, as undoing a merge asks for it: read from the files."""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.store.connection import Database
from hl7console.store.worklist.journal import entry_of
from hl7console.store.worklist.loader import encode
from hl7console.store.worklist.schema import KIND_NAMES, KIND_NUMBERS
from hl7console.worklist.entries import Entry
from hl7console.worklist.turn import Outcome


class SavedHistory:
    """Satisfies `worklist.undo.History`; everything before must have been saved.

    Args:
        database: The follower's connection to ``worklist.db``.
        console: Its connection to ``console.db``.
    """

    def __init__(self, database: Database, console: Database) -> None:
        self._database = database
        self._console = console

    def record(self, entry: Entry, outcome: Outcome) -> None:
        """Do nothing: the follower saves what an entry did."""

    def entries_of(self, kind: str, row_id: int) -> Iterable[int]:
        """Return the numbers of the entries that touched a row, in order."""
        found = self._database.all(
            "SELECT number FROM entries WHERE position IN"
            " (SELECT position FROM events WHERE kind = ? AND row_id = ?"
            " UNION SELECT position FROM noted WHERE name = ?) ORDER BY position",
            (KIND_NUMBERS[kind], row_id, f"{kind} {row_id}"),
        )
        return [int(row[0] or 0) for row in found]

    def rows_of(self, number: int) -> Iterable[tuple[str, int]]:
        """Return the rows that an entry touched: changed, or only noted something about."""
        row = self._database.one("SELECT position FROM entries WHERE number = ?", (number,))
        if row is None:
            return []
        changed = self._database.all(
            "SELECT kind, row_id FROM events WHERE position = ? ORDER BY id", (row[0],)
        )
        names = [(KIND_NAMES[int(kind or 0)], int(row_id or 0)) for kind, row_id in changed]
        noted = self._database.all(
            "SELECT name FROM noted WHERE position = ? ORDER BY name", (row[0],)
        )
        for (name,) in noted:
            kind_name, _, row_id = str(name).rpartition(" ")
            names.append((kind_name, int(row_id)))
        return names

    def entry(self, number: int) -> Entry | None:
        """Return an entry; None when it is not there any more."""
        return entry_of(self._console, number)

    def in_order(self, numbers: Iterable[int]) -> list[Entry]:
        """Return entries in the order in which they were applied."""
        found = self._database.all(
            "SELECT number FROM entries WHERE number IN (SELECT value FROM json_each(?))"
            " ORDER BY position",
            (encode(sorted(set(numbers))),),
        )
        entries = [self.entry(int(row[0] or 0)) for row in found]
        return [entry for entry in entries if entry is not None]
