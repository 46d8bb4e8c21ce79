from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.editing.lines import editor_lines, line_end_of, with_line_ends
from hl7console.hl7v2.message import Message


def shown(text: str) -> list[str]:
    message = Message.parse(text.encode())
    starts, ends = editor_lines(text, message.line_starts, message.line_ends)
    return [text[a:b] for a, b in zip(starts, ends, strict=True)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [""]),
        ("MSH|^~\\&|A", ["MSH|^~\\&|A"]),
        ("MSH|^~\\&|A\rPID|1\r", ["MSH|^~\\&|A", "PID|1", ""]),
        ("MSH|^~\\&|A\r\nPID|1\r\n\r\n", ["MSH|^~\\&|A", "PID|1", "", ""]),
        ("MSH|^~\\&|A\nPID|1", ["MSH|^~\\&|A", "PID|1"]),
        ("MSH|^~\\&|A\r\r \rPID|1", ["MSH|^~\\&|A", "", " ", "PID|1"]),
        ("\r\nMSH|^~\\&|A", ["", "MSH|^~\\&|A"]),
        ("  MSH|^~\\&|A\r", ["  MSH|^~\\&|A", ""]),
        ("\r\r", ["", "", ""]),
        ("MSH|^~\\&|A\rNTE|1||a\nb\r", ["MSH|^~\\&|A", "NTE|1||a\nb", ""]),
    ],
)
def test_every_line_is_there(text, lines):
    assert shown(text) == lines


@given(st.text(alphabet="MSHPID|^ \r\na", max_size=30))
def test_lines_and_what_is_between_them_are_the_whole_text(text):
    message = Message.parse(text.encode())
    starts, ends = editor_lines(message.text, message.line_starts, message.line_ends)
    assert starts[0] == 0
    assert ends[-1] == len(message.text)
    for end, start in zip(ends, starts[1:], strict=False):
        assert message.text[end:start] in ("\r\n", "\r", "\n")


def test_line_ends_of_pasted_text():
    assert line_end_of("a\r\nb\r") == "\r\n"
    assert line_end_of("a") == "\r"
    assert with_line_ends("a\r\nb\nc", "\r") == "a\rb\rc"
    assert with_line_ends("a\nb", "\r\n") == "a\r\nb"
