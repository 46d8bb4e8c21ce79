"""States of a scheduled procedure step, and who may move it from one to another."""

from __future__ import annotations

from enum import IntEnum, StrEnum

from hl7console.worklist.rows import Row
from hl7console.worklist.turn import Turn


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


def request_state(
    turn: Turn, step: Row, target: StepState, rank: Rank, *, path: str, rule: str
) -> bool:
    """Ask for a state by the transition matrix and the ranks; note what came of it.

    Returns:
        Whether the step is in the state now.
    """
    return turn.set(step, "state", target, path, rule)
