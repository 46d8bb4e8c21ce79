"""What messages have in common, as a reader knows it: see ``kinds`` in `schema`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from hl7console.hl7v2.filters import Leaf, Query
from hl7console.hl7v2.filters.evaluation import evaluate
from hl7console.store.connection import Database
from hl7console.store.schema import KIND_COLUMNS


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


class Kinds:
    """The kinds of a database, read as they are added. Shares the reader's connection.

    Args:
        database: A connection of the calling thread.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kinds: list[Kind] = []
        self._last_id = 0

    def refresh(self) -> None:
        """Read the kinds that were added since."""
        columns = ", ".join(("id", *KIND_COLUMNS))
        packed = self._database.one(
            f"SELECT json_group_array(json_array({columns})) FROM kinds WHERE id > ?",  # noqa: S608
            (self._last_id,),
        )
        rows = json.loads(str(packed[0])) if packed else []
        if rows:
            self._kinds += [Kind(*row) for row in rows]
            self._last_id = max(self._last_id, max(row[0] for row in rows))

    def matching(self, leaf: Leaf) -> list[int]:
        """Return the ids of the kinds that a condition on these columns matches."""
        query = Query("", leaf)
        return [kind.id for kind in self._kinds if evaluate(query, kind, b"")]

    def values(self, column: str) -> list[str]:
        """Return the values of a column that occur, in order, without the empty one."""
        found: Iterable[str] = {getattr(kind, column) for kind in self._kinds}
        return sorted(value for value in found if value)
