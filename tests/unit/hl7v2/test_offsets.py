from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.offsets import OffsetMap

CODECS = ["utf_8", "shift_jis", "cp950", "gb18030", "euc_kr", "utf_16_le", "utf_32_be", "latin_1"]


def decoded(raw: bytes, codec: str, bom: int = 0) -> OffsetMap:
    return OffsetMap(raw, raw[bom:].decode(codec), codec, bom)


@given(st.sampled_from(CODECS), st.text("ab|^~\\&山表功𠀀é홍ソ\r", max_size=60))
def test_every_character_is_found_in_the_bytes(codec, text):
    text = "".join(c for c in text if c.encode(codec, "ignore"))
    raw = text.encode(codec)
    offsets = decoded(raw, codec)
    position = 0
    for index, character in enumerate(text):
        size = len(character.encode(codec))
        assert offsets.byte_start(index) == position
        assert offsets.byte_end(index) == position
        for byte in range(position, position + size):
            assert offsets.char_at(byte) == index
        position += size
    assert offsets.byte_end(len(text)) == len(raw)
    assert offsets.char_at(len(raw)) == len(text)


def test_shift_sequences_belong_to_the_element_and_not_to_the_separator():
    raw = "a|山田^太郎|b".encode("iso2022_jp")
    offsets = decoded(raw, "iso2022_jp")
    assert raw[offsets.byte_start(2) : offsets.byte_end(4)] == "山田".encode("iso2022_jp")
    assert raw[offsets.byte_start(5) : offsets.byte_end(7)] == "太郎".encode("iso2022_jp")
    assert raw[offsets.byte_start(8) : offsets.byte_end(9)] == b"b"


@pytest.mark.parametrize("codec", ["utf_8", "iso2022_jp", "gb18030", "shift_jis", "utf_16_be"])
def test_long_texts_with_characters_across_every_border(codec):
    for lead in range(6):
        text = "a" * lead + "山ab田|" * 3000
        raw = text.encode(codec)
        offsets = decoded(raw, codec)
        for index in range(0, len(text), 977):
            start, end = offsets.byte_start(index), offsets.byte_end(index + 1)
            assert raw[start:end].decode(codec) == text[index]
            assert offsets.char_at(end - 1) in (index, index + 1)
        assert offsets.char_at(offsets.byte_end(len(text))) == len(text)


def test_a_mark_in_front_shifts_everything():
    raw = codecs.BOM_UTF8 + "é|b".encode()
    offsets = decoded(raw, "utf_8", 3)
    assert offsets.byte_start(0) == 3
    assert offsets.byte_start(1) == 5
    assert [offsets.char_at(byte) for byte in range(len(raw) + 1)] == [0, 0, 0, 0, 0, 1, 2, 3]
    plain = decoded(codecs.BOM_UTF8 + b"ab", "utf_8", 3)
    assert (plain.byte_start(1), plain.byte_end(2), plain.char_at(4)) == (4, 5, 1)
    assert (plain.char_at(0), plain.char_at(99)) == (0, 2)


def test_more_tables_than_are_kept():
    text = "é" * 200_000
    offsets = decoded(text.encode(), "utf_8")
    for index in range(0, len(text), 1000):
        assert offsets.byte_start(index) == 2 * index
