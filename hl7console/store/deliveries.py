"""Deliveries and their attempts: what was sent where, and what came of it.

An attempt is written before its first byte goes out and again when it has ended. One that a
crash or a stop cut off stays ``sending`` and is set to ``unknown`` at the next start: the receiver
may or may not have it. All functions run on the writer thread (``StoreWriter.call``).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.store.connection import Database
from hl7console.store.records import DeliveryState

INTERRUPTED_TEXT = "The program ended before an answer came; the receiver may have the message."

REPEAT_TEXT = "A repeat: what became of the try before is unknown."
"""In front of what is told of a try that repeats one without a certain answer."""

_SENDING = str(DeliveryState.SENDING)
_CUT_OFF = f"INDEXED BY deliveries_sending WHERE state = '{_SENDING}'"


@dataclass(frozen=True, slots=True)
class AttemptOutcome:
    """How an attempt ended."""

    state: str
    """A `DeliveryState`."""
    finished_at_us: int
    ack_code: str = ""
    reply: bytes = field(default=b"", repr=False)
    text: str = ""


def start_attempt(
    database: Database,
    message_id: int,
    destination: str,
    started_at_us: int,
    *,
    sent: bytes = b"",
    delivery_id: int = 0,
) -> tuple[int, int]:
    """Note that a message is about to be sent and return (delivery id, attempt id).

    Args:
        database: The writing connection.
        message_id: The message.
        destination: A destination's name, or ``host:port``.
        started_at_us: UTC, microseconds since 1970.
        sent: The bytes that go out where they differ from the message's own.
        delivery_id: The delivery that this is another try of; 0 makes a new one.
    """
    with database.transaction():
        if delivery_id:
            _set_state(database, delivery_id, DeliveryState.SENDING, started_at_us)
        else:
            cursor = database.execute(
                "INSERT INTO deliveries (message_id, destination, state, created_at_us,"
                " changed_at_us) VALUES (?, ?, ?, ?, ?)",
                (message_id, destination, str(DeliveryState.SENDING), started_at_us, started_at_us),
            )
            delivery_id = int(cursor.lastrowid or 0)
        cursor = database.execute(
            "INSERT INTO attempts (delivery_id, message_id, destination, started_at_us,"
            " finished_at_us, state, ack_code, text, sent, reply)"
            " VALUES (?, ?, ?, ?, 0, ?, '', '', ?, x'')",
            (
                delivery_id,
                message_id,
                destination,
                started_at_us,
                str(DeliveryState.SENDING),
                sent,
            ),
        )
        return delivery_id, int(cursor.lastrowid or 0)


def finish_attempt(database: Database, attempt_id: int, outcome: AttemptOutcome) -> None:
    """Note how an attempt ended; its delivery takes the same state."""
    with database.transaction():
        database.execute(
            "UPDATE attempts SET state = ?, finished_at_us = ?, ack_code = ?, reply = ?, text = ?"
            " WHERE id = ?",
            (
                str(outcome.state),
                outcome.finished_at_us,
                outcome.ack_code,
                outcome.reply,
                outcome.text,
                attempt_id,
            ),
        )
        delivery_id = database.integer(
            "SELECT delivery_id FROM attempts WHERE id = ?", (attempt_id,)
        )
        _set_state(database, delivery_id, outcome.state, outcome.finished_at_us)


def record_attempt(
    database: Database,
    message_id: int,
    destination: str,
    started_at_us: int,
    outcome: AttemptOutcome,
    *,
    sent: bytes = b"",
) -> int:
    """Note an attempt that has already ended and return its id."""
    with database.transaction():
        _, attempt_id = start_attempt(database, message_id, destination, started_at_us, sent=sent)
        finish_attempt(database, attempt_id, outcome)
        return attempt_id


def mark_interrupted(database: Database, now_us: int) -> int:
    """Set what a former run left ``sending`` to ``unknown``; returns how many attempts.

    What a queue had in hand stays due: it is sent again with the same bytes, as a repeat. To be
    called once, before anything is sent.
    """
    with database.transaction():
        database.execute(
            "INSERT INTO attempts (delivery_id, message_id, destination, started_at_us,"  # noqa: S608
            " finished_at_us, state, ack_code, text, sent, reply)"
            f" SELECT id, message_id, destination, changed_at_us, 0, '{_SENDING}', '', '', x'', x''"
            f" FROM deliveries {_CUT_OFF} AND is_due = 1 AND NOT EXISTS"
            f" (SELECT 1 FROM attempts WHERE delivery_id = deliveries.id AND state = '{_SENDING}')"
            " ORDER BY id"
        )
        cursor = database.execute(
            "UPDATE attempts SET state = ?, finished_at_us = ?, text = CASE"  # noqa: S608 - our own
            " (SELECT state FROM attempts AS before WHERE before.delivery_id ="
            " attempts.delivery_id AND before.id < attempts.id ORDER BY before.id DESC LIMIT 1)"
            " WHEN 'unknown' THEN ? ELSE ? END"
            f" WHERE state = '{_SENDING}' AND delivery_id IN"
            f" (SELECT id FROM deliveries {_CUT_OFF})",
            (
                str(DeliveryState.UNKNOWN),
                now_us,
                f"{REPEAT_TEXT} {INTERRUPTED_TEXT}",
                INTERRUPTED_TEXT,
            ),
        )
        count = max(int(cursor.rowcount), 0)
        database.execute(
            "UPDATE deliveries SET attempt_count = attempt_count + is_due, retry_at_us = 0,"  # noqa: S608 - our own
            " state = ?, changed_at_us = ?, text = CASE is_due WHEN 1 THEN ? ELSE text END"
            f" WHERE id IN (SELECT id FROM deliveries {_CUT_OFF})",
            (str(DeliveryState.UNKNOWN), now_us, INTERRUPTED_TEXT),
        )
        return count


def _set_state(database: Database, delivery_id: int, state: str, at_us: int) -> None:
    database.execute(
        "UPDATE deliveries SET state = ?, changed_at_us = ? WHERE id = ?",
        (str(state), at_us, delivery_id),
    )
