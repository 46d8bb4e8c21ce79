"""Writing messages in batches: the hot path of the whole console.

A batch is one look-up of duplicates and one ``INSERT`` of all its rows that commits by itself;
where routes call for deliveries, or somebody edited one, that is written in the same transaction.
Why one statement: the engine releases the interpreter's lock for each step of a statement, and
taking it again can cost 5 ms while the network thread is busy. Row by row, a busy loop brought
the writer from thousands of messages a second to 130; with one statement a batch pays once.

References:
    HL7 v2.5.1 section 2.9 (the acknowledgement follows safe storage). Duplicates: IHE names
    MSH-10 unique within the sending application, hence the key of listener, MSH-3, MSH-4, MSH-10.
"""

from __future__ import annotations

import hashlib
import time
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import fields, replace
from operator import attrgetter

from hl7console.store.connection import Database, SqlValue
from hl7console.store.edited_messages import keep_edited
from hl7console.store.queues import enqueue
from hl7console.store.records import NewMessage, Status, StoreOutcome
from hl7console.store.repair_records import DeliveryWanted
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
_INSERT_KIND = (
    f"INSERT INTO kinds (id, {', '.join(KIND_COLUMNS)})"  # noqa: S608 - our own
    f" VALUES (?, {', '.join('?' * len(KIND_COLUMNS))})"
)
_ANSWER = (
    "SELECT raw = ?, ack, ack_code FROM messages JOIN kinds ON kinds.id = kind_id"
    " WHERE messages.id = ?"
)
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


def _routed(
    batch: Sequence[NewMessage], outcomes: Sequence[StoreOutcome]
) -> list[tuple[int, DeliveryWanted]]:
    """Return the deliveries that a batch calls for, in the order of its messages."""
    return [
        (outcome.message_id, wanted)
        for new, outcome in zip(batch, outcomes, strict=True)
        if new.deliveries and not (outcome.duplicate_of and new.drops_duplicate_deliveries)
        for wanted in new.deliveries
    ]


def _edited(
    batch: Sequence[NewMessage], outcomes: Sequence[StoreOutcome]
) -> list[tuple[int, NewMessage]]:
    """Return the messages of a batch that somebody edited, with their ids."""
    return [
        (outcome.message_id, new)
        for new, outcome in zip(batch, outcomes, strict=True)
        if new.edited is not None
    ]


