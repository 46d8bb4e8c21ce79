"""The tables of alerts: the alerts themselves, and what is to be told of them.

``alerts_open`` finds what is open, however many are past; ``alerts_ended`` pages through those.
``alert_notices_due`` is the outbox of the channels.
"""

from __future__ import annotations

from hl7console.store.connection import Database

_STATEMENTS = (
    """
    CREATE TABLE alerts (
        id INTEGER PRIMARY KEY,
        rule TEXT NOT NULL,
        kind TEXT NOT NULL,
        severity TEXT NOT NULL,
        scope TEXT NOT NULL,
        subject TEXT NOT NULL,
        onset_at_us INTEGER NOT NULL,
        text TEXT NOT NULL,
        told_at_us INTEGER NOT NULL,
        ended_at_us INTEGER NOT NULL,
        recovery_text TEXT NOT NULL,
        sample_control_id TEXT NOT NULL,
        sample_message_id INTEGER NOT NULL,
        filter TEXT NOT NULL,
        acknowledged_at_us INTEGER NOT NULL,
        acknowledged_by TEXT NOT NULL,
        note TEXT NOT NULL,
        snoozed_until_us INTEGER NOT NULL,
        silenced_by TEXT NOT NULL,
        flaps INTEGER NOT NULL,
        group_id INTEGER NOT NULL
    )
    """,
    "CREATE INDEX alerts_open ON alerts(rule, scope, subject) WHERE ended_at_us = 0",
    "CREATE INDEX alerts_ended ON alerts(ended_at_us) WHERE ended_at_us > 0",
    "CREATE INDEX alerts_onset ON alerts(onset_at_us)",
    """
    CREATE TABLE alert_notices (
        id INTEGER PRIMARY KEY,
        alert_ids TEXT NOT NULL,
        channel TEXT NOT NULL,
        what TEXT NOT NULL,
        state TEXT NOT NULL DEFAULT 'due',
        tries INTEGER NOT NULL DEFAULT 0,
        next_try_at_us INTEGER NOT NULL DEFAULT 0,
        fault TEXT NOT NULL DEFAULT '',
        created_at_us INTEGER NOT NULL,
        finished_at_us INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX alert_notices_due ON alert_notices(channel, id) WHERE state = 'due'",
)


def create_alerts(database: Database) -> None:
    """Create the tables of alerts; inside the migration's transaction."""
    for statement in _STATEMENTS:
        database.execute(statement)
