"""Rules of a profile that choose by sender, modality, location and procedure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


def matches(patterns: tuple[str, ...], values: Iterable[str]) -> bool:
    """Return whether one of the values is named; letter case aside, ``*`` at the end is any rest.

    Patterns are in upper case; none at all match everything.
    """
    if not patterns:
        return True
    for value in values:
        upper = value.upper()
        for pattern in patterns:
            if pattern == upper or (pattern[-1:] == "*" and upper.startswith(pattern[:-1])):
                return True
    return False


@dataclass(frozen=True, slots=True)
class StationRule:
    """``[[station]]``: the stations of the steps that all conditions hold for."""

    sender: tuple[str, ...] = ()
    """MSH-3, MSH-4 or both as ``MSH-3|MSH-4``."""
    modality: tuple[str, ...] = ()
    location: tuple[str, ...] = ()
    """The patient's: point of care, or point of care, room and bed with hyphens."""
    procedure: tuple[str, ...] = ()
    """A code of the requested procedure or the protocol."""
    resource: tuple[str, ...] = ()
    """A resource of an appointment (AIG-3, AIL-3)."""
    aet: tuple[str, ...] = ()
    name: tuple[str, ...] = ()
    room: str = ""


@dataclass(frozen=True, slots=True)
class ProcedureRule:
    """``[[procedure]]``: what a code of a sender means."""

    code: tuple[str, ...]
    sender: tuple[str, ...] = ()
    system: tuple[str, ...] = ()
    modality: str = ""
    local: tuple[str, ...] = ()
    """Code, meaning and scheme that are shown instead; empty keeps the sender's."""
