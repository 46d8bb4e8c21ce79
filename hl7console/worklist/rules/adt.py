"""Rules for ADT: what each trigger event does to persons, visits and open steps.

References: worklist-mapping section 3.
"""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist import evidence, identity, persons, states, visits
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped, MappedPatient
from hl7console.worklist.mapping import times
from hl7console.worklist.mapping.patient import map_patient
from hl7console.worklist.mapping.visit import map_visit
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.rows import CONFLICT, ORDER, Row
from hl7console.worklist.rules import links, merges
from hl7console.worklist.rules.adt_event import AdtEvent
from hl7console.worklist.turn import Severity, Turn


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply an ADT message."""
    event = view.get("MSH", 9, 2) or view.get("EVN", 1)
    time, path, rule = times.event_time(view, None, entry, profile)
    told = AdtEvent(turn, entry, view, profile, event, time, path, evidence.source_of(entry, view))
    rule_for = _RULES.get(event)
    if rule_for is None:
        turn.note("event_without_effect", None, Severity.IGNORED, "MSH-9", event=event)
        return
    if rule == "clock_skew":
        turn.note(rule, None, Severity.FLAG, "MSH-7")
    rule_for(told)


_NO_VISIT = frozenset({"A28", "A31"})
"""Events about a person outside any visit: a PV1 that comes along says nothing."""


def _person(told: AdtEvent) -> tuple[Row, MappedPatient]:
    """Return the person of PID, made or updated."""
    pid = told.view.first("PID")
    if pid is None:
        told.turn.refuse("no_pid", "PID")
    mapped = map_patient(
        told.view, told.profile, pid, told.entry, with_visit=told.event not in _NO_VISIT
    )
    if told.event == "A60":
        _replace_allergies(mapped.patient)
    patient = identity.resolve(
        told.turn, mapped, told.profile, told.entry, may_create=True, event=told.event
    )
    if patient.text("status") == identity.INACTIVE and told.event != "A29":
        told.turn.set(patient, "status", identity.ACTIVE, "PID-3", "active_again")
    persons.update(
        told.turn, patient, mapped, only_empty=False, event_time=told.time, source=told.source
    )
    if not patient.text("patient_name"):
        told.turn.note(persons.NAME_MISSING, patient, Severity.ERROR, "PID-5")
    return patient, mapped


def _replace_allergies(mapped: Mapped) -> None:
    """A60 tells all allergies: what it does not tell is gone."""
    for column in ("allergies", "medical_alerts"):
        if column not in mapped.values:
            mapped.put(column, "", "AL1-3", "allergies_replaced")


def _said_of_visit(told: AdtEvent) -> Mapped:
    return map_visit(
        told.view, told.profile, told.entry, told.view.first("PV1"), told.view.first("PID")
    )


def _person_only(told: AdtEvent) -> None:
    _person(told)


def _visit(told: AdtEvent) -> tuple[Row, Row | None, bool]:
    """Return person, visit, and whether the message is the latest word on the visit."""
    patient, _ = _person(told)
    said = _said_of_visit(told)
    if said.values.get("patient_class") == "N" and not said.values.get("visit_no"):
        return patient, None, False
    known = visits.find(told.turn, patient, said)
    is_latest = known is None or not visits.is_late(known, told.source, told.time)
    visit = visits.resolve(
        told.turn, patient, said, event=told.event, event_time=told.time, source=told.source
    )
    if visit is not None and visit.number("merged_into"):
        visit = None
    return patient, visit, is_latest


def _upsert(told: AdtEvent) -> None:
    """Register, admit, transfer, update: orders without a visit get this one."""
    patient, visit, is_latest = _visit(told)
    if visit is None:
        return
    if is_latest:
        if told.event in _STATUS:
            told.turn.set(visit, "status", _STATUS[told.event], told.event_path, "adt_event")
        if told.event != "A05":
            _join(told, patient, visit)
    _refresh(told, visit)


_STATUS = {"A01": visits.ACTIVE, "A04": visits.ACTIVE, "A05": visits.PLANNED}


def _join(told: AdtEvent, patient: Row, visit: Row) -> None:
    """Give the open orders of a person that have no visit this one."""
    for order in told.turn.find(ORDER, "patient", patient.id):
        if not order.number("visit") and persons.open_steps(told.turn, order):
            told.turn.set(order, "visit", visit.id, "PV1-19", "adt_event")


def _refresh(told: AdtEvent, visit: Row) -> None:
    for order in told.turn.find(ORDER, "visit", visit.id):
        persons.refresh_order(told.turn, order)


def _steps_of(told: AdtEvent, visit: Row) -> list[Row]:
    """Return the open steps of a visit."""
    return [
        step
        for order in told.turn.find(ORDER, "visit", visit.id)
        for step in persons.open_steps(told.turn, order)
    ]


def _discharge(told: AdtEvent) -> None:
    _, visit, is_latest = _visit(told)
    if visit is None or not is_latest:
        return
    discharged = visit.text("discharge_date") + visit.text("discharge_time")
    told.turn.set(visit, "status", visits.DISCHARGED, told.event_path, "adt_event")
    told.turn.set(visit, "discharged", discharged or told.time, "PV1-45", "adt_event")
    if told.profile.options.flag_discharged:
        for step in _steps_of(told, visit):
            told.turn.add_flag(step, "discharged", "PV1-45")


def _undo_discharge(told: AdtEvent) -> None:
    _, visit, is_latest = _visit(told)
    if visit is None or not is_latest:
        return
    for column in ("discharged", "discharge_date", "discharge_time"):
        told.turn.set(visit, column, "", "PV1-45", "discharge_taken_back")
    told.turn.set(visit, "status", visits.ACTIVE, told.event_path, "adt_event")
    for step in _steps_of(told, visit):
        told.turn.drop_flag(step, "discharged")


def _cancel_visit(told: AdtEvent) -> None:
    _, visit, is_latest = _visit(told)
    if visit is None or not is_latest:
        return
    told.turn.set(visit, "status", visits.CANCELLED, told.event_path, "adt_event")
    if told.profile.options.cancels_visit_flags_rows:
        for step in _steps_of(told, visit):
            told.turn.add_flag(step, "visit_cancelled", told.event_path)


def _arrive(told: AdtEvent) -> None:
    patient, visit, is_latest = _visit(told)
    if not is_latest and visit is not None:
        return
    if not told.profile.options.arrive_on_a10:
        told.turn.note("arrival_not_applied", visit or patient, path=told.event_path)
        return
    for order in told.turn.find(ORDER, "patient", patient.id):
        if visit is not None and order.number("visit") not in (0, visit.id):
            continue
        for step in persons.open_steps(told.turn, order):
            if states.standing(step) == states.StepState.SCHEDULED:
                states.request_state(
                    told.turn, step, states.StepState.ARRIVED, states.Rank.SCHEDULE,
                    path=told.event_path, rule="arrived",
                )  # fmt: skip


def _change_class(told: AdtEvent) -> None:
    """A06 and A07: inpatient and outpatient; an MRG may tell the account's former number."""
    if told.view.first("MRG") is not None:
        merges.change_account(told)
    _upsert(told)


