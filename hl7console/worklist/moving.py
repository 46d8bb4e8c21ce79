"""Moves visits, accounts and numbers between persons, each with what belongs to it.

References: worklist-mapping section 3, A41 to A51; identifiers-and-datatypes section 3.
"""

from __future__ import annotations

from collections.abc import Iterable

from hl7console.worklist import exams, identity, persons, reports, visits
from hl7console.worklist.merging import Moved, flag_started, keep, put
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    DOCUMENT,
    EXAM,
    IDENTIFIER,
    ORDER,
    REPORT,
    STEP,
    VISIT,
    Row,
)
from hl7console.worklist.turn import Severity, Turn

MOVED = "moved"
Number = tuple[str, str]
"""A number and its authority's key."""


def move_visits(
    turn: Turn,
    moving: Iterable[Row],
    source: Row,
    target: Row,
    *,
    account: Number = ("", ""),
    cause: str,
    path: str,
) -> Row:
    """Move visits with their orders to another person (or account); return what tells of it.

    Args:
        turn: The turn.
        moving: The visits.
        source: Whose they are.
        target: Whose they become.
        account: The account that they get; ("", "") leaves it.
        cause: The trigger event.
        path: The field that names what is moved.
    """
    moved: Moved = []
    for visit in moving:
        put(turn, moved, visit, "patient", target.id, path, MOVED)
        if account[0]:
            put(turn, moved, visit, "account_no", account[0], path, MOVED)
            put(turn, moved, visit, "account_authority", account[1], path, MOVED)
        for order in turn.find(ORDER, "visit", visit.id):
            move_order(turn, moved, order, target, path)
    return _finish(turn, moved, source, target, cause, path)


def _finish(turn: Turn, moved: Moved, source: Row, target: Row, cause: str, path: str) -> Row:
    numbers = dict.fromkeys(int(str(line[1])) for line in moved if line[0] == ORDER)
    orders = [row for number in numbers if (row := turn.get(ORDER, number)) is not None]
    if source.id != target.id:
        flag_started(turn, orders)
        _part(turn, moved, source, target, path)
        for order in orders:
            check_divided(turn, order, path)
    for order in orders:
        persons.refresh_order(turn, order)
    return keep(turn, "move", cause, source, target, moved, path)


def _part(turn: Turn, moved: Moved, source: Row, target: Row, path: str) -> None:
    """Take what is joined to orders of both persons off those of the other person."""
    for person in (source, target):
        for kind in (REPORT, DOCUMENT, APPOINTMENT):
            for row in turn.find(kind, "patient", person.id):
                _keep_own(turn, moved, row, path)
        for exam in turn.find(EXAM, "patient", person.id):
            _keep_own_steps(turn, moved, exam, path)


def _keep_own(turn: Turn, moved: Moved, row: Row, path: str) -> None:
    own: list[Row] = []
    others: list[Row] = []
    for number in row.list("also_orders"):
        order = turn.get(ORDER, number) if isinstance(number, int) else None
        if order is not None:
            same = order.number("patient") == row.number("patient")
            (own if same else others).append(order)
    if others:
        put(turn, moved, row, "also_orders", [order.id for order in own], path, MOVED)
    for order in others if row.kind == REPORT else ():
        reports.forget(turn, row, order)


def _keep_own_steps(turn: Turn, moved: Moved, exam: Row, path: str) -> None:
    steps: list[int] = []
    orders: list[int] = []
    for step in exams.steps_of(turn, exam):
        order = turn.get(ORDER, step.number("order"))
        if order is not None and order.number("patient") == exam.number("patient"):
            steps.append(step.id)
            orders.append(order.id)
    if steps != list(exam.list("steps")):
        put(turn, moved, exam, "steps", steps, path, MOVED)
        put(turn, moved, exam, "orders", list(dict.fromkeys(orders)), path, MOVED)


def move_order(turn: Turn, moved: Moved, order: Row, target: Row, path: str) -> None:
    """Move an order to another person, with its reports, documents, appointments and exams."""
    put(turn, moved, order, "patient", target.id, path, MOVED)
    for kind in (REPORT, DOCUMENT, APPOINTMENT):
        for row in turn.find(kind, "order", order.id):
            put(turn, moved, row, "patient", target.id, path, MOVED)
    for step in turn.find(STEP, "order", order.id):
        for exam in turn.find(EXAM, "steps", step.id):
            put(turn, moved, exam, "patient", target.id, path, MOVED)


