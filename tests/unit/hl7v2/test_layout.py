from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import DEFAULT
from hl7console.hl7v2.layout import (
    BAD_MSH2,
    CRLF_SEGMENTS,
    LEADING_NOISE,
    LF_IN_TEXT,
    LF_SEGMENTS,
    SPLIT_AT_LF,
    XML_PAYLOAD,
    find_header,
    find_lines,
    first_written,
    is_segment_at,
    normalise,
)

MSH = "MSH|^~\\&|A"


def lines_of(text: str, start: int = 0) -> list[str]:
    found = find_lines(text, "|", start)
    return [text[begin:end] for begin, end in zip(found.starts, found.ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "lines", "flags"),
    [
        ("", [], ()),
        ("A|1", ["A|1"], ()),
        ("A|1\rB|2\r", ["A|1", "B|2"], ()),
        ("A|1\r\r\rB|2", ["A|1", "B|2"], ()),
        ("A|1\nB|2\n", ["A|1", "B|2"], (LF_SEGMENTS,)),
        ("A|1\n\nB|2", ["A|1", "B|2"], (LF_SEGMENTS,)),
        ("A|1\r\nB|2\r\n", ["A|1", "B|2"], (CRLF_SEGMENTS,)),
        ("A|1\n\rB|2", ["A|1", "B|2"], ()),
        ("PID|a\nb\rOBX|2\r", ["PID|a\nb", "OBX|2"], (LF_IN_TEXT,)),
        ("PID|a\nOBX|b\rZZZ|2\r", ["PID|a", "OBX|b", "ZZZ|2"], (SPLIT_AT_LF,)),
        ("PID|a\nOBXX|b\rZZZ|2", ["PID|a\nOBXX|b", "ZZZ|2"], (LF_IN_TEXT,)),
        ("PID|a\rZZZ|2\n", ["PID|a", "ZZZ|2"], ()),
        ("A|1\r \x1c \rB|2\r\x00", ["A|1", "B|2"], ()),
        (" A|1\r", [" A|1"], ()),
    ],
)
def test_where_segments_end(text, lines, flags):
    assert lines_of(text) == lines
    assert find_lines(text, "|").flags == flags
    normal, told = normalise(text, "|")
    assert [line for line in normal.split("\r") if line.strip(" \x1c\x00")] == lines
    assert told == flags


def test_lines_from_a_place_on():
    assert lines_of("\r\nMSH|1\rPID|2", 2) == ["MSH|1", "PID|2"]
    assert find_lines("\r\nMSH|1\rPID|2", "|", 2).flags == ()


@given(st.text("AB1|\r\n \x00"))
def test_quick_and_exact_ways_agree(text):
    found = lines_of(text)
    normal, flags = normalise(text, "|")
    assert [line for line in normal.split("\r") if line.strip(" \x00")] == found
    assert flags == find_lines(text, "|").flags


def test_long_runs_of_line_ends_take_linear_time():
    text = "MSH|\r" + "\n" * 300_000 + "x\r" + "\n\r" * 100_000 + "PID|" + "\n" * 300_000 + "y"
    assert [line[:4] for line in lines_of(text)] == ["MSH|", "x", "PID|"]
    assert find_lines(text, "|").flags == (CRLF_SEGMENTS, LF_IN_TEXT)


@pytest.mark.parametrize(
    ("text", "start", "flags"),
    [
        (MSH, 0, ()),
        (" \x00\ufeff\r\n" + MSH, 5, (LEADING_NOISE,)),
        ("junk\r" + MSH, 5, (LEADING_NOISE,)),
        ("junk\n" + MSH, 5, (LEADING_NOISE,)),
        ("MSH|^^\\&|", 0, (BAD_MSH2,)),
        ("", -1, ()),
        ("MSH", -1, ()),
        ("MSHA|", -1, ()),
        ("PID|1\rPV1|1", -1, ()),
        ("junk MSH|^~\\&|", -1, ()),
        ("<ADT_A01/>", -1, (XML_PAYLOAD,)),
        ("  <x>\r" + MSH, 6, (XML_PAYLOAD, LEADING_NOISE)),
    ],
)
def test_the_header(text, start, flags):
    found = find_header(text)
    assert (found.start, found.flags) == (start, flags)
    assert found.has_msh == (start >= 0)
    assert not found.is_batch
    if start < 0:
        assert found.delimiters == DEFAULT


def test_the_message_in_a_batch_names_the_delimiters():
    found = find_header("FHS#^~\\&#x\rBHS#^~\\&\r" + MSH)
    assert found.is_batch
    assert found.has_msh
    assert found.delimiters.field == "|"
    assert found.flags == ()
    assert find_header("\r BHS|^~\\&\r" + MSH).flags == (LEADING_NOISE,)


def test_a_batch_without_a_message():
    found = find_header("BHS#^~\\&#x\rBTS#0")
    assert found.is_batch
    assert not found.has_msh
    assert (found.start, found.delimiters.field) == (0, "#")


def test_what_a_segment_looks_like():
    assert is_segment_at("PID|1", 0, 5, "|")
    assert is_segment_at("xZ01", 1, 4, "|")
    assert not is_segment_at("PIDX|", 0, 5, "|")
    assert not is_segment_at("PI", 0, 2, "|")
    assert not is_segment_at("pid|", 0, 4, "|")
    assert not is_segment_at("PID#", 0, 4, "|")


def test_the_first_character_that_is_written():
    assert first_written("") == 0
    assert first_written("A") == 0
    assert first_written("\x0b\ufeff A") == 3
