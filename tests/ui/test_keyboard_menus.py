"""Whatever a right-click or a drag does in Messages and Worklist, the keyboard does too."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from dragging_kit import drop_on, files
from menu_keys_kit import leaves, menus_that_open, press_menu_key, press_shift_f10, run_from_palette
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import (
    QGuiApplication,
    QKeySequence,
)
from PySide6.QtWidgets import QDialog, QLineEdit, QListWidget, QMenu, QPushButton
from window_kit import child, port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.settings import DestinationSettings
from hl7console.ui.palette import Palette
from hl7console.ui.sending.resend_dialog import ResendDialog

CTRL = Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def order(control_id: str, patient: str = "77001") -> bytes:
    day = datetime.now().astimezone().strftime("%Y%m%d")
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|{day}080000||ORM^O01^ORM_O01|{control_id}|P|2.5.1\r"
        f"PID|1||{patient}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"ORC|NW|P{patient}^REGRIS|F{patient}^RIS||SC||^^^{day}230100^^R\r"
        f"OBR|1|P{patient}^REGRIS|F{patient}^RIS|MRHEAD^MR HEAD^L"
        f"||||||||||||||A{patient}||||||MR\r"
    ).encode()


@pytest.fixture
def listed(window, engine, qtbot):
    """The window on Messages with two of them, the newest chosen, and one destination."""
    send(port(engine), order("K1"), order("K2", "88"))
    to = DestinationSettings(name="Test", port=port(engine))
    engine.submit(SaveDestination(to)).result(10)
    qtbot.waitUntil(lambda: len(shown(window)) == 2 and bool(window.bridge.destinations))
    table = window.messages.table
    window.activateWindow()
    table.setFocus()
    qtbot.waitUntil(table.hasFocus)
    table.go_to(0)
    return window


@pytest.fixture
def ordered(listed, qtbot):
    """The window on Worklist, at the line of the messages."""
    listed.go_to("worklist")
    place = listed.worklist.place()
    qtbot.waitUntil(lambda: place.feed.model.rowCount() > 0)
    place.table.go_to(0)
    qtbot.waitUntil(lambda: place.side.details is not None)
    return listed


@pytest.fixture
def seen(qapp):
    """Names of the menus that open; each is closed at once."""
    with menus_that_open() as names:
        yield names


def press_menu_keys(table, qtbot) -> None:
    """Press Shift+F10, and the menu key."""
    press_shift_f10(table, qtbot)
    press_menu_key(table)


def test_the_menu_of_messages_opens_by_its_keys(listed, seen, qtbot):
    press_menu_keys(listed.messages.table, qtbot)
    assert seen == ["messageMenu"] * 2


def test_the_menu_of_the_worklist_opens_by_its_keys(ordered, seen, qtbot):
    press_menu_keys(ordered.worklist.place().table, qtbot)
    assert seen == ["worklistMenu"] * 2


def test_every_entry_of_both_menus_is_in_the_palette(ordered):
    known = {action.objectName() for action in ordered.actions_by_name.all()}
    menu = ordered.message_actions.made_menu()
    by_arrows = [action.text() for action in child(menu, QMenu, "resendToMenu").actions()]
    found = {a.text(): a.objectName() for a in leaves(menu) if a.text() != "Looking…"}
    missing = [text for text, name in found.items() if name not in known]
    assert [text for text in missing if text not in by_arrows] == []
    assert "Resend all that this search finds…" in found
    menu.deleteLater()
    menu = ordered.worklist.line_actions().made_menu()
    assert [a.text() for a in leaves(menu) if a.objectName() not in known] == []
    menu.deleteLater()


COPIED = {
    "messages.copyRaw": "K2|",
    "messages.copyLines": "\nPID|",
    "messages.copyJson": "{",
    "messages.copyControl": "K2",
}


@pytest.mark.parametrize("name", COPIED)
def test_copies_from_the_palette(listed, name, qtbot):
    QGuiApplication.clipboard().clear()
    run_from_palette(listed, listed.actions_by_name[name], qtbot)
    qtbot.waitUntil(lambda: COPIED[name] in QGuiApplication.clipboard().text())


NARROWED = {
    "messages.onlyPatient": "patient:88^NORTH",
    "messages.onlyAccession": "accession:A88",
    "messages.onlySender": "from:",
    "messages.onlyType": "type:",
}


@pytest.mark.parametrize("name", NARROWED)
def test_narrowing_from_the_palette(listed, name, qtbot):
    run_from_palette(listed, listed.actions_by_name[name], qtbot)
    qtbot.waitUntil(lambda: NARROWED[name] in listed.messages.search.text.replace('"', ""))


def test_marking_handled_and_not_by_keys_shows_in_the_list(listed, qtbot):
    table = listed.messages.table
    qtbot.keyClick(table, Qt.Key.Key_A, CTRL)
    qtbot.keyClick(table, Qt.Key.Key_J, CTRL)
    qtbot.waitUntil(lambda: "Marked 2 messages handled" in listed.notice.text)
    model = listed.messages.feed.model
    qtbot.waitUntil(
        lambda: all(row is not None and row.handled for row in map(model.row_at, (0, 1)))
    )
    table.go_to(0)
    qtbot.keyClick(table, Qt.Key.Key_J, CTRL | SHIFT)
    qtbot.waitUntil(lambda: "Marked 1 message not handled" in listed.notice.text)
    qtbot.waitUntil(lambda: [model.row_at(n).handled for n in (0, 1)] == [False, True])


def test_resending_by_keys(listed, qtbot):
    table = listed.messages.table
    qtbot.keyClick(table, Qt.Key.Key_R, CTRL)
    dialog = listed.findChildren(ResendDialog)[-1]
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.report is not None)
    assert dialog.report.accepted == 1
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def test_resending_to_a_destination_by_the_keys_of_the_menu(listed, qtbot):
    menu = listed.message_actions.made_menu()
    menu.popup(QPoint(0, 0))
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    qtbot.keyClick(menu, Qt.Key.Key_Down)
    assert menu.activeAction().text() == "Resend to"
    qtbot.keyClick(menu, Qt.Key.Key_Right)
    to_menu = child(menu, QMenu, "resendToMenu")
    qtbot.waitUntil(to_menu.isVisible)
    to_menu.setActiveAction(to_menu.actions()[0])
    qtbot.keyClick(to_menu, Qt.Key.Key_Return)
    menu.close()
    qtbot.waitUntil(lambda: bool(listed.findChildren(ResendDialog)))
    dialog = listed.findChildren(ResendDialog)[-1]
    qtbot.waitUntil(lambda: dialog.report is not None)
    assert [r.control_id for r in dialog.report.results] == ["K2"]
    dialog.reject()
    menu.deleteLater()


def test_resending_all_that_a_search_finds_by_keys(listed, qtbot):
    table = listed.messages.table
    qtbot.keyClick(table, Qt.Key.Key_A, CTRL | SHIFT)
    assert "Search for something first" in listed.notice.text
    listed.messages.search.set_text("patient:88")
    qtbot.waitUntil(lambda: shown(listed) == ["K2"])
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_A, CTRL | SHIFT)
    dialog = listed.findChildren(ResendDialog)[-1]
    qtbot.waitUntil(lambda: dialog.limit.maximum() == 1)
    dialog.send_button.click()
    qtbot.waitUntil(lambda: dialog.report is not None)
    assert [r.control_id for r in dialog.report.results] == ["K2"]
    dialog.reject()


def test_what_is_dragged_out_can_be_saved_by_keys_with_progress_and_a_stop(
    listed, answers, tmp_path: Path, qtbot
):
    answers.path = tmp_path / "out.hl7"
    table = listed.messages.table
    qtbot.keyClick(table, Qt.Key.Key_A, CTRL)
    with qtbot.waitSignal(listed.message_actions.drag_ready) as ready:
        table.startDrag(Qt.DropAction.CopyAction)
    qtbot.keyClick(table, Qt.Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: "Saved 2 messages" in listed.notice.text)
    assert answers.path.read_bytes() == ready.args[0].read_bytes()
    saving = listed.message_actions.saving
    saving.save([1, 2] * 5_000, answers.path)
    progress = saving.progress
    assert progress.maximum() == 10_000
    progress.findChild(QPushButton).click()
    qtbot.waitUntil(lambda: "Stopped: " in listed.notice.text)
    assert saving.progress is None


def test_what_is_dropped_can_be_imported_by_keys(listed, answers, tmp_path: Path, qtbot):
    path = tmp_path / "in.hl7"
    path.write_bytes(order("D1"))
    mime = files([path])
    assert drop_on(listed.messages.table, mime)
    titles = [d.objectName() for d in listed.findChildren(QDialog) if d.isVisible()]
    assert len(titles) == 1
    for dialog in listed.findChildren(QDialog):
        dialog.reject()
    answers.paths = [path]
    qtbot.keyClick(listed.messages.table, Qt.Key.Key_O, CTRL)
    again = [d.objectName() for d in listed.findChildren(QDialog) if d.isVisible()]
    assert again == titles
    for dialog in listed.findChildren(QDialog):
        dialog.reject()


def test_every_entry_of_the_worklist_is_found_in_the_palette(ordered, qtbot):
    menu = ordered.worklist.line_actions().made_menu()
    texts = [a.text().replace("&", "") for a in leaves(menu) if a.isEnabled()]
    menu.deleteLater()
    assert {"Set the station…", "Set the state…", "Compare with DICOM files…"} <= {*texts}
    ordered.show_palette()
    palette = next(p for p in ordered.findChildren(Palette) if p.isVisible())
    listing = child(palette, QListWidget, "paletteList")
    for text in texts:
        child(palette, QLineEdit, "paletteBox").setText(text)
        assert text in [listing.item(row).text() for row in range(listing.count())]
    palette.reject()


def test_the_lines_messages_are_resent_in_the_same_dialog(ordered, qtbot):
    run_from_palette(ordered, ordered.actions_by_name["worklist.resend"], qtbot)
    dialog = ordered.findChildren(ResendDialog)[-1]
    assert dialog.command.message_ids
    dialog.reject()


def test_no_two_actions_share_their_keys_at_one_place(listed):
    seen: dict[str, str] = {}
    for action in listed.actions_by_name.all():
        place = action.objectName().split(".")[0]
        for keys in action.shortcuts():
            text = keys.toString(QKeySequence.SequenceFormat.PortableText)
            other = seen.get(f"{place} {text}")
            assert other is None, (text, other, action.objectName())
            seen[f"{place} {text}"] = action.objectName()
