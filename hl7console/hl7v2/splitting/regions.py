"""Cuts text into messages: frames first, then headers and batches.

Positions here are code units of the narrowed text (see `widths`); `Splitter` turns them into byte
offsets as it reports.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from hl7console.hl7v2.splitting import marks
from hl7console.hl7v2.splitting.batches import BatchCounter
from hl7console.hl7v2.splitting.found import (
    BATCH,
    LITERAL_FRAMING,
    TRUNCATED,
    XML_PAYLOAD,
    FoundMessage,
    SplitProblem,
    count_text,
)
from hl7console.hl7v2.splitting.widths import Width
from hl7console.hl7v2.splitting.xml_root import has_v2_namespace, is_v2_root, root_name

Found = FoundMessage | SplitProblem

_FRAME_START = re.compile(rb"\x0b(?=[\x00-\x0a\x0c-\x20]{0,16}(?:\xef\xbb\xbf)?(?:MSH|FHS|BHS|<))")
_FRAME_END = re.compile(rb"\x1c(?=[\r\n\x0b\x00 ]|\Z)")
_BETWEEN_FRAMES = b"\r\n \x00\x0b\x1c\x06\x15"
_LITERALS = (marks.SOM, marks.EOM, marks.LITERAL_CR)
_MARKS = marks.UTF_8_MARK + marks.WIDE_MARK
_CONTROLS = bytes(c for c in range(32) if c not in (9, 10, 11, 12, 13, 27, 28))


class Splitter:
    """Splits one file, given whole or in pieces that begin with a header."""

    def __init__(self, width: Width, *, is_whole: bool) -> None:
        self._width = width
        self._is_whole = is_whole
        self._batches = BatchCounter()
        self._is_among_text = False
        self._is_framed = False
        self._told: set[str] = set()
        self._data = b""
        self._text = b""
        self._base = 0

    def take(self, data: bytes, base: int, *, is_last: bool) -> Iterator[Found]:
        """Yield the messages and problems of the next piece.

        Args:
            data: The piece.
            base: Its byte offset in the file.
            is_last: Whether the file ends with it.
        """
        self._data = data
        self._base = base
        self._text = text = self._width.narrow(data)
        if base == 0:
            self._is_framed = _FRAME_START.search(text) is not None
        if self._is_framed:
            yield from self._frames(0, len(text))
        elif self._is_whole and marks.is_one_message(text, 0, len(text)):
            yield self._message(0, len(text))
        else:
            yield from self._region(0, len(text), is_whole=self._is_whole)
        if is_last:
            yield from self._batches.end()

    def _offset(self, at: int) -> int:
        return self._base + at * self._width.unit_bytes

    def _message(self, start: int, end: int, *flags: str) -> FoundMessage:
        unit = self._width.unit_bytes
        stop = len(self._data) if end == len(self._text) else end * unit
        raw = self._data[start * unit : stop]
        return FoundMessage(self._base + start * unit, self._base + stop, raw, flags)

    def _problem(self, at: int, text: str, code: str) -> SplitProblem:
        return SplitProblem(self._offset(at), text, code)

    def _once(self, at: int, text: str, code: str) -> Iterator[Found]:
        """Yield a problem of the whole file, the first time that it is met."""
        if code not in self._told:
            self._told.add(code)
            yield self._problem(at, text, code)

    # Frames.

    def _frames(self, low: int, high: int) -> Iterator[Found]:
        text = self._text
        start = _FRAME_START.search(text, low)
        at = low
        while start is not None:
            yield from self._between_frames(at, start.start())
            first = start.end()
            start = _FRAME_START.search(text, first)
            limit = high if start is None else start.start()
            end = _FRAME_END.search(text, first, limit)
            if end is None:
                yield self._problem(
                    first - 1, "An MLLP frame has no end: its message may be cut.", "cut_frame"
                )
                yield from self._frame(first, limit, TRUNCATED)
                at = limit
            else:
                yield from self._frame(first, end.start())
                at = end.end()
                if not text.startswith(b"\r", at):
                    told = "MLLP frames end without the CR that belongs after FS."
                    yield from self._once(at - 1, told, "frame_end")
        yield from self._between_frames(at, high)

    def _frame(self, low: int, high: int, *flags: str) -> Iterator[Found]:
        if marks.is_one_message(self._text, low, high):
            self._batches.message()
            yield self._message(low, high, *flags)
        elif marks.find_marks(self._text, low, high) or self._begins_xml(low, high):
            yield from self._region(low, high, *flags, is_whole=True)
        else:
            yield self._problem(low, "An MLLP frame holds no HL7 message.", "no_hl7_frame")

    def _between_frames(self, low: int, high: int) -> Iterator[Found]:
        gap = self._text[low:high]
        written = gap.strip(_BETWEEN_FRAMES)
        if not written:
            return
        start = low + gap.find(written)
        if marks.find_marks(self._text, start, high):
            yield from self._region(start, high, is_whole=False)
        else:
            text = f"{count_text(len(written), 'byte')} outside of any MLLP frame left out."
            yield self._problem(start, text, "other_text")

    # Text without frames, or the content of one.

    def _begins_xml(self, low: int, high: int) -> bool:
        return self._text[low : min(high, low + 200)].lstrip(_MARKS + b"\r\n\t ").startswith(b"<")

    def _region(self, low: int, high: int, *flags: str, is_whole: bool) -> Iterator[Found]:
        found = marks.find_marks(self._text, low, high)
        if not found and not is_whole:
            self._is_among_text = True
            yield from self._left_out(low, high)
            return
        if not found or self._begins_xml(low, high):
            yield from self._without_header(low, high, *flags)
            return
        if self._is_other_text(low, found[0].at):
            self._is_among_text = True
            yield from self._left_out(low, found[0].at)
        is_only = len(found) == 1 and is_whole and found[0].segment_id == "MSH"
        if is_only and not self._is_among_text and not found[0].is_in_line:
            yield from self._only_message(low, found[0].at, high, *flags)
            return
        limits = [self._limit(mark.at) for mark in found[1:]] + [high]
        for mark, limit in zip(found, limits, strict=True):
            if mark.segment_id == "MSH":
                yield from self._listed_message(mark.at, limit, *flags)
            else:
                yield from self._batch_segment(mark, limit)

    def _only_message(self, low: int, at: int, high: int, *flags: str) -> Iterator[Found]:
        """The file holds one message: it is all of the file, unless other text follows it."""
        self._batches.message()
        end = self._end_of(at, high, marks.is_log_line)
        if self._is_other_text(end, high):
            yield self._message(self._with_mark(at), end, *self._flags(at, *flags))
            yield from self._left_out(end, high)
        elif self._text.startswith(marks.SOM, max(low, at - 5), at):
            yield from self._literal_framing(at)
            yield self._message(at, end, *self._flags(at, *flags))
        else:
            yield self._message(low, high, *self._flags(at, *flags))

    def _listed_message(self, at: int, limit: int, *flags: str) -> Iterator[Found]:
        if self._batches.is_open:
            flags = (BATCH, *flags)
        self._batches.message()
        is_foreign = marks.is_among_text if self._is_among_text else marks.is_between_messages
        end = self._end_of(at, limit, is_foreign)
        written = marks.last_line_end(self._text, at, end)
        yield from self._literal_framing(at)
        yield self._message(self._with_mark(at), written, *self._flags(at, *flags))
        yield from self._left_out(written, limit)

    def _literal_framing(self, at: int) -> Iterator[Found]:
        if self._text.startswith(marks.SOM, max(0, at - 5), at):
            text = "Messages stand between the texts [SOM] and [EOM], which are no part of them."
            yield from self._once(at - 5, text, "literal_framing")

    def _flags(self, at: int, *flags: str) -> tuple[str, ...]:
        framed = self._text.startswith(marks.SOM, max(0, at - 5), at)
        return (LITERAL_FRAMING, *flags) if framed else flags

    def _end_of(self, at: int, limit: int, is_foreign: Callable[[bytes, bool], bool]) -> int:
        if self._text.startswith(marks.SOM, max(0, at - 5), at):
            end = self._text.find(marks.EOM, at, limit)
            if end >= 0:
                return end
        return marks.message_end(self._text, at, limit, is_foreign)

    def _with_mark(self, at: int) -> int:
        """Return the start of a message with the byte order mark before it, if there is one."""
        for mark in (marks.UTF_8_MARK, marks.WIDE_MARK):
            if self._text.startswith(mark, max(0, at - len(mark)), at):
                return at - len(mark)
        return at

    def _limit(self, at: int) -> int:
        """Return where the message before the header at `at` ends at the latest."""
        if self._text.startswith(marks.SOM, max(0, at - 5), at):
            return at - 5
        return self._with_mark(at)

    def _batch_segment(self, mark: marks.Mark, limit: int) -> Iterator[Found]:
        end = marks.line_end(self._text, mark.at, limit)
        line = self._text[mark.at : end]
        yield from self._batches.segment(mark.segment_id, line, self._offset(mark.at))
        yield from self._left_out(end, limit)

    # What belongs to no message.

    def _is_other_text(self, low: int, high: int) -> bool:
        gap = self._text[low:high]
        for literal in _LITERALS:
            gap = gap.replace(literal, b"")
        return not marks.is_blank(gap.strip(_MARKS))

    def _left_out(self, low: int, high: int) -> Iterator[Found]:
        if low < high and self._is_other_text(low, high):
            gap = self._text[low:high]
            start = low + len(gap) - len(gap.lstrip())
            size = len(gap.strip()) * self._width.unit_bytes
            text = f"{count_text(size, 'byte')} of other text left out."
            yield self._problem(start, text, "other_text")

    def _without_header(self, low: int, high: int, *flags: str) -> Iterator[Found]:
        text = self._text[low:high]
        if self._begins_xml(low, high):
            if is_v2_root(root_name(text)) or has_v2_namespace(text):
                yield self._message(low, high, XML_PAYLOAD, *flags)
            else:
                yield self._problem(low, "XML, but no HL7 v2 message.", "no_v2_xml")
        elif not marks.is_blank(text.strip(_MARKS)):
            yield self._no_hl7(high - len(text.lstrip(_MARKS + b" \t\r\n")), high)
        else:
            yield self._problem(low, "There is nothing in it.", "empty")

    def _no_hl7(self, low: int, high: int) -> SplitProblem:
        text = self._text[low:high]
        line = text[: marks.line_end(text, 0, min(len(text), 400))]
        if len(line) > 3 and marks.is_segment(line) and line.count(line[3:4]) >= 2:
            name = text[:3].decode("ascii")
            reason = f"There is no MSH segment; the first segment is {name}."
            return self._problem(low, reason, "no_msh")
        if len(text.translate(None, _CONTROLS)) != len(text):
            return self._problem(low, "This is binary data, no HL7.", "binary")
        return self._problem(low, "This is text, but no line begins with MSH.", "no_hl7")
