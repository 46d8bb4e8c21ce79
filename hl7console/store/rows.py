"""Reading rows and bytes of many messages in one step each.

Rows come as one JSON text, bytes as hexadecimal digits: see `search` for why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace

from hl7console.store.connection import Database
from hl7console.store.records import MessageRow, Origin
from hl7console.store.schema import KIND_COLUMNS, TRAIT_HANDLED

PACKED_BYTES = 32 * 1024
"""Longer messages are read one at a time."""

_DERIVED = ("note", "values", "sending_state", "sending_code", "sending_text")
_COLUMNS = ", ".join(
    f"m.traits & {TRAIT_HANDLED}"
    if column.name == "handled"
    else f"{'k' if column.name in KIND_COLUMNS else 'm'}.{column.name}"
    for column in fields(MessageRow)
    if column.name not in _DERIVED
)
_HANDLED_AT = [column.name for column in fields(MessageRow)].index("handled")

_ROWS = f"""
SELECT json_group_array(json_array({_COLUMNS}))
FROM json_each(?) AS wanted
CROSS JOIN messages AS m ON m.id = wanted.value
CROSS JOIN kinds AS k ON k.id = m.kind_id
"""  # noqa: S608

_LAST_TRIES = """
SELECT json_group_array(json_array(message_id, state, ack_code, text)) FROM attempts
WHERE id IN (SELECT max(id) FROM attempts
    WHERE message_id IN (SELECT value FROM json_each(?)) GROUP BY message_id)
"""

_BODIES = """
SELECT json_group_array(json_array(
    m.id, CASE WHEN length(m.raw) <= ? THEN hex(m.raw) END, length(m.raw)))
FROM json_each(?) AS wanted CROSS JOIN messages AS m ON m.id = wanted.value
"""

_STARTS = """
SELECT json_group_array(json_array(m.id, hex(substr(m.raw, 1, ?))))
FROM json_each(?) AS wanted CROSS JOIN messages AS m ON m.id = wanted.value
"""


def read_rows(database: Database, ids: Sequence[int]) -> list[MessageRow]:
    """Return the rows of these messages in their order; those that are gone are left out."""
    found = database.one(_ROWS, (json.dumps(list(ids)),))
    rows = []
    for columns in json.loads(str(found[0])) if found else []:
        columns[_HANDLED_AT] = bool(columns[_HANDLED_AT])
        rows.append(MessageRow(*columns))
    return _with_last_tries(database, rows)


def _with_last_tries(database: Database, rows: list[MessageRow]) -> list[MessageRow]:
    """Add to what was sent from here what came of it."""
    sent = [row.id for row in rows if row.origin == Origin.SENT]
    found = database.one(_LAST_TRIES, (json.dumps(sent),)) if sent else None
    if found is None:
        return rows
    tries = {message_id: told for message_id, *told in json.loads(str(found[0]))}
    return [
        replace(
            row,
            sending_state=tries[row.id][0],
            sending_code=tries[row.id][1],
            sending_text=tries[row.id][2],
        )
        if row.id in tries
        else row
        for row in rows
    ]


def read_bodies(database: Database, ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Yield id and bytes of these messages in their order; those that are gone are left out."""
    found = database.one(_BODIES, (PACKED_BYTES, json.dumps(list(ids))))
    for message_id, digits, _ in json.loads(str(found[0])) if found else []:
        if digits is not None:
            yield message_id, bytes.fromhex(digits)
            continue
        raw = read_body(database, message_id)
        if raw is not None:
            yield message_id, raw


def read_starts(
    database: Database, ids: Sequence[int], length_bytes: int
) -> Iterator[tuple[int, bytes]]:
    """Yield id and first bytes of these messages, cut behind a whole segment where they are."""
    found = database.one(_STARTS, (length_bytes, json.dumps(list(ids))))
    for message_id, digits in json.loads(str(found[0])) if found else []:
        start = bytes.fromhex(digits)
        if len(start) == length_bytes:
            cut = max(start.rfind(b"\r"), start.rfind(b"\n"))
            start = start[: cut + 1] if cut > 0 else start
        yield message_id, start


def read_body(database: Database, message_id: int) -> bytes | None:
    """Return the bytes of a message, or None when it is gone."""
    row = database.one("SELECT raw FROM messages WHERE id = ?", (message_id,))
    return row[0] if row is not None and isinstance(row[0], bytes) else None