def _delete_person(told: AdtEvent) -> None:
    patient, _ = _known(told)
    if patient is None:
        return
    told.turn.set(patient, "status", identity.INACTIVE, told.event_path, "adt_event")
    _ask(told, "person_deleted", patient)


def _delete_visit(told: AdtEvent) -> None:
    patient, mapped = _known(told)
    if patient is None:
        return
    visit = visits.find(told.turn, patient, mapped)
    if visit is None or visit.number("patient") != patient.id:
        told.turn.note("visit_unknown", patient, Severity.ERROR, "PV1-19")
        return
    told.turn.set(visit, "status", visits.INACTIVE, told.event_path, "adt_event")
    _ask(told, "visit_deleted", patient)


def _known(told: AdtEvent) -> tuple[Row | None, Mapped]:
    """Return the person of PID if there is one, and what is said of the visit."""
    pid = told.view.first("PID")
    if pid is None:
        told.turn.refuse("no_pid", "PID")
    mapped = map_patient(told.view, told.profile, pid, told.entry)
    known = identity.named_by(told.turn, identity.trusted(told.turn, mapped, told.profile))
    if len(known) > 1:
        identity.refuse_several(told.turn, known, "PID-3")
    if not known:
        told.turn.note("patient_unknown", None, Severity.ERROR, "PID-3")
        return None, Mapped()
    return known[0], _said_of_visit(told)


def _ask(told: AdtEvent, rule: str, patient: Row) -> None:
    """Keep a task for a person to decide: nothing is ever deleted by a message."""
    told.turn.create(CONFLICT, identity.conflict(told.turn, rule, [patient], told.event_path))
    told.turn.note(rule, patient, Severity.FLAG, told.event_path)


_Rule = Callable[[AdtEvent], None]
_RULES: dict[str, _Rule] = {
    **dict.fromkeys(("A01", "A02", "A04", "A05", "A08", "A09", "A12"), _upsert),
    **dict.fromkeys(("A28", "A31", "A60"), _person_only),
    **dict.fromkeys(("A06", "A07"), _change_class),
    **dict.fromkeys(("A11", "A38"), _cancel_visit),
    "A03": _discharge,
    "A10": _arrive,
    "A13": _undo_discharge,
    "A23": _delete_visit,
    "A29": _delete_person,
    "A24": links.link,
    "A37": links.unlink,
    **merges.RULES,
}
