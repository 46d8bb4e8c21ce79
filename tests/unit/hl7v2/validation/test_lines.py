"""Lines that are no segments, or several."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

MSH = r"MSH|^~\&|EHR|HOSP|PACS|RAD|20260102030405||ADT^A01|C1|P|2.5.1"
BODY = ("EVN||20260102", "PID|1||44||DOE||19700101|F", "PV1|1|I")


def raw_of(*lines: str) -> bytes:
    return "\r".join((MSH, *BODY, *lines, "")).encode()


@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("PIDX|1", "segment_name", "name has 4 characters"),
        ("PV|1", "segment_name", "name has 2 characters"),
        ("pid|1", "segment_name", "not written in capital letters"),
        ("SVBERi0==||||F", "not_a_segment", "may have broken PV1-2"),
        ("just text", "not_a_segment", "may have broken PV1-2"),
        ("[SOM]MSH|^~\\&|A", "not_a_segment", "begins 5 characters into"),
    ],
)
def test_lines_that_are_no_segments(line, code, words):
    raw = raw_of(line)
    found = [f for f in check(Message.parse(raw)) if f.code == code]
    assert len(found) == 1
    assert found[0].path.segment == ""
    assert raw[found[0].span[0] : found[0].span[1]] == line.encode()
    assert words in found[0].text


def test_a_line_before_any_segment():
    found = check(Message.parse(b"text\rPID|1||44||DOE\r"))
    assert "This line begins with no segment name." in [f.text for f in found]
    bare = check(Message.parse(b"MSH|^~\\&|A\rPV1\rtext\r"))
    assert any("may have broken PV1 before it" in f.text for f in bare)


@pytest.mark.parametrize(
    ("line", "code", "severity"),
    [
        ("QQQ|1", "unknown_segment", "warning"),
        ("UAC|KERB", "segment_of_other_version", "info"),
    ],
)
def test_names_that_do_not_exist_here(line, code, severity):
    found = [f for f in check(Message.parse(raw_of(line))) if f.code == code]
    assert [(str(f.path), f.severity) for f in found] == [(line[:3], severity)]


def test_local_segments_are_fine():
    assert not check(Message.parse(raw_of("ZQQ|1|x")))


@pytest.mark.parametrize(
    ("line", "number", "marked"),
    [
        ("NTE|1||some textNTE|2||more", 3, b"NTE"),
        ("NTE|1||text.OBX|1|TX|a", 3, b"OBX"),
        ("NTE|1||text ORC|NW|P1", 3, b"ORC"),
        ("NTE|3||1|^TIPO_CIRURGIANTE||||^TIPO", 4, b"NTE"),
    ],
)
def test_glued_segments(line, number, marked):
    raw = raw_of(line)
    found = [f for f in check(Message.parse(raw)) if f.code == "glued_segment"]
    assert len(found) == 1
    assert found[0].path.field == number
    assert raw[found[0].span[0] : found[0].span[1]] == marked


def test_a_segment_glued_to_the_header():
    raw = (MSH + "|||||utf pid PID|1||44||DOE\rEVN||2026\rPV1|1|I\r").encode()
    found = [f for f in check(Message.parse(raw)) if f.code == "glued_segment"]
    assert [str(f.path) for f in found] == ["MSH-17"]


@pytest.mark.parametrize(
    "line",
    [
        "NTE|1||OBX|x",
        "NTE|1||PID|1|x",
        "NTE|1||CONTROL|x",
        "ZQQ|LABNTE||||||||||x",
        "NTE|1||x|y|z|CONTROL|w",
        "NTE|1||TESTPID|a",
    ],
)
def test_words_that_end_like_a_segment_name(line):
    assert "glued_segment" not in {f.code for f in check(Message.parse(raw_of(line)))}


def test_blanks_after_the_last_field():
    raw = raw_of("NTE|1||text| ")
    found = [f for f in check(Message.parse(raw)) if f.code == "trailing_blank"]
    assert [(str(f.path), raw[f.span[0] : f.span[1]]) for f in found] == [("NTE-4", b" ")]


@pytest.mark.parametrize("end", ["\\r", "\\n"])
def test_line_ends_written_as_text(end):
    raw = raw_of("NTE|1||text" + end)
    found = check(Message.parse(raw))
    assert [(f.code, str(f.path)) for f in found] == [("literal_line_end", "NTE-3")]
    assert raw[found[0].span[0] : found[0].span[1]] == end.encode()


def test_blanks_around_values_are_told_once_a_segment():
    raw = raw_of("AL1|1| DA|x ", "AL1|2| DA|x")
    found = [f for f in check(Message.parse(raw)) if f.code == "blank_around_value"]
    assert [str(f.path) for f in found] == ["AL1[1]-2", "AL1[2]-2"]
    assert found[0].text == "AL1-2, AL1-3 have blanks around values."
    assert found[1].text == "AL1-2 has blanks around its value."
    text = raw_of("NTE|1|| indented ")
    assert not [f for f in check(Message.parse(text)) if f.code == "blank_around_value"]


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "no_header"),
        (b"hello", "no_header"),
        (b"<ORM_O01><MSH/></ORM_O01>", "xml_payload"),
    ],
)
def test_what_is_no_message(raw, code):
    found = check(Message.parse(raw))
    assert [f.code for f in found] == [code]
    assert found[0].span[1] <= len(raw)


def test_a_segment_without_fields():
    assert check(Message.parse(raw_of("NTE"))) == []


def test_only_so_many_lost_line_ends_are_looked_for():
    glued = raw_of("NTE|1||" + "xNTE|2||" * 5000)
    assert sum(f.count for f in check(Message.parse(glued)) if f.code == "glued_segment") == 20
    overflowing = raw_of("NTE|1||" + "XNTE|x|" * 5000)
    found = check(Message.parse(overflowing))
    assert sum(f.count for f in found if f.code == "glued_segment") == 20


def test_what_a_broken_line_may_hold_is_not_missing():
    line = "OBX|1|ED|a^b||^application^pdf^Base64^QUJD"
    whole = check(Message.parse(raw_of(line)))
    assert [(f.code, str(f.path)) for f in whole] == [("required_field_missing", "OBX-11")]
    broken = check(Message.parse(raw_of(line, "RA==||||||F")))
    assert [(f.code, str(f.path)) for f in broken] == [("not_a_segment", "[1]")]


def test_fields_of_a_glued_segment_are_not_beyond_the_other():
    found = check(Message.parse(raw_of("NTE|1||one.NTE|2||two|x|y|z")))
    assert [f.code for f in found] == ["glued_segment"]


def test_entities_of_xml_are_told():
    raw = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ORM_O01>&x;</ORM_O01>'
    found = check(Message.parse(raw))
    assert [f.code for f in found] == ["xml_payload", "xml_entities"]
    start, end = found[1].span
    assert raw[start:end] == b"<!ENTITY"
