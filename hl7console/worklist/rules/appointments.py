"""Appointments (SIU): when, where and by whom a step is to be done.

References:
    HL7 v2.5.1 chapter 10; tables 0206 and 0278.
"""

from __future__ import annotations

from hl7console.worklist import linking, scheduling
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.evidence import is_older, remember, source_of
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.identifiers import Number, number_of_ei
from hl7console.worklist.mapping.times import event_time
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View
from hl7console.worklist.rows import APPOINTMENT, Row, Value, key_of
from hl7console.worklist.rules import appointment_orders, subject
from hl7console.worklist.rules.appointment_resources import CHANGES, DELETE, Booking, bookings
from hl7console.worklist.turn import Severity, Turn

_SLOTS = frozenset({"S23", "S24"})
_BOOKS = frozenset({"S12", "S13"})
_REST = "S16"
"""The rest of a recurring set is stopped: what is over stays."""
_NO_ORDER = scheduling.GONE | {scheduling.NOSHOW, *scheduling.NOT_YET}
"""States of appointments that no order is made of."""
_EVENT_STATUS = {
    "S15": scheduling.CANCELLED,
    "S16": scheduling.CANCELLED,
    "S17": scheduling.DELETED,
    "S26": scheduling.NOSHOW,
}
_TABLE_0278 = {
    "cancelled": scheduling.CANCELLED,
    "discontinued": scheduling.CANCELLED,
    "deleted": scheduling.DELETED,
    "noshow": scheduling.NOSHOW,
    "pending": "pending",
    "waitlist": "waitlist",
    "booked": scheduling.BOOKED,
    "started": "started",
    "complete": "complete",
    "overbook": "overbook",
    "blocked": "blocked",
}


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply an SIU."""
    event = view.get("MSH", 9, 2)
    if event in _SLOTS:
        turn.note("slots_only", None, Severity.IGNORED, "MSH-9", event=event)
        return
    sch = view.first("SCH")
    if sch is None:
        turn.refuse("schedule_missing", "SCH")
    context = Context.of(view, profile, entry)
    told, _path, _rule = event_time(view, None, entry, profile)
    source = source_of(entry, view)
    numbers = (number_of_ei(context, sch, 1), number_of_ei(context, sch, 2))
    rows = _known(turn, numbers)
    if older := next((row for row in rows if is_older(row, source, told)), None):
        turn.note("message_older", older, Severity.IGNORED, "MSH-7")
        return
    person = subject.subject_of(turn, context, view.first("PID"))
    _check_person(turn, rows, Row(APPOINTMENT, 0, person))
    keys = _keys(context, sch)
    groups = bookings(context, view, sch, event, _modality(turn, rows, keys))
    for booking in groups:
        row = next((r for r in rows if (r.number("place") or 1) == booking.place), None)
        if row is None:
            if rows:
                group = str(booking.place)
                turn.note("resource_group_unknown", rows[0], Severity.INFO, "RGS-1", group=group)
            row = _create(turn, entry, context, sch, numbers, booking, person, len(groups))
        if event == _REST and _is_over(row, told):
            turn.note("appointment_is_over", row, Severity.IGNORED, "SCH-11")
            continue
        _update(turn, row, sch, context, booking, event)
        remember(turn, row, source, told, "MSH-7")
        _join(turn, entry, view, profile, row, keys, context)


def _check_person(turn: Turn, rows: list[Row], named: Row) -> None:
    """Give the message up if it names an appointment of another person."""
    row = next((row for row in rows if linking.is_anothers(turn, row, named)), None)
    if row is not None:
        linking.refuse_other_person(turn, row, "appointment_of_other_patient")


def _keys(context: Context, sch: Seg) -> list[str]:
    """Return what an appointment says of its order: filler and placer number.

    Some fillers' numbers are the accession numbers, so these are tried as such in the end.
    """
    keys: list[str] = []
    values: list[str] = []
    for field, name in ((27, "filler"), (26, "placer")):
        number = number_of_ei(context, sch, field)
        if number is not None:
            keys.append(key_of(name, number.value, number.authority.key))
            values.append(number.value)
    return [*keys, *[linking.bare_accession(value) for value in dict.fromkeys(values)]]


def _modality(turn: Turn, rows: list[Row], keys: list[str]) -> str:
    """Return the modality of the steps that an appointment is for; "" if that isn't clear."""
    orders = [order for row in rows for order in linking.orders_of(turn, row)]
    orders = orders or linking.orders_for(turn, keys)
    found = {step.text("modality") for order in orders for step in linking.steps_of(turn, order)}
    return found.pop() if len(found) == 1 else ""


