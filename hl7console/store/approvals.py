"""What somebody has looked at and lets run: contents, told apart by their SHA-256."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.store.connection import Database

FUNCTION = "function"
"""Kind of approval: a file with functions of the user's own."""


@dataclass(frozen=True, slots=True)
class Approval:
    """One content that may run."""

    digest: str
    """SHA-256 in hex digits."""
    kind: str
    name: str
    """Name of the file when it was approved."""
    at_us: int
    user: str


def approve(database: Database, approval: Approval) -> None:
    """Let a content run; the writer thread."""
    database.execute(
        "INSERT OR REPLACE INTO approvals (digest, kind, name, at_us, user) VALUES (?, ?, ?, ?, ?)",
        (approval.digest, approval.kind, approval.name, approval.at_us, approval.user),
    )


def withdraw(database: Database, kind: str, digest: str) -> bool:
    """Let a content run no more; return whether it might before. The writer thread."""
    cursor = database.execute("DELETE FROM approvals WHERE kind = ? AND digest = ?", (kind, digest))
    return int(cursor.rowcount) > 0


def approval(database: Database, kind: str, digest: str) -> Approval | None:
    """Return who approved a content and when; None when nobody did. Any connection."""
    row = database.one(
        "SELECT digest, kind, name, at_us, user FROM approvals WHERE kind = ? AND digest = ?",
        (kind, digest),
    )
    return None if row is None else Approval(*row)  # type: ignore[arg-type]
