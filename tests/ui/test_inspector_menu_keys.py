"""The menus of fields and of the text, beside the lists of all three places, run by the keys.

`FIELD` and `TEXT` have a row for each entry. An entry without a row fails the test of the menu.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pytest
from menu_keys_kit import choose, entries_of, press_menu_key, press_shift_f10
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from queues_window_kit import put
from window_kit import port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.settings import DestinationSettings
from hl7console.ui.inspector import Inspector
from hl7console.ui.inspector.tabs import Tab
from hl7console.ui.main_window import MainWindow
from hl7console.ui.worklist.side import SideTab

LONG = "A" * 6000
"""A value that is folded."""


def order() -> bytes:
    day = datetime.now().astimezone().strftime("%Y%m%d")
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|{day}080000||ORM^O01^ORM_O01|K1|P|2.5.1\r"
        "PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"ORC|NW|P1^REGRIS|F1^RIS||SC||^^^{day}230100^^R\r"
        f"OBR|1|P1^REGRIS|F1^RIS|MRHEAD^MR HEAD^L||||||||||||||A1||||||MR\r"
        f"OBX|1|ED|DOC^Document^L||^TEXT^^Base64^{LONG}||||||F\r"
    ).encode()


@dataclass
class Stage:
    """What a row of the tables works with: an inspector that shows the message."""

    window: MainWindow
    inspector: Inspector
    qtbot: QtBot

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(lambda: bool(condition()))


def nothing(_stage: Stage) -> None:
    """Nothing has to be there first."""


def at_the_segment(stage: Stage) -> None:
    stage.inspector.go_to_path("PID")


def at_the_long_value(stage: Stage) -> None:
    stage.inspector.go_to_path("OBX-5.5")
    assert not stage.inspector.raw.view.opened


def copied(text: str) -> Callable[[Stage], None]:
    return lambda _stage: check_copied(text)


def check_copied(text: str) -> None:
    assert QGuiApplication.clipboard().text() == text


def whole_message_is_copied(_stage: Stage) -> None:
    text = QGuiApplication.clipboard().text()
    assert text == order().decode().replace("\r", "\n")


def it_is_searched_for(stage: Stage) -> None:
    assert stage.window.messages.isVisible()
    assert stage.window.messages.search.text == "PID-3.1=77001"


def all_below_is_open(stage: Stage) -> None:
    view = stage.inspector.tree.view
    segment = view.currentIndex()
    assert view.isExpanded(segment)
    model = view.model()
    fields = [model.index(row, 0, segment) for row in range(model.rowCount(segment))]
    assert all(view.isExpanded(field) for field in fields if model.hasChildren(field))


def nothing_is_open(stage: Stage) -> None:
    view = stage.inspector.tree.view
    rows = [view.model().index(row, 0) for row in range(view.model().rowCount())]
    assert not any(view.isExpanded(row) for row in rows)


def ends_are_shown(stage: Stage) -> None:
    assert stage.inspector.raw.view.shows_ends


def long_values_are_open(stage: Stage) -> None:
    assert len(stage.inspector.raw.view.opened) == 1


@dataclass(frozen=True)
class Entry:
    """An entry of a menu."""

    seen: Callable[[Stage], None]
    first: Callable[[Stage], None] = nothing


FIELD = {
    "Copy value": Entry(copied("77001")),
    "Copy path": Entry(copied("PID-3.1")),
    "Copy row": Entry(copied("PID-3.1\tID Number\t77001")),
    "Filter by this value": Entry(it_is_searched_for),
    "Expand all below": Entry(all_below_is_open, at_the_segment),
    "Collapse all": Entry(nothing_is_open),
}
"""The menu of a field in the tree."""

TEXT = {
    "Copy": Entry(copied("77001")),
    "Copy the whole message": Entry(whole_message_is_copied),
    "Show line ends": Entry(ends_are_shown),
    "Open long values": Entry(long_values_are_open, at_the_long_value),
}
"""The menu of the text."""

TABLES = {"treeMenu": FIELD, "rawMenu": TEXT}
RUN = [(name, text) for name, rows in TABLES.items() for text in rows]


def in_messages(window: MainWindow, _engine: object, _qtbot: QtBot) -> Inspector:
    window.messages.table.go_to(0)
    return window.messages.inspector


def in_worklist(window: MainWindow, _engine: object, qtbot: QtBot) -> Inspector:
    window.go_to("worklist")
    place = window.worklist.place()
    qtbot.waitUntil(lambda: place.feed.count == 1)
    place.table.go_to(place.table.first_line())
    place.side.show_tab(SideTab.MESSAGES)
    return place.side.messages.inspector


def in_queues(window: MainWindow, engine, qtbot: QtBot) -> Inspector:
    engine.submit(SaveDestination(DestinationSettings(name="PACS", port=1))).result(10)
    put(engine, [{"destination": "PACS", "state": "held"}])
    window.go_to("queues")
    place = window.queues.place()
    qtbot.waitUntil(lambda: place.row is not None)
    return place.inspector


@pytest.fixture(params=[in_messages, in_worklist, in_queues])
def stage(request, window, engine, qtbot) -> Stage:
    """The window with one message, inspected in a place, at its patient's number."""
    send(port(engine), order())
    qtbot.waitUntil(lambda: len(shown(window)) == 1)
    with qtbot.waitActive(window):
        window.activateWindow()
    inspector = request.param(window, engine, qtbot)
    qtbot.waitUntil(lambda: inspector.message_id == 1 and inspector.reading is not None)
    inspector.go_to_path("PID-3.1")
    QGuiApplication.clipboard().clear()
    return Stage(window, inspector, qtbot)


def view_of(stage: Stage, name: str) -> QWidget:
    """Return the view whose menu it is, with the keys going to it."""
    tabs = stage.inspector.tabs
    tabs.setCurrentIndex(Tab.TREE if name == "treeMenu" else Tab.RAW)
    view = stage.inspector.tree.view if name == "treeMenu" else stage.inspector.raw.view
    view.setFocus()
    stage.wait(view.hasFocus)
    return view


@pytest.mark.parametrize(("name", "text"), RUN)
def test_an_entry_does_what_it_says(stage, name, text, qtbot):
    entry = TABLES[name][text]
    entry.first(stage)
    view = view_of(stage, name)
    choose(name, lambda: press_shift_f10(view, qtbot), (text,), qtbot)
    entry.seen(stage)


@pytest.mark.parametrize("key", ["menu key", "Shift+F10"])
@pytest.mark.parametrize("name", TABLES)
def test_a_menu_holds_what_its_table_has_and_nothing_else(stage, name, key, qtbot):
    view = view_of(stage, name)

    def press() -> None:
        if key == "menu key":
            press_menu_key(view)
        else:
            press_shift_f10(view, qtbot)

    assert entries_of(name, press, qtbot) == [(text,) for text in TABLES[name]]


def test_ctrl_c_copies_the_value_from_tree_and_text(stage, qtbot):
    for name in TABLES:
        QGuiApplication.clipboard().clear()
        view = view_of(stage, name)
        qtbot.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
        check_copied("77001")
