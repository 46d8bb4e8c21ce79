"""Bytes and characters."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check
from hl7console.hl7v2.validation.encoding import LOOKED_AT, codec_name

MSH = rb"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ADT^A01|C1|P|2.5.1"
UTF = MSH + b"||||||UNICODE UTF-8"
LATIN = MSH + b"||||||8859/1"
REST = b"\rEVN||20260102\rPV1|1|I\r"


def of(raw: bytes, code: str):
    return [f for f in check(Message.parse(raw)) if f.code == code]


def pid(name: bytes) -> bytes:
    return b"\rPID|1||44^^^HOSP^MR||" + name


@pytest.mark.parametrize(
    ("raw", "code", "path", "marked", "words"),
    [
        (UTF + pid(b"M\xfcller^J") + REST, "charset_fallback", "PID-5.1", b"\xfc", "Byte FC"),
        (MSH + pid(b"a\x8db^J") + REST, "charset_fallback", "PID-5.1", b"\x8d", "neither UTF-8"),
        (UTF + REST + b"NTE|1||caf\xc3", "truncated_character", "NTE-3", b"\xc3", "middle"),
        (UTF + REST + b"NTE|1||\xe5\xb1\r", "truncated_character", "NTE-3", b"\xe5", "middle"),
        (UTF + REST + b"NTE|1||\xf0\x9f\x98\r", "truncated_character", "NTE-3", b"\xf0", "middle"),
        (UTF + REST + b"NTE|1||\xe5\xb1 x\r", "charset_fallback", "NTE-3", b"\xe5", "Byte E5"),
        (
            LATIN + pid("Müller".encode()) + REST,
            "utf8_not_declared",
            "PID-5",
            b"\xc3",
            "though MSH-18 says 8859/1",
        ),
        (MSH + b"||||||KLINGON" + REST, "unknown_charset", "MSH-18", b"KLINGON", "KLINGON"),
        (MSH + b"||||||CP1252" + REST, "nonstandard_charset", "MSH-18", b"CP1252", "table 0211"),
        (MSH + pid("Müller".encode()) + REST, "charset_not_named", "PID-5", "ü".encode(), "UTF-8"),
        (MSH + pid(b"M\xfcller") + REST, "charset_not_named", "PID-5", b"\xfc", "Windows-1252"),
        (b"\xef\xbb\xbf" + MSH + REST, "bom", "MSH", b"\xef\xbb\xbf", "byte order mark"),
        (b"\xef\xbb\xbf" + LATIN + REST, "charset_mismatch", "MSH-18", b"8859/1", "8859/1"),
        (b"junk\r" + MSH + REST, "leading_noise", "MSH", b"junk\r", "5 characters before"),
        (b" " + MSH + REST, "leading_noise", "MSH", b" ", "1 character before"),
        (MSH + pid(b"a\x00b") + REST, "control_character", "PID-5", b"\x00", r"\X00\ ".strip()),
        (MSH + pid(b"a\x1cb") + REST, "control_character", "PID-5", b"\x1c", "1C"),
        (MSH + pid(b"a\x07b") + REST, "control_character", "PID-5", b"\x07", "07"),
        (UTF + pid("a\ufffdb".encode()) + REST, "lost_character", "PID-5", b"\xef\xbf\xbd", "lost"),
        (MSH.replace(b"\r", b"\n") + REST.replace(b"\r", b"\n"), "lf_segments", "MSH", b"\n", "LF"),
        (MSH + REST.replace(b"\r", b"\r\n"), "crlf_segments", "MSH", b"\r", "CR LF"),
        (MSH + b"\nPV1|1|I\rNTE|1\r", "split_at_lf", "MSH", b"\n", "others with CR"),
        (MSH + pid(b"a\nb") + REST, "lf_in_text", "PID-5", b"\n", "line feed"),
    ],
)
def test_faults(raw, code, path, marked, words):
    found = of(raw, code)
    assert len(found) == 1, [f.code for f in check(Message.parse(raw))]
    assert str(found[0].path) == path
    assert raw[found[0].span[0] : found[0].span[1]] == marked
    assert words in found[0].text


def test_severities_of_control_characters():
    assert of(MSH + pid(b"\x0b") + REST, "control_character")[0].severity == "error"
    assert of(MSH + pid(b"\x07") + REST, "control_character")[0].severity == "warning"


def test_utf_16():
    raw = (MSH + REST).decode().encode("utf-16")
    assert of(raw, "utf16")[0].span == (0, 4)


def test_well_declared_texts_are_fine():
    for raw in (
        UTF + pid("Müller".encode()) + REST,
        LATIN + pid(b"M\xfcller") + REST,
        LATIN + pid(b"Mueller") + REST,
        MSH + b"||||||~ISO IR87" + pid("山田".encode("iso2022_jp")) + REST,
    ):
        codes = {f.code for f in check(Message.parse(raw))}
        assert not codes & {"charset_fallback", "utf8_not_declared", "charset_not_named"}


def test_a_cut_character_of_another_set_is_a_byte_that_does_not_fit():
    raw = MSH + b"||||||GB 18030-2000" + pid("\u6211".encode("gb18030")) + REST + b"NTE|1||\xe5"
    assert of(raw, "charset_fallback")
    assert not of(raw, "truncated_character")


def test_tabs_are_no_control_characters():
    assert not of(MSH + pid(b"a\tb") + REST, "control_character")


def test_only_so_many_control_characters_are_looked_at():
    found = of(MSH + pid(b"\x01" * 5000) + REST, "control_character")
    assert sum(f.count for f in found) == LOOKED_AT


def test_what_stands_between_the_lines_is_placed_at_the_header():
    raw = b"\x0b" + MSH + REST
    assert [str(f.path) for f in of(raw, "leading_noise")] == ["MSH"]
    assert of(raw, "control_character") == []
    bare = b"\x0bPID|1||44||DOE\r"
    assert [str(f.path) for f in of(bare, "control_character")] == ["PID"]


@pytest.mark.parametrize(
    ("codec", "name"),
    [("iso8859_15", "ISO 8859-15"), ("latin_1", "ISO 8859-1"), ("koi8_r", "koi8_r")],
)
def test_codecs_have_names(codec, name):
    assert codec_name(codec) == name


@pytest.mark.parametrize(
    ("name", "text", "path"),
    [
        (b"8859/1", b"O\x92NEILL", "PID-5"),
        (b"8859/1", "O\u2019NEILL".encode(), ""),  # UTF-8, which another rule tells
        (b"8859/1", b"M\xfcLLER", ""),
        (b"", b"O\x92NEILL", ""),
    ],
)
def test_windows_1252_in_disguise(name, text, path):
    header = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5||||||" + name
    raw = header + b"\rEVN||2026\rPID|1||44||" + text + b"||19700101|F\rPV1|1|I\r"
    found = of(raw, "windows_1252")
    assert [str(f.path) for f in found] == ([path] if path else [])
    if found:
        start, end = found[0].span
        assert raw[start:end] == b"\x92"
        assert "Byte 92 is a character of Windows-1252" in found[0].text


@pytest.mark.parametrize(
    ("name", "severity"), [("M\xfcLLER".encode(), "info"), (b"M\xfcLLER", "warning")]
)
def test_a_guessed_character_set_is_worse_than_a_certain_one(name, severity):
    raw = b"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5\rPID|1||44||" + name + b"\r"
    assert [f.severity for f in of(raw, "charset_not_named")] == [severity]
