"""Rules on escape sequences. References: HL7 v2.5.1 chapter 2, 2.7."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hl7console.hl7v2 import escapes
from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.validation.encoding import LOOKED_AT
from hl7console.hl7v2.validation.lines import LITERAL_LINE_ENDS
from hl7console.hl7v2.validation.subject import SegmentText, Subject, rule

_MOST = 2_000
"""How many faults of a message are looked at."""

_FORMATTED_TYPES = frozenset(("FT", "TX", "CF"))


@rule
def escapes_are_sound(subject: Subject) -> None:
    """Report escape characters that begin no sequence, and sequences that cannot be read.

    References: HL7 v2.5.1 chapter 2, 2.7.
    """
    mark = subject.delimiters.escape
    if not mark or subject.message.text.count(mark) <= (1 if subject.header else 0):
        return
    left = _MOST
    for segment in subject.segments:
        if not segment.id or left <= 0:
            continue
        start = segment.start
        for number, written in enumerate(segment.fields):
            is_header = segment.id in HEADER_IDS
            if mark in written and not (is_header and number <= 2):
                left -= _check_escapes(subject, segment, number, written, start)
                if left <= 0:
                    break
            start += 0 if is_header and number == 1 else len(written) + 1


_ESCAPE_FAULTS = {
    escapes.BAD_ESCAPE: (
        Severity.WARNING,
        "An escape character that begins no sequence; it should be written as \\E\\.",
    ),
    escapes.BAD_HEX: (
        Severity.WARNING,
        "A \\X..\\ sequence whose digits are no characters of the message's set.",
    ),
    escapes.CHARSET_SWITCH: (Severity.INFO, "A switch of the character set is left as written."),
    escapes.FORMAT_IN_PLAIN_TEXT: (
        Severity.INFO,
        "A formatting sequence in a field that isn't formatted text.",
    ),
}


_HALF_CHARACTER = (
    "An escape character that begins no sequence, after a byte beyond ASCII: it may be half of a"
    " character of Shift-JIS, Big5 or GB 18030, which MSH-18 should name."
)


def _check_escapes(
    subject: Subject, segment: SegmentText, number: int, written: str, start: int
) -> int:
    """Report the faults of one field, `LOOKED_AT` at most; return how many there are."""
    type_ = _field_type(subject, segment, number)
    reported = 0
    for leaf_start, leaf in _leaves(subject, written):
        if subject.delimiters.escape not in leaf:
            continue
        for token in escapes.tokens(
            leaf,
            subject.delimiters,
            subject.message.codec,
            formatted=type_ in _FORMATTED_TYPES or not type_,
        ):
            at = start + leaf_start + token.start
            if token.problem in _ESCAPE_FAULTS and not _is_line_end(subject, segment, at):
                severity, text = _ESCAPE_FAULTS[token.problem]
                if token.problem == escapes.BAD_ESCAPE and _may_be_half(subject, at):
                    text = _HALF_CHARACTER
                reported += 1
                subject.report(
                    segment.path(number),
                    severity,
                    token.problem,
                    text,
                    chars=(at, at + token.end - token.start),
                )
                if reported == LOOKED_AT:
                    return reported
    return reported


def _may_be_half(subject: Subject, at: int) -> bool:
    """Return whether an escape character may be the second byte of one that MSH-18 should name."""
    message = subject.message
    is_guess = not message.declared_charset.strip() and message.codec != "utf_8"
    return is_guess and message.text[at - 1 : at] > "\x7f"


def _is_line_end(subject: Subject, segment: SegmentText, at: int) -> bool:
    """Return whether an escape character is part of a line end that is written as text."""
    return at == segment.end - 2 and subject.message.text[at : segment.end] in LITERAL_LINE_ENDS


def _field_type(subject: Subject, segment: SegmentText, number: int) -> str:
    definition = subject.dictionary.field(segment.id, number)
    type_ = definition.type if definition is not None else ""
    return segment.written(2).strip().upper() if type_ == "VARIES" else type_


def _leaves(subject: Subject, written: str) -> Iterator[tuple[int, str]]:
    """Yield the undivided parts of a field with their offsets."""
    marks = subject.delimiters
    pattern = re.escape(marks.repetition + marks.component + marks.subcomponent)
    if not pattern:
        yield 0, written
        return
    start = 0
    for part in re.split(f"[{pattern}]", written):
        yield start, part
        start += len(part) + 1
