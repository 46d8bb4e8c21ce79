"""Attempts of a resend, written many at a time: before their first byte, and when they ended.

What `hl7console.store.deliveries` does for one attempt is done here for a batch of them, in one
statement each, since every step of a statement gives the interpreter's lock away. None of these
deliveries is ever due: a resend is done or it isn't, no queue goes on with it. All functions run on
the writer thread, inside a transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.store.connection import Database, SqlValue
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState

MOST_AT_ONCE = 256
"""Attempts written by one statement, at most."""

_SENDING = str(DeliveryState.SENDING)
_NEW_ATTEMPT = "(?,?,?,?,?,?,?,0,'','',x'')"


@dataclass(frozen=True, slots=True)
class AttemptStart:
    """An attempt that is about to begin."""

    message_id: int
    destination: str
    """A destination's name, or ``host:port``."""
    started_at_us: int
    sent: bytes = field(default=b"", repr=False)
    """The bytes that go out where they differ from the message's own."""


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """How an attempt ended."""

    attempt_id: int
    outcome: AttemptOutcome
    cause: str = ""
    """Code and path that the receiver named; what the error list groups by."""


def begin_attempts(database: Database, starts: Sequence[AttemptStart]) -> list[int]:
    """Note that messages are about to be sent, and return the attempts' ids in their order."""
    ids: list[int] = []
    for place in range(0, len(starts), MOST_AT_ONCE):
        ids += _begin(database, starts[place : place + MOST_AT_ONCE])
    return ids


def _begin(database: Database, starts: Sequence[AttemptStart]) -> list[int]:
    first_delivery = database.integer("SELECT max(id) FROM deliveries") + 1
    first_attempt = database.integer("SELECT max(id) FROM attempts") + 1
    deliveries: list[SqlValue] = []
    attempts: list[SqlValue] = []
    for n, start in enumerate(starts):
        at_us = start.started_at_us
        deliveries += (
            first_delivery + n, start.message_id, start.destination, _SENDING, at_us, at_us, 1,
        )  # fmt: skip
        attempts += (
            first_attempt + n, first_delivery + n, start.message_id, start.destination, at_us,
            _SENDING, start.sent,
        )  # fmt: skip
    database.execute(
        "INSERT INTO deliveries (id, message_id, destination, state, created_at_us, changed_at_us,"  # noqa: S608
        f" attempt_count) VALUES {_places('(?,?,?,?,?,?,?)', len(starts))}",
        deliveries,
    )
    database.execute(
        "INSERT INTO attempts (id, delivery_id, message_id, destination, started_at_us,"  # noqa: S608
        " state, sent, finished_at_us, ack_code, text, reply)"
        f" VALUES {_places(_NEW_ATTEMPT, len(starts))}",
        attempts,
    )
    return list(range(first_attempt, first_attempt + len(starts)))


def end_attempts(database: Database, ends: Sequence[AttemptEnd]) -> None:
    """Note how attempts ended; their deliveries take the same states."""
    for place in range(0, len(ends), MOST_AT_ONCE):
        _end(database, ends[place : place + MOST_AT_ONCE])


def _end(database: Database, ends: Sequence[AttemptEnd]) -> None:
    told: list[SqlValue] = []
    for end in ends:
        outcome = end.outcome
        told += (
            end.attempt_id, str(outcome.state), outcome.finished_at_us, outcome.ack_code,
            outcome.reply, outcome.text, end.cause,
        )  # fmt: skip
    names = "id, state, at_us, code, reply, text, cause"
    ended = f"WITH ended({names}) AS (VALUES {_places('(?,?,?,?,?,?,?)', len(ends))})"
    database.execute(
        f"{ended} UPDATE attempts SET state = ended.state, finished_at_us = ended.at_us,"  # noqa: S608
        " ack_code = ended.code, reply = ended.reply, text = ended.text"
        " FROM ended WHERE attempts.id = ended.id",
        told,
    )
    database.execute(
        f"{ended} UPDATE deliveries SET state = ended.state, changed_at_us = ended.at_us,"  # noqa: S608
        " ack_code = ended.code, text = ended.text, cause = ended.cause"
        " FROM ended JOIN attempts ON attempts.id = ended.id"
        " WHERE deliveries.id = attempts.delivery_id",
        told,
    )


def forget_attempts(database: Database, attempt_ids: Sequence[int]) -> None:
    """Remove attempts that were written down but never begun, with their deliveries."""
    for attempt_id in attempt_ids:
        database.execute(
            "DELETE FROM deliveries WHERE id = (SELECT delivery_id FROM attempts WHERE id = ?)",
            (attempt_id,),
        )
        database.execute("DELETE FROM attempts WHERE id = ?", (attempt_id,))


def _places(row: str, count: int) -> str:
    return ",".join([row] * count)
