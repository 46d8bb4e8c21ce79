"""Where the characters of a decoded message stand among its bytes, for every codec.

Made when first asked for. Where each character is one byte there is nothing to make; otherwise
checkpoints are laid with the codec's own incremental decoder, so that shift sequences of
ISO-2022-JP and characters with several spellings need no knowledge here.
"""

from __future__ import annotations

import codecs
from bisect import bisect_right
from dataclasses import dataclass

_CHUNK_BYTES = 2048
_KEPT_TABLES = 64


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    char: int
    """Characters that were complete before this byte."""
    byte: int
    state: tuple[bytes, int]
    """State of the incremental decoder at this byte."""


@dataclass(frozen=True, slots=True)
class _Table:
    """The characters that are completed by the bytes of one chunk."""

    starts: list[int]
    """First byte of each character itself, after shift sequences."""
    ends: list[int]


class OffsetMap:
    """Offsets of characters and bytes of one message.

    Args:
        raw: The message's bytes.
        text: What they decode to, without a byte order mark.
        codec: The codec that decodes them without a fault.
        bom_size: Bytes in front of the text.
    """

    __slots__ = ("_checkpoints", "_codec", "_is_identity", "_raw", "_shift", "_size", "_tables")

    def __init__(self, raw: bytes, text: str, codec: str, bom_size: int = 0) -> None:
        self._raw = raw
        self._size = len(text)
        self._codec = codec
        self._shift = bom_size
        self._is_identity = len(text) == len(raw) - bom_size
        self._checkpoints: list[_Checkpoint] = []
        self._tables: dict[int, _Table] = {}

    def byte_start(self, char: int) -> int:
        """Return where an element that begins with this character begins in the bytes.

        Shift sequences in front of the character are part of the element.
        """
        if self._is_identity:
            return char + self._shift
        if char <= 0:
            return self._shift
        index, table = self._table_of_char(char - 1)
        return table.ends[char - 1 - self._checkpoints[index].char]

    def byte_end(self, char: int) -> int:
        """Return where an element that ends before this character ends in the bytes.

        Shift sequences in front of the character (back to ASCII) are part of the element.
        """
        if self._is_identity:
            return char + self._shift
        if char >= self._size:
            return len(self._raw)
        index, table = self._table_of_char(char)
        return table.starts[char - self._checkpoints[index].char]

    def char_at(self, byte: int) -> int:
        """Return the character that a byte belongs to; the number of characters past the end."""
        if self._is_identity or byte <= self._shift:
            return min(max(byte - self._shift, 0), self._size)
        checkpoints = self._laid()
        index = bisect_right(checkpoints, byte, key=lambda point: point.byte) - 1
        table = self._table(index)
        return min(checkpoints[index].char + bisect_right(table.ends, byte), self._size)

    def _table_of_char(self, char: int) -> tuple[int, _Table]:
        # Several checkpoints may stand before the same character; the last one completes it.
        index = bisect_right(self._laid(), char, key=lambda point: point.char) - 1
        return index, self._table(index)

    def _laid(self) -> list[_Checkpoint]:
        if not self._checkpoints:
            decoder = codecs.getincrementaldecoder(self._codec)()
            char = 0
            for byte in range(self._shift, max(len(self._raw), self._shift + 1), _CHUNK_BYTES):
                state = decoder.getstate()
                self._checkpoints.append(_Checkpoint(char, byte, (bytes(state[0]), state[1])))
                char += len(decoder.decode(self._raw[byte : byte + _CHUNK_BYTES]))
        return self._checkpoints

    def _table(self, index: int) -> _Table:
        table = self._tables.get(index)
        if table is None:
            if len(self._tables) >= _KEPT_TABLES:
                self._tables.clear()
            table = self._tables[index] = self._step_through(self._checkpoints[index])
        return table

    def _step_through(self, point: _Checkpoint) -> _Table:
        decoder = codecs.getincrementaldecoder(self._codec)()
        decoder.setstate(point.state)
        table = _Table([], [])
        begin = point.byte - len(point.state[0])
        for byte in range(point.byte, min(point.byte + _CHUNK_BYTES, len(self._raw))):
            made = decoder.decode(self._raw[byte : byte + 1])
            if made:
                table.starts.extend([begin] * len(made))
                table.ends.extend([byte + 1] * len(made))
                begin = byte + 1
            elif not decoder.getstate()[0]:
                begin = byte + 1
        return table


class CutOffsetMap(OffsetMap):
    """Offsets of a message whose last character is cut: its bytes are one character of the text.

    Args:
        raw: The message's bytes.
        text: What they decode to, without a byte order mark.
        codec: The codec that decodes what stands in front of the cut character.
        bom_size: Bytes in front of the text.
        cut: Where the bytes of the cut character begin and end; after it come line ends only.
    """

    __slots__ = ("_cut_char", "_cut_end", "_cut_start", "_whole_size")

    def __init__(
        self, raw: bytes, text: str, codec: str, bom_size: int, cut: tuple[int, int]
    ) -> None:
        self._cut_start, self._cut_end = cut
        self._whole_size = len(text)
        self._cut_char = len(text) - (len(raw) - self._cut_end) - 1
        super().__init__(raw[: self._cut_start], text[: self._cut_char], codec, bom_size)

    def byte_start(self, char: int) -> int:
        """Return where an element that begins with this character begins in the bytes."""
        if char <= self._cut_char:
            return super().byte_start(char)
        return self._cut_end + char - self._cut_char - 1

    def byte_end(self, char: int) -> int:
        """Return where an element that ends before this character ends in the bytes."""
        if char <= self._cut_char:
            return super().byte_end(char)
        return self._cut_end + min(char, self._whole_size) - self._cut_char - 1

    def char_at(self, byte: int) -> int:
        """Return the character that a byte belongs to; the number of characters past the end."""
        if byte < self._cut_start:
            return super().char_at(byte)
        if byte < self._cut_end:
            return self._cut_char
        return min(self._cut_char + 1 + byte - self._cut_end, self._whole_size)
