"""Counts of stored messages of one listener by sender and type, from the narrow index."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader
from hl7console.store.records import Origin, Status

_SQL = f"""
SELECT json_group_array(json_array(sender, message_type, event, status, n)) FROM (
    SELECT k.sender, k.message_type, k.event, k.status, sum(counted.n) AS n
    FROM (SELECT kind_id, count(*) AS n FROM messages INDEXED BY messages_list
        WHERE received_at_us >= ? AND received_at_us < ? GROUP BY kind_id) AS counted
    JOIN kinds AS k ON k.id = counted.kind_id
    WHERE k.origin = '{Origin.RECEIVED}' AND k.interface = ?
    GROUP BY k.sender, k.message_type, k.event, k.status)
"""  # noqa: S608 - our own


@dataclass(frozen=True, slots=True)
class KindCount:
    """How many messages of one kind there are."""

    sender: str
    message_type: str
    event: str
    is_accepted: bool
    count: int


def counts_by_kind(
    reader: StoreReader, listener: str, since_us: int, until_us: int
) -> list[KindCount]:
    """Return how many messages a listener received in a span, as far as they are still stored.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        row = reader.database().one(_SQL, (since_us, until_us, listener))
    return [
        KindCount(sender, type_, event, status == Status.OK, count)
        for sender, type_, event, status, count in (json.loads(str(row[0])) if row else ())
    ]
