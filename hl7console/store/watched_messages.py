"""What alert rules ask of the messages: counted in SQL, from a watermark of ids on.

Each question is one SQL step that returns its answer packed into one text: see
`hl7console.store.search` for why. Patient data is never among it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from hl7console.store.connection import Database, SqlValue, SqlValues
from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader
from hl7console.store.records import DeliveryState, Origin, Status
from hl7console.store.schema import TRAIT_DUPLICATE
from hl7console.store.search import read_extent

HEADER_BYTES = 256
"""As much of a message is read for its time."""

By = Literal["interface", "sender"]
"""Column of ``kinds`` by which messages are grouped."""

T = TypeVar("T")

_LAST = (
    "SELECT max(coalesce((SELECT max(id) FROM messages), 0),"
    " coalesce((SELECT max(last) FROM id_gaps), 0))"
)

_NEW = (
    "messages AS l INDEXED BY messages_list CROSS JOIN kinds AS k ON k.id = l.kind_id"
    f" WHERE l.id > :after AND l.id <= :until AND k.origin = '{Origin.RECEIVED}'"
)

_RUNS = {
    column: f"""
SELECT json_group_array(json_array(name, ok_id, n, first_id, last_id)) FROM (
    SELECT name, max(ok_id) AS ok_id, count(*) FILTER (WHERE id > ok_id) AS n,
        min(id) FILTER (WHERE id > ok_id) AS first_id, max(id) AS last_id FROM (
        SELECT l.id AS id, k.{column} AS name,
            coalesce(max(CASE WHEN k.status = '{Status.OK}' THEN l.id END)
                OVER (PARTITION BY k.{column}), 0) AS ok_id
        FROM {_NEW} AND l.received_at_us >= :since_us)
    GROUP BY name)
"""  # noqa: S608 - our own
    for column in ("interface", "sender")
}

_HEADERS = f"""
SELECT json_group_array(json_array(id, interface, sender, at_us, control_id, start)) FROM (
    SELECT l.id AS id, k.interface AS interface, k.sender AS sender, l.received_at_us AS at_us,
        m.control_id AS control_id, hex(substr(m.raw, 1, {HEADER_BYTES})) AS start
    FROM messages AS l INDEXED BY messages_list CROSS JOIN kinds AS k ON k.id = l.kind_id
        CROSS JOIN messages AS m ON m.id = l.id
    WHERE l.id > :after AND l.id <= :until AND k.origin = '{Origin.RECEIVED}'
        AND l.traits & {TRAIT_DUPLICATE} = 0 ORDER BY l.id)
"""  # noqa: S608

_DUPLICATES = {
    column: f"""
SELECT json_group_array(json_array(name, id)) FROM (
    SELECT k.{column} AS name, max(l.id) AS id FROM {_NEW} AND l.traits & {TRAIT_DUPLICATE}
    GROUP BY k.{column})
"""  # noqa: S608
    for column in ("interface", "sender")
}

_ARRIVALS = """
SELECT json_group_array(json_array(origin, interface, sender, slice, n, last_id)) FROM (
    SELECT k.origin AS origin, k.interface AS interface, k.sender AS sender,
        l.received_at_us / :width_us AS slice, count(*) AS n, max(l.id) AS last_id
    FROM json_each(:ids) AS wanted
        CROSS JOIN messages AS l INDEXED BY messages_list ON l.id = wanted.value
        CROSS JOIN kinds AS k ON k.id = l.kind_id
    WHERE l.received_at_us >= :since_us
    GROUP BY k.origin, k.interface, k.sender, slice)
"""

_ATTEMPTS = """
SELECT json_group_array(json_array(id, message_id, destination, state)) FROM (
    SELECT id, message_id, destination, state FROM attempts
    WHERE (id IN (SELECT value FROM json_each(:open)) OR (id > :after AND id <= :until))
        AND started_at_us >= :since_us ORDER BY id)
"""

_SAMPLES = """
SELECT json_group_array(json_array(id, control_id, received_at_us)) FROM messages
WHERE id IN (SELECT value FROM json_each(:ids))
"""


@dataclass(frozen=True, slots=True)
class RefusedRun:
    """What some new messages of one listener or sender say of its run of refused ones."""

    name: str
    is_broken: bool
    """Whether one of them was accepted."""
    count: int
    """Refused ones behind the last one that was accepted."""
    first_id: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Header:
    """What is read of a message to follow its sender's numbers and times."""

    id: int
    listener: str
    sender: str
    received_at_us: int
    control_id: str
    start: bytes
    """Its first bytes; the header may go on behind them."""


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many of some messages arrived in one slice of time."""

    origin: str
    interface: str
    sender: str
    slice: int
    """Time received, divided by the width."""
    count: int
    last_id: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What an alert tells of a message."""

    id: int = 0
    control_id: str = ""
    received_at_us: int = 0


