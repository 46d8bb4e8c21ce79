from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.edits import (
    InsertSegment,
    RemoveSegment,
    ReplaceText,
    SetNull,
    SetRaw,
    SetValue,
    SwitchCharset,
    invert,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError

RAW = b"MSH|^~\\&|A|B\rPID|1||7^^^H||DOE\rNTE|1\rNTE|2\r"
PATH = FieldPath.parse("PID-5.2")


@pytest.fixture
def message() -> Message:
    return Message.parse(RAW)


@pytest.mark.parametrize(
    ("edit", "raw", "words"),
    [
        (SetValue(PATH, "J"), RAW.replace(b"DOE", b"DOE^J"), "Set PID-5.2"),
        (SetValue(FieldPath.parse("PID-5"), ""), RAW.replace(b"DOE", b""), "Clear PID-5"),
        (SetNull(PATH), RAW.replace(b"DOE", b'DOE^""'), "Set PID-5.2 to null"),
        (SetRaw(PATH, "a&b"), RAW.replace(b"DOE", b"DOE^a&b"), "Rewrite PID-5.2"),
        (InsertSegment(2, "EVN||1"), RAW.replace(b"PID", b"EVN||1\rPID"), "Insert EVN as line 2"),
        (InsertSegment(5, "ZZZ|1"), RAW + b"ZZZ|1\r", "Insert ZZZ as line 5"),
        (RemoveSegment(FieldPath("PID")), RAW.replace(b"PID|1||7^^^H||DOE\r", b""), "Remove PID"),
        (RemoveSegment(FieldPath("NTE", 2)), RAW.replace(b"NTE|2\r", b""), "Remove NTE[2]"),
        (RemoveSegment(FieldPath("NTE")), RAW.replace(b"NTE|1\r", b""), "Remove NTE"),
        (ReplaceText(0, 0, "x"), b"x" + RAW, "Replace 0 by 1 characters"),
        (
            SwitchCharset("8859/1"),
            RAW.replace(b"|B\r", b"|B||||||||||||||8859/1\r"),
            "Switch the character set to 8859/1",
        ),
    ],
)
def test_an_edit_and_its_inverse(message, edit, raw, words):
    changed = edit.apply(message)
    assert changed.raw == raw
    assert edit.describe() == words
    back = invert(edit, message, changed)
    assert back.apply(changed).raw == RAW
    assert back.describe() == f"Undo: {words}"


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_are_put_in_with_the_line_ends_that_are_there(end):
    message = Message.parse(f"MSH|^~\\&|A{end}PID|1{end}".encode())
    changed = InsertSegment(3, "ZZZ|1").apply(message)
    assert changed.raw == f"MSH|^~\\&|A{end}PID|1{end}ZZZ|1{end}".encode()
    assert RemoveSegment(FieldPath("ZZZ")).apply(changed).raw == message.raw
    assert InsertSegment(2, "EVN|1").apply(message).raw.count(end.encode()) == 3


def test_a_last_line_without_an_end():
    message = Message.parse(b"MSH|^~\\&|A")
    changed = InsertSegment(2, "PID|1").apply(message)
    assert changed.raw == b"MSH|^~\\&|A\rPID|1"
    assert RemoveSegment(FieldPath("PID")).apply(changed).raw == message.raw
    assert InsertSegment(1, "MSH|^~\\&|A").apply(Message.parse(b"")).raw == message.raw


@pytest.mark.parametrize(
    "edit",
    [
        InsertSegment(2, ""),
        InsertSegment(2, "A|1\rB|2"),
        InsertSegment(2, "A|1\n"),
        InsertSegment(0, "A|1"),
        InsertSegment(6, "A|1"),
        RemoveSegment(FieldPath("MSH")),
        RemoveSegment(FieldPath("ZZZ")),
        RemoveSegment(FieldPath("NTE", 3)),
    ],
)
def test_what_cannot_be_done(message, edit):
    with pytest.raises(EditError):
        edit.apply(message)


def test_an_edit_shows_no_content():
    for edit in (SetValue(PATH, "DOE"), SetRaw(PATH, "DOE"), InsertSegment(1, "PID|DOE")):
        assert "DOE" not in repr(edit)
        assert "DOE" not in edit.describe()


@given(
    st.sampled_from(["iso2022_jp", "shift_jis", "utf_8", "gb18030"]),
    st.text("山表ab|^\r", max_size=12),
    st.text("山表ab|^", max_size=5),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_undo_gives_the_same_bytes(codec, body, text, one, other):
    names = {"iso2022_jp": "ISO IR87", "shift_jis": "ISO IR14", "utf_8": "UTF-8"}
    name = names.get(codec, "GB18030")
    raw = f"MSH|^~\\&|A|||||||||||||||{name}\rPID|{body}\r".encode(codec)
    message = Message.parse(raw)
    start = len(message.text) - 1 - len(body)
    first, last = sorted((min(one, len(body)), min(other, len(body))))
    edit = ReplaceText(start + first, start + last, text)
    changed = edit.apply(message)
    assert changed.text == message.text[: edit.start] + text + message.text[edit.end :]
    assert invert(edit, message, changed).apply(changed).raw == raw
