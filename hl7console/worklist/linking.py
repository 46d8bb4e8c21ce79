"""Which order a report, document, appointment or exam belongs to, and joining it to that order.

What comes before its order waits: its row holds the keys it waits for (`waits_for`), and is joined
when an order with one of them is there. It is never joined to an order of another person: then the
row stays alone, and an open conflict asks a person to decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, NoReturn

from hl7console.worklist import exams, reports, scheduling
from hl7console.worklist.persons_named import (
    Agreement,
    agreement,
    is_somebody_else,
    shares_number,
    survivor,
)
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    DOCUMENT,
    EXAM,
    ORDER,
    REPORT,
    STEP,
    Row,
    Value,
    key_of,
)
from hl7console.worklist.turn import Severity, Turn

_CONFLICTS = {
    REPORT: "report_names_other_patient",
    DOCUMENT: "document_names_other_patient",
    APPOINTMENT: "appointment_names_other_patient",
    EXAM: "exam_names_other_patient",
}


_BARE = "accession_value"
"""Key, and index of orders, of an accession number whosever it is."""


class Keys(NamedTuple):
    """What a message says of the order that it is about. Each number goes with its authority."""

    study_uid: str = ""
    accession: tuple[str, str] = ("", "")
    filler: tuple[str, str] = ("", "")
    placer: tuple[str, str] = ("", "")
    bare_accession: str = ""
    """The accession number, where it came without an authority: then it counts whosever it is."""

    def written(self) -> list[str]:
        """Return the keys as `waits_for` holds them, the most telling first."""
        keys = [key_of("study", self.study_uid)] if self.study_uid else []
        for name, (number, authority) in (
            ("accession", self.accession),
            ("filler", self.filler),
            ("placer", self.placer),
        ):
            if number:
                keys.append(key_of(name, number, authority))
            if name == "accession" and self.bare_accession:
                keys.append(key_of(_BARE, self.bare_accession))
        return keys


_BY_ITSELF = "The person is the same by now."
"""What came of a conflict that nobody had to decide."""


def keys_of_order(order: Row) -> list[str]:
    """Return the keys by which something may wait for this order."""
    return Keys(
        order.text("study_uid"),
        (order.text("accession"), order.text("accession_authority")),
        (order.text("filler_no"), order.text("filler_authority")),
        (order.text("placer_no"), order.text("placer_authority")),
        order.text("accession"),
    ).written()


def bare_accession(number: str) -> str:
    """Return the key of an accession number whosever it is."""
    return key_of(_BARE, number)


def is_objected_to(row: Row) -> bool:
    """Return whether a row names an order of another person, and is kept apart from it."""
    return _CONFLICTS[row.kind] in row.list("flags")


def orders_for(turn: Turn, keys: Sequence[str]) -> list[Row]:
    """Return the orders under the first of these keys that finds any, narrowed by the others.

    Several remain only where they cannot be told apart, such as orders that share an accession.
    """
    found: list[Row] = []
    for key in keys:
        name, *parts = key.split("\x1f")
        here = turn.find(ORDER, name, *parts)
        if name == _BARE and len({order.text("accession_authority") for order in here}) > 1:
            continue
        if not found:
            found = here
        elif here and len(found) > 1:
            found = [order for order in found if order in here] or found
    live = [order for order in found if not order.number("replaced_by")]
    return live or found


def steps_of(turn: Turn, order: Row) -> list[Row]:
    """Return the steps of an order, by number."""
    return turn.find(STEP, "order", order.id)


def link(turn: Turn, row: Row, keys: Sequence[str]) -> Row | None:
    """Join a new row to its order, or let it wait for one.

    Args:
        turn: The turn.
        row: A report, document or appointment, with its `named_…` columns.
        keys: What it says of its order, the most telling first.

    Returns:
        The order; None when the row waits.
    """
    turn.set(row, "keys", list(keys), rule="waits_for_order")
    orders = orders_for(turn, keys)
    if not orders:
        turn.set(row, "waits_for", list(keys), rule="waits_for_order")
        return None
    return _join_first(turn, row, orders, keys)


def _join_first(turn: Turn, row: Row, orders: list[Row], keys: Sequence[str]) -> Row | None:
    same = [order for order in orders if agreement(turn, row, order) is not Agreement.OTHER]
    if not same and _is_a_guess(row, orders[0], keys):
        turn.set(row, "waits_for", list(keys), rule="waits_for_order")
        return None
    if not same:
        turn.set(row, "waits_for", list(keys), rule="waits_for_order")
        object_to(turn, row, orders[0])
        return None
    if len(same) > 1:
        turn.set(row, "also_orders", [order.id for order in same[1:]], rule="shared_key")
    attach(turn, row, same[0])
    return same[0]


def _is_a_guess(row: Row, order: Row, keys: Sequence[str]) -> bool:
    """Return whether only a number that may be an accession number names the order."""
    if row.kind != APPOINTMENT:
        return False
    theirs = set(keys_of_order(order)) - {bare_accession(order.text("accession"))}
    return not any(key in theirs for key in keys)


def orders_of(turn: Turn, row: Row) -> list[Row]:
    """Return the orders that a row is joined to: its own, and those that share the key with it."""
    numbers = [row.number("order"), *[n for n in row.list("also_orders") if isinstance(n, int)]]
    return [order for n in numbers if n and (order := turn.get(ORDER, n)) is not None]


def tell(turn: Turn, row: Row) -> None:
    """Let a row that is joined to its orders have its effects there."""
    orders = orders_of(turn, row)
    if row.kind == REPORT:
        for order in orders:
            reports.tell_order(turn, row, order)
    elif row.kind == APPOINTMENT:
        scheduling.tell_steps(turn, row, [s for order in orders for s in steps_of(turn, order)])


def object_to(turn: Turn, row: Row, order: Row) -> None:
    """Keep a row apart from an order of another person, and ask a person to decide; once."""
    rule = _CONFLICTS[row.kind]
    if rule in row.list("flags"):
        return
    turn.set(row, "flags", [*row.list("flags"), rule], rule=rule)
    turn.note(rule, row, Severity.ERROR, "PID-3" if row.kind != EXAM else "PatientID")
    patients = (order.number("patient"), row.number("patient"))
    conflict = _conflict_about(turn, row, rule, order.id, patients)
    turn.create(CONFLICT, conflict, rules={"status": rule})


def refuse_other_person(turn: Turn, row: Row, rule: str) -> NoReturn:
    """Give a message up that names a known row with another person; a person has to decide.

    Raises:
        RefusedError: Always.
    """
    patients = (row.number("patient"),)
    conflict = _conflict_about(turn, row, rule, row.number("order"), patients)
    turn.refuse(rule, "PID-3", row, conflict)


def _conflict_about(
    turn: Turn, row: Row, rule: str, order_id: int, patients: Iterable[int]
) -> dict[str, Value]:
    """Return the columns of an open conflict about a row; patients of number 0 are left out."""
    return {
        "rule": rule,
        "status": "open",
        "patients": list(dict.fromkeys(n for n in patients if n)),
        "order": order_id,
        "about_kind": row.kind,
        "about": row.id,
        "entry": turn.entry.number,
    }


def attach(turn: Turn, row: Row, order: Row, *, by_hand: bool = False) -> None:
    """Join a row to an order, and let it have its effects there.

    Args:
        turn: The turn.
        row: A report, document, appointment or exam.
        order: The order.
        by_hand: An operator says so: persons are not compared.
    """
    rule = "joined_by_hand" if by_hand else "joined"
    if not by_hand and agreement(turn, row, order) is Agreement.UNKNOWN:
        turn.add_flag(row, "patient_not_confirmed")
    turn.set(row, "order", order.id, rule=rule)
    turn.set(row, "waits_for", "", rule=rule)
    patient = survivor(turn, order.number("patient"))
    if patient is not None:
        turn.set(row, "patient", patient.id, rule=rule)
    allow(turn, row, "" if by_hand else _BY_ITSELF)
    turn.note(rule, row)
    tell(turn, row)


def leave(turn: Turn, row: Row) -> None:
    """Take a report, document or appointment off its orders, with what it has told them."""
    orders = orders_of(turn, row)
    turn.set(row, "order", 0, rule="joined_by_hand")
    turn.set(row, "also_orders", "", rule="joined_by_hand")
    for order in orders:
        if row.kind == REPORT:
            reports.forget(turn, row, order)
        elif row.kind == APPOINTMENT:
            scheduling.leave_steps(turn, row, steps_of(turn, order))


def allow(turn: Turn, row: Row, note: str = "") -> None:
    """Take the objection against a row's order back; with a note its conflicts are done."""
    rule = _CONFLICTS[row.kind]
    if rule in row.list("flags"):
        turn.drop_flag(row, rule)
        if note:
            settle_conflicts(turn, row, note)


