"""Performed exams and the steps that they are of.

References:
    DICOM PS3.4 annex F.7 (Modality Performed Procedure Step); IHE RAD TF Vol 2, RAD-6 and RAD-7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hl7console.worklist.persons_named import Agreement, agreement, survivor
from hl7console.worklist.rows import EXAM, STEP, Row
from hl7console.worklist.states import FINAL, Rank, StepState, request_state, settle, standing
from hl7console.worklist.turn import Severity, Turn

IN_PROGRESS = "IN PROGRESS"
COMPLETED = "COMPLETED"
DISCONTINUED = "DISCONTINUED"

WRONG_ENTRY = "110514"
"""Code of the reason "incorrect worklist entry selected"."""

BY_HAND = "joined_by_hand"
"""The rule of what an operator has joined: no message joins it to anything else."""

_PATH = "PerformedProcedureStepStatus"
_BY_EXAMS = frozenset({StepState.STARTED, StepState.COMPLETED, StepState.DISCONTINUED})
_RULES = frozenset({"mpps_started", "mpps_completed", "mpps_discontinued", "wrong_entry"})
"""What decides a state that an exam has brought about."""


def exams_of(turn: Turn, step: Row) -> list[Row]:
    """Return the exams of a step, by number."""
    return turn.find(EXAM, "steps", step.id)


def join(turn: Turn, exam: Row, order: Row, steps: Sequence[Row], rule: str = "joined") -> None:
    """Make an exam one of steps of an order, and move them by what it has told until now."""
    ids = [*exam.list("steps"), *[step.id for step in steps if step.id not in exam.list("steps")]]
    turn.set(exam, "steps", ids, "ScheduledStepAttributesSequence", rule)
    turn.set(exam, "orders", list(dict.fromkeys([*exam.list("orders"), order.id])), rule=rule)
    turn.set(exam, "candidates", "", rule=rule)
    patient = survivor(turn, order.number("patient"))
    if patient is not None:
        turn.set(exam, "patient", patient.id, rule=rule)
    turn.drop_flag(exam, "unscheduled_exam")
    tell_steps(turn, exam, steps)


def leave(turn: Turn, exam: Row) -> None:
    """Take an exam off its steps: an operator says that it was never one of theirs."""
    steps = steps_of(turn, exam)
    turn.set(exam, "steps", "", rule="joined_by_hand")
    turn.set(exam, "orders", "", rule="joined_by_hand")
    for step in steps:
        _give_back(turn, step, "operator", "joined_by_hand")
        settle(turn, step)


def steps_of(turn: Turn, exam: Row) -> list[Row]:
    """Return the steps of an exam."""
    numbers = [n for n in exam.list("steps") if isinstance(n, int)]
    return [step for n in numbers if (step := turn.get(STEP, n)) is not None]


def fitting(exam: Row, steps: Sequence[Row]) -> list[Row]:
    """Return the steps of a study or accession that an exam can be of.

    Those whose ids it names; where it names none that is known, those of its modality.
    """
    wanted = [str(number) for number in exam.list("sps_ids") if number]
    named = [step for step in steps if step.text("sps_id") in wanted]
    if named:
        return named
    modality = exam.text("modality")
    return [step for step in steps if not modality or step.text("modality") in ("", modality)]


def is_clear(exam: Row, found: Sequence[Row]) -> bool:
    """Return whether steps are surely the exam's: it names them, or there is only one."""
    wanted = [str(number) for number in exam.list("sps_ids") if number]
    return len(found) == 1 or (bool(found) and all(s.text("sps_id") in wanted for s in found))


def offer(turn: Turn, exam: Row, found: Sequence[Row]) -> None:
    """Keep steps that an exam may be of, for an operator to choose from."""
    known = exam.list("candidates")
    more = [step.id for step in found if step.id not in known]
    turn.set(exam, "candidates", [*known, *more], rule="exam_step_unclear")
    turn.note("exam_step_unclear", exam, Severity.FLAG, "ScheduledStepAttributesSequence")


