"""Writing messages in batches: the hot path of the whole console.

A batch is one look-up of duplicates and one ``INSERT`` of all its rows that commits by itself.
Why one statement: the engine releases the interpreter's lock for each step of a statement, and
taking it again can cost 5 ms while the network thread is busy. Row by row, a busy loop brought
the writer from thousands of messages a second to 130; with one statement a batch pays once.

References:
    HL7 v2.5.1 section 2.9 (the acknowledgement follows safe storage). Duplicates: IHE names
    MSH-10 unique within the sending application, hence the key of listener, MSH-3, MSH-4, MSH-10.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from operator import attrgetter

from hl7console.store.connection import Database, SqlValue
from hl7console.store.records import NewMessage, Status, StoreOutcome
from hl7console.store.schema import (
    KIND_COLUMNS,
    MESSAGE_COLUMNS,
    TRAIT_DUPLICATE,
    TRAIT_PARENT,
    TRAIT_PROBLEMS,
)

BATCH_SIZES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 64, 96, 128, 192)
"""Row counts that have a statement of their own; a batch takes the largest that fits."""

MAX_BATCH_ROWS = BATCH_SIZES[-1]

DUPLICATE_WINDOW_US = 7 * 24 * 3600 * 1_000_000
"""How long after the first one a message with the same bytes counts as its duplicate."""

_KINDS_KEPT = 50_000
"""Kinds held in memory; a hostile sender can make any number of them."""

_ROW = "(" + ",".join("?" * len(MESSAGE_COLUMNS)) + ")"
_INSERTS = {
    size: f"INSERT INTO messages ({','.join(MESSAGE_COLUMNS)}) VALUES "  # noqa: S608 - our own
    + ",".join([_ROW] * size)
    for size in BATCH_SIZES
}
_LOOK_UPS = {
    size: f"""
    WITH wanted(n, control, dedup, content, since) AS (VALUES {",".join(["(?,?,?,?,?)"] * size)})
    SELECT n, coalesce((
        SELECT min(id) FROM messages WHERE control_id = control
        AND dedup_key = dedup AND content_key = content AND received_at_us >= since), 0)
    FROM wanted WHERE EXISTS (
        SELECT 1 FROM messages WHERE control_id = control AND dedup_key = dedup)
    """  # noqa: S608 - our own
    for size in BATCH_SIZES
}
_NO_WISH: tuple[SqlValue, ...] = (-1, "", 0, 0, 0)

_TEXTS = tuple(column.name for column in fields(NewMessage) if column.type == "str")
_kind_of = attrgetter(*KIND_COLUMNS)

_Kind = tuple[str, ...]


def largest_batch(count: int) -> int:
    """Return the largest batch size that is not above `count` (at least 1)."""
    return BATCH_SIZES[bisect_right(BATCH_SIZES, count) - 1]


def content_key(message: NewMessage) -> int:
    """Return the first 64 bits of the SHA-256 of a message's bytes, signed."""
    digest = message.content_hash or hashlib.sha256(message.raw).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def writable(message: NewMessage) -> NewMessage:
    """Return a message whose texts can be written; the bytes stay what they are.

    A text with half a surrogate pair cannot. The bytes matter, so such a character becomes "?".
    """
    texts = {
        name: value.encode("utf-8", "replace").decode("utf-8")
        for name in _TEXTS
        if not (value := getattr(message, name)).isascii()
    }
    return replace(message, **texts) if texts else message


