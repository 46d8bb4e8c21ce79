"""Every entry of the menus of Queues, run by the menu's keys and by its own, on a real engine.

`DELIVERY`, `ERROR`, `QUEUE` and `CAUSE` have a row for each entry of the menus: what has to be
there first, and what is seen once it ran. An entry without a row fails the test of the menu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from menu_keys_kit import choose, entries_of, press_menu_key, press_shift_f10, run_by_keys
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from queues_window_kit import put, refused, sql
from window_kit import Answers, order, port, send

from hl7console.engine.console import SaveDestination
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    QueueMessages,
)
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings
from hl7console.ui.editing.opening import editors_of
from hl7console.ui.main_window import MainWindow
from hl7console.ui.queues.action_table import TABLE
from hl7console.ui.queues.place import QueuesPlace
from hl7console.ui.queues.questions import RewindDialog
from hl7console.ui.sending.resend_dialog import ResendDialog


@dataclass
class Stage:
    """What a row of the tables works with: PACS is held and three wait; RIS takes all it is sent.

    The second of the three is chosen; of two that PACS refused for one cause, the first.
    """

    window: MainWindow
    engine: Engine
    answers: Answers
    qtbot: QtBot

    @property
    def place(self) -> QueuesPlace:
        return self.window.queues.place()

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))

    def states(self, destination: str = "PACS") -> list[str]:
        """Return the states of what waits or waited at a destination, in order."""
        found = sql(
            self.engine,
            "SELECT state FROM deliveries WHERE destination = ? AND cause = '' ORDER BY id",
            destination,
        )
        return [str(row[0]) for row in found]

    def opened(self, kind: type) -> object:
        self.wait(lambda: any(w.isVisible() for w in self.window.findChildren(kind)))
        (found,) = [w for w in self.window.findChildren(kind) if w.isVisible()]
        return found

    def condition(self, name: str) -> str:
        status = self.place.status_of(name)
        return "" if status is None else str(status.condition)


def nothing(_stage: Stage) -> None:
    """Nothing has to be there first."""


# What has to be there first


def with_all_held(stage: Stage) -> None:
    stage.engine.submit(ChangeDeliveries(DeliveryAction.HOLD, (1, 2, 3))).result(20)
    assert stage.states() == ["held"] * 3
    stage.wait(lambda: stage.place.row.delivery.state == "held")


def agreed(answer: str) -> Callable[[Stage], None]:
    def first(stage: Stage) -> None:
        stage.answers.answer = answer

    return first


def with_what_was_sent_to_ris(stage: Stage) -> None:
    stage.engine.submit(QueueMessages((1, 2), ("RIS",))).result(20)
    stage.wait(lambda: stage.states("RIS") == ["accepted"] * 2)
    stage.place.queues.choose("RIS")


# What is seen


def states_are(*wanted: str) -> Callable[[Stage], None]:
    return lambda stage: stage.wait(lambda: stage.states() == list(wanted))


def it_went_to_ris(stage: Stage) -> None:
    stage.wait(lambda: stage.states("RIS") == ["accepted"])
    assert stage.states() == ["queued", "cancelled", "queued"]


def it_is_edited(number: int) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        stage.wait(lambda: len(editors_of(stage.window)) == 1)
        (editor,) = editors_of(stage.window)
        assert editor.parent_id == number

    return seen


def asked_where_to(*ids: int) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        dialog = stage.opened(ResendDialog)
        assert dialog.command.message_ids == ids
        assert dialog.destination == "PACS"
        stage.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
        assert not dialog.isVisible()

    return seen


def shown_in_messages(number: int) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        assert stage.window.messages.isVisible()
        stage.wait(lambda: stage.window.messages.inspector.message_id == number)

    return seen


def copied(control_id: str) -> Callable[[Stage], None]:
    return lambda stage: stage.wait(lambda: QGuiApplication.clipboard().text() == control_id)


def left_to_tick_off(*message_ids: int) -> Callable[[Stage], None]:
    def seen(stage: Stage) -> None:
        query = "SELECT message_id FROM deliveries WHERE cause <> '' AND is_handled = 0 ORDER BY id"
        stage.wait(lambda: [row[0] for row in sql(stage.engine, query)] == list(message_ids))

    return seen


def first_is_tried_again(stage: Stage) -> None:
    query = "SELECT state FROM deliveries WHERE cause <> '' ORDER BY id"
    stage.wait(lambda: [row[0] for row in sql(stage.engine, query)] == ["queued", "rejected"])


def it_is_sent_to_ris(stage: Stage) -> None:
    stage.wait(lambda: stage.states("RIS") == ["accepted"])
    left_to_tick_off(3)(stage)


def queue_goes_on(stage: Stage) -> None:
    stage.wait(lambda: stage.states() == ["accepted"] * 3)


def ris_is_moved_back(stage: Stage) -> None:
    dialog = stage.opened(RewindDialog)
    stage.wait(lambda: dialog.preview.text().startswith("2 messages since"))
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Return)
    stage.wait(lambda: stage.states("RIS") == ["accepted"] * 4)


def settings_are_shown(stage: Stage) -> None:
    assert stage.window.settings().isVisible()


@dataclass(frozen=True)
class Entry:
    """An entry of a menu."""

    action: str
    """Name of the action that does the same; "" where only the menu has it."""
    seen: Callable[[Stage], None]
    first: Callable[[Stage], None] = nothing
    is_off: bool = False
    """It cannot be done where the menu is; the other view's table runs it."""


