"""Read-only connections and the queries of lists and inspectors.

A reader belongs to the thread that made it; `StoreReader.interrupt` is for any thread.
"""

from __future__ import annotations

import json
import threading
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from pathlib import Path

from hl7console.hl7v2.filters import Query
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.summary import note_for
from hl7console.store.connection import Database
from hl7console.store.faults import QueryStoppedError, as_console_errors
from hl7console.store.kinds import Kinds
from hl7console.store.records import Attempt, MessageRow, Origin, StoredMessage
from hl7console.store.repair_records import Delivery, EditedMessage
from hl7console.store.rows import read_bodies, read_body, read_rows, read_starts
from hl7console.store.search import Search

NOTE_BYTES = 16 * 1024
"""As much of a message is read for its note in the list."""

FIRST_CHUNK = 4_096
"""Ids of the first chunk of a list of all messages."""

_ATTEMPTS = (
    "SELECT id, delivery_id, message_id, destination, started_at_us, finished_at_us, state,"
    " ack_code,"
    # Every try of a delivery sends the same bytes, and only one of them keeps these.
    " (SELECT one.sent FROM attempts AS one WHERE one.delivery_id = attempts.delivery_id"
    " ORDER BY length(one.sent) = 0, one.id LIMIT 1),"
    " reply, text FROM attempts WHERE message_id = ? ORDER BY id"
)


_DELIVERIES = (
    f"SELECT {', '.join(column.name for column in fields(Delivery))}"  # noqa: S608 - our own
    " FROM deliveries WHERE message_id = ? ORDER BY id LIMIT ?"
)

