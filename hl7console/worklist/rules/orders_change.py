"""Takes the fields of a message over into an order that is known.

Identifiers never change this way: what is empty is filled, what differs is flagged.

References: order-states section 5; identifiers-and-datatypes section 4.
"""

from __future__ import annotations

from hl7console.worklist import evidence
from hl7console.worklist.finding import MADE_UP, sent
from hl7console.worklist.mapped import Mapped, is_guess_beaten, merge_fields
from hl7console.worklist.rows import APPOINTMENT, ORDER, STEP, Row
from hl7console.worklist.rules import orders_state
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.states import Rank, StepState, request_state, settle
from hl7console.worklist.turn import Severity, Turn

_NUMBERS = (
    ("placer_no", ("placer_no", "placer_issuer", "placer_issuer_oid", "placer_authority")),
    ("filler_no", ("filler_no", "filler_issuer", "filler_issuer_oid", "filler_authority")),
    (
        "accession",
        ("accession", "accession_issuer", "accession_issuer_oid", "accession_authority"),
    ),
    ("group_no", ("group_no",)),
    ("rp_id", ("rp_id",)),
    ("study_uid", ("study_uid",)),
)
"""Each identifier with the columns that go with it."""
ORDER_KEYS = frozenset(column for _, columns in _NUMBERS for column in columns) | {
    "patient", "visit", "flags",
}  # fmt: skip
STEP_KEYS = frozenset({"order", "study_uid", "sps_id", "state", "flags", "open"})
_TIMES = frozenset({"start_date", "start_time"})
_ISSUED = frozenset({"issue_date", "issue_time"})
"""When it was written; differs each time that the same order is sent."""
UNBORN = ("created_by_update", "created_from_siu")
"""Flags of an order that was made before its NW came."""


def is_booked(turn: Turn, order: Row) -> bool:
    """Return whether an appointment has set the time of an order."""
    return any(
        appointment.text("status") not in ("cancelled", "discontinued", "deleted")
        for appointment in turn.find(APPOINTMENT, "order", order.id)
    )


def differences(turn: Turn, order: Row, told: Told) -> list[str]:
    """Return the columns in which a message differs from the order as it stands.

    A booked start is no difference: a new order doesn't move an appointment.
    """
    found = [
        column
        for column, value in told.mapped.order.values.items()
        if column not in _ISSUED
        and value != order.values.get(column, "")
        and told.mapped.order.rules.get(column) not in MADE_UP
        and not is_guess_beaten(order, told.mapped.order, column)
    ]
    booked = _TIMES if is_booked(turn, order) else frozenset()
    steps = turn.find(STEP, "order", order.id)
    for mapped, step in pairs(steps, told):
        if step is None:
            found.append("sps_id")
            continue
        found += [
            column
            for column, value in mapped.values.items()
            if column not in STEP_KEYS and column not in booked
            and not is_guess_beaten(step, mapped, column)
            and value != step.values.get(column, "")
        ]  # fmt: skip
        sps_id = sent(mapped, "sps_id")
        if sps_id and sps_id != step.text("sps_id"):
            found.append("sps_id")
    return found


def pairs(steps: list[Row], told: Told) -> list[tuple[Mapped, Row | None]]:
    """Return each step of a message with the row that it is about; None for one to be made.

    They go by the step's id where it was sent; else, and where an order has only one step and the
    message too, by position.
    """
    mapped_steps = told.mapped.steps
    found: list[tuple[Mapped, Row | None]] = []
    by_id = {step.text("sps_id"): step for step in steps}
    left = [step for step in steps if step.text("sps_id") not in told.sps_ids()]
    is_one_each = len(steps) == 1 and len(mapped_steps) == 1
    for mapped in mapped_steps:
        sps_id = sent(mapped, "sps_id")
        row = by_id.get(sps_id) if sps_id else None
        if row is None and left and (not sps_id or (is_one_each and _may_rename(told))):
            row = left.pop(0)
        found.append((mapped, row))
    return found


def _may_rename(told: Told) -> bool:
    keys = told.keys
    return bool(keys.filler[0] or keys.placer[0]) and bool(keys.study_uid)