DELIVERY = {
    ("Retry now",): Entry("retry", states_are("held", "queued", "held"), with_all_held),
    ("Hold or release the delivery",): Entry(
        "holdDelivery", states_are("queued", "held", "queued")
    ),
    ("Reroute to", "RIS"): Entry("", it_went_to_ris),
    ("Skip the delivery…",): Entry(
        "skip", states_are("queued", "skipped", "queued"), agreed("Skip 1 message")
    ),
    ("Cancel the delivery…",): Entry(
        "cancel", states_are("queued", "cancelled", "queued"), agreed("Cancel 1 message")
    ),
    ("Edit and resend…",): Entry("edit", it_is_edited(2)),
    ("Resend…",): Entry("resend", asked_where_to(2)),
    ("Tick off",): Entry("handle", nothing, is_off=True),
    ("Show in Messages",): Entry("showMessage", shown_in_messages(2)),
    ("Copy control ID of the delivery",): Entry("copyControl", copied("A2")),
}
"""The menu of a delivery that waits, by the words of its entries."""

ERROR = {
    ("Retry now",): Entry("retry", first_is_tried_again),
    ("Hold or release the delivery",): Entry("holdDelivery", nothing, is_off=True),
    ("Reroute to", "RIS"): Entry("", it_is_sent_to_ris),
    ("Skip the delivery…",): Entry("skip", nothing, is_off=True),
    ("Cancel the delivery…",): Entry("cancel", nothing, is_off=True),
    ("Edit and resend…",): Entry("edit", it_is_edited(1)),
    ("Resend…",): Entry("resend", asked_where_to(1)),
    ("Tick off",): Entry("handle", left_to_tick_off(3)),
    ("Show in Messages",): Entry("showMessage", shown_in_messages(1)),
    ("Copy control ID of the delivery",): Entry("copyControl", copied("A1")),
}
"""The menu of a delivery in the error list."""

QUEUE = {
    ("Hold or release the queue",): Entry("hold", queue_goes_on),
    ("Retry all that waits now",): Entry(
        "retryQueue", states_are("queued", "queued", "queued"), with_all_held
    ),
    ("Move back to a time…",): Entry("rewind", ris_is_moved_back, with_what_was_sent_to_ris),
    ("Settings of the destination",): Entry("queueSettings", settings_are_shown),
}
"""The menu of a queue."""

CAUSE = {
    ("Resend the whole cause…",): Entry("resendGroup", asked_where_to(1, 3)),
    ("Tick off the whole cause",): Entry(
        "handleGroup", left_to_tick_off(), agreed("Tick off 2 messages")
    ),
}
"""The menu of a cause in the error list."""


