"""Finds where messages and batches begin, and which lines are no part of any."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

SOM = b"[SOM]"
EOM = b"[EOM]"
LITERAL_CR = b"[CR]"
"""Framing that tools write as text."""

UTF_8_MARK = b"\xef\xbb\xbf"
"""Byte order mark of UTF-8."""
WIDE_MARK = b"\x80"
"""Byte order mark of UTF-16 and UTF-32, narrowed."""

_LONGEST_LEAD = 1000
_PUNCTUATION = rb"[!-/:-@\[-`{-~]"
_HEADER_IN_LINE = re.compile(rb"MSH(%b)%b{2,5}\1" % (_PUNCTUATION, _PUNCTUATION))
_SEGMENT = re.compile(rb"[A-Z][A-Z0-9]{2}(?:%b|\Z)" % _PUNCTUATION)
_BATCH_IDS = (b"FHS", b"BHS", b"BTS", b"FTS")
_SEPARATORS = frozenset(b"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~")
_LINE_ENDS = frozenset(b"\r\n")
_BLANK = bytes(range(0x21)) + b"\x7f"
"""Control characters and the blank: what may stand before a message without being other text."""
_LOG_LINE = re.compile(
    rb"[\s\[(<\"]*(?:\d{4}[-/.]\d\d[-/.]\d\d[ T_]\d\d:\d\d|\d\d[-/.]\d\d[-/.]\d{4}[ T]\d\d:\d\d"
    rb"|\d\d:\d\d:\d\d|(?:TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL)\b)"
)
_RULE = re.compile(rb"[^A-Za-z0-9\x80-\xff]+")
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]{16,}")


@dataclass(frozen=True, slots=True)
class Mark:
    """The start of a header or trailer segment."""

    at: int
    segment_id: str
    is_in_line: bool = False
    """Other text stands before it in the same line."""


def find_marks(text: bytes, low: int, high: int) -> list[Mark]:
    """Return all starts of MSH, FHS, BHS, BTS and FTS segments, in order, in linear time."""
    marks = list(_find_headers(text, low, high))
    for segment_id in _BATCH_IDS:
        name = segment_id.decode("ascii")
        at = text.find(segment_id, low, high)
        while at >= 0:
            if _begins_line(text, at, low) and _is_batch_segment(text, at, high):
                marks.append(Mark(at, name))
            at = text.find(segment_id, at + 3, high)
    if len(marks) > 1:
        marks.sort(key=lambda mark: mark.at)
    return marks


def is_one_message(text: bytes, low: int, high: int) -> bool:
    """Return whether there is certainly one message and nothing else: the quick way.

    False says nothing; `find_marks` tells.
    """
    if not text.startswith(b"MSH", low) or text.find(b"MSH", low + 3, high) >= 0:
        return False
    if any(text.find(segment_id, low, high) >= 0 for segment_id in _BATCH_IDS):
        return False
    stop = _written_end(text, low, high)
    first = max(text.rfind(b"\r", low, stop), text.rfind(b"\n", low, stop)) + 1
    return _is_header(text, low, high) and (
        first <= low or _SEGMENT.match(text, first, stop) is not None
    )


def _find_headers(text: bytes, low: int, high: int) -> Iterator[Mark]:
    line_start = seen = low
    at = text.find(b"MSH", low, high)
    while at >= 0:
        if _begins_line(text, at, low):
            if _is_header(text, at, high):
                yield Mark(at, "MSH")
        elif _HEADER_IN_LINE.match(text, at, high):
            line_start = max(
                line_start, text.rfind(b"\r", seen, at) + 1, text.rfind(b"\n", seen, at) + 1
            )
            seen = at
            if not _SEGMENT.match(text, line_start, at):
                yield Mark(at, "MSH", is_in_line=True)
        at = text.find(b"MSH", at + 3, high)


def _begins_line(text: bytes, at: int, low: int) -> bool:
    """Return whether nothing but a byte order mark, or at the start blanks, is before `at`."""
    if text.startswith(UTF_8_MARK, max(low, at - 3), at):
        at -= 3
    if at == low or text[at - 1] in _LINE_ENDS or text.startswith(SOM, max(low, at - 5), at):
        return True
    return at - low <= _LONGEST_LEAD and text[low:at].strip(_BLANK) in (b"", UTF_8_MARK, WIDE_MARK)


def _is_header(text: bytes, at: int, high: int) -> bool:
    """Return whether MSH at the start of a line is a header; ``MSH-9 must…`` is none."""
    separator = text[at + 3 : min(at + 4, high)]
    if not separator or separator[0] not in _SEPARATORS:
        return False
    if separator == b"|":
        return True
    line = text[at + 4 : min(at + 400, high)].split(b"\r", 1)[0].split(b"\n", 1)[0]
    return line.count(separator) >= 2


def _is_batch_segment(text: bytes, at: int, high: int) -> bool:
    return at + 3 >= high or text[at + 3] in _SEPARATORS or text[at + 3] in _LINE_ENDS


def line_end(text: bytes, at: int, high: int) -> int:
    """Return where the line of `at` ends, without its CR or LF."""
    cr = text.find(b"\r", at, high)
    stop = high if cr < 0 else cr
    lf = text.find(b"\n", at, stop)
    return stop if lf < 0 else lf


def after_line_end(text: bytes, at: int, high: int) -> int:
    """Return where the line after the end `at` begins: past CR, LF or CR LF."""
    if text[at : at + 2] == b"\r\n" and at + 2 <= high:
        return at + 2
    return min(at + 1, high)


def is_blank(text: bytes) -> bool:
    """Return whether nothing is written there but control characters and blanks."""
    return not text.strip(_BLANK)


def is_segment(line: bytes) -> bool:
    """Return whether a line begins as a segment does."""
    return _SEGMENT.match(line) is not None


def message_end(
    text: bytes, start: int, limit: int, is_foreign: Callable[[bytes, bool], bool]
) -> int:
    """Return where a message ends that at most reaches to `limit`.

    Lines at its end that are no segments stay with it (text broken over lines is common), as far
    as `is_foreign` lets them.

    Args:
        text: The text, one byte for each code unit.
        start: Where the message begins.
        limit: Where the next header begins, or the text ends.
        is_foreign: Takes a line, and whether a blank line is before it; `is_log_line`,
            `is_between_messages` or `is_among_text`.
    """
    end = candidate = cr = lf = limit
    while True:
        stop = _written_end(text, start, candidate)
        if cr >= stop:
            cr = text.rfind(b"\r", start, stop)
        if lf >= stop:
            lf = text.rfind(b"\n", start, stop)
        first = max(cr, lf) + 1
        if first <= start:
            return end
        if _SEGMENT.match(text, first, stop):
            return end
        before = _written_end(text, start, first)
        if not is_foreign(text[first:stop], _has_blank_line(text[before:first])):
            return end
        candidate = first
        end = after_line_end(text, before, first)


def _written_end(text: bytes, start: int, end: int) -> int:
    """Return where the text before `end` ends without the blanks, looking back in steps."""
    low = max(start, end - 4096)
    while not (written := text[low:end].rstrip(_BLANK)) and low > start:
        low, end = max(start, low - 4096), low
    return low + len(written)


def last_line_end(text: bytes, start: int, end: int) -> int:
    """Return the end of the last line that is not blank, with its CR, LF or CR LF."""
    written = _written_end(text, start, end)
    return after_line_end(text, line_end(text, written, end), end)


def _has_blank_line(ends: bytes) -> bool:
    return max(ends.count(b"\r"), ends.count(b"\n")) > 1


def is_log_line(line: bytes, is_after_blank_line: bool) -> bool:
    """Return whether a line is one of a log: what ends a message in a file that holds one."""
    del is_after_blank_line
    return _LOG_LINE.match(line) is not None


def is_between_messages(line: bytes, is_after_blank_line: bool) -> bool:
    """Return whether a line is no part of a message in a file that holds several."""
    if _LOG_LINE.match(line) or _RULE.fullmatch(line):
        return True
    return is_after_blank_line and not _BASE64.fullmatch(line)


def is_among_text(line: bytes, is_after_blank_line: bool) -> bool:
    """Return whether a line is no part of a message in a file that holds other text as well."""
    return is_between_messages(line, is_after_blank_line) or not _BASE64.fullmatch(line)
