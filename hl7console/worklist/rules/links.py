"""Rules for A24 and A37: two persons are linked or no longer; nothing moves.

References: worklist-mapping section 3.
"""

from __future__ import annotations

from hl7console.worklist import identity
from hl7console.worklist.mapping.patient import map_patient
from hl7console.worklist.rows import LINK, Row, Value
from hl7console.worklist.rules.adt_event import AdtEvent
from hl7console.worklist.turn import Severity, Turn


def link(told: AdtEvent) -> None:
    """Link the persons of two PID segments."""
    first, second = _persons(told, may_create=True)
    if first is not None and second is not None:
        connect(told.turn, first, second, told.event, "PID[2]-3")


def unlink(told: AdtEvent) -> None:
    """Take the link between two persons away."""
    first, second = _persons(told, may_create=False)
    row = between(told.turn, first, second) if first is not None and second is not None else None
    if row is None:
        told.turn.note("link_unknown", None, Severity.IGNORED, "PID[2]-3")
        return
    told.turn.delete(row)
    told.turn.note("unlinked", first, path="PID[2]-3")


def _persons(told: AdtEvent, *, may_create: bool) -> tuple[Row | None, Row | None]:
    pids = told.view.all("PID")
    if len(pids) < 2:
        told.turn.refuse("link_without_second", "PID")
    found: list[Row | None] = []
    for pid in pids[:2]:
        mapped = map_patient(told.view, told.profile, pid, told.entry)
        if may_create or identity.named(told.turn, mapped):
            found.append(
                identity.resolve(
                    told.turn, mapped, told.profile, told.entry, may_create=may_create, event="link"
                )
            )
        else:
            found.append(None)
    return found[0], found[1]


def between(turn: Turn, first: Row, second: Row) -> Row | None:
    """Return the link between two persons; None where there is none."""
    for row in turn.find(LINK, "patients", first.id):
        if second.id in row.list("patients"):
            return row
    return None


def connect(turn: Turn, first: Row, second: Row, cause: str, path: str) -> None:
    """Link two persons, once; the same person twice is only noted."""
    if first.id == second.id:
        turn.note("link_with_itself", first, Severity.IGNORED, path)
        return
    if between(turn, first, second) is not None:
        turn.note("linked_already", first, Severity.IGNORED, path)
        return
    columns: dict[str, Value] = {
        "patients": [first.id, second.id],
        "cause": cause,
        "entry": turn.entry.number,
    }
    turn.create(LINK, columns, dict.fromkeys(columns, path))
    turn.note("linked", first, path=path)
