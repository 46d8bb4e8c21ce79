"""A message under examination: its text in pieces, and where findings are put."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.findings import SEVERITIES, Finding, Severity
from hl7console.hl7v2.paths import FieldPath

if TYPE_CHECKING:
    from hl7console.hl7v2.delimiters import Delimiters
    from hl7console.hl7v2.dictionary import Dictionary
    from hl7console.hl7v2.message import Message

LISTED = 8
"""How often the same fault of the same field is listed before the rest is only counted."""

LISTED_REMARKS = 3
"""The same for what is only worth knowing."""

MOST = 100
"""How often the same fault is listed wherever it is, before the rest is only counted."""

NULL = '""'
"""An explicit null, as written."""


@dataclass(frozen=True, slots=True)
class SegmentText:
    """A line of the message, split at the field separators."""

    id: str
    """Empty for a line that is no segment."""
    occurrence: int | None
    """Which of its name, where there are several."""
    start: int
    """Offset of its first character."""
    end: int
    fields: list[str] = field(repr=False)
    """Field n at index n, as written; the name at 0."""

    def path(
        self,
        number: int | None = None,
        component: int | None = None,
        *,
        repetition: int | None = None,
        subcomponent: int | None = None,
    ) -> FieldPath:
        """Return the path of the segment or of a place in it."""
        return FieldPath(self.id, self.occurrence, number, repetition, component, subcomponent)

    def written(self, number: int) -> str:
        """Return a field as written; ``""`` when the segment doesn't go that far."""
        return self.fields[number] if number < len(self.fields) else ""


class Subject:
    """One message while its rules run."""

    def __init__(self, message: Message, dictionary: Dictionary) -> None:
        self.message = message
        self.dictionary = dictionary
        self.delimiters: Delimiters = message.delimiters
        self.broken: set[int] = set()
        """Starts of segments that a line end may have broken: what is missing may come after."""
        self.run_on: set[int] = set()
        """Starts of segments that go on into another one, whose line end was lost."""
        self._findings: list[Finding] = []
        self._listed: dict[tuple[str, FieldPath], list[int]] = {}
        self._listed_by_code: dict[str, list[int]] = {}

    @cached_property
    def segments(self) -> list[SegmentText]:
        """All lines in order."""
        text, separator = self.message.text, self.delimiters.field
        split = []
        for segment in self.message.segments:
            parts = text[segment.start : segment.end].split(separator)
            if segment.id in HEADER_IDS:
                parts.insert(1, separator)
            occurrence = segment.path.segment_occurrence
            split.append(SegmentText(segment.id, occurrence, segment.start, segment.end, parts))
        return split

    @cached_property
    def header(self) -> SegmentText | None:
        """The first MSH."""
        return next((segment for segment in self.segments if segment.id == "MSH"), None)

    @cached_property
    def message_type(self) -> str:
        """MSH-9.1."""
        return self._type_part(0)

    @cached_property
    def event(self) -> str:
        """MSH-9.2."""
        return self._type_part(1)

    @cached_property
    def structure_named(self) -> str:
        """MSH-9.3."""
        return self._type_part(2)

    def _type_part(self, index: int) -> str:
        if self.header is None:
            return ""
        parts = self.components(self.header.written(9))
        return self.plain(parts[index]) if index < len(parts) else ""

    def repetitions(self, written: str) -> list[str]:
        """Split a field."""
        mark = self.delimiters.repetition
        return written.split(mark) if mark else [written]

    def components(self, written: str) -> list[str]:
        """Split a repetition."""
        mark = self.delimiters.component
        return written.split(mark) if mark else [written]

    def subcomponents(self, written: str) -> list[str]:
        """Split a component."""
        mark = self.delimiters.subcomponent
        return written.split(mark) if mark else [written]

    def first_part(self, written: str) -> str:
        """Return the first component of the first repetition, unescaped and trimmed."""
        return self.plain(self.components(self.repetitions(written)[0])[0])

    def plain(self, written: str) -> str:
        """Return a leaf's value, trimmed; null is empty."""
        if written == NULL:
            return ""
        if self.delimiters.escape and self.delimiters.escape in written:
            written = unescape(written, self.delimiters, self.message.codec)
        return written.strip()

    def report(
        self,
        path: FieldPath,
        severity: Severity,
        code: str,
        text: str,
        *,
        chars: tuple[int, int] | None = None,
        span: tuple[int, int] | None = None,
    ) -> None:
        """Add a finding.

        Args:
            path: The place.
            severity: How bad it is.
            code: Names the case.
            text: One sentence.
            chars: Offsets in the message's text, when they aren't those of the path.
            span: Offsets in the message's bytes, when they aren't those of the path.
        """
        everywhere = self._listed_by_code.setdefault(code, [])
        here = self._listed.get((code, path.generic()), [])
        listed = LISTED_REMARKS if severity == Severity.INFO else LISTED
        full = here if len(here) >= listed else everywhere if len(everywhere) >= MOST else None
        if full:
            last = self._findings[full[-1]]
            self._findings[full[-1]] = dataclasses.replace(last, count=last.count + 1)
            return
        if span is None and chars is not None:
            offsets = self.message.offsets
            span = offsets.byte_start(chars[0]), offsets.byte_end(chars[1])
        self._listed.setdefault((code, path.generic()), []).append(len(self._findings))
        everywhere.append(len(self._findings))
        self._findings.append(Finding(path, severity, code, text, span or self._span_of(path)))

    def _span_of(self, path: FieldPath) -> tuple[int, int]:
        """Return the bytes of a place; the end of what should hold it when it isn't there."""
        node = self.message.first(path)
        if node is not None:
            return node.span
        for outer in _outward(path):
            node = self.message.first(outer)
            if node is not None:
                return node.span[1], node.span[1]
        return len(self.message.raw), len(self.message.raw)

    def sorted_findings(self) -> list[Finding]:
        """Return the findings in the order of the bytes, the worst first at one place."""
        return sorted(
            map(_with_count, self._findings),
            key=lambda f: (f.span[0], SEVERITIES.index(f.severity), f.span[1]),
        )


def _with_count(finding: Finding) -> Finding:
    if finding.count == 1:
        return finding
    more = f" {finding.count - 1:,} more places have the same fault."
    return dataclasses.replace(finding, text=finding.text + more)


def _outward(path: FieldPath) -> list[FieldPath]:
    """Return the elements around a place, from the nearest to the segment."""
    found = []
    if path.subcomponent is not None:
        found.append(dataclasses.replace(path, subcomponent=None))
    if path.component is not None:
        found.append(dataclasses.replace(path, component=None, subcomponent=None))
    if path.field is not None:
        found.append(FieldPath(path.segment, path.segment_occurrence, path.field))
        found.append(FieldPath(path.segment, path.segment_occurrence))
    return found


Rule = Callable[[Subject], None]

RULES: list[Rule] = []
"""All rules, in the order in which they run."""


def rule(function: Rule) -> Rule:
    """Put a function among the rules."""
    RULES.append(function)
    return function
