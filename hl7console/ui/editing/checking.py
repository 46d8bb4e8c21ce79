"""What is found out about an edited message off the GUI thread: rows, problems, differences."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass, field

from hl7console.hl7v2 import validation
from hl7console.hl7v2.compare import CompareOptions, Difference, compare_messages
from hl7console.hl7v2.dictionary import Dictionary, load
from hl7console.hl7v2.findings import Finding
from hl7console.hl7v2.message import Message
from hl7console.ui.editing.marked_text import Mark
from hl7console.ui.inspector.raw_paper import Underline
from hl7console.ui.inspector.reading import QUICK_BYTES, underlines
from hl7console.ui.inspector.rows import SegmentRows

_SHORT_TURN_S = 0.0002
_OPTIONS = CompareOptions(trailing=True)


@dataclass(slots=True)
class Checked:
    """One state of a document, looked at. Made on a worker, then used by the GUI thread alone."""

    version: int
    """`EditDocument.version` that it is about."""
    message: Message = field(repr=False)
    dictionary: Dictionary = field(repr=False)
    rows: SegmentRows = field(repr=False)
    findings: list[Finding] = field(repr=False)
    underlines: list[Underline] = field(repr=False)
    differences: tuple[Difference, ...] = field(repr=False)
    marks: list[Mark] = field(repr=False)
    """What came, in the edited text."""
    original_marks: list[Mark] = field(repr=False)
    """What went, in the original's text."""


class Checker:
    """Looks at the states of one document, one after the other. A worker's thread."""

    def __init__(self, original: Message) -> None:
        self._raw = original.raw
        self._codecs = (original.default_codec, original.force_codec)
        self._original: Message | None = None

    def check(self, raw: bytes, version: int) -> Checked:
        """Read the bytes of a state and find what is wrong and what is different."""
        turn_s = sys.getswitchinterval()
        if len(raw) > QUICK_BYTES:
            # Python's threads take turns of 5 ms: too long for a window that paints.
            sys.setswitchinterval(_SHORT_TURN_S)
        try:
            return self._checked(raw, version)
        finally:
            sys.setswitchinterval(turn_s)

    def _parse(self, raw: bytes) -> Message:
        default, forced = self._codecs
        return Message.parse(raw, default_codec=default, force_codec=forced)

    def _checked(self, raw: bytes, version: int) -> Checked:
        if self._original is None:
            self._original = self._parse(self._raw)
        original, message = self._original, self._parse(raw)
        dictionary = load(validation.version_of(message))
        findings = validation.check(message)
        rows = SegmentRows(message, dictionary, findings)
        rows.prepare()
        differences = compare_messages(original, message, _OPTIONS).differences
        return Checked(
            version=version,
            message=message,
            dictionary=dictionary,
            rows=rows,
            findings=findings,
            underlines=underlines(message, findings),
            differences=differences,
            marks=marks_of(message, (d.span_right for d in differences), "ok"),
            original_marks=marks_of(original, (d.span_left for d in differences), "err"),
        )


def marks_of(message: Message, spans: Iterable[tuple[int, int]], role: str) -> list[Mark]:
    """Return marks for stretches of bytes: in order, and apart from each other."""
    at = message.offsets.char_at
    found: list[Mark] = []
    for start, end in sorted(set(spans), key=lambda span: (span[0], -span[1])):
        mark = Mark(at(start), at(end), role)
        if not found or mark.start > found[-1].end or found[-1].end <= mark.start < mark.end:
            found.append(mark)
    return found
