"""Where headers stand, and where messages end."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.splitting import marks
from hl7console.hl7v2.splitting.marks import Mark, find_marks, message_end


def test_marks_in_order():
    text = b"FHS|^~\\&\rBHS|^~\\&\rMSH|^~\\&|A\rNTE|BTS|MSH\rBTS\rFTS"
    assert [(m.segment_id, m.at) for m in find_marks(text, 0, len(text))] == [
        ("FHS", 0),
        ("BHS", 9),
        ("MSH", 18),
        ("BTS", text.rindex(b"BTS")),
        ("FTS", text.rindex(b"FTS")),
    ]
    assert find_marks(text, 19, 30) == []


def test_a_header_in_a_line_of_other_text():
    text = b"x MSH|^~\\&|A\rPID|MSH|^~\\&|\rNTE y MSH#@#\r"
    assert find_marks(text, 0, len(text)) == [Mark(2, "MSH", is_in_line=True)]


@pytest.mark.parametrize(
    ("line", "log", "between", "among"),
    [
        (b"2026-01-05 10:00:00 x", True, True, True),
        (b"[2026/01/05T10:00 x", True, True, True),
        (b"05.01.2026 10:00 x", True, True, True),
        (b"  10:00:00 x", True, True, True),
        (b"WARN x", True, True, True),
        (b"WARNINGS x", False, False, True),
        (b"=====", False, True, True),
        (b"some text", False, False, True),
        (b"QUJDREVGQUJDREVGQUJD", False, False, False),
    ],
)
def test_foreign_lines(line, log, between, among):
    assert marks.is_log_line(line, False) == log
    assert marks.is_between_messages(line, False) == between
    assert marks.is_among_text(line, False) == among
    assert marks.is_between_messages(line, True) == among


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (b"MSH|a\rPID|1\rtext\r", b"MSH|a\rPID|1\rtext\r"),
        (b"MSH|a\rPID|1\r\r\ntext\r", b"MSH|a\rPID|1\r"),
        (b"MSH|a\rtext\r\rmore\r\rlast", b"MSH|a\rtext\r"),
        (b"MSH|a\r\nPID|1\r\n----\r\n", b"MSH|a\r\nPID|1\r\n"),
        (b"MSH|a", b"MSH|a"),
        (b"MSH|a\r", b"MSH|a\r"),
        (b"MSH|a" + b" " * 9000, b"MSH|a" + b" " * 9000),
        (b"MSH|a\r---\rPID|1\r", b"MSH|a\r---\rPID|1\r"),
    ],
)
def test_message_ends(text, kept):
    end = message_end(text, 0, len(text), marks.is_between_messages)
    assert text[:end] == kept


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        (b"MSH|^~\\&|A\rPID|1\r", True),
        (b"MSH|^~\\&|A", True),
        (b"\rMSH|^~\\&|A", False),
        (b"MSH|^~\\&|A\rMSH|^~\\&|B", False),
        (b"MSH|^~\\&|A\rBTS|1", False),
        (b"MSH|^~\\&|A\rtext", False),
        (b"MSH-9", False),
    ],
)
def test_the_quick_way(text, is_one):
    assert marks.is_one_message(text, 0, len(text)) == is_one
