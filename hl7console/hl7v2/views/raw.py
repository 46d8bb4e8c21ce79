r"""The text of a message as it was written, line by line, in coloured stretches.

A line is a segment, or what stands where one should be. Control characters are shown as symbols
of the same length, so that every offset on the screen is an offset in the message's text. Toolkits
count UTF-16 units; `RawText` knows the difference.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.escapes import BAD_ESCAPE, BAD_HEX, EscapeKind
from hl7console.hl7v2.escapes import tokens as escape_tokens

if TYPE_CHECKING:
    from hl7console.hl7v2.delimiters import Delimiters
    from hl7console.hl7v2.message import Message

LONGEST_COLOURED = 50_000
"""Characters of a line that are looked at; what follows is one stretch of text."""


class TokenKind(StrEnum):
    """What a stretch of raw text is."""

    SEGMENT_ID = "segment_id"
    FIELD_SEPARATOR = "field_separator"
    COMPONENT_SEPARATOR = "component_separator"
    REPETITION_SEPARATOR = "repetition_separator"
    SUBCOMPONENT_SEPARATOR = "subcomponent_separator"
    ENCODING = "encoding"
    """MSH-2."""
    TEXT = "text"
    ESCAPE = "escape"
    BAD_ESCAPE = "bad_escape"
    NULL = "null"
    """``""`` as a whole value."""
    CONTROL = "control"
    """A control character."""
    NOT_A_SEGMENT = "not_a_segment"
    """A line that is no segment."""


@dataclass(frozen=True, slots=True)
class RawToken:
    """A stretch of a line; the tokens of a line follow each other without gaps."""

    kind: TokenKind
    start: int
    """Offset in the message's text."""
    end: int


_PICTURES = {code: 0x2400 + code for code in range(0x20) if code != 0x09}
_PICTURES |= {0x7F: 0x2421, 0x85: 0x2424, 0x2028: 0x2424, 0x2029: 0x2424, 0xFEFF: 0x25C7}
_CONTROLS = re.compile("[\x00-\x08\n-\x1f\x7f\x85\u2028\u2029]+")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class RawText:
    """A message's text for the screen: a line a segment, and offsets both ways.

    Positions are counted as toolkits do, in UTF-16 units from the start of `display`; offsets are
    characters of ``message.text``.
    """

    def __init__(self, message: Message) -> None:
        self.message = message
        spans = [segment.char_span for segment in message.segments]
        self._starts = [start for start, _ in spans]
        self._ends = [end for _, end in spans]
        text = message.text
        self.display = "\n".join([text[start:end].translate(_PICTURES) for start, end in spans])
        """Lines joined with line feeds; nothing else in it is a control character but tabs."""
        self._shown_starts = []
        shown = 0
        for start, end in spans:
            self._shown_starts.append(shown)
            shown += end - start + 1
        self._astral = (
            [] if self.display.isascii() else [m.start() for m in _ASTRAL.finditer(self.display)]
        )
        self._astral_positions = [index + n for n, index in enumerate(self._astral)]

    @property
    def line_count(self) -> int:
        """How many lines there are."""
        return len(self._starts)

    def line_at(self, position: int) -> int:
        """Return the number of the line, from 0, that holds a position."""
        return max(0, bisect_right(self._shown_starts, self._index(position)) - 1)

    def offset_at(self, position: int) -> int:
        """Return the offset in the message's text of a position on the screen."""
        if not self._starts:
            return 0
        index = self._index(position)
        line = max(0, bisect_right(self._shown_starts, index) - 1)
        return min(self._starts[line] + index - self._shown_starts[line], self._ends[line])

    def position_of(self, offset: int) -> int:
        """Return the position on the screen of an offset in the message's text."""
        if not self._starts:
            return 0
        line = max(0, bisect_right(self._starts, offset) - 1)
        within = min(max(offset, self._starts[line]), self._ends[line]) - self._starts[line]
        index = self._shown_starts[line] + within
        return index + bisect_left(self._astral, index)

    def tokens(self, line: int) -> list[RawToken]:
        """Return the stretches of a line, from 0."""
        start, end = self._starts[line], self._ends[line]
        segment = self.message.segments[line]
        return tokenise(
            self.message.text, start, end, segment.id, self.message.delimiters, self.message.codec
        )

    def _index(self, position: int) -> int:
        """Return the index in `display` of a position counted in UTF-16 units."""
        return position - bisect_left(self._astral_positions, position)


