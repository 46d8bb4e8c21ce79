"""Rules on the order of segments: the message against the structure of its type and event.

The structure is walked once with the message beside it. A place is only left backwards for another
round of a group that repeats, so that a segment is reported when there is no way to reach it. Where
there are several ways, one that leaves out nothing required is taken first.

References:
    HL7 v2 chapters 3 to 16, the abstract message syntax of each message.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from hl7console.hl7v2.dictionary import UNLIMITED, Structure, StructureNode
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.subject import SegmentText, Subject, rule

_ANYWHERE = frozenset(("ADD", "BHS", "BTS", "DSC", "FHS", "FTS", "SFT", "UAC", "NTE", "ERR"))
"""Segments that may stand where a structure doesn't name them."""

_ANY = "*"

_PREFIX = re.compile(r"[A-Z]{3}_[A-Z0-9]{3}_")
"""What the names of groups begin with in some versions: ``ORU_R01_PATIENT_RESULT``."""

_WRONG_MESSAGE = 4
"""So many kinds of segments that a message cannot have: MSH-9 is wrong rather than they."""


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
                # Just once is what the tables of some versions say of groups that may be left out.
                is_just_once = node.minimum == node.maximum == 1
                is_required = node.minimum > 0 and not is_just_once
                name = _PREFIX.sub("", node.names[0])
                group = _Group(name, is_required, is_repeating or is_just_once)
                self.groups.append(group)
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
        whole = self._nearest(
            [index for index in ahead if not self._left_out(index, at)],
            [index for index in around if not self._left_out(index, at)],
            at,
        )
        if whole is not None or name in _ANYWHERE:
            return whole
        if len(places) > 1:
            ahead = [index for index in ahead if self._is_expected(index, at)]
        return self._nearest(ahead, around, at)

    def _nearest(self, ahead: list[int], around: list[int], at: int) -> int | None:
        """Choose between the places further on and those of another round of a group."""
        if not ahead or not around:
            return ahead[0] if ahead else around[-1] if around else None
        depth, kept = self._entered(ahead[0], at)
        if depth > kept and self._begins(around[-1], at) and not self._begins(ahead[0], at):
            return around[-1]
        return around[-1] if self._shared(around[-1], at) > kept else ahead[0]

    def _begins(self, index: int, at: int) -> bool:
        """Return whether a group begins with a place, seen from another one."""
        depth, kept = self._entered(index, at)
        if depth == kept:
            return False
        return not index or self.places[index].groups[kept] not in self.places[index - 1].groups

    def _entered(self, index: int, at: int) -> tuple[int, int]:
        """Return how many groups are around a place, and how many of these are not left for it."""
        groups = self.places[index].groups
        shared = self._shared(index, at)
        if index <= at:
            shared = max(n for n in range(shared) if self.groups[groups[n]].is_repeating)
        return len(groups), shared

    def _left_out(self, index: int, at: int) -> int:
        """Return how many required segments of the groups around a place would be missing."""
        groups = self.places[index].groups
        depth, kept = self._entered(index, at)
        if depth == kept:
            return 0
        count = 0
        for place in reversed(self.places[:index]):
            if groups[kept] not in place.groups:
                break
            count += place.is_required and place.groups == groups[: len(place.groups)]
        return count

    def _is_expected(self, index: int, at: int) -> bool:
        """Return whether the groups that begin on the way to a place must be there."""
        depth, kept = self._entered(index, at)
        return depth == kept or self.groups[self.places[index].groups[kept]].is_required

    def _is_reached_again(self, index: int, at: int) -> bool:
        shared = self._shared(index, at)
        return any(self.groups[n].is_repeating for n in self.places[index].groups[:shared])

    def _shared(self, index: int, at: int) -> int:
        """Return how many groups are around both places."""
        if at < 0:
            return 0
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
    if structure is None or subject.header is None or subject.event.startswith("Z"):
        return
    plan = _Plan(structure)
    if _ANY in plan.by_name or len(plan.places) < 2:
        return
    message = "^".join(filter(None, (subject.message_type, subject.event)))
    filled = _walk(subject, plan, message)
    _report_missing(subject, plan, filled, message)


def _walk(subject: Subject, plan: _Plan, message: str) -> Counter[int]:
    """Lay the message's segments on the plan, report those that don't fit, count the places."""
    filled: Counter[int] = Counter()
    strangers: list[SegmentText] = []
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
            if segment.id not in plan.by_name:
                strangers.append(segment)
            elif segment.id != misfit:
                _report_misfit(subject, plan, segment, message)
            misfit = segment.id
            for index in plan.by_name.get(segment.id, ())[:1]:
                filled[index] += 1
    _report_strangers(subject, strangers, message)
    return filled


def _report_misfit(subject: Subject, plan: _Plan, segment: SegmentText, message: str) -> None:
    if (segment.occurrence or 1) > 1 and not _may_repeat(plan, segment.id):
        text = f"{message} has one {segment.id}; this is number {segment.occurrence}."
        subject.report(segment.path(), Severity.WARNING, "segment_repeated", text)
    else:
        text = f"{segment.id} stands where {message} has none: the order of the segments is wrong."
        subject.report(segment.path(), Severity.WARNING, "segment_out_of_order", text)


def _report_strangers(subject: Subject, strangers: list[SegmentText], message: str) -> None:
    """Report segments that the message has no place for; many of them together, at MSH-9."""
    first: dict[str, SegmentText] = {}
    for segment in strangers:
        if subject.dictionary.segment(segment.id) is not None:  # else reported as unknown
            first.setdefault(segment.id, segment)
    version = subject.dictionary.version
    if len(first) < _WRONG_MESSAGE:
        for segment in first.values():
            text = f"{message} of v{version} has no segment {segment.id}."
            subject.report(segment.path(), Severity.INFO, "segment_not_in_structure", text)
        return
    header = subject.header
    assert header is not None  # noqa: S101 - the rule needs one
    names = ", ".join(list(first)[:8]) + (" …" if len(first) > 8 else "")
    text = f"{message} of v{version} has no {names}: MSH-9 may name the wrong message."
    subject.report(header.path(9), Severity.WARNING, "content_differs", text)


def _may_repeat(plan: _Plan, name: str) -> bool:
    places = plan.by_name[name]
    if len(places) > 1:
        return True
    place = plan.places[places[0]]
    return place.is_repeating or any(plan.groups[n].is_repeating for n in place.groups)


def _report_missing(subject: Subject, plan: _Plan, filled: Counter[int], message: str) -> None:
    entered = {number for index in filled for number in plan.places[index].groups}
    missing: Counter[tuple[str, Severity]] = Counter()
    for index, place in enumerate(plan.places):
        if not place.is_required or filled[index] or place.names == ("NTE",):
            continue
        if not all(n in entered or plan.groups[n].is_required for n in place.groups):
            continue
        where = f" in the group {plan.groups[place.groups[-1]].name}" if place.groups else ""
        is_certain = all(number in entered for number in place.groups)
        severity = Severity.ERROR if is_certain else Severity.WARNING
        missing[f"{' or '.join(place.names)} is missing{where}", severity] += 1
    header = subject.header
    assert header is not None  # noqa: S101 - the rule needs one
    for (what, severity), count in missing.items():
        times = f" ({count} times)" if count > 1 else ""
        text = f"The segment {what}{times}; {message} requires it."
        subject.report(header.path(9), severity, "segment_missing", text)
