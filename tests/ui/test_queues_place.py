"""The place Queues on the real window: what it shows, and how it follows."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QPushButton
from queues_window_kit import StagedConsole, add_attempt, put, refused, sql
from window_kit import child, order, port, send

from hl7console.engine.repair_commands import QueueStatus
from hl7console.settings import DestinationSettings, Environment
from hl7console.store.queue_parts import Which
from hl7console.ui.main_window import MainWindow
from hl7console.ui.queues.header import View
from hl7console.ui.theme import ROW

PACS = DestinationSettings(name="PACS", port=2101)
BILLING = DestinationSettings(name="Billing", port=2102, environment=Environment.PRODUCTION)


@pytest.fixture
def staged(engine):
    send(port(engine), order("A1"), order("A2"), order("A3"))
    return StagedConsole(
        engine,
        (
            QueueStatus("PACS", "empty", environment="test"),
            QueueStatus("Billing", "stopped", waiting=3, failed=0, environment="production",
                        text="The first message was refused. Correct it, or skip it."),
        ),
        (PACS, BILLING),
    )  # fmt: skip


@pytest.fixture
def window(staged, answers, preferences, qtbot):
    made = MainWindow(staged, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.resize(1600, 1000)
    made.show()
    with qtbot.waitSignal(made.messages.feed.search_finished):
        made.start()
    yield made
    made.stop()
    made.close()


def place_of(window):
    window.go_to("queues")
    return window.queues.place()


def texts(place, column: int) -> list[str]:
    model = place.feed.model
    return [model.text_at(row, column) for row in range(model.rowCount())]


def wait_for_rows(place, count: int, qtbot) -> None:
    qtbot.waitUntil(lambda: place.feed.is_listed and place.feed.count == count)


def change(staged, **_: object) -> None:
    staged.version += 1


def test_the_worst_queue_stands_first_and_is_chosen(window, staged, qtbot):
    put(staged.engine, [{"destination": "Billing", "message_id": n} for n in (1, 2, 3)])
    place = place_of(window)
    wait_for_rows(place, 3, qtbot)
    cards = place.queues.model_of_cards.cards
    assert [card.title for card in cards] == ["Billing", "PACS"]
    assert cards[0].state == "stopped"
    assert (cards[0].chip, cards[0].chip_role) == ("production", "err")
    assert "Correct it, or skip it." in cards[0].spoken
    assert place.queues.key == "Billing"
    assert texts(place, 5) == ["A1", "A2", "A3"]
    qtbot.waitUntil(lambda: place.inspector.message_id == 1)


def test_a_queue_is_chosen_by_the_keys_and_says_that_nothing_waits(window, staged, qtbot):
    put(staged.engine, [{"destination": "Billing"}, {"state": "accepted", "is_due": 0}])
    place = place_of(window)
    wait_for_rows(place, 1, qtbot)
    place.queues.setFocus()
    qtbot.keyClick(place.queues, Qt.Key.Key_Down)
    qtbot.waitUntil(place.empty.isVisible)
    assert place.empty.title == "Nothing waits"
    child(place, QPushButton, "emptyButton0").click()
    wait_for_rows(place, 1, qtbot)
    assert place.header.which is Which.OVER
    assert texts(place, 1) == ["accepted"]


def test_the_list_follows_and_what_is_chosen_stays_chosen(window, staged, qtbot):
    put(staged.engine, [{"destination": "Billing", "message_id": n % 3 + 1} for n in range(500)])
    place = place_of(window)
    wait_for_rows(place, 500, qtbot)
    place.table.go_to(20)
    chosen = place.table.current_id()
    sql(staged.engine, "UPDATE deliveries SET is_due = 0, state = 'accepted' WHERE id <= 10")
    put(staged.engine, [{"destination": "Billing"}] * 5)
    staged.version += 1
    wait_for_rows(place, 495, qtbot)
    assert place.table.current_id() == chosen == 21
    assert place.table.currentIndex().row() == 10
    assert place.feed.model.id_at(0) == 11


def test_what_is_sent_while_one_looks_stays_in_view(window, staged, qtbot):
    put(staged.engine, [{"destination": "Billing", "message_id": n} for n in (1, 2, 3)])
    place = place_of(window)
    wait_for_rows(place, 3, qtbot)
    qtbot.waitUntil(lambda: place.inspector.message_id == 1)
    sql(staged.engine, "UPDATE deliveries SET is_due = 0, state = 'accepted' WHERE id = 1")
    staged.version += 1
    wait_for_rows(place, 2, qtbot)
    qtbot.waitUntil(lambda: place.reason.text == "The receiver accepted it.")
    assert place.inspector.message_id == 1


def test_a_place_far_down_stays_in_sight_while_the_head_is_sent(window, staged, qtbot):
    put(staged.engine, [{"destination": "Billing", "message_id": n % 3 + 1} for n in range(10_000)])
    place = place_of(window)
    wait_for_rows(place, 10_000, qtbot)
    place.table.verticalScrollBar().setValue(5000 * ROW)
    qtbot.waitUntil(lambda: bool(place.feed.model.row_at(5001)))
    assert place.feed.model.id_at(5000) == 5001
    sql(staged.engine, "UPDATE deliveries SET is_due = 0, state = 'accepted' WHERE id <= 1000")
    staged.version += 1
    wait_for_rows(place, 9_000, qtbot)
    qtbot.waitUntil(lambda: place.table.seen().start == 4000)
    qtbot.waitUntil(lambda: place.feed.model.id_at(4000) == 5001)
    qtbot.keyClick(place.table, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: place.feed.model.id_at(8_999) == 10_000)
    qtbot.waitUntil(lambda: place.row is not None and place.row.id == 10_000)
    qtbot.keyClick(place.table, Qt.Key.Key_Home)
    qtbot.waitUntil(lambda: place.feed.model.id_at(0) == 1001)


def test_the_error_list_groups_by_cause_and_tells_the_reason(window, staged, qtbot):
    put(
        staged.engine,
        [refused(message_id=1), refused(message_id=2), refused(message_id=3, cause="AR 200 MSH-9")],
    )
    add_attempt(staged.engine, 2, 2)
    place = place_of(window)
    window.queues.show_errors()
    qtbot.waitUntil(lambda: len(place.groups_list.model_of_cards.cards) == 2)
    titles = {card.title: card.state for card in place.groups_list.model_of_cards.cards}
    assert titles == {
        "PID-3: required field missing": "2 messages",
        "MSH-9: unsupported message type": "1 message",
    }
    place.groups_list.choose("PACS\x1fAE 101 PID-3")
    qtbot.waitUntil(lambda: texts(place, 5) == ["A2", "A1"])
    qtbot.waitUntil(lambda: place.findChild(QLabel, "receiverWords") is not None)
    assert "PID-3 is not known here" in child(place, QLabel, "receiverWords").text()
    qtbot.waitUntil(lambda: place.inspector.message_id == 2)
    child(place, QPushButton, "reasonPath").click()
    assert str(place.inspector._place.path).startswith("PID-3")


def test_places_without_anything_say_what_to_do(engine, window, staged, qtbot):
    place = place_of(window)
    window.queues.show_errors()
    qtbot.waitUntil(place.nothing.isVisible)
    assert place.nothing.title == "Nothing was refused"
    child(place.nothing, QPushButton, "emptyButton0").click()
    assert window.messages.search.edit.toPlainText() == "status:error or status:rejected"
    staged.queues = ()
    window.go_to("queues")
    place.show_view(View.QUEUES)
    qtbot.waitUntil(lambda: place.nothing.title == "No destinations yet")


def test_the_badge_counts_what_needs_somebody(window, staged, qtbot):
    badge = child(window.rail, QLabel, "badge.queues")
    assert badge.text() == "1"
    staged.queues = (QueueStatus("PACS", "empty", failed=4), QueueStatus("Billing", "sending"))
    staged.version += 1
    qtbot.waitUntil(lambda: badge.text() == "4")
    staged.queues = ()
    qtbot.waitUntil(badge.isHidden)
