"""Reads delivery queues, the error list and single deliveries, for lists of any length.

Every function takes a `StoreReader` of the calling thread. Pages follow an index from a number
that is known, so that they cost the same at ten deliveries and at a million; `position` and the
counts walk an index and grow with what they count, which is for a thread of their own.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, fields

from hl7console.store.connection import SqlValue
from hl7console.store.faults import as_console_errors
from hl7console.store.queue_parts import Part
from hl7console.store.reader import StoreReader
from hl7console.store.records import Attempt
from hl7console.store.repair_records import Delivery
from hl7console.store.repair_schema import IS_FAILED_SQL

PAGE = 200
"""Deliveries in a page."""


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery with what a list shows of its message."""

    delivery: Delivery
    message_type: str = ""
    event: str = ""
    control_id: str = ""
    interface: str = ""
    """Where the message came from."""
    origin: str = ""
    received_at_us: int = 0
    size_bytes: int = 0
    patient_id: str = field(default="", repr=False)
    patient_name: str = field(default="", repr=False)
    accession: str = field(default="", repr=False)

    @property
    def id(self) -> int:
        """Number of the delivery."""
        return self.delivery.id


@dataclass(frozen=True, slots=True)
class DeliveryDetails:
    """A delivery with every try of it, oldest first."""

    row: DeliveryRow
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True)
class DestinationCounts:
    """How many deliveries a destination has."""

    due: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class ErrorGroup:
    """Deliveries in the error list that went wrong in the same way at the same destination."""

    destination: str
    cause: str
    """Code and path that the receiver named; empty when nothing is known."""
    count: int
    first_at_us: int
    """When the first of them went wrong."""
    last_at_us: int
    sample_id: int
    """The latest delivery among them."""
    state: str
    """That of the latest."""
    text: str
    """What happened to the latest, in one sentence without content."""


_DELIVERY = ", ".join(f"d.{column.name}" for column in fields(Delivery))
_MESSAGE = (
    "k.message_type, k.event, m.control_id, k.interface, k.origin, m.received_at_us, m.size_bytes,"
    " m.patient_id, m.patient_name, m.accession"
)
_DELIVERY_COUNT = len(fields(Delivery))
_BOOLEANS = [n for n, column in enumerate(fields(Delivery)) if column.name.startswith("is_")]

_ROWS = f"""
SELECT json_group_array(json_array({_DELIVERY}, {_MESSAGE}))
FROM json_each(?) AS wanted
CROSS JOIN deliveries AS d ON d.id = wanted.value
LEFT JOIN messages AS m ON m.id = d.message_id
LEFT JOIN kinds AS k ON k.id = m.kind_id
"""  # noqa: S608

_ATTEMPTS = (
    "SELECT id, delivery_id, message_id, destination, started_at_us, finished_at_us, state,"
    " ack_code,"
    # Every try of a delivery sends the same bytes, and only one of them keeps these.
    " (SELECT one.sent FROM attempts AS one WHERE one.delivery_id = attempts.delivery_id"
    " ORDER BY length(one.sent) = 0, one.id LIMIT 1),"
    " reply, text FROM attempts WHERE delivery_id = ? ORDER BY id"
)

_GROUPS = f"""
SELECT destination, cause, count(*), min(id), max(id)
FROM deliveries INDEXED BY deliveries_failed WHERE {IS_FAILED_SQL}
GROUP BY destination, cause
"""  # noqa: S608


def queue_page(
    reader: StoreReader,
    part: Part,
    *,
    beyond_id: int = 0,
    skip: int = 0,
    limit: int = PAGE,
    backwards: bool = False,
) -> list[DeliveryRow]:
    """Return deliveries of a list in its order.

    Args:
        reader: A connection of the calling thread.
        part: The list.
        beyond_id: Begin behind this delivery, whether it is still there or not; 0 begins at the
            list's first one, or backwards at its last one.
        skip: Leave out so many before; costs a step of the index each.
        limit: How many at most.
        backwards: Those before `beyond_id`; they come in the list's order all the same.

    Raises:
        QueryStoppedError: `StoreReader.interrupt` was called.
        ConsoleError: The database cannot be read.
    """
    rises = part.is_latest_first == backwards
    condition, values = part.condition()
    if beyond_id:
        condition += f" AND d.id {'>' if rises else '<'} :beyond"
        values["beyond"] = beyond_id
    sql = (
        f"SELECT json_group_array(id) FROM (SELECT d.id AS id FROM {part.source}"  # noqa: S608
        f" WHERE {condition} ORDER BY d.id {'ASC' if rises else 'DESC'}"
        " LIMIT :most OFFSET :skip)"
    )
    with as_console_errors():
        found = reader.database().one(sql, {**values, "most": limit, "skip": skip})
        ids: list[int] = json.loads(str(found[0])) if found else []
        if backwards:
            ids.reverse()
        return delivery_rows(reader, ids)


