"""What is still to be told of alerts, over which channel, and what became of it.

A row of ``alert_notices`` is written with the change of the alert that it tells; it stays due
until its channel has taken it, or for good given up.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum

from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import Database, SqlValue

DAY_US = 24 * 3600 * 1_000_000

LEAST_TRIES = 10
"""Tries that fail before a notice is given up, however old it is."""

KEEP_DAYS = 30
"""How long rows that are over are kept."""


class NoticeState(StrEnum):
    """What became of a notice."""

    DUE = "due"
    SENT = "sent"
    FAILED = "failed"
    """Given up."""
    OFF = "off"
    """Its channel was off, or there is no such channel."""


class NoticeWhat(StrEnum):
    """What a notice tells."""

    ONSET = "onset"
    RECOVERY = "recovery"
    GROUP = "group"
    """That several alerts began."""


@dataclass(frozen=True, slots=True)
class DueChannel:
    """What is due over one channel."""

    channel: str
    alerts: int
    """How many alerts; 0 where all notices are about groups without any."""
    last_id: int
    """Of the last notice."""
    tries: int
    """How often the one that was tried most was tried."""
    next_try_at_us: int
    """When the channel is tried again; 0 when it has not failed."""
    fault: str
    """Why the last try failed."""
    since_us: int
    """When the first of those that were tried was written; 0 when none was."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The notices that go out with one message."""

    channel: str
    first_id: int
    last_id: int
    alert_ids: str = ""
    """Only those about exactly these; empty takes all."""


@dataclass(frozen=True, slots=True)
class ToldAlert:
    """An alert, and what of it nobody was told yet over this channel."""

    alert: AlertRecord
    begins: bool
    ends: bool


@dataclass(frozen=True, slots=True)
class NewsCount:
    """How many alerts of one rule have begun, are over, or both."""

    rule: str
    severity: str
    begun: int = 0
    over: int = 0
    brief: int = 0
    """Begun and over before anybody could be told."""


@dataclass(frozen=True, slots=True)
class LastOutcome:
    """What became of the last notice of a channel."""

    channel: str
    state: str
    fault: str
    at_us: int


def due_channels(database: Database) -> tuple[DueChannel, ...]:
    """Return what is due by channel. Any connection."""
    rows = database.all(
        "SELECT channel,"
        " (SELECT count(DISTINCT about.value) FROM alert_notices AS inner,"
        "   json_each(inner.alert_ids) AS about"
        "   WHERE inner.state = 'due' AND inner.channel = outer.channel),"
        " max(id), max(tries), max(CASE WHEN tries > 0 THEN next_try_at_us ELSE 0 END),"
        " coalesce(max(CASE WHEN tries > 0 THEN fault END), ''),"
        " coalesce(min(CASE WHEN tries > 0 THEN created_at_us END), 0)"
        " FROM alert_notices AS outer WHERE state = 'due' GROUP BY channel ORDER BY min(id)"
    )
    return tuple(DueChannel(*row) for row in rows)  # type: ignore[arg-type]


def next_batch(database: Database, due: DueChannel, *, is_single: bool, most: int) -> Batch:
    """Return what is told next over a channel. Any connection.

    Args:
        database: The connection.
        due: What is due there.
        is_single: Whether to tell of the first alert alone, its end included.
        most: Notices in a batch of many.
    """
    first = database.one(
        "SELECT id, alert_ids FROM alert_notices WHERE state = 'due' AND channel = ?"
        " ORDER BY id LIMIT 1",
        (due.channel,),
    )
    if first is None:
        return Batch(due.channel, 0, 0)
    first_id = int(first[0] or 0)
    if is_single:
        return Batch(due.channel, first_id, due.last_id, str(first[1]))
    last = database.one(
        "SELECT id FROM alert_notices WHERE state = 'due' AND channel = ? AND id <= ?"
        " ORDER BY id LIMIT 1 OFFSET ?",
        (due.channel, due.last_id, most - 1),
    )
    return Batch(due.channel, first_id, int(last[0] or 0) if last else due.last_id)


_TOLD = (
    "WITH told AS (SELECT CAST(about.value AS INTEGER) AS alert_id,"
    " max(what <> 'recovery') AS begins, max(what = 'recovery') AS ends"
    " FROM alert_notices AS notice, json_each(notice.alert_ids) AS about"
    " WHERE state = 'due' AND channel = ? AND notice.id BETWEEN ? AND ?"
    " AND (? = '' OR alert_ids = ?) GROUP BY 1) "
)

