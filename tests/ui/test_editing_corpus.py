"""Edit and resend on messages of the corpus: only the edited bytes differ, in store and on wire."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from window_kit import Answers, port, send

from hl7console.engine.console import ImportFiles, SaveDestination
from hl7console.hl7v2.message import Message
from hl7console.settings import DestinationSettings
from hl7console.ui.editing.opening import editors_of, open_editor
from hl7console.ui.editing.window import EditorWindow

CORPUS = Path(__file__).parent.parent / "corpus"
FHIR = "fhir-converter/data/SampleData/Hl7v2"
FIXTURES = "rethinkhealth/qa/fixtures"
CASES = (
    # File, the place that is typed in, what is typed, the place that is written in the tree, what.
    (f"{FHIR}/ADT-A01-01.hl7", "PID-5.1", "X", "PID-8", "F"),
    (f"{FHIR}/ORM-O01-03.hl7", "PID-5.2", "-B", "ORC-1", "XO"),
    (f"{FHIR}/LAB-ORU-2.hl7", "OBR-4.2", " (edited)", "PID-3.1", "47&11"),
    (f"{FHIR}/VXU-V04-01.hl7", "PID-11.1", " 2", "PID-7", "19700101"),
    (f"{FIXTURES}/edge-escaped-delimiters.hl7", "OBX-5", " \\T\\", "PID-5.1", "A&B|C"),
    (f"{FIXTURES}/edge-custom-delimiters.hl7", "PID-5.2", "X", "PID-5.3", "A!B#C"),
    ("derived-own/iso2022jp-ir87.hl7", "PID-5.2", "山", "NTE-3", "次郎"),
    ("derived-own/gb18030.hl7", "PID-5.1", "山", "PID-8", "M"),
    ("derived-own/utf8-truncated-mid-char.hl7", "PID-5.1", "ä", "PID-8", "O"),
    ("derived-own/cp1252-declared-8859-1.hl7", "PID-5.1", "ü", "PID-8", "O"),
)


@pytest.fixture
def loop(window, engine):
    """The window, and a destination that is its own listener."""
    engine.submit(SaveDestination(DestinationSettings(name="Test", port=port(engine)))).result(10)
    yield window
    for editor in editors_of(window):
        editor.stop()
        editor.close()


def opened(window, engine, qtbot, message_id: int) -> EditorWindow:
    editor = open_editor(window, engine, window.bridge, message_id, ask=Answers())
    qtbot.waitUntil(lambda: editor.desk.is_checked)
    qtbot.waitUntil(lambda: editor.sending.to.findData("Test") >= 0)
    editor.sending.to.setCurrentIndex(editor.sending.to.findData("Test"))
    return editor


def type_at(editor: EditorWindow, path: str, text: str) -> tuple[int, int]:
    """Type at the end of an element; return the bytes where that was."""
    node = editor.desk.document.message.first(path)
    assert node is not None, path
    span, end = node.span, node.end
    editor.edited.text.put_caret(end)
    editor.edited.text.caret_moved.emit()
    for char in text:
        editor.edited.text.type_text(char)
    return span


def outside_is_same(before: bytes, after: bytes, span: tuple[int, int]) -> None:
    assert after != before
    assert after[: span[0]] == before[: span[0]]
    assert after.endswith(before[span[1] :])


def stored_raw(engine, message_id: int) -> bytes:
    reader = engine.open_reader()
    try:
        return reader.raw(message_id)
    finally:
        reader.close()


def sent(editor: EditorWindow, engine, qtbot) -> bytes:
    """Send, and return the bytes that the receiver stored."""
    editor.flow.send()
    qtbot.waitUntil(lambda: editor.sending.answer.result is not None)
    result = editor.sending.answer.result
    assert result.ack_code
    assert stored_raw(engine, result.message_id) == editor.desk.document.raw
    return stored_raw(engine, engine.snapshot().last_message_id)


@pytest.mark.parametrize(("name", "typed_at", "text", "tree_at", "value"), CASES)
def test_only_the_edited_bytes_differ(
    loop, engine, qtbot, name: str, typed_at: str, text: str, tree_at: str, value: str
):
    original = (CORPUS / name).read_bytes()
    send(port(engine), original)
    message_id = engine.snapshot().last_message_id
    assert stored_raw(engine, message_id) == original
    editor = opened(loop, engine, qtbot, message_id)
    span = type_at(editor, typed_at, text)
    middle = editor.desk.document.raw
    outside_is_same(original, middle, span)
    assert Message.parse(middle).get(typed_at) == editor.desk.document.message.get(typed_at)
    qtbot.waitUntil(lambda: editor.desk.is_checked)
    # The same in the tree.
    editor.edited.setCurrentIndex(1)
    row = editor.desk.checked.rows.at_path(tree_at)
    editor.edited.tree.pane.select(row)
    span = editor.edited.tree.current_row.span
    editor.edited.tree.begin_edit()
    editor.edited.tree.box.setText(value)
    qtbot.keyClick(editor.edited.tree.box, Qt.Key.Key_Return)
    after = editor.desk.document.raw
    outside_is_same(middle, after, span)
    assert editor.desk.document.message.get(str(row.path)) == value
    # Hex marks just these bytes; whatever is not marked is the original's.
    editor.edited.setCurrentIndex(2)
    made, done = b"", 0
    marks = zip(editor.original.hex.view.marked, editor.edited.hex.view.marked, strict=True)
    for (old_start, old_end), (new_start, new_end) in marks:
        made += original[done:old_start] + after[new_start:new_end]
        done = old_end
    assert made + original[done:] == after
    assert sent(editor, engine, qtbot) == after
    for _ in range(len(editor.desk.document.steps)):
        editor.desk.undo()
    assert editor.desk.document.raw == original


def document_of_5_mb() -> bytes:
    data = base64.b64encode(bytes(range(250)) * 15_000)
    return (
        b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260110101500||MDM^T02|D1|P|2.5.1\r"
        b"PID|1||4711^^^HOSP^MR||DOE^JANE||19700101|F\r"
        b"OBX|1|ED|PDF^Report||^application^pdf^Base64^" + data + b"||||||F\r"
        b"NTE|1||ends here\r"
    )


def test_a_document_of_5_mb_is_edited_around_and_sent(loop, engine, qtbot):
    original = document_of_5_mb()
    message_id = engine.submit(ImportFiles(pasted=original)).result(60).first_message_id
    assert stored_raw(engine, message_id) == original
    editor = opened(loop, engine, qtbot, message_id)
    assert editor.edited.text.rows_shown < 100
    span = type_at(editor, "PID-5.1", "XYZ")
    outside_is_same(original, editor.desk.document.raw, span)
    type_at(editor, "OBX-11", "X")
    expected = original.replace(b"DOE^J", b"DOEXYZ^J").replace(b"||F\rNTE", b"||FX\rNTE")
    assert editor.desk.document.raw == expected
    type_at(editor, "OBX-5.5", "AAAA")
    expected = expected.replace(b"||||||FX", b"AAAA||||||FX")
    assert editor.desk.document.raw == expected
    qtbot.waitUntil(lambda: editor.desk.is_checked)
    assert sent(editor, engine, qtbot) == expected
