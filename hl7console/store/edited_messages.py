"""Who edited which message, and the messages that are kept by name to test with.

What writes runs on the writer thread, inside its transaction; what reads takes the reader of the
calling thread.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.errors import UsageError
from hl7console.store import audit
from hl7console.store.connection import Database, SqlValue
from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader
from hl7console.store.records import NewMessage
from hl7console.store.repair_records import SavedMessage

LONGEST_NAME = 80
"""Characters of the name of a saved message."""


def keep_edited(database: Database, edited: Sequence[tuple[int, NewMessage]]) -> None:
    """Note of messages who edited them and why, and keep those by name that are to have one.

    Runs inside the transaction that stores the messages.

    Args:
        database: The writing connection.
        edited: The messages with their ids; those without a note are left out.
    """
    noted = [(id_, new, new.edited) for id_, new in edited if new.edited is not None]
    values: list[SqlValue] = []
    for id_, new, note in noted:
        reason = _text(note.reason)
        values += (id_, _text(note.author), new.received_at_us, reason, note.recipe_id)
    database.execute(
        "INSERT INTO edited_messages (message_id, author, at_us, reason, recipe_id) VALUES "  # noqa: S608
        + ",".join(["(?,?,?,?,?)"] * len(noted)),
        values,
    )
    for id_, new, note in noted:
        if note.saved_name:
            database.execute(
                "INSERT OR IGNORE INTO saved_messages (name, message_id, at_us) VALUES (?, ?, ?)",
                (note.saved_name, id_, new.received_at_us),
            )
        if note.is_audited:
            details = f"made from message {new.parent_id}" if new.parent_id else ""
            entry = audit.AuditEntry(
                "message edited", _text(note.author), subject=f"message {id_}", details=details
            )
            audit.append(database, entry, new.received_at_us)


def _text(value: str) -> str:
    """Return a text that can be written: half a surrogate pair cannot."""
    return value.encode("utf-8", "replace").decode("utf-8")


def check_name(database: Database, name: str) -> None:
    """Look whether a message can be kept by a name.

    Raises:
        UsageError: It cannot.
    """
    if not name or len(name) > LONGEST_NAME or any(ord(char) < 0x20 for char in name):
        raise UsageError(f"A name is one line of at most {LONGEST_NAME} characters.")
    if database.integer("SELECT count(*) FROM saved_messages WHERE name = ?", (name,)):
        raise UsageError(
            f"There is a saved message named {name}.", hint="Give this one another name."
        )


def has_name(database: Database, name: str, message_id: int) -> bool:
    """Return whether a message is the one kept by a name."""
    statement = "SELECT count(*) FROM saved_messages WHERE name = ? AND message_id = ?"
    return bool(database.integer(statement, (name, message_id)))


def forget_name(database: Database, name: str) -> bool:
    """Forget the name of a saved message; return whether there was one."""
    cursor = database.execute("DELETE FROM saved_messages WHERE name = ?", (name,))
    return int(cursor.rowcount) > 0


def saved_messages(reader: StoreReader) -> tuple[SavedMessage, ...]:
    """Return the messages that are kept by name and still there, by name.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        rows = reader.database().all(
            "SELECT id, name, message_id, at_us FROM saved_messages AS s"
            " WHERE EXISTS (SELECT 1 FROM messages WHERE messages.id = s.message_id)"
            " ORDER BY name COLLATE NOCASE, id"
        )
    return tuple(SavedMessage(*row) for row in rows)  # type: ignore[arg-type]


def is_control_id_known(reader: StoreReader, control_id: str) -> bool:
    """Return whether any stored message has a control id.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        statement = "SELECT EXISTS (SELECT 1 FROM messages WHERE control_id = ?)"
        return bool(reader.database().integer(statement, (control_id,)))