_COLUMNS = ", ".join(f"alerts.{column.name}" for column in fields(AlertRecord))


def _values(batch: Batch) -> tuple[SqlValue, ...]:
    return batch.channel, batch.first_id, batch.last_id, batch.alert_ids, batch.alert_ids


def batch_name(database: Database, batch: Batch) -> str:
    """Return a name that is the same as long as these very notices are told. Any connection."""
    row = database.one(
        "SELECT min(id), max(id), count(*) FROM alert_notices"
        " WHERE state = 'due' AND channel = ? AND id BETWEEN ? AND ?"
        " AND (? = '' OR alert_ids = ?)",
        _values(batch),
    )
    return "-".join(str(value or 0) for value in row or ())


def first_told(database: Database, batch: Batch, most: int) -> tuple[ToldAlert, ...]:
    """Return the worst alerts of a batch. Any connection."""
    rows = database.all(
        f"{_TOLD} SELECT told.begins, told.ends, {_COLUMNS}"  # noqa: S608 - our own
        " FROM told JOIN alerts ON alerts.id = told.alert_id"
        " ORDER BY told.ends, CASE alerts.severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1"
        " ELSE 2 END, alerts.id LIMIT ?",
        (*_values(batch), most),
    )
    return tuple(
        ToldAlert(AlertRecord(*row[2:]), bool(row[0]), bool(row[1]))  # type: ignore[arg-type]
        for row in rows
    )


def count_told(database: Database, batch: Batch) -> tuple[NewsCount, ...]:
    """Return how many alerts a batch is about, by rule. Any connection."""
    rows = database.all(
        f"{_TOLD} SELECT alerts.rule, alerts.severity,"  # noqa: S608 - our own
        " sum(told.begins AND NOT told.ends), sum(told.ends AND NOT told.begins),"
        " sum(told.begins AND told.ends)"
        " FROM told JOIN alerts ON alerts.id = told.alert_id"
        " GROUP BY alerts.rule, alerts.severity",
        _values(batch),
    )
    return tuple(NewsCount(*row) for row in rows)  # type: ignore[arg-type]


def finish(database: Database, batch: Batch, state: NoticeState, fault: str, now_us: int) -> int:
    """Note what became of a batch, and return how many notices that was. The writer thread."""
    cursor = database.execute(
        "UPDATE alert_notices SET state = ?, fault = ?, finished_at_us = ?, tries = tries + ?"
        " WHERE state = 'due' AND channel = ? AND id BETWEEN ? AND ?"
        " AND (? = '' OR alert_ids = ?)",
        (state, fault, now_us, int(state != NoticeState.OFF), *_values(batch)),
    )
    return int(cursor.rowcount)


def put_off(database: Database, batch: Batch, fault: str, next_try_at_us: int, now_us: int) -> int:
    """Try a batch again later; give up what is older than a day, and return how many those are.

    After a sleep of days, what is old has been tried hardly ever: that is not given up yet. The
    writer thread.
    """
    cursor = database.execute(
        "UPDATE alert_notices SET state = 'failed', fault = ?, finished_at_us = ?,"
        " tries = tries + 1 WHERE state = 'due' AND channel = ? AND id BETWEEN ? AND ?"
        " AND (? = '' OR alert_ids = ?) AND created_at_us <= ? AND tries >= ?",
        (fault, now_us, *_values(batch), now_us - DAY_US, LEAST_TRIES),
    )
    given_up = int(cursor.rowcount)
    database.execute(
        "UPDATE alert_notices SET tries = tries + 1, fault = ?, next_try_at_us = ?"
        " WHERE state = 'due' AND channel = ? AND id BETWEEN ? AND ?"
        " AND (? = '' OR alert_ids = ?)",
        (fault, next_try_at_us, *_values(batch)),
    )
    return given_up


def last_outcomes(database: Database) -> tuple[LastOutcome, ...]:
    """Return what became of each channel's last notice. Any connection."""
    rows = database.all(
        "SELECT channel, state, fault, max(finished_at_us) FROM alert_notices"
        " WHERE state IN ('sent', 'failed') GROUP BY channel"
    )
    return tuple(LastOutcome(*row) for row in rows)  # type: ignore[arg-type]


def prune(database: Database, now_us: int) -> int:
    """Delete what was over long ago, and return how many rows. The writer thread."""
    cursor = database.execute(
        "DELETE FROM alert_notices WHERE state <> 'due' AND finished_at_us < ?",
        (now_us - KEEP_DAYS * DAY_US,),
    )
    return int(cursor.rowcount)
