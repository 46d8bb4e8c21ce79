"""Deleting old messages by rule, in small steps, and giving their space back.

Nothing is deleted unless a rule says so, never a message with an open delivery, and never one
that the full-text index has not reached. Each step is one short call of the writer, so that
acknowledgements wait for milliseconds only. Every run is in the audit trail.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar

from hl7console.settings import RetentionSettings
from hl7console.store import audit
from hl7console.store.connection import Database
from hl7console.store.schema import BLOCK_SHIFT, IS_OPEN_SQL

T = TypeVar("T")

STEP_MESSAGES = 200
"""Messages deleted in one transaction."""

STEP_BYTES = 16 * 1024 * 1024
"""Their bytes; one message may be larger."""

VACUUM_PAGES = 500
"""Pages given back in one transaction."""

_STAYING_SQL = (
    f"(SELECT message_id FROM deliveries WHERE {IS_OPEN_SQL}"  # noqa: S608 - our own
    " UNION ALL SELECT message_id FROM saved_messages)"
)
"""Messages that are still to be delivered, or kept by name to test with."""

_TABLES = (
    ("attempts", "message_id"),
    ("deliveries", "message_id"),
    ("message_text", "rowid"),
    ("unindexed", "id"),
    ("edited_messages", "message_id"),
    ("messages", "id"),
)
"""What is deleted with a message, and by which column."""

KEEP_AT_ONCE = 10_000
"""Messages that a plan asks about at once."""

_DAY_US = 24 * 3600 * 1_000_000


Keep = Callable[[Sequence[int]], Collection[int]]
"""Returns which of some messages are needed elsewhere and stay. Any thread."""


def keep_none(_ids: Sequence[int]) -> Collection[int]:
    """Need no message."""
    return ()


class Writer(Protocol):
    """The part of `StoreWriter` that is used."""

    def call(self, function: Callable[[Database], T], *, label: str) -> Future[T]:
        """Run a function on the writer thread."""

    def checkpoint(self) -> Future[None]:
        """Move the log into the database file."""

    def prune_kinds(self) -> Future[int]:
        """Remove kinds that no message has any more."""


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """What a run would do now."""

    messages: int
    """Messages that the rules would delete."""
    kept_open: int
    """Messages that the rules name, but that have open deliveries."""
    text: str
    """One sentence."""
    kept_worklist: int = 0
    """Messages that the rules name, but that the worklist stands on."""


@dataclass(frozen=True, slots=True)
class RetentionReport:
    """What a run did."""

    deleted: int = 0
    kept_worklist: int = 0
    """Messages that the rules named, but that the worklist stands on."""
    freed_bytes: int = 0
    is_stopped: bool = False
    text: str = ""


@dataclass(frozen=True, slots=True)
class _Goal:
    """The rules, as of the start of a run."""

    before_us: int
    """Delete what was received before; 0 for no rule."""
    up_to_id: int
    """Delete everything up to this id; 0 for no rule."""
    max_used_bytes: int
    """Delete the oldest while the database holds more; 0 for no rule."""

    @property
    def asks_nothing(self) -> bool:
        """Whether there is no rule at all."""
        return not (self.before_us or self.up_to_id or self.max_used_bytes)


@dataclass(frozen=True, slots=True)
class _Step:
    deleted: int
    kept: int
    reached_id: int
    """Where the next step goes on."""
    is_done: bool


def plan(
    database: Database, settings: RetentionSettings, now_us: int, *, keep: Keep = keep_none
) -> RetentionPlan:
    """Return what a run would delete by age and number; any connection of the calling thread.

    What the size rule would delete on top depends on what becomes free and is not counted.

    Args:
        database: The connection.
        settings: The rules.
        now_us: The present; UTC, microseconds since 1970.
        keep: Tells which messages the worklist needs.
    """
    with database.transaction(immediate=False):
        goal = _goal_of(database, settings, now_us)
        if goal.asks_nothing:
            return RetentionPlan(0, 0, "No rule: every message is kept.")
        last_id = database.integer(
            "SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'derived_id'"
        )
        where, values = _where(goal, database)
        counting = "SELECT count(*) FROM messages AS m INDEXED BY messages_list"
        total = database.integer(f"{counting} WHERE m.id <= ? AND {where}", (last_id, *values))
        kept = database.integer(
            f"{counting} WHERE m.id <= ? AND {where} AND m.id IN {_STAYING_SQL}",
            (last_id, *values),
        )
        doomed = [
            int(row[0] or 0)
            for row in database.all(
                "SELECT m.id FROM messages AS m INDEXED BY messages_list"  # noqa: S608 - our own
                f" WHERE m.id <= ? AND {where} AND m.id NOT IN"
                f" {_STAYING_SQL}",
                (last_id, *values),
            )
        ]
    needed = sum(
        len(keep(doomed[start : start + KEEP_AT_ONCE]))
        for start in range(0, len(doomed), KEEP_AT_ONCE)
    )
    text = f"{total - kept - needed} messages would be deleted"
    text += f", {kept} kept for open deliveries or as test messages" if kept else ""
    text += f", {needed} kept for the worklist" if needed else ""
    return RetentionPlan(total - kept - needed, kept, f"{text}.", needed)


def run(
    writer: Writer,
    settings: RetentionSettings,
    *,
    now_us: int,
    user: str,
    should_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[int], None] = lambda _deleted: None,
    keep: Keep = keep_none,
) -> RetentionReport:
    """Delete what the rules say and give the space back. A thread of the caller's; blocks.

    Args:
        writer: The writer, whose thread does each step.
        settings: The rules.
        now_us: The present; UTC, microseconds since 1970.
        user: Who asked for it, for the audit trail.
        should_stop: Asked between steps.
        on_progress: Told the number of messages deleted so far.
        keep: Tells which messages the worklist needs; asked on the writer thread.

    Raises:
        ConsoleError: The database failed; what was deleted before stays deleted.
    """

    def call(function: Callable[[Database], T]) -> T:
        return writer.call(function, label="retention").result()

    goal = call(lambda database: _goal_of(database, settings, now_us))
    if goal.asks_nothing:
        return RetentionReport(text="No rule: every message is kept.")
    before_bytes = call(_file_bytes)
    report = RetentionReport()
    step = _Step(0, 0, 0, is_done=False)
    while not step.is_done:
        if should_stop():
            report = replace(report, is_stopped=True)
            break
        step = call(partial(_delete, goal=goal, after_id=step.reached_id, keep=keep))
        report = replace(
            report,
            deleted=report.deleted + step.deleted,
            kept_worklist=report.kept_worklist + step.kept,
        )
        on_progress(report.deleted)
    while report.deleted and call(_vacuum) and not should_stop():
        pass
    if report.deleted:
        writer.prune_kinds().result()
    freed = before_bytes - call(_file_bytes)
    report = replace(report, freed_bytes=max(freed, 0), text=_told(report, freed))
    if report.deleted or report.is_stopped:
        entry = audit.AuditEntry(
            "retention run", user, reason=_rules(settings), details=report.text
        )
        call(lambda database: audit.append(database, entry, now_us))
    writer.checkpoint().result()
    return report


def free_space_warning(folder: Path, settings: RetentionSettings) -> str:
    """Return a sentence when the workspace's disk has little room left; else "". Any thread."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    if free >= settings.warn_free_bytes:
        return ""
    return f"The workspace's disk has only {free // 1_000_000:,} MB left."