MOST_DELIVERIES = 100
"""Deliveries read with a message."""


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
        self._database.define("same_key", _same_key)
        self._kinds = Kinds(self._database)
        self._is_stopped = threading.Event()

    def ids(
        self, query: Query | None = None, *, limit: int | None = None, newest_first: bool = False
    ) -> array[int]:
        """Return the ids that match.

        Args:
            query: The filter; None matches every message.
            limit: How many at most: the newest with `newest_first`, else the oldest.
            newest_first: The order of the result.

        Raises:
            QueryStoppedError: `interrupt` was called.
            ConsoleError: The database cannot be read.
        """
        found: array[int] = array("q")
        for chunk in self.iter_ids(query, newest_first=newest_first):
            found.extend(chunk)
            if limit is not None and len(found) >= limit:
                return found[:limit]
        return found

    def iter_ids(
        self, query: Query | None = None, *, newest_first: bool = True
    ) -> Iterator[array[int]]:
        """Yield the ids that match in chunks, the first of them small and soon.

        Each chunk is ordered, and so are the chunks; none is empty. Messages stored after the
        start are not among them: see `new_ids`.

        Raises:
            QueryStoppedError: `interrupt` was called.
            ConsoleError: The database cannot be read.
        """
        self._is_stopped.clear()
        with as_console_errors():
            if query is None or query.root is None:
                yield from self._all_ids(newest_first=newest_first)
                return
            search = self._search(query)
            yield from search.newest_first() if newest_first else search.oldest_first()

    def new_ids(
        self, query: Query | None, after_id: int, until_id: int | None = None
    ) -> array[int]:
        """Return the ids above `after_id` that match, oldest first.

        Args:
            query: The filter; None matches every message.
            after_id: Where to begin.
            until_id: Where to end; None goes to the last message.

        Raises:
            QueryStoppedError: `interrupt` was called.
            ConsoleError: The database cannot be read.
        """
        self._is_stopped.clear()
        found: array[int] = array("q")
        with as_console_errors():
            if query is None or query.root is None:
                for low, high in self._present(after_id):
                    end = high if until_id is None else min(high, until_id)
                    found.extend(range(low + 1, end + 1))
            else:
                for chunk in self._search(query).oldest_first(after_id, until_id):
                    found.extend(chunk)
        return found

    def count(self, query: Query | None = None) -> int:
        """Return how many messages match.

        Raises:
            QueryStoppedError: `interrupt` was called.
            ConsoleError: The database cannot be read.
        """
        self._is_stopped.clear()
        with as_console_errors():
            if query is None or query.root is None:
                return sum(high - low for low, high in self._present(0))
            return sum(len(chunk) for chunk in self._search(query).newest_first())

    def rows(self, ids: Sequence[int], paths: Sequence[str] = ()) -> list[MessageRow]:
        """Return the rows of these ids in their order; those that are gone are left out.

        Args:
            ids: Some hundred at most.
            paths: Field paths whose values go into `MessageRow.values`.

        Raises:
            ConsoleError: The database cannot be read, or a path is none.
        """
        with as_console_errors():
            rows = {row.id: row for row in read_rows(self._database, ids)}
            for message_id, raw in (
                read_bodies(self._database, ids)
                if paths
                else read_starts(self._database, ids, NOTE_BYTES)
            ):
                row = rows.get(message_id)
                if row is not None:
                    rows[message_id] = _with_texts(row, raw, paths)
        return [rows[message_id] for message_id in ids if message_id in rows]

    def raw(self, message_id: int) -> bytes | None:
        """Return the bytes of a message, or None when it is gone."""
        with as_console_errors():
            return read_body(self._database, message_id)

    def message(self, message_id: int) -> StoredMessage | None:
        """Return a message with its bytes, acknowledgement and attempts; None when it is gone."""
        with as_console_errors(), self._database.transaction(immediate=False):
            rows = read_rows(self._database, [message_id])
            found = self._database.one("SELECT raw, ack FROM messages WHERE id = ?", (message_id,))
            if not rows or found is None:
                return None
            raw, ack = found
            raw = raw if isinstance(raw, bytes) else b""
            return StoredMessage(
                row=_with_texts(rows[0], raw[:NOTE_BYTES], ()),
                raw=raw,
                ack=ack if isinstance(ack, bytes) else b"",
                attempts=self.attempts(message_id),
                deliveries=self.deliveries(message_id),
                edited=self._edited(message_id) if rows[0].origin == Origin.EDITED else None,
            )

    def _edited(self, message_id: int) -> EditedMessage | None:
        row = self._database.one(
            "SELECT message_id, author, at_us, reason, recipe_id FROM edited_messages"
            " WHERE message_id = ?",
            (message_id,),
        )
        return None if row is None else EditedMessage(*row)  # type: ignore[arg-type]

    def deliveries(self, message_id: int) -> tuple[Delivery, ...]:
        """Return the first `MOST_DELIVERIES` deliveries of a message, in the order of queues."""
        with as_console_errors():
            rows = self._database.all(_DELIVERIES, (message_id, MOST_DELIVERIES))
        return tuple(Delivery(*row) for row in rows)  # type: ignore[arg-type]

    def attempts(self, message_id: int) -> tuple[Attempt, ...]:
        """Return the attempts of sending a message, oldest first."""
        with as_console_errors():
            rows = self._database.all(_ATTEMPTS, (message_id,))
        return tuple(Attempt(*row) for row in rows)  # type: ignore[arg-type]

    def known_values(self) -> dict[str, tuple[str, ...]]:
        """Return values that occur, by the filter key they belong to; for completion."""
        with as_console_errors():
            self._kinds.refresh()
            values = self._kinds.values
            destinations = self._database.all("SELECT DISTINCT destination FROM deliveries")
        return {
            "type": tuple(values("message_type")),
            "from": tuple(values("sender")),
            "to": tuple(values("receiver")),
            "listener": tuple(values("interface")),
            "destination": tuple(sorted(str(row[0]) for row in destinations)),
        }

    def database(self) -> Database:
        """Return the connection, for the other queries of this package (settings, audit)."""
        return self._database

    def interrupt(self) -> None:
        """Stop the query that is running; it raises `QueryStoppedError`. Any thread."""
        self._is_stopped.set()
        self._database.interrupt()

    def close(self) -> None:
        """Close the connection; the owner's thread, twice does no harm."""
        self._database.close()

    def _search(self, query: Query) -> Search:
        self._kinds.refresh()
        return Search(self._database, self._kinds, query, self._check)

    def _check(self) -> None:
        if self._is_stopped.is_set():
            raise QueryStoppedError

    def _all_ids(self, *, newest_first: bool) -> Iterator[array[int]]:
        """Yield all ids; they follow from the last one and the gaps."""
        ranges = self._present(0)
        size = FIRST_CHUNK
        for low, high in reversed(ranges) if newest_first else ranges:
            while low < high:
                self._check()
                if newest_first:
                    start = max(low, high - size)
                    yield array("q", range(high, start, -1))
                    high = start
                else:
                    end = min(high, low + size)
                    yield array("q", range(low + 1, end + 1))
                    low = end
                size = min(size * 4, 1_048_576)

    def _present(self, after_id: int) -> list[tuple[int, int]]:
        """Return the ranges (low, high] above an id in which every id is a message."""
        row = self._database.one(
            "SELECT (SELECT max(id) FROM messages), (SELECT json_group_array("
            "json_array(first, last)) FROM (SELECT * FROM id_gaps WHERE last > ? ORDER BY first))",
            (after_id,),
        )
        last_id = int(row[0] or 0) if row else 0
        ranges = []
        low = after_id
        for first, last in json.loads(str(row[1])) if row else []:
            if first - 1 > low:
                ranges.append((low, min(first - 1, last_id)))
            low = max(low, last)
        if low < last_id:
            ranges.append((low, last_id))
        return ranges


def _with_texts(row: MessageRow, raw: bytes, paths: Sequence[str]) -> MessageRow:
    message = Message.parse(raw, force_codec=row.charset)
    values = tuple(message.get(path) or "" for path in paths)
    return replace(row, note=note_for(message), values=values)


def _same_key(wanted: str, is_prefix: int, first: str, second: str) -> bool:
    """Return whether one of two values is, or begins with, the one wanted, letter case aside."""
    for value in (first.casefold(), second.casefold()):
        if (value.startswith(wanted)) if is_prefix else (wanted and value == wanted):
            return True
    return False
