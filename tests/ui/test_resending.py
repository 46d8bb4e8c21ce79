"""Sending messages again, from the list to a real listener and back to the result shown."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton
from window_kit import child, order, port, send, shown

from hl7console.engine.console import SaveDestination, SaveListener, SendResult
from hl7console.settings import DestinationSettings, Environment, ListenerSettings
from hl7console.ui.sending.production import production_name
from hl7console.ui.sending.resend_dialog import ResendDialog, result_row, result_table


@pytest.fixture
def loop(window, engine, qtbot):
    """The window with two messages, and two destinations that are its own listeners."""
    at = port(engine)
    send(at, order("A1"), order("A2"))
    engine.submit(SaveListener(ListenerSettings(name="Live", port=0))).result(10)
    engine.submit(SaveDestination(DestinationSettings(name="Test", port=at))).result(10)
    live = port(engine, "Live")
    production = DestinationSettings(name="PACS", port=live, environment=Environment.PRODUCTION)
    engine.submit(SaveDestination(production)).result(10)
    qtbot.waitUntil(lambda: len(shown(window)) == 2 and len(window.bridge.destinations) == 2)
    window.messages.table.go_to(0)
    return window


def dialog_of(window) -> ResendDialog:
    return window.findChildren(ResendDialog)[-1]


def end(dialog, qtbot) -> None:
    qtbot.waitUntil(lambda: dialog.report is not None)


def test_resend_shows_the_answer(loop, engine, qtbot):
    loop.actions_by_name["messages.resend"].trigger()
    dialog = dialog_of(loop)
    dialog.to.setCurrentIndex(dialog.to.findData("Test"))
    dialog.send_button.click()
    end(dialog, qtbot)
    assert dialog.report.accepted == 1
    row = [dialog.table.rows.index(0, column).data() for column in range(4)]
    assert row[:2] == ["A2", "accepted"]
    assert row[3].startswith("AA")
    qtbot.waitUntil(lambda: len(shown(loop)) == 3)
    dialog.reject()


def test_the_receivers_own_words_wrap_and_are_no_markup(qtbot):
    words = "<b>PID-3</b> is not known here; " + "ask the office for patients. " * 8
    plain = SendResult(1, "A1", "accepted", "AA", "Accepted.", 0.01)
    refused = SendResult(2, "A2", "rejected", "AE", "Refused.", 0.01, receiver_text=words)
    table = result_table()
    qtbot.addWidget(table)
    table.resize(700, 300)
    table.rows.set_rows([result_row(plain), result_row(refused)])
    table.show()
    qtbot.waitUntil(lambda: table.rowHeight(1) >= 2 * table.rowHeight(0))
    assert table.rowHeight(0) == table.verticalHeader().defaultSectionSize()
    high = table.rowHeight(1)
    table.resize(400, 300)
    table.setColumnWidth(0, 300)
    qtbot.waitUntil(lambda: table.rowHeight(1) > high)
    index = table.rows.index(1, 3)
    assert index.data() == f"AE Refused.\nThe receiver says: {words}"
    assert "&lt;b&gt;PID-3&lt;/b&gt;" in index.data(Qt.ItemDataRole.ToolTipRole)
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text().count("\n") == 0


def test_resend_to_sends_at_once_and_in_order(loop, qtbot):
    loop.messages.table.selectAll()
    loop.message_actions.resend_to("Test")
    dialog = dialog_of(loop)
    end(dialog, qtbot)
    assert [r.control_id for r in dialog.report.results] == ["A1", "A2"]
    dialog.reject()


def test_production_asks_for_its_name_however_it_is_addressed(loop, engine, qtbot):
    loop.message_actions.resend_to("PACS")
    dialog = dialog_of(loop)
    assert dialog.report is None
    assert dialog.confirm.isVisible()
    assert not dialog.send_button.isEnabled()
    dialog.to.setCurrentIndex(dialog.to.count() - 1)
    dialog.address.setText(f"127.0.0.1:{port(engine, 'Live')}")
    assert not dialog.send_button.isEnabled()
    dialog.confirm.setText("PACS")
    assert dialog.send_button.isEnabled()
    dialog.to.setCurrentIndex(dialog.to.findData("PACS"))
    dialog.send_button.click()
    end(dialog, qtbot)
    assert dialog.report.accepted == 1
    dialog.reject()


def test_a_receiver_that_is_not_there_is_said_in_words(loop, qtbot):
    loop.actions_by_name["messages.resend"].trigger()
    dialog = dialog_of(loop)
    dialog.to.setCurrentIndex(dialog.to.count() - 1)
    assert not dialog.send_button.isEnabled()
    dialog.address.setText("127.0.0.1:1")
    dialog.send_button.click()
    qtbot.waitUntil(lambda: bool(dialog.text) and "Sending" not in dialog.text, timeout=20_000)
    assert dialog.table.rows.rowCount() == 1 or "127.0.0.1" in dialog.text
    child(dialog, QPushButton, "resendClose").click()


def test_the_last_destination_is_offered_again(loop, qtbot):
    loop.message_actions.resend_to("Test")
    dialog = dialog_of(loop)
    end(dialog, qtbot)
    dialog.reject()
    loop.actions_by_name["messages.resend"].trigger()
    again = dialog_of(loop)
    assert again.destination == "Test"
    again.reject()


def test_a_disabled_destination_is_not_offered(loop, engine, qtbot):
    off = DestinationSettings(name="Test", port=port(engine), enabled=False)
    engine.submit(SaveDestination(off, previous_name="Test")).result(10)
    qtbot.waitUntil(lambda: not all(d.enabled for d in loop.bridge.destinations))
    loop.actions_by_name["messages.resend"].trigger()
    dialog = dialog_of(loop)
    assert dialog.to.findData("Test") == -1
    dialog.reject()


def test_a_test_destination_at_a_production_address_counts_as_production():
    live = DestinationSettings(name="PACS", port=1, environment=Environment.PRODUCTION)
    alias = DestinationSettings(name="Copy", port=1)
    other = DestinationSettings(name="Test", port=2)
    known = (alias, other, live)
    assert production_name(known, "Copy") == "PACS"
    assert production_name(known, "PACS") == "PACS"
    assert production_name(known, "127.0.0.1:1") == "PACS"
    assert production_name(known, "Test") == ""
    assert production_name(known, "elsewhere:1") == ""
    second = DestinationSettings(name="RIS", port=1, environment=Environment.PRODUCTION)
    assert production_name((*known, second), "RIS") == "RIS"
