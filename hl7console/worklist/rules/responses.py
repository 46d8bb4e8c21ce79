"""Answers to orders (ORR, ORG, ORI) and acknowledgements: history only, and filler numbers.

References:
    HL7 v2.5.1 chapter 4, ORR^O02, ORG^O20, ORI^O24; table 0119.
"""

from __future__ import annotations

from hl7console.worklist import linking
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.finding import orders_of
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.identifiers import number_of_ei
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View
from hl7console.worklist.rows import ORDER, Row
from hl7console.worklist.turn import Severity, Turn

NUMBER_ASSIGNED = "NA"
_ASSIGNED = "number_by_answer"


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Note an answer on its orders; no line is ever made of one."""
    code, message = view.get("MSA", 1), view.get("MSA", 2)
    if view.get("MSH", 9) == "ACK":
        turn.note("acknowledgement", None, Severity.INFO, "MSA-1", code=code, message=message)
        return
    context = Context.of(view, profile, entry)
    orcs = view.all("ORC")
    if not orcs:
        turn.note("response", None, Severity.INFO, "MSA-1", code=code, message=message, control="")
    for orc in orcs:
        control = orc.get(1).upper()
        orders = _orders(turn, context, orc)
        if not orders:
            turn.note(
                "response_unknown", None, Severity.INFO, orc.path(2),
                code=code, control=control, message=message,
            )  # fmt: skip
        for order in orders:
            turn.note(
                "response", order, Severity.INFO, orc.path(1),
                code=code, control=control, message=message,
            )  # fmt: skip
            if control == NUMBER_ASSIGNED:
                _assign(turn, context, orc, order)


def _orders(turn: Turn, context: Context, orc: Seg) -> list[Row]:
    placer, filler = number_of_ei(context, orc, 2), number_of_ei(context, orc, 3)
    return orders_of(
        turn,
        placer=(placer.value, placer.authority.key) if placer else ("", ""),
        filler=(filler.value, filler.authority.key) if filler else ("", ""),
    )


def _assign(turn: Turn, context: Context, orc: Seg, order: Row) -> None:
    number = number_of_ei(context, orc, 3)
    if number is None or order.text("filler_no"):
        return
    path = orc.path(3)
    others = turn.find(ORDER, "filler", number.value, number.authority.key)
    if any(other.number("patient") != order.number("patient") for other in others):
        turn.note("filler_no_taken", order, Severity.ERROR, path)
        return
    turn.set(order, "filler_no", number.value, path, _ASSIGNED)
    turn.set(order, "filler_authority", number.authority.key, path, _ASSIGNED)
    if number.authority.namespace:
        turn.set(order, "filler_issuer", number.authority.namespace, path, _ASSIGNED)
    linking.link_waiting(turn, order, linking.steps_of(turn, order))
