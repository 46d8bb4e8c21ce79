"""Delivery queues on disk: claiming what is next, and writing down what became of it.

All functions run on the writer thread (``StoreWriter.call``), inside its transaction. Each is few
statements however many rows it concerns, for the reason told in `batches`: rows go in as one JSON
text and come out as one.

A delivery is set to ``sending`` before its first byte goes out. What a crash leaves ``sending`` may
have been sent (`hl7console.store.deliveries.mark_interrupted`).

References:
    IHE ITI TF-2 appendix C.2.3 (same bytes and MSH-10 on every try).
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hl7console.store.connection import Database
from hl7console.store.queue_records import (
    ClaimAnswer,
    Claimed,
    ClaimWish,
    Prepared,
    QueueAnswers,
    QueueWork,
    Settled,
    Unclaimed,
)
from hl7console.store.records import DeliveryState, Origin
from hl7console.store.repair_records import DeliveryWanted

_SENDABLE = (str(DeliveryState.QUEUED), str(DeliveryState.UNKNOWN))

_ENQUEUE = """
INSERT INTO deliveries
    (message_id, destination, route, recipe_id, repeat_of, created_at_us, changed_at_us, state,
     is_due)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, ?1, ?1, 'queued', 1
FROM json_each(?2)
"""

_NEXT = """
SELECT json_group_array((
    SELECT json_group_array(json_array(id, message_id, state, retry_at_us, attempt_count,
        unknown_count, recipe_id, created_at_us, size, on_wire, sent, earlier) ORDER BY id)
    FROM (
        SELECT d.id, d.message_id, d.state, d.retry_at_us, d.attempt_count, d.unknown_count,
            d.recipe_id, d.created_at_us, coalesce(m.size_bytes, -1) AS size,
            m.connection > 0
                AND (SELECT origin FROM kinds WHERE kinds.id = m.kind_id) IN (?3, 'edited')
                AS on_wire,
            CASE WHEN d.attempt_count > 0 THEN coalesce((SELECT length(sent) FROM attempts
                WHERE delivery_id = d.id ORDER BY length(sent) = 0, id LIMIT 1), 0)
                ELSE 0 END AS sent,
            CASE WHEN d.repeat_of > 0 AND d.recipe_id > 0
                THEN coalesce((SELECT a.id
                    FROM attempts AS a JOIN deliveries AS r ON r.id = a.delivery_id
                    WHERE a.message_id = d.message_id AND a.destination = d.destination
                        AND length(a.sent) > 0 AND r.recipe_id = d.recipe_id
                        AND d.repeat_of IN (r.id, r.repeat_of) AND r.id <> d.id
                    ORDER BY a.id LIMIT 1), 0) ELSE 0 END AS earlier
        FROM deliveries AS d INDEXED BY deliveries_due
        LEFT JOIN messages AS m ON m.id = d.message_id
        WHERE d.destination = wish.value ->> 0 AND d.is_due = 1 AND d.id > (wish.value ->> 1)
            AND d.state <> 'sending'
            AND ((wish.value ->> 2) OR (d.state IN ('queued', 'unknown') AND d.retry_at_us <= ?2))
        ORDER BY d.id LIMIT ?4
    )
) ORDER BY wish.key)
FROM json_each(?1) AS wish
"""

_RAW = """
SELECT CAST(group_concat(raw, '' ORDER BY key) AS BLOB)
FROM json_each(?) JOIN messages ON messages.id = value
"""

# A try that a crash cut off before its bytes were made has none.
_FIRST_SENT = (
    "SELECT sent FROM attempts WHERE delivery_id = ? ORDER BY length(sent) = 0, id LIMIT 1"
)

_SENT_EARLIER = "SELECT sent FROM attempts WHERE id = ?"

_PUT_OFF = """
SELECT min(retry_at_us) FROM deliveries INDEXED BY deliveries_due
WHERE destination = ? AND is_due = 1 AND retry_at_us > ? AND state IN ('queued', 'unknown')
"""

_INSERT_ATTEMPTS = """
INSERT INTO attempts (delivery_id, message_id, destination, started_at_us, finished_at_us, state,
    ack_code, text, sent, reply)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
    value ->> 7, unhex(value ->> 8), unhex(value ->> 9)
FROM json_each(?)
"""

_FINISH_ATTEMPTS = """
UPDATE attempts SET started_at_us = v.started, finished_at_us = v.finished, state = v.state,
    ack_code = v.code, text = v.text, reply = unhex(v.reply)
FROM (SELECT value ->> 0 AS id, value ->> 1 AS started, value ->> 2 AS finished,
    value ->> 3 AS state, value ->> 4 AS code, value ->> 5 AS text, value ->> 6 AS reply
    FROM json_each(?)) AS v
