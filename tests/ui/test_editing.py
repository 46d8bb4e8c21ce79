"""The window *Edit and resend*, over a real engine: typing, the tree, sending, closing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from window_kit import Answers, order, port, send, shown

from hl7console.engine.console import SaveDestination, SaveListener
from hl7console.settings import DestinationSettings, Environment, ListenerSettings
from hl7console.store.edited_messages import saved_messages
from hl7console.ui.editing.opening import editors_of, open_editor, open_new
from hl7console.ui.editing.questions import LineQuestion
from hl7console.ui.editing.window import DISCARD, EditorWindow
from hl7console.ui.help.pages import all_pages
from hl7console.ui.theme import theme


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
        message = reader.message(message_id)
        return message, message.edited
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


def test_keys_of_actions_type_nothing(editor, qtbot):
    after(editor, "MARLOWE")
    for modifier in (Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier):
        qtbot.keyClick(editor.edited.text, Qt.Key.Key_3, modifier)
    assert not editor.desk.document.is_changed
    alt_gr = Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ControlModifier
    qtbot.keyClick(editor.edited.text, "3", alt_gr)
    assert editor.desk.document.raw == order("A1").replace(b"MARLOWE", b"MARLOWE3")


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


def test_every_way_to_change_what_a_message_is_made_of(editor, qtbot):
    raw = order("A1")
    act = editor.actions_by_name
    for name, needle, expected in (
        ("segmentDuplicate", "ORC|", raw.replace(b"ORC", b"ORC|NW|P1^REGRIS|||SC\rORC", 1)),
        ("segmentDown", "ORC|", b""),
        ("segmentUp", "OBR|", b""),
        ("segmentRemove", "ORC|", raw.replace(b"ORC|NW|P1^REGRIS|||SC\r", b"")),
        ("fieldInsert", "MARLOW", raw.replace(b"MARLOWE^TESS", b"|MARLOWE^TESS")),
        ("fieldDuplicate", "1968041", raw.replace(b"19680412", b"19680412|19680412")),
        ("fieldRemove", "1968041", raw.replace(b"19680412|", b"")),
        (
            "fieldLeft",
            "1968041",
            raw.replace(b"|MARLOWE^TESS||19680412", b"|MARLOWE^TESS|19680412|"),
        ),
        ("fieldRight", "1968041", raw.replace(b"19680412|F", b"F|19680412")),
        ("repetitionAdd", "77001", raw.replace(b"NORTH^MR", b"NORTH^MR~")),
        ("repetitionDuplicate", "77001", raw.replace(b"77001", b"77001^^^NORTH^MR~77001")),
        ("repetitionRemove", "77001", raw.replace(b"77001^^^NORTH^MR", b"")),
        ("valueClear", "TES", raw.replace(b"TESS", b"")),
        ("valueNull", "TES", raw.replace(b"TESS", b'""')),
    ):
        after(editor, needle)
        act[f"edit.{name}"].trigger()
        swapped = raw.split(b"\r")
        swapped[2:4] = swapped[3], swapped[2]
        assert editor.desk.document.raw == (expected or b"\r".join(swapped)), name
        assert len(editor.desk.document.steps) == 1
        act["edit.undo"].trigger()
        assert editor.desk.document.raw == raw


def test_what_cannot_be_done_is_said_and_changes_nothing(editor, qtbot):
    after(editor, "PID|1||")
    editor.actions_by_name["edit.segmentUp"].trigger()
    assert "no place to go" in editor.sending.note.text()
    after(editor, "MARLOWE")
    editor.edited.text.type_text("\u5c71")
    assert "has no character 1" in editor.sending.note.text()
    assert not editor.desk.document.is_changed


def test_a_value_is_written_in_the_tree(editor, qtbot):
    after(editor, "TESS")
    qtbot.keyClick(editor, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    tree = editor.edited.tree
    assert str(tree.current_row.path) == "PID-5.2"
    qtbot.keyClick(tree.pane.view, Qt.Key.Key_F2)
    tree.box.setText("A & B")
    qtbot.keyClick(tree.box, Qt.Key.Key_Return)
    assert tree.box is None
    assert editor.desk.document.raw == order("A1").replace(b"TESS", b"A \\T\\ B")
    settled(editor, qtbot)
    assert tree.current_row.value == "A & B"
    qtbot.keyClick(tree.pane.view, Qt.Key.Key_F2)
    tree.box.setText("")
    qtbot.keyClick(tree.box, Qt.Key.Key_Escape)
    assert tree.box is None
    assert b"A \\T\\ B" in editor.desk.document.raw


def test_codes_are_offered_in_text_and_tree(editor, qtbot):
    after(editor, "19680412|")
    editor.actions_by_name["edit.complete"].trigger()
    offers = editor.completing.list
    texts = [offers.item(n).text() for n in range(offers.count())]
    assert "F · Female" in texts
    wanted = next(n for n, text in enumerate(texts) if text.startswith("M · "))
    for _ in range(wanted):
        qtbot.keyClick(editor.edited.text, Qt.Key.Key_Down)
    qtbot.keyClick(editor.edited.text, Qt.Key.Key_Return)
    assert editor.desk.document.raw == order("A1").replace(b"|F\r", b"|M\r")
    assert not offers.isVisible()
    settled(editor, qtbot)
    qtbot.keyClick(editor, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    qtbot.keyClick(editor.edited.tree.pane.view, Qt.Key.Key_F2)
    editor.edited.tree.box.setText("O · Other")
    qtbot.keyClick(editor.edited.tree.box, Qt.Key.Key_Return)
    assert editor.desk.document.raw == order("A1").replace(b"|F\r", b"|O\r")


def test_a_segment_is_inserted_by_its_name(editor, qtbot):
    after(editor, "MARLOWE")
    editor.actions_by_name["edit.segmentInsert"].trigger()
    question = editor.findChild(LineQuestion, "insertSegment")
    question.box.setText("PV1 · Patient Visit")
    question.accept()
    expected = order("A1").replace(b"ORC|NW", b"PV1|\rORC|NW")
    assert editor.desk.document.raw == expected


def test_a_new_control_id_is_one_that_nobody_has(editor, engine, qtbot):
    send(port(engine), order("A1-R1"))
    editor.actions_by_name["edit.newControlId"].trigger()
    qtbot.waitUntil(lambda: editor.desk.document.is_changed)
    assert editor.desk.document.raw == order("A1-R2")


def test_problems_lead_to_their_bytes(editor, qtbot):
    after(editor, "1968041")
    qtbot.keyClicks(editor.edited.text, "9")
    settled(editor, qtbot)
    finding = next(f for f in editor.desk.checked.findings if str(f.path).startswith("PID-7"))
    assert "Problems · " in editor.changes.tabText(1)
    editor.changes.finding_chosen.emit(finding)
    start, end = editor.edited.text.picked
    assert editor.desk.document.text[start:end] == "196804192"


def test_a_production_destination_wants_its_name(editor, engine, qtbot):
    pane = editor.sending
    pane.to.setCurrentIndex(pane.to.findData("PACS"))
    assert not pane.send.isEnabled()
    assert pane.confirm.isVisible()
    qtbot.keyClick(editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert pane.answer.result is None
    pane.confirm.setText("PACS")
    pane.send.click()
    qtbot.waitUntil(lambda: pane.answer.result is not None)
    # Nothing was changed: the message itself went out.
    assert pane.answer.result.message_id == 1
    assert pane.confirm.text() == ""


def test_what_was_sent_is_stored_once(editor, engine, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "X")
    ids = []
    for _ in range(2):
        editor.sending.answer.result = None
        editor.flow.send()
        qtbot.waitUntil(lambda: editor.sending.answer.result is not None)
        ids.append(editor.sending.answer.result.message_id)
    assert ids[0] == ids[1]


def test_the_original_is_marked_handled_once_the_edited_one_is_accepted(editor, engine, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "X")
    editor.sending.handled.setChecked(True)
    editor.flow.send()
    qtbot.waitUntil(lambda: stored(engine, 1)[0].row.handled)


def test_a_message_is_saved_to_test_with(editor, engine, qtbot):
    editor.actions_by_name["edit.save"].trigger()
    question = editor.findChild(LineQuestion, "saveMessage")
    question.box.setText("Order of a head")
    question.accept()
    qtbot.waitUntil(lambda: editor.sending.note.text() == "Saved as Order of a head.")
    reader = engine.open_reader()
    try:
        assert [s.name for s in saved_messages(reader)] == ["Order of a head"]
    finally:
        reader.close()


def test_closing_asks_while_changes_are_unsaved(loop, engine, qtbot):
    ask = Answers()
    editor = settled(open_editor(loop, engine, loop.bridge, 1, ask=ask), qtbot)
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "X")
    editor.close()
    assert len(ask.asked) == 1
    assert not editor.is_stopped
    ask.answer = DISCARD
    editor.close()
    assert editors_of(loop) == []


def test_a_message_is_opened_once_from_the_list(loop, qtbot):
    loop.messages.table.go_to(0)
    loop.actions_by_name["messages.edit"].trigger()
    loop.actions_by_name["messages.edit"].trigger()
    assert [e.parent_id for e in editors_of(loop)] == [1]
    menu = loop.message_actions.made_menu()
    assert "Edit and resend…" in [action.text() for action in menu.actions()]


def test_a_new_message_is_composed_and_sent(loop, engine, qtbot):
    editor = settled(open_new(loop, engine, loop.bridge, b"", destination="Test"), qtbot)
    assert not editor.sending.send.isEnabled()
    QGuiApplication.clipboard().setText(order("N1").decode().replace("\r", "\n"))
    editor.edited.text.paste()
    editor.flow.send()
    qtbot.waitUntil(lambda: editor.sending.answer.result is not None)
    message, by = stored(engine, editor.sending.answer.result.message_id)
    assert message.raw == order("N1")
    assert (message.row.origin, message.row.parent_id) == ("edited", 0)
    assert by.author


def test_hex_tells_which_bytes_are_other_ones(editor, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "XY")
    editor.edited.setCurrentIndex(2)
    at = order("A1").index(b"MARLOWE") + 7
    assert list(editor.edited.hex.view.marked) == [(at, at + 2)]
    assert editor.edited.hex.summary.text().startswith("2 bytes were written here, in 1 place")


def test_every_shortcut_of_the_editor_is_in_the_help(editor):
    text = all_pages()["shortcuts"].markdown
    told = text[text.index("## Edit and resend") :]
    for action in editor.actions_by_name.all():
        for keys in action.shortcuts():
            assert f"`{keys.toString()}`" in told, f"{action.text()} {keys.toString()}"


def test_path_tells_who_edited_a_message_and_why(editor, loop, engine, qtbot):
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "X")
    editor.sending.reason.setText("The name was wrong.")
    editor.flow.send()
    qtbot.waitUntil(lambda: editor.sending.answer.result is not None)
    message, by = stored(engine, editor.sending.answer.result.message_id)
    page = loop.messages.inspector.path
    page.show_message(message)
    told = [label.text() for label in page.findChildren(QLabel)]
    assert by.author in told
    assert "The name was wrong." in told


def test_colours_follow_the_scheme(editor, qtbot):
    before = editor.sending.to.styleSheet()
    theme().toggle()
    assert editor.sending.to.styleSheet() != before
    assert editor.sending.destination == "Test"
    theme().toggle()


def test_a_message_that_is_gone_is_said_so(loop, engine, qtbot):
    editor = open_editor(loop, engine, loop.bridge, 999, ask=Answers())
    qtbot.waitUntil(lambda: "no longer there" in editor.blank.text())
    assert not editor.sending.send.isEnabled()


def test_a_fold_is_chosen_before_it_is_deleted(loop, engine, qtbot):
    raw = order("L1") + b"OBX|1|ED|A||^a^b^Base64^" + b"QUJD" * 2_000 + b"||||||F\r"
    editor = settled(open_new(loop, engine, loop.bridge, raw), qtbot)
    fold = next(iter(editor.edited.text._source.lines.folds.values()))[0]
    editor.edited.text.put_caret(fold.end)
    qtbot.keyClick(editor.edited.text, Qt.Key.Key_Backspace)
    assert editor.desk.document.raw == raw
    assert editor.edited.text.picked == (fold.start, fold.end)
    qtbot.keyClick(editor.edited.text, Qt.Key.Key_Backspace)
    assert len(editor.desk.document.raw) == len(raw) - (fold.end - fold.start)


def test_what_belongs_to_an_older_state_is_dropped(editor, qtbot):
    older = editor.desk.checked
    after(editor, "MARLOWE")
    qtbot.keyClicks(editor.edited.text, "X")
    settled(editor, qtbot)
    editor.desk._on_checked(older)
    assert editor.desk.is_checked
    assert editor.changes.tabText(0) == "1 change"


def test_a_box_that_is_open_is_not_closed_by_what_comes_in(editor, qtbot):
    after(editor, "TESS")
    editor.edited.setCurrentIndex(1)
    editor.edited.tree.begin_edit()
    box = editor.edited.tree.box
    box.setText("A")
    editor.desk._on_checked(editor.desk.checked)
    assert editor.edited.tree.box is box
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert editor.desk.document.raw == order("A1").replace(b"TESS", b"A")
