"""Lines that are made of appointments without an order, where the profile says so."""

from __future__ import annotations

from hl7console.worklist import identity, linking
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.patient import map_patient
from hl7console.worklist.mapping.studies import derived_uid, generated_rp_id, generated_sps_id
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.rows import APPOINTMENT, ORDER, STEP, Row, Value
from hl7console.worklist.states import Rank, StepState, request_state, settle
from hl7console.worklist.turn import Severity, Turn

_RULE = "created_from_siu"


def create(turn: Turn, entry: MessageEntry, view: View, profile: Profile, appointment: Row) -> None:
    """Make an order and a step of an appointment; incomplete until its order comes."""
    pid = view.first("PID")
    if pid is None:
        turn.refuse("no_pid", "PID")
    mapped = map_patient(view, profile, pid, entry)
    patient = identity.resolve(turn, mapped, profile, entry, may_create=True, event="order")
    base = [
        appointment.text(column)
        for column in (
            "placer_no", "placer_authority", "filler_no", "filler_authority",
            "placer_appointment", "filler_appointment",
        )
    ]  # fmt: skip
    rp_id = generated_rp_id(*base)
    context = Context.of(view, profile, entry)
    columns: dict[str, Value] = {
        "patient": patient.id,
        "rp_id": rp_id,
        "study_uid": derived_uid(context.default_key, *base),
        "rp_desc": appointment.text("reason"),
        "listener": entry.listener,
        "sender": context.sender,
        "profile": profile.name,
        "flags": [_RULE],
    }
    paths = {"rp_desc": "SCH-7", "patient": "PID-3"}
    for name in ("placer_no", "placer_authority", "filler_no", "filler_authority"):
        columns[name] = appointment.text(name)
        paths[name] = "SCH-26" if name.startswith("placer") else "SCH-27"
    rules = {"rp_id": "rp_generated", "study_uid": "uid_derived"}
    order = turn.create(ORDER, columns, paths, rules)
    turn.note(_RULE, order, Severity.FLAG)
    _make_step(turn, order, appointment)
    linking.attach(turn, appointment, order)


def add_step(turn: Turn, appointment: Row) -> bool:
    """Give a further resource group a step of the order that another group has made.

    Only until the order's own message comes: that one says which steps there are.

    Returns:
        Whether there is such an order; False leaves everything as it is.
    """
    for name in ("filler", "placer"):
        number = appointment.text(f"{name}_appointment")
        authority = appointment.text(f"{name}_appointment_authority")
        for other in turn.find(APPOINTMENT, name, number, authority) if number else []:
            order = turn.get(ORDER, other.number("order"))
            if order is None or other is appointment:
                continue
            if _RULE in order.list("flags") and not order.text("control"):
                _make_step(turn, order, appointment)
                linking.attach(turn, appointment, order)
                return True
    return False


def _make_step(turn: Turn, order: Row, appointment: Row) -> None:
    place = appointment.number("place")
    base = [order.text("study_uid"), order.text("rp_id"), *([str(place)] if place > 1 else [])]
    step = turn.create(
        STEP,
        {
            "order": order.id,
            "study_uid": order.text("study_uid"),
            "sps_id": generated_sps_id(*base),
            "sps_desc": appointment.text("reason"),
        },
        {"sps_desc": "SCH-7"},
        {"sps_id": "sps_generated", "study_uid": "uid_derived"},
    )
    settle(turn, step)
    request_state(turn, step, StepState.SCHEDULED, Rank.SCHEDULE, path="MSH-9", rule=_RULE)
