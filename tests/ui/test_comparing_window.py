"""Comparing in the window: side by side, from the list, and folders."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QMenu
from window_kit import order, port, send, shown

from hl7console.hl7v2.compare import DifferenceKind
from hl7console.ui.compare.folders import FoldersWindow
from hl7console.ui.compare.message_compare import choices
from hl7console.ui.compare.opening import CompareWindow
from hl7console.ui.compare.sheet import CompareSheet

LEFT = order("A1") + b"".join(b"OBX|%d|TX|L%d||line %d\r" % (n, n, n) for n in range(1, 200))
RIGHT = (
    LEFT.replace(b"TESS", b"TESSA")
    .replace(b"OBX|50|TX|L50||line 50\r", b"")
    .replace(b"OBX|150|", b"ZZ1|new\rOBX|150|")
)


@pytest.fixture
def sheet(qtbot):
    made = CompareSheet()
    qtbot.addWidget(made, before_close_func=lambda widget: widget.stop())
    made.resize(1100, 700)
    made.show()
    return made


def ask(sheet: CompareSheet, qtbot, left: bytes = LEFT, right: bytes = RIGHT, **more) -> None:
    with qtbot.waitSignal(sheet.answered):
        sheet.show_messages(left, right, ("left.hl7", "right.hl7"), **more)


def listed(sheet: CompareSheet) -> list[tuple[str, ...]]:
    return [sheet.table.rows.texts(row)[:2] for row in range(sheet.table.rows.rowCount())]


def test_differences_are_listed_and_marked_on_both_sides(sheet, qtbot):
    ask(sheet, qtbot)
    assert listed(sheet) == [
        ("~ changed", "PID-5.2"), ("- removed", "OBX[50]"), ("+ added", "ZZ1"),
    ]  # fmt: skip
    assert sheet.count.text() == "3 differences"
    left, right = sheet.left.marks, sheet.right.marks
    assert [mark.kind for mark in left[1]] == [DifferenceKind.CHANGED]
    text = sheet.outcome.left.source.message.text
    assert text[left[1][0].start : left[1][0].end] == "TESS"
    removed = left[53][0]
    assert text[removed.start : removed.end] == "OBX|50|TX|L50||line 50"
    gap = right[52][0]
    assert gap.start == gap.end


def test_the_keyboard_goes_through_them(sheet, qtbot):
    ask(sheet, qtbot)
    for expected in (1, 2, 0):
        qtbot.keyClick(sheet, Qt.Key.Key_F7)
        assert sheet.table.currentIndex().row() == expected
    qtbot.keyClick(sheet, Qt.Key.Key_F7, Qt.KeyboardModifier.ShiftModifier)
    assert sheet.table.currentIndex().row() == 2
    text = sheet.outcome.right.source.message.text
    first, last = sheet.right.span
    assert text[first:last] == "ZZ1|new"


def test_the_other_side_scrolls_along_past_what_is_missing(sheet, qtbot):
    ask(sheet, qtbot)
    sheet.left.scroll_to(120, 0)
    assert sheet.left.top_place == (120, 0)
    assert sheet.right.top_place == (119, 0)
    sheet.right.scroll_to(30, 0)
    assert sheet.left.top_place == (30, 0)


def test_options_compare_again(sheet, qtbot):
    ask(sheet, qtbot)
    with qtbot.waitSignal(sheet.answered):
        sheet.ignored.setText("PID-5 OBX ZZ1")
    assert sheet.count.text() == "The same"
    assert not sheet.next_button.isEnabled()
    sheet.ignored.setText("PID-")
    sheet.compare_now()
    assert "path" in sheet.count.text()
    lines = RIGHT.split(b"\r")
    turned = b"\r".join([*lines[:4], *reversed(lines[4:])])
    sheet.ignored.clear()
    ask(sheet, qtbot, RIGHT, turned)
    assert sheet.table.rows.rowCount() > 10
    with qtbot.waitSignal(sheet.answered):
        sheet.any_order.click()
    assert sheet.count.text() == "The same"


def test_an_acknowledgement_is_held_against_its_message(sheet, qtbot):
    ack = b"MSH|^~\\&|PACS|NORTH|REGRIS|NORTH|2026||ACK^O01^ACK|9|P|2.5.1\rMSA|AA|A2\r"
    ask(sheet, qtbot, order("A1"), ack, is_echo=True)
    assert listed(sheet) == [("~ changed", "MSH-10 → MSA-2")]
    assert not sheet.ignored.isVisible()
    ask(sheet, qtbot, order("A2"), ack, is_echo=True)
    assert sheet.count.text() == "All is echoed"


def test_it_is_copied_as_text(sheet, qtbot):
    ask(sheet, qtbot)
    sheet.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert text.startswith("--- left.hl7\n+++ right.hl7\n")
    assert "  - TESS\n  + TESSA" in text


def test_large_documents_are_compared_off_the_gui_thread_and_painted(sheet, qtbot):
    document = LEFT + b"OBX|900|ED|PDF||^^^Base64^" + b"A" * 5_000_000 + b"\r"
    ask(sheet, qtbot, document, document[:-2] + b"B\r")
    assert listed(sheet) == [("~ changed", "OBX[200]-5.5")]
    sheet.left.toggle_folds()
    assert not sheet.grab().isNull()


@pytest.fixture
def two(window, engine, qtbot):
    send(port(engine), order("A1"), order("A2", "77002"))
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    return window


def test_two_chosen_messages_are_compared(two, qtbot):
    two.messages.table.selectAll()
    two.actions_by_name["messages.compare"].trigger()
    (window,) = two.findChildren(CompareWindow)
    qtbot.waitUntil(lambda: window.sheet.outcome is not None)
    # Time and control id are left out at first.
    assert listed(window.sheet) == [("~ changed", "PID-3.1")]
    assert "A1" in window.windowTitle()
    window.close()


def test_one_chosen_message_is_compared_with_its_acknowledgement(two, qtbot):
    two.messages.table.go_to(0)
    two.actions_by_name["messages.compare"].trigger()
    qtbot.waitUntil(lambda: bool(two.findChildren(CompareWindow)))
    (window,) = two.findChildren(CompareWindow)
    qtbot.waitUntil(lambda: window.sheet.outcome is not None)
    assert window.sheet.count.text() == "All is echoed"
    window.close()


def test_the_menu_of_a_message_says_what_it_can_be_compared_with(two, qtbot):
    two.messages.table.go_to(0)
    menu = two.message_actions.made_menu()
    submenu = menu.findChild(QMenu, "compareWithMenu")
    submenu.aboutToShow.emit()
    qtbot.waitUntil(lambda: submenu.actions()[0].isEnabled())
    (action,) = submenu.actions()
    assert action.text() == "With its acknowledgement"
    action.trigger()
    (window,) = two.findChildren(CompareWindow)
    qtbot.waitUntil(lambda: window.sheet.outcome is not None)
    window.close()
    two.messages.table.selectAll()
    names = [one.text() for one in two.message_actions.made_menu().actions()]
    assert "Compare…" in names


def test_what_a_message_can_be_compared_with(two, engine):
    with_reader = engine.open_reader()
    try:
        found = choices(with_reader, 1)
    finally:
        with_reader.close()
    assert [text for text, _ in found] == ["With its acknowledgement"]
    assert found[0][1].is_echo


def test_the_window_closes_its_comparisons(two, qtbot):
    two.messages.table.selectAll()
    two.actions_by_name["messages.compare"].trigger()
    two.actions_by_name["compare.folders"].trigger()
    assert two.findChildren(CompareWindow)
    two.stop()
    assert not any(w.isVisible() for w in two.findChildren(CompareWindow))


def test_folders_are_compared_and_a_pair_is_opened(qtbot, tmp_path: Path):
    for name, patient in (("left", "77001"), ("right", "77002")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.hl7").write_bytes(order("A1") + order("A2", patient))
    window = FoldersWindow()
    window.show()
    window.run()
    assert "each side" in window.told.text()
    window.left.setText(str(tmp_path / "left"))
    window.right.setText(str(tmp_path / "right"))
    window.run_button.click()
    qtbot.waitUntil(lambda: window.outcome is not None)
    assert window.told.text() == "1 same, 1 different."
    assert window.table.rows.texts(0)[:3] == ("A2", "different", "1")
    window.only_different.click()
    assert window.table.rows.rowCount() == 2
    window.only_different.click()
    window.table.selectRow(0)
    window.open_button.click()
    (pair,) = window.findChildren(CompareWindow)
    qtbot.waitUntil(lambda: pair.sheet.outcome is not None)
    assert listed(pair.sheet) == [("~ changed", "PID-3.1")]
    pair.close()
    window.key.setEditText("PID")
    window.run_button.click()
    assert "field" in window.told.text()
    window.close()
