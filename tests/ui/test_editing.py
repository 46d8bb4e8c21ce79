"""The window *Edit and resend*, over a real engine: typing, the tree, sending, closing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from window_kit import Answers, order, port, send, shown

from hl7console.engine.console import SaveDestination, SaveListener
from hl7console.settings import DestinationSettings, Environment, ListenerSettings
from hl7console.store.edited_messages import edited_by
from hl7console.ui.editing.opening import editors_of, open_editor
from hl7console.ui.editing.window import EditorWindow


@pytest.fixture
def loop(window, engine, qtbot):
    """The window with one message, and two destinations that are its own listeners."""
    send(port(engine), order("A1"))
    engine.submit(SaveListener(ListenerSettings(name="Live", port=0))).result(10)
    engine.submit(SaveDestination(DestinationSettings(name="Test", port=port(engine)))).result(10)
    live = port(engine, "Live")
    production = DestinationSettings(name="PACS", port=live, environment=Environment.PRODUCTION)
    engine.submit(SaveDestination(production)).result(10)
    qtbot.waitUntil(lambda: len(shown(window)) == 1 and len(window.bridge.destinations) == 2)
    yield window
    for editor in editors_of(window):
        editor.stop()
        editor.close()


def settled(editor: EditorWindow, qtbot) -> EditorWindow:
    qtbot.waitUntil(lambda: editor.desk.is_checked)
    return editor


@pytest.fixture
def editor(loop, engine, qtbot) -> EditorWindow:
    made = open_editor(loop, engine, loop.bridge, 1, destination="Test", ask=Answers())
    return settled(made, qtbot)


def after(editor: EditorWindow, needle: str) -> None:
    """Put the caret behind some text."""
    at = editor.desk.document.text.index(needle) + len(needle)
    editor.edited.text.put_caret(at)
    editor.edited.text.caret_moved.emit()


def rows(editor: EditorWindow) -> list[tuple[str, ...]]:
    model = editor.changes.changes.rows
    return [model.texts(n) for n in range(model.rowCount())]


def stored(engine, message_id: int):
    reader = engine.open_reader()
    try:
        return reader.message(message_id), edited_by(reader, message_id)
    finally:
        reader.close()


def test_typing_changes_the_bytes_and_the_list_of_changes(editor, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "-X")
    assert editor.desk.document.raw == order("A1").replace(b"MARLOWE", b"MARLOWE-X")
    settled(editor, qtbot)
    assert [(row[0], *row[2:]) for row in rows(editor)] == [("PID-5.1", "MARLOWE", "MARLOWE-X")]
    assert editor.changes.tabText(0) == "1 change"
    assert editor.is_unsaved
    qtbot.keyClick(editor, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert editor.desk.document.raw == order("A1")
    assert not editor.is_unsaved
    qtbot.keyClick(editor, Qt.Key.Key_Y, Qt.KeyboardModifier.ControlModifier)
    assert b"MARLOWE-X" in editor.desk.document.raw


def test_edit_send_and_see_the_answer(editor, engine, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClick(editor.edited.text, Qt.Key.Key_Backspace)
    editor.sending.reason.setText("The name was wrong.")
    qtbot.keyClick(editor.edited.text, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(lambda: editor.sending.answer.result is not None)
    result = editor.sending.answer.result
    assert (result.state, result.ack_code) == ("accepted", "AA")
    message, by = stored(engine, result.message_id)
    assert message.raw == order("A1").replace(b"MARLOWE", b"MARLOW")
    assert (message.row.origin, message.row.parent_id) == ("edited", 1)
    assert by.reason == "The name was wrong."
    original, _ = stored(engine, 1)
    assert original.raw == order("A1")
    assert not editor.is_unsaved