def apply_known(turn: Turn, order: Row, told: Told) -> None:
    """Apply a message to an order that is known: its fields if they count, then its state."""
    is_late = evidence.is_older(order, told.source, told.time)
    new_steps: list[Row] = []
    if told.has_fields:
        if is_late:
            fill_late(turn, order, told)
        else:
            new_steps = take_fields(turn, order, told)
    elif is_late:
        turn.note(
            "older_than_row", order, Severity.IGNORED, told.mapped.event_time_path,
            columns="nothing",
        )  # fmt: skip
    steps = orders_state.steps_meant(turn, order, told)
    orders_state.apply_wish(turn, order, [s for s in steps if s not in new_steps], told)
    if not is_late:
        turn.set(order, "control", told.control, told.mapped.control_path)
        if told.mapped.status:
            turn.set(order, "status_code", told.mapped.status, told.path)
    evidence.remember(turn, order, told.source, told.time, told.mapped.event_time_path)


def fill_late(turn: Turn, order: Row, told: Told) -> None:
    """Take from a late message what is empty still, if the order was made without its NW."""
    differing = ", ".join(dict.fromkeys(differences(turn, order, told))) or "nothing"
    path = told.mapped.event_time_path
    turn.note("older_than_row", order, Severity.IGNORED, path, columns=differing)
    flags = order.list("flags")
    if told.control != "NW" or not any(flag in flags for flag in UNBORN):
        return
    fill_numbers(turn, order, told.mapped.order, flag=False)
    merge_fields(turn, order, told.mapped.order, only_empty=True, keep=ORDER_KEYS)
    steps = turn.find(STEP, "order", order.id)
    for mapped, step in pairs(steps, told):
        if step is not None:
            merge_fields(turn, step, mapped, only_empty=True, keep=STEP_KEYS)
    for step in steps:
        settle(turn, step)


def take_fields(turn: Turn, order: Row, told: Told) -> list[Row]:
    """Take a message's fields over by the field rule; return the steps that had to be made."""
    mapped = told.mapped
    if "created_from_siu" in order.list("flags"):
        _adopt_procedure(turn, order, mapped.order)
        _adopt_study(turn, order, mapped.order)
    fill_numbers(turn, order, mapped.order)
    merge_fields(turn, order, mapped.order, keep=_kept(order, mapped.order))
    for flag in mapped.order.flags:
        turn.add_flag(order, flag, mapped.order.flag_paths.get(flag, mapped.control_path))
    keep = STEP_KEYS
    if told.control == "NW" and is_booked(turn, order):
        keep = STEP_KEYS | _TIMES
    made = []
    for mapped_step, step in pairs(turn.find(STEP, "order", order.id), told):
        if step is None:
            made.append(make_step(turn, order, mapped_step, told))
            continue
        _note_booked(turn, step, mapped_step, keep)
        _rename(turn, step, mapped_step)
        merge_fields(turn, step, mapped_step, keep=keep)
        _take_open(turn, step, mapped_step)
        for flag in mapped_step.flags:
            turn.add_flag(step, flag, mapped_step.flag_paths.get(flag, mapped.control_path))
    for step in turn.find(STEP, "order", order.id):
        settle(turn, step)
    return made


def _adopt_procedure(turn: Turn, order: Row, mapped: Mapped) -> None:
    """Give an order that an appointment made the procedure id of its own order message."""
    rp_id, made = sent(mapped, "rp_id"), order.source("rp_id")
    if rp_id and made is not None and made.rule in MADE_UP and not order.number("served"):
        turn.set(order, "rp_id", rp_id, mapped.paths.get("rp_id", ""))


def _adopt_study(turn: Turn, order: Row, mapped: Mapped) -> None:
    """Give an order that an appointment made the study UID of its own order message.

    The made-up one was never served: a step that lacks something isn't.
    """
    study_uid = sent(mapped, "study_uid")
    steps = turn.find(STEP, "order", order.id)
    if not study_uid or order.number("served") or _is_taken(turn, order, "study_uid", mapped):
        return
    if not all(step.list("missing") for step in steps):
        return
    path = mapped.paths.get("study_uid", "")
    for row in (order, *steps):
        turn.set(row, "study_uid", study_uid, path)


def _kept(order: Row, mapped: Mapped) -> frozenset[str]:
    """Return the columns that a message leaves alone.

    These are identifiers, and what only the header says, where the order knows better already.
    """
    by_header = [
        column
        for column, path in mapped.paths.items()
        if path.startswith("MSH") and order.values.get(column)
    ]
    return ORDER_KEYS.union(by_header) if by_header else ORDER_KEYS


