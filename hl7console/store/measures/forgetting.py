"""Removes what is older than is kept. The owner of the writing connection only."""

from __future__ import annotations

import json

from hl7console.store.connection import Database
from hl7console.store.measures.naming import MOST, OTHER
from hl7console.store.measures.saving import LATE_S
from hl7console.store.measures.stepping import KEPT_S

DAY_S = 86_400

SLACK_S = 2 * DAY_S
"""How much longer than they are shown hours and days are kept."""

MOST_AT_ONCE_S = DAY_S
"""How far behind the oldest hours and days are removed in one go: a clock that jumps by years for
a moment costs a day of the oldest, and not all."""

AHEAD_S = 400 * DAY_S
"""Seconds and minutes further ahead came of a clock that was wrong, and are removed."""

MOST_MARKS = 10_000
_FREE_PAGES = 4_000
"""Free pages from which on the file is made smaller."""

IDLE_S = 7 * DAY_S
"""How long nothing must have come of a series before it can make room."""

ROOM_PART = 5
"""A fifth of a scope is made room for at once."""

_TABLES = ("steps", "times", "causes")
_RESOLUTIONS = dict.fromkeys(_TABLES, "resolution IN (1, 60, 3600, 86400) AND")
_EMPTY = """
SELECT id FROM series WHERE received_s < ? AND NOT EXISTS (SELECT 1 FROM steps
    WHERE resolution = 86400 AND series_id = series.id)
AND NOT EXISTS (SELECT 1 FROM fresh WHERE series_id = series.id)
"""
_LEAST = """
SELECT id FROM series WHERE scope = ? AND name <> ? AND received_s < ?
ORDER BY received_s LIMIT ?
"""
_OLDEST = (
    "SELECT min((SELECT min(at_s) FROM steps WHERE resolution = 86400 AND series_id = series.id))"
    " FROM series"
)


def forget_fine(database: Database, now_s: int) -> None:
    """Remove seconds and minutes that are too old; inside a transaction."""
    for width in (1, 60):
        _remove(database, width, "at_s < ?", now_s - KEPT_S[width] - LATE_S)
        _remove(database, width, "at_s > ?", now_s + AHEAD_S)


def forget_coarse(database: Database, now_s: int) -> None:
    """Remove hours, days, runs and marks that are too old; inside a transaction."""
    until_s = min(now_s - KEPT_S[3600] - SLACK_S, database.integer(_OLDEST) + MOST_AT_ONCE_S)
    for width in (3600, 86400):
        _remove(database, width, "at_s < ?", until_s)
    database.execute("DELETE FROM runs WHERE until_s < ?", (until_s,))
    database.execute("DELETE FROM marks WHERE at_us < ?", (until_s * 1_000_000,))
    database.execute("DELETE FROM marks WHERE id <= (SELECT max(id) FROM marks) - ?", (MOST_MARKS,))


def forget_series(database: Database, now_s: int) -> None:
    """Remove series of which nothing is kept, and make room for new ones; inside a transaction.

    Where a scope is full, those least recently heard of go, so that names that somebody made up
    do not keep out those of new senders for two years. What they counted stays in the whole.
    """
    gone = [row[0] for row in database.all(_EMPTY, (now_s - IDLE_S,))]
    for scope, most in MOST.items():
        count = database.integer("SELECT count(*) FROM series WHERE scope = ?", (scope,))
        if count >= most:
            values = (scope, OTHER, now_s - IDLE_S, most // ROOM_PART)
            gone += [row[0] for row in database.all(_LEAST, values)]
    ids = json.dumps(gone)
    for table in (*_TABLES, "fresh", "fresh_times", "fresh_causes", "normal"):
        if gone:
            database.execute(
                f"DELETE FROM {table} WHERE {_RESOLUTIONS.get(table, '')}"  # noqa: S608 - our own
                " series_id IN (SELECT value FROM json_each(?))",
                (ids,),
            )
    database.execute("DELETE FROM series WHERE id IN (SELECT value FROM json_each(?))", (ids,))


def give_back(database: Database) -> None:
    """Make the file smaller where much of it is free; outside of a transaction."""
    if database.integer("PRAGMA freelist_count") > _FREE_PAGES:
        database.all(f"PRAGMA incremental_vacuum({_FREE_PAGES})")


def _remove(database: Database, width: int, condition: str, bound_s: int) -> None:
    for table in _TABLES:
        # Seeks to each series' part: the width alone would walk over all that is kept.
        database.execute(
            f"DELETE FROM {table} WHERE resolution = ?"  # noqa: S608 - our own
            f" AND series_id IN (SELECT id FROM series) AND {condition}",
            (width, bound_s),
        )