def is_anothers(turn: Turn, row: Row, named: Row) -> bool:
    """Return whether a row is somebody else's than a message names, so that it is not its own.

    Args:
        turn: The turn.
        row: A report, document or appointment.
        named: Whom the message names, as `named_...` columns.
    """
    if is_somebody_else(turn, row, named):
        return True
    if shares_number(row, named) or not row.number("order"):
        return False
    order = turn.get(ORDER, row.number("order"))
    return order is not None and agreement(turn, named, order) is Agreement.OTHER


def settle_conflicts(turn: Turn, row: Row, note: str = "") -> None:
    """Mark the open conflicts about a row as done."""
    for conflict in turn.find(CONFLICT, "status", "open"):
        if conflict.text("about_kind") == row.kind and conflict.number("about") == row.id:
            turn.set(conflict, "status", "done", rule="resolved")
            turn.set(conflict, "resolution", note, rule="resolved")


def link_waiting(turn: Turn, order: Row, steps: Iterable[Row]) -> None:
    """Join what waits for an order that is new, or that has new keys.

    Args:
        turn: The turn.
        order: The order.
        steps: Its steps, as they are now.
    """
    has_any = turn.state.has_any
    kinds = [kind for kind in (APPOINTMENT, REPORT, DOCUMENT) if has_any(kind, "waits_for")]
    for key in keys_of_order(order) if kinds else ():
        for kind in kinds:
            for row in turn.find(kind, "waits_for", key):
                if not row.number("order"):
                    _join_late(turn, row, order)
    if has_any(REPORT, "keys"):
        _share(turn, order)
    seen = list(steps)
    if not seen or not (has_any(EXAM, "study") or has_any(EXAM, "accession")):
        return
    waiting = turn.find(EXAM, "study", order.text("study_uid")) if order.text("study_uid") else []
    if accession := order.text("accession"):
        waiting = [*waiting, *turn.find(EXAM, "accession", accession)]
    for exam in dict.fromkeys(waiting):
        before = exam.list("steps")
        exams.join_late(turn, exam, order, seen, object_to)
        if exam.list("steps") != before:
            allow(turn, exam, _BY_ITSELF)