def _note_booked(turn: Turn, step: Row, mapped: Mapped, keep: frozenset[str]) -> None:
    if "start_date" in keep and any(
        mapped.values.get(c, "") not in ("", step.values.get(c, "")) for c in _TIMES
    ):
        turn.note("booked_start_kept", step, Severity.IGNORED, mapped.paths.get("start_date", ""))


def _take_open(turn: Turn, step: Row, mapped: Mapped) -> None:
    """A step is open to its modality until it has a station, and again when that is cleared."""
    is_open = mapped.values.get("open", "")
    if step.list("station_aet"):
        turn.set(step, "open", "", "", "station_known")
    elif is_open:
        turn.set(step, "open", is_open, mapped.paths.get("open", ""), mapped.rules.get("open", ""))


def fill_numbers(turn: Turn, order: Row, mapped: Mapped, *, flag: bool = True) -> bool:
    """Fill identifiers that an order lacks, flag those that differ; return whether any was set."""
    was_set = False
    for name, columns in _NUMBERS:
        value = mapped.values.get(name)
        if not value or order.text(name) == value:
            continue
        if not order.text(name):
            if _is_taken(turn, order, name, mapped):
                continue
            for column in columns:
                if column in mapped.values:
                    turn.set(
                        order, column, mapped.values[column], mapped.paths.get(column, ""),
                        mapped.rules.get(column, ""),
                    )  # fmt: skip
            was_set = True
        elif flag and name != "group_no" and sent(mapped, name):
            turn.add_flag(order, f"{name}_changed", mapped.paths.get(name, ""), told=str(value))
    return was_set


def _is_taken(turn: Turn, order: Row, name: str, mapped: Mapped) -> bool:
    """Return whether an identifier belongs to an order of another patient; tell so."""
    if name == "accession":
        authority = str(mapped.values.get("accession_authority", ""))
        others = turn.find(ORDER, "accession", str(mapped.values[name]), authority)
    elif name == "study_uid":
        others = turn.find(ORDER, "study", str(mapped.values[name]))
    else:
        return False
    patient = order.number("patient")
    if all(other.number("patient") == patient for other in others):
        return False
    path = mapped.paths.get(name, "")
    number = str(mapped.values[name])
    turn.note(f"{name}_of_other_patient", order, Severity.ERROR, path, number=number)
    return True


def _rename(turn: Turn, step: Row, mapped: Mapped) -> None:
    sps_id = sent(mapped, "sps_id")
    if not sps_id or sps_id == step.text("sps_id"):
        return
    path = mapped.paths.get("sps_id", "")
    if turn.find(STEP, "key", step.text("study_uid"), sps_id):
        turn.note("sps_id_taken", step, Severity.ERROR, path)
        return
    turn.set(step, "sps_id", sps_id, path, "sps_renamed")
    turn.add_flag(step, "sps_renamed", path)


def make_step(turn: Turn, order: Row, mapped: Mapped, told: Told) -> Row:
    """Make a step of an order, in the state that the message asks for, and return it.

    A step id that is taken in the study gets a number behind it, flagged.
    """
    study_uid = order.text("study_uid")
    values = {**mapped.values, "order": order.id, "study_uid": study_uid}
    rules = dict(mapped.rules)
    flags = list(mapped.flags)
    sps_id = str(values.get("sps_id", ""))
    if sps_id and turn.find(STEP, "key", study_uid, sps_id):
        values["sps_id"] = _free_id(turn, study_uid, sps_id)
        rules["sps_id"] = "sps_id_numbered"
        if sent(mapped, "sps_id"):
            flags.append("sps_id_numbered")
    values["flags"] = flags
    study = order.source("study_uid")
    paths = {**mapped.paths, "study_uid": study.path if study else ""}
    step = turn.create(STEP, values, paths, rules)
    for flag in flags:
        path = mapped.flag_paths.get(flag) or mapped.paths.get("sps_id", "")
        turn.note(flag, step, Severity.FLAG, path)
    settle(turn, step)
    target = told.wish if told.wish in StepState.__members__ else StepState.UNSCHEDULED.value
    if told.control in ("XO", "XX", "XR", "NA", "SN") and told.wish not in StepState.__members__:
        target = StepState.SCHEDULED.value
    request_state(turn, step, StepState(target), Rank(told.rank), path=told.path, rule=told.line)
    return step


def _free_id(turn: Turn, study_uid: str, sps_id: str) -> str:
    number = 2
    while True:
        tail = f"-{number}"
        candidate = sps_id[: 16 - len(tail)] + tail
        if not turn.find(STEP, "key", study_uid, candidate):
            return candidate
        number += 1
