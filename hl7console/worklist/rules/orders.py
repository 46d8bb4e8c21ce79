"""Order messages: ORM^O01, OMG^O19 and OMI^O23.

One message is one transaction: where one of its orders is refused, none is applied. What an ORC
asks for is said by `rules.control`, in two tables. Decisions where the field's practice leaves it
open:

* A status that the tables don't know changes nothing; a new order with one is kept UNSCHEDULED.
* A new order that begins as DEPARTED or DISCONTINUED is kept UNSCHEDULED, flagged, with a line in
  the error list.
* Several orders under the same numbers are told apart by study UID, procedure, step and code, else
  by their position in the message. A cancel that doesn't tell them apart is meant for all of them.
* A new order doesn't move the start that an appointment has set; a change (XO) does.
* A message whose patient isn't the order's is refused and kept as a conflict, even where nobody has
  that identifier yet.
* A new order for one that was cancelled or begun changes nothing and is kept as a conflict; with
  another filler number it is another order.

References: order-states sections 2, 3 and 5.
"""

from __future__ import annotations

from hl7console.worklist import codes, evidence
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.finding import NUMBERS, keys_of_mapped, number_list
from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.mapping.orders import map_orders
from hl7console.worklist.mapping.patient import map_patient
from hl7console.worklist.mapping.visit import map_visit
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.rows import ORDER, STEP, Row
from hl7console.worklist.rules.orders_codes import apply_orders
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.turn import RefusedError, Severity, Turn


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply an order message."""
    mapped = map_orders(view, profile, entry, codes.finder(turn))
    for one in mapped:
        codes.note_unmapped(turn, one)
    pid = view.first("PID")
    person = map_patient(view, profile, pid, entry) if pid is not None else None
    if person is not None and not person.identifiers:
        person = None
    visit = map_visit(view, profile, entry, view.first("PV1"), pid)
    sender = evidence.sender_of(view)
    source = f"{entry.listener}|{sender}"
    try:
        apply_orders(OrderMessage(turn, entry, profile, source, sender, person, visit), mapped)
    except RefusedError:
        _name_numbers(turn, mapped)
        raise
    for row in list(turn.touched):
        if row.kind == STEP:
            _tell_missing(turn, row)
        elif row.kind == ORDER and not row.values.get("accession") and _is_new(turn, row):
            path = "OBR-18" if view.first("IPC") is None else "IPC-1"
            turn.note("accession_missing", row, Severity.ERROR, path)


def _name_numbers(turn: Turn, mapped: list[MappedOrder]) -> None:
    """Put the numbers of its orders into a refusal: their lines tell of it, once they are there."""
    numbers = [text for one in mapped for text in keys_of_mapped(one.order).texts()]
    last = turn.notes[-1]
    args = {**last.args, NUMBERS: number_list(numbers)}
    turn.notes[-1] = last._replace(args=args)


def _is_new(turn: Turn, order: Row) -> bool:
    source = order.source("patient")
    return source is not None and source.entry == turn.entry.number


def _tell_missing(turn: Turn, step: Row) -> None:
    """Put into the error list which values this message left a step without."""
    if not step.values.get("wanted") or not step.values.get("missing"):
        return
    if step.sources["missing"].entry == turn.entry.number:
        columns = ", ".join([str(column) for column in step.list("missing")])
        turn.note("order_incomplete", step, Severity.ERROR, "", columns=columns)
