"""Writes alerts and what is to be told of them; the writer thread, inside a transaction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import Database, SqlValue

COLUMNS = tuple(column.name for column in fields(AlertRecord))

COLUMNS_SQL = ", ".join(COLUMNS)
"""The columns of an `AlertRecord`, for a SELECT."""
_INSERT = (
    f"INSERT INTO alerts ({', '.join(COLUMNS[1:])})"  # noqa: S608 - our own names
    f" VALUES ({', '.join('?' * (len(COLUMNS) - 1))})"
)
_KEPT_BY_USERS = ("acknowledged_at_us", "acknowledged_by", "note", "snoozed_until_us")
"""What people say of an alert; what the rules find out never overwrites it."""
_CHANGED = tuple(name for name in COLUMNS[1:] if name not in _KEPT_BY_USERS)
_UPDATE = f"UPDATE alerts SET {', '.join(f'{name} = ?' for name in _CHANGED)} WHERE id = ?"  # noqa: S608


@dataclass(frozen=True, slots=True)
class NoticeWanted:
    """Something to be told over a channel, about alerts of the same change by their places."""

    places: tuple[int, ...]
    channel: str
    what: str
    """``onset``, ``recovery`` or ``group``."""


def keep_changes(
    database: Database,
    changed: Sequence[AlertRecord],
    notices: Sequence[NoticeWanted],
    now_us: int,
) -> list[AlertRecord]:
    """Write alerts that are new (id 0) or changed, with what is to be told; returns them with ids.

    Args:
        database: The writing connection, in a transaction.
        changed: The alerts.
        notices: What is to be told; their places are those of `changed`.
        now_us: The time, UTC.
    """
    kept: list[AlertRecord] = []
    for record in changed:
        values: list[SqlValue] = [getattr(record, name) for name in COLUMNS[1:]]
        if record.id:
            values = [getattr(record, name) for name in _CHANGED]
            database.execute(_UPDATE, (*values, record.id))
            kept.append(record)
        else:
            cursor = database.execute(_INSERT, values)
            kept.append(replace(record, id=int(cursor.lastrowid or 0)))
    rows = [
        (json.dumps([kept[place].id for place in notice.places]), notice.channel, notice.what,
         now_us)
        for notice in notices
    ]  # fmt: skip
    for notice in notices:
        if notice.what == "group":
            ids = json.dumps([kept[place].id for place in notice.places])
            database.execute(
                "UPDATE alerts SET group_id = ? WHERE id IN (SELECT value FROM json_each(?))",
                (kept[notice.places[0]].id, ids),
            )
    database.executemany(
        "INSERT INTO alert_notices (alert_ids, channel, what, created_at_us) VALUES (?, ?, ?, ?)",
        rows,
    )
    return kept


def open_alerts(database: Database) -> list[AlertRecord]:
    """Return all open alerts, oldest first. Any connection."""
    rows = database.all(
        f"SELECT {COLUMNS_SQL} FROM alerts INDEXED BY alerts_open WHERE ended_at_us = 0 ORDER BY id"  # noqa: S608
    )
    return [AlertRecord(*row) for row in rows]  # type: ignore[arg-type]


def acknowledge(
    database: Database, alert_ids: Sequence[int], *, note: str, user: str, now_us: int
) -> int:
    """Note who looks after alerts, and why; returns how many there were."""
    cursor = database.execute(
        "UPDATE alerts SET acknowledged_at_us = ?, acknowledged_by = ?,"
        " note = CASE WHEN ? = '' THEN note ELSE ? END"
        " WHERE id IN (SELECT value FROM json_each(?))",
        (now_us, user, note, note, json.dumps(list(alert_ids))),
    )
    return int(cursor.rowcount)


def snooze(database: Database, alert_ids: Sequence[int], until_us: int) -> int:
    """Have nobody told of alerts until a time; 0 ends that. Returns how many there were."""
    cursor = database.execute(
        "UPDATE alerts SET snoozed_until_us = ? WHERE id IN (SELECT value FROM json_each(?))",
        (until_us, json.dumps(list(alert_ids))),
    )
    return int(cursor.rowcount)