def tokenise(
    text: str,
    start: int,
    end: int,
    segment_id: str,
    delimiters: Delimiters,
    codec: str = "utf_8",
) -> list[RawToken]:
    """Return the stretches of one line of a message's text."""
    if not segment_id:
        return [RawToken(TokenKind.NOT_A_SEGMENT, start, end)] if end > start else []
    found = [RawToken(TokenKind.SEGMENT_ID, start, min(start + len(segment_id), end))]
    position = found[0].end
    if segment_id in HEADER_IDS and position < end:
        position = _add_encoding(text, position, end, delimiters, found)
    looked_at = min(end, start + LONGEST_COLOURED)
    for match in _separators(delimiters).finditer(text, position, looked_at):
        _add_value(text, position, match.start(), delimiters, codec, found)
        found.append(RawToken(_separator_kind(match[0], delimiters), match.start(), match.end()))
        position = match.end()
    _add_value(text, position, looked_at, delimiters, codec, found)
    if end > looked_at:
        found.append(RawToken(TokenKind.TEXT, looked_at, end))
    return found


def _add_encoding(
    text: str, position: int, end: int, delimiters: Delimiters, found: list[RawToken]
) -> int:
    found.append(RawToken(TokenKind.FIELD_SEPARATOR, position, position + 1))
    position += 1
    stop = text.find(delimiters.field, position, end)
    stop = end if stop < 0 else stop
    if stop > position:
        found.append(RawToken(TokenKind.ENCODING, position, stop))
    return stop


def _separator_kind(written: str, delimiters: Delimiters) -> TokenKind:
    if written == delimiters.field:
        return TokenKind.FIELD_SEPARATOR
    if written == delimiters.component:
        return TokenKind.COMPONENT_SEPARATOR
    if written == delimiters.repetition:
        return TokenKind.REPETITION_SEPARATOR
    return TokenKind.SUBCOMPONENT_SEPARATOR


def _add_value(
    text: str, start: int, end: int, delimiters: Delimiters, codec: str, found: list[RawToken]
) -> None:
    if text.startswith('""', start) and end == start + 2:
        found.append(RawToken(TokenKind.NULL, start, end))
    elif delimiters.escape and text.find(delimiters.escape, start, end) >= 0:
        for token in escape_tokens(text[start:end], delimiters, codec):
            if token.kind == EscapeKind.TEXT:
                _add_text(text, start + token.start, start + token.end, found)
            else:
                is_bad = token.problem in (BAD_ESCAPE, BAD_HEX)
                kind = TokenKind.BAD_ESCAPE if is_bad else TokenKind.ESCAPE
                found.append(RawToken(kind, start + token.start, start + token.end))
    else:
        _add_text(text, start, end, found)


def _add_text(text: str, start: int, end: int, found: list[RawToken]) -> None:
    for match in _CONTROLS.finditer(text, start, end):
        if match.start() > start:
            found.append(RawToken(TokenKind.TEXT, start, match.start()))
        found.append(RawToken(TokenKind.CONTROL, match.start(), match.end()))
        start = match.end()
    if end > start:
        found.append(RawToken(TokenKind.TEXT, start, end))


@lru_cache(maxsize=64)
def _separators(delimiters: Delimiters) -> re.Pattern[str]:
    marks = delimiters.field + delimiters.component + delimiters.repetition
    return re.compile(f"[{re.escape(marks + delimiters.subcomponent)}]")
