"""The demo's stories: what happens to a patient in a hospital, as its systems tell it.

References:
    IHE RAD TF Vol 1, scheduled workflow and unidentified patient cases; HL7 v2.5.1 chapters 3
    (ADT), 4 (orders), 7 (results), 9 (documents), 10 (appointments).
"""

from __future__ import annotations

from datetime import datetime, timedelta

from hl7console.engine.demo import chart
from hl7console.engine.demo.documents import discharge_letter, document
from hl7console.engine.demo.register import SYSTEMS
from hl7console.engine.demo.segments import System
from hl7console.engine.demo.telling import Hospital, Shipment, Story, StoryMaker, Teller

STAT_CT = "STAT CT from the emergency room"
CANCELLED = "Cancelled study"
RESCHEDULED = "Rescheduled examination"
MERGED = "Unknown patient identified and merged"
DUPLICATE = "Duplicate order"
REFUSED = "Refused message, corrected and sent again"
FAULTY = "Accepted message with faults in its content"
LETTER = "Discharge letter"


def stat_ct(hospital: Hospital, at: datetime) -> Story:
    """Tell the STAT CT: registration, order, examination, critical finding, final report."""
    tell = Teller(hospital, STAT_CT, at)
    visit = hospital.visit(at, kind="E")
    yield tell.send(
        "registration",
        "ADT^A04^ADT_A01",
        [chart.evn(tell.now), *chart.patient(_system("registration"), visit)],
        "registered in the emergency room",
    )
    tell.after(1.2)
    order = hospital.order(visit, hospital.catalogue.procedures[0], tell.now + timedelta(minutes=5))
    order.priority = "S"
    yield _order(tell, order, "NW", "SC", "STAT order for a CT of the head")
    tell.after(5)
    yield _order(tell, order, "SC", "IP", "patient on the table")
    tell.after(6)
    yield _order(tell, order, "SC", "CM", "images acquired")
    tell.after(4)
    first = [
        ("critical", order.procedure.critical),
        *chart.report_lines(order.procedure, with_findings=False),
    ]
    yield tell.send(
        "reporting",
        "ORU^R01^ORU_R01",
        chart.report(order, "P", tell.now, first),
        "preliminary report with a critical finding",
    )
    tell.after(4)
    prior, visit.location, visit.patient_class = visit.location, hospital.bed("STROKE"), "I"
    registration = _system("registration")
    yield tell.send(
        "registration",
        "ADT^A06^ADT_A06",
        [
            chart.evn(tell.now),
            chart.pid(registration, visit),
            chart.pv1(registration, visit, prior=prior),
        ],
        "admitted to the stroke unit",
    )
    tell.after(6)
    yield tell.send(
        "reporting",
        "ORU^R01^ORU_R01",
        chart.report(order, "F", tell.now, chart.report_lines(order.procedure, with_findings=True)),
        "final report",
    )


