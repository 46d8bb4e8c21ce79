from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.charset import (
    BOM,
    CHARSET_FALLBACK,
    CHARSET_MISMATCH,
    UNKNOWN_CHARSET,
    UTF16,
    UnencodableTextError,
    ascii_codec,
    codec_for,
    declared_charset,
    decode,
    encode,
    first_bad_offset,
)


def message(text: str, codec: str, msh_18: str, facility: str = "HOSP") -> bytes:
    header = f"MSH|^~\\&|EHR|{facility}|PACS|RAD|2026||ADT^A08|1|P|2.5.1||||||{msh_18}\r"
    return (header + f"PID|1||7||{text}\r").encode(codec)


@pytest.mark.parametrize(
    ("text", "msh_18", "codec"),
    [
        ("MÜLLER", "8859/1", "latin_1"),
        ("ИВАНОВ", "8859/5", "iso8859_5"),
        ("ΓΕΩΡΓΙΟΥ", "8859/7", "iso8859_7"),
        ("ŒUVRE€", "8859/15", "iso8859_15"),
        (
            "山田|太郎~表\\能".replace("|", "").replace("~", "").replace("\\", ""),
            "ISO IR87",
            "iso2022_jp",
        ),
        ("表能ソ", "ISO IR14", "shift_jis"),
        ("功許蓋", "BIG-5", "cp950"),
        ("臸芕𠀀", "GB 18030-2000", "gb18030"),
        ("홍길동", "KS X 1001", "euc_kr"),
        ("山田𠀀é", "UNICODE UTF-8", "utf_8"),
    ],
)
def test_declared_sets_are_read(text, msh_18, codec):
    found = decode(message(text, codec, msh_18))
    assert f"||{text}\r" in found.text
    assert (found.codec, found.declared, found.flags) == (codec, msh_18, ())
    assert found.bad_offset is None


@pytest.mark.parametrize(
    ("text", "codec", "msh_18", "read_as"),
    [
        ("5 €", "cp1252", "8859/1", "cp1252"),
        ("똠방", "cp949", "KS X 1001", "cp949"),
        ("①山", "cp932", "ISO IR14", "cp932"),
        ("龎", "gb18030", "GB2312", "gb18030"),
    ],
)
def test_the_larger_set_that_senders_use_is_no_fault(text, codec, msh_18, read_as):
    found = decode(message(text, codec, msh_18))
    assert found.codec == read_as
    assert text in found.text
    assert CHARSET_FALLBACK not in found.flags


def test_the_c1_bytes_that_windows_has_not_are_latin_1():
    found = decode(message("\x81", "latin_1", "8859/1"))
    assert (found.codec, found.flags) == ("latin_1", ())


def test_nothing_declared_and_utf_8_bytes():
    found = decode(message("Ærø", "utf_8", ""))
    assert (found.codec, found.flags) == ("utf_8", ())


def test_nothing_declared_takes_the_default_of_the_connection():
    raw = message("MÜLLER", "cp1252", "")
    assert decode(raw).codec == "cp1252"
    assert decode(raw, default_codec="ISO8859-1").codec == "latin_1"
    assert decode(message("山田", "shift_jis", ""), default_codec="shift_jis").codec == "shift_jis"
    assert (
        decode(message("山田", "iso2022_jp", ""), default_codec="iso2022_jp").codec == "iso2022_jp"
    )
    assert decode(message("山田", "iso2022_jp", "")).codec == "ascii"


def test_ascii_bytes_keep_the_declared_codec():
    assert decode(message("DOE", "ascii", "8859/1")).codec == "latin_1"
    assert decode(message("DOE", "ascii", "")).codec == "ascii"
    found = decode(message("DOE", "ascii", "nonsense"))
    assert (found.codec, found.flags) == ("ascii", (UNKNOWN_CHARSET,))
    assert ascii_codec("UNICODE UTF-8") == ("utf_8", ())


