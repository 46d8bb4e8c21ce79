"""The list of messages in the real window, fed by a real listener."""

from __future__ import annotations

import json

import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QMouseEvent
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QToolButton
from window_kit import child, order, port, send, shown

from hl7console.engine.console import DeleteInterface


def test_an_empty_workspace_says_where_to_send(window, engine, qtbot):
    place = window.messages
    assert place.empty.isVisible()
    assert place.empty.title == "No messages yet"
    assert f"127.0.0.1:{port(engine)}" in child(place.empty, QLabel, "emptyText").text()


def test_without_a_listener_it_offers_to_add_one(window, engine, qtbot):
    engine.submit(DeleteInterface("In")).result(10)
    qtbot.waitUntil(lambda: "Add a listener" in child(window.messages, QLabel, "emptyText").text())
    child(window.messages, QPushButton, "emptyButton0").click()
    assert window.settings().listeners.form.values()["name"] == "Listener"


def test_the_newest_message_is_inspected_when_the_window_opens(engine, request, qtbot):
    send(port(engine), *(order(f"N{n}") for n in range(60)))
    window = request.getfixturevalue("window")
    place = window.messages
    newest = engine.snapshot().last_message_id
    qtbot.waitUntil(lambda: place.inspector.message_id == newest)
    assert place.table.current_id() == newest
    assert not place.table.hasFocus()
    send(port(engine), order("LIVE"))
    qtbot.waitUntil(lambda: shown(window)[0] == "LIVE")
    assert place.table.is_at_top
    assert not child(window.messages, QPushButton, "newMessages").isVisible()
    assert place.table.current_id() == newest


def test_later_nothing_is_chosen_that_the_user_did_not_choose(window, engine, qtbot):
    send(port(engine), order("N1"))
    qtbot.waitUntil(lambda: shown(window) == ["N1"])
    with qtbot.waitSignal(window.messages.feed.search_finished):
        window.messages.search.set_text("control:N1")
    assert shown(window) == ["N1"]
    assert window.messages.table.current_id() == 0


def test_messages_appear_on_top_as_they_come(window, engine, qtbot):
    send(port(engine), order("A1"), order("A2"))
    qtbot.waitUntil(lambda: shown(window) == ["A2", "A1"])
    send(port(engine), order("A3"))
    qtbot.waitUntil(lambda: shown(window) == ["A3", "A2", "A1"])
    qtbot.waitUntil(lambda: window.messages.search.told == "3 messages")
    qtbot.waitUntil(lambda: shown(window, "type") == ["ORM^O01"] * 3)
    assert shown(window, "result") == ["AA"] * 3
    assert shown(window, "note") == ["CT HEAD"] * 3


def test_new_messages_wait_while_one_is_not_at_the_top(window, engine, qtbot):
    send(port(engine), *(order(f"B{n}") for n in range(100)))
    table = window.messages.table
    qtbot.waitUntil(lambda: window.messages.feed.model.rowCount() == 100)
    table.verticalScrollBar().setValue(400)
    first = table.visible_ids()[0]
    send(port(engine), order("LATE"))
    button = child(window.messages, QPushButton, "newMessages")
    qtbot.waitUntil(button.isVisible)
    assert button.text() == "1 new"
    assert table.visible_ids()[0] == first
    assert window.messages.feed.model.rowCount() == 100
    button.click()
    assert shown(window)[0] == "LATE"
    assert table.is_at_top
    assert not button.isVisible()


def test_hold_keeps_the_list_still_at_the_top(window, engine, qtbot):
    send(port(engine), order("C1"))
    qtbot.waitUntil(lambda: shown(window) == ["C1"])
    window.messages.hold_button.click()
    send(port(engine), order("C2"))
    qtbot.waitUntil(child(window.messages, QPushButton, "newMessages").isVisible)
    assert shown(window) == ["C1"]
    window.messages.hold_button.click()
    assert shown(window) == ["C2", "C1"]


def test_the_chosen_row_moves_with_its_message_and_shows_in_the_inspector(window, engine, qtbot):
    send(port(engine), order("D1"), order("D2"))
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    table = window.messages.table
    with qtbot.waitSignal(window.messages.inspector.shown, check_params_cb=bool):
        table.go_to(0)
    chosen = table.current_id()
    send(port(engine), order("D3"))
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    assert table.current_id() == chosen
    assert table.currentIndex().row() == 1
    assert window.messages.inspector.message_id == chosen


