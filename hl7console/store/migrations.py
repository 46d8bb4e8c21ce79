"""The steps that bring a database to this version's schema, each in a transaction.

A step, once released, never changes; a later version adds its own. ``user_version`` counts them,
so that an older program can tell that it does not know this database.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hl7console.errors import DamagedDatabaseError, NewerDatabaseError
from hl7console.store.alert_schema import create_alerts
from hl7console.store.connection import Database
from hl7console.store.repair_schema import create_queues
from hl7console.store.schema import APPLICATION_ID, create_tables
from hl7console.store.worklist.journal import create_inputs

if TYPE_CHECKING:
    import sqlite_utils

Step = Callable[[Database], None]

STEPS: tuple[tuple[str, Step], ...] = (
    ("first_tables", create_tables),
    ("worklist_inputs", create_inputs),
    ("delivery_queues", create_queues),
    ("alerts", create_alerts),
)
"""Names and functions of all steps, in order."""

_SET = "hl7console"


def schema_version() -> int:
    """Return the schema version of this program."""
    return len(STEPS)


def check_version(database: Database) -> int:
    """Return the database's schema version; 0 for an empty file.

    Raises:
        NewerDatabaseError: A newer version of the program wrote it.
        DamagedDatabaseError: It is a database of another program.
    """
    version = database.integer("PRAGMA user_version")
    application = database.integer("PRAGMA application_id")
    is_empty = database.integer("SELECT count(*) FROM sqlite_schema") == 0
    if not is_empty and application != APPLICATION_ID:
        raise DamagedDatabaseError(
            "The file is a database of another program.",
            hint="Choose another workspace folder.",
        )
    if version > schema_version():
        raise NewerDatabaseError(
            f"The workspace was written by a newer version of hl7console (schema {version}; "
            f"this version knows {schema_version()}).",
            hint="Install the newer version, or open another workspace.",
        )
    return version


def migrate(database: Database) -> int:
    """Bring the database to this version's schema and return how many steps that took.

    The writing connection's thread. A step that fails leaves the database as it was before it.

    Raises:
        NewerDatabaseError: A newer version of the program wrote it.
        DamagedDatabaseError: It is a database of another program.
    """
    before = check_version(database)
    if before == schema_version():
        return 0
    # Half a second to load, and seldom needed: only where a step has to run.
    from sqlite_utils.migrations import Migrations

    migrations = Migrations(_SET)
    for number, (name, step) in enumerate(STEPS, start=1):
        migrations(name=name)(_as_migration(database, number, step))
    migrations.apply(database.utils)
    return schema_version() - before


def _as_migration(
    database: Database, number: int, step: Step
) -> Callable[[sqlite_utils.Database], None]:
    def run(_utils: sqlite_utils.Database) -> None:
        step(database)
        database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        database.execute(f"PRAGMA user_version = {number}")

    return run
