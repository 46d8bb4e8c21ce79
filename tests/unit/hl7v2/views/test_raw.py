"""Raw text in coloured stretches, and offsets both ways."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.views.raw import LONGEST_COLOURED, RawText, TokenKind, tokenise

K = TokenKind


def stretches(line: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8"):
    found = tokenise(line, 0, len(line), line[:3], delimiters, codec)
    position = 0
    for token in found:
        assert token.start == position
        assert token.end > token.start
        position = token.end
    assert position == len(line)
    return [(token.kind, line[token.start : token.end]) for token in found]


def test_a_header():
    assert stretches(r"MSH|^~\&|A^B") == [
        (K.SEGMENT_ID, "MSH"),
        (K.FIELD_SEPARATOR, "|"),
        (K.ENCODING, r"^~\&"),
        (K.FIELD_SEPARATOR, "|"),
        (K.TEXT, "A"),
        (K.COMPONENT_SEPARATOR, "^"),
        (K.TEXT, "B"),
    ]
    assert stretches("MSH") == [(K.SEGMENT_ID, "MSH")]
    assert stretches("MSH|") == [(K.SEGMENT_ID, "MSH"), (K.FIELD_SEPARATOR, "|")]
    assert stretches("MSH|^~")[-1] == (K.ENCODING, "^~")


@pytest.mark.parametrize(
    ("field", "kinds"),
    [
        ("a~b", [(K.TEXT, "a"), (K.REPETITION_SEPARATOR, "~"), (K.TEXT, "b")]),
        ("a&b", [(K.TEXT, "a"), (K.SUBCOMPONENT_SEPARATOR, "&"), (K.TEXT, "b")]),
        ('""', [(K.NULL, '""')]),
        ('""x', [(K.TEXT, '""x')]),
        (r"a\F\b", [(K.TEXT, "a"), (K.ESCAPE, r"\F\ ".strip()), (K.TEXT, "b")]),
        (r"C:\temp", [(K.TEXT, "C:"), (K.BAD_ESCAPE, "\\"), (K.TEXT, "temp")]),
        (
            r"\X41\\XZZ\ ".strip(),
            [(K.ESCAPE, r"\X41\ ".strip()), (K.BAD_ESCAPE, r"\XZZ\ ".strip())],
        ),
        (r"\XC3\\XA9\ ".strip(), [(K.ESCAPE, r"\XC3\\XA9\ ".strip())]),
        ("a\x00b", [(K.TEXT, "a"), (K.CONTROL, "\x00"), (K.TEXT, "b")]),
        (
            "\x01a\\.br\\\x02",
            [(K.CONTROL, "\x01"), (K.TEXT, "a"), (K.ESCAPE, "\\.br\\"), (K.CONTROL, "\x02")],
        ),
        ("", []),
    ],
)
def test_values(field, kinds):
    assert stretches(f"PID|{field}")[2:] == kinds


def test_without_escapes():
    delimiters = Delimiters("|", "^", "~", "", "")
    assert stretches("PID|a\\F\\&b", delimiters)[2:] == [(K.TEXT, "a\\F\\&b")]


def test_lines_that_are_no_segments():
    assert tokenise("garbage", 0, 7, "", DEFAULT) == [
        *tokenise("garbage", 0, 7, "", DEFAULT),
    ]
    assert tokenise("garbage", 0, 7, "", DEFAULT)[0].kind == K.NOT_A_SEGMENT
    assert tokenise("garbage", 3, 3, "", DEFAULT) == []


def test_long_lines_are_coloured_in_part():
    line = "OBX|" + "a^" * LONGEST_COLOURED
    found = stretches(line)
    assert len(found) <= LONGEST_COLOURED + 4
    assert len(found[-1][1]) > LONGEST_COLOURED


def test_the_screen_has_a_line_a_segment():
    message = Message.parse(b"\x0bMSH|^~\\&|A\r\n\r\nPID|1\x00\nx\rjunk\r")
    raw = RawText(message)
    lines = raw.display.split("\n")
    assert lines[0] == "MSH|^~\\&|A"
    assert "PID|1\u2400" in lines[1]
    assert lines[-1] == "junk"
    assert raw.line_count == len(lines)
    assert [t.kind for t in raw.tokens(raw.line_count - 1)] == [K.NOT_A_SEGMENT]
    assert raw.tokens(0)[0].kind == K.SEGMENT_ID


def test_offsets_go_both_ways():
    text = "MSH|^~\\&|A\r\nPID|1||\U0001f600x\u2028y\r\nPV1|\U0001f600\U0001f600I\r\n"
    message = Message.parse(text.encode())
    raw = RawText(message)
    units = raw.display.encode("utf-16-le")
    for segment in message.segments:
        for offset in range(segment.start, segment.end):
            position = raw.position_of(offset)
            shown = units[position * 2 : position * 2 + 4].decode("utf-16-le", "ignore")[0]
            assert shown == message.text[offset].translate({0x2028: 0x2424})
            assert raw.offset_at(position) == offset
            assert raw.line_at(position) == segment.line - 1


def test_offsets_outside():
    message = Message.parse(b"MSH|^~\\&|A\r\nPID|1\r\n")
    raw = RawText(message)
    assert raw.offset_at(10**6) == message.segments[1].end
    assert raw.position_of(10**6) == len(raw.display)
    assert raw.position_of(11) == 10
    assert raw.line_at(10**6) == 1


def test_an_empty_message():
    raw = RawText(Message.parse(b""))
    assert raw.display == ""
    assert raw.line_count == 0
    assert raw.offset_at(3) == 0
    assert raw.position_of(3) == 0
    assert raw.line_at(0) == 0


@given(st.text(max_size=200))
def test_any_text_is_covered_without_gaps(text):
    message = Message.parse(("MSH|^~\\&|A\r" + text).encode("utf-8", "replace"))
    raw = RawText(message)
    for line, segment in enumerate(message.segments):
        tokens = raw.tokens(line)
        assert "".join(message.text[t.start : t.end] for t in tokens) == segment.raw_text
    assert len(raw.display.split("\n")) == max(1, raw.line_count)
