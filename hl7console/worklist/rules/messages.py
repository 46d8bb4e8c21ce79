"""Which rules a message is for, by its type and event."""

from __future__ import annotations

from collections.abc import Callable

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import View
from hl7console.worklist.rules import (
    adt,
    appointments,
    documents,
    orders,
    responses,
    results,
)
from hl7console.worklist.turn import Severity, Turn

Rule = Callable[[Turn, MessageEntry, View, Profile], None]

_RULES: dict[str, Rule] = {
    "ADT": adt.apply,
    "ORM": orders.apply,
    "OMG": orders.apply,
    "OMI": orders.apply,
    "SIU": appointments.apply,
    "ORU": results.apply,
    "MDM": documents.apply,
    "ORR": responses.apply,
    "ORG": responses.apply,
    "ORI": responses.apply,
    "ACK": responses.apply,
}


def apply(turn: Turn, entry: MessageEntry, view: View, profile: Profile) -> None:
    """Apply a message by the rules of its type; any other type is noted as without effect."""
    kind = view.get("MSH", 9)
    rule = _RULES.get(kind)
    if rule is None:
        turn.note("no_effect", None, Severity.IGNORED, "MSH-9", type=kind)
        return
    rule(turn, entry, view, profile)
