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
CHANGES = frozenset({"S18", "S19", "S20", "S21", "S22"})
"""Events about single resources: what they don't name stays, time and services too."""
DELETE = "D"


@dataclass(slots=True)
class Booking:
    """One resource group: columns of the appointment with the field each came from."""

    place: int
    """Which group it is: RGS-1, or its position from 1."""
    action: str = ""
    """RGS-2: A, D or U."""
    columns: dict[str, tuple[Value, str]] = field(default_factory=dict, repr=False)
    gone: list[tuple[str, str, str]] = field(default_factory=list, repr=False)
    """What is taken away: column, the name that it must have (any where that is ""), path."""
    services: list[str] = field(default_factory=list)
    services_gone: list[str] = field(default_factory=list)
    services_path: str = ""
    machines: list[str] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    def put(self, column: str, value: Value, path: str) -> None:
        """Put a column, unless it has a value: of several resources the first counts."""
        if column not in self.columns:
            self.columns[column] = (value, path)


def bookings(
    context: Context, view: View, sch: Seg, event: str, modality: str = ""
) -> list[Booking]:
    """Return the resource groups of a message; one where it has none.

    Args:
        context: The message and its profile.
        view: The message.
        sch: Its SCH.
        event: The trigger event.
        modality: The modality of the order's steps, as far as it is known, for the station rules.
    """
    found = []
    for booking, segs in _groups(view):
        for seg in segs:
            _READERS[seg.id](context, seg, booking)
        if event not in _NO_TIME:
            _start(context, view, sch, segs, booking, event)
        _stations(context, booking, modality)
        found.append(booking)
    return found


def _groups(view: View) -> list[tuple[Booking, list[Seg]]]:
    """Return the groups with their resources; those before any RGS are of the first."""
    heads: list[Seg | None] = []
    groups: list[list[Seg]] = []
    for seg in view.segments:
        if seg.id == "RGS":
            heads.append(seg)
            groups.append([])
        elif seg.id in _RESOURCES:
            if not groups:
                heads.append(None)
                groups.append([])
            groups[-1].append(seg)
    if not groups:
        return [(Booking(1), [])]
    numbers = [head.get(1) if head is not None else "" for head in heads]
    are_numbered = all(n.isdecimal() and int(n) > 0 for n in numbers) and len(set(numbers)) == len(
        numbers
    )
    return [
        (
            Booking(
                int(numbers[at]) if are_numbered else at + 1,
                head.get(2).upper() if head is not None else "",
            ),
            groups[at],
        )
        for at, head in enumerate(heads)
    ]


def _start(
    context: Context, view: View, sch: Seg, segs: list[Seg], booking: Booking, event: str
) -> None:
    """Put the start: the service's, the machine's, TQ1's, or the appointment's."""
    tq1 = view.first("TQ1")
    places = [(seg, 4, 1) for seg in segs if seg.id == "AIS" and seg.get(2).upper() != DELETE]
    places += [(seg, 8, 1) for seg in segs if seg.id == "AIG" and seg.get(2).upper() != DELETE]
    if event not in CHANGES:
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
    is_gone = seg.get(2).upper() == DELETE
    if code:
        (booking.services_gone if is_gone else booking.services).append(code)
        booking.services_path = seg.path(3)
    if seg.raw(7) and not is_gone:
        booking.put("duration", seg.get(7), seg.path(7))
        booking.put("duration_unit", seg.get(8), seg.path(8))


def _machine(_context: Context, seg: Seg, booking: Booking) -> None:
    name = seg.get(3) or seg.get(3, 2)
    if seg.get(2).upper() == DELETE:
        booking.gone.append(("machine", name, seg.path(3)))
    elif name:
        booking.machines.append(name)
        booking.put("machine", name, seg.path(3))


def _room(_context: Context, seg: Seg, booking: Booking) -> None:
    room = (seg.get(3, 2) or seg.get(3)).strip()
    if seg.get(2).upper() == DELETE:
        booking.gone.append(("room", room, seg.path(3)))
    elif room:
        booking.put("room", room, seg.path(3))
        booking.put("sps_location", room[:16], seg.path(3))


def _person(context: Context, seg: Seg, booking: Booking) -> None:
    written = seg.repetitions(3)
    name = pn_of_xcn(context, written[0], booking.flags) if written else ""
    if seg.get(2).upper() == DELETE:
        booking.gone.append(("performer", name, seg.path(3)))
    elif name:
        booking.put("performer", name, seg.path(3))


def _stations(context: Context, booking: Booking, modality: str) -> None:
    """Put the stations that the profile's rules give the machine and the room."""
    room = str(booking.columns["room"][0]) if "room" in booking.columns else ""
    resources = [*booking.machines, *([room] if room else [])]
    if not resources:
        return
    step = Mapped()
    if modality:
        step.put("modality", modality, "")
    if stations.assign(
        context.view, context.profile, step, context.entry,
        procedures=booking.services, resources=resources,
    ):  # fmt: skip
        path = booking.columns.get("machine", booking.columns.get("room", ("", "")))[1]
        for column in ("station_aet", "station_name", "sps_location"):
            if value := step.values.get(column):
                booking.columns[column] = (value, path)


_READERS = {"AIS": _service, "AIG": _machine, "AIL": _room, "AIP": _person}
