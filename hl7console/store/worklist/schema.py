"""The tables of ``worklist.db``: the projection's rows, their keys, their lines and their history.

The file is derived: all that it holds follows from the journal in ``console.db``, so that a file
that is damaged, missing or of another format is made again and never migrated. `FORMAT` changes
with everything that a rebuild is due for.

* ``<kind>_rows`` hold a row's columns and their sources as JSON.
* ``row_keys`` has a line for each key of `worklist.rows.INDEXES`, for `State.find`.
* ``lines`` has the narrow columns of each worklist line, for lists, filters and C-FIND.
* ``entries`` has one row for each journal entry in the order of applying, ``events`` one for each
  row that an entry changed, ``noted`` one for each row that it only said something of: the
  history, *Why?*, the error list and *as of* are read from them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from hl7console.store.derived_file import DerivedFormat
from hl7console.worklist.rows import INDEXES

WORKLIST_NAME = "worklist.db"
"""Name of the file in the workspace's folder."""

APPLICATION_ID = 0x484C3757
"""Marks the file as a worklist of this program ("HL7W")."""

RULES_VERSION = 2
"""Grows when the rules or these tables change so that older workspaces have to be rebuilt."""

SPACES: dict[tuple[str, str], int] = {
    (kind, index): number
    for number, (kind, index) in enumerate(
        ((kind, index) for kind, indexes in INDEXES.items() for index in indexes), start=1
    )
}
"""By kind and index: its number in ``row_keys``."""

KIND_NUMBERS: dict[str, int] = {kind: number for number, kind in enumerate(INDEXES, start=1)}
"""By kind: its number in ``events``."""

KIND_NAMES: dict[int, str] = {number: kind for kind, number in KIND_NUMBERS.items()}

LINE_COLUMNS: tuple[str, ...] = (
    "step_id",
    "order_id",
    "patient_row",
    "start_date",
    "start_time",
    "priority",
    "priority_rank",
    "patient_name",
    "patient_id",
    "issuer",
    "accession",
    "modality",
    "procedure",
    "stations",
    "is_open",
    "state",
    "missing",
    "is_incomplete",
    "flags",
    "last_entry",
    "listener",
    "study_uid",
    "sps_id",
    "folded",
)
"""Columns of ``lines`` in the order in which they are written."""

_NUMBERS = {
    "order_id",
    "patient_row",
    "priority_rank",
    "is_open",
    "is_incomplete",
    "last_entry",
}

_LINES = ", ".join(
    "step_id INTEGER PRIMARY KEY"
    if column == "step_id"
    else f"{column} {'INTEGER' if column in _NUMBERS else 'TEXT'} NOT NULL"
    for column in LINE_COLUMNS
)

TABLES: dict[str, str] = {
    **{f"{kind}_rows": "(id INTEGER PRIMARY KEY, body TEXT NOT NULL)" for kind in INDEXES},
    "row_keys": (
        "(space INTEGER NOT NULL, key TEXT NOT NULL, id INTEGER NOT NULL,"
        " PRIMARY KEY (space, key, id)) WITHOUT ROWID"
    ),
    "lines": f"({_LINES})",
    "entries": (
        "(position INTEGER PRIMARY KEY, number INTEGER NOT NULL UNIQUE, at_us INTEGER NOT NULL,"
        " kind TEXT NOT NULL, title TEXT NOT NULL, sender TEXT NOT NULL, listener TEXT NOT NULL,"
        " worst INTEGER NOT NULL, is_refused INTEGER NOT NULL, cites INTEGER NOT NULL,"
        " notes TEXT NOT NULL)"
    ),
    "events": (
        "(id INTEGER PRIMARY KEY, position INTEGER NOT NULL, kind INTEGER NOT NULL,"
        " row_id INTEGER NOT NULL, changes TEXT NOT NULL)"
    ),
    "noted": (
        "(name TEXT NOT NULL, position INTEGER NOT NULL, PRIMARY KEY (name, position))"
        " WITHOUT ROWID"
    ),
    "meta": "(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
}
"""By name: the columns of each table."""

INDEX_STATEMENTS: tuple[str, ...] = (
    "CREATE INDEX lines_date ON lines(start_date, modality)",
    "CREATE INDEX lines_accession ON lines(accession) WHERE accession <> ''",
    "CREATE INDEX lines_patient_id ON lines(patient_id)",
    "CREATE INDEX lines_patient ON lines(patient_row)",
    "CREATE INDEX lines_study ON lines(study_uid)",
    "CREATE INDEX lines_state ON lines(state, modality)",
    "CREATE INDEX entries_at ON entries(at_us)",
    "CREATE INDEX entries_worst ON entries(position) WHERE worst >= 4",
    "CREATE INDEX events_row ON events(kind, row_id, position)",
    "CREATE INDEX events_position ON events(position)",
    "CREATE INDEX noted_position ON noted(position)",
)

FORMAT = DerivedFormat(
    APPLICATION_ID,
    TABLES,
    INDEX_STATEMENTS,
    hashlib.sha256(
        repr((RULES_VERSION, sorted(TABLES.items()), INDEX_STATEMENTS, INDEXES)).encode()
    ).hexdigest(),
)
"""What a file must have been made with to be followed on."""


def worklist_path(console_path: Path) -> Path:
    """Return where the worklist of a workspace's database lies."""
    return console_path.with_name(WORKLIST_NAME)
