"""What the store knows about messages that are to be sent: their control ids, and newer ones."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Sequence

from hl7console.engine.preflight.findings import Checked
from hl7console.hl7v2.filters import And, ColumnIs, Not, OriginIs, Query
from hl7console.store.connection import Database
from hl7console.store.reader import StoreReader
from hl7console.store.records import MessageRow, Origin

FEW = 40
"""Up to this many messages are looked up one by one; of more, what came since is read through."""

_STEP = 4_096
"""Ids read through at a time."""

_OWN = (str(Origin.SENT), str(Origin.SAMPLE))
"""Origins of messages that tell nothing new."""

_SENT = """
SELECT json_group_array(DISTINCT m.control_id)
FROM json_each(?) AS wanted
CROSS JOIN messages AS m ON m.control_id = wanted.value
CROSS JOIN attempts AS a ON a.message_id = m.id
WHERE a.destination = ? AND a.state <> 'cancelled'
"""

_SHARED = """
SELECT json_group_array(wanted.value ->> 0)
FROM json_each(?) AS wanted
WHERE EXISTS (SELECT 1 FROM messages AS m WHERE m.control_id = wanted.value ->> 1
    AND m.id <> wanted.value ->> 0 AND m.duplicate_of <> wanted.value ->> 0)
"""

_NEWER = """
SELECT json_group_array(json_array(m.id, m.parent_id, m.patient_id, m.patient_authority,
    m.accession, m.placer_order, m.filler_order))
FROM messages AS m JOIN kinds AS k ON k.id = m.kind_id
WHERE m.id > ? AND m.id <= ? AND m.duplicate_of = 0 AND k.origin NOT IN ('sent', 'sample')
"""

Key = tuple[str, ...]


def control_ids_sent(database: Database, checked: Sequence[Checked], destination: str) -> set[int]:
    """Return the messages under whose control id something went to a destination before."""
    wanted = sorted({one.original.row.control_id for one in checked} - {""})
    sent = set(_listed(database, _SENT, (json.dumps(wanted), destination)))
    return {one.id for one in checked if one.original.row.control_id in sent}


def control_ids_shared(database: Database, checked: Sequence[Checked]) -> set[int]:
    """Return the messages whose control id another message has too, their duplicates aside."""
    wanted = [
        (one.id, one.original.row.control_id) for one in checked if one.original.row.control_id
    ]
    return {int(str(n)) for n in _listed(database, _SHARED, (json.dumps(wanted),))}


def _listed(database: Database, sql: str, values: tuple[str, ...]) -> list[object]:
    row = database.one(sql, values)
    found: list[object] = json.loads(str(row[0])) if row is not None and row[0] else []
    return found


def keys_of(row: MessageRow) -> tuple[str, list[Key]]:
    """Return by which values a newer message is about the same, and its case of `findings`.

    An order is known by its numbers. A message without any is about its patient.
    """
    named = (
        ("accession", row.accession),
        ("placer", row.placer_order),
        ("filler", row.filler_order),
    )
    keys: list[Key] = [(name, value) for name, value in named if value]
    if keys:
        return "newer_order", keys
    if row.patient_id:
        return "newer_patient", [("patient", row.patient_id, row.patient_authority)]
    return "", []


class NewerMessages:
    """Finds which messages are followed by newer ones about the same. The reader's thread.

    `add` all messages first, then ask once.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader
        self._ids: set[int] = set()
        self._few: list[Checked] = []
        self._entries: list[tuple[int, str, tuple[int, ...]]] = []
        self._first_id = 0

    def add(self, one: Checked) -> None:
        """Take one of those to be sent."""
        self._ids |= {one.id, one.age_id}
        code, keys = keys_of(one.original.row)
        if not keys or not one.age_id:
            return
        if len(self._few) <= FEW:
            self._few.append(one)
        self._entries.append((one.age_id, code, tuple(hash(key) for key in keys)))
        self._first_id = min(self._first_id or one.age_id, one.age_id)

    def counts(self, tell: Callable[[], None]) -> dict[str, int]:
        """Return how many have a newer message that is not sent along, by case.

        Args:
            tell: Called now and then; what it raises ends the search.
        """
        if len(self._entries) <= FEW:
            return self._one_by_one(tell)
        newest = self._newest(tell)
        counts: dict[str, int] = {}
        for age_id, code, keys in self._entries:
            if any(newest.get(key, 0) > age_id for key in keys):
                counts[code] = counts.get(code, 0) + 1
        return counts

    def _one_by_one(self, tell: Callable[[], None]) -> dict[str, int]:
        counts: dict[str, int] = {}
        for one in self._few:
            tell()
            code, _ = keys_of(one.original.row)
            if any(self._has_newer(query, one.age_id) for query in _queries(one.original.row)):
                counts[code] = counts.get(code, 0) + 1
        return counts

    def _has_newer(self, query: Query, after_id: int) -> bool:
        found: array[int] = self._reader.new_ids(query, after_id)
        fresh = [message_id for message_id in found if message_id not in self._ids]
        for start in range(0, len(fresh), 200):
            rows = self._reader.rows(fresh[start : start + 200])
            if any(not row.duplicate_of and row.parent_id not in self._ids for row in rows):
                return True
        return False

    def _newest(self, tell: Callable[[], None]) -> dict[int, int]:
        """Return the newest other message by key; only keys that matter."""
        wanted = {key for _, _, keys in self._entries for key in keys}
        newest: dict[int, int] = {}
        database = self._reader.database()
        last_id = database.integer("SELECT max(id) FROM messages")
        for low in range(self._first_id, last_id, _STEP):
            tell()
            row = database.one(_NEWER, (low, min(low + _STEP, last_id)))
            for message_id, parent_id, *values in json.loads(str(row[0])) if row else []:
                if message_id in self._ids or (parent_id and parent_id in self._ids):
                    continue
                for key in _hashes(*values):
                    if key in wanted:
                        newest[key] = message_id
        return newest


def _hashes(
    patient: str, authority: str, accession: str, placer: str, filler: str
) -> tuple[int, ...]:
    return (
        hash(("patient", patient, authority)),
        hash(("accession", accession)),
        hash(("placer", placer)),
        hash(("filler", filler)),
    )


def _queries(row: MessageRow) -> list[Query]:
    """Return filters that find other messages about the same."""
    found = [ColumnIs("accession", row.accession)] if row.accession else []
    found += [ColumnIs("order", n) for n in (row.placer_order, row.filler_order) if n]
    if not found and row.patient_id:
        whole = f"{row.patient_id}^{row.patient_authority}"
        found = [ColumnIs("patient", whole if row.patient_authority else row.patient_id)]
    return [Query("", And((leaf, Not(OriginIs(_OWN))))) for leaf in found]
