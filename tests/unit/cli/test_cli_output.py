from __future__ import annotations

import errno
import io
import json
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.cli import output


class Pipe(io.TextIOWrapper):
    """Standard output joined to a pipe of some encoding."""

    def __init__(self, encoding: str = "utf-8") -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, newline="")

    def text(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


class ClosedPipe(io.TextIOWrapper):
    def __init__(self, number: int) -> None:
        super().__init__(io.BytesIO())
        self.number = number

    def write(self, text: str) -> int:
        raise OSError(self.number, "gone")


def join(monkeypatch, encoding: str = "utf-8") -> Pipe:
    """Join standard output to a pipe, from within the test (pytest's own capture is set before)."""
    made = Pipe(encoding)
    monkeypatch.setattr(sys, "stdout", made)
    return made


def test_a_pipe_of_code_page_1252_takes_any_name(monkeypatch):
    pipe = join(monkeypatch, "cp1252")
    monkeypatch.setattr(sys, "stderr", Pipe("cp1252"))
    output.prepare_streams()
    output.line("Müller 見本")
    assert pipe.text() == "Müller \\u898b\\u672c\n"


def test_json_is_plain_ascii_unless_the_stream_is_utf_8(monkeypatch):
    pipe = join(monkeypatch)
    output.json_line({"name": "見本"})
    assert pipe.text() == '{"name":"見本"}\n'
    narrow = join(monkeypatch, "cp1252")
    output.json_line({"name": "見本"})
    assert narrow.text() == '{"name":"\\u898b\\u672c"}\n'
    assert json.loads(narrow.text()) == {"name": "見本"}


def test_raw_bytes_come_out_as_they_are_and_in_order(monkeypatch):
    pipe = join(monkeypatch)
    output.line("first")
    output.raw(b"MSH|\xff\r\n\x0b")
    assert pipe.bytes.getvalue() == b"first\nMSH|\xff\r\n\x0b"


@pytest.mark.parametrize("number", [errno.EPIPE, errno.EINVAL])
def test_a_closed_pipe_ends_the_command_and_silences_remarks(monkeypatch, number):
    monkeypatch.setattr(sys, "stdout", ClosedPipe(number))
    monkeypatch.setattr(sys, "stderr", ClosedPipe(number))
    with pytest.raises(output.OutputClosedError):
        output.line("x")
    output.remark("x")


def test_a_full_disk_is_no_closed_pipe(monkeypatch):
    monkeypatch.setattr(sys, "stdout", ClosedPipe(errno.ENOSPC))
    with pytest.raises(OSError, match="gone"):
        output.line("x")


def test_tables_align_wide_and_combining_characters(monkeypatch):
    pipe = join(monkeypatch)
    output.table(
        ["Id", "Name", "Note"], [["7", "見本", "a"], ["12", "Folas\u0323ade", "b"]], right=(0,)
    )
    assert pipe.text().splitlines() == [
        "Id  Name      Note",
        " 7  見本      a",
        "12  Folas\u0323ade  b",
    ]


@given(st.text())
def test_nothing_shown_can_drive_a_terminal(text):
    shown = output.visible(text)
    assert shown.isprintable() or not shown
    assert len(shown) == len(text)


def test_an_escape_sequence_is_shown_as_a_symbol():
    assert output.visible("a\x1b[2Jb\x7f\x85") == "a\u241b[2Jb\u2421\ufffd"
