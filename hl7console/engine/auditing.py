"""What the engine writes into the audit trail: changes of settings, imports, sendings.

References:
    IHE ITI-20 section 3.20.4.1; DICOM PS3.15 A.5 (events that are audited).
"""

from __future__ import annotations

import contextlib
import getpass
import time

from hl7console.errors import ConsoleError
from hl7console.store import audit
from hl7console.store.connection import Database
from hl7console.store.writer import StoreWriter


def user_name() -> str:
    """Return who runs this program, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "unknown"


def append(database: Database, action: str, subject: str, details: str = "") -> None:
    """Note what was done, inside a transaction of the writer thread.

    Args:
        database: The writing connection.
        action: What, in a few words.
        subject: To what: an interface's name, a destination.
        details: Counts and ids; no patient data.
    """
    entry = audit.AuditEntry(action, user_name(), subject=subject, details=details)
    audit.append(database, entry, time.time_ns() // 1000)


def note(writer: StoreWriter, action: str, subject: str, details: str = "") -> None:
    """Note what was done. Any thread but the writer's; does not fail the work that was done."""
    with contextlib.suppress(ConsoleError, TimeoutError):
        writer.call(
            lambda database: append(database, action, subject, details), label="note in the audit"
        ).result(10.0)
