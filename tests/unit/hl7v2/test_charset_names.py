from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.charset_names import (
    NONSTANDARD_CHARSET,
    UNKNOWN_CHARSET,
    codec_for,
    is_multibyte,
    is_stateful,
    normal_codec,
)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("", "ascii"),
        ("ASCII", "ascii"),
        ("ISO IR6", "ascii"),
        ("8859/1", "latin_1"),
        ("ISO8859-1", "latin_1"),
        ("ISO-8859-1", "latin_1"),
        ("iso_ir 100", "latin_1"),
        ("LATIN1", "latin_1"),
        ("8859/2", "iso8859_2"),
        ("8859/5", "iso8859_5"),
        ("ISO IR144", "iso8859_5"),
        ("8859/15", "iso8859_15"),
        ("ISO_IR 203", "iso8859_15"),
        ("LATIN9", "iso8859_15"),
        ("ISO IR14", "shift_jis"),
        ("ISO IR87", "iso2022_jp"),
        ("JIS X 0212", "iso2022_jp_1"),
        ("GB 18030-2000", "gb18030"),
        ("KS X 1001", "euc_kr"),
        ("BIG-5", "cp950"),
        ("UNICODE", "utf_8"),
        ("UNICODE UTF-8", "utf_8"),
        ("utf8", "utf_8"),
        ("ISO IR192", "utf_8"),
        ("UNICODE UTF-16", "utf_16"),
        ("~ISO IR87", "iso2022_jp"),
        ("ISO IR14~ISO IR87", "iso2022_jp"),
        ("ISO IR6~ISO IR87~ISO IR159", "iso2022_jp_1"),
        ("8859/1~8859/2", "latin_1"),
    ],
)
def test_table_0211(name, codec):
    assert codec_for(name).codec == codec
    assert codec_for(name).flags == ()
    codecs.lookup(codec)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("CP1252", "cp1252"),
        ("windows-1251", "cp1251"),
        ("KOI8-R", "koi8_r"),
        ("TIS-620", "tis_620"),
    ],
)
def test_names_outside_the_table_are_flagged(name, codec):
    assert codec_for(name).codec == codec
    assert codec_for(name).flags == (NONSTANDARD_CHARSET,)


@pytest.mark.parametrize(
    "name", ["CNS 11643-1992", "8859/12", "8859/99", "ISO IR999", "nonsense", "hex", "UTF-8" * 50]
)
def test_names_that_mean_nothing_here(name):
    assert codec_for(name).codec == ""
    assert codec_for(name).flags == (UNKNOWN_CHARSET,)


def test_names_of_codecs():
    assert normal_codec("ISO-8859-1") == "latin_1"
    assert normal_codec("UTF8") == "utf_8"
    assert normal_codec("nonsense") == "nonsense"
    assert is_multibyte("shift_jis")
    assert not is_multibyte("iso8859_5")
    assert is_stateful("iso2022_jp")
    assert not is_stateful("utf_8")


@given(st.text(max_size=300))
def test_any_name_is_answered(name):
    choice = codec_for(name)
    if choice.codec:
        codecs.lookup(choice.codec)
    else:
        assert choice.flags == (UNKNOWN_CHARSET,)
