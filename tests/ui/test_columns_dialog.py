"""Choosing columns, any field path among them, and finding them again."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from window_kit import child, order, port, send, shown

from hl7console.ui.main_window import MainWindow
from hl7console.ui.messages.columns_dialog import ColumnsDialog


def opened(window) -> ColumnsDialog:
    window.choose_columns()
    return window.findChildren(ColumnsDialog)[-1]


def test_a_field_path_becomes_a_column_with_its_values(window, engine, qtbot):
    send(port(engine), order("A1"), order("A2", "88"))
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    dialog = opened(window)
    dialog.path.setText("PID.3.1")
    child(dialog, QPushButton, "columnsAdd").click()
    child(dialog, QPushButton, "columnsDone").click()
    qtbot.waitUntil(lambda: shown(window, "PID-3.1") == ["88", "77001"])
    assert window.messages.table.shown_keys()[-1] == "PID-3.1"


def test_a_bad_path_is_said_in_place(window):
    dialog = opened(window)
    dialog.path.setText("PID")
    dialog.path.setText("what is this")
    dialog.add_path()
    fault = child(dialog, QLabel, "columnsFault")
    assert fault.isVisible()
    assert "Not a field path" in fault.text()
    dialog.reject()


def test_columns_are_taken_away_ordered_and_remembered(window, engine, preferences, answers, qtbot):
    dialog = opened(window)
    dialog.list.item(1).setCheckState(Qt.CheckState.Unchecked)
    dialog.list.setCurrentRow(0)
    child(dialog, QPushButton, "columnsDown").click()
    child(dialog, QPushButton, "columnsDown").click()
    dialog.accept()
    keys = window.messages.table.shown_keys()
    assert keys[:3] == ["type", "received", "control"]
    assert "interface" not in keys
    again = MainWindow(engine, preferences=preferences, ask=answers)
    qtbot.addWidget(again)
    assert again.messages.table.shown_keys() == keys
    again.may_close = True
    again.stop()


def test_columns_dragged_in_the_header_open_in_that_order(window):
    window.messages.table.horizontalHeader().moveSection(0, 2)
    keys = window.messages.table.shown_keys()
    dialog = opened(window)
    assert dialog.keys() == keys
    child(dialog, QPushButton, "columnsReset").click()
    assert dialog.keys()[0] == "received"
    dialog.accept()
    assert window.messages.table.shown_keys()[0] == "received"
