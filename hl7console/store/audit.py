"""The audit trail: who did what, each row chained to the one before by its hash.

A row that was changed, cut out or put in breaks the chain; a trail cut off at its end no longer
fits the head kept among the settings. Texts hold names of things and ids, never patient data.

References:
    IHE ITI TF-2 3.20 (record audit event), DICOM PS3.15 A.5.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass

from hl7console.store.connection import Database

HEAD = "audit_head"
"""Name of the setting that holds the last row's id and hash."""

_COLUMNS = "id, at_us, user, action, subject, reason, details, previous_hash, hash"
_READ_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What to write into the audit trail."""

    action: str
    """What was done, as a verb and its object: ``retention run``."""
    user: str
    subject: str = ""
    """What it was done to: ids, names of interfaces."""
    reason: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One row of the audit trail."""

    id: int
    at_us: int
    user: str
    action: str
    subject: str
    reason: str
    details: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """Whether the audit trail is whole."""

    is_intact: bool
    rows: int
    """Rows that were read."""
    bad_id: int = 0
    """The first row that does not fit; 0 for none."""
    text: str = ""
    """One sentence."""


def append(database: Database, entry: AuditEntry, at_us: int) -> int:
    """Write a row and return its id; the writer's thread (``StoreWriter.call``).

    Args:
        database: The writing connection.
        entry: What happened.
        at_us: When; UTC, microseconds since 1970.
    """
    with database.transaction():
        last_id, previous = _read_head(database)
        row = AuditRow(
            last_id + 1,
            at_us,
            entry.user,
            entry.action,
            entry.subject,
            entry.reason,
            entry.details,
        )
        digest = _hash_of(row, previous)
        database.execute(
            f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
            (
                row.id,
                row.at_us,
                row.user,
                row.action,
                row.subject,
                row.reason,
                row.details,
                previous,
                digest,
            ),
        )
        database.execute(
            "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)",
            (HEAD, f"{row.id} {digest.hex()}"),
        )
        return row.id


def read(database: Database, *, limit: int = 1_000, before_id: int | None = None) -> list[AuditRow]:
    """Return rows of the trail, newest first; any connection of the calling thread."""
    rows = database.all(
        "SELECT id, at_us, user, action, subject, reason, details FROM audit"
        " WHERE id < ? ORDER BY id DESC LIMIT ?",
        (2**62 if before_id is None else before_id, limit),
    )
    return [AuditRow(*row) for row in rows]  # type: ignore[arg-type]


def verify(database: Database) -> AuditCheck:
    """Return whether no row was changed, cut out, put in or cut off.

    Any connection of the calling thread; reads every row.
    """
    with database.transaction(immediate=False):
        head_id, head = _read_head(database)
        previous, last_id = b"", 0
        for row, stored_previous, digest in _all_rows(database):
            if row.id != last_id + 1:
                return _broken(last_id, row.id, "Rows before it are missing.")
            if stored_previous != previous or digest != _hash_of(row, previous):
                return _broken(last_id, row.id, "It was changed.")
            previous, last_id = digest, row.id
        if (last_id, previous) != (head_id, head):
            return _broken(last_id, last_id + 1, "Rows at the end are missing.")
    return AuditCheck(is_intact=True, rows=last_id, text=f"All {last_id} rows are as written.")


def _broken(rows: int, bad_id: int, what: str) -> AuditCheck:
    text = f"The audit trail is broken at row {bad_id}. {what}"
    return AuditCheck(is_intact=False, rows=rows, bad_id=bad_id, text=text)


def _all_rows(database: Database) -> Iterator[tuple[AuditRow, bytes, bytes]]:
    last_id = -(2**62)
    while True:
        rows = database.all(
            f"SELECT {_COLUMNS} FROM audit WHERE id > ? ORDER BY id LIMIT ?",  # noqa: S608
            (last_id, _READ_AT_ONCE),
        )
        for *columns, previous, digest in rows:
            row = AuditRow(*columns)  # type: ignore[arg-type]
            last_id = row.id
            yield row, _as_bytes(previous), _as_bytes(digest)
        if len(rows) < _READ_AT_ONCE:
            return


def _read_head(database: Database) -> tuple[int, bytes]:
    row = database.one("SELECT value FROM settings WHERE name = ?", (HEAD,))
    if row is None:
        return 0, b""
    last_id, _, digest = str(row[0]).partition(" ")
    return int(last_id), bytes.fromhex(digest)


def _hash_of(row: AuditRow, previous: bytes) -> bytes:
    values = (row.id, row.at_us, row.user, row.action, row.subject, row.reason, row.details)
    return hashlib.sha256(previous + json.dumps(values).encode("ascii")).digest()


def _as_bytes(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""
