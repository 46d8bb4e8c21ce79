"""Moves the steps of an order to the state that a message asks for.

A message that is older than what its sender has said of the order since never takes a state back.
It still counts where the later state would not have undone it: an *in process* that comes after a
later *scheduled* starts the step, a cancel that comes after a later *scheduled* does nothing. So
the order of arrival makes no difference.

References: order-states sections 3 to 5.
"""

from __future__ import annotations

from hl7console.worklist import evidence
from hl7console.worklist.rows import STEP, Row
from hl7console.worklist.rules import control
from hl7console.worklist.rules.orders_told import Told
from hl7console.worklist.states import (
    FINAL,
    StepState,
    before_hold,
    request_state,
    standing,
)
from hl7console.worklist.transitions import LEVELS, MATRIX
from hl7console.worklist.turn import Severity, Turn

_WORDS = {control.STOP: "DISCONTINUED", control.REPLACE: "CANCELED", control.PREVIOUS: "SCHEDULED"}
_UNDER_WAY = frozenset({StepState.STARTED, StepState.DEPARTED})


def steps_meant(turn: Turn, order: Row, told: Told) -> list[Row]:
    """Return the steps that a message is about: those it names, else all of the order."""
    steps = turn.find(STEP, "order", order.id)
    wanted = told.sps_ids()
    if not wanted or len(steps) < 2:
        return steps
    named = [step for step in steps if step.text("sps_id") in wanted]
    if not named:
        turn.note("step_unknown", order, Severity.ERROR, told.path, control=told.control)
    return named


def apply_wish(turn: Turn, order: Row, steps: list[Row], told: Told) -> None:
    """Ask for the state that a message wants, for these steps of an order."""
    wish = told.wish
    if wish == control.KEEP:
        return
    args = {"control": told.control, "status": told.mapped.status}
    if not wish:
        turn.note("control_unmapped", order, Severity.ERROR, told.path, **args)
        return
    if wish == control.REPORT_ERROR:
        turn.note("sender_lacks_order", order, Severity.ERROR, told.path, **args)
        return
    asked = _WORDS.get(wish, wish)
    if evidence.is_older(order, told.source, told.time):
        steps = [step for step in steps if _counts_though_late(order, step, told, asked)]
        if not steps:
            turn.note("state_too_late", order, Severity.IGNORED, told.path, to=asked)
            return
    for step in steps:
        _ask(turn, step, told)
    if wish == control.REPLACE:
        turn.add_flag(order, "replaced", told.path)
    evidence.remember(turn, order, told.source, told.time, told.mapped.event_time_path, asked)


def _counts_though_late(order: Row, step: Row, told: Told, asked: str) -> bool:
    now = standing(step)
    if told.wish == control.PREVIOUS or now in FINAL:
        return False
    if now is not None and LEVELS[asked] < LEVELS[now]:
        return False
    claim = evidence.last_claim(order, told.source, "state_event")
    if claim is None or told.time >= claim.time:
        return True
    return MATRIX[asked][str(claim.what)] == "no"


def _ask(turn: Turn, step: Row, told: Told) -> None:
    now = standing(step)
    target = _target(now, step, told)
    if target is None:
        return
    if now in _UNDER_WAY and target == StepState.CANCELED and told.control == "CA":
        turn.add_flag(step, "ca_after_start", told.path)
        if now == StepState.DEPARTED:
            return
    request_state(turn, step, target, told.rank, path=told.path, rule=told.line)


def _target(now: StepState | None, step: Row, told: Told) -> StepState | None:
    """Return the state for one step; None where it stays as it is."""
    wish = told.wish
    if wish == control.STOP:
        if now in FINAL:
            return None
        return StepState.DISCONTINUED if now in _UNDER_WAY else StepState.CANCELED
    if wish == control.PREVIOUS:
        return before_hold(step) if now == StepState.ON_HOLD else None
    if wish == control.REPLACE:
        return StepState.CANCELED
    target = StepState(wish)
    is_change = not told.line.startswith("SC_")
    if is_change and target == StepState.SCHEDULED and now in (StepState.ARRIVED, StepState.READY):
        return None
    return target
