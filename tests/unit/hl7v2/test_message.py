from __future__ import annotations

import codecs

import hl7
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.layout import (
    BAD_MSH2,
    LEADING_NOISE,
    LF_IN_TEXT,
    NOT_A_SEGMENT,
    SEVERAL_HEADERS,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Node, ValueState
from hl7console.hl7v2.paths import FieldPath

ORDER = (
    b"MSH|^~\\&|EHR|HOSP|PACS|RAD|20260105101500||ORM^O01^ORM_O01|C1|P|2.5.1\r"
    b'PID|1||007^^^HOSP&1.2.3&ISO^MR~99^^^NAT^NI||DOE^J\\T\\K^""||""|F|||&12 \\E\\ MAIN^\r'
    b"ORC|NW|P1^EHR\r"
    b"OBR|1|P1^EHR||CT^HEAD\r"
    b"OBX|1|FT|||a\\.br\\b\r"
    b"OBX|2|ST|||a\\.br\\b\r"
)


@pytest.fixture
def order() -> Message:
    return Message.parse(ORDER)


def test_a_message_keeps_its_bytes_and_tells_how_it_was_read(order):
    assert order.raw == ORDER
    assert order.codec == "ascii"
    assert order.declared_charset == ""
    assert order.flags == ()
    assert order.delimiters.field == "|"
    assert [s.id for s in order.segments] == ["MSH", "PID", "ORC", "OBR", "OBX", "OBX"]
    assert [s.index for s in order.segments] == [1, 1, 1, 1, 1, 2]
    assert [s.line for s in order.segments] == [1, 2, 3, 4, 5, 6]
    assert order.count("OBX") == 2
    assert order.count("ZZZ") == 0


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("MSH-1", "|"),
        ("MSH-2", "^~\\&"),
        ("MSH-2.1", "^~\\&"),
        ("MSH-2[2]", None),
        ("MSH-3", "EHR"),
        ("MSH-9", "ORM"),
        ("MSH-9.3", "ORM_O01"),
        ("MSH-12", "2.5.1"),
        ("MSH-13", None),
        ("PID-3", "007"),
        ("PID-3.1.1", "007"),
        ("PID-3.4", "HOSP"),
        ("PID-3.4.2", "1.2.3"),
        ("PID-3[2].4", "NAT"),
        ("PID-3[2].4.1", "NAT"),
        ("PID-3[2].4.2", None),
        ("PID-3[3]", None),
        ("PID-3[2]", "99"),
        ("PID-2", ""),
        ("PID-5.2", "J&K"),
        ("PID-5.3", ""),
        ("PID-7", ""),
        ("PID-11.1.2", "12 \\ MAIN"),
        ("PID-11.2", ""),
        ("PID-12", None),
        ("OBX-5", "a\nb"),
        ("OBX[2]-5", "a\\.br\\b"),
        ("OBX[3]-5", None),
        ("OBX[1]-2", "FT"),
        ("ZZZ-1", None),
        ("OBR-4[1].2", "HEAD"),
        ("OBR-4.3", None),
    ],
)
def test_values_at_paths(order, path, value):
    assert order.get(path) == value
    assert order.get(FieldPath.parse(path)) == value


@pytest.mark.parametrize(
    ("path", "state"),
    [
        ("PID-1", ValueState.VALUED),
        ("PID-2", ValueState.EMPTY),
        ("PID-7", ValueState.NULL),
        ("PID-7.1.1", ValueState.NULL),
        ("PID-7.2", ValueState.ABSENT),
        ("PID-5", ValueState.VALUED),
        ("PID-5.3", ValueState.NULL),
        ("PID-11", ValueState.VALUED),
        ("PID-11.1.1", ValueState.EMPTY),
        ("PID-11.3", ValueState.ABSENT),
        ("PID-40", ValueState.ABSENT),
        ("NTE-1", ValueState.ABSENT),
        ("MSH-2", ValueState.VALUED),
    ],
)
def test_empty_null_and_absent_are_told_apart(order, path, state):
    assert order.state(path) == state


def test_separators_alone_are_empty():
    message = Message.parse(b"MSH|^~|\rPID|^~^|\\|" + b'""^""')
    assert message.state("PID-1") == ValueState.EMPTY
    assert message.state("PID-2") == ValueState.VALUED
    assert message.state("PID-3") == ValueState.VALUED
    assert message.state("MSH-2") == ValueState.VALUED
    assert message.state("PID") == ValueState.VALUED


def test_all_values_of_repeating_fields_and_segments(order):
    assert order.values("PID-3") == ["007"]
    assert order.values("PID-3.1") == ["007", "99"]
    assert order.values("PID-3[2].1") == ["99"]
    assert order.values("OBX-1") == ["1", "2"]
    assert order.values("OBX[2]-1") == ["2"]
    assert order.values("OBX-9") == []
    assert order.values("PID-3.4.2") == ["1.2.3"]


