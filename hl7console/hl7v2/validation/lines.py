"""Rules on lines: is each a segment, and only one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from hl7console.hl7v2 import layout
from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.dictionary import segment_elsewhere
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.validation.subject import SegmentText, Subject, rule

_LOOKED_AT = 20
"""How many lost line ends within one line are looked for."""

LITERAL_LINE_ENDS = ("\\r", "\\n")
"""Line ends that somebody wrote as two characters."""

_TEXT_SEGMENTS = ("OBX", "NTE", "DSP", "ERR")
"""Segments whose texts may well begin or end with a blank."""

_ENTITY = b"<!ENTITY"

_SHOWN = 6
"""Fields with blanks around their values that a sentence names."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9]{0,11}")
_NUMBERED = "AIG AIL AIP AIS AL1 DG1 GT1 IN1 NK1 NTE OBR OBX PID PR1 PV1 RGS"
"""Segments whose first field is a number: what tells a glued one from a word."""

_CODED = "ORC EVN ZDS"
"""Others that are looked for after a line's end was lost."""


def is_readable(subject: Subject) -> bool:
    """Return whether there is a message to look at; report what is there where there is none."""
    message = subject.message
    if layout.XML_PAYLOAD in message.flags:
        text = "This is HL7 v2 in XML: kept as it is, and not taken apart or checked."
        span = (0, len(message.raw))
        subject.report(FieldPath(""), Severity.INFO, layout.XML_PAYLOAD, text, span=span)
        at = message.raw.find(_ENTITY)
        if at >= 0:
            text = "The XML declares entities, a way to attack a reader; none is resolved here."
            span = (at, at + len(_ENTITY))
            subject.report(FieldPath(""), Severity.WARNING, "xml_entities", text, span=span)
        return False
    if subject.header is not None or any(map(_is_known, subject.segments)):
        return True
    text = "This is no HL7 v2 message: there is no MSH, nor any other segment."
    span = (0, min(len(message.raw), 80))
    subject.report(FieldPath(""), Severity.ERROR, "no_header", text, span=span)
    return False


def _is_known(segment: SegmentText) -> bool:
    return segment.id != "" and segment_elsewhere(segment.id) is not None


@rule
def every_line_is_a_segment(subject: Subject) -> None:
    """Report lines that begin with no segment name. References: HL7 v2.5.1 chapter 2, 2.5.2."""
    before: SegmentText | None = None
    for segment in subject.segments:
        if segment.id:
            before = segment
        else:
            if before is not None:
                subject.broken.add(before.start)
            code, text = _describe(segment, before)
            subject.report(segment.path(), Severity.ERROR, code, text)


def _describe(line: SegmentText, before: SegmentText | None) -> tuple[str, str]:
    name = line.fields[0]
    if len(line.fields) > 1 and _NAME.fullmatch(name):
        if len(name) != 3:
            return "segment_name", f"The segment name has {len(name)} characters, not three."
        return "segment_name", "The segment name is not written in capital letters."
    at = _header_within(line)
    if at > 0:
        return "not_a_segment", f"The header MSH begins {at} characters into this line."
    if before is None:
        return "not_a_segment", "This line begins with no segment name."
    last = len(before.fields) - 1
    where = f"{before.id}-{last}" if last > 0 else before.id
    return (
        "not_a_segment",
        f"This line begins with no segment name; a line end may have broken {where} before it.",
    )


def _header_within(line: SegmentText) -> int:
    name = line.fields[0]
    return len(name) - 3 if name.endswith("MSH") and len(line.fields) > 1 else 0


@rule
def segment_names_exist(subject: Subject) -> None:
    """Report segments that no version of HL7 v2 has and that aren't local (``Z..``)."""
    for segment in subject.segments:
        name = segment.id
        if not name or name[0] == "Z" or subject.dictionary.segment(name) is not None:
            continue
        elsewhere = segment_elsewhere(name)
        if elsewhere is None:
            text = f"{name} is no segment of HL7 v2; local names begin with Z."
            subject.report(segment.path(), Severity.WARNING, "unknown_segment", text)
        else:
            version = subject.dictionary.version
            text = f"There is no segment {name} in v{version}; v{elsewhere[1]} has it."
            subject.report(segment.path(), Severity.INFO, "segment_of_other_version", text)


