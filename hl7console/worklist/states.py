"""States of a scheduled procedure step, and who may move it from one to another.

A step has the state that its messages gave it, its *standing*. Where values that a modality needs
are missing, a step whose standing would be served shows as UNSCHEDULED instead, `wanted` keeps the
standing, and `missing` tells why; the step comes back by itself when it gets complete.

References: order-states sections 1 and 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum, StrEnum

from hl7console.worklist import lines
from hl7console.worklist.rows import STEP, Row
from hl7console.worklist.transitions import LEVELS, MATRIX
from hl7console.worklist.turn import Severity, Turn


class StepState(StrEnum):
    """State of a step (order-states.md section 1 of the field's practice)."""

    UNSCHEDULED = "UNSCHEDULED"
    ON_HOLD = "ON_HOLD"
    SCHEDULED = "SCHEDULED"
    ARRIVED = "ARRIVED"
    READY = "READY"
    STARTED = "STARTED"
    DEPARTED = "DEPARTED"
    COMPLETED = "COMPLETED"
    DISCONTINUED = "DISCONTINUED"
    CANCELED = "CANCELED"


FINAL = frozenset({StepState.COMPLETED, StepState.DISCONTINUED, StepState.CANCELED})
SERVED = frozenset({StepState.SCHEDULED, StepState.ARRIVED, StepState.READY})
"""States that modalities are shown by default; only a complete step has one of them."""
_PLANNING = frozenset({StepState.UNSCHEDULED, StepState.SCHEDULED})


class Rank(IntEnum):
    """Whose word counts more about a state."""

    SCHEDULE = 1
    """ADT and SIU."""
    PLACER = 2
    REPORT = 3
    """ORU."""
    FILLER = 4
    MPPS = 5
    OPERATOR = 6


def standing(step: Row) -> StepState | None:
    """Return the state that a step has, or would have if it were complete; None before any."""
    text = step.text("wanted") or step.text("state")
    return StepState(text) if text else None


def is_started_or_final(step: Row) -> bool:
    """Return whether the exam has begun, has ended, or will not be."""
    return LEVELS[step.text("state") or "UNSCHEDULED"] >= LEVELS["STARTED"]


def is_pulled_back(step: Row, target: StepState, rank: Rank) -> bool:
    """Return whether a state would be taken back from somebody whose word counts more."""
    now = standing(step)
    if now is None or rank >= step.number("state_rank"):
        return False
    if now in FINAL or LEVELS[target] < LEVELS[now]:
        return True
    return now == StepState.ON_HOLD and target in _PLANNING


def request_state(
    turn: Turn, step: Row, target: StepState, rank: Rank, *, path: str, rule: str
) -> bool:
    """Ask for a state by the transition matrix and the ranks; note what came of it.

    An operator gets the state whatever the matrix says; it is flagged then. A new step that is
    asked to be DEPARTED or DISCONTINUED at once (the matrix refuses both) becomes UNSCHEDULED with
    the flag ``state_unclear`` and a line in the error list, so that no step is without a state.

    Returns:
        Whether the step has the state now (or would, if it were complete: see `settle`).
    """
    now = standing(step)
    verdict = MATRIX[now or ""][target]
    args = {"was": now or "no state", "to": target.value}
    if verdict == "same":
        if rank > step.number("state_rank"):
            turn.set(step, "state_rank", int(rank), path, rule)
        return True
    if is_pulled_back(step, target, rank):
        turn.note("state_outranked", step, Severity.IGNORED, path, **args)
        return False
    if verdict == "no" and rank < Rank.OPERATOR:
        turn.note("state_refused", step, Severity.ERROR, path, **args)
        if now is None:
            turn.add_flag(step, "state_unclear", path, **args)
            _put(turn, step, StepState.UNSCHEDULED, rank, path, rule)
        return False
    _put(turn, step, target, rank, path, rule)
    if verdict == "no":
        turn.add_flag(step, "state_forced", path, **args)
    elif verdict == "odd":
        turn.add_flag(step, "state_odd", path, **args)
    return True


def _put(turn: Turn, step: Row, target: StepState, rank: Rank, path: str, rule: str) -> None:
    """Give a step its standing; a state before a hold is kept for the release."""
    if target == StepState.ON_HOLD:
        turn.set(step, "state_before_hold", str(standing(step) or StepState.SCHEDULED), path, rule)
    elif step.text("state_before_hold"):
        turn.set(step, "state_before_hold", "", path, rule)
    shown = target
    wanted = ""
    if target in SERVED and step.list("missing"):
        shown, wanted = StepState.UNSCHEDULED, target.value
    turn.set(step, "wanted", wanted, path, rule)
    turn.set(step, "state", shown.value, path, rule)
    turn.set(step, "state_rank", int(rank), path, rule)
    turn.set(step, "state_entry", turn.entry.number, path, rule)


def before_hold(step: Row) -> StepState:
    """Return the state that a release gives back to a step on hold."""
    return StepState(step.text("state_before_hold") or StepState.SCHEDULED)


def settle(turn: Turn, step: Row) -> Sequence[str]:
    """Bring `missing` and the shown state in line with the step's columns, and its order's.

    To be called after any change of a step, its order, its visit or its patient. Sources of what
    it changes name the rule ``incomplete`` or ``complete``.

    Returns:
        The columns of type 1 that are missing.
    """
    missing = list(lines.missing_of(turn.state, step))
    if missing != list(step.list("missing")):
        turn.set(step, "missing", missing, "", "incomplete" if missing else "complete")
    now = standing(step)
    if now in SERVED:
        if missing and not step.text("wanted"):
            turn.set(step, "wanted", now.value, "", "incomplete")
            turn.set(step, "state", StepState.UNSCHEDULED.value, "", "incomplete")
        elif not missing and step.text("wanted"):
            turn.set(step, "state", now.value, "", "complete")
            turn.set(step, "wanted", "", "", "complete")
    return missing


def settle_order(turn: Turn, order: Row) -> list[Row]:
    """Settle all steps of an order and return them."""
    steps = turn.find(STEP, "order", order.id)
    for step in steps:
        settle(turn, step)
    return steps