def test_declared_utf_8_but_windows_bytes_falls_back_with_the_offset():
    raw = message("MÜLLER", "cp1252", "UNICODE UTF-8")
    found = decode(raw)
    assert (found.codec, found.flags) == ("cp1252", (CHARSET_FALLBACK,))
    assert found.bad_offset == raw.index(b"\xdc")


def test_declared_ascii_but_other_bytes_is_flagged():
    raw = message("MÜLLER", "cp1252", "ASCII")
    found = decode(raw)
    assert (found.codec, found.flags) == ("cp1252", (CHARSET_FALLBACK,))
    assert found.bad_offset == raw.index(b"\xdc")
    assert decode(message("é", "utf_8", "ASCII")).flags == (CHARSET_FALLBACK,)


def test_the_last_step_is_latin_1():
    found = decode(message("\x81\x8d", "latin_1", "UNICODE UTF-8"))
    assert (found.codec, found.flags) == ("latin_1", (CHARSET_FALLBACK,))
    assert decode(message("\x81\x8d", "latin_1", "")).codec == "latin_1"


def test_declared_wide_but_narrow_bytes():
    found = decode(message("DOE", "ascii", "UNICODE UTF-16"))
    assert (found.codec, found.flags, found.bad_offset) == ("ascii", (CHARSET_FALLBACK,), 0)
    found = decode(message("é", "utf_8", "UNICODE UTF-32"))
    assert (found.codec, found.flags) == ("utf_8", (CHARSET_FALLBACK,))
    assert decode(message("é", "utf_8", ""), force_codec="utf_16").codec == "utf_8"


def test_the_forced_codec_beats_msh_18():
    raw = message("é", "utf_8", "UNICODE UTF-8")
    assert decode(raw, force_codec="latin-1").text.count("Ã©") == 1
    assert decode(raw, force_codec="ascii").flags == (CHARSET_FALLBACK,)
    assert decode(raw, force_codec="no such codec").codec == "utf_8"


def test_a_byte_order_mark():
    raw = codecs.BOM_UTF8 + message("é", "utf_8", "")
    found = decode(raw)
    assert (found.codec, found.flags, found.bom_size) == ("utf_8", (BOM,), 3)
    assert found.text.startswith("MSH")
    raw = codecs.BOM_UTF8 + message("é", "utf_8", "8859/1")
    assert decode(raw).flags == (BOM, CHARSET_MISMATCH)
    raw = codecs.BOM_UTF8 + message("é", "latin_1", "UNICODE UTF-8")
    found = decode(raw)
    assert found.flags == (BOM, CHARSET_FALLBACK)
    assert found.bad_offset == raw.index(b"\xe9")


@pytest.mark.parametrize(
    ("codec", "mark"),
    [
        ("utf_16_le", codecs.BOM_UTF16_LE),
        ("utf_16_be", codecs.BOM_UTF16_BE),
        ("utf_32_le", codecs.BOM_UTF32_LE),
        ("utf_32_be", codecs.BOM_UTF32_BE),
        ("utf_16_le", b""),
        ("utf_16_be", b""),
    ],
)
def test_wide_files(codec, mark):
    raw = mark + message("山é", codec, "UNICODE UTF-16")
    found = decode(raw)
    assert found.codec == codec
    assert found.declared == "UNICODE UTF-16"
    assert found.flags == ((UTF16, BOM) if mark else (UTF16,))
    assert found.text == raw[len(mark) :].decode(codec)


def test_a_wide_file_cut_in_a_character():
    raw = codecs.BOM_UTF16_LE + message("é", "utf_16_le", "")[:-1]
    found = decode(raw)
    assert found.codec == "latin_1"
    assert CHARSET_FALLBACK in found.flags
    assert found.bad_offset is not None


@pytest.mark.parametrize("text", ["", "PID|1", "MSHé|1", "MSH", "MSH|^~\\&|A"])
def test_wide_files_without_a_character_set(text):
    assert decode(codecs.BOM_UTF16_LE + text.encode("utf_16_le")).declared == ""


