"""A message as the raw view wants it: its lines, and their coloured stretches when in sight."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.views.raw import RawToken, tokenise
from hl7console.ui.inspector.raw_layout import RawLines
from hl7console.ui.inspector.rows import SegmentRows

SMALL_BYTES = 64_000
"""Bytes shown of an answer in a small box; nobody answers with more."""


class MessageSource:
    """Lines, tokens and tool tips of one message.

    It may be made on any thread; afterwards only the GUI thread uses it.
    """

    def __init__(self, message: Message, rows: SegmentRows | None = None) -> None:
        self.message = message
        rows = rows if rows is not None else SegmentRows(message, load())
        marks = message.delimiters
        separators = marks.field + marks.component + marks.repetition + marks.subcomponent
        self.lines = RawLines(message.text, rows.starts, rows.ends, separators)
        self._tip: Callable[[int], str] | None = None
        self._line_tokens = lru_cache(maxsize=256)(self._tokenise)

    def set_tip(self, tip: Callable[[int], str]) -> None:
        """Say where tool tips come from; without it there are none."""
        self._tip = tip

    def tip(self, char: int) -> str:
        """Return what a tool tip says of the element at a character."""
        return self._tip(char) if self._tip is not None else ""

    def tokens(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return the stretches of a range within one line: first, after-last, kind."""
        if end <= start:
            return []
        tokens, ends = self._line_tokens(self.lines.line_at(start))
        found: list[tuple[int, int, str]] = []
        for token in tokens[bisect_left(ends, start + 1) :]:
            if token.start >= end:
                break
            found.append((max(token.start, start), min(token.end, end), token.kind))
        return found

    def _tokenise(self, line: int) -> tuple[list[RawToken], list[int]]:
        message = self.message
        start, end = self.lines.starts[line], self.lines.ends[line]
        segment = message.segments[line]
        tokens = tokenise(message.text, start, end, segment.id, message.delimiters)
        return tokens, [token.end for token in tokens]


def small_source(data: bytes) -> MessageSource:
    """Return the source of a short message, such as an answer, cut off at `SMALL_BYTES`."""
    return MessageSource(Message.parse(data[:SMALL_BYTES]))
