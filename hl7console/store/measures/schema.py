"""The tables of ``measures.db``.

What is new is added to the ``fresh`` tables, once a second at most, together with how far it was
counted. From time to time all of it is *folded* into the steps of every width that is kept, and
``fresh`` is empty again. So a second of traffic costs one small write, and both belong together
whatever is killed when: a reader adds ``fresh`` to what is folded. Steps in which nothing was
have no row. Backlog, age and connections are NULL where they were not looked at.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from hl7console.store.derived_file import DerivedFormat

MEASURES_NAME = "measures.db"
"""Name of the file in the workspace's folder."""

APPLICATION_ID = 0x484C374D
"""Marks the file as measures of this program ("HL7M")."""

COUNTED = ("received", "accepted", "refused", "unclear", "duplicates", "size_bytes")
"""Columns that add up."""

GAUGED = ("backlog", "head_age_s", "connections")
"""Columns of which the largest value counts."""

COLUMNS = COUNTED + GAUGED

BEAT_S = 10
"""How often it is noted that the program runs, where nothing else is written, in seconds."""

LATENCY, WAIT = 0, 1
"""Kinds of times."""

_NUMBERS = ", ".join(
    [f"{name} INTEGER NOT NULL" for name in COUNTED] + [f"{name} INTEGER" for name in GAUGED]
)

TABLES: dict[str, str] = {
    "series": "(id INTEGER PRIMARY KEY, scope TEXT NOT NULL, name TEXT NOT NULL,"
    " received_s INTEGER NOT NULL DEFAULT 0, UNIQUE (scope, name))",
    "cause_names": "(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE)",
    "fresh": f"(series_id INTEGER NOT NULL, at_s INTEGER NOT NULL, {_NUMBERS})",
    "fresh_times": "(series_id INTEGER NOT NULL, at_s INTEGER NOT NULL, kind INTEGER NOT NULL,"
    " packed BLOB NOT NULL)",
    "fresh_causes": "(series_id INTEGER NOT NULL, at_s INTEGER NOT NULL,"
    " cause_id INTEGER NOT NULL, count INTEGER NOT NULL)",
    "steps": "(resolution INTEGER NOT NULL, series_id INTEGER NOT NULL, at_s INTEGER NOT NULL,"
    f" {_NUMBERS}, PRIMARY KEY (resolution, series_id, at_s)) WITHOUT ROWID",
    "times": "(resolution INTEGER NOT NULL, series_id INTEGER NOT NULL, at_s INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, packed BLOB NOT NULL,"
    " PRIMARY KEY (resolution, series_id, at_s, kind)) WITHOUT ROWID",
    "causes": "(resolution INTEGER NOT NULL, series_id INTEGER NOT NULL, at_s INTEGER NOT NULL,"
    " cause_id INTEGER NOT NULL, count INTEGER NOT NULL,"
    " PRIMARY KEY (resolution, series_id, at_s, cause_id)) WITHOUT ROWID",
    "runs": "(id INTEGER PRIMARY KEY, since_s INTEGER NOT NULL, until_s INTEGER NOT NULL,"
    " has_ended INTEGER NOT NULL DEFAULT 0)",
    "marks": "(id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, kind TEXT NOT NULL,"
    " text TEXT NOT NULL)",
    "normal": "(hour INTEGER NOT NULL, series_id INTEGER NOT NULL, typical REAL NOT NULL,"
    " spread REAL NOT NULL, weeks INTEGER NOT NULL,"
    " PRIMARY KEY (hour, series_id)) WITHOUT ROWID",
    "meta": "(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
}
"""By name: the columns of each table."""

_INDEXES = (
    "CREATE INDEX runs_until ON runs(until_s)",
    "CREATE INDEX marks_at ON marks(at_us)",
)

FORMAT = DerivedFormat(
    APPLICATION_ID,
    TABLES,
    _INDEXES,
    hashlib.sha256(repr((2, sorted(TABLES.items()), _INDEXES)).encode()).hexdigest(),
)
"""What a file must have been made with to be gone on with."""


def measures_path(console_path: Path) -> Path:
    """Return where the measures of a workspace's database lie."""
    return console_path.with_name(MEASURES_NAME)
