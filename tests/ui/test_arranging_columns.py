"""Columns are moved and resized by the keyboard in every list, and stay so."""

from __future__ import annotations

import pytest
from menu_keys_kit import run_by_keys
from PySide6.QtCore import Qt
from queues_window_kit import put
from window_kit import order, port, send, shown

from hl7console.engine.console import SaveDestination
from hl7console.settings import DestinationSettings
from hl7console.ui.arranging import STEP_PX, ArrangeDialog

ALT = Qt.KeyboardModifier.AltModifier


def table_of(window, engine, name: str, qtbot):
    """Go to a place, and return its list."""
    if name == "queues":
        to = DestinationSettings(name="PACS", port=1)
        engine.submit(SaveDestination(to)).result(10)
        put(engine, [{"destination": "PACS", "state": "held"}])
    window.go_to(name)
    table = window.messages.table if name == "messages" else getattr(window, name).place().table
    if name == "worklist":
        window.worklist.place().show_everything()
    qtbot.waitUntil(table.isVisible)
    return table


def titles(table) -> list[str]:
    header = table.horizontalHeader()
    sections = [header.logicalIndex(place) for place in range(header.count())]
    return [table.model().headerData(s, Qt.Orientation.Horizontal) for s in sections]


@pytest.mark.parametrize("name", ["messages", "worklist", "queues"])
def test_columns_are_moved_and_resized_by_keys(window, engine, qtbot, name):
    send(port(engine), order("A1").replace(b"||CTHEAD", b"|F1|CTHEAD"))
    qtbot.waitUntil(lambda: len(shown(window)) == 1)
    with qtbot.waitActive(window):
        window.activateWindow()
    table = table_of(window, engine, name, qtbot)
    before = titles(table)
    header = table.horizontalHeader()
    run_by_keys(window, "list.arrange", qtbot)
    dialog = window.findChild(ArrangeDialog)
    qtbot.waitUntil(dialog.isActiveWindow)
    assert [dialog.list.item(n).text().partition(" · ")[0] for n in range(3)] == before[:3]
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Up, ALT)
    assert titles(table) == [before[1], before[0], *before[2:]]
    section = header.logicalIndex(0)
    width = header.sectionSize(section)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Right, ALT)
    assert header.sectionSize(section) == width + STEP_PX
    for _ in range(width // STEP_PX + 2):
        qtbot.keyClick(dialog.list, Qt.Key.Key_Left, ALT)
    assert header.sectionSize(section) == header.minimumSectionSize()
    qtbot.keyClick(dialog.list, Qt.Key.Key_Up, ALT)
    qtbot.keyClick(dialog.list, Qt.Key.Key_Down, ALT)
    assert titles(table) == before
    qtbot.keyClick(dialog, Qt.Key.Key_Return)
    assert not dialog.isVisible()


def test_where_no_list_is_in_view_nothing_opens(window):
    window.go_to("settings")
    window.actions_by_name["list.arrange"].trigger()
    assert window.findChild(ArrangeDialog) is None
