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
from hl7console.worklist.rows import APPOINTMENT, ORDER, Row, Value, key_of
from hl7console.worklist.rules import appointment_orders, subject
from hl7console.worklist.rules.appointment_resources import Booking, bookings
from hl7console.worklist.turn import Severity, Turn

_SLOTS = frozenset({"S23", "S24"})
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
    for row in rows:
        if is_older(row, source, told):
            turn.note("message_older", row, Severity.IGNORED, "MSH-7")
            return
    groups = bookings(context, view, sch, event)
    person = subject.subject_of(turn, context, view.first("PID"))
    for booking in groups:
        row = next((r for r in rows if (r.number("place") or 1) == booking.place), None)
        if row is None:
            row = _create(turn, entry, context, sch, numbers, booking, person, len(groups))
        _update(turn, row, sch, context, booking, event)
        remember(turn, row, source, told, "MSH-7")
        _join(turn, entry, view, profile, row, sch, context)


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


def _update(turn: Turn, row: Row, sch: Seg, context: Context, booking: Booking, event: str) -> None:
    options = context.options
    told = _TABLE_0278.get(sch.get(25).lower().replace("-", "").replace(" ", ""))
    status = _EVENT_STATUS.get(event) or told or row.text("status") or scheduling.BOOKED
    turn.set(row, "status", status, sch.path(25) if sch.raw(25) else "MSH-9")
    turn.set(row, "cancels_steps", int(options.siu_cancels_sps), "", "siu_cancels_sps")
    for field, column in ((6, "event_reason"), (7, "reason"), (8, "type"), (9, "duration")):
        text = sch.get(field, 2) or sch.get(field)
        if text:
            turn.set(row, column, text, sch.path(field))
    if sch.raw(10):
        turn.set(row, "duration_unit", sch.get(10), sch.path(10))
    for column, (value, path) in booking.columns.items():
        turn.set(row, column, value, path)
    for flag in booking.flags:
        turn.add_flag(row, flag, "SCH-11")


def _join(
    turn: Turn,
    entry: MessageEntry,
    view: View,
    profile: Profile,
    row: Row,
    sch: Seg,
    context: Context,
) -> None:
    """Let a linked appointment have its effect; join one that isn't, or let it wait."""
    order = turn.get(ORDER, row.number("order"))
    if order is not None:
        scheduling.tell_steps(turn, row, linking.steps_of(turn, order))
        return
    keys = [
        key_of(name, row.text(f"{name}_no"), row.text(f"{name}_authority"))
        for name in ("filler", "placer")
        if row.text(f"{name}_no")
    ]
    if linking.link(turn, row, keys) is not None:
        return
    if context.options.create_from_siu and row.text("status") not in scheduling.GONE:
        appointment_orders.create(turn, entry, view, profile, row)
    else:
        turn.note("appointment_unlinked", row, Severity.INFO, sch.path(27))
