"""Time, rooms, machines and persons of an appointment: its resource groups.

References:
    HL7 v2.5.1 chapter 10, RGS, AIS, AIG, AIL and AIP; table 0206 (segment action code).
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.worklist import stations
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.context import Context
from hl7console.worklist.mapping.names import pn_of_xcn
from hl7console.worklist.mapping.times import start_of
from hl7console.worklist.reading import Seg, View
from hl7console.worklist.rows import Value

_RESOURCES = frozenset({"AIS", "AIG", "AIL", "AIP"})
_NO_TIME = frozenset({"S14"})
"""Events that change anything but the time."""
_CHANGES = frozenset({"S18", "S19", "S20", "S21", "S22"})
"""Events about single resources: the time is only changed by one of them."""


@dataclass(slots=True)
class Booking:
    """One resource group: columns of the appointment with the field each came from."""

    place: int
    """Which group it is, from 1."""
    columns: dict[str, tuple[Value, str]] = field(default_factory=dict, repr=False)
    flags: list[str] = field(default_factory=list)


def bookings(context: Context, view: View, sch: Seg, event: str) -> list[Booking]:
    """Return the resource groups of a message; one where it has none."""
    groups: list[list[Seg]] = []
    for seg in view.segments:
        if seg.id == "RGS":
            groups.append([])
        elif seg.id in _RESOURCES:
            if not groups:
                groups.append([])
            groups[-1].append(seg)
    found = []
    for place, segs in enumerate(groups or [[]], start=1):
        booking = Booking(place)
        for seg in segs:
            _READERS[seg.id](context, seg, booking)
        if event not in _NO_TIME:
            _start(context, view, sch, segs, booking, event)
        else:
            booking.columns.pop("start_date", None)
        _stations(context, booking)
        found.append(booking)
    return found


def _start(
    context: Context, view: View, sch: Seg, segs: list[Seg], booking: Booking, event: str
) -> None:
    """Put the start: the service's, the machine's, TQ1's, or the appointment's."""
    tq1 = view.first("TQ1")
    places = [(seg, 4, 1) for seg in segs if seg.id == "AIS" and seg.get(2).upper() != "D"]
    places += [(seg, 8, 1) for seg in segs if seg.id == "AIG" and seg.get(2).upper() != "D"]
    if event not in _CHANGES:
        places += [(tq1, 7, 1)] if tq1 is not None else []
        places.append((sch, 11, 4))
    for seg, number, component in places:
        raw = seg.get(number, component)
        if not raw:
            continue
        date, time, flags = start_of(raw, context.profile)
        booking.flags += [flag for flag in flags if flag not in booking.flags]
        if date:
            path = seg.path(number)
            booking.columns["start_date"] = (date, path)
            booking.columns["start_time"] = (time, path)
            return


def _service(_context: Context, seg: Seg, booking: Booking) -> None:
    code = seg.get(3)
    is_gone = seg.get(2).upper() == "D"
    if code:
        known = booking.columns.get("procedures", ([], ""))[0]
        codes = [str(c) for c in known] if isinstance(known, list) else []
        codes = [c for c in codes if c != code] if is_gone else [*codes, code]
        booking.columns["procedures"] = (codes or "", seg.path(3))
    if seg.raw(7) and not is_gone:
        booking.columns["duration"] = (seg.get(7), seg.path(7))
        booking.columns["duration_unit"] = (seg.get(8), seg.path(8))


def _machine(_context: Context, seg: Seg, booking: Booking) -> None:
    name = seg.get(3) or seg.get(3, 2)
    if seg.get(2).upper() == "D":
        booking.columns["station_aet"] = ("", seg.path(3))
        booking.columns["machine"] = ("", seg.path(3))
    elif name:
        booking.columns["machine"] = (name, seg.path(3))


def _room(_context: Context, seg: Seg, booking: Booking) -> None:
    room = seg.get(3, 2) or seg.get(3)
    if seg.get(2).upper() == "D":
        booking.columns["sps_location"] = ("", seg.path(3))
    elif room:
        booking.columns["sps_location"] = (room.strip()[:16], seg.path(3))


def _person(context: Context, seg: Seg, booking: Booking) -> None:
    if seg.get(2).upper() == "D":
        booking.columns["performer"] = ("", seg.path(3))
        return
    written = seg.repetitions(3)
    name = pn_of_xcn(context, written[0], booking.flags) if written else ""
    if name:
        booking.columns["performer"] = (name, seg.path(3))


def _stations(context: Context, booking: Booking) -> None:
    """Put the stations that the profile's rules give the machine and the room."""
    resources = [
        str(booking.columns[column][0])
        for column in ("machine", "sps_location")
        if column in booking.columns and booking.columns[column][0]
    ]
    if not resources:
        return
    step = Mapped()
    if stations.assign(context.view, context.profile, step, context.entry, resources=resources):
        path = booking.columns.get("machine", booking.columns.get("sps_location", ("", "")))[1]
        for column in ("station_aet", "station_name", "sps_location"):
            if value := step.values.get(column):
                booking.columns[column] = (value, path)


_READERS = {"AIS": _service, "AIG": _machine, "AIL": _room, "AIP": _person}