def test_nodes_at_paths(order):
    assert [str(node.path) for node in order.find("OBX")] == ["OBX[1]", "OBX[2]"]
    assert [str(node.path) for node in order.find("PID-3.1")] == ["PID-3[1].1", "PID-3[2].1"]
    assert [str(node.path) for node in order.find("PID-5.2.1")] == ["PID-5.2.1"]
    assert [str(node.path) for node in order.find("PID-5[1]")] == ["PID-5[1]"]
    assert order.first("ZZZ") is None
    assert order.first(FieldPath("PID", 0)) is None
    assert order.first(FieldPath("PID", 1, 0)) is None


def walk(node: Node):
    yield node
    for child in node.children:
        yield from walk(child)


def all_nodes(message: Message):
    for segment in message.segments:
        yield from walk(segment)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_and_every_span_is_its_text(raw):
    for whole in (raw, b"MSH|^~\\&|" + raw, codecs.BOM_UTF16_LE + raw, codecs.BOM_UTF8 + raw):
        message = Message.parse(whole)
        assert message.raw == whole
        _check_spans(message)


def _check_spans(message: Message) -> None:
    for node in all_nodes(message):
        start, end = node.char_span
        assert node.raw_text == message.text[start:end]
        first, last = node.span
        assert 0 <= first <= last <= len(message.raw)
        errors = "strict" if message.cut is None else "replace"
        assert message.raw[first:last].decode(message.codec, errors) == node.raw_text
        assert isinstance(node.value, str)
        assert node.state != ValueState.ABSENT
        if node.path.segment:
            assert node in message.find(node.path) or node.is_divided is False


NAMES = {
    "UNICODE UTF-8": "山表é𠀀",
    "ISO IR87": "山表能",
    "ISO IR14": "表能ソ十",
    "BIG-5": "功許蓋",
    "GB 18030-2000": "臸芕渱𠀀é",
    "KS X 1001": "홍길동",
    "8859/15": "é€œ",
}


@given(st.lists(st.sampled_from(["PID|1", "OBX|1|a", "OBX", "", "no segment", "Z", "NTE|"])))
def test_segments_one_after_another_are_those_at_their_positions(lines):
    segments = Message.parse("\r".join(["MSH|^~\\&|", *lines]).encode()).segments
    found = [(s.id, s.index, s.line, s.char_span) for s in segments]
    asked = [segments[position] for position in range(len(segments))]
    assert found == [(s.id, s.index, s.line, s.char_span) for s in asked]


@given(st.sampled_from(sorted(NAMES)), st.data())
def test_spans_hold_in_every_character_set(name, data):
    field = st.text(NAMES[name] + "ab^~&", max_size=8)
    body = "|".join(data.draw(st.lists(field, max_size=6)))
    codec = Message.parse(header(name)).codec
    message = Message.parse(header(name) + f"PID|{body}\rZZZ|".encode(codec))
    assert message.codec == codec
    assert message.segments[1].raw_text == f"PID|{body}"
    _check_spans(message)


def header(name: str) -> bytes:
    return f"MSH|^~\\&|A|B|C|D|2026||ADT^A08|1|P|2.5||||||{name}\r".encode()


def test_lines_that_are_no_segments_are_kept():
    message = Message.parse(b"MSH|^~\\&|A\rPIDX|1\rpid|2\rtext\rZZZ\rOBX|5\r")
    assert [s.id for s in message.segments] == ["MSH", "", "", "", "ZZZ", "OBX"]
    assert message.flags == (NOT_A_SEGMENT,)
    stray = message.segments[2]
    assert (stray.raw_text, stray.value) == ("pid|2", "pid|2")
    assert list(stray.fields) == []
    assert stray.field(1) is None
    assert stray.path == FieldPath("", 2)
    assert list(message.segments[4].fields) == []
    assert message.segments[4].field(1) is None
    assert message.find(FieldPath("", 3)) == [message.segments[3]]


def test_several_headers_are_flagged():
    message = Message.parse(b"MSH|^~\\&|A\rPID|1\rMSH|^~\\&|B\rPID|2\r")
    assert message.flags == (SEVERAL_HEADERS,)
    assert message.get("MSH[2]-3") == "B"


def test_nothing_at_all():
    message = Message.parse(b"")
    assert list(message.segments) == []
    assert message.at(0) is None
    assert message.find("MSH") == []
    assert message.flags == ()
    with pytest.raises(IndexError):
        message.segments[0]


def test_segments_are_a_sequence(order):
    assert order.segments[-1].line == 6
    assert [s.id for s in order.segments[:2]] == ["MSH", "PID"]
    assert len(order.segments) == 6
    with pytest.raises(IndexError):
        order.segments[6]
    with pytest.raises(IndexError):
        order.segments[-7]


