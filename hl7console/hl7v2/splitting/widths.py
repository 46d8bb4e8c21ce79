"""One byte for each code unit, so that UTF-16 and UTF-32 text is searched as ASCII is.

Separators and segment names are ASCII in every encoding. A code unit beyond ASCII becomes 0x80,
which is none of them; positions stay exact, whatever the characters are.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass

_STARTS = (
    (codecs.BOM_UTF32_LE, 4, 0),
    (codecs.BOM_UTF32_BE, 4, 3),
    (codecs.BOM_UTF16_LE, 2, 0),
    (codecs.BOM_UTF16_BE, 2, 1),
)
_HEADS = (b"MSH", b"FHS", b"BHS", b"<?x", b"[SO")


@dataclass(frozen=True, slots=True)
class Width:
    """How wide a code unit is, and which of its bytes is the low one."""

    unit_bytes: int = 1
    low: int = 0

    def narrow(self, data: bytes) -> bytes:
        """Return one byte for each whole code unit of `data`."""
        if self.unit_bytes == 1:
            return data
        whole = data[: len(data) - len(data) % self.unit_bytes]
        narrow = whole[self.low :: self.unit_bytes]
        for place in range(self.unit_bytes):
            high = whole[place :: self.unit_bytes]
            if place != self.low and high.count(0) != len(high):
                pairs = zip(narrow, high, strict=True)
                narrow = bytes([0x80 if above else unit for unit, above in pairs])
        return narrow


BYTES = Width()
"""Text of one byte units, and binary data."""


def width_of(data: bytes) -> Width:
    """Return the width of the text at the start of a file: by its mark, or by its first letters."""
    if data.startswith((b"MSH", b"\x0b")):
        return BYTES
    for mark, unit_bytes, low in _STARTS:
        if data.startswith(mark):
            return Width(unit_bytes, low)
    for unit_bytes, low in ((2, 0), (2, 1)):
        if Width(unit_bytes, low).narrow(data[:6]) in _HEADS:
            return Width(unit_bytes, low)
    return BYTES