class BatchWriter:
    """Stores batches over one connection, whose thread it shares.

    Args:
        database: The writing connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds: dict[_Kind, int] = {}
        self.last_id = 0
        """The highest id ever given."""
        self.reload()

    def reload(self) -> None:
        """Read the state again, after kinds were removed or the connection was replaced."""
        database = self._database
        self.last_id = database.integer(
            "SELECT max(coalesce((SELECT max(id) FROM messages), 0),"
            " coalesce((SELECT max(last) FROM id_gaps), 0))"
        )
        columns = ", ".join(KIND_COLUMNS)
        rows = database.all(
            f"SELECT {columns}, id FROM kinds ORDER BY id DESC LIMIT {_KINDS_KEPT // 2}"  # noqa: S608
        )
        self._kinds = {tuple(map(str, row[:-1])): int(row[-1] or 0) for row in reversed(rows)}

    def prune_kinds(self) -> int:
        """Remove the kinds that no message has any more and return how many there were."""
        cursor = self._database.execute(
            "DELETE FROM kinds WHERE id NOT IN"
            " (SELECT kind_id FROM messages INDEXED BY messages_list)"
        )
        self.reload()
        return max(int(cursor.rowcount), 0)

    def store(self, batch: Sequence[NewMessage]) -> list[StoreOutcome]:
        """Commit all of a batch, or nothing of it, and return the outcomes in its order.

        Args:
            batch: As many messages as one of `BATCH_SIZES`.

        Raises:
            sqlcipher3.dbapi2.Error: Nothing was stored.
        """
        first_id = self.last_id + 1
        keys = [content_key(new) if new.dedup_key else 0 for new in batch]
        known = self._known(batch, keys)
        values: list[SqlValue] = []
        outcomes: list[StoreOutcome] = []
        earlier: dict[tuple[int, int], int] = {}
        used: set[int] = set()
        for n, new in enumerate(batch):
            dedup, key = new.dedup_key, keys[n]
            ack, kind = new.ack, _kind_of(new)
            duplicate_of = 0
            is_reused = False
            if dedup:
                place = earlier.setdefault((dedup, key), n)
                found = known.get(n) if known else None
                if found and found[0] and self._is_same(found[0], new):
                    duplicate_of, (ack, code) = found[0], self._answer(found[0])
                    kind = (*kind[:-1], code)
                elif place != n and batch[place].raw == new.raw:
                    duplicate_of, ack = first_id + place, batch[place].ack
                    kind = (*kind[:-1], batch[place].ack_code)
                else:
                    is_reused = found is not None or dedup in used
                used.add(dedup)
            traits = (
                (TRAIT_DUPLICATE if duplicate_of else 0)
                | (TRAIT_PROBLEMS if new.error_text or new.status != Status.OK else 0)
                | (TRAIT_PARENT if new.parent_id else 0)
            )
            values += (
                first_id + n,
                self._kinds.get(kind) or self._new_kind(kind),
                new.received_at_us,
                len(new.raw),
                traits,
                new.connection,
                new.parent_id,
                duplicate_of,
                0 if duplicate_of else dedup,
                0 if duplicate_of else key,
                new.control_id,
                new.patient_id,
                new.patient_authority,
                new.patient_name,
                new.accession,
                new.placer_order,
                new.filler_order,
                new.peer,
                f"{new.flags} control_id_reused".lstrip() if is_reused else new.flags,
                new.error_text,
                ack,
                new.raw,
            )
            outcomes.append(
                StoreOutcome(
                    message_id=first_id + n,
                    duplicate_of=duplicate_of,
                    ack=ack if duplicate_of else b"",
                    control_id_reused=is_reused,
                )
            )
        self._database.execute(_INSERTS[len(batch)], values)
        self.last_id += len(batch)
        return outcomes

    def _known(self, batch: Sequence[NewMessage], keys: list[int]) -> dict[int, tuple[int]]:
        """Return, by place in the batch, the ids of stored messages with the same key.

        The id is 0 where the key was used before, but not with these bytes.
        """
        wanted: list[SqlValue] = []
        for n, new in enumerate(batch):
            if new.dedup_key:
                since = new.received_at_us - DUPLICATE_WINDOW_US
                wanted += (n, new.control_id, new.dedup_key, keys[n], since)
        if not wanted:
            return {}
        count = len(wanted) // 5
        if count not in _LOOK_UPS:
            count = len(batch)
            wanted += _NO_WISH * (count - len(wanted) // 5)
        rows = self._database.all(_LOOK_UPS[count], wanted)
        return {int(n or 0): (int(first or 0),) for n, first in rows}

    def _is_same(self, message_id: int, new: NewMessage) -> bool:
        row = self._database.one("SELECT raw = ? FROM messages WHERE id = ?", (new.raw, message_id))
        return bool(row and row[0])

    def _answer(self, message_id: int) -> tuple[bytes, str]:
        """Return the acknowledgement that a stored message got, and its code."""
        row = self._database.one(
            "SELECT ack, ack_code FROM messages JOIN kinds ON kinds.id = kind_id"
            " WHERE messages.id = ?",
            (message_id,),
        )
        if row is None or not isinstance(row[0], bytes):
            return b"", ""
        return row[0], str(row[1])

    def _new_kind(self, kind: _Kind) -> int:
        if len(self._kinds) >= _KINDS_KEPT:
            # Known ones are then written again under another number, which no query minds.
            self._kinds.clear()
        plain = tuple(str(value) for value in kind)
        marks = ",".join("?" * len(KIND_COLUMNS))
        cursor = self._database.execute(
            f"INSERT INTO kinds ({', '.join(KIND_COLUMNS)}) VALUES ({marks})",  # noqa: S608
            plain,
        )
        number = int(cursor.lastrowid or 0)
        self._kinds[plain] = number
        return number