@pytest.mark.parametrize(
    ("needle", "shift", "path"),
    [
        (b"MSH", 0, "MSH"),
        (b"MSH", 2, "MSH"),
        (b"MSH", 3, "MSH-1"),
        (b"MSH", 4, "MSH-2"),
        (b"MSH", 8, "MSH-2"),
        (b"EHR", 0, "MSH-3"),
        (b"EHR", 3, "MSH-3"),
        (b"007", 1, "PID-3[1].1"),
        (b"HOSP&", 0, "PID-3[1].4.1"),
        (b"HOSP&", 4, "PID-3[1].4.1"),
        (b"1.2.3", 0, "PID-3[1].4.2"),
        (b"~99", 0, "PID-3[1].5"),
        (b"~99", 1, "PID-3[2].1"),
        (b"NW|", 0, "ORC-1"),
        (b"P1^EHR\r", 2, "ORC-2.1"),
        (b"P1^EHR\r", 6, "ORC-2.2"),
        (b"OBX|2", 1, "OBX[2]"),
        (b"OBX|2", 4, "OBX[2]-1"),
    ],
)
def test_the_smallest_element_around_a_byte(order, needle, shift, path):
    node = order.at(ORDER.index(needle) + shift)
    assert node is not None
    assert str(node.path) == path


def test_between_the_lines_there_is_nothing():
    message = Message.parse(b"\x00 MSH|^~\\&|A\r\n\r\nPID|1\r\n")
    assert message.at(0) is None
    assert message.at(message.raw.index(b"\n")) is None
    assert str(message.at(len(message.raw)) or "") == ""
    assert message.at(10**9) is None
    stray = Message.parse(b"text").at(2)
    assert stray is not None
    assert stray.raw_text == "text"


@given(st.binary(max_size=80), st.integers(-2, 90))
def test_any_place_of_any_bytes(raw, offset):
    Message.parse(b"MSH|^~\\&|" + raw).at(offset)


def test_neither_message_nor_node_shows_content(order):
    everything = repr(order) + "".join(repr(node) for node in all_nodes(order))
    assert "DOE" not in everything
    assert "007" not in everything


def test_a_large_message_is_taken_apart_only_where_it_is_looked_at():
    line = b"OBX|%d|NM|8310-5^Temp^LN||36.6|Cel|||||F\r"
    raw = ORDER + b"".join(line % n for n in range(20_000))
    message = Message.parse(raw)
    assert len(message.segments) == 20_006
    assert message.get("OBX[20002]-1") == "19999"
    assert message.get("OBX[12]-5") == "36.6"


def test_a_document_of_many_megabytes():
    raw = ORDER + b"OBX|3|ED|||^AP^PDF^Base64^" + b"QUJD" * 2_000_000 + b"||||||F\r"
    message = Message.parse(raw)
    assert len(message.get("OBX[3]-5.5") or "") == 8_000_000
    node = message.at(len(raw) // 2)
    assert node is not None
    assert str(node.path) == "OBX[3]-5.5"


def test_hostile_nesting_is_no_burden():
    raw = b"MSH|^~\\&|" + b"^~&|" * 200_000
    message = Message.parse(raw)
    field = message.segments[0].field(3)
    assert field is not None
    assert message.get("MSH-3") == ""
    assert len(message.segments[0].fields) == 200_003
    assert len(Message.parse(b"\r\n" * 500_000).segments) == 0
    assert Message.parse(b"MSH|^~\\&|" + b"&" * 2_000_000).get("MSH-3.1.1000000") == ""


def test_the_tree_agrees_with_the_hl7_package(corpus):
    checked = 0
    for file in sorted(corpus.rglob("*")):
        if file.is_file() and file.stat().st_size < 3000:
            checked += _agrees_with_hl7(Message.parse(file.read_bytes()))
    assert checked > 20


FLAGS_THAT_DIFFER = {NOT_A_SEGMENT, LEADING_NOISE, BAD_MSH2, SEVERAL_HEADERS, LF_IN_TEXT}


def _agrees_with_hl7(message: Message) -> bool:
    if not message.header.has_msh or FLAGS_THAT_DIFFER & set(message.flags):
        return False
    lines = [segment.raw_text for segment in message.segments]
    other = hl7.parse("\r".join([*lines, "ZZ9|the package cuts blanks at the end"]) + "\r")
    for segment, theirs in zip(message.segments, other, strict=False):
        for field in segment.fields:
            if segment.id != "MSH" or field.number > 2:
                assert field.raw_text == str(theirs(field.number)), field
        for field in list(segment.fields)[2 if segment.id == "MSH" else 0 :]:
            for repetition in field.repetitions:
                for component in repetition.components:
                    place = (segment.id, segment.index, field.number, repetition.number)
                    leaf = component.subcomponents[0]
                    if message.delimiters.escape not in leaf.raw_text:
                        found = other.extract_field(*place, component.number, 1)
                        assert found == leaf.raw_text, leaf
    return True


@given(st.lists(st.lists(st.text("ab1 ^~&", max_size=6), max_size=5), max_size=5))
def test_clean_messages_agree_with_the_hl7_package(rows):
    names = ("PID", "OBX", "ZZ1", "OBX")
    lines = ["MSH|^~\\&|A|B"]
    lines += [f"{names[n % 4]}|" + "|".join(fields) for n, fields in enumerate(rows)]
    assert _agrees_with_hl7(Message.parse(("\r".join(lines) + "\r").encode()))
