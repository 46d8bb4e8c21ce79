"""Which segments of a message belong together: a patient's, and one order's with its steps.

References:
    HL7 v2.3.1 section 4.2.1 (ORM); v2.5.1 sections 4.4.6 (OMG) and 4.4.10 (OMI).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.worklist.reading import Seg, View


@dataclass(slots=True)
class OrderGroup:
    """One OBR (or IPC run) under its ORC. The first segment of a name counts."""

    segments: dict[str, Seg]
    """By name, those of the whole message (MSH, PID, PV1...) among them."""
    steps: list[Seg] = field(default_factory=list)
    """IPC."""
    notes: list[Seg] = field(default_factory=list)
    """NTE behind OBR (or what follows it, IPC aside)."""
    step_notes: dict[int, list[Seg]] = field(default_factory=dict)
    """NTE behind an IPC, by its place among `steps`."""


def patient_segments(view: View, pid: Seg | None) -> Sequence[Seg]:
    """Return the segments of one patient: from a PID (or MRG) to the next PID."""
    if pid is None or len(view.all("PID")) <= 1:
        return view.segments
    segments = view.segments
    start = segments.index(pid)
    end = start + 1
    while end < len(segments) and segments[end].id != "PID":
        end += 1
    return segments[start:end]


def order_groups(view: View) -> list[OrderGroup]:
    """Return the orders of a message, one for each OBR; an ORC without one is an order too.

    Further OBR under one ORC share it, and its TQ1. Segments before the first order belong to all.
    """
    shared: dict[str, Seg] = {}
    groups: list[OrderGroup] = []
    orc: dict[str, Seg] = {}
    group: OrderGroup | None = None
    last = ""
    for seg in view.segments:
        name = seg.id
        if name == "ORC":
            orc = {"ORC": seg}
            group = OrderGroup({**shared, **orc})
            groups.append(group)
        elif name == "OBR":
            group = _group_for_obr(groups, group, shared, orc)
            group.segments["OBR"] = seg
        elif name == "PID":
            shared = {key: value for key, value in shared.items() if key == "MSH"}
            shared["PID"] = seg
            group, orc = None, {}
        elif group is None:
            shared.setdefault(name, seg)
        elif name == "NTE":
            _take_note(group, seg, last)
            continue
        else:
            _take(group, orc, seg)
        last = name
    return groups


def _group_for_obr(
    groups: list[OrderGroup], group: OrderGroup | None, shared: dict[str, Seg], orc: dict[str, Seg]
) -> OrderGroup:
    if group is not None and "OBR" not in group.segments:
        return group
    made = OrderGroup({**shared, **orc})
    groups.append(made)
    return made


def _take(group: OrderGroup, orc: dict[str, Seg], seg: Seg) -> None:
    name = seg.id
    if name == "IPC":
        group.steps.append(seg)
    elif name in ("TQ1", "TQ2") and "OBR" not in group.segments:
        orc.setdefault(name, seg)
    group.segments.setdefault(name, seg)


def _take_note(group: OrderGroup, note: Seg, last: str) -> None:
    if last == "IPC":
        group.step_notes.setdefault(len(group.steps) - 1, []).append(note)
    elif last != "OBX":
        group.notes.append(note)
