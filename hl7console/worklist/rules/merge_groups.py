"""The groups of PID and MRG that merge and move events repeat."""

from __future__ import annotations

from dataclasses import dataclass, field

from hl7console.worklist.reading import Seg
from hl7console.worklist.rules.adt_event import AdtEvent


@dataclass(slots=True)
class Group:
    """One PID with the MRG segments behind it."""

    pid: Seg
    pairs: list[tuple[Seg, Seg | None]] = field(default_factory=list)
    """Each MRG, with the PV1 behind it."""


def groups_of(told: AdtEvent, *, is_optional: bool = False) -> list[Group]:
    """Return the groups of a message; refuses one without PID, or without MRG unless optional."""
    groups: list[Group] = []
    for seg in told.view.segments:
        if seg.id == "PID":
            groups.append(Group(seg))
        elif not groups:
            continue
        elif seg.id == "MRG":
            groups[-1].pairs.append((seg, None))
        elif seg.id == "PV1" and groups[-1].pairs:
            mrg, _ = groups[-1].pairs[-1]
            groups[-1].pairs[-1] = (mrg, seg)
    if not groups:
        told.turn.refuse("no_pid", "PID")
    if not is_optional and any(not group.pairs for group in groups):
        told.turn.refuse("merge_without_prior", "MRG-1")
    return groups
