"""Deliveries that come with a message: queued in the transaction that stores it.

One statement for a whole batch, for the reason told in `batches`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from hl7console.store.connection import Database
from hl7console.store.records import NewMessage, StoreOutcome

_QUEUE = """
INSERT INTO deliveries
    (message_id, destination, route, recipe_id, created_at_us, changed_at_us, state, is_due)
SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 4, 'queued', 1
FROM json_each(?)
"""

RoutedRow = tuple[int, str, str, int, int]
"""Message id, destination, route, recipe id, and the time."""


def routed_rows(batch: Sequence[NewMessage], outcomes: Sequence[StoreOutcome]) -> list[RoutedRow]:
    """Return the deliveries that a batch calls for, in the order of its messages."""
    return [
        (outcome.message_id, wanted.destination, wanted.route, wanted.recipe_id, new.received_at_us)
        for new, outcome in zip(batch, outcomes, strict=True)
        if new.deliveries and not (outcome.duplicate_of and new.drops_duplicate_deliveries)
        for wanted in new.deliveries
    ]


def queue_routed(database: Database, rows: Sequence[RoutedRow]) -> None:
    """Queue deliveries, their ids in the order of the rows; inside a transaction."""
    database.execute(_QUEUE, (json.dumps(rows),))


def counted(rows: Sequence[RoutedRow]) -> dict[str, int]:
    """Return how many deliveries each destination got."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row[1]] = counts.get(row[1], 0) + 1
    return counts
