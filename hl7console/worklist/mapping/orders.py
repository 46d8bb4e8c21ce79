"""Orders: each ORC and OBR (and IPC) as an order with its requested procedure and its steps.

References:
    HL7 v2.5.1 sections 4.5.1 (ORC), 4.5.3 (OBR), 4.5.6 (IPC); IHE RAD TF-2 4.4.4.1.2.2.
"""

from __future__ import annotations

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedOrder
from hl7console.worklist.mapping import authorities
from hl7console.worklist.mapping.context import Context, FindCode
from hl7console.worklist.mapping.groups import OrderGroup, order_groups
from hl7console.worklist.mapping.numbers import put_numbers
from hl7console.worklist.mapping.patient import note_text
from hl7console.worklist.mapping.plan import Plan, fill, plan_of
from hl7console.worklist.mapping.procedures import put_procedure
from hl7console.worklist.mapping.steps import map_steps, number_steps
from hl7console.worklist.mapping.texts import fitted, several_lines
from hl7console.worklist.mapping.times import event_time
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View

_OBR_STATES = {"X": "CA", "S": "SC", "O": "SC", "I": "IP", "F": "CM", "C": "CM"}
"""OBR-25 as ORC-5 (option `use_obr_25`)."""


def map_orders(
    view: View, profile: Profile, entry: MessageEntry, find_code: FindCode
) -> list[MappedOrder]:
    """Return the orders of an ORM, OMG or OMI, in their order.

    Args:
        view: The message.
        profile: The mapping profile.
        entry: The journal entry.
        find_code: Looks up the exam-code table.
    """
    context = Context.of(view, profile, entry)
    plans = plan_of(profile, "order"), plan_of(profile, "step"), plan_of(profile, "visit")
    groups = order_groups(view)
    times: dict[int, tuple[str, str, str]] = {}
    orders = []
    for index, group in enumerate(groups):
        orders.append(_map_order(context, group, index, plans, find_code, times))
    number_steps(orders)
    return orders


def _map_order(
    context: Context, group: OrderGroup, index: int, plans: tuple[Plan, Plan, Plan],
    find_code: FindCode, times: dict[int, tuple[str, str, str]],
) -> MappedOrder:  # fmt: skip
    segments = group.segments
    orc, obr = segments.get("ORC"), segments.get("OBR")
    mapped = MappedOrder("", "")
    if orc is not None:
        mapped.control, mapped.status = orc.get(1).strip().upper(), orc.get(5).strip().upper()
        mapped.control_path = orc.path(1)
    if not mapped.status and context.options.use_obr_25 and obr is not None:
        mapped.status = _OBR_STATES.get(obr.get(25).strip().upper(), "")
        if mapped.status:
            mapped.order.rules["status_code"] = "status_from_obr_25"
    out = mapped.order
    fill(context, plans[0], segments, out)
    if "PV1" in segments:
        # On the order too, for orders that name no visit.
        fill(context, plans[2], segments, out)
    put_numbers(context, group, index, out)
    mapped.parent = _parent(context, orc, obr)
    place = orc.number if orc is not None else 0
    if place not in times:
        times[place] = event_time(context.view, orc, context.entry, context.profile)
    mapped.event_time, mapped.event_time_path, rule = times[place]
    if rule == "clock_skew":
        out.flag(rule, "MSH-7")
    if group.notes:
        put_notes(out, "rp_comments", group.notes)
    put_procedure(context, segments, mapped, find_code)
    map_steps(context, group, mapped, plans[1])
    return mapped


def _parent(context: Context, orc: Seg | None, obr: Seg | None) -> tuple[str, str, str, str]:
    """Return placer and filler number of the parent (ORC-8, OBR-29: EIP), with authorities."""
    for seg, field in ((orc, 8), (obr, 29)):
        raw = seg.raw(field) if seg is not None else ""
        if seg is None or not raw:
            continue
        parts = context.view.components(seg.repetitions(field)[0])
        found = [_pair_of(context, part) for part in parts[:2]] + [("", "")]
        if found[0][0] or found[1][0]:
            return (*found[0], *found[1])
    return "", "", "", ""


def _pair_of(context: Context, written: str) -> tuple[str, str]:
    view = context.view
    number = view.part(written).strip()
    if not number:
        return "", ""
    mark = view.delimiters.subcomponent
    parts = written.split(mark) if mark else [written]
    return number, authorities.of_ei(context, parts).key


def put_notes(out: Mapped, column: str, notes: list[Seg]) -> None:
    """Put the text of notes, a line each."""
    lines = [text for note in notes if (text := note_text(note))]
    if lines:
        text = several_lines("\n".join(lines))
        path = notes[0].path(3)
        out.put(column, fitted(out, column, text, "LT", path), path)
