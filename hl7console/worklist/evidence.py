"""Which of two messages of one sender spoke last: the last event time for each row and source.

Times of different senders are never compared. A row keeps, in ``last_event``, a list of
``[source, time, entry]``; an order keeps, in ``state_event``, a list of
``[source, time, state]``: the last state that each sender has claimed.

References: order-states section 5.
"""

from __future__ import annotations

from typing import NamedTuple

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.reading import View
from hl7console.worklist.rows import Row
from hl7console.worklist.turn import Turn


class Claim(NamedTuple):
    """What a sender said last about a row."""

    time: str
    """Event time, ``YYYYMMDDHHMMSS[.ffff]``."""
    what: int | str
    """The entry that said it, or the state that was claimed."""


def sender_of(view: View) -> str:
    """Return who sent a message: ``MSH-3|MSH-4``."""
    return f"{view.get('MSH', 3)}|{view.get('MSH', 4)}"


def source_of(entry: MessageEntry, view: View) -> str:
    """Return the source whose times are compared with each other: ``listener|MSH-3|MSH-4``."""
    return f"{entry.listener}|{view.get('MSH', 3)}|{view.get('MSH', 4)}"


def last_claim(row: Row, source: str, column: str = "last_event") -> Claim | None:
    """Return what a source said last about a row; None when it said nothing yet."""
    for claim in row.list(column):
        if isinstance(claim, list | tuple) and claim[0] == source:
            return Claim(str(claim[1]), claim[2])
    return None


def is_older(row: Row, source: str, time: str, column: str = "last_event") -> bool:
    """Return whether the source has said something about the row at a later time.

    Equal times are not older: then the order of arrival decides.
    """
    if not time:
        return False
    claim = last_claim(row, source, column)
    return claim is not None and time < claim.time


def remember(turn: Turn, row: Row, source: str, time: str, path: str = "", state: str = "") -> None:
    """Note that a source has spoken about a row; never goes back in time.

    Args:
        turn: The turn.
        row: The row.
        source: Who spoke.
        time: When; "" notes nothing.
        path: The field with the time.
        state: The state that was claimed; then it goes into ``state_event``.
    """
    column = "state_event" if state else "last_event"
    if not time or is_older(row, source, time, column):
        return
    others = [
        claim
        for claim in row.list(column)
        if not (isinstance(claim, list | tuple) and claim[0] == source)
    ]
    turn.set(row, column, [*others, [source, time, state or turn.entry.number]], path)
