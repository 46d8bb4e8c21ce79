"""What routes would do, tried without doing anything: with stored messages, or with one message."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hl7console.engine.routes import Decision, Router, compiled
from hl7console.errors import UsageError
from hl7console.hl7v2.filters import And, OriginIs, Query, StatusIs
from hl7console.settings import RouteSettings
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow, Origin

TRIED = 1_000
"""Messages that a filter is tried on."""

_READ_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Trial:
    """What a route would have taken."""

    taken: int
    looked_at: int
    """Received and accepted messages that there were, the latest of them."""

    @property
    def text(self) -> str:
        """One sentence."""
        if not self.looked_at:
            return "No message was received yet to try it on."
        if self.looked_at == 1:
            return f"It would {'take' if self.taken else 'not take'} the one message received."
        return f"It would take {self.taken:,} of the last {self.looked_at:,} received messages."


def try_filter(reader: StoreReader, text: str, *, most: int = TRIED) -> Trial:
    """Return how many of the last received messages a route with this filter takes.

    Args:
        reader: The calling thread's connection.
        text: The filter.
        most: Messages to look at.

    Raises:
        FilterError: It is not understood, or asks for what is not known on arrival.
        QueryStoppedError: The reader was interrupted.
    """
    router = Router([compiled(RouteSettings("trial", text, ("trial",)))])
    accepted = Query("", And((OriginIs((str(Origin.RECEIVED),)), StatusIs("ok"))))
    ids = reader.ids(accepted, limit=most, newest_first=True)
    taken = 0
    for start in range(0, len(ids), _READ_AT_ONCE):
        for row in reader.rows(ids[start : start + _READ_AT_ONCE]):
            raw = None if "unsolicited_ack" in row.flags else reader.raw(row.id)
            if raw is not None and router.decide(row, raw, row.charset).wanted:
                taken += 1
    return Trial(taken, len(ids))


def dry_run(routes: Sequence[RouteSettings], row: MessageRow, raw: bytes) -> Decision:
    """Return where a message would go that is not forwarded itself. Any thread.

    Args:
        routes: The routes in force.
        row: The message's columns.
        raw: Its bytes.
    """
    table = []
    undecided: tuple[str, ...] = ()
    for route in routes:
        if not route.enabled:
            continue
        try:
            table.append(compiled(route))
        except UsageError:
            undecided += (route.name,)
    found = Router(table).decide(row, raw, row.charset)
    return Decision(found.wanted, (*undecided, *found.undecided))
