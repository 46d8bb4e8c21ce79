"""The tables of repair: delivery queues, edited and saved messages, recipes, approvals.

A delivery is *due* (``is_due = 1``) while a queue still has to do something about it. A queue's
order is the order of its deliveries' ids. ``deliveries_due`` answers what is next and pages through
what waits, however much that is; ``deliveries_failed`` is the error list; ``deliveries_sending``
finds what a crash cut off, and ``deliveries_held`` counts what is held.
"""

from __future__ import annotations

from hl7console.store.connection import Database
from hl7console.store.schema import IS_OPEN_SQL

IS_FAILED_SQL = "state IN ('rejected', 'unknown') AND is_due = 0 AND is_handled = 0"
"""Whether a delivery stands in the error list; to the letter what ``deliveries_failed`` has."""

_STATEMENTS = (
    "ALTER TABLE deliveries ADD COLUMN is_due INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN route TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN recipe_id INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN repeat_of INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN attempt_count INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN unknown_count INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN retry_at_us INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE deliveries ADD COLUMN ack_code TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN text TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN cause TEXT NOT NULL DEFAULT ''",
    "ALTER TABLE deliveries ADD COLUMN is_handled INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX deliveries_due ON deliveries(destination, id) WHERE is_due = 1",
    "CREATE INDEX deliveries_over ON deliveries(destination, id) WHERE is_due = 0",
    "CREATE INDEX deliveries_held ON deliveries(destination) WHERE state = 'held'",
    "CREATE INDEX deliveries_sending ON deliveries(destination) WHERE state = 'sending'",
    # What a queue still has to do something about protects its message, whatever its state.
    "DROP INDEX deliveries_open",
    f"CREATE INDEX deliveries_open ON deliveries(message_id) WHERE {IS_OPEN_SQL}",
    f"CREATE INDEX deliveries_failed ON deliveries(destination, cause, id) WHERE {IS_FAILED_SQL}",
    """
    CREATE TABLE queues (
        destination TEXT PRIMARY KEY,
        is_held INTEGER NOT NULL,
        is_stopped INTEGER NOT NULL,
        text TEXT NOT NULL,
        changed_at_us INTEGER NOT NULL,
        user TEXT NOT NULL,
        stopped_by INTEGER NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE recipes (
        id INTEGER PRIMARY KEY,
        digest TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL,
        text TEXT NOT NULL,
        at_us INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE edited_messages (
        message_id INTEGER PRIMARY KEY,
        author TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        reason TEXT NOT NULL,
        recipe_id INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE saved_messages (
        id INTEGER PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        message_id INTEGER NOT NULL,
        at_us INTEGER NOT NULL
    )
    """,
    """
    CREATE TABLE approvals (
        digest TEXT PRIMARY KEY,
        kind TEXT NOT NULL,
        name TEXT NOT NULL,
        at_us INTEGER NOT NULL,
        user TEXT NOT NULL
    )
    """,
)


def create_queues(database: Database) -> None:
    """Create the tables of repair; inside the migration's transaction."""
    for statement in _STATEMENTS:
        database.execute(statement)