def cancelled(hospital: Hospital, at: datetime) -> Story:
    """Tell the study that is ordered, booked and cancelled."""
    tell = Teller(hospital, CANCELLED, at)
    order = _outpatient_order(hospital, at, days=2, cardiology=False)
    booking = hospital.numbers.take("B")
    yield _order(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(2)
    yield tell.send(
        "scheduling",
        "SIU^S12^SIU_S12",
        chart.appointment(order, booking, "Booked", "BOOKED^New booking^L"),
        "appointment booked",
    )
    tell.after(9)
    yield _order(tell, order, "CA", "CA", "order cancelled")
    tell.after(1)
    yield tell.send(
        "scheduling",
        "SIU^S15^SIU_S12",
        chart.appointment(order, booking, "Cancelled", "PAT^Cancelled by patient^L"),
        "appointment cancelled",
    )


def rescheduled(hospital: Hospital, at: datetime) -> Story:
    """Tell the cardiology examination (OMI with IPC) that is moved to another day."""
    tell = Teller(hospital, RESCHEDULED, at)
    order = _outpatient_order(hospital, at, days=1, cardiology=True)
    booking = hospital.numbers.take("B")
    yield _order(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(2)
    yield tell.send(
        "scheduling",
        "SIU^S12^SIU_S12",
        chart.appointment(order, booking, "Booked", "BOOKED^New booking^L"),
        "appointment booked",
    )
    tell.after(8)
    order.start += timedelta(days=3, minutes=90)
    yield tell.send(
        "scheduling",
        "SIU^S13^SIU_S12",
        chart.appointment(order, booking, "Booked", "EQUIP^Equipment failure^L"),
        "appointment moved",
    )
    tell.after(1)
    yield _order(tell, order, "XO", "SC", "order changed to the new time")


def merged(hospital: Hospital, at: datetime) -> Story:
    """Tell the unidentified patient who gets an order and is then found in the register."""
    tell = Teller(hospital, MERGED, at)
    registration = _system("registration")
    visit = hospital.visit(at, kind="E")
    visit.mrn = hospital.numbers.take("T")
    unknown = "UNKNOWN^PATIENT^^^^^U"
    yield tell.send(
        "registration",
        "ADT^A04^ADT_A01",
        [
            chart.evn(tell.now),
            chart.pid(registration, visit, name=unknown),
            chart.pv1(registration, visit),
        ],
        "unidentified patient registered under a temporary number",
    )
    tell.after(3)
    order = hospital.order(visit, hospital.catalogue.procedure("CTABDC"), tell.now)
    order.priority = "A"
    message_type, segments = chart.order_message(order, "NW", "SC", tell.now)
    segments[0] = chart.pid(order.system, visit, name=unknown)
    yield tell.send("radiology", message_type, segments, "order under the temporary number")
    tell.after(10)
    temporary, visit.mrn = visit.mrn, ""
    yield tell.send(
        "registration",
        "ADT^A40^ADT_A39",
        [
            chart.evn(tell.now),
            chart.pid(registration, visit),
            chart.mrg(registration, temporary, unknown),
        ],
        "temporary number merged into the patient's own",
    )
    tell.after(2)
    yield tell.send(
        "registration",
        "ADT^A08^ADT_A01",
        [chart.evn(tell.now), *chart.patient(registration, visit)],
        "personal data completed",
    )
    tell.after(3)
    yield _order(tell, order, "SC", "IP", "patient on the table, now under the right number")
    tell.after(3)
    yield _order(tell, order, "SC", "CM", "images acquired, under the right number")


def duplicate(hospital: Hospital, at: datetime) -> Story:
    """Tell the order sent twice byte for byte, then ordered again under a new number."""
    tell = Teller(hospital, DUPLICATE, at)
    order = _outpatient_order(hospital, at, days=0, cardiology=False)
    first = _order(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    yield first
    tell.after(3)
    yield tell.again(first, "the same bytes again: the sender lost its answer")
    tell.after(6)
    second = hospital.order(order.visit, order.procedure, order.start)
    second.reason = order.reason
    yield _order(tell, second, "NW", "SC", "the same study ordered again by another physician")
    tell.after(5)
    yield _order(tell, second, "OC", "CA", "second order withdrawn by radiology")


def refused(hospital: Hospital, at: datetime) -> Story:
    """Tell the message that the listener must refuse, and its correction."""
    tell = Teller(hospital, REFUSED, at)
    registration = _system("registration")
    visit = hospital.visit(at, kind="O")
    segments = [chart.evn(tell.now), *chart.patient(registration, visit)]
    code = yield tell.send(
        "registration", "ADT^A99^ADT_A01", segments, "update with a trigger event that is none"
    )
    tell.after(4)
    if code not in ("AA", "CA"):
        yield tell.send(
            "registration", "ADT^A08^ADT_A01", segments, "corrected and sent again as A08"
        )
        tell.after(3)
    order = hospital.order(visit, hospital.procedure(visit, cardiology=False), tell.now)
    message_type, segments = chart.order_message(order, "NW", "SC", tell.now)
    code = yield tell.send(
        "radiology", "", segments, "order whose message type (MSH-9) a script has lost"
    )
    tell.after(4)
    if code not in ("AA", "CA"):
        yield tell.send("radiology", message_type, segments, "MSH-9 put back and sent again")


def faulty(hospital: Hospital, at: datetime) -> Story:
    """Tell the order without patient number and with an impossible date, then the right one."""
    tell = Teller(hospital, FAULTY, at)
    order = _outpatient_order(hospital, at, days=0, cardiology=False)
    message_type, right = chart.order_message(order, "NW", "SC", tell.now)
    fields = right[0].split("|")
    fields[3], fields[7], fields[8] = "", "19870231", "Q"
    yield tell.send(
        "radiology",
        message_type,
        ["|".join(fields), *right[1:]],
        "order without PID-3, born on 31 February",
    )
    tell.after(6)
    message_type, right = chart.order_message(order, "XO", "SC", tell.now)
    yield tell.send("radiology", message_type, right, "sent again with the patient put right")


def letter(hospital: Hospital, at: datetime) -> Story:
    """Tell the discharge with its letter, which comes as text and as PDF."""
    tell = Teller(hospital, LETTER, at)
    registration = _system("registration")
    visit = hospital.visit(at - timedelta(days=4), kind="I")
    discharged = chart.pv1(registration, visit, discharged=f"{tell.now:%Y%m%d%H%M}")
    yield tell.send(
        "registration",
        "ADT^A03^ADT_A03",
        [chart.evn(tell.now), chart.pid(registration, visit), discharged],
        "discharged",
    )
    tell.after(3)
    documents = _system("documents")
    number = hospital.numbers.take("D")
    yield tell.send(
        "documents",
        "MDM^T02^MDM_T02",
        [
            chart.evn(tell.now),
            *chart.patient(documents, visit),
            *document(visit, number, tell.now, discharge_letter(visit)),
        ],
        "discharge letter",
    )


STORIES: tuple[tuple[float, StoryMaker], ...] = (
    (0.0, stat_ct),
    (0.4, cancelled),
    (0.8, duplicate),
    (1.3, rescheduled),
    (1.9, merged),
    (2.6, refused),
    (3.4, faulty),
    (4.3, letter),
)
"""The stories of the first minute, each with the second at which it begins."""


def _system(key: str) -> System:
    return SYSTEMS[key]


def _order(tell: Teller, order: chart.Order, control: str, status: str, caption: str) -> Shipment:
    message_type, segments = chart.order_message(order, control, status, tell.now)
    return tell.send(order.system.key, message_type, segments, caption)


def _outpatient_order(
    hospital: Hospital, at: datetime, *, days: int, cardiology: bool
) -> chart.Order:
    visit = hospital.visit(at, kind="O")
    start = at + timedelta(days=days, minutes=15)
    start = start.replace(minute=start.minute // 15 * 15, second=0)
    if days:
        start = start.replace(hour=9 + hospital.rng.randrange(7))
    return hospital.order(visit, hospital.procedure(visit, cardiology=cardiology), start)