WHERE attempts.id = v.id
"""

_SETTLE = """
UPDATE deliveries SET state = v.state, is_due = v.is_due, changed_at_us = v.at,
    retry_at_us = v.retry, unknown_count = v.unknown, ack_code = v.code, text = v.text,
    cause = v.cause, attempt_count = attempt_count + 1, is_handled = 0
FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS is_due, value ->> 3 AS at,
    value ->> 4 AS retry, value ->> 5 AS unknown, value ->> 6 AS code, value ->> 7 AS text,
    value ->> 8 AS cause FROM json_each(?)) AS v
WHERE deliveries.id = v.id
"""

_UNCLAIM = """
UPDATE deliveries SET state = v.state
FROM (SELECT value ->> 0 AS id, value ->> 1 AS state FROM json_each(?)) AS v
WHERE deliveries.id = v.id AND deliveries.state = 'sending'
"""

_STOP = """
INSERT INTO queues (destination, is_held, is_stopped, text, changed_at_us, user, stopped_by)
VALUES (?, 0, 1, ?, ?, '', ?)
ON CONFLICT (destination) DO UPDATE SET is_stopped = 1, text = excluded.text,
    changed_at_us = excluded.changed_at_us, user = '', stopped_by = excluded.stopped_by
"""

_PART_BYTES = 8 * 1024 * 1024
"""Bytes of attempts written by one statement."""

_GROUPED_BYTES = 256 * 1024
"""Messages up to this size are read together; larger ones one by one."""


def enqueue(
    database: Database,
    wanted: Sequence[tuple[int, DeliveryWanted]],
    now_us: int,
    *,
    repeat_of: Sequence[int] = (),
) -> dict[str, int]:
    """Queue deliveries, in their order; inside a transaction.

    Args:
        database: The writing connection.
        wanted: Message ids, each with where it is due.
        now_us: UTC, microseconds since 1970.
        repeat_of: The deliveries that they repeat, each in turn; empty for none.

    Returns:
        How many each destination got.
    """
    earlier = repeat_of or (0,) * len(wanted)
    rows = [
        (message_id, due.destination, due.route, due.recipe_id, repeated)
        for (message_id, due), repeated in zip(wanted, earlier, strict=True)
    ]
    database.execute(_ENQUEUE, (now_us, json.dumps(rows)))
    counts: dict[str, int] = {}
    for _, due in wanted:
        counts[due.destination] = counts.get(due.destination, 0) + 1
    return counts


def keep(database: Database, work: QueueWork, now_us: int) -> QueueAnswers:
    """Do what all queues want, in one transaction of the writer thread."""
    with database.transaction():
        settle(database, work.settled)
        unclaim(database, work.unclaimed)
        attempt_ids = prepare(database, work.prepared)
        claims = claim_all(database, work.wishes, now_us) if work.wishes else ()
    return QueueAnswers(attempt_ids, claims)


def claim(database: Database, wish: ClaimWish, now_us: int) -> ClaimAnswer:
    """Set the next due deliveries of one queue to ``sending`` and return them."""
    return claim_all(database, [wish], now_us)[0]


def claim_all(database: Database, wishes: Sequence[ClaimWish], now_us: int) -> list[ClaimAnswer]:
    """Set the next due deliveries of queues to ``sending`` and return them, in order of ids.

    Where order is kept, the head alone decides: one that is held, refused or put off holds up all
    behind it. Inside a transaction.
    """
    asked = json.dumps([(w.destination, w.after_id, int(w.keeps_order)) for w in wishes])
    most = max(wish.limit for wish in wishes)
    row = database.one(_NEXT, (asked, now_us, str(Origin.RECEIVED), most))
    found = json.loads(str(row[0])) if row else []
    answers = [
        _chosen(wish, json.loads(rows) if isinstance(rows, str) else rows, now_us)
        for wish, rows in zip(wishes, found, strict=True)
    ]
    for wish, (answer, _) in zip(wishes, answers, strict=True):
        if not wish.keeps_order and not answer.deliveries:
            answer.retry_at_us = database.integer(_PUT_OFF, (wish.destination, now_us))
    taken = [claimed for answer, _ in answers for claimed in answer.deliveries]
    if taken:
        sizes = {id_: size for _, sizes in answers for id_, size in sizes.items()}
        database.execute(
            "UPDATE deliveries SET state = 'sending' WHERE id IN (SELECT value FROM json_each(?))",
            (json.dumps([claimed.id for claimed in taken]),),
        )
        _read_bytes(database, taken, sizes)
    return [answer for answer, _ in answers]


def _chosen(
    wish: ClaimWish, rows: list[list[int | str]], now_us: int
) -> tuple[ClaimAnswer, dict[int, tuple[int, int, int]]]:
    """Return which of the next rows are claimed, and by their ids what `_read_bytes` reads.

    That is: the size of the message, the size of the bytes of its first attempt where they differ,
    and the attempt of the delivery that it repeats whose bytes are sent again.
    """
    answer = ClaimAnswer()
    sizes: dict[int, tuple[int, int, int]] = {}
    total = 0
    for row in rows:
        id_, message_id, state, retry_at_us = int(row[0]), int(row[1]), str(row[2]), int(row[3])
        size, sent = int(row[8]), int(row[10])
        if not answer.head_id:
            answer.head_id, answer.head_state, answer.head_at_us = id_, state, int(row[7])
        if state not in _SENDABLE:
            break
        if retry_at_us > now_us:
            answer.retry_at_us = retry_at_us
            break
        total += max(size, sent)
        if len(answer.deliveries) == wish.limit or (answer.deliveries and total > wish.max_bytes):
            break
        answer.deliveries.append(
            Claimed(
                id_, message_id, state, int(row[4]), int(row[5]), int(row[6]), int(row[7]),
                bool(row[9]), b"",
            )
        )  # fmt: skip
        sizes[id_] = (size, sent, int(row[11]))
    return answer, sizes


def _read_bytes(
    database: Database, taken: Sequence[Claimed], sizes: dict[int, tuple[int, int, int]]
) -> None:
    together: list[Claimed] = []
    for claimed in taken:
        size, sent, earlier = sizes[claimed.id]
        if sent:
            claimed.sent = _bytes(database, _FIRST_SENT, claimed.id)
        elif earlier:
            claimed.sent_earlier = _bytes(database, _SENT_EARLIER, earlier)
        elif size > _GROUPED_BYTES:
            claimed.raw = _bytes(
                database, "SELECT raw FROM messages WHERE id = ?", claimed.message_id
            )
        elif size > 0:
            together.append(claimed)
    if not together:
        return
    row = database.one(_RAW, (json.dumps([claimed.message_id for claimed in together]),))
    whole = row[0] if row and isinstance(row[0], bytes) else b""
    at = 0
    for claimed in together:
        size = sizes[claimed.id][0]
        claimed.raw = whole[at : at + size]
        at += size


def _bytes(database: Database, sql: str, id_: int) -> bytes:
    row = database.one(sql, (id_,))
    return row[0] if row and isinstance(row[0], bytes) else b""


def prepare(database: Database, prepared: Sequence[Prepared]) -> list[int]:
    """Keep the bytes of attempts before they are sent; returns the attempts' ids."""
    ids: list[int] = []
    at = 0
    while at < len(prepared):
        end, size = at, 0
        while end < len(prepared) and (end == at or size + len(prepared[end].sent) < _PART_BYTES):
            size += len(prepared[end].sent)
            end += 1
        rows = [
            (p.delivery_id, p.message_id, p.destination, p.at_us, 0, "sending", "", "",
             p.sent.hex(), "")
            for p in prepared[at:end]
        ]  # fmt: skip
        cursor = database.execute(_INSERT_ATTEMPTS, (json.dumps(rows),))
        last = int(cursor.lastrowid or 0)
        ids += range(last - len(rows) + 1, last + 1)
        at = end
    return ids


