"""What messages have in common, as a reader knows it: see ``kinds`` in `schema`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from hl7console.hl7v2.filters import Leaf, Query
from hl7console.hl7v2.filters.evaluation import evaluate
from hl7console.store.connection import Database
from hl7console.store.schema import KIND_COLUMNS

MOST_KEPT = 20_000
"""Kinds that a reader keeps in memory."""

READ_AT_ONCE = 5_000
"""Kinds read in one step."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A row of ``kinds``; stands in for a message where a filter only asks for these columns."""

    id: int
    origin: str
    interface: str
    message_type: str
    event: str
    structure: str
    sender: str
    receiver: str
    version: str
    charset: str
    status: str
    ack_code: str
    control_id: str = ""
    patient_id: str = ""
    patient_authority: str = ""
    accession: str = ""
    placer_order: str = ""
    filler_order: str = ""
    received_at_us: int = 0
    size_bytes: int = 0
    error_text: str = ""
    parent_id: int = 0
    duplicate_of: int = 0
    handled: bool = False
    sending_state: str = ""
    sending_code: str = ""


class Kinds:
    """The kinds of a database, read as they are added. Shares the reader's connection.

    Some hundred are usual and kept in memory. A sender that makes up a new name for itself with
    every message can make millions; those are then read for each query.

    Args:
        database: A connection of the calling thread.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: list[Kind] = []
        self._last_id = 0
        self._are_many = False

    def refresh(self) -> None:
        """Read the kinds that were added since."""
        if self._are_many:
            return
        for kinds in self._read(self._last_id):
            self._kept += kinds
            self._last_id = kinds[-1].id
            if len(self._kept) > MOST_KEPT:
                self._are_many = True
                self._kept.clear()
                return

    def matching(self, leaf: Leaf) -> list[int]:
        """Return the ids of the kinds that a condition on these columns matches."""
        query = Query("", leaf)
        return [kind.id for kind in self._all() if evaluate(query, kind, b"")]

    def values(self, column: str) -> list[str]:
        """Return the values of a column that occur, in order, without the empty one."""
        found: set[str] = set()
        for kind in self._all():
            found.add(getattr(kind, column))
            if len(found) > MOST_KEPT:
                break
        return sorted(value for value in found if value)

    def _all(self) -> Iterator[Kind]:
        if not self._are_many:
            yield from self._kept
            return
        for kinds in self._read(0):
            yield from kinds

    def _read(self, after_id: int) -> Iterator[list[Kind]]:
        """Yield the kinds behind an id, a few thousand at a time."""
        columns = ", ".join(("id", *KIND_COLUMNS))
        while True:
            packed = self._database.one(
                f"SELECT json_group_array(json_array({columns})) FROM"  # noqa: S608
                " (SELECT * FROM kinds WHERE id > ? ORDER BY id LIMIT ?)",
                (after_id, READ_AT_ONCE),
            )
            kinds = [Kind(*row) for row in json.loads(str(packed[0]))] if packed else []
            if not kinds:
                return
            yield kinds
            after_id = kinds[-1].id
