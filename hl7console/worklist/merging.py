"""Makes two persons one: everything of the source becomes the survivor's, and is written down.

A MERGE row has `what` (``merge``, ``move`` or ``rename``), `cause` (the event, or ``operator``),
`source` and `survivor` (numbers of persons), `entry`, `moved` (for each row: kind, number, column,
before, after) and `status` (``done`` or ``voided``): it is what a preview shows and an undo is
audited by.

References: order-states section 6.
"""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.worklist import identity, linking, persons, states
from hl7console.worklist.rows import (
    APPOINTMENT,
    DOCUMENT,
    EXAM,
    IDENTIFIER,
    MERGE,
    ORDER,
    REPORT,
    STEP,
    VISIT,
    WAITING,
    Row,
    Value,
)
from hl7console.worklist.rules import orders_waiting
from hl7console.worklist.turn import Turn

MERGED = "merged"
OF_PERSON: tuple[str, ...] = (
    IDENTIFIER, VISIT, ORDER, APPOINTMENT, REPORT, DOCUMENT, EXAM, WAITING,
)  # fmt: skip
"""Kinds whose rows belong to a person (column `patient`)."""
FILLED: tuple[str, ...] = (
    "patient_name", "birth_date", "birth_date_text", "sex", "mother_name", "language", "weight_kg",
    "size_m", "allergies", "medical_alerts", "pregnancy", "special_needs", "patient_state",
    "confidentiality", "patient_comments",
)  # fmt: skip
"""What a survivor of whom it is not known takes over from the source."""

Moved = list[list[object]]


def put(
    turn: Turn, moved: Moved, row: Row, column: str, value: Value, path: str, rule: str
) -> None:
    """Set a column, and write it down as moved."""
    before = row.values.get(column, "")
    if turn.set(row, column, value, path, rule):
        moved.append([row.kind, row.id, column, before, value])


def keep(
    turn: Turn, what: str, cause: str, source: Row, survivor: Row, moved: Moved, path: str
) -> Row:
    """Write a merge, move or renaming down and return its row."""
    columns: dict[str, Value] = {
        "what": what,
        "cause": cause,
        "source": source.id,
        "survivor": survivor.id,
        "source_no": [source.text("patient_id"), source.text("issuer")],
        "survivor_no": [survivor.text("patient_id"), survivor.text("issuer")],
        "entry": turn.entry.number,
        "moved": moved,
        "status": "done",
    }
    return turn.create(MERGE, columns, dict.fromkeys(columns, path))


def merge(
    turn: Turn,
    source: Row,
    survivor: Row,
    retired: Iterable[Row],
    *,
    cause: str,
    path: str,
) -> Row:
    """Move everything of one person to another, who survives; return the row that tells of it.

    Args:
        turn: The turn.
        source: The person that ceases to be.
        survivor: The person that gets everything.
        retired: Identifiers of the source that are not used any more.
        cause: The trigger event, or ``operator``.
        path: The field that names the source.
    """
    moved: Moved = []
    for identifier in retired:
        put(turn, moved, identifier, "status", identity.MERGED, path, MERGED)
        put(turn, moved, identifier, "merged_from", source.id, path, MERGED)
    for kind in OF_PERSON:
        for row in turn.find(kind, "patient", source.id):
            put(turn, moved, row, "patient", survivor.id, path, MERGED)
    put(turn, moved, source, "status", MERGED, path, MERGED)
    put(turn, moved, source, "merged_into", survivor.id, path, MERGED)
    turn.set(source, "likeness", "", path, MERGED)
    _fill(turn, source, survivor)
    identity.show_numbers(turn, survivor)
    flag_started(turn, _orders(turn, moved))
    persons.refresh(turn, survivor)
    orders_waiting.retry(turn, survivor)
    linking.link_person(turn, survivor)
    row = keep(turn, "merge", cause, source, survivor, moved, path)
    turn.note("merged", survivor, path=path, cause=cause)
    return row


def _orders(turn: Turn, moved: Moved) -> list[Row]:
    numbers = [int(str(line[1])) for line in moved if line[0] == ORDER]
    return [row for number in numbers if (row := turn.get(ORDER, number)) is not None]


def _fill(turn: Turn, source: Row, survivor: Row) -> None:
    """Take over what is not known of the survivor; nothing that is known changes."""
    changed = False
    for column in FILLED:
        value = source.values.get(column)
        if value and not survivor.values.get(column):
            origin = source.sources[column]
            changed |= turn.set(survivor, column, value, origin.path, "from_merged")
    if changed:
        persons.set_likeness(turn, survivor)


def flag_started(turn: Turn, orders: Iterable[Row]) -> None:
    """Flag the steps that are being performed while their person changes."""
    for order in orders:
        for step in turn.find(STEP, "order", order.id):
            if step.text("state") == states.StepState.STARTED:
                turn.add_flag(step, "merged_during_exam")


def alias(turn: Turn, survivor: Row, source: Row, *, cause: str, path: str) -> Row:
    """Let a person that was made for its number only be merged from the start.

    Args:
        turn: The turn.
        survivor: The person that the number leads to.
        source: The person, with its identifiers.
        cause: The trigger event.
        path: The field that names the source.
    """
    retired = turn.find(IDENTIFIER, "patient", source.id)
    return merge(turn, source, survivor, retired, cause=cause, path=path)
