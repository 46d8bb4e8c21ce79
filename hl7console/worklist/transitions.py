"""The matrix of a step's states: which change is right, odd or wrong. Data, no rules.

References: the field's practice, order-states section 4.
"""

from __future__ import annotations

from typing import Literal

Verdict = Literal["ok", "same", "odd", "no"]
"""``ok`` apply, ``same`` nothing to do, ``odd`` apply and flag, ``no`` refuse and tell."""

ORDER: tuple[str, ...] = (
    "UNSCHEDULED", "ON_HOLD", "SCHEDULED", "ARRIVED", "READY", "STARTED", "DEPARTED", "COMPLETED",
    "DISCONTINUED", "CANCELED",
)  # fmt: skip
"""The states in the order of the matrix's columns."""

_VERDICTS: dict[str, Verdict] = {"+": "ok", "=": "same", "!": "odd", "x": "no"}

#                   UNSCH HOLD SCHED ARRIVED READY STARTED DEPARTED COMPLETED DISCONT CANCELED
_TABLE = """
none                 +     +    +     !       !     !       x        !         x       !
UNSCHEDULED          =     +    +     +       !     !       !        !         x       +
ON_HOLD              +     =    +     !       !     !       !        !         !       +
SCHEDULED            +     +    =     +       +     +       +        !         !       +
ARRIVED              !     +    !     =       +     +       +        !         !       +
READY                !     +    !     !       =     +       +        !         !       +
STARTED              x     x    x     x       x     =       +        +         +       x
DEPARTED             !     +    !     +       +     +       =        !         +       +
COMPLETED            x     x    x     x       x     x       x        =         x       x
DISCONTINUED         x     x    !     x       x     !       x        !         =       !
CANCELED             !     x    !     x       x     !       x        !         !       =
"""


def _read(table: str) -> dict[str, dict[str, Verdict]]:
    matrix: dict[str, dict[str, Verdict]] = {}
    for line in table.split("\n"):
        if words := line.split():
            cells = dict(zip(ORDER, [_VERDICTS[mark] for mark in words[1:]], strict=True))
            matrix["" if words[0] == "none" else words[0]] = cells
    return matrix


MATRIX: dict[str, dict[str, Verdict]] = _read(_TABLE)
"""By current state ("" for a new step) and asked state: what to do."""

LEVELS: dict[str, int] = {
    "UNSCHEDULED": 0, "ON_HOLD": 0, "SCHEDULED": 0, "ARRIVED": 1, "READY": 2, "STARTED": 3,
    "DEPARTED": 4, "COMPLETED": 5, "DISCONTINUED": 5, "CANCELED": 5,
}  # fmt: skip
"""How far a step has come. Planning states are level with each other: an appointment may unschedule
what an order has scheduled."""
