"""What people do with delivery queues: hold, release, try again, skip, send elsewhere, move back.

All functions that write run on the writer thread, inside its transaction. None of them touches a
delivery that is being sent at this moment (``sending``): its queue has it in hand.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from hl7console.store.connection import Database, SqlValue
from hl7console.store.queue_records import QueueCounts
from hl7console.store.queues import enqueue
from hl7console.store.repair_records import DeliveryWanted, QueueState
from hl7console.store.repair_schema import IS_FAILED_SQL

_STATE_AGAIN = """CASE WHEN (SELECT state FROM attempts WHERE delivery_id = deliveries.id
    ORDER BY id DESC LIMIT 1) = 'unknown' THEN 'unknown' ELSE 'queued' END"""
"""What a delivery is once it may be sent again: what may have been taken stays unknown."""

_THESE = "id IN (SELECT value FROM json_each(:ids)) AND state <> 'sending'"

_CHANGES = {
    "retry": (
        f"state = {_STATE_AGAIN}, is_due = 1, is_handled = 0, retry_at_us = 0, unknown_count = 0",
        "(is_due = 1 OR (state IN ('rejected', 'unknown', 'skipped', 'cancelled')"
        " AND destination IN (SELECT value FROM json_each(:known))))",
    ),
    "hold": ("state = 'held', text = :text", "is_due = 1 AND state <> 'held'"),
    "release": (
        f"state = {_STATE_AGAIN}, retry_at_us = 0, unknown_count = 0",
        "is_due = 1 AND state = 'held'",
    ),
    "skip": ("state = 'skipped', is_due = 0, text = :text", "is_due = 1"),
    "cancel": ("state = 'cancelled', is_due = 0, text = :text", "is_due = 1"),
    "handle": ("is_handled = 1", "is_due = 0 AND is_handled = 0"),
    "unhandle": ("is_handled = 0", "is_due = 0 AND is_handled = 1"),
}
"""What an action writes, and to which deliveries; by `DeliveryAction`."""

_ROOT = "CASE repeat_of WHEN 0 THEN id ELSE repeat_of END"

PAGE = 5_000
"""Deliveries dealt with in one call of the writer."""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change did."""

    count: int = 0
    destinations: tuple[str, ...] = ()
    """Queues that it touched."""
    queued: int = 0
    """Deliveries that it added."""


def hold_queue(database: Database, destination: str, reason: str, user: str, now_us: int) -> None:
    """Remember that somebody holds a queue."""
    database.execute(
        "INSERT INTO queues (destination, is_held, is_stopped, text, changed_at_us, user)"
        " VALUES (?, 1, 0, ?, ?, ?) ON CONFLICT (destination) DO UPDATE SET is_held = 1,"
        " text = CASE is_stopped WHEN 1 THEN text ELSE excluded.text END,"
        " changed_at_us = excluded.changed_at_us, user = excluded.user",
        (destination, reason, now_us, user),
    )


def release_queue(database: Database, destination: str, user: str, now_us: int) -> None:
    """Remember that a queue may go on; what stands at its head may be tried at once."""
    row = database.one("SELECT stopped_by FROM queues WHERE destination = ?", (destination,))
    stopper = int(row[0] or 0) if row else 0
    head = _head_id(database, destination)
    for id_ in {stopper, head} - {0}:
        database.execute(
            f"UPDATE deliveries SET state = {_STATE_AGAIN}, retry_at_us = 0, unknown_count = 0"  # noqa: S608
            " WHERE id = ? AND is_due = 1 AND state IN ('queued', 'rejected', 'unknown')",
            (id_,),
        )
    database.execute(
        "UPDATE queues SET is_held = 0, is_stopped = 0, stopped_by = 0, text = '',"
        " changed_at_us = ?, user = ? WHERE destination = ?",
        (now_us, user, destination),
    )


