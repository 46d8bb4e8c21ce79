"""Bytes in rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.views import hexdump


def test_a_row():
    row = hexdump.row(b"MSH|^~\\&|EHR|HO\x00\xff", 0)
    assert row.line == (
        "00000000  4d 53 48 7c 5e 7e 5c 26  7c 45 48 52 7c 48 4f 00  MSH|^~\\&|EHR|HO·"
    )
    assert hexdump.row(b"MSH|^~\\&|EHR|HO\x00\xff", 1).text == "·"
    assert "MSH" not in repr(row)


def test_rows_have_one_width():
    rows = hexdump.rows(bytes(range(37)), 0, 99)
    assert len(rows) == 3
    assert {len(row.hex) for row in rows} == {48}
    assert [row.offset for row in rows] == [0, 16, 32]


def test_ranges():
    raw = bytes(100)
    assert [row.offset for row in hexdump.rows(raw, 2, 2)] == [32, 48]
    assert [row.offset for row in hexdump.rows(raw, -3, 4)] == [0]
    assert hexdump.rows(raw, 7, 5) == []
    assert hexdump.rows(b"", 0, 5) == []


@pytest.mark.parametrize("index", [-1, 7])
def test_rows_that_are_not_there(index):
    with pytest.raises(IndexError):
        hexdump.row(bytes(100), index)


def test_long_addresses():
    assert hexdump.address_width(b"") == 8

    class Huge(bytes):
        def __len__(self) -> int:
            return 2**33

    assert hexdump.address_width(Huge()) == 9


@given(st.binary(min_size=1, max_size=200))
def test_every_byte_is_found_at_its_column(raw):
    for offset in range(len(raw)):
        index, column = hexdump.place_of(offset)
        assert hexdump.row(raw, index).hex[column : column + 2] == f"{raw[offset]:02x}"
        for within in range(3):
            if column + within < 48:
                assert hexdump.byte_at(index, column + within) == offset


def test_columns_outside():
    assert hexdump.byte_at(0, -5) == 0
    assert hexdump.byte_at(0, 24) == 7
    assert hexdump.byte_at(1, 99) == 31
