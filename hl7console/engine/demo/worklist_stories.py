"""The demo's hard stories: what makes a worklist wrong where it is not kept with care.

Each says by its captions what should be seen on the Worklist, where *Why?* explains it.

References:
    IHE RAD TF Vol 1, scheduled workflow; HL7 v2.5.1 chapter 3 (A40), chapter 4 (order control).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hl7console.engine.demo import chart
from hl7console.engine.demo.register import SYSTEMS
from hl7console.engine.demo.telling import Hospital, Shipment, Story, StoryMaker, Teller

CANCEL_FIRST = "Cancel that overtakes its order"
OUT_OF_ORDER = "Status that overtakes its order"
LATE_CHANGE = "Old change that comes after the images"
MERGED_IN_EXAM = "Merge with open orders, one of them under way"
MOVED_WHILE_STARTED = "Rescheduled while the patient is on the table"
BOOKED_FIRST = "Appointment before its order"
RESULT_FIRST = "Report before its order"
REPLACED = "Order replaced by another"
HELD = "Order held and released"
TAKEN_ACCESSION = "Accession number of another patient"
NEW_STUDY_UID = "Study UID that changes"
NO_TIME = "Order without a time"


def cancel_first(hospital: Hospital, at: datetime) -> Story:
    """Tell the cancel that arrives before the order that it cancels."""
    tell = Teller(hospital, CANCEL_FIRST, at)
    order = _order(hospital, at)
    yield _say(tell, order, "CA", "CA", "cancel of an order that nobody has seen yet")
    tell.after(3)
    yield _say(tell, order, "NW", "SC", "the order itself, written before its cancel", ago_s=30.0)
    tell.after(4)
    other = hospital.order(order.visit, order.procedure, order.start)
    yield _say(tell, other, "NW", "SC", "the same examination ordered anew, under new numbers")


def out_of_order(hospital: Hospital, at: datetime) -> Story:
    """Tell the status that arrives before its order, and waits for it."""
    tell = Teller(hospital, OUT_OF_ORDER, at)
    order = _order(hospital, at)
    message_type, segments = chart.order_message(order, "SC", "IP", tell.now)
    # Only numbers: too little to make a line of.
    bare = [s for s in segments if s.startswith(("PID", "ORC"))]
    yield tell.send(order.system.key, message_type, bare, "in progress, for an unknown order")
    tell.after(3)
    yield _say(tell, order, "NW", "SC", "the order: started, as the waiting status says", ago_s=40)
    tell.after(6)
    yield _say(tell, order, "SC", "CM", "images acquired")


def late_change(hospital: Hospital, at: datetime) -> Story:
    """Tell the change that was written before the images, and arrives after them."""
    tell = Teller(hospital, LATE_CHANGE, at)
    order = _order(hospital, at)
    yield _say(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(2)
    yield _say(tell, order, "SC", "IP", "patient on the table")
    tell.after(3)
    yield _say(tell, order, "SC", "CM", "images acquired")
    tell.after(3)
    later = replace(order, start=order.start + timedelta(hours=2))
    yield _say(tell, later, "XO", "SC", "a change from before the images: no effect", ago_s=5.0)


def merged_in_exam(hospital: Hospital, at: datetime) -> Story:
    """Tell the merge of a person with two open orders, one of which is under way."""
    tell = Teller(hospital, MERGED_IN_EXAM, at)
    registration = SYSTEMS["registration"]
    visit = hospital.visit(at, kind="E")
    visit.mrn = hospital.numbers.take("T")
    first = hospital.order(visit, hospital.catalogue.procedure("CTABDC"), tell.now)
    second = hospital.order(
        visit, hospital.procedure(visit, cardiology=False), tell.now + timedelta(hours=1)
    )
    yield _say(tell, first, "NW", "SC", "first order, under a temporary number")
    tell.after(1)
    yield _say(tell, second, "NW", "SC", "second order, under the same number")
    tell.after(3)
    yield _say(tell, first, "SC", "IP", "first examination under way")
    tell.after(3)
    temporary, visit.mrn = visit.mrn, ""
    yield tell.send(
        "registration",
        "ADT^A40^ADT_A39",
        [
            chart.evn(tell.now),
            chart.pid(registration, visit),
            chart.mrg(registration, temporary, visit.person.name.xpn(registration)),
        ],
        "temporary number merged: both orders move, one of them during the examination",
    )
    tell.after(4)
    yield _say(tell, first, "SC", "CM", "images acquired, under the right number")


def moved_while_started(hospital: Hospital, at: datetime) -> Story:
    """Tell the appointment that is moved while the examination is under way."""
    tell = Teller(hospital, MOVED_WHILE_STARTED, at)
    order = _order(hospital, at)
    booking = hospital.numbers.take("B")
    yield _say(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(2)
    yield _book(tell, order, booking, "S12", "Booked", "appointment booked")
    tell.after(3)
    yield _say(tell, order, "SC", "IP", "patient on the table")
    tell.after(3)
    order.start += timedelta(days=1)
    yield _book(tell, order, booking, "S13", "Booked", "moved to tomorrow, while it is under way")
    tell.after(4)
    yield _say(tell, order, "SC", "CM", "images acquired")


def booked_first(hospital: Hospital, at: datetime) -> Story:
    """Tell the appointment that is booked before the order for it arrives."""
    tell = Teller(hospital, BOOKED_FIRST, at)
    order = _order(hospital, at)
    booked = replace(order, start=order.start + timedelta(minutes=45))
    yield _book(
        tell, booked, hospital.numbers.take("B"), "S12", "Booked", "appointment without an order"
    )
    tell.after(4)
    yield _say(tell, order, "NW", "SC", "its order: the booked time counts", ago_s=20.0)


def result_first(hospital: Hospital, at: datetime) -> Story:
    """Tell the report that arrives before the order that it answers."""
    tell = Teller(hospital, RESULT_FIRST, at)
    order = _order(hospital, at)
    yield tell.send(
        "reporting",
        "ORU^R01^ORU_R01",
        chart.report(order, "F", tell.now, chart.report_lines(order.procedure, with_findings=True)),
        "final report, of an order that nobody has seen yet",
    )
    tell.after(4)
    yield _say(tell, order, "NW", "SC", "the order: the report finds it", ago_s=60.0)


def replaced(hospital: Hospital, at: datetime) -> Story:
    """Tell the order that radiology replaces by another procedure."""
    tell = Teller(hospital, REPLACED, at)
    order = _order(hospital, at)
    yield _say(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(4)
    other = hospital.order(
        order.visit, hospital.procedure(order.visit, cardiology=False), order.start
    )
    message_type, old = chart.order_message(order, "RU", "RP", tell.now)
    _, new = chart.order_message(other, "RO", "SC", tell.now)
    yield tell.send(
        order.system.key,
        message_type,
        [*old, *[s for s in new if not s.startswith(("PID", "PV1"))]],
        "replaced: one message takes the old line off and puts the new one on",
    )


def held(hospital: Hospital, at: datetime) -> Story:
    """Tell the order that is held back and released."""
    tell = Teller(hospital, HELD, at)
    order = _order(hospital, at)
    yield _say(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(3)
    yield _say(tell, order, "OH", "HD", "held: laboratory values are missing")
    tell.after(8)
    yield _say(tell, order, "OE", "SC", "released")


def taken_accession(hospital: Hospital, at: datetime) -> Story:
    """Tell the order that carries the accession number of another patient."""
    tell = Teller(hospital, TAKEN_ACCESSION, at)
    first, second = _order(hospital, at), _order(hospital, at)
    yield _say(tell, first, "NW", "SC", f"order for {first.procedure.text}")
    tell.after(3)
    second.accession = first.accession
    yield _say(tell, second, "NW", "SC", "another patient under the same number: not taken over")


def new_study_uid(hospital: Hospital, at: datetime) -> Story:
    """Tell the order whose study UID is another one in its change."""
    tell = Teller(hospital, NEW_STUDY_UID, at)
    order = _order(hospital, at)
    yield _say(tell, order, "NW", "SC", f"order for {order.procedure.text}")
    tell.after(4)
    changed = replace(order, study_uid=hospital.numbers.study_uid())
    yield _say(tell, changed, "XO", "SC", "another study UID: the first one stays")


def no_time(hospital: Hospital, at: datetime) -> Story:
    """Tell the order without a time: incomplete, until the appointment is booked."""
    tell = Teller(hospital, NO_TIME, at)
    order = _order(hospital, at)
    message_type, segments = chart.order_message(order, "NW", "SC", tell.now)
    yield tell.send(
        order.system.key,
        message_type,
        [_without_start(s) for s in segments],
        "order without a time: incomplete, no modality sees it",
    )
    tell.after(6)
    yield _book(
        tell, order, hospital.numbers.take("B"), "S12", "Booked", "the appointment gives the time"
    )


HARD_STORIES: tuple[tuple[float, StoryMaker], ...] = (
    (5.0, cancel_first),
    (5.6, out_of_order),
    (6.2, late_change),
    (6.8, merged_in_exam),
    (7.4, moved_while_started),
    (8.0, booked_first),
    (8.6, result_first),
    (9.2, replaced),
    (9.8, held),
    (10.4, taken_accession),
    (11.0, new_study_uid),
    (11.6, no_time),
)
"""The hard stories of the first minute, each with the second at which it begins."""


def _order(hospital: Hospital, at: datetime) -> chart.Order:
    visit = hospital.visit(at, kind="O")
    start = (at + timedelta(minutes=30)).replace(second=0, microsecond=0)
    return hospital.order(visit, hospital.procedure(visit, cardiology=False), start)


def _say(
    tell: Teller, order: chart.Order, control: str, status: str, caption: str, ago_s: float = 0.0
) -> Shipment:
    """Return an order message, of an event some seconds ago."""
    event = tell.now - timedelta(seconds=ago_s)
    message_type, segments = chart.order_message(order, control, status, event)
    return tell.send(order.system.key, message_type, segments, caption)


def _book(
    tell: Teller, order: chart.Order, number: str, event: str, status: str, caption: str
) -> Shipment:
    return tell.send(
        "scheduling",
        f"SIU^{event}^SIU_S12",
        chart.appointment(order, number, status, "BOOKED^New booking^L"),
        caption,
    )


def _without_start(segment: str) -> str:
    """Return a segment with the start emptied in its quantity and timing (ORC-7.4, OBR-27.4)."""
    parts = segment.split("|")
    number = {"ORC": 7, "OBR": 27}.get(parts[0], 0)
    if number and number < len(parts):
        timing = parts[number].split("^")
        timing[3] = ""
        parts[number] = "^".join(timing)
    return "|".join(parts)
