"""What an edited message takes over from the one it was made from, and its row in the store."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.engine.storing import scanned_message
from hl7console.hl7v2.charset import decode
from hl7console.hl7v2.scan import scan
from hl7console.store.records import MessageRow, NewMessage, Origin
from hl7console.store.repair_records import EditNote

_DEFAULT_CODEC = "cp1252"


@dataclass(frozen=True, slots=True)
class Parent:
    """What an edited message takes over from the one it was made from."""

    message_id: int = 0
    """0 where it was made from none."""
    codec: str = ""
    is_forced: bool = False
    """Its listener had the character set forced on it."""
    connection: int = 0
    """Where it came over MLLP; the edited one then goes out as it is, as the parent would."""


def parent_of(row: MessageRow, raw: bytes) -> Parent:
    """Return what a stored message hands on to one that is made from it. Any thread.

    Args:
        row: Its row.
        raw: Its bytes.
    """
    codec = row.charset
    read_with = decode(raw, default_codec=codec or _DEFAULT_CODEC).codec
    connection = row.connection if row.was_on_wire else 0
    return Parent(row.id, codec, bool(codec) and read_with != codec, connection)


def edited_message(
    raw: bytes, parent: Parent, note: EditNote, now_us: int, *, origin: Origin = Origin.EDITED
) -> NewMessage:
    """Return the row of an edited message, and what is kept with it. Any thread.

    Args:
        raw: Its bytes.
        parent: What it was made from.
        note: Who edited it, and why.
        now_us: When it is kept; UTC, microseconds since 1970.
        origin: What it is: edited, or a sample that somebody wrote.
    """
    forced = parent.codec if parent.is_forced else ""
    seen = scan(raw, default_codec=parent.codec or _DEFAULT_CODEC, force_codec=forced)
    made = scanned_message(
        raw,
        seen,
        origin=origin,
        received_at_us=now_us,
        connection=parent.connection,
        parent_id=parent.message_id,
    )
    made.edited = note
    return made
