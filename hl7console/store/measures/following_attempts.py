"""Reads of ``console.db`` which attempts of sending have ended since. Read-only, one thread."""

from __future__ import annotations

import json

from hl7console.store.connection import Database, SqlValue
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Scope
from hl7console.store.measures.schema import LATENCY, WAIT
from hl7console.store.measures.tally import Series, Tally
from hl7console.store.records import DeliveryState

MOST_AT_ONCE = 20_000
"""Attempts that are read in one go."""

_ENDED = """
SELECT json_group_array(json_array(a.id, a.destination, a.state, a.started_at_us, a.finished_at_us,
    coalesce(d.created_at_us, 0), a.ack_code, coalesce(d.cause, ''),
    coalesce(nullif(length(a.sent), 0), m.size_bytes, 0)))
FROM attempts AS a LEFT JOIN deliveries AS d ON d.id = a.delivery_id
LEFT JOIN messages AS m ON m.id = a.message_id
WHERE a.id IN (SELECT value FROM json_each(:open)) OR (a.id > :after AND a.id <= :until)
"""

_ACCEPTED = (DeliveryState.ACCEPTED, DeliveryState.COMMITTED)


class AttemptSource:
    """Counts attempts by their ids, from a watermark on, and those that had not ended before it.

    Args:
        console: A read-only connection of the calling thread.
    """

    def __init__(self, console: Database) -> None:
        self._console = console

    def count(
        self, last_id: int, open_ids: tuple[int, ...], tally: Tally
    ) -> tuple[int, tuple[int, ...], bool]:
        """Count what has ended; return the new watermark, what is open, and whether there is more.

        Args:
            last_id: Up to here they were counted or are open.
            open_ids: Those that had not ended when they were looked at.
            tally: Takes the counts.
        """
        last = self._console.integer("SELECT max(id) FROM attempts")
        # An id is given again where the last attempts were deleted.
        after = min(last_id, last)
        until = min(last, after + MOST_AT_ONCE)
        if until == after and not open_ids:
            return until, (), False
        values: dict[str, SqlValue] = {"open": json.dumps(open_ids), "after": after, "until": until}
        row = self._console.one(_ENDED, values)
        still_open: list[int] = []
        for id_, destination, state, *rest in json.loads(str(row[0])) if row else ():
            if state == DeliveryState.SENDING or not rest[1]:
                still_open.append(id_)
            else:
                _count_one((Scope.DESTINATION, destination), state, rest, tally)
        return until, tuple(sorted(still_open)), until < last


def _count_one(series: Series, state: str, rest: list[int | str], tally: Tally) -> None:
    started_us, finished_us, created_us = int(rest[0]), int(rest[1]), int(rest[2])
    code, cause = str(rest[3]), str(rest[4])
    at_s = max(finished_us // 1_000_000, 0)
    is_accepted = state in _ACCEPTED
    is_refused = state == DeliveryState.REJECTED
    is_unclear = not (is_accepted or is_refused)
    tally.count(series, at_s, (1, is_accepted, is_refused, is_unclear, 0, int(rest[5])))
    if not is_accepted:
        tally.cause(series, at_s, cause or code or "no answer", 1)
    if is_accepted or is_refused:
        _time(series, at_s, LATENCY, finished_us - started_us, tally)
        if created_us:
            _time(series, at_s, WAIT, started_us - created_us, tally)


def _time(series: Series, at_s: int, kind: int, took_us: int, tally: Tally) -> None:
    times = Histogram()
    times.add(max(took_us, 0))
    tally.time(series, at_s, kind, times)