def _is_over(row: Row, told: str) -> bool:
    start = row.text("start_date") + (row.text("start_time") or "000000")[:6]
    return bool(row.text("start_date")) and start < told[:14]


def _known(turn: Turn, numbers: tuple[Number | None, Number | None]) -> list[Row]:
    for index, number in (("filler", numbers[1]), ("placer", numbers[0])):
        if number is not None:
            found = turn.find(APPOINTMENT, index, number.value, number.authority.key)
            if found:
                return found
    return []


def _create(
    turn: Turn,
    entry: MessageEntry,
    context: Context,
    sch: Seg,
    numbers: tuple[Number | None, Number | None],
    booking: Booking,
    person: dict[str, Value],
    groups: int,
) -> Row:
    columns: dict[str, Value] = {
        **person,
        "entry": entry.number,
        "place": booking.place,
        "groups": groups,
        "listener": entry.listener,
    }
    paths = dict(subject.PATHS)
    for name, number in zip(("placer", "filler"), numbers, strict=True):
        if number is not None:
            columns[f"{name}_appointment"] = number.value
            columns[f"{name}_appointment_authority"] = number.authority.key
            paths[f"{name}_appointment"] = number.path
    for field, name in ((26, "placer"), (27, "filler")):
        number = number_of_ei(context, sch, field)
        if number is not None:
            columns[f"{name}_no"] = number.value
            columns[f"{name}_authority"] = number.authority.key
            paths[f"{name}_no"] = number.path
    return turn.create(APPOINTMENT, columns, paths)


def _status(row: Row, sch: Seg, booking: Booking, event: str) -> str:
    """Return the state of an appointment: by RGS-2, the event, SCH-25, or as it was."""
    if booking.action == DELETE:
        return scheduling.CANCELLED
    told = _TABLE_0278.get(sch.get(25).lower().replace("-", "").replace(" ", ""))
    if status := _EVENT_STATUS.get(event) or told:
        return status
    return scheduling.BOOKED if event in _BOOKS else row.text("status") or scheduling.BOOKED


def _update(turn: Turn, row: Row, sch: Seg, context: Context, booking: Booking, event: str) -> None:
    turn.set(
        row, "status", _status(row, sch, booking, event), sch.path(25) if sch.raw(25) else "MSH-9"
    )
    cancels = int(context.options.siu_cancels_sps)
    turn.set(row, "cancels_steps", cancels, "", "siu_cancels_sps")
    for field, column in ((6, "event_reason"), (7, "reason"), (8, "type"), (9, "duration")):
        text = sch.get(field, 2) or sch.get(field)
        if text:
            turn.set(row, column, text, sch.path(field))
    if sch.raw(10):
        turn.set(row, "duration_unit", sch.get(10), sch.path(10))
    _take_resources(turn, row, booking, event)
    for flag in booking.flags:
        turn.add_flag(row, flag, "SCH-11")


def _take_resources(turn: Turn, row: Row, booking: Booking, event: str) -> None:
    """Take over time, machine, room, person and services of a resource group."""
    _take_away(turn, row, booking)
    machine = booking.columns.get("machine")
    if machine is not None and machine[0] != row.text("machine"):
        # Where the new machine has no rule, the stations of the old one are none of its own.
        for column in ("station_aet", "station_name"):
            booking.put(column, "", machine[1])
    for column, (value, path) in booking.columns.items():
        turn.set(row, column, value, path)
    if booking.services_path:
        before = [str(c) for c in row.list("procedures")] if event in CHANGES else []
        codes = [code for code in before if code not in booking.services_gone]
        codes += [code for code in booking.services if code not in codes]
        turn.set(row, "procedures", codes or "", booking.services_path)


_WITH = {"machine": ("station_aet", "station_name"), "room": ("sps_location",), "performer": ()}


def _take_away(turn: Turn, row: Row, booking: Booking) -> None:
    """Empty what the message takes away, if it is what the appointment has."""
    for column, name, path in booking.gone:
        if name in ("", row.text(column)):
            for also in (column, *_WITH[column]):
                turn.set(row, also, "", path)


def _join(
    turn: Turn,
    entry: MessageEntry,
    view: View,
    profile: Profile,
    row: Row,
    keys: list[str],
    context: Context,
) -> None:
    """Let a linked appointment have its effect; join one that isn't, or let it wait."""
    if row.number("order"):
        linking.tell(turn, row)
        return
    if appointment_orders.add_step(turn, row) or linking.link(turn, row, keys) is not None:
        return
    if linking.is_objected_to(row):
        return
    if context.options.create_from_siu and row.text("status") not in _NO_ORDER:
        appointment_orders.create(turn, entry, view, profile, row)
    else:
        turn.note("appointment_unlinked", row, Severity.INFO, "SCH-27")