class BatchWriter:
    """Stores batches over one connection, whose thread it shares.

    Args:
        database: The writing connection.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds: dict[_Kind, int] = {}
        self._last_kind_id = 0
        self.last_id = 0
        """The highest id ever given."""
        self.queued: dict[str, int] = {}
        """Deliveries queued by destination, until somebody takes note and empties it."""
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
        self._last_kind_id = database.integer("SELECT max(id) FROM kinds")

    def prune_kinds(self) -> int:
        """Remove the kinds that no message has any more and return how many there were."""
        cursor = self._database.execute(
            # The last one stays, so that no number is given twice: readers remember them.
            "DELETE FROM kinds WHERE id < (SELECT max(id) FROM kinds) AND id NOT IN"
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
        earlier: dict[int, list[int]] = {}
        new_kinds: dict[_Kind, int] = {}
        values: list[SqlValue] = []
        outcomes: list[StoreOutcome] = []
        has_more = False
        for n, new in enumerate(batch):
            kind, ack, dedup, key = _kind_of(new), new.ack, new.dedup_key, keys[n]
            duplicate_of, is_reused, flags = 0, False, new.flags
            if dedup:
                if n in known or dedup in earlier:
                    twin = self._twin(new, known.get(n, 0), batch, earlier.get(dedup, ()))
                    if twin is None:
                        is_reused, flags = True, f"{flags} control_id_reused".lstrip()
                    else:
                        place, duplicate_of, ack, code = twin
                        duplicate_of = duplicate_of or first_id + place
                        dedup, key, kind = 0, 0, (*kind[:-1], code)
                if dedup:
                    earlier.setdefault(dedup, []).append(n)
            traits = (
                (TRAIT_DUPLICATE if duplicate_of else 0)
                | (TRAIT_PROBLEMS if new.error_text or new.status != Status.OK else 0)
                | (TRAIT_PARENT if new.parent_id else 0)
            )
            values += (
                first_id + n,
                self._kinds.get(kind) or self._numbered(kind, new_kinds),
                new.received_at_us,
                len(new.raw),
                traits,
                new.connection,
                new.parent_id,
                duplicate_of,
                dedup,
                key,
                new.control_id,
                new.patient_id,
                new.patient_authority,
                new.patient_name,
                new.accession,
                new.placer_order,
                new.filler_order,
                new.peer,
                flags,
                new.error_text,
                ack,
                new.raw,
            )
            outcomes.append(
                StoreOutcome(first_id + n, duplicate_of, ack if duplicate_of else b"", is_reused)
            )
            has_more = has_more or bool(new.deliveries) or new.edited is not None
        routed = _routed(batch, outcomes) if has_more else []
        edited = _edited(batch, outcomes) if has_more else []
        counts = self._write(_INSERTS[len(batch)], values, new_kinds, routed, edited)
        self.last_id += len(batch)
        for destination, count in counts.items():
            self.queued[destination] = self.queued.get(destination, 0) + count
        return outcomes

    def _write(
        self,
        insert: str,
        values: Sequence[SqlValue],
        new_kinds: dict[_Kind, int],
        routed: Sequence[tuple[int, DeliveryWanted]],
        edited: Sequence[tuple[int, NewMessage]],
    ) -> dict[str, int]:
        """Write a batch with what belongs to it; return how many each destination got."""
        counts: dict[str, int] = {}
        if not (new_kinds or routed or edited):
            # Commits by itself.
            self._database.execute(insert, values)
            return counts
        with self._database.transaction():
            if new_kinds:
                self._database.executemany(
                    _INSERT_KIND, [(number, *map(str, kind)) for kind, number in new_kinds.items()]
                )
            self._database.execute(insert, values)
            if routed:
                counts = enqueue(self._database, routed, time.time_ns() // 1000)
            if edited:
                keep_edited(self._database, edited)
        if len(self._kinds) >= _KINDS_KEPT:
            # Known ones are then written again under another number, which no query minds.
            self._kinds.clear()
        self._kinds.update(new_kinds)
        self._last_kind_id += len(new_kinds)
        return counts

    def _numbered(self, kind: _Kind, new_kinds: dict[_Kind, int]) -> int:
        """Return the number of a kind that this batch adds."""
        return new_kinds.setdefault(kind, self._last_kind_id + len(new_kinds) + 1)

    def _known(self, batch: Sequence[NewMessage], keys: list[int]) -> dict[int, int]:
        """Return, by place in the batch, the first stored message with the same key and content.

        Its id is 0 where the key was used before, but not with this content.
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
        return {int(n or 0): int(first or 0) for n, first in rows}

    def _twin(
        self, new: NewMessage, stored_id: int, batch: Sequence[NewMessage], places: Sequence[int]
    ) -> tuple[int, int, bytes, str] | None:
        """Return the message that one is a duplicate of, and the answer that it got.

        The hashes only say where to look; the bytes decide.

        Args:
            new: The message.
            stored_id: A stored message with the same key and content hash; 0 for none.
            batch: The batch it is in.
            places: Those before it in the batch that have the same key.

        Returns:
            Its place in the batch, its id (0 when it is in the batch), its acknowledgement and
            the acknowledgement's code.
        """
        if stored_id:
            row = self._database.one(_ANSWER, (new.raw, stored_id))
            if row is not None and row[0] and isinstance(row[1], bytes):
                return 0, stored_id, row[1], str(row[2])
        for place in places:
            if batch[place].raw == new.raw:
                return place, 0, batch[place].ack, str(batch[place].ack_code)
        return None
