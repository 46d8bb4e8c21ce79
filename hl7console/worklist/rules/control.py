"""What an order control code (ORC-1) asks for, and the state it gives with an order status (ORC-5).

Both tables are data. A profile's ``[control]`` table replaces single lines of the second:
``NW_SC = "SCHEDULED"``, ``DC_* = "CANCELED"``, or ``none`` for no change of state.

References: order-states sections 2 and 3; HL7 tables 0119 and 0038.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.states import Rank


class Meaning(StrEnum):
    """What a control code is about."""

    NEW = "new"
    CHANGE = "change"
    """Fields, and the state by ORC-5."""
    STATUS = "status"
    """The state by ORC-5; the fields too where it makes the order."""
    STATE = "state"
    """Only the state: cancels, holds, releases."""
    NUMBER = "number"
    """A number was assigned, or is sent."""
    UNABLE = "unable"
    """What was asked for can't be done: flag."""
    HISTORY = "history"
    ERROR = "error"
    """The sender tells of an error."""
    REPLACED = "replaced"
    REPLACEMENT = "replacement"
    PARENT = "parent"
    CHILD = "child"
    EMPTY = "empty"
    """ORC-1 is empty: new when the order is unknown, else a change."""
    UNKNOWN = "unknown"
    """Not in the table."""


_CODES: dict[Meaning, str] = {
    Meaning.NEW: "NW",
    Meaning.CHANGE: "XO XR XX",
    Meaning.STATUS: "SC SR",
    Meaning.STATE: "CA OC CR UA DC OD DR HD HR OH RL OE OR",
    Meaning.NUMBER: "SN NA",
    Meaning.UNABLE: "UC UD UX UH UR UM",
    Meaning.HISTORY: "OK SS RE RR LI UN CN PR AF DF FU OF RF CP OP PY",
    Meaning.ERROR: "DE",
    Meaning.REPLACED: "RP RU RQ",
    Meaning.REPLACEMENT: "RO",
    Meaning.PARENT: "PA",
    Meaning.CHILD: "CH",
}
MEANINGS: dict[str, Meaning] = {
    code: meaning for meaning, codes in _CODES.items() for code in codes.split()
} | {"": Meaning.EMPTY}
"""By control code."""

QUIETLY_UNABLE = frozenset({"UH", "UR", "UM"})
"""Answers that keep all as it is; nobody needs to know. The other UNABLE codes are flagged."""

KEEP = "KEEP"
"""No change of state."""
PREVIOUS = "PREVIOUS"
"""The state before the hold."""
STOP = "STOP"
"""Started steps are discontinued, those of the same procedure that have not started cancelled."""
REPORT_ERROR = "ERROR"
"""No change of state; a line in the error list."""
REPLACE = "REPLACED"
"""Cancelled, because another order takes its place."""

STATES: dict[str, str] = {
    "NW_SC": "SCHEDULED", "NW_IP": "SCHEDULED", "NW_": "SCHEDULED", "NW_HD": "ON_HOLD",
    "NW_CM": "COMPLETED", "NW_A": "COMPLETED",
    "XO_SC": "SCHEDULED", "XO_IP": "STARTED", "XO_CM": "COMPLETED", "XO_": KEEP,
    "CA_CA": "CANCELED", "CA_": "CANCELED",
    "DC_CA": STOP, "DC_DC": STOP, "DC_": STOP, "OD_*": STOP, "DR_*": STOP,
    "OC_*": "CANCELED", "CR_*": "CANCELED", "UA_*": "CANCELED",
    "SC_IP": "STARTED", "SC_A": KEEP, "SC_CM": "COMPLETED", "SC_DC": "DISCONTINUED",
    "SC_SC": "SCHEDULED", "SC_CA": "CANCELED", "SC_HD": "ON_HOLD", "SC_ER": REPORT_ERROR,
    "SC_RP": REPLACE,
    "HD_*": "ON_HOLD", "HR_*": "ON_HOLD", "OH_*": "ON_HOLD",
    "RL_*": PREVIOUS, "OE_*": PREVIOUS, "OR_*": PREVIOUS,
    "RP_*": REPLACE, "RU_*": REPLACE, "RQ_*": REPLACE,
    "PA_*": "UNSCHEDULED",
    "SN_*": KEEP, "NA_*": KEEP,
}  # fmt: skip
"""By ``ORC-1_ORC-5``, or ``ORC-1_*`` for any status: the state, or one of the words above."""

_SAME_AS = {"XR": "XO", "XX": "XO", "SR": "SC", "RO": "NW", "CH": "NW"}
"""Codes whose lines are those of another code, unless they have their own."""

_FROM_FILLER = frozenset(
    ["UA", "OC", "CR", "OD", "DR", "HR", "OH", "OE", "OR", "XR", "XX", "RU", "RQ", "SC", "SR"]
)
"""Codes that only a filler sends and that can move a step."""


def meaning_of(control: str) -> Meaning:
    """Return what a control code is about."""
    return MEANINGS.get(control, Meaning.UNKNOWN)


def state_for(
    control: str, status: str, overrides: Mapping[str, str], options: Options
) -> tuple[str, str]:
    """Return the state (or word) for a control code and an order status, and the line that said so.

    The profile's lines go before ours, exact ones before ``*``.

    Returns:
        The state and the line's key; two empty texts where no line fits.
    """
    exact, any_status = f"{control}_{status}", f"{control}_*"
    for key in (exact, any_status):
        if key in overrides:
            state = overrides[key]
            return KEEP if state == "none" else state, key
    if exact == "SC_A" and options.sc_a_completes:
        return "COMPLETED", exact
    for key in (exact, any_status):
        if key in STATES:
            return STATES[key], key
    same = _SAME_AS.get(control)
    return state_for(same, status, overrides, options) if same else ("", "")


def rank_of(control: str, filler_no: str, options: Options) -> Rank:
    """Return whose word a message is, by its code and the role of the connection."""
    if control in _FROM_FILLER or options.sender_role == "filler":
        return Rank.FILLER
    if options.sender_role == "auto" and control == "XO" and filler_no:
        return Rank.FILLER
    return Rank.PLACER