def settle(database: Database, settled: Sequence[Settled]) -> None:
    """Write down how attempts ended and what that makes of their deliveries."""
    if not settled:
        return
    made = [
        (s.delivery_id, s.message_id, s.destination, s.started_at_us, s.finished_at_us,
         s.attempt_state, s.ack_code, s.text, s.sent.hex(), s.reply.hex())
        for s in settled if not s.attempt_id
    ]  # fmt: skip
    if made:
        database.execute(_INSERT_ATTEMPTS, (json.dumps(made),))
    finished = [
        (s.attempt_id, s.started_at_us, s.finished_at_us, s.attempt_state, s.ack_code, s.text,
         s.reply.hex())
        for s in settled if s.attempt_id
    ]  # fmt: skip
    if finished:
        database.execute(_FINISH_ATTEMPTS, (json.dumps(finished),))
    changed = [
        (s.delivery_id, s.state, int(s.is_due), s.finished_at_us, s.retry_at_us, s.unknown_count,
         s.ack_code, s.text, s.cause)
        for s in settled
    ]  # fmt: skip
    database.execute(_SETTLE, (json.dumps(changed),))
    for one in settled:
        if one.stops_queue:
            stopped = (one.destination, one.stops_queue, one.finished_at_us, one.delivery_id)
            database.execute(_STOP, stopped)


def unclaim(database: Database, unclaimed: Sequence[Unclaimed]) -> None:
    """Give back what was claimed and not sent; what was prepared for it never happened."""
    if not unclaimed:
        return
    rows = json.dumps([(one.delivery_id, one.state) for one in unclaimed])
    database.execute(_UNCLAIM, (rows,))
    attempts = [one.attempt_id for one in unclaimed if one.attempt_id]
    if attempts:
        database.execute(
            "DELETE FROM attempts WHERE state = 'sending'"
            " AND id IN (SELECT value FROM json_each(?))",
            (json.dumps(attempts),),
        )
