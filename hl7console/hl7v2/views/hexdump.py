r"""The bytes of a message in rows, each made when it is asked for.

A row is text of a fixed width, so that byte and column follow from each other:
``00000010  4d 53 48 7c 5e 7e 5c 26  7c 45 48 52 7c 48 4f 53  MSH|^~\&|EHR|HOS``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BYTES_PER_ROW = 16
"""Bytes in a row."""

_SHOWN = "".join(chr(code) if 0x20 <= code < 0x7F else "·" for code in range(256))
_GAP = "  "


@dataclass(frozen=True, slots=True)
class HexRow:
    """Up to 16 bytes."""

    offset: int
    """Of the first byte, from 0."""
    address: str
    hex: str = field(repr=False)
    """Pairs of digits, padded to a full row."""
    text: str = field(repr=False)
    """A character a byte; ``·`` where it isn't printable ASCII."""

    @property
    def line(self) -> str:
        """The row as one line of text."""
        return f"{self.address}{_GAP}{self.hex}{_GAP}{self.text}"


def row_count(raw: bytes) -> int:
    """Return how many rows the bytes take."""
    return -(-len(raw) // BYTES_PER_ROW)


def address_width(raw: bytes) -> int:
    """Return how many digits the addresses have: eight, more for what needs them."""
    return max(8, len(f"{max(0, len(raw) - 1):x}"))


def row(raw: bytes, index: int) -> HexRow:
    """Return one row, the first one being number 0.

    Raises:
        IndexError: There is no such row.
    """
    if not 0 <= index < row_count(raw):
        raise IndexError(index)
    offset = index * BYTES_PER_ROW
    part = raw[offset : offset + BYTES_PER_ROW]
    left, right = part[:8].hex(" "), part[8:].hex(" ")
    address = f"{offset:0{address_width(raw)}x}"
    return HexRow(
        offset, address, f"{left:<23}  {right:<23}", part.decode("latin_1").translate(_SHOWN)
    )


def rows(raw: bytes, first: int, count: int) -> list[HexRow]:
    """Return a range of rows; fewer where the bytes end."""
    last = min(first + count, row_count(raw))
    return [row(raw, index) for index in range(max(0, first), last)]


def place_of(byte_offset: int) -> tuple[int, int]:
    """Return the row of a byte, and the column of its first digit within `HexRow.hex`."""
    index, column = divmod(byte_offset, BYTES_PER_ROW)
    return index, column * 3 + (1 if column >= 8 else 0)


def byte_at(index: int, column: int) -> int:
    """Return the offset of the byte whose digits are at a column of a row's `HexRow.hex`."""
    within = 8 + (column - 25) // 3 if column >= 25 else min(max(column, 0) // 3, 7)
    return index * BYTES_PER_ROW + min(within, BYTES_PER_ROW - 1)
