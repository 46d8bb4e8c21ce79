"""Keeps cancels and updates that came before their order, and applies them when it is there.

References: order-states section 5, first two rows.
"""

from __future__ import annotations

from hl7console.worklist import evidence, waiting
from hl7console.worklist.finding import keys_of_order
from hl7console.worklist.mapped import MappedPatient
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rows import ORDER, WAITING, Row
from hl7console.worklist.rules.orders_change import apply_known
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.states import Rank
from hl7console.worklist.turn import Severity, Turn


def hold(
    turn: Turn,
    told: Told,
    what: str,
    person: MappedPatient | None,
    patient: Row | None,
    options: Options,
) -> None:
    """Keep a message for an order that nobody has sent yet."""
    keys = told.keys.texts()
    path = told.mapped.control_path
    if not keys:
        turn.note("order_without_numbers", None, Severity.ERROR, path, control=told.control)
        return
    is_cancel = what == waiting.TOMBSTONE
    days = options.tombstone_days if is_cancel else options.pending_days
    row = waiting.put(turn, what, keys, told.mapped, told.source, person, patient, days)
    turn.set(row, "held", waiting.to_held(told.mapped), path)
    turn.set(row, "wish", told.wish, path)
    turn.set(row, "line", told.line, path)
    turn.set(row, "rank", int(told.rank), path)
    turn.set(row, "has_fields", int(told.has_fields), path)
    code = "cancel_before_new" if is_cancel else "update_before_new"
    turn.note(code, row, Severity.FLAG, path, control=told.control, days=str(days))


def _told(row: Row) -> Told:
    return Told(
        waiting.from_held(row.list("held")),
        row.text("source"),
        row.text("wish"),
        row.text("line"),
        Rank(row.number("rank")),
        bool(row.number("has_fields")),
    )


def replay(turn: Turn, order: Row) -> None:
    """Apply what waited for this order, in the order of event times; then it waits no more.

    What was sent for another person is left waiting, flagged; it gets another try when the two
    become one person (`retry`).
    """
    if not turn.state.has_any(WAITING, "keys"):
        return
    rows = waiting.under(turn, keys_of_order(order).texts())
    if not rows:
        return
    made = evidence.last_claim(order, _source(order))
    for row in rows:
        if not waiting.is_for(turn, row, order.number("patient")):
            if "waiting_other_patient" not in row.list("flags"):
                turn.add_flag(row, "waiting_other_patient")
            continue
        _apply(turn, order, row, made.time if made else "")


def _source(order: Row) -> str:
    claims = order.list("last_event")
    first = claims[0] if claims else None
    return str(first[0]) if isinstance(first, list | tuple) else ""


def _apply(turn: Turn, order: Row, row: Row, new_time: str) -> None:
    told = _told(row)
    args = {"control": told.control, "entry": str(row.number("entry"))}
    if row.text("what") == waiting.TOMBSTONE:
        if new_time and told.time and new_time > told.time:
            turn.add_flag(order, "newer_than_cancel", told.mapped.control_path, **args)
            turn.delete(row)
            return
        turn.add_flag(order, "cancelled_before_new", told.mapped.control_path, **args)
    turn.note("held_message_applied", order, Severity.INFO, told.mapped.control_path, **args)
    with waiting.as_of(turn, row):
        apply_known(turn, order, told)
    turn.delete(row)


def retry(turn: Turn, patient: Row) -> None:
    """Try again what waits for the orders of a person: after a merge, or with new identifiers."""
    for order in turn.find(ORDER, "patient", patient.id):
        replay(turn, order)
