"""Where the header of a message is, and where its segments begin and end. Text in, offsets out.

Segments end with CR. For parsing only, CRLF, doubled CR and blank lines count as one end, LF does
where the message has no CR at all, and an LF among CRs is text unless a segment follows it.

References:
    HL7 v2.5.1 chapter 2, section 2.5.4 (segment terminator). The rest is what senders do.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass, field
from functools import lru_cache

from hl7console.hl7v2.delimiters import HEADER_IDS, Delimiters, is_usable

LF_SEGMENTS = "lf_segments"
"""Flag: segments end with LF only."""
CRLF_SEGMENTS = "crlf_segments"
"""Flag: some segments end with CRLF."""
SPLIT_AT_LF = "split_at_lf"
"""Flag: among CRs, an LF was taken as the end of a segment since a segment follows it."""
LF_IN_TEXT = "lf_in_text"
"""Flag: among CRs, an LF was taken as text."""
LEADING_NOISE = "leading_noise"
"""Flag: something stands in front of the header."""
SEVERAL_HEADERS = "several_headers"
"""Flag: more than one MSH."""
XML_PAYLOAD = "xml_payload"
"""Flag: XML, not ER7."""
BAD_MSH2 = "bad_msh2"
"""Flag: MSH-2 is not as it should be; `Delimiters.problems` says how."""
NOT_A_SEGMENT = "not_a_segment"
"""Flag: a line is no segment."""

_BLANK = "".join(map(chr, range(0x21))) + "\x7f\ufeff"
"""Characters that may stand before a header or make up an empty line."""

_HEADER_LATER = re.compile(r"[\r\n]MSH(?=[!-/:-@\[-`{-~])")
_CR_LINE = re.compile(r"[^\r]+")
_LF_LINE = re.compile(r"[^\n]+")
_SEGMENT_ID = re.compile(r"[A-Z][A-Z0-9]{2}")


@dataclass(frozen=True, slots=True)
class Header:
    """The header that names the delimiters."""

    start: int
    """Offset of its first character; -1 when there is none."""
    delimiters: Delimiters
    has_msh: bool
    """Whether it is an MSH; a batch that holds no message has only FHS or BHS."""
    is_batch: bool
    """Whether a file or batch header comes first."""
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Where the lines of a message are; blank ones are left out."""

    starts: array[int]
    ends: array[int] = field(repr=False)
    flags: tuple[str, ...] = ()


def find_header(text: str) -> Header:
    """Return the header whose delimiters hold: the first MSH that begins a line, else FHS or BHS.

    A message may use other delimiters than the batch around it; the message's own count.
    """
    start = first = first_written(text)
    flags = [XML_PAYLOAD] if text.startswith("<", first) else []
    at_first = _is_header(text, first)
    is_batch = at_first and not text.startswith("MSH", first)
    if is_batch or not at_first:
        later = _HEADER_LATER.search(text, first)
        start = later.start() + 1 if later else (first if is_batch else -1)
    if start < 0:
        return Header(-1, Delimiters.parse(""), False, False, tuple(flags))
    if first or (start and not is_batch):
        flags.append(LEADING_NOISE)
    delimiters = Delimiters.parse(text[start : start + 64])
    if delimiters.problems:
        flags.append(BAD_MSH2)
    return Header(start, delimiters, text.startswith("MSH", start), is_batch, tuple(flags))


def first_written(text: str) -> int:
    """Return the offset of the first character that is neither blank, control nor a mark."""
    return len(text) - len(text.lstrip(_BLANK)) if text[:1] in _BLANK else 0


def _is_header(text: str, start: int) -> bool:
    separator = text[start + 3 : start + 4]
    return text[start : start + 3] in HEADER_IDS and separator != "" and is_usable(separator)


def is_segment_at(text: str, start: int, end: int, separator: str) -> bool:
    """Return whether a line begins with a segment name followed by the separator or its end."""
    if not _SEGMENT_ID.match(text, start, end):
        return False
    return start + 3 == end or text.startswith(separator, start + 3)


def find_lines(text: str, separator: str, start: int = 0) -> Lines:
    """Return the lines of a message from `start` on, in one pass."""
    has_lf = text.find("\n", start) >= 0
    if has_lf and text.find("\r", start) >= 0:
        return _mixed_lines(text, separator, start)
    starts, ends = array("q"), array("q")
    for match in (_LF_LINE if has_lf else _CR_LINE).finditer(text, start):
        begin, end = match.span()
        if text[begin] not in _BLANK or text[begin:end].strip(_BLANK):
            starts.append(begin)
            ends.append(end)
    return Lines(starts, ends, (LF_SEGMENTS,) if has_lf else ())


def _mixed_lines(text: str, separator: str, start: int) -> Lines:
    starts, ends = array("q"), array("q")
    flags: dict[str, None] = {}
    if text.find("\r\n", start) >= 0:
        flags[CRLF_SEGMENTS] = None
    for match in _mixed_ends(separator).finditer(text, start):
        if text[match.end() - 1] == "\n" and match.end() < len(text) and "\r" not in match[0]:
            flags[SPLIT_AT_LF] = None
        _add_line(text, start, match.start(), starts, ends)
        start = match.end()
    _add_line(text, start, len(text), starts, ends)
    if any(text.find("\n", begin, end) >= 0 for begin, end in zip(starts, ends, strict=True)):
        flags[LF_IN_TEXT] = None
    return Lines(starts, ends, tuple(flags))


@lru_cache(maxsize=128)
def _mixed_ends(separator: str) -> re.Pattern[str]:
    """Return what ends a line where there are both CR and LF.

    A run of both that holds a CR; a run of LFs before a segment or at the end. Looking behind
    keeps the search from starting again within a run.
    """
    segment = f"(?=[A-Z][A-Z0-9]{{2}}{re.escape(separator)})"
    return re.compile(rf"(?<!\n)(?:\n*+\r[\r\n]*+|\n++(?:{segment}|\Z))")


def _add_line(text: str, start: int, end: int, starts: array[int], ends: array[int]) -> None:
    # Most lines begin with a letter; only the others need a look at all their characters.
    if start < end and (text[start] not in _BLANK or text[start:end].strip(_BLANK)):
        starts.append(start)
        ends.append(end)


def normalise(text: str, separator: str, start: int = 0) -> tuple[str, tuple[str, ...]]:
    """Return the text with one CR between its segments, and the flags of what was different.

    For reading only: offsets are not kept.
    """
    if "\n" not in text:
        return text, ()
    if "\r" not in text:
        return text.replace("\n", "\r"), (LF_SEGMENTS,)
    if text.count("\n") == text.count("\r\n"):
        return text.replace("\r\n", "\r"), (CRLF_SEGMENTS,)
    lines = _mixed_lines(text, separator, start)
    joined = "\r".join(text[begin:end] for begin, end in zip(lines.starts, lines.ends, strict=True))
    return joined, lines.flags
