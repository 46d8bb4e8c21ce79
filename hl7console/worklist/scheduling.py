"""What an appointment does to the steps of its order.

References:
    HL7 v2.5.1 chapter 10; table 0278.
"""

from __future__ import annotations

from collections.abc import Sequence

from hl7console.worklist.rows import Row
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

COLUMNS = ("start_date", "start_time", "sps_location", "station_aet", "station_name", "performer")
"""Columns that an appointment gives its steps."""


def tell_steps(turn: Turn, appointment: Row, steps: Sequence[Row]) -> None:
    """Book, move or free the steps of an appointment's order.

    A step that has begun, or is over, keeps its time; that is flagged.
    """
    turn.set(appointment, "steps", [step.id for step in steps], rule="joined")
    status = appointment.text("status")
    for step in _wanted(appointment, steps):
        if status in GONE:
            _free(turn, appointment, step)
        elif status == NOSHOW:
            turn.add_flag(step, "noshow", "SCH-25")
        else:
            _book(turn, appointment, step)
        settle(turn, step)


def _wanted(appointment: Row, steps: Sequence[Row]) -> Sequence[Row]:
    """Return the steps of the procedures that are booked; all where that cannot be told."""
    codes = {str(code) for code in appointment.list("procedures")}
    if len(steps) < 2 or not codes:
        return steps
    fitting = [
        step for step in steps
        if step.list("protocol") and str(step.list("protocol")[0]) in codes
    ]  # fmt: skip
    return fitting or steps


def _book(turn: Turn, appointment: Row, step: Row) -> None:
    if is_started_or_final(step):
        if appointment.text("start_date") and (
            appointment.text("start_date"),
            appointment.text("start_time"),
        ) != (step.text("start_date"), step.text("start_time")):
            turn.add_flag(step, "moved_after_start", "SCH-11")
        return
    locked = step.list("locked")
    for column in COLUMNS:
        value = appointment.values.get(column)
        if column in locked:
            continue
        if not value:
            _clear(turn, appointment, step, column)
            continue
        source = appointment.sources[column]
        turn.set(step, column, value, source.path, "appointment")
        if column == "station_aet":
            turn.set(step, "open", "", source.path, "appointment")
    if appointment.text("start_date"):
        turn.set(step, "booked", appointment.id, "SCH-2", "appointment")
        for flag in ("start_missing", "time_unknown", "noshow"):
            turn.drop_flag(step, flag, "SCH-11")
        if standing(step) in (None, StepState.UNSCHEDULED):
            request_state(
                turn, step, StepState.SCHEDULED, Rank.SCHEDULE, path="SCH-25", rule="booked"
            )


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


def _free(turn: Turn, appointment: Row, step: Row) -> None:
    if step.number("booked") not in (0, appointment.id):
        turn.note("booked_otherwise", step, Severity.IGNORED, "SCH-25")
        return
    if is_started_or_final(step):
        if standing(step) != StepState.CANCELED:
            turn.add_flag(step, "cancelled_after_start", "SCH-25")
        return
    turn.set(step, "booked", 0, "SCH-25", "appointment_cancelled")
    if appointment.text("status") == DELETED:
        turn.add_flag(step, "appointment_deleted", "SCH-25")
    if appointment.number("cancels_steps"):
        request_state(
            turn, step, StepState.CANCELED, Rank.PLACER, path="SCH-25", rule="siu_cancels_sps"
        )
        return
    request_state(
        turn, step, StepState.UNSCHEDULED, Rank.PLACER, path="SCH-25", rule="appointment_cancelled"
    )
