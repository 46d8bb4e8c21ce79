"""Parents and children, and orders that take another's place.

References: order-states section 2 (PA, CH, RP, RU, RQ, RO).
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.states import StepState, is_started_or_final, request_state
from hl7console.worklist.turn import Severity, Turn


def named_in_parent(turn: Turn, told: Told) -> Row | None:
    """Return the order that ORC-8 (or OBR-29) names."""
    placer_no, placer_authority, filler_no, filler_authority = told.mapped.parent
    found: list[Row] = []
    if placer_no:
        found = turn.find(ORDER, "placer", placer_no, placer_authority)
    if not found and filler_no:
        found = turn.find(ORDER, "filler", filler_no, filler_authority)
    return found[0] if found else None


def make_parent(turn: Turn, order: Row, told: Told) -> None:
    """Keep an order's own steps from being served: its children are done instead."""
    path = told.mapped.control_path
    turn.add_flag(order, "is_parent", path)
    for step in turn.find(STEP, "order", order.id):
        if not is_started_or_final(step):
            request_state(turn, step, StepState.UNSCHEDULED, told.rank, path=path, rule="is_parent")


def join_parent(message: OrderMessage, child: Row, told: Told) -> None:
    """Join a child to its parent: the one of ORC-8, else the last parent of the message."""
    turn = message.turn
    path = told.mapped.control_path
    parent = named_in_parent(turn, told) or message.parent
    if parent is None:
        turn.add_flag(child, "parent_unknown", path)
        return
    if parent.number("patient") != child.number("patient"):
        message.conflict("parent_of_other_patient", parent, path)
    turn.set(child, "parent", parent.id, path, "child")
    if "is_parent" not in parent.list("flags"):
        make_parent(turn, parent, told)


def join_replaced(message: OrderMessage, new: Row, told: Told) -> None:
    """Join a replacement to the order in whose place it comes.

    That is the one of ORC-8, else one that the same message says is replaced, else one of the same
    placer group that was replaced by nothing yet.
    """
    turn = message.turn
    old = named_in_parent(turn, told)
    if old is None and message.replaced:
        old = message.replaced.pop(0)
    elif old in message.replaced and old is not None:
        message.replaced.remove(old)
    if old is None:
        old = _of_group(turn, new, lambda o: "replaced" in o.list("flags"))
    if old is None:
        turn.add_flag(new, "replaced_order_unknown", told.mapped.control_path)
        return
    _join(message, old, new, told)


def find_replacement(message: OrderMessage, old: Row, told: Told) -> None:
    """Join a replaced order to its replacement if that came first; else it waits for it."""
    if old.number("replaced_by"):
        return
    turn = message.turn
    new = _of_group(turn, old, lambda o: o.text("control") == "RO" and not o.number("replaces"))
    if new is None:
        message.replaced.append(old)
    else:
        _join(message, old, new, told)
        turn.drop_flag(new, "replaced_order_unknown")


def _of_group(turn: Turn, order: Row, fits: Callable[[Row], bool]) -> Row | None:
    group = order.text("group_no")
    if not group:
        return None
    for other in turn.find(ORDER, "group", group):
        same_person = other.number("patient") == order.number("patient")
        same_sender = other.text("sender") == order.text("sender")
        if other is not order and same_person and same_sender and fits(other):
            return other
    return None


def _join(message: OrderMessage, old: Row, new: Row, told: Told) -> None:
    path = told.mapped.control_path
    if old.number("patient") != new.number("patient"):
        message.conflict("replaced_order_of_other_patient", old, path)
    turn = message.turn
    turn.set(old, "replaced_by", new.id, path, "replaced_by")
    turn.set(new, "replaces", old.id, path, "replaces")
    turn.note("replaced_by", old, Severity.INFO, path, accession=new.text("accession") or "(none)")
    turn.note("replaces", new, Severity.INFO, path, accession=old.text("accession") or "(none)")