def change_deliveries(
    database: Database,
    action: str,
    ids: Sequence[int],
    now_us: int,
    *,
    text: str = "",
    destinations: Collection[str] = (),
) -> Changed:
    """Do one thing with deliveries, as far as their state allows; returns how many it was.

    Args:
        database: The writing connection.
        action: A `hl7console.engine.repair_commands.DeliveryAction`.
        ids: The deliveries.
        now_us: UTC, microseconds since 1970.
        text: What is written beside it, without content.
        destinations: Names of those that have a queue: what is over is queued again only there.
    """
    write, which = _CHANGES[action]
    values: dict[str, SqlValue] = {
        "ids": json.dumps(list(ids)),
        "text": text,
        "now": now_us,
        "known": json.dumps(sorted(destinations)),
    }
    where = f"{_THESE} AND {which}"
    touched = database.all(
        f"SELECT DISTINCT destination FROM deliveries WHERE {where}",  # noqa: S608 - our own
        values,
    )
    cursor = database.execute(
        f"UPDATE deliveries SET {write}, changed_at_us = :now WHERE {where}",  # noqa: S608 - our own
        values,
    )
    if action in ("retry", "skip", "cancel"):
        _let_go(database, ids)
    return Changed(max(int(cursor.rowcount), 0), tuple(str(row[0]) for row in touched))


def _let_go(database: Database, ids: Sequence[int]) -> None:
    """Let queues go on whose stopping delivery was dealt with."""
    database.execute(
        "UPDATE queues SET is_stopped = 0, stopped_by = 0, text = '' WHERE is_stopped = 1"
        " AND stopped_by IN (SELECT value FROM json_each(?))",
        (json.dumps(list(ids)),),
    )


def reroute_deliveries(
    database: Database, ids: Sequence[int], destination: str, now_us: int
) -> Changed:
    """Cancel deliveries and queue their messages at another destination, in the same order.

    What stands in the error list may be sent elsewhere too; it counts as handled then.
    """
    rows = database.all(
        "SELECT id, message_id, route, recipe_id, destination FROM deliveries"  # noqa: S608 - our own
        f" WHERE id IN (SELECT value FROM json_each(?)) AND destination <> ?"
        f" AND ((is_due = 1 AND state <> 'sending') OR ({IS_FAILED_SQL})) ORDER BY id",
        (json.dumps(list(ids)), destination),
    )
    if not rows:
        return Changed()
    moved = [int(row[0] or 0) for row in rows]
    database.execute(
        "UPDATE deliveries SET is_handled = 1, changed_at_us = ?1, text = ?2,"
        " state = CASE is_due WHEN 1 THEN 'cancelled' ELSE state END, is_due = 0"
        " WHERE id IN (SELECT value FROM json_each(?3))",
        (now_us, f"Rerouted to {destination}.", json.dumps(moved)),
    )
    _let_go(database, moved)
    wanted = [
        (int(row[1] or 0), DeliveryWanted(destination, str(row[2]), int(row[3] or 0)))
        for row in rows
    ]
    enqueue(database, wanted, now_us, repeat_of=moved)
    return Changed(len(rows), tuple({str(row[4]) for row in rows} | {destination}), len(rows))


def due_ids(database: Database, destination: str, after_id: int, limit: int = PAGE) -> list[int]:
    """Return the next deliveries that are due at a destination; any connection."""
    rows = database.all(
        "SELECT id FROM deliveries INDEXED BY deliveries_due WHERE destination = ? AND is_due = 1"
        " AND id > ? ORDER BY id LIMIT ?",
        (destination, after_id, limit),
    )
    return [int(row[0] or 0) for row in rows]