@pytest.mark.parametrize("button", [Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton])
def test_a_click_below_the_last_row_keeps_what_is_chosen(window, engine, qtbot, button):
    send(port(engine), order("E1"), order("E2"), order("E3"))
    qtbot.waitUntil(lambda: shown(window) == ["E3", "E2", "E1"])
    table = window.messages.table
    table.go_to(1)
    qtbot.keyClick(table, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    chosen, at = table.selected_ids(10), table.current_id()
    assert len(chosen) == 2
    below = QPoint(50, table.viewport().height() - 5)
    first = QPoint(50, 5)
    assert table.rowAt(below.y()) < 0
    table.customContextMenuRequested.disconnect()
    qtbot.mouseClick(table.viewport(), button, pos=below)
    assert (table.selected_ids(10), table.current_id()) == (chosen, at)
    qtbot.mousePress(table.viewport(), button, pos=below)
    kind, keys = QEvent.Type.MouseMove, Qt.KeyboardModifier.NoModifier
    over = QPointF(table.viewport().mapToGlobal(first))
    move = QMouseEvent(kind, QPointF(first), over, Qt.MouseButton.NoButton, button, keys)
    QApplication.sendEvent(table.viewport(), move)
    qtbot.mouseRelease(table.viewport(), button, pos=first)
    assert (table.selected_ids(10), table.current_id()) == (chosen, at)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=QPoint(50, 60))
    assert table.selected_count() == 1


def test_home_and_end_go_to_the_newest_and_the_oldest(window, engine, qtbot):
    send(port(engine), *(order(f"E{n}") for n in range(60)))
    qtbot.waitUntil(lambda: len(shown(window)) == 60)
    table = window.messages.table
    qtbot.keyClick(table, Qt.Key.Key_End)
    assert table.currentIndex().row() == 59
    qtbot.keyClick(table, Qt.Key.Key_Home)
    assert table.currentIndex().row() == 0


def test_down_from_the_search_box_chooses_the_first_row_for_the_inspector_and_for_actions(
    window, engine, qtbot
):
    send(port(engine), order("N1"))
    qtbot.waitUntil(lambda: shown(window) == ["N1"])
    place = window.messages
    with qtbot.waitSignal(place.feed.search_finished):
        place.search.set_text("control:N1")
    qtbot.waitUntil(lambda: place.feed.model.rowCount() == 1)
    place.search.edit.setFocus()
    qtbot.waitUntil(place.search.edit.hasFocus)
    qtbot.keyClick(place.search.edit, Qt.Key.Key_Down)
    assert place.table.hasFocus()
    assert place.table.selected_count() == 1


def test_alt_and_a_number_open_the_inspectors_tabs_from_the_list(window, engine, qtbot):
    send(port(engine), order("T1"))
    qtbot.waitUntil(lambda: shown(window) == ["T1"])
    place = window.messages
    place.table.setFocus()
    place.table.go_to(0)
    qtbot.waitUntil(place.table.hasFocus)
    qtbot.keyClick(place.table, Qt.Key.Key_6, Qt.KeyboardModifier.AltModifier)
    assert place.inspector.tabs.currentIndex() == 5


def test_a_duplicate_and_a_refused_message_say_so(window, engine, qtbot):
    refused = order("F2").replace(b"ORM^O01^ORM_O01", b"ORM^O99^ORM_O01")
    send(port(engine), order("F1"), order("F1"), refused)
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    assert shown(window, "result") == ["AR", "duplicate", "AA"]
    assert shown(window, "note")[0]


def test_copies_take_each_form(window, engine, qtbot):
    send(port(engine), order("G1"))
    qtbot.waitUntil(lambda: shown(window) == ["G1"])
    window.messages.table.go_to(0)
    texts = {}
    for name in ("copyRaw", "copyLines", "copyJson", "copyControl"):
        window.notice.hide()
        window.actions_by_name[f"messages.{name}"].trigger()
        qtbot.waitUntil(window.notice.isVisible)
        texts[name] = QGuiApplication.clipboard().text()
    assert texts["copyRaw"] == order("G1").decode()
    assert texts["copyLines"] == order("G1").decode().rstrip("\r").replace("\r", "\n")
    assert json.loads(texts["copyJson"])["PID-5"] == "MARLOWE^TESS"
    assert texts["copyControl"] == "G1"


def test_save_writes_the_bytes_and_suggests_a_name_without_patient_data(
    window, engine, answers, tmp_path, qtbot
):
    send(port(engine), order("H1"), order("H2"))
    qtbot.waitUntil(lambda: len(shown(window)) == 2)
    answers.path = tmp_path / "out.hl7"
    window.messages.table.selectAll()
    window.actions_by_name["messages.save"].trigger()
    qtbot.waitUntil(lambda: "Saved 2 messages" in window.notice.text)
    assert answers.path.read_bytes() == order("H1") + order("H2")
    window.messages.table.go_to(0)
    window.actions_by_name["messages.save"].trigger()
    qtbot.waitUntil(lambda: "Saved 1 message" in window.notice.text)
    assert answers.asked == ["2-messages.hl7", "ORM_O01_H2.hl7"]


