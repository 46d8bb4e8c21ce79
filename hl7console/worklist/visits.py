"""Which visit a message speaks of: by visit number, else by account, each with its authority.

References: identifiers-and-datatypes section 3; worklist-mapping sections 2.2 and 3.
"""

from __future__ import annotations

from hl7console.worklist import evidence
from hl7console.worklist.mapped import Mapped, merge_fields
from hl7console.worklist.rows import VISIT, Row, Value
from hl7console.worklist.turn import Severity, Turn

PLANNED = "planned"
ACTIVE = "active"
DISCHARGED = "discharged"
CANCELLED = "cancelled"
INACTIVE = "inactive"
MERGED = "merged"

_NUMBERS = frozenset({"visit_no", "visit_authority", "patient", "status"})
"""Columns that a message never changes on a visit that is known."""


def of_number(turn: Turn, number: str, authority: str) -> Row | None:
    """Return the visit with a number, merges followed; None where there is none."""
    row = turn.first(VISIT, "number", number, authority) if number else None
    seen: set[int] = set()
    while row is not None and row.number("merged_into") and row.id not in seen:
        seen.add(row.id)
        row = turn.get(VISIT, row.number("merged_into"))
    return row


def of_account(turn: Turn, number: str, authority: str, patient: Row | None = None) -> list[Row]:
    """Return the visits of an account that are not merged; of one person only, where given."""
    if not number:
        return []
    return [
        row
        for row in turn.find(VISIT, "account", number, authority)
        if not row.number("merged_into")
        and (patient is None or row.number("patient") == patient.id)
    ]


def resolve(
    turn: Turn,
    patient: Row,
    mapped: Mapped,
    *,
    event: str = "order",
    event_time: str = "",
    source: str = "",
) -> Row | None:
    """Return the visit that a message speaks of, made or brought up to date.

    An order only fills what is empty; an ADT event replaces, unless its sender has said something
    later.

    Args:
        turn: The turn.
        patient: The person.
        mapped: PV1 and PID-18 as they were mapped.
        event: The trigger event, or ``order``.
        event_time: The message's event time.
        source: Its sender (`evidence.source_of`).

    Returns:
        The visit; None where the message tells of none, or of one of another person (flagged).
    """
    if not mapped.values:
        return None
    visit = find(turn, patient, mapped, is_order=event == "order")
    if visit is None:
        visit = _create(turn, patient, mapped, PLANNED if event == "A05" else ACTIVE)
        if event != "order":
            evidence.remember(turn, visit, source, event_time)
        return visit
    if visit.number("patient") != patient.id:
        turn.note("visit_of_other_person", visit, Severity.FLAG, _path(mapped))
        return None
    if event == "order":
        merge_fields(turn, visit, mapped, only_empty=True, keep=_NUMBERS | {"visit_issuer"})
        return visit
    if evidence.is_older(visit, source, event_time):
        turn.note("older_than_visit", visit, Severity.IGNORED, _path(mapped))
        return visit
    merge_fields(turn, visit, mapped, keep=_NUMBERS)
    evidence.remember(turn, visit, source, event_time)
    return visit


def is_late(visit: Row, source: str, event_time: str) -> bool:
    """Return whether the sender has said something about a visit at a later time."""
    return evidence.is_older(visit, source, event_time)


def _path(mapped: Mapped) -> str:
    for column in ("visit_no", "account_no"):
        if column in mapped.paths:
            return mapped.paths[column]
    return "PV1"


def find(turn: Turn, patient: Row, mapped: Mapped, *, is_order: bool = False) -> Row | None:
    """Return the visit that a message names, of whomever; None where there is none yet."""
    number = str(mapped.values.get("visit_no", ""))
    if number:
        return of_number(turn, number, str(mapped.values.get("visit_authority", "")))
    account = str(mapped.values.get("account_no", ""))
    if account:
        # An account can span visits: alone it names only the visit that has no number of its own.
        authority = str(mapped.values.get("account_authority", ""))
        visits = of_account(turn, account, authority, patient)
        without = [visit for visit in visits if not visit.text("visit_no")]
        return without[0] if without else None
    return _without_number(turn, patient, mapped, is_order=is_order)


def _without_number(turn: Turn, patient: Row, mapped: Mapped, *, is_order: bool) -> Row | None:
    """Return the visit without any number: for an order only one that says the same."""
    for visit in reversed(turn.find(VISIT, "patient", patient.id)):
        if visit.text("visit_no") or visit.text("account_no") or visit.number("merged_into"):
            continue
        if not is_order:
            return visit
        if all(visit.values.get(column, "") == value for column, value in mapped.values.items()):
            return visit
    return None


def _create(turn: Turn, patient: Row, mapped: Mapped, status: str) -> Row:
    values: dict[str, Value] = {
        **mapped.values,
        "patient": patient.id,
        "status": status,
        "flags": list(mapped.flags),
    }
    visit = turn.create(VISIT, values, {**mapped.paths, "patient": "PID-3"}, mapped.rules)
    for flag in mapped.flags:
        turn.note(flag, visit, Severity.FLAG, mapped.flag_paths.get(flag) or _path(mapped))
    return visit
