"""Read-only connections and the queries of lists and inspectors.

A reader belongs to the thread that first uses it; `StoreReader.interrupt` is for any thread.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hl7console.store.connection import Database
from hl7console.store.records import Attempt, MessageRow, StoredMessage

if TYPE_CHECKING:
    from hl7console.hl7v2.filters import Query

_ROW_SQL = """
SELECT messages.id, origin, interface, peer, connection, received_at_us, message_type, event,
    structure, control_id, sender, receiver, version, charset, patient_id, patient_authority,
    patient_name, accession, placer_order, filler_order, size_bytes, status, ack_code, error_text,
    flags, parent_id, duplicate_of, traits & 1
FROM messages JOIN kinds ON kinds.id = messages.kind_id
WHERE messages.id IN (SELECT value FROM json_each(?))
"""


class StoreReader:
    """A read-only connection of one thread.

    Args:
        path: The database file.
        key: Its data key; None for plain SQLite (tests).

    Raises:
        ConsoleError: The database cannot be opened with this key.
    """

    def __init__(self, path: Path, key: bytes | None) -> None:
        self._database = Database(path, key, read_only=True)

    def ids(
        self, query: Query | None = None, *, limit: int | None = None, newest_first: bool = False
    ) -> array[int]:
        """Return the ids that match, oldest first unless `newest_first`."""
        order = "DESC" if newest_first else "ASC"
        rows = self._database.all(
            f"SELECT id FROM messages ORDER BY id {order} LIMIT ?",  # noqa: S608
            (-1 if limit is None else limit,),
        )
        return array("q", [int(row[0] or 0) for row in rows])

    def iter_ids(
        self, query: Query | None = None, *, newest_first: bool = True
    ) -> Iterator[array[int]]:
        """Yield the ids that match in chunks, the first of them small and at once."""
        yield self.ids(query, newest_first=newest_first)

    def new_ids(self, query: Query | None, after_id: int) -> array[int]:
        """Return the ids above `after_id` that match, oldest first."""
        rows = self._database.all("SELECT id FROM messages WHERE id > ? ORDER BY id", (after_id,))
        return array("q", [int(row[0] or 0) for row in rows])

    def count(self, query: Query | None = None) -> int:
        """Return how many messages match."""
        return self._database.integer("SELECT count(*) FROM messages")

    def rows(self, ids: Sequence[int], paths: Sequence[str] = ()) -> list[MessageRow]:
        """Return the rows of these ids in their order; those that are gone are left out."""
        import json

        rows = self._database.all(_ROW_SQL, (json.dumps(list(ids)),))
        found = {row[0]: MessageRow(*row[:-1], bool(row[-1])) for row in rows}  # type: ignore[arg-type]
        return [found[i] for i in ids if i in found]

    def raw(self, message_id: int) -> bytes | None:
        """Return the bytes of a message, or None when it is gone."""
        row = self._database.one("SELECT raw FROM messages WHERE id = ?", (message_id,))
        return row[0] if row is not None and isinstance(row[0], bytes) else None

    def message(self, message_id: int) -> StoredMessage | None:
        """Return a message with its bytes, acknowledgement and attempts, or None."""
        rows = self.rows([message_id])
        found = self._database.one("SELECT raw, ack FROM messages WHERE id = ?", (message_id,))
        if not rows or found is None:
            return None
        raw, ack = found
        return StoredMessage(
            row=rows[0],
            raw=raw if isinstance(raw, bytes) else b"",
            ack=ack if isinstance(ack, bytes) else b"",
            attempts=self.attempts(message_id),
        )

    def attempts(self, message_id: int) -> tuple[Attempt, ...]:
        """Return the attempts of sending a message, oldest first."""
        rows = self._database.all(
            "SELECT id, delivery_id, message_id, destination, started_at_us, finished_at_us, state,"
            " ack_code, sent, reply, text FROM attempts WHERE message_id = ? ORDER BY id",
            (message_id,),
        )
        return tuple(Attempt(*row) for row in rows)  # type: ignore[arg-type]

    def interrupt(self) -> None:
        """Stop the query that is running. Any thread."""
        self._database.interrupt()

    def close(self) -> None:
        """Close the connection; the owner's thread, twice does no harm."""
        self._database.close()