def sent_since(
    database: Database, destination: str, since_us: int
) -> Iterator[tuple[int, int, DeliveryWanted]]:
    """Yield what a destination was sent since a time, in order; any connection.

    Each once, however often it was repeated, as (delivery, message id, what is wanted again).
    """
    cursor = database.execute(
        f"SELECT min({_ROOT}), message_id, route, recipe_id FROM deliveries"  # noqa: S608 - our own
        " INDEXED BY deliveries_over WHERE destination = ? AND is_due = 0 AND attempt_count > 0"
        " AND state IN ('accepted', 'committed', 'rejected', 'unknown') AND changed_at_us >= ?"
        f" GROUP BY {_ROOT} ORDER BY min(id)",
        (destination, since_us),
    )
    for root, message_id, route, recipe_id in cursor:
        yield (
            int(root or 0),
            int(message_id or 0),
            DeliveryWanted(destination, str(route), int(recipe_id or 0)),
        )


def rename_queue(database: Database, old_name: str, new_name: str) -> None:
    """Have what is due, and what stands in the error list, follow a destination's new name."""
    for where in ("is_due = 1", IS_FAILED_SQL):
        database.execute(
            f"UPDATE deliveries SET destination = ? WHERE destination = ? AND {where}",  # noqa: S608 - our own
            (new_name, old_name),
        )
    database.execute("DELETE FROM queues WHERE destination = ?", (new_name,))
    database.execute(
        "UPDATE queues SET destination = ? WHERE destination = ?", (new_name, old_name)
    )


def bring_along(database: Database, old_name: str, new_name: str) -> None:
    """Have what was queued under the old name follow its queue; see `rename_queue`.

    What is known of the new one, such as that somebody holds it, stays.
    """
    database.execute(
        "UPDATE deliveries SET destination = ? WHERE destination = ? AND is_due = 1",
        (new_name, old_name),
    )


def forget_queue(database: Database, destination: str) -> None:
    """Forget that a queue was held or stopped."""
    database.execute("DELETE FROM queues WHERE destination = ?", (destination,))


def load_states(database: Database) -> dict[str, QueueState]:
    """Return what is remembered of queues, by destination; any connection."""
    rows = database.all(
        "SELECT destination, is_held, is_stopped, text, changed_at_us, user, stopped_by FROM queues"
    )
    return {
        str(row[0]): QueueState(
            str(row[0]), bool(row[1]), bool(row[2]), str(row[3]), int(row[4] or 0), str(row[5]),
            int(row[6] or 0),
        )
        for row in rows
    }  # fmt: skip


def count_queues(database: Database) -> dict[str, QueueCounts]:
    """Return the counts of all destinations that have any; walks three indices."""
    found: dict[str, QueueCounts] = {}
    names = [
        str(row[0])
        for row in database.all(
            "SELECT DISTINCT destination FROM deliveries INDEXED BY deliveries_due"  # noqa: S608 - our own
            " WHERE is_due = 1 UNION SELECT DISTINCT destination FROM deliveries"
            f" INDEXED BY deliveries_failed WHERE {IS_FAILED_SQL}"
        )
    ]
    for name in names:
        found[name] = count_queue(database, name)
    return found


def count_queue(database: Database, destination: str) -> QueueCounts:
    """Return the counts of one destination; any connection."""
    due = database.integer(
        "SELECT count(*) FROM deliveries INDEXED BY deliveries_due"
        " WHERE destination = ? AND is_due = 1",
        (destination,),
    )
    held = database.integer(
        "SELECT count(*) FROM deliveries INDEXED BY deliveries_held"
        " WHERE state = 'held' AND destination = ?",
        (destination,),
    )
    failed = database.integer(
        "SELECT count(*) FROM deliveries INDEXED BY deliveries_failed"  # noqa: S608 - our own
        f" WHERE destination = ? AND {IS_FAILED_SQL}",
        (destination,),
    )
    head = _head_id(database, destination) if due else 0
    at_us = database.integer("SELECT created_at_us FROM deliveries WHERE id = ?", (head,))
    return QueueCounts(due, held, failed, head, at_us)


def _head_id(database: Database, destination: str) -> int:
    return database.integer(
        "SELECT id FROM deliveries INDEXED BY deliveries_due"
        " WHERE destination = ? AND is_due = 1 ORDER BY id LIMIT 1",
        (destination,),
    )
