"""Makes an order with its steps, once nothing stands against it.

References: order-states section 5.
"""

from __future__ import annotations

from hl7console.worklist import linking
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.rows import ORDER, STEP, Row, Value
from hl7console.worklist.rules import orders_waiting
from hl7console.worklist.rules.orders_change import make_step
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.states import StepState
from hl7console.worklist.turn import Severity, Turn

_NEEDED = ("start_date", "start_time", "modality", "sps_id")


def create(message: OrderMessage, told: Told, *flags: str) -> Row:
    """Make an order with its steps, and apply what waited for it; return the order.

    Refuses the whole message where its accession number or study UID is another patient's, or the
    study UID is that of another accession number.

    Args:
        message: The message.
        told: The ORC.
        flags: Flags that the order gets beside those of its fields.
    """
    turn = message.turn
    check_free(message, told, [person.id for person in message.known_persons()])
    patient = message.patient_of_new()
    known = message.known_persons()
    order = _make_order(message, told, patient, flags)
    message.claimed[order.id] = None
    if known:
        message.flag_differences(order, patient)
    message.fill_patient(patient, told)
    if not told.wish:
        message.note("control_unmapped", order, Severity.ERROR, told)
    for mapped in told.mapped.steps or [Mapped()]:
        step = make_step(turn, order, mapped, told)
        message.met_steps[step.id] = None
    got_keys(turn, order)
    return order


def _make_order(message: OrderMessage, told: Told, patient: Row, flags: tuple[str, ...]) -> Row:
    turn, mapped = message.turn, told.mapped
    visit = message.visit_of(patient)
    all_flags = [*mapped.order.flags, *flags]
    values: dict[str, Value] = {
        **mapped.order.values,
        "patient": patient.id,
        "named_ids": message.named_ids(),
        "visit": visit.id if visit else 0,
        "listener": message.entry.listener,
        "sender": message.sender,
        "profile": message.profile.name,
        "control": mapped.control,
        "status_code": mapped.status,
        "flags": all_flags,
    }
    if told.time:
        values["last_event"] = [[told.source, told.time, message.entry.number]]
        if told.wish in StepState.__members__:
            values["state_event"] = [[told.source, told.time, told.wish]]
    paths = {
        **mapped.order.paths,
        "patient": "PID-3",
        "named_ids": "PID-3",
        "visit": _visit_path(message) if visit else "",
        "control": mapped.control_path,
        "status_code": told.path,
        "last_event": mapped.event_time_path,
        "state_event": told.path,
    }
    order = turn.create(ORDER, values, paths, mapped.order.rules)
    for flag in all_flags:
        path = mapped.order.flag_paths.get(flag, mapped.control_path)
        turn.note(flag, order, Severity.FLAG, path)
    return order


def _visit_path(message: OrderMessage) -> str:
    """Return the field that tells which visit it is."""
    paths = message.visit.paths if message.visit is not None else {}
    return paths.get("visit_no") or paths.get("account_no") or "PV1"


def check_free(
    message: OrderMessage, told: Told, persons: list[int], own: Row | None = None
) -> None:
    """Refuse an accession number or a study UID that belongs to something else.

    Args:
        message: The message.
        told: The ORC.
        persons: Whose order it is: the number of the person, or none for a new one.
        own: The order itself, if it is known.

    Raises:
        RefusedError: It belongs to something else.
    """
    turn, mapped = message.turn, told.mapped.order
    keys = told.keys
    if keys.accession[0]:
        for other in turn.find(ORDER, "accession", *keys.accession):
            if [other.number("patient")] != persons and not _is_ours(message, other):
                path = mapped.paths.get("accession", "")
                message.conflict("accession_of_other_patient", other, path, keys.accession[0])
    if not (study_uid := str(mapped.values.get("study_uid", ""))):
        return
    path = mapped.paths.get("study_uid", "")
    accession = keys.accession[0]
    for other in turn.find(ORDER, "study", study_uid):
        if [other.number("patient")] != persons and not _is_ours(message, other):
            message.conflict("study_uid_of_other_patient", other, path, study_uid)
        told_before = other.text("accession")
        if accession and other is not own and told_before not in ("", accession):
            message.conflict("study_uid_of_other_accession", other, path, study_uid)


def _is_ours(message: OrderMessage, other: Row) -> bool:
    """Return whether an order was made by this message: its person may be new."""
    return other.id in message.claimed


def is_complete(message: OrderMessage, told: Told) -> bool:
    """Return whether an update carries everything that a row of the worklist needs."""
    order, steps = told.mapped.order, told.mapped.steps
    if message.person is None or not steps:
        return False
    if not (order.values.get("study_uid") and order.values.get("rp_id")):
        return False
    if not (message.known_persons() or message.person.patient.values.get("patient_name")):
        return False
    if not _has_one_of(order, "rp_desc", "rp_code"):
        return False
    return all(
        all(step.values.get(column) for column in _NEEDED)
        and _has_one_of(step, "sps_desc", "protocol")
        and _has_one_of(step, "station_aet", "open")
        for step in steps
    )


def _has_one_of(mapped: Mapped, *columns: str) -> bool:
    return any(mapped.values.get(column) for column in columns)


def got_keys(turn: Turn, order: Row) -> None:
    """Join what waits for an order that is new, or that has got identifiers."""
    orders_waiting.replay(turn, order)
    linking.link_waiting(turn, order, turn.find(STEP, "order", order.id))
