"""One byte for each code unit."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.splitting.widths import BYTES, Width, width_of


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (b"MSH|^~\\&|", BYTES),
        (b"", BYTES),
        (b"\xff\xfeM\x00", Width(2, 0)),
        (b"\xfe\xff\x00M", Width(2, 1)),
        (b"\xff\xfe\x00\x00M\x00\x00\x00", Width(4, 0)),
        (b"\x00\x00\xfe\xff\x00\x00\x00M", Width(4, 3)),
        (b"M\x00S\x00H\x00|\x00", Width(2, 0)),
        (b"\x00F\x00H\x00S\x00|", Width(2, 1)),
        (b"\x00\x00\x00\x00", BYTES),
    ],
)
def test_widths(data, width):
    assert width_of(data) == width


@pytest.mark.parametrize(
    ("codec", "width"),
    [("utf-16-le", Width(2, 0)), ("utf-16-be", Width(2, 1)), ("utf-32-be", Width(4, 3))],
)
def test_narrow_text_keeps_its_places(codec, width):
    assert width.narrow("MSH|é".encode(codec)) in (b"MSH|\xe9", b"MSH|\x80")
    assert width.narrow("a山b\u4d00c".encode(codec)) == b"a\x80b\x80c"
    assert width.narrow("ab".encode(codec) + b"\x00") == b"ab"
    assert BYTES.narrow(b"ab") == b"ab"