def _goal_of(database: Database, settings: RetentionSettings, now_us: int) -> _Goal:
    up_to_id = 0
    if settings.max_messages:
        row = database.one(
            "SELECT id FROM messages INDEXED BY messages_list ORDER BY id DESC LIMIT 1 OFFSET ?",
            (settings.max_messages,),
        )
        up_to_id = int(row[0] or 0) if row else 0
    return _Goal(
        before_us=now_us - settings.keep_days * _DAY_US if settings.keep_days else 0,
        up_to_id=up_to_id,
        max_used_bytes=settings.max_database_bytes,
    )


def _where(goal: _Goal, database: Database) -> tuple[str, tuple[int, ...]]:
    """Return the condition of the rules by age and number; its parameters."""
    if not goal.before_us:
        return "m.id <= ?", (goal.up_to_id,)
    # Later blocks hold nothing that is old enough.
    block = database.integer(
        "SELECT max(block) FROM time_blocks WHERE first_us < ?", (goal.before_us,)
    )
    last_id = ((block + 1) << BLOCK_SHIFT) - 1
    return (
        "(m.id <= ? OR (m.received_at_us < ? AND m.id <= ?))",
        (goal.up_to_id, goal.before_us, last_id),
    )


def _delete(database: Database, goal: _Goal, after_id: int, keep: Keep) -> _Step:
    """Delete the next messages behind `after_id`; inside the writer's transaction."""
    last_id = database.integer(
        "SELECT CAST(value AS INTEGER) FROM settings WHERE name = 'derived_id'"
    )
    where, values = _where(goal, database)
    if goal.max_used_bytes and _used_bytes(database) > goal.max_used_bytes:
        where, values = "1", ()
    seen = database.all(
        "SELECT m.id, m.size_bytes, m.id IN"  # noqa: S608
        f" {_STAYING_SQL}"
        f" FROM messages AS m INDEXED BY messages_list WHERE m.id > ? AND m.id <= ? AND {where}"
        " ORDER BY m.id LIMIT ?",
        (after_id, last_id, *values, STEP_MESSAGES),
    )
    doomed: list[int] = []
    size = 0
    reached = after_id
    for message_id, size_bytes, is_open in seen:
        reached = int(message_id or 0)
        if not is_open:
            doomed.append(reached)
            size += int(size_bytes or 0)
        if size >= STEP_BYTES:
            break
    needed = keep(doomed) if doomed else ()
    doomed = [message_id for message_id in doomed if message_id not in needed]
    for table, column in _TABLES:
        database.execute(
            f"DELETE FROM {table} WHERE {column} IN (SELECT value FROM json_each(?))",  # noqa: S608
            (json.dumps(doomed),),
        )
    return _Step(len(doomed), len(needed), reached, is_done=not seen)


def _vacuum(database: Database) -> bool:
    """Give pages back; returns whether there are more."""
    database.all(f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
    return database.integer("PRAGMA freelist_count") > 0


def _used_bytes(database: Database) -> int:
    pages = database.integer("PRAGMA page_count") - database.integer("PRAGMA freelist_count")
    return pages * database.integer("PRAGMA page_size")


def _file_bytes(database: Database) -> int:
    return database.integer("PRAGMA page_count") * database.integer("PRAGMA page_size")


def _told(report: RetentionReport, freed: int) -> str:
    text = f"{report.deleted:,} messages deleted, {max(freed, 0) // 1000:,} kB given back"
    text += f", {report.kept_worklist:,} kept for the worklist" if report.kept_worklist else ""
    return text + ("; stopped before the end." if report.is_stopped else ".")


def _rules(settings: RetentionSettings) -> str:
    parts = []
    if settings.keep_days:
        parts.append(f"older than {settings.keep_days} days")
    if settings.max_messages:
        parts.append(f"beyond {settings.max_messages:,} messages")
    if settings.max_database_bytes:
        parts.append(f"beyond {settings.max_database_bytes:,} bytes")
    return ", ".join(parts)
