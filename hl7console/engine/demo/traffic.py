"""The demo's background: short everyday stories, begun at the rhythm of a small hospital."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hl7console.engine.demo import chart
from hl7console.engine.demo.register import SYSTEMS, Lab
from hl7console.engine.demo.segments import comp, seg, text, timestamp
from hl7console.engine.demo.telling import Hospital, Story, Teller

Everyday = Callable[[Hospital, datetime], Story]
"""A short story without title."""


def registered(hospital: Hospital, at: datetime) -> Story:
    """Tell an outpatient who comes, is examined and gets a report."""
    tell = Teller(hospital, "", at)
    rng = hospital.rng
    visit = hospital.visit(at, kind="O")
    registration = SYSTEMS["registration"]
    yield tell.send(
        "registration",
        "ADT^A04^ADT_A01",
        [chart.evn(tell.now), *chart.patient(registration, visit)],
    )
    tell.after(rng.uniform(1, 4))
    procedure = hospital.procedure(visit)
    order = hospital.order(visit, procedure, tell.now + timedelta(minutes=20))
    for control, status, pause in (("NW", "SC", 8.0), ("SC", "IP", 10.0), ("SC", "CM", 9.0)):
        message_type, segments = chart.order_message(order, control, status, tell.now)
        yield tell.send(order.system.key, message_type, segments)
        tell.after(pause * rng.uniform(0.6, 1.4))
    yield tell.send(
        "reporting",
        "ORU^R01^ORU_R01",
        chart.report(order, "F", tell.now, chart.report_lines(procedure, with_findings=True)),
    )


def booked(hospital: Hospital, at: datetime) -> Story:
    """Tell an examination that is ordered and booked for a day of the next two weeks."""
    tell = Teller(hospital, "", at)
    rng = hospital.rng
    start = (at + timedelta(days=1 + rng.randrange(13))).replace(
        hour=8 + rng.randrange(9), minute=rng.choice((0, 15, 30, 45)), second=0
    )
    visit = hospital.visit(at)
    order = hospital.order(visit, hospital.procedure(visit), start)
    message_type, segments = chart.order_message(order, "NW", "SC", tell.now)
    yield tell.send(order.system.key, message_type, segments)
    tell.after(rng.uniform(0.5, 3))
    yield tell.send(
        "scheduling",
        "SIU^S12^SIU_S12",
        chart.appointment(order, hospital.numbers.take("B"), "Booked", "BOOKED^New booking^L"),
    )


def admitted(hospital: Hospital, at: datetime) -> Story:
    """Tell an inpatient who is admitted, moved to another bed and corrected in the register."""
    tell = Teller(hospital, "", at)
    rng = hospital.rng
    registration = SYSTEMS["registration"]
    visit = hospital.visit(at, kind="I")
    yield tell.send(
        "registration",
        "ADT^A01^ADT_A01",
        [chart.evn(tell.now), *chart.patient(registration, visit)],
    )
    tell.after(rng.uniform(4, 12))
    prior, visit.location = visit.location, hospital.bed()
    yield tell.send(
        "registration",
        "ADT^A02^ADT_A02",
        [
            chart.evn(tell.now),
            chart.pid(registration, visit),
            chart.pv1(registration, visit, prior=prior),
        ],
    )
    tell.after(rng.uniform(4, 12))
    yield tell.send(
        "registration",
        "ADT^A08^ADT_A01",
        [chart.evn(tell.now), *chart.patient(registration, visit)],
    )


def tested(hospital: Hospital, at: datetime) -> Story:
    """Tell a laboratory result."""
    tell = Teller(hospital, "", at)
    rng = hospital.rng
    visit = hospital.visit(at, kind=rng.choice("IEO"))
    lab = rng.choice(hospital.catalogue.labs)
    yield tell.send("laboratory", "ORU^R01^ORU_R01", _lab_result(hospital, visit, lab, tell.now))


EVERYDAY: tuple[tuple[Everyday, int], ...] = (
    (registered, 5),
    (booked, 3),
    (admitted, 3),
    (tested, 6),
)
"""What happens, and how often."""


def next_everyday(hospital: Hospital) -> Everyday:
    """Return one of the everyday stories by chance."""
    makers = [maker for maker, _ in EVERYDAY]
    return hospital.rng.choices(makers, weights=[weight for _, weight in EVERYDAY])[0]


def _lab_result(hospital: Hospital, visit: chart.Visit, lab: Lab, at: datetime) -> list[str]:
    system = SYSTEMS["laboratory"]
    number = comp(hospital.numbers.take("LB"), system.application)
    service = comp(lab.code, text(lab.text), "LN")
    drawn = timestamp(at - timedelta(minutes=hospital.rng.randint(20, 90)))
    segments = [
        *chart.patient(system, visit),
        seg("ORC", {1: "RE", 3: number, 5: "CM"}),
        seg("OBR", {1: "1", 3: number, 4: service, 7: drawn, 22: timestamp(at), 24: "CH", 25: "F"}),
    ]
    for row, item in enumerate(lab.items, start=1):
        segments.append(_lab_row(hospital, row, item))
    if hospital.rng.random() < 0.3:
        segments.append(
            seg("NTE", {1: "1", 2: "L", 3: text("Sample slightly haemolytic & lipaemic")})
        )
    return segments


def _lab_row(hospital: Hospital, row: int, item: tuple[str, str, str, str, float, float]) -> str:
    code, name, unit, normal, lowest, highest = item
    value = hospital.rng.uniform(lowest, highest)
    shown = f"{value:.0f}" if highest > 50 else f"{value:.1f}"
    low, high = (float(x) for x in normal.split("-"))
    flag = "L" if float(shown) < low else "H" if float(shown) > high else ""
    return seg(
        "OBX",
        {
            1: str(row),
            2: "NM",
            3: comp(code, name, "LN"),
            5: shown,
            6: text(unit),
            7: normal,
            8: flag,
            11: "F",
        },
    )