@dataclass(frozen=True, slots=True)
class AttemptEnd:
    """One try of sending."""

    id: int
    message_id: int
    destination: str
    state: str

    @property
    def is_open(self) -> bool:
        """Whether it hasn't ended yet."""
        return self.state == DeliveryState.SENDING


class WatchedMessages:
    """Asks a reader's connection. The reader's thread.

    Every method raises `ConsoleError` where the database cannot be read.

    Args:
        reader: The reader.
    """

    def __init__(self, reader: StoreReader) -> None:
        self._reader = reader

    def ask(self, query: Callable[[Database], T]) -> T:
        """Return what a query of the connection returns; for settings that rules look at."""
        with as_console_errors():
            return query(self._reader.database())

    def last_id(self) -> int:
        """Return the highest id that was given to a message."""
        return self.ask(lambda database: database.integer(_LAST))

    def indexed_id(self) -> int:
        """Return up to which id messages are in the full-text index."""
        return self.ask(lambda database: read_extent(database).derived_id)

    def last_attempt_id(self) -> int:
        """Return the highest number of an attempt that is there."""
        return self.ask(lambda database: database.integer("SELECT max(id) FROM attempts"))

    def refused_runs(
        self, by: By, after_id: int, until_id: int, since_us: int = 0
    ) -> list[RefusedRun]:
        """Return of each listener or sender whether its received messages end refused.

        Args:
            by: What they are grouped by.
            after_id: Messages behind this id.
            until_id: Up to this one.
            since_us: Only what was received at that time or later.
        """
        values = {"after": after_id, "until": until_id, "since_us": since_us}
        return [
            RefusedRun(name, ok_id > 0, count, first_id or 0, last_id)
            for name, ok_id, count, first_id, last_id in self._packed(_RUNS[by], values)
        ]

    def attempts(
        self, after_id: int, until_id: int, open_ids: Iterable[int], since_us: int = 0
    ) -> list[AttemptEnd]:
        """Return attempts in a range of numbers, and those named, by number."""
        values: dict[str, SqlValue] = {
            "after": after_id,
            "until": until_id,
            "open": json.dumps(list(open_ids)),
            "since_us": since_us,
        }
        return [AttemptEnd(*row) for row in self._packed(_ATTEMPTS, values)]

    def headers(self, after_id: int, until_id: int) -> list[Header]:
        """Return the beginnings of received messages, without duplicates, by id."""
        return [
            Header(id_, listener, sender, at_us, control_id, bytes.fromhex(start))
            for id_, listener, sender, at_us, control_id, start in self._packed(
                _HEADERS, {"after": after_id, "until": until_id}
            )
        ]

    def last_duplicates(self, by: By, after_id: int, until_id: int) -> dict[str, int]:
        """Return the id of each listener's or sender's last duplicate within a range of ids."""
        values = {"after": after_id, "until": until_id}
        return {str(name): int(id_) for name, id_ in self._packed(_DUPLICATES[by], values)}

    def arrivals(self, ids: Iterable[int], width_us: int, since_us: int) -> list[Arrivals]:
        """Return when these messages arrived, counted in slices of time.

        Args:
            ids: The messages.
            width_us: How wide a slice is.
            since_us: Only what was received at that time or later.
        """
        values: dict[str, SqlValue] = {
            "ids": json.dumps(list(ids)),
            "width_us": width_us,
            "since_us": since_us,
        }
        return [Arrivals(*row) for row in self._packed(_ARRIVALS, values)]

    def samples(self, ids: Iterable[int]) -> dict[int, Sample]:
        """Return what is told of these messages, by id; those that are gone are left out."""
        found = self._packed(_SAMPLES, {"ids": json.dumps(list(ids))})
        return {row[0]: Sample(*row) for row in found}

    def _packed(self, sql: str, values: SqlValues) -> list[list[Any]]:
        row = self.ask(lambda database: database.one(sql, values))
        found: list[list[Any]] = json.loads(str(row[0])) if row else []
        return found
