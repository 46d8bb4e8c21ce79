"""Performed exams and the steps that they are of.

References:
    DICOM PS3.4 annex F.7 (Modality Performed Procedure Step); IHE RAD TF Vol 2, RAD-6 and RAD-7.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from hl7console.worklist.persons_named import Agreement, agreement
from hl7console.worklist.rows import EXAM, Row
from hl7console.worklist.states import Rank, StepState, request_state, settle, standing
from hl7console.worklist.turn import Turn

IN_PROGRESS = "IN PROGRESS"
COMPLETED = "COMPLETED"
DISCONTINUED = "DISCONTINUED"

WRONG_ENTRY = "110514"
"""Code of the reason "incorrect worklist entry selected"."""

_PATH = "PerformedProcedureStepStatus"


def exams_of(turn: Turn, step: Row) -> list[Row]:
    """Return the exams of a step, by number."""
    return turn.find(EXAM, "steps", step.id)


def join(turn: Turn, exam: Row, order: Row, steps: Sequence[Row]) -> None:
    """Make an exam one of steps of an order, and move them by what it has told until now."""
    ids = [*exam.list("steps"), *[step.id for step in steps if step.id not in exam.list("steps")]]
    turn.set(exam, "steps", ids, "ScheduledStepAttributesSequence", "joined")
    turn.set(exam, "orders", list(dict.fromkeys([*exam.list("orders"), order.id])), rule="joined")
    turn.drop_flag(exam, "unscheduled_exam")
    tell_steps(turn, exam, steps)


def join_late(
    turn: Turn,
    exam: Row,
    order: Row,
    steps: Sequence[Row],
    object_to: Callable[[Turn, Row, Row], None],
) -> None:
    """Join an exam that came before its order, where person and step fit."""
    if exam.list("steps"):
        return
    if agreement(turn, exam, order) is Agreement.OTHER:
        object_to(turn, exam, order)
        return
    wanted = [str(n) for n in exam.list("sps_ids") if n]
    fitting = [s for s in steps if s.text("sps_id") in wanted] if wanted else []
    if not fitting:
        modality = exam.text("modality")
        fitting = [s for s in steps if not modality or s.text("modality") == modality]
    if fitting:
        join(turn, exam, order, fitting)


def tell_steps(turn: Turn, exam: Row, steps: Sequence[Row]) -> None:
    """Move steps by the status of an exam."""
    status = exam.text("status")
    for step in steps:
        if status == IN_PROGRESS:
            _start(turn, step)
        elif status == COMPLETED:
            _end(turn, exam, step, StepState.COMPLETED)
        elif status == DISCONTINUED:
            _stop(turn, exam, step)
        settle(turn, step)


def _start(turn: Turn, step: Row) -> None:
    if standing(step) == StepState.CANCELED:
        turn.add_flag(step, "started_after_cancel", _PATH)
    request_state(turn, step, StepState.STARTED, Rank.MPPS, path=_PATH, rule="mpps_started")


def _end(turn: Turn, exam: Row, step: Row, target: StepState) -> None:
    others = [
        other for other in exams_of(turn, step)
        if other.id != exam.id and other.text("status") == IN_PROGRESS
    ]  # fmt: skip
    if others:
        turn.note("other_exam_in_progress", step, path=_PATH)
        return
    if standing(step) not in (StepState.STARTED, target):
        request_state(turn, step, StepState.STARTED, Rank.MPPS, path=_PATH, rule="mpps_started")
    rule = "mpps_completed" if target == StepState.COMPLETED else "mpps_discontinued"
    request_state(turn, step, target, Rank.MPPS, path=_PATH, rule=rule)


def _stop(turn: Turn, exam: Row, step: Row) -> None:
    if exam.text("reason_code") != WRONG_ENTRY:
        _end(turn, exam, step, StepState.DISCONTINUED)
        return
    # The step was never begun: the matrix does not lead back, but this is what the word says.
    path = "PerformedProcedureStepDiscontinuationReasonCodeSequence"
    turn.set(step, "state", StepState.SCHEDULED.value, path, "wrong_entry")
    turn.set(step, "wanted", "", path, "wrong_entry")
    turn.set(step, "state_rank", int(Rank.MPPS), path, "wrong_entry")
    turn.set(step, "state_entry", turn.entry.number, path, "wrong_entry")
    turn.add_flag(step, "wrong_entry", path)