def link_person(turn: Turn, patient: Row) -> None:
    """Join what waits for a person's orders, or was kept apart while they were two persons."""
    if any(turn.state.has_any(kind, index) for kind, index in _WAITING):
        for order in turn.find(ORDER, "patient", patient.id):
            link_waiting(turn, order, steps_of(turn, order))


_WAITING = (
    (APPOINTMENT, "waits_for"), (REPORT, "waits_for"), (DOCUMENT, "waits_for"), (EXAM, "uid"),
)  # fmt: skip
"""Where there is something that may wait."""


def _share(turn: Turn, order: Row) -> None:
    """Join reports to an order too that name it as well as the order that they have already."""
    for key in keys_of_order(order):
        for row in turn.find(REPORT, "keys", key):
            if not row.number("order") or order in orders_of(turn, row):
                continue
            if order.number("patient") != row.number("patient"):
                continue  # An operator has joined it to an order of somebody else.
            keys = [str(written) for written in row.list("keys")]
            if order not in orders_for(turn, keys):
                continue
            if agreement(turn, row, order) is not Agreement.OTHER:
                also = [*row.list("also_orders"), order.id]
                turn.set(row, "also_orders", also, rule="shared_key")
                reports.tell_order(turn, row, order)


def _join_late(turn: Turn, row: Row, order: Row) -> None:
    if agreement(turn, row, order) is Agreement.OTHER:
        if not _is_a_guess(row, order, [str(key) for key in row.list("waits_for")]):
            object_to(turn, row, order)
        return
    attach(turn, row, order)