@lru_cache(maxsize=64)
def _glued_pattern(separator: str, component: str) -> re.Pattern[str]:
    mark = re.escape(separator)
    before = f"(?<=[^{re.escape(separator + component)}\\sA-Z0-9])|(?<=[a-z0-9 \\\\])"
    numbered = f"(?:{_NUMBERED.replace(' ', '|')}){mark}\\d{{1,4}}(?={mark}|$)"
    coded = f"(?:{_CODED.replace(' ', '|')}){mark}[A-Z0-9.^]{{2,}}(?={mark}|$)"
    return re.compile(f"(?:{before})({numbered}|{coded})")


@rule
def segments_stand_alone(subject: Subject) -> None:
    """Report a segment that begins in the middle of a line: the line end before it was lost."""
    text, marks = subject.message.text, subject.delimiters
    pattern = _glued_pattern(marks.field, marks.component)
    for segment in subject.segments:
        if not segment.id:
            continue
        starts = list(islice(_glued(text, segment, pattern, marks.field), _LOOKED_AT))
        starts = starts or _overflowing(subject, segment)
        if starts:
            subject.run_on.add(segment.start)
        for start in starts:
            place = text.count(marks.field, segment.start, start)
            number = place + 1 if segment.id in HEADER_IDS else place
            name = text[start : start + 3]
            subject.report(
                segment.path(number),
                Severity.ERROR,
                "glued_segment",
                f"The segment {name} begins within {segment.id}-{number}: a line end was lost.",
                chars=(start, start + 3),
            )


def _glued(
    text: str, segment: SegmentText, pattern: re.Pattern[str], separator: str
) -> Iterator[int]:
    """Yield where a segment begins within another; looks at separators only, not at each byte."""
    at = text.find(separator, segment.start + 7, segment.end)
    while at >= 0:
        if pattern.match(text, at - 3, segment.end):
            yield at - 3
        at = text.find(separator, at + 1, segment.end)


def _overflowing(subject: Subject, segment: SegmentText) -> list[int]:
    """Return where a segment begins in one that has more fields than it can have."""
    definition = subject.dictionary.segment(segment.id)
    if definition is None or len(segment.fields) - 1 <= len(definition.fields):
        return []
    names = {segment.id, *_NUMBERED.split(), *_CODED.split()}
    found = []
    start = segment.start
    for written in segment.fields[:-1]:
        start += len(written) + 1
        if len(written) > 3 and written[-3:] in names:
            found.append(start - 4)
    return found[:_LOOKED_AT]


@rule
def nothing_hangs_on(subject: Subject) -> None:
    r"""Report blanks after the last field, and line ends written as the two characters ``\r``."""
    text = subject.message.text
    for segment in subject.segments:
        if not segment.id or len(segment.fields) < 2:
            continue
        last = segment.fields[-1]
        number = len(segment.fields) - 1
        if last and not last.strip():
            chars = (segment.end - len(last), segment.end)
            subject.report(
                segment.path(number),
                Severity.INFO,
                "trailing_blank",
                "The segment ends with a blank in place of a field.",
                chars=chars,
            )
        if text.endswith(LITERAL_LINE_ENDS, segment.start, segment.end):
            subject.report(
                segment.path(number),
                Severity.ERROR,
                "literal_line_end",
                "The segment ends with a line end that is written as text.",
                chars=(segment.end - 2, segment.end),
            )


@rule
def values_stand_alone(subject: Subject) -> None:
    """Report blanks around values: receivers differ in whether they count."""
    for segment in subject.segments:
        if not segment.id or segment.id in _TEXT_SEGMENTS:
            continue
        numbers = [
            number
            for number, written in enumerate(segment.fields)
            if number and (written[:1] == " " or written[-1:] == " ") and written.strip()
        ]
        if numbers:
            names = [f"{segment.id}-{number}" for number in numbers]
            listed = ", ".join(names[:_SHOWN]) + (" …" if len(names) > _SHOWN else "")
            has = "has blanks around its value" if len(names) == 1 else "have blanks around values"
            path = segment.path(numbers[0])
            subject.report(path, Severity.INFO, "blank_around_value", f"{listed} {has}.")
