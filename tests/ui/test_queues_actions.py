"""Every menu entry, key and drag of Queues, on the real window; the engine's answers are staged."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QPushButton, QToolButton
from queues_window_kit import StagedConsole, put, refused
from window_kit import child, order, port, send

from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    HoldQueue,
    QueueMessages,
    QueueStatus,
    ReleaseQueue,
    RerouteDeliveries,
    RewindQueue,
)
from hl7console.settings import DestinationSettings, Environment
from hl7console.ui.main_window import MainWindow
from hl7console.ui.queues import questions
from hl7console.ui.queues.action_table import TABLE
from hl7console.ui.queues.dragging import DELIVERIES, MESSAGES, numbers_of, put_numbers
from hl7console.ui.queues.header import View
from hl7console.ui.queues.questions import RewindDialog
from hl7console.ui.worklist.command_dialog import CommandDialog

PACS = DestinationSettings(name="PACS", port=2101)
RIS = DestinationSettings(name="RIS", port=2103)
BILLING = DestinationSettings(name="Billing", port=2102, environment=Environment.PRODUCTION)


@pytest.fixture
def staged(engine):
    send(port(engine), order("A1"), order("A2"), order("A3"))
    put(engine, [{"message_id": n} for n in (1, 2, 3)])
    put(engine, [refused(message_id=1), refused(message_id=2)])
    return StagedConsole(
        engine,
        (
            QueueStatus("PACS", "waiting", waiting=3, environment="test"),
            QueueStatus("RIS", "empty", environment="test"),
            QueueStatus("Billing", "empty", environment="production"),
        ),
        (PACS, RIS, BILLING),
    )


@pytest.fixture
def window(staged, answers, preferences, qtbot):
    made = MainWindow(staged, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.resize(1600, 1000)
    made.show()
    with qtbot.waitSignal(made.messages.feed.search_finished):
        made.start()
    with qtbot.waitActive(made):
        made.activateWindow()
    made.go_to("queues")
    place = made.queues.place()
    qtbot.waitUntil(lambda: place.feed.is_listed and place.feed.count == 3)
    qtbot.waitUntil(lambda: place.row is not None)
    yield made
    made.stop()
    made.close()


@pytest.fixture
def place(window):
    return window.queues.place()


@pytest.fixture
def errors(window, place, qtbot):
    """The error list, with one cause of two messages."""
    window.queues.show_errors()
    qtbot.waitUntil(lambda: place.group is not None and place.feed.count == 2)
    qtbot.waitUntil(lambda: place.row is not None)
    return place


def press(window, name: str, qtbot) -> None:
    """Press the keys of an action where it has some, else trigger it as a menu does."""
    action = window.actions_by_name[f"queues.{name}"]
    assert action.isEnabled(), name
    keys = action.shortcut()
    if keys.isEmpty():
        action.trigger()
        return
    combination = keys[0]
    qtbot.keyClick(window, combination.key(), combination.keyboardModifiers())


def done(staged) -> list[object]:
    found, staged.commands = list(staged.commands), []
    return found


def only(staged, qtbot) -> object:
    qtbot.waitUntil(lambda: bool(staged.commands))
    (command,) = done(staged)
    return command


def dialog_of(window) -> CommandDialog:
    return window.findChildren(CommandDialog)[-1]


def set_status(staged, window, qtbot, *, name: str = "PACS", **values: object) -> None:
    """Let a queue be in another condition."""
    status = QueueStatus(name, **values)
    others = tuple(s for s in staged.queues if s.destination != name)
    staged.queues = (*others, status)
    qtbot.waitUntil(lambda: status in window.bridge.snapshot.queues)


def test_a_queue_is_held_and_released(window, staged, place, qtbot):
    press(window, "hold", qtbot)
    assert only(staged, qtbot) == HoldQueue("PACS")
    set_status(staged, window, qtbot, condition="held", waiting=3)
    assert child(window, QPushButton, "bar.queues.hold").text() == "Release"
    press(window, "hold", qtbot)
    assert only(staged, qtbot) == ReleaseQueue("PACS")


def test_a_stopped_production_queue_asks_for_its_name(window, staged, place, qtbot):
    put(staged.engine, [{"destination": "Billing"}])
    set_status(staged, window, qtbot, name="Billing", condition="stopped", waiting=1,
               environment="production", text="The first one was refused.")  # fmt: skip
    place.queues.choose("Billing")
    press(window, "hold", qtbot)
    dialog = dialog_of(window)
    dialog.go.click()
    assert not staged.commands
    child(dialog, QLineEdit, "confirm").setText("Billing")
    dialog.go.click()
    assert only(staged, qtbot) == ReleaseQueue("Billing", "Billing")


def test_deliveries_are_retried_held_and_released(window, staged, place, qtbot):
    place.table.selectAll()
    press(window, "retry", qtbot)
    assert only(staged, qtbot) == ChangeDeliveries("retry", (1, 2, 3))
    place.table.go_to(1)
    press(window, "holdDelivery", qtbot)
    assert only(staged, qtbot) == ChangeDeliveries("hold", (2,))


@pytest.mark.parametrize(("name", "verb"), [("skip", "Skip"), ("cancel", "Cancel")])
def test_taking_out_is_asked_first(window, staged, place, answers, qtbot, name, verb):
    place.table.go_to(2)
    press(window, name, qtbot)
    assert answers.asked[-1].startswith(f"{verb} 1 message?")
    assert not staged.commands
    answers.answer = f"{verb} 1 message"
    press(window, name, qtbot)
    assert only(staged, qtbot) == ChangeDeliveries(name, (3,))


def test_reroute_asks_where_to_and_production_for_its_name(window, staged, place, qtbot):
    press(window, "reroute", qtbot)
    dialog = dialog_of(window)
    dialog.form.set_values({"to": "RIS"})
    with qtbot.waitSignal(dialog.accepted):
        dialog.go.click()
    assert only(staged, qtbot) == RerouteDeliveries((1,), "RIS")
    press(window, "reroute", qtbot)
    dialog = dialog_of(window)
    dialog.form.set_values({"to": "Billing"})
    dialog.go.click()
    assert not staged.commands
    dialog.form.set_values({"confirm": "Billing"})
    dialog.go.click()
    assert only(staged, qtbot) == RerouteDeliveries((1,), "Billing", "Billing")


def test_the_menu_reroutes_at_once_but_to_production(window, staged, place, qtbot):
    menu = window.queues.queue_actions().made_menu()
    to_menu = child(menu, QMenu, "rerouteToMenu")
    by_name = {action.text(): action for action in to_menu.actions()}
    assert set(by_name) == {"RIS", "Billing"}
    by_name["RIS"].trigger()
    assert only(staged, qtbot) == RerouteDeliveries((1,), "RIS")
    by_name["Billing"].trigger()
    assert not staged.commands
    assert dialog_of(window).objectName() == "rerouteDialog"
    menu.deleteLater()


def test_moving_back_counts_first(window, staged, place, qtbot):
    put(staged.engine, [{"state": "accepted", "is_due": 0, "changed_at_us": 9 * 10**15}] * 2)
    press(window, "rewind", qtbot)
    dialog = dialog_of(window)
    assert isinstance(dialog, RewindDialog)
    qtbot.waitUntil(lambda: dialog.preview.text().startswith("1 message since"))
    dialog.moment.setDateTime(dialog.moment.maximumDateTime())
    qtbot.waitUntil(lambda: not dialog.go.isEnabled())
    dialog.moment.setDateTime(dialog.moment.dateTime().addYears(-7900))
    qtbot.waitUntil(dialog.go.isEnabled)
    dialog.go.click()
    assert only(staged, qtbot) == RewindQueue("PACS", dialog.since_us)


def test_moving_production_back_asks_for_its_name(window, staged, place, qtbot):
    put(staged.engine, [{"destination": "Billing", "is_due": 0, "state": "accepted",
                         "changed_at_us": 9 * 10**15}])  # fmt: skip
    place.queues.choose("Billing")
    press(window, "rewind", qtbot)
    dialog = dialog_of(window)
    qtbot.waitUntil(lambda: "1 message" in dialog.preview.text())
    dialog.go.click()
    assert not staged.commands
    dialog.form.set_values({"confirm": "Billing"})
    dialog.go.click()
    assert only(staged, qtbot).confirm == "Billing"


def test_the_error_list_is_ticked_off(window, staged, errors, answers, qtbot):
    errors.table.go_to(0)
    press(window, "handle", qtbot)
    assert only(staged, qtbot) == ChangeDeliveries("handle", (5,))
    answers.answer = "Tick off 2 messages"
    press(window, "handleGroup", qtbot)
    assert only(staged, qtbot) == ChangeDeliveries("handle", (4, 5))


def test_sending_and_editing_go_to_their_windows(window, staged, errors, monkeypatch, qtbot):
    opened: list[tuple[object, ...]] = []
    monkeypatch.setattr(questions, "open_resend", lambda *a: opened.append(a[3:]))
    monkeypatch.setattr(questions, "open_editor", lambda *a: opened.append(a[3:]))
    press(window, "resendGroup", qtbot)
    qtbot.waitUntil(lambda: opened == [([1, 2], "PACS")])
    opened.clear()
    errors.table.go_to(0)
    press(window, "resend", qtbot)
    press(window, "edit", qtbot)
    assert opened == [([2], "PACS"), (2, "PACS")]


def test_a_delivery_is_shown_in_messages_and_copied(window, staged, place, qtbot):
    place.table.go_to(1)
    press(window, "copyControl", qtbot)
    assert QGuiApplication.clipboard().text() == "A2"
    press(window, "showMessage", qtbot)
    assert window.messages.isVisible()
    qtbot.waitUntil(lambda: window.messages.inspector.message_id == 2)


def test_the_destinations_settings_are_one_step_away(window, staged, place, qtbot):
    press(window, "queueSettings", qtbot)
    assert window.settings().isVisible()


def opened_menu(open_it) -> str:
    """Open a menu, and return its name after closing it again."""
    seen: list[str] = []

    def close() -> None:
        menu = QApplication.activePopupWidget()
        if menu is None:
            QTimer.singleShot(10, close)
            return
        seen.append(menu.objectName())
        menu.close()

    QTimer.singleShot(0, close)
    open_it()
    return seen[0]


def test_menus_open_where_one_is(window, staged, errors):
    at = QPoint(1, 1)
    signal = errors.table.customContextMenuRequested
    assert opened_menu(lambda: signal.emit(at)) == "deliveryMenu"
    assert (
        opened_menu(lambda: errors.groups_list.customContextMenuRequested.emit(at)) == "queueMenu"
    )
    errors.show_view(View.QUEUES)
    assert opened_menu(lambda: errors.queues.customContextMenuRequested.emit(at)) == "queueMenu"


def test_menus_hold_every_action(window, staged, place, qtbot):
    actions = window.queues.queue_actions()
    names = {action.objectName() for action in actions.made_menu().actions()}
    names |= {action.objectName() for action in actions.made_queue_menu().actions()}
    place.show_view(View.ERRORS)
    names |= {action.objectName() for action in actions.made_queue_menu().actions()}
    assert names >= {f"queues.{name}" for name, *_ in TABLE if name != "reroute"}


def test_keys_of_the_place_do_nothing_elsewhere(window, staged, place):
    window.go_to("messages")
    for action in window.actions_by_name.all():
        name = action.objectName()
        if name.startswith("queues.") and name != "queues.errors":
            assert not action.isEnabled(), name


# Dragging


def let_go(cards, key: str, mime: QMimeData) -> bool:
    """Drop something on a card, and return whether it was taken."""
    row = [card.key for card in cards.model_of_cards.cards].index(key)
    at = cards.visualRect(cards.model_of_cards.index(row)).center()
    event = QDropEvent(
        QPointF(at), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    cards.dropEvent(event)
    return event.isAccepted()


def test_deliveries_dragged_to_another_queue_are_rerouted(window, staged, place, qtbot):
    place.table.selectAll()
    mime = place.table.dragged()
    assert numbers_of(mime, DELIVERIES) == [1, 2, 3]
    assert let_go(place.queues, "RIS", mime)
    assert only(staged, qtbot) == RerouteDeliveries((1, 2, 3), "RIS")
    assert let_go(place.queues, "PACS", mime)
    assert not staged.commands
    assert let_go(place.queues, "Billing", mime)
    assert dialog_of(window).objectName() == "rerouteDialog"
    assert not staged.commands


def test_messages_dragged_onto_a_queue_line_up_there(window, staged, place, qtbot):
    mime = put_numbers(QMimeData(), MESSAGES, [3, 1])
    assert let_go(place.queues, "RIS", mime)
    assert only(staged, qtbot) == QueueMessages((3, 1), ("RIS",))
    assert let_go(place.queues, "Billing", mime)
    dialog = dialog_of(window)
    dialog.form.set_values({"confirm": "Billing"})
    dialog.go.click()
    assert only(staged, qtbot) == QueueMessages((3, 1), ("Billing",), ("Billing",))


def test_nothing_else_can_be_dropped_on_a_queue(window, staged, place):
    text = QMimeData()
    text.setText("MSH|")
    assert not let_go(place.queues, "RIS", text)
    broken = QMimeData()
    broken.setData(MESSAGES, b'{"not": "a list"}')
    let_go(place.queues, "RIS", broken)
    assert not staged.commands


def test_messages_held_over_the_rail_open_the_queues(window, staged, place, qtbot):
    window.go_to("messages")
    button = child(window.rail, QToolButton, "place.queues")
    mime = put_numbers(QMimeData(), MESSAGES, [1])
    event = QDragEnterEvent(
        QPoint(5, 5), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    button.dragEnterEvent(event)
    assert event.isAccepted()
    qtbot.waitUntil(place.isVisible)


def test_every_key_of_the_place_is_told_in_the_help(window):
    from hl7console import assets

    page = assets.read_text("help/shortcuts.md")
    for action in window.actions_by_name.all():
        if action.objectName().startswith("queues."):
            for keys in action.shortcuts():
                assert f"`{keys.toString(QKeySequence.SequenceFormat.PortableText)}`" in page