@pytest.mark.parametrize(
    ("raw", "declared"),
    [
        (b"", ""),
        (b"PID|1", ""),
        (b"MSH", ""),
        (b"MSH|^~\\&|A", ""),
        (message("", "ascii", "8859/1"), "8859/1"),
        (message("", "ascii", "8859/1").replace(b"\r", b"\n"), "8859/1"),
        (message("", "ascii", "8859/1").replace(b"\r", b"\r\n"), "8859/1"),
        (b"\x00 \r\n" + message("", "ascii", "8859/1"), "8859/1"),
        (b"junk\r" + message("", "ascii", "8859/1"), "8859/1"),
        (message("", "ascii", "8859/1").replace(b"|", b"#"), "8859/1"),
        (message("", "ascii", "8859/1").split(b"\r")[0], "8859/1"),
        (message("", "ascii", "x" * 300), "x" * 300),
    ],
)
def test_msh_18_is_read_from_bytes(raw, declared):
    assert declared_charset(raw) == declared


@pytest.mark.parametrize(
    ("facility", "codec", "msh_18"),
    [
        ("十竹ポ", "shift_jis", "ISO IR14"),
        ("餐", "cp950", "BIG-5"),
        ("渱假", "gb18030", "GB 18030-2000"),
        ("嵳蕁", "iso2022_jp", "ISO IR87"),
        ("Müller", "latin_1", "8859/1"),
    ],
)
def test_msh_18_is_found_behind_characters_that_hold_a_separator(facility, codec, msh_18):
    raw = message("", codec, msh_18, facility)
    assert declared_charset(raw) == msh_18
    assert facility in decode(raw).text


def test_a_set_named_at_another_place_is_not_msh_18():
    raw = message("", "shift_jis", "", "十").replace(b"|P|", b"|P~ISO IR14|")
    assert declared_charset(raw) == ""
    broken = b"MSH|^~\\&|\x81" + b"|" * 9 + b"GB18030|UTF-8\r"
    assert declared_charset(broken) == ""


@given(st.binary(), st.sampled_from(["cp1252", "utf_8", "shift_jis", "nonsense"]))
def test_no_bytes_raise_and_none_is_lost(raw, default):
    for start in (b"", b"MSH|^~\\&|", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, b"M\0S\0H\0"):
        whole = start + raw
        found = decode(whole, default_codec=default)
        errors = "strict" if found.cut is None else "replace"
        assert whole[found.bom_size :].decode(found.codec, errors) == found.text


NAMES = ["8859/1", "8859/5", "ISO IR87", "ISO IR14", "GB 18030-2000", "KS X 1001", "BIG-5", "UTF-8"]


@given(st.sampled_from(NAMES), st.text(max_size=30))
def test_what_a_set_can_write_is_read_back(name, text):
    text = text.replace("|", "").replace("\r", "").replace("\n", "").replace("\x1b", "")
    codec = codec_for(name).codec
    try:
        raw = message(text, codec, name)
    except UnicodeEncodeError:
        return
    found = decode(raw)
    assert found.declared == name
    if found.codec == codec:
        assert found.text == raw.decode(codec)


def test_writing_refuses_what_the_set_lacks():
    assert encode("é", "latin_1") == b"\xe9"
    with pytest.raises(UnencodableTextError) as told:
        encode("aЖ", "latin_1")
    assert told.value.position == 1
    assert "Ж" not in str(told.value)
    assert told.value.hint


def test_the_first_bad_byte():
    assert first_bad_offset(b"ab\xff", "utf_8") == 2
    assert first_bad_offset(b"ab", "utf_8") is None
    assert first_bad_offset(b"ab", "nonsense") == 0


def test_content_is_not_in_the_repr():
    assert "DOE" not in repr(decode(message("DOE", "ascii", "")))
