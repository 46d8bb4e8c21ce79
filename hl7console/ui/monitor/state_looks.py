"""The states of the worklist's lines as the Monitor draws them. No Qt."""

from __future__ import annotations

from hl7console.ui.worklist.words import state_name

_SHADES: dict[str, int] = {
    "SCHEDULED": 0,
    "ARRIVED": 0,
    "READY": 1,
    "STARTED": 2,
    "ON_HOLD": 0,
    "DEPARTED": 1,
    "COMPLETED": 2,
    "UNSCHEDULED": 0,
    "DISCONTINUED": 0,
    "CANCELED": 3,
}
"""By state, from the bottom up: what is still to be done lies below. The list has one colour for
several of them; shades of it tell them apart."""

_PLACES = {state: place for place, state in enumerate(_SHADES)}


def state_place(state: str) -> tuple[int, str]:
    """Return what states are sorted by: from the bottom of the plot up."""
    return _PLACES.get(state, len(_PLACES)), state


def state_look(state: str) -> tuple[str, str]:
    """Return the worklist's word for a state, and its colour for `colors.role_color`."""
    word, token = state_name(state)
    shade = _SHADES.get(state, 0)
    return word, f"{token}/{shade}" if shade else token
