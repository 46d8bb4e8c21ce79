"""What an appointment does to the steps of its order.

References:
    HL7 v2.5.1 chapter 10; table 0278.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.worklist.rows import APPOINTMENT, ORDER, Row
from hl7console.worklist.states import (
    Rank,
    StepState,
    is_started_or_final,
    request_state,
    settle,
    standing,
)
from hl7console.worklist.turn import Severity, Turn

BOOKED = "booked"
CANCELLED = "cancelled"
DELETED = "deleted"
NOSHOW = "noshow"
GONE = frozenset({CANCELLED, DELETED})
NOT_YET = frozenset({"waitlist", "blocked"})
"""Asked for, or kept free, but not booked."""

COLUMNS = ("start_date", "start_time", "sps_location", "station_aet", "station_name", "performer")
"""Columns that an appointment gives its steps."""


def tell_steps(turn: Turn, appointment: Row, steps: Sequence[Row]) -> None:
    """Book, move or free the steps of an appointment's order.

    A step that has begun, or is over, keeps its time; that is flagged.
    """
    wanted = [
        step
        for step in _wanted(turn, appointment, steps)
        if not _is_anothers(turn, appointment, step)
    ]
    turn.set(appointment, "steps", [step.id for step in wanted], rule="joined")
    status = appointment.text("status")
    for step in wanted:
        if status in GONE:
            _free(turn, appointment, step)
        elif status == NOSHOW:
            if not is_started_or_final(step):
                turn.add_flag(step, "noshow", "SCH-25")
        elif status in NOT_YET:
            turn.note("appointment_waits", step, Severity.INFO, "SCH-25", status=status)
        else:
            _book(turn, appointment, step)
        settle(turn, step)


def leave_steps(turn: Turn, appointment: Row, steps: Sequence[Row]) -> None:
    """Free the steps that an appointment has booked: an operator says that it is none of theirs."""
    turn.set(appointment, "steps", "", rule="joined_by_hand")
    for step in steps:
        if step.number("booked") == appointment.id and not is_started_or_final(step):
            _unbook(turn, step, "joined_by_hand")
            settle(turn, step)


def _wanted(turn: Turn, appointment: Row, steps: Sequence[Row]) -> Sequence[Row]:
    """Return the steps that an appointment (one resource group) is for.

    Those of the procedures that are booked; where that leaves more than one, and there is a group
    for each step, the step at the group's place; else all.
    """
    if len(steps) < 2:
        return steps
    codes = {str(code) for code in appointment.list("procedures")}
    fitting = [step for step in steps if codes & set(map(str, step.list("protocol")[:1]))]
    fitting = fitting or [step for step in steps if codes & _codes_of(turn, step)]
    if len(fitting) == 1:
        return fitting
    place = appointment.number("place")
    if appointment.number("groups") == len(steps) and 0 < place <= len(steps):
        return [steps[place - 1]]
    return fitting or steps


def _is_anothers(turn: Turn, appointment: Row, step: Row) -> bool:
    """Return whether another resource group of the same appointment has the step, and fits it.

    Such as that of the scanner, where this one is that of a nurse.
    """
    other = turn.get(APPOINTMENT, step.number("booked"))
    if other is None or other is appointment or not is_sibling(appointment, other):
        return False
    codes = _codes_of(turn, step)
    mine, theirs = (codes & set(map(str, row.list("procedures"))) for row in (appointment, other))
    return not mine or bool(theirs)


def is_sibling(one: Row, other: Row) -> bool:
    """Return whether two rows are resource groups of one appointment."""
    return any(
        one.text(name) and one.text(name) == other.text(name)
        and one.text(f"{name}_authority") == other.text(f"{name}_authority")
        for name in ("filler_appointment", "placer_appointment")
    )  # fmt: skip


def _codes_of(turn: Turn, step: Row) -> set[str]:
    """Return the codes that a service may name a step by: its protocol, or its procedure."""
    order = turn.get(ORDER, step.number("order"))
    lists = [step.list("protocol")[:1], step.list("procedure_code_raw")]
    lists += [order.list("rp_code")[:1]] if order is not None else []
    return {str(code) for codes in lists for code in codes if code}


def _book(turn: Turn, appointment: Row, step: Row) -> None:
    if is_started_or_final(step) and not _was_cancelled_by_appointment(step):
        if appointment.text("start_date") and (
            appointment.text("start_date"),
            appointment.text("start_time"),
        ) != (step.text("start_date"), step.text("start_time")):
            is_cancelled = standing(step) == StepState.CANCELED
            turn.add_flag(
                step, "booked_after_cancel" if is_cancelled else "moved_after_start", "SCH-11"
            )
        return
    for column in COLUMNS:
        _put(turn, appointment, step, column)
    if not appointment.text("start_date"):
        turn.note("appointment_time_missing", step, Severity.INFO, "SCH-11")
        return
    turn.set(step, "booked", appointment.id, "SCH-2", "appointment")
    for flag in ("start_missing", "start_defaulted", "time_unknown", "noshow"):
        turn.drop_flag(step, flag, "SCH-11")
    if standing(step) in (None, StepState.UNSCHEDULED, StepState.CANCELED):
        request_state(turn, step, StepState.SCHEDULED, Rank.SCHEDULE, path="SCH-25", rule="booked")


def _was_cancelled_by_appointment(step: Row) -> bool:
    state = step.sources.get("state")
    return state is not None and state.rule == "siu_cancels_sps"


def _put(turn: Turn, appointment: Row, step: Row, column: str) -> None:
    """Give a step a column of its appointment, unless an operator has set it."""
    value = appointment.values.get(column)
    if not value:
        if column not in step.list("locked"):
            _clear(turn, appointment, step, column)
        return
    path = appointment.sources[column].path
    if column in step.list("locked"):
        if value != step.values.get(column, ""):
            turn.note("locked", step, Severity.FLAG, path, column=column)
        return
    turn.set(step, column, value, path, "appointment")
    if column == "station_aet" and step.number("open"):
        turn.set(step, "was_open", 1, path, "appointment")
        turn.set(step, "open", "", path, "appointment")


def _clear(turn: Turn, appointment: Row, step: Row, column: str) -> None:
    """Empty a column that this appointment gave, and has no more."""
    source = step.sources.get(column)
    if (
        source is not None
        and source.rule == "appointment"
        and step.number("booked") == appointment.id
        and not column.startswith("start_")
    ):
        turn.set(step, column, "", source.path, "appointment")
        if column == "station_aet" and step.number("was_open"):
            turn.set(step, "open", 1, "", "open_station")


def _free(turn: Turn, appointment: Row, step: Row) -> None:
    if step.number("booked") not in (0, appointment.id):
        turn.note("booked_otherwise", step, Severity.IGNORED, "SCH-25")
        return
    if is_started_or_final(step):
        if standing(step) != StepState.CANCELED:
            turn.add_flag(step, "cancelled_after_start", "SCH-25")
        return
    if appointment.text("status") == DELETED:
        turn.add_flag(step, "appointment_deleted", "SCH-25")
    if appointment.number("cancels_steps"):
        turn.set(step, "booked", 0, "SCH-25", "siu_cancels_sps")
        request_state(
            turn, step, StepState.CANCELED, Rank.SCHEDULE, path="SCH-25", rule="siu_cancels_sps"
        )
        return
    _unbook(turn, step, "appointment_cancelled")


def _unbook(turn: Turn, step: Row, rule: str) -> None:
    turn.set(step, "booked", 0, "SCH-25", rule)
    request_state(turn, step, StepState.UNSCHEDULED, Rank.SCHEDULE, path="SCH-25", rule=rule)