def delivery_rows(reader: StoreReader, ids: Sequence[int]) -> list[DeliveryRow]:
    """Return deliveries by number, in this order; those that are gone are left out.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        found = reader.database().one(_ROWS, (json.dumps(list(ids)),))
    return [_row(columns) for columns in json.loads(str(found[0]))] if found else []


def _row(columns: list[SqlValue]) -> DeliveryRow:
    for place in _BOOLEANS:
        columns[place] = bool(columns[place])
    delivery = Delivery(*columns[:_DELIVERY_COUNT])  # type: ignore[arg-type]
    message = columns[_DELIVERY_COUNT:]
    if message[0] is None:  # retention deleted it
        return DeliveryRow(delivery)
    return DeliveryRow(delivery, *message)  # type: ignore[arg-type]


def part_count(reader: StoreReader, part: Part) -> int:
    """Return how many deliveries a list has; walks its index.

    Raises:
        QueryStoppedError: `StoreReader.interrupt` was called.
        ConsoleError: The database cannot be read.
    """
    condition, values = part.condition()
    with as_console_errors():
        return reader.database().integer(
            f"SELECT count(*) FROM {part.source} WHERE {condition}",  # noqa: S608
            values,
        )


def position(reader: StoreReader, part: Part, delivery_id: int) -> int:
    """Return how many deliveries of a list come before this one; walks its index so far.

    Raises:
        QueryStoppedError: `StoreReader.interrupt` was called.
        ConsoleError: The database cannot be read.
    """
    condition, values = part.condition()
    condition += f" AND d.id {'>' if part.is_latest_first else '<'} :here"
    with as_console_errors():
        return reader.database().integer(
            f"SELECT count(*) FROM {part.source} WHERE {condition}",  # noqa: S608
            {**values, "here": delivery_id},
        )


def counts(reader: StoreReader) -> dict[str, DestinationCounts]:
    """Return how many deliveries are due and failed, by destination; walks both indices.

    Raises:
        ConsoleError: The database cannot be read.
    """
    database = reader.database()
    with as_console_errors():
        due = database.all(
            "SELECT destination, count(*) FROM deliveries INDEXED BY deliveries_due"
            " WHERE is_due = 1 GROUP BY destination"
        )
        failed = database.all(
            "SELECT destination, count(*) FROM deliveries INDEXED BY deliveries_failed"  # noqa: S608
            f" WHERE {IS_FAILED_SQL} GROUP BY destination"
        )
    found = {str(name): [int(count or 0), 0] for name, count in due}
    for name, count in failed:
        found.setdefault(str(name), [0, 0])[1] = int(count or 0)
    return {name: DestinationCounts(*both) for name, both in found.items()}


def error_groups(reader: StoreReader) -> list[ErrorGroup]:
    """Return the error list by destination and cause, the group with the latest first.

    Raises:
        QueryStoppedError: `StoreReader.interrupt` was called.
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        found = reader.database().all(_GROUPS)
    ends = {int(number or 0) for *_, first, last in found for number in (first, last)}
    rows = {row.id: row.delivery for row in delivery_rows(reader, sorted(ends))}
    groups = []
    for destination, cause, count, first_id, last_id in found:
        first, last = rows.get(int(first_id or 0)), rows.get(int(last_id or 0))
        if first is None or last is None:  # ticked off meanwhile
            continue
        groups.append(
            ErrorGroup(
                destination=str(destination),
                cause=str(cause),
                count=int(count or 0),
                first_at_us=first.changed_at_us,
                last_at_us=last.changed_at_us,
                sample_id=last.id,
                state=last.state,
                text=last.text or _last_text(reader, last.id),
            )
        )
    return sorted(groups, key=lambda group: -group.last_at_us)


def _last_text(reader: StoreReader, delivery_id: int) -> str:
    found = reader.database().one(
        "SELECT text FROM attempts WHERE delivery_id = ? ORDER BY id DESC LIMIT 1", (delivery_id,)
    )
    return str(found[0]) if found else ""


def delivery(reader: StoreReader, delivery_id: int) -> DeliveryDetails | None:
    """Return a delivery with its attempts; None when it is gone.

    Raises:
        ConsoleError: The database cannot be read.
    """
    rows = delivery_rows(reader, [delivery_id])
    if not rows:
        return None
    with as_console_errors():
        attempts = reader.database().all(_ATTEMPTS, (delivery_id,))
    return DeliveryDetails(rows[0], tuple(Attempt(*columns) for columns in attempts))  # type: ignore[arg-type]


def count_since(reader: StoreReader, destination: str, since_us: int) -> int:
    """Return how many deliveries were sent to a destination since a time, each message once.

    Looks at what is over from the latest back, and stops at what was over before that time.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        return reader.database().integer(
            "SELECT count(DISTINCT message_id) FROM deliveries INDEXED BY deliveries_over"
            " WHERE destination = ? AND is_due = 0 AND changed_at_us >= ?"
            " AND state NOT IN ('skipped', 'cancelled')",
            (destination, since_us),
        )


def message_ids(reader: StoreReader, part: Part, limit: int) -> list[int]:
    """Return the messages of a list's deliveries, the oldest delivery first, each once.

    Raises:
        ConsoleError: The database cannot be read.
    """
    condition, values = part.condition()
    with as_console_errors():
        found = reader.database().one(
            f"SELECT json_group_array(message_id) FROM (SELECT d.message_id FROM {part.source}"  # noqa: S608
            f" WHERE {condition} ORDER BY d.id LIMIT :most)",
            {**values, "most": limit},
        )
    return list(dict.fromkeys(json.loads(str(found[0])) if found else []))


def delivery_ids(reader: StoreReader, part: Part, limit: int) -> list[int]:
    """Return the numbers of a list's deliveries, rising.

    Raises:
        ConsoleError: The database cannot be read.
    """
    condition, values = part.condition()
    with as_console_errors():
        found = reader.database().one(
            f"SELECT json_group_array(id) FROM (SELECT d.id AS id FROM {part.source}"  # noqa: S608
            f" WHERE {condition} ORDER BY d.id LIMIT :most)",
            {**values, "most": limit},
        )
    return list(json.loads(str(found[0]))) if found else []
