"""What came before its order: cancels (tombstones) and updates, kept until the order comes.

A row of kind WAITING has `what` (``tombstone`` or ``update``), `keys` (the identifiers, as
`finding.Keys.texts`), `patient` where it was known, `identifiers` (those of the message: whose it
is), `event_time`, `source`, `entry`, `expires_at_us`, and for an update `held`: the mapped order.
Times to live count by the time of the entries, never by the clock.

References: order-states section 5.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedOrder, MappedPatient
from hl7console.worklist.rows import IDENTIFIER, PATIENT, WAITING, Row, Value
from hl7console.worklist.turn import Turn

TOMBSTONE = "tombstone"
UPDATE = "update"
_DAY_US = 86_400_000_000


def put(
    turn: Turn,
    what: str,
    keys: Sequence[str],
    mapped: MappedOrder,
    source: str,
    person: MappedPatient | None,
    patient: Row | None,
    days: int,
) -> Row:
    """Write a waiting row and return it."""
    identifiers = [[i.id_value, i.authority] for i in person.identifiers] if person else []
    values: dict[str, Value] = {
        "what": what,
        "keys": list(keys),
        "identifiers": identifiers,
        "patient": patient.id if patient else 0,
        "event_time": mapped.event_time,
        "source": source,
        "control": mapped.control,
        "entry": turn.entry.number,
        "entry_at_us": turn.entry.at_us,
        "expires_at_us": turn.entry.at_us + days * _DAY_US,
    }
    if what == UPDATE:
        values["held"] = to_held(mapped)
    return turn.create(WAITING, values, dict.fromkeys(values, mapped.control_path))


def under(turn: Turn, keys: Iterable[str]) -> list[Row]:
    """Return what waits under any of these keys, by event time; what has expired is taken out."""
    found: dict[int, Row] = {}
    for key in keys:
        for row in turn.find(WAITING, "keys", key):
            found[row.id] = row
    alive = []
    for row in found.values():
        if row.number("expires_at_us") < turn.entry.at_us:
            turn.note("waiting_expired", None, control=row.text("control"))
            turn.delete(row)
        else:
            alive.append(row)
    alive.sort(key=lambda row: (row.text("event_time"), row.number("entry_at_us"), row.id))
    return alive


def is_for(turn: Turn, row: Row, patient_id: int) -> bool:
    """Return whether a waiting row is for this person, as far as is known now."""
    identifiers = row.list("identifiers")
    if not identifiers:
        return True
    for pair in identifiers:
        if not isinstance(pair, list | tuple):
            continue
        for identifier in turn.find(IDENTIFIER, "value", str(pair[0]), str(pair[1])):
            if survivor_id(turn, identifier.number("patient")) == patient_id:
                return True
    return False


def survivor_id(turn: Turn, patient_id: int) -> int:
    """Return the number of the person that a merged one has become; else its own."""
    for _ in range(64):
        patient = turn.get(PATIENT, patient_id)
        into = patient.number("merged_into") if patient else 0
        if not into:
            break
        patient_id = into
    return patient_id


@contextmanager
def as_of(turn: Turn, row: Row) -> Iterator[None]:
    """Let changes name the entry that waited as their source, while it is applied late."""
    now = turn.entry
    turn.entry = MessageEntry(row.number("entry"), now.at_us, b"")
    try:
        yield
    finally:
        turn.entry = now


def to_held(mapped: MappedOrder) -> list[object]:
    """Return a mapped order as JSON-able lists."""
    return [
        mapped.control,
        mapped.status,
        mapped.control_path,
        mapped.event_time,
        mapped.event_time_path,
        list(mapped.parent),
        _plain(mapped.order),
        [_plain(step) for step in mapped.steps],
    ]


def from_held(held: Sequence[object]) -> MappedOrder:
    """Return the mapped order that `to_held` wrote."""
    control, status, control_path, time, time_path, parent, order, steps = cast("list[Any]", held)
    return MappedOrder(
        str(control),
        str(status),
        _mapped(order),
        [_mapped(step) for step in steps],
        str(control_path),
        str(time),
        str(time_path),
        tuple(parent),
    )


def _plain(mapped: Mapped) -> list[object]:
    return [mapped.values, mapped.paths, mapped.rules, mapped.flags, mapped.flag_paths]


def _mapped(plain: object) -> Mapped:
    values, paths, rules, flags, flag_paths = cast("list[Any]", plain)
    return Mapped(dict(values), dict(paths), dict(rules), list(flags), dict(flag_paths))
