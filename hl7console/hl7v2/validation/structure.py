"""Rules on the order of segments: the message against the structure of its type and event.

The structure is walked once with the message beside it. A place is only left backwards for another
round of a group that repeats, so that a segment is reported when there is no way to reach it.

References:
    HL7 v2 chapters 3 to 16, the abstract message syntax of each message.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from hl7console.hl7v2.dictionary import UNLIMITED, Structure, StructureNode
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.subject import SegmentText, Subject, rule

_ANYWHERE = frozenset(("ADD", "BHS", "BTS", "DSC", "FHS", "FTS", "SFT", "UAC", "NTE", "ERR"))
"""Segments that may stand where a structure doesn't name them."""

_ANY = "*"


@dataclass(frozen=True, slots=True)
class _Place:
    """A segment of a structure."""

    names: tuple[str, ...]
    is_required: bool
    is_repeating: bool
    groups: tuple[int, ...]
    """Numbers of the groups around it, from the outermost."""


@dataclass(frozen=True, slots=True)
class _Group:
    name: str
    is_required: bool
    is_repeating: bool


class _Plan:
    """A structure laid out flat."""

    def __init__(self, structure: Structure) -> None:
        self.places: list[_Place] = []
        self.groups: list[_Group] = []
        self._lay_out(structure.nodes, ())
        self.by_name: dict[str, list[int]] = {}
        for index, place in enumerate(self.places):
            for name in place.names:
                self.by_name.setdefault(name, []).append(index)

    def _lay_out(self, nodes: tuple[StructureNode, ...], groups: tuple[int, ...]) -> None:
        for node in nodes:
            is_repeating = node.maximum == UNLIMITED or node.maximum > 1
            if node.group:
                self.groups.append(_Group(node.names[0], node.minimum > 0, is_repeating))
                self._lay_out(node.group, (*groups, len(self.groups) - 1))
            else:
                place = _Place(node.names, node.minimum > 0, is_repeating, groups)
                self.places.append(place)

    def step(self, name: str, at: int) -> int | None:
        """Return the place of the next segment, seen from a place; None when there is no way."""
        places = self.by_name.get(name)
        if places is None:
            return None
        if at in places and self.places[at].is_repeating:
            return at
        ahead = [index for index in places if index > at]
        around = [index for index in places if index <= at and self._is_reached_again(index, at)]
        if around and ahead and self._shared(around[-1], at) > self._shared(ahead[0], at):
            return around[-1]
        return ahead[0] if ahead else around[-1] if around else None

    def _is_reached_again(self, index: int, at: int) -> bool:
        shared = self._shared(index, at)
        return any(self.groups[n].is_repeating for n in self.places[index].groups[:shared])

    def _shared(self, index: int, at: int) -> int:
        """Return how many groups are around both places."""
        count = 0
        for one, other in zip(self.places[index].groups, self.places[at].groups, strict=False):
            if one != other:
                break
            count += 1
        return count


@rule
def segments_follow_the_structure(subject: Subject) -> None:
    """Report segments that are missing, repeated, out of order, or not of this message."""
    structure = subject.dictionary.structure_for(
        subject.message_type, subject.event, subject.structure_named
    )
    if structure is None or subject.header is None:
        return
    plan = _Plan(structure)
    if _ANY in plan.by_name or len(plan.places) < 2:
        return
    filled = _walk(subject, plan, structure.id)
    _report_missing(subject, plan, filled, structure.id)


def _walk(subject: Subject, plan: _Plan, name: str) -> Counter[int]:
    """Lay the message's segments on the plan, report those that don't fit, count the places."""
    filled: Counter[int] = Counter()
    at = -1
    headers = 0
    misfit = ""
    for segment in subject.segments:
        headers += segment.id == "MSH"
        if headers > 1:
            break
        found = plan.step(segment.id, at) if segment.id else None
        if found is not None:
            at = found
            misfit = ""
            filled[found] += 1
        elif segment.id and segment.id[0] != "Z" and segment.id not in _ANYWHERE:
            if segment.id != misfit:
                _report_misfit(subject, plan, segment, name)
            misfit = segment.id
            for index in plan.by_name.get(segment.id, ())[:1]:
                filled[index] += 1
    return filled


def _report_misfit(subject: Subject, plan: _Plan, segment: SegmentText, name: str) -> None:
    if subject.dictionary.segment(segment.id) is None:
        return  # reported as unknown, or of another version
    if segment.id not in plan.by_name:
        text = f"{name} of v{subject.dictionary.version} has no segment {segment.id}."
        subject.report(segment.path(), Severity.INFO, "segment_not_in_structure", text)
    elif (segment.occurrence or 1) > 1 and not _may_repeat(plan, segment.id):
        text = f"{name} has one {segment.id}; this is number {segment.occurrence}."
        subject.report(segment.path(), Severity.WARNING, "segment_repeated", text)
    else:
        text = f"{segment.id} stands where {name} has none: the order of the segments is wrong."
        subject.report(segment.path(), Severity.WARNING, "segment_out_of_order", text)


def _may_repeat(plan: _Plan, name: str) -> bool:
    places = plan.by_name[name]
    if len(places) > 1:
        return True
    place = plan.places[places[0]]
    return place.is_repeating or any(plan.groups[n].is_repeating for n in place.groups)


def _report_missing(subject: Subject, plan: _Plan, filled: Counter[int], name: str) -> None:
    entered = {number for index in filled for number in plan.places[index].groups}
    for index, place in enumerate(plan.places):
        if not place.is_required or filled[index]:
            continue
        if not all(n in entered or plan.groups[n].is_required for n in place.groups):
            continue
        segment_id = " or ".join(place.names)
        where = f" in the group {plan.groups[place.groups[-1]].name}" if place.groups else ""
        text = f"The segment {segment_id} is missing{where}; {name} requires it."
        _report_at_end(subject, place, entered, text)


def _report_at_end(subject: Subject, place: _Place, entered: set[int], text: str) -> None:
    """Report a missing segment where the message ends, or at its header."""
    is_certain = all(number in entered for number in place.groups)
    severity = Severity.ERROR if is_certain else Severity.WARNING
    header = subject.header
    assert header is not None  # noqa: S101 - the rule needs one
    path = header.path(9)
    subject.report(path, severity, "segment_missing", text)
