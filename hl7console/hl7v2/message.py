"""A message as a tree over its own bytes.

The bytes are the truth and never change. `Message.text` is what they decode to as a whole (in
several character sets a byte of a character looks like a separator, so splitting comes after
decoding); the tree is offsets into the text, and each edit makes a new message in which only the
bytes of what was edited are other ones.

References:
    HL7 v2.5.1 chapter 2, sections 2.4 to 2.7.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import overload

from hl7console.hl7v2 import charset, layout, writing
from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.nodes import NULL_TEXT, Field, Node, Repetition, Segment, ValueState
from hl7console.hl7v2.offsets import CutOffsetMap, OffsetMap
from hl7console.hl7v2.paths import FieldPath

_FORMATTED = {
    "CON": range(5, 10),
    "DSP": (3, 5),
    "ECD": (5,),
    "ECR": (3,),
    "EQP": (5,),
    "ERR": (7, 8),
    "NTE": (3,),
    "OM1": (6, 32, 35, 37, 39, 41, 44),
    "OM4": (3, 8, 9, 12),
    "OVR": (3,),
    "PEO": range(13, 18),
    "PES": (7, 8),
    "PSH": (9, 12),
    "SFT": (5,),
    "SHP": (5,),
    "TQ1": (10, 11),
}
"""Fields of the types FT and TX, in which formatting sequences mean something."""

_FORMATTED_TYPES = ("FT", "TX", "CF")


class Message:
    """One message, whatever its bytes. Immutable; any thread, one at a time.

    Use `Message.parse`.
    """

    def __init__(
        self, raw: bytes, decoded: charset.Decoded, *, default_codec: str, force_codec: str
    ) -> None:
        self.raw = raw
        self.text = decoded.text
        """What the bytes decode to, without a byte order mark."""
        self.codec = decoded.codec
        self.declared_charset = decoded.declared
        """MSH-18 as written."""
        self.bad_offset = decoded.bad_offset
        """Offset of the first byte that did not fit the declared character set."""
        self.cut = decoded.cut
        """Where the bytes of the last character lie when it is not all there (UTF-8 only); one
        U+FFFD stands for it in `text`."""
        self.default_codec = default_codec
        self.force_codec = force_codec
        self._bom_size = decoded.bom_size
        self._decoded_flags = decoded.flags
        self.header = layout.find_header(decoded.text)

    @classmethod
    def parse(cls, raw: bytes, *, default_codec: str = "cp1252", force_codec: str = "") -> Message:
        """Read a message; never raises for any bytes.

        Args:
            raw: The message without its frame.
            default_codec: See `charset.decode`.
            force_codec: See `charset.decode`.
        """
        decoded = charset.decode(raw, default_codec=default_codec, force_codec=force_codec)
        return cls(raw, decoded, default_codec=default_codec, force_codec=force_codec)

    def __repr__(self) -> str:
        """Return size and codec only: no content."""
        return f"<Message of {len(self.raw)} bytes, {self.codec}>"

    @property
    def delimiters(self) -> Delimiters:
        """Those of its header; the default ones when it has none."""
        return self.header.delimiters

    @cached_property
    def offsets(self) -> OffsetMap:
        """Characters to bytes and back."""
        if self.cut is not None:
            return CutOffsetMap(self.raw, self.text, self.codec, self._bom_size, self.cut)
        return OffsetMap(self.raw, self.text, self.codec, self._bom_size)

    @cached_property
    def flags(self) -> tuple[str, ...]:
        """Codes of all deviations, as `scan` gives them, and ``not_a_segment``."""
        codes = [*self._decoded_flags, *self.header.flags, *self._lines.flags]
        begin = f"MSH{self.delimiters.field}"
        headers = [s for s in self.segments_of("MSH") if self.text.startswith(begin, s.start)]
        if len(headers) > 1:
            codes.append(layout.SEVERAL_HEADERS)
        if "" in self._positions:
            codes.append(layout.NOT_A_SEGMENT)
        return tuple(dict.fromkeys(codes))

    @cached_property
    def _lines(self) -> layout.Lines:
        start = layout.first_written(self.text)
        return layout.find_lines(self.text, self.delimiters.field, start)

    @property
    def line_starts(self) -> Sequence[int]:
        """Offset of the first character of each of its lines; blank ones are left out."""
        return self._lines.starts

    @property
    def line_ends(self) -> Sequence[int]:
        """Offset after the last character of each of its lines, what ends them not counted."""
        return self._lines.ends

    @cached_property
    def _ids(self) -> list[str]:
        text, separator = self.text, self.delimiters.field
        is_segment = layout.is_segment_at
        return [
            sys.intern(text[start : start + 3]) if is_segment(text, start, end, separator) else ""
            for start, end in zip(self._lines.starts, self._lines.ends, strict=True)
        ]

    @cached_property
    def _positions(self) -> dict[str, array[int]]:
        """Positions among the lines, by segment name."""
        positions: dict[str, array[int]] = {}
        for position, name in enumerate(self._ids):
            if name in positions:
                positions[name].append(position)
            else:
                positions[name] = array("q", (position,))
        return positions

    @cached_property
    def segments(self) -> Sequence[Segment]:
        """All lines in order, those that are no segments included (with an empty id)."""
        return _Segments(self, len(self._lines.starts))

    def segment_at_position(self, position: int) -> Segment:
        """Return the line at a position from 0."""
        name = self._ids[position]
        index = bisect_right(self._positions[name], position)
        return Segment(
            self,
            self._lines.starts[position],
            self._lines.ends[position],
            name=name,
            index=index,
            line=position + 1,
        )

    def iter_segments(self) -> Iterator[Segment]:
        """Yield all lines in order; quicker than asking for each by its position."""
        counts: dict[str, int] = {}
        lines = zip(self._ids, self._lines.starts, self._lines.ends, strict=True)
        for line, (name, start, end) in enumerate(lines, 1):
            index = counts[name] = counts.get(name, 0) + 1
            yield Segment(self, start, end, name=name, index=index, line=line)

    def count(self, segment_id: str) -> int:
        """Return how many segments of a name there are."""
        return len(self._positions.get(segment_id, ()))

    def segments_of(self, segment_id: str) -> Iterator[Segment]:
        """Yield the segments of a name in order."""
        for position in self._positions.get(segment_id, ()):
            yield self.segment_at_position(position)

    def find(self, path: FieldPath | str) -> list[Node]:
        """Return the elements at a path, in all repetitions that it leaves open.

        Elements that the message does not go as far as are left out.
        """
        return list(self.iter_find(path))

    def iter_find(self, path: FieldPath | str) -> Iterator[Node]:
        """Yield the elements at a path in order; see `find`."""
        if isinstance(path, str):
            path = FieldPath.parse(path)
        segments: Iterator[Segment] | tuple[Segment, ...]
        if path.segment_occurrence is None:
            segments = self.segments_of(path.segment)
        elif 1 <= path.segment_occurrence <= self.count(path.segment):
            position = self._positions[path.segment][path.segment_occurrence - 1]
            segments = (self.segment_at_position(position),)
        else:
            return
        for segment in segments:
            if path.field is None:
                yield segment
            elif (field := segment.field(path.field)) is not None:
                yield from _within_field(field, path)

    def first(self, path: FieldPath | str) -> Node | None:
        """Return the first element at a path; None when the message does not go that far."""
        return next(self.iter_find(path), None)

    def get(self, path: FieldPath | str) -> str | None:
        """Return the value of the first element at a path.

        A path that names a field or component gives its first leaf; empty for an element that is
        empty or null (`state` tells them apart), None when it is absent.
        """
        node = self.first(path)
        return None if node is None else node.value

    def values(self, path: FieldPath | str) -> list[str]:
        """Return the values at a path in all repetitions of segment and field it leaves open."""
        return [node.value for node in self.iter_find(path)]

    def state(self, path: FieldPath | str) -> ValueState:
        """Return whether the first element at a path says something."""
        node = self.first(path)
        return ValueState.ABSENT if node is None else node.state

    def at(self, byte_offset: int) -> Node | None:
        """Return the smallest element around a byte; None between the lines.

        A separator belongs to the element before it. An element that is not divided is given
        itself, not as its own only child.
        """
        return self.at_char(self.offsets.char_at(byte_offset))

    def at_char(self, char: int) -> Node | None:
        """Return the smallest element around a character of `text`; see `at`."""
        starts = self._lines.starts
        position = bisect_right(starts, char) - 1
        if position < 0 or char > self._lines.ends[position]:
            return None
        node: Node = self.segment_at_position(position)
        smallest = node
        while (child := node.child_around(char)) is not None:
            if child.char_span != smallest.char_span:
                smallest = child
            node = child
        return smallest

    def state_of_span(self, start: int, end: int) -> ValueState:
        """Return what a stretch of text says (for nodes)."""
        if start == end:
            return ValueState.EMPTY
        if end - start == 2 and self.text.startswith(NULL_TEXT, start):
            return ValueState.NULL
        roles = self.delimiters
        divided_by = roles.component + roles.repetition + roles.subcomponent
        return ValueState.VALUED if self.text[start:end].strip(divided_by) else ValueState.EMPTY

    def value_of_span(self, start: int, end: int, field: Field) -> str:
        """Return the value of the first leaf of a stretch of a field (for nodes)."""
        text, roles = self.text, self.delimiters
        if field.is_literal:
            return text[start:end]
        for mark in (roles.repetition, roles.component, roles.subcomponent):
            found = text.find(mark, start, end) if mark else -1
            if found >= 0:
                end = found
        written = text[start:end]
        if written == NULL_TEXT:
            return ""
        if not roles.escape or roles.escape not in written:
            return written
        return unescape(
            written, roles, self.codec, formatted=is_formatted(field.segment, field.number)
        )

    def with_value(self, path: FieldPath | str, value: str) -> Message:
        """Return the message with another value at a path; only the bytes of that place change.

        The element that the path names is replaced as a whole. Missing elements before it are
        made empty; an open occurrence or repetition is the first.

        Args:
            path: Where; at least a field.
            value: Any text; it is escaped. For null, see `with_null`.

        Raises:
            EditError: The segment is missing, or the place cannot be written.
            UnencodableTextError: The character set of the message lacks a character.
        """
        return writing.with_value(self, path, value)

    def with_null(self, path: FieldPath | str) -> Message:
        """Return the message with an explicit null at a path: delete what is stored."""
        return writing.with_raw(self, path, NULL_TEXT)

    def with_raw(self, path: FieldPath | str, text: str) -> Message:
        """Return the message with text at a path as it is written, separators and all.

        Raises:
            EditError: The segment is missing, or the place cannot be written.
            UnencodableTextError: The character set of the message lacks a character.
        """
        return writing.with_raw(self, path, text)

    def with_text(self, start: int, end: int, text: str) -> Message:
        """Return the message with other text between two characters of `text`.

        Raises:
            EditError: The bytes could not be told apart from another character set afterwards.
            UnencodableTextError: The character set of the message lacks a character.
        """
        return writing.spliced(self, start, end, text)

    def with_charset(self, msh_18: str) -> Message:
        """Return the message in another character set: MSH-18 set, every byte written anew.

        Raises:
            EditError: There is no MSH, or the name is not known.
            UnencodableTextError: The character set lacks a character of the message.
        """
        return writing.with_charset(self, msh_18)


def is_formatted(segment: Segment, number: int) -> bool:
    """Return whether formatting sequences mean something in a field (types FT, TX and CF).

    Args:
        segment: Where it stands.
        number: Of the field.

    References:
        HL7 v2.5.1 chapter 2, section 2.7.6 (formatted text).
    """
    if segment.id != "OBX":
        return number in _FORMATTED.get(segment.id, ())
    kind = segment.field(2) if number == 5 else None
    return kind is not None and kind.raw_text in _FORMATTED_TYPES


def _within_field(field: Field, path: FieldPath) -> Iterator[Node]:
    if path.repetition is None and path.component is None:
        yield field
        return
    repetitions: Iterable[Repetition | None] = field.repetitions
    if path.repetition is not None:
        repetitions = (field.repetition(path.repetition),)
    for repetition in repetitions:
        if repetition is None or path.component is None:
            if repetition is not None:
                yield repetition
            continue
        component = repetition.component(path.component)
        if component is None or path.subcomponent is None:
            if component is not None:
                yield component
            continue
        subcomponent = component.subcomponent(path.subcomponent)
        if subcomponent is not None:
            yield subcomponent


class _Segments(Sequence[Segment]):
    """The lines of a message, each made when it is asked for."""

    def __init__(self, message: Message, size: int) -> None:
        self._message = message
        self._size = size

    def __len__(self) -> int:
        return self._size

    @overload
    def __getitem__(self, index: int) -> Segment: ...
    @overload
    def __getitem__(self, index: slice) -> list[Segment]: ...
    def __getitem__(self, index: int | slice) -> Segment | list[Segment]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._size))]
        if not -self._size <= index < self._size:
            raise IndexError(index)
        return self._message.segment_at_position(index % self._size)

    def __iter__(self) -> Iterator[Segment]:
        return self._message.iter_segments()