def join_late(
    turn: Turn,
    exam: Row,
    order: Row,
    steps: Sequence[Row],
    object_to: Callable[[Turn, Row, Row], None],
) -> None:
    """Join an exam that came before its order, where person and step fit."""
    mine = exam.list("steps")
    if mine and exam.sources["steps"].rule == BY_HAND:
        return
    found = [step for step in fitting(exam, steps) if step.id not in mine]
    wanted = [str(number) for number in exam.list("sps_ids") if number]
    if mine:
        # It has a step; one of another order is its own only if it names it.
        found = [step for step in found if step.text("sps_id") in wanted]
    if not found:
        return
    if agreement(turn, exam, order) is Agreement.OTHER:
        object_to(turn, exam, order)
    elif is_clear(exam, found):
        join(turn, exam, order, found)
    else:
        offer(turn, exam, found)


def tell_steps(turn: Turn, exam: Row, steps: Sequence[Row]) -> None:
    """Move steps by the status of an exam."""
    status = exam.text("status")
    for step in steps:
        if status == IN_PROGRESS:
            _start(turn, step)
        elif status == DISCONTINUED and exam.text("reason_code") == WRONG_ENTRY:
            _stop_wrong(turn, step)
        elif status in (COMPLETED, DISCONTINUED):
            _end(turn, step)
        settle(turn, step)


def _start(turn: Turn, step: Row) -> None:
    now = standing(step)
    if now == StepState.CANCELED:
        turn.add_flag(step, "started_after_cancel", _PATH)
    if request_state(turn, step, StepState.STARTED, Rank.MPPS, path=_PATH, rule="mpps_started"):
        if now is not None and now != StepState.STARTED:
            turn.set(step, "state_before_exam", now.value, _PATH, "mpps_started")
        turn.drop_flag(step, "noshow", _PATH)


def _end(turn: Turn, step: Row) -> None:
    """End a step, once none of its exams is running; it is complete if one of them is."""
    target = _state_by_exams(turn, step)
    if target == StepState.STARTED:
        turn.note("other_exam_in_progress", step, path=_PATH)
        return
    if target is None or standing(step) == target:
        return
    if standing(step) not in (StepState.STARTED, *FINAL):
        request_state(turn, step, StepState.STARTED, Rank.MPPS, path=_PATH, rule="mpps_started")
    rule = "mpps_completed" if target == StepState.COMPLETED else "mpps_discontinued"
    request_state(turn, step, target, Rank.MPPS, path=_PATH, rule=rule)


def _state_by_exams(turn: Turn, step: Row) -> StepState | None:
    """Return what the exams of a step make of it; None when none counts.

    One that was begun from the wrong entry is none of the step's.
    """
    told = {
        exam.text("status")
        for exam in exams_of(turn, step)
        if exam.text("status") != DISCONTINUED or exam.text("reason_code") != WRONG_ENTRY
    }
    for status, state in (
        (IN_PROGRESS, StepState.STARTED),
        (COMPLETED, StepState.COMPLETED),
        (DISCONTINUED, StepState.DISCONTINUED),
    ):
        if status in told:
            return state
    return None


def _stop_wrong(turn: Turn, step: Row) -> None:
    path = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    _give_back(turn, step, path, "wrong_entry")
    turn.add_flag(step, "wrong_entry", path)


def _give_back(turn: Turn, step: Row, path: str, rule: str) -> None:
    """Take back what an exam did to a step that it was never of: it waits again.

    The matrix does not lead back from a start, but the start was none. Other exams of the step
    keep it where they have brought it, and so does an operator.
    """
    if step.number("state_rank") > Rank.MPPS or standing(step) not in _BY_EXAMS:
        return
    if step.sources["state"].rule not in _RULES:
        return
    target = _state_by_exams(turn, step)
    if target is None:
        was_cancelled = step.text("state_before_exam") == StepState.CANCELED
        target = StepState.CANCELED if was_cancelled else StepState.SCHEDULED
    if target == standing(step):
        return
    turn.set(step, "state", target.value, path, rule)
    turn.set(step, "wanted", "", path, rule)
    turn.set(step, "state_rank", int(Rank.MPPS), path, rule)
    turn.set(step, "state_entry", turn.entry.number, path, rule)