def test_dragging_out_makes_a_file_that_goes_with_the_window(window, engine, qtbot):
    send(port(engine), order("I1"))
    qtbot.waitUntil(lambda: shown(window) == ["I1"])
    window.messages.table.go_to(0)
    with qtbot.waitSignal(window.message_actions.drag_ready) as ready:
        window.messages.table.startDrag(Qt.DropAction.CopyAction)
    path = ready.args[0]
    assert path.name == "ORM_O01_I1.hl7"
    assert path.read_bytes() == order("I1")
    window.stop()
    assert not path.exists()


def test_the_mouse_starts_the_drag(window, engine, qtbot):
    send(port(engine), order("I2"))
    qtbot.waitUntil(lambda: shown(window) == ["I2"])
    table = window.messages.table
    at = table.visualRect(table.model().index(0, 0)).center()
    wanted = []
    table.drag_wanted.disconnect()
    table.drag_wanted.connect(lambda: wanted.append(table.selected_count()))
    qtbot.mousePress(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    for step in (10, 40):
        place = QPointF(at + QPoint(0, step))
        move = QMouseEvent(
            QEvent.Type.MouseMove,
            place,
            table.viewport().mapToGlobal(place),
            Qt.MouseButton.NoButton,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
        QApplication.sendEvent(table.viewport(), move)
    qtbot.mouseRelease(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert wanted == [1]


def test_show_only_this_patient(window, engine, qtbot):
    send(port(engine), order("J1"), order("J2", "88"), order("J3"))
    qtbot.waitUntil(lambda: len(shown(window)) == 3)
    window.messages.table.go_to(1)
    window.actions_by_name["messages.onlyPatient"].trigger()
    qtbot.waitUntil(lambda: shown(window) == ["J2"])
    assert window.messages.search.text == "patient:88^NORTH"
    qtbot.waitUntil(lambda: window.messages.search.told.startswith("1 of 3 · "))


def test_show_only_this_accession(window, engine, qtbot):
    first, second = (order(f"K{n}").replace(b"||A1\r", b"|%b\r") for n in (1, 2))
    send(port(engine), first % b"A1", second % b'A 2"', order("K3"))
    qtbot.waitUntil(lambda: shown(window, "type") == ["ORM^O01"] * 3)
    only = window.actions_by_name["messages.onlyAccession"]
    assert only in window.message_actions.made_menu().actions()
    window.messages.table.go_to(1)
    only.trigger()
    qtbot.waitUntil(lambda: shown(window) == ["K2"])
    assert window.messages.search.text == 'accession:"A 2\\""'


def test_actions_on_messages_need_a_message(window, engine, qtbot):
    assert not window.actions_by_name["messages.resend"].isEnabled()
    assert not child(window.messages, QPushButton, "resendButton").isEnabled()
    send(port(engine), order("K1"))
    qtbot.waitUntil(lambda: shown(window) == ["K1"])
    window.messages.table.go_to(0)
    assert window.actions_by_name["messages.resend"].isEnabled()
    menu = window.message_actions.made_menu()
    titles = [a.text() for a in menu.actions() if a.text()]
    assert titles[:2] == ["Resend…", "Resend to"]
    assert "Copy as" in titles
    menu.deleteLater()


def test_the_status_line_has_a_light_for_the_listener(window, engine, qtbot):
    light = child(window.status, QToolButton, "light.In")
    assert light.text().strip() == f"In {port(engine)}"
    light.click()
    assert window.settings().listeners.form.values()["name"] == "In"


def test_a_message_that_is_gone_to_before_the_list_has_it_stays_in_view(window, engine, qtbot):
    with qtbot.waitActive(window):
        window.activateWindow()
    place = window.messages
    place.set_held(True)
    send(port(engine), order("A1"), order("A2"), order("A3"))
    qtbot.waitUntil(lambda: window.bridge.snapshot.last_message_id == 3)
    window.go_to("messages")
    place.show_message(2)
    qtbot.waitUntil(lambda: place.inspector.message_id == 2)
    assert shown(window) == []
    place.set_held(False)
    qtbot.waitUntil(lambda: shown(window) == ["A3", "A2", "A1"])
    assert place.table.current_id() == 2
    assert place.table.selected_ids(9) == [2]
    qtbot.waitUntil(lambda: place.inspector.message_id == 2)