def check_divided(turn: Turn, order: Row, path: str) -> None:
    """Keep a conflict where a move leaves one accession number with two persons."""
    accession = order.text("accession")
    if not accession:
        return
    for other in turn.find(ORDER, "accession", accession, order.text("accession_authority")):
        if other.number("patient") == order.number("patient"):
            continue
        if "accession_divided" in order.list("flags"):
            return
        turn.add_flag(order, "accession_divided", path)
        turn.note("accession_divided", order, Severity.ERROR, path)
        turn.create(
            CONFLICT,
            {
                "rule": "accession_divided",
                "status": "open",
                "patients": [other.number("patient"), order.number("patient")],
                "order": order.id,
                "entry": turn.entry.number,
                "path": path,
            },
        )
        return


def move_identifiers(
    turn: Turn, identifiers: Iterable[Row], source: Row, target: Row, *, cause: str, path: str
) -> Row:
    """Move identifiers to another person, with what came in under them.

    Everything of the source goes along once it has no identifier left; else only the orders that
    named one of these, with their visits.
    """
    moved: Moved = []
    pairs = []
    for identifier in identifiers:
        put(turn, moved, identifier, "patient", target.id, path, MOVED)
        put(turn, moved, identifier, "status", identity.ACTIVE, path, MOVED)
        pairs.append([identifier.text("id_value"), identifier.text("authority")])
    left = [
        row
        for row in turn.find(IDENTIFIER, "patient", source.id)
        if row.text("status") == identity.ACTIVE
    ]
    for order in turn.find(ORDER, "patient", source.id):
        if not left or _named_first(order) in pairs:
            move_order(turn, moved, order, target, path)
    for kind in (VISIT, REPORT, DOCUMENT, APPOINTMENT, EXAM):
        for row in turn.find(kind, "patient", source.id):
            if not left or (kind == VISIT and _follows(turn, row, target)):
                put(turn, moved, row, "patient", target.id, path, MOVED)
    if not left:
        put(turn, moved, source, "status", identity.INACTIVE, path, MOVED)
    identity.show_numbers(turn, source)
    identity.show_numbers(turn, target)
    return _finish(turn, moved, source, target, cause, path)


def _named_first(order: Row) -> list[str]:
    """Return number and authority that the order's own message named its person by."""
    named = order.list("named_ids")
    first = named[0] if named else ()
    return [str(part) for part in first] if isinstance(first, list | tuple) else []


def _follows(turn: Turn, visit: Row, target: Row) -> bool:
    """Return whether a visit's orders all are the target's now."""
    orders = turn.find(ORDER, "visit", visit.id)
    return bool(orders) and all(order.number("patient") == target.id for order in orders)


def merge_account(
    turn: Turn, patient: Row, old: Number, new: Number, *, cause: str, path: str
) -> bool:
    """Give a person's visits of one account another; return whether there were any."""
    moving = visits.of_account(turn, *old, patient)
    if moving and old != new:
        move_visits(turn, moving, patient, patient, account=new, cause=cause, path=path)
    return bool(moving)


def merge_visit(turn: Turn, old: Row, new: Row, *, cause: str, path: str) -> None:
    """Make two visits of a person one: orders go to the other visit, the old one is merged."""
    moved: Moved = []
    orders = turn.find(ORDER, "visit", old.id)
    for order in orders:
        put(turn, moved, order, "visit", new.id, path, "merged")
    put(turn, moved, old, "status", visits.MERGED, path, "merged")
    put(turn, moved, old, "merged_into", new.id, path, "merged")
    for order in orders:
        persons.refresh_order(turn, order)
    _keep_on_person(turn, "merge", cause, old, moved, path)


def rename_visit(turn: Turn, visit: Row, columns: dict[str, str], *, cause: str, path: str) -> None:
    """Give a visit another number: nothing else changes."""
    moved: Moved = []
    for column, value in columns.items():
        put(turn, moved, visit, column, value, path, "renamed")
    for order in turn.find(ORDER, "visit", visit.id):
        persons.refresh_order(turn, order)
    _keep_on_person(turn, "rename", cause, visit, moved, path)


def _keep_on_person(turn: Turn, what: str, cause: str, visit: Row, moved: Moved, path: str) -> None:
    patient = turn.get("patient", visit.number("patient"))
    if patient is not None and moved:
        keep(turn, what, cause, patient, patient, moved, path)