@pytest.fixture
def waiting(window, engine, answers, qtbot) -> Stage:
    """The window on Queues, at the second of three deliveries that wait for PACS."""
    send(port(engine), order("A1"), order("A2"), order("A3"))
    for name in ("PACS", "RIS"):
        engine.submit(SaveDestination(DestinationSettings(name=name, port=port(engine)))).result(10)
    engine.submit(HoldQueue("PACS")).result(10)
    engine.submit(QueueMessages((1, 2, 3), ("PACS",))).result(10)
    put(engine, [refused(message_id=1), refused(message_id=3)])
    with qtbot.waitActive(window):
        window.activateWindow()
    window.go_to("queues")
    stage = Stage(window, engine, answers, qtbot)
    place = stage.place
    stage.wait(lambda: len(window.bridge.destinations) == 2)
    stage.wait(lambda: place.queues.choose("PACS"))
    stage.wait(lambda: place.feed.is_listed and place.feed.count == 3)
    place.table.setFocus()
    qtbot.keyClick(place.table, Qt.Key.Key_Home)
    qtbot.keyClick(place.table, Qt.Key.Key_Down)
    stage.wait(lambda: place.row is not None and place.row.control_id == "A2")
    QGuiApplication.clipboard().clear()
    return stage


@pytest.fixture
def failed(waiting, window, qtbot) -> Stage:
    """The window on the error list, at the older one of two."""
    window.queues.show_errors()
    place = waiting.place
    waiting.wait(lambda: place.group is not None and place.feed.count == 2)
    place.table.setFocus()
    qtbot.keyClick(place.table, Qt.Key.Key_End)
    waiting.wait(lambda: place.row is not None and place.row.control_id == "A1")
    return waiting


STAGES = {"delivery": "waiting", "queue": "waiting", "error": "failed", "cause": "failed"}
"""The fixture that each menu is opened in."""
TABLES = {"delivery": DELIVERY, "queue": QUEUE, "error": ERROR, "cause": CAUSE}
NAMES = {"delivery": "deliveryMenu", "error": "deliveryMenu", "queue": "queueMenu",
         "cause": "queueMenu"}  # fmt: skip
RUN = [(kind, path) for kind, rows in TABLES.items() for path, e in rows.items() if not e.is_off]


def list_of(stage: Stage, kind: str) -> QWidget:
    """Return the list whose menu it is, with the keys going to it."""
    place = stage.place
    lists = {"queue": place.queues, "cause": place.groups_list}
    found = lists.get(kind, place.table)
    found.setFocus()
    return found


def named(case: object) -> str:
    return case if isinstance(case, str) else " - ".join(case)


@pytest.mark.parametrize(("kind", "path"), RUN, ids=named)
def test_an_entry_does_what_it_says_from_the_menu(request, kind, path, qtbot):
    stage = request.getfixturevalue(STAGES[kind])
    entry = TABLES[kind][path]
    entry.first(stage)
    where = list_of(stage, kind)
    choose(NAMES[kind], lambda: press_shift_f10(where, qtbot), path, qtbot)
    entry.seen(stage)


@pytest.mark.parametrize(
    ("kind", "path"), [case for case in RUN if TABLES[case[0]][case[1]].action], ids=named
)
def test_an_entry_does_what_it_says_by_its_keys(request, kind, path, qtbot):
    stage = request.getfixturevalue(STAGES[kind])
    entry = TABLES[kind][path]
    entry.first(stage)
    list_of(stage, kind)
    run_by_keys(stage.window, f"queues.{entry.action}", qtbot)
    entry.seen(stage)


@pytest.mark.parametrize("key", ["menu key", "Shift+F10"])
@pytest.mark.parametrize("kind", TABLES)
def test_a_menu_holds_what_its_table_has_and_nothing_else(request, kind, key, qtbot):
    stage = request.getfixturevalue(STAGES[kind])
    where = list_of(stage, kind)

    def press() -> None:
        if key == "menu key":
            press_menu_key(where)
        else:
            press_shift_f10(where, qtbot)

    assert entries_of(NAMES[kind], press, qtbot) == list(TABLES[kind])
    actions = stage.window.actions_by_name
    for entry in TABLES[kind].values():
        if entry.action:
            assert actions[f"queues.{entry.action}"].isEnabled() is not entry.is_off, entry.action


def test_every_action_of_the_place_has_a_row():
    run = {TABLES[kind][path].action for kind, path in RUN}
    # The menu reroutes at once; the action asks where to, see the tests of the actions.
    assert run - {""} == {name for name, *_ in TABLE} - {"reroute"}
