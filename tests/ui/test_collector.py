"""Garbage is taken out on the GUI thread, and nothing of the window is left for Python to own."""

from __future__ import annotations

import gc
import threading

import pytest
from PySide6.QtCore import QObject
from shiboken6 import Shiboken
from window_kit import order, port, send, shown

from hl7console.ui.collector import GuiCollector


class Knot:
    """A cycle that notes the thread it was taken down on."""

    def __init__(self, notes: list[threading.Thread]) -> None:
        self.notes = notes
        self.me = self

    def __del__(self) -> None:
        self.notes.append(threading.current_thread())


@pytest.fixture
def collector(qapp):
    made = GuiCollector()
    made.start()
    yield made
    made.stop()
    assert gc.isenabled()


def test_cycles_made_on_other_threads_go_on_this_one(collector, qtbot):
    notes: list[threading.Thread] = []
    first, *_ = gc.get_threshold()

    def tie() -> None:
        for _ in range(first * 3):
            Knot(notes)

    thread = threading.Thread(target=tie)
    thread.start()
    thread.join()
    assert notes == []
    qtbot.waitUntil(lambda: len(notes) == first * 3)
    assert set(notes) == {threading.main_thread()}


def test_what_was_there_before_is_not_looked_at_again(collector):
    assert not gc.isenabled()
    assert gc.get_freeze_count() > 0
    collector.stop()
    assert gc.get_freeze_count() == 0
    collector.stop()


def test_nothing_of_the_window_belongs_to_python_alone(window, engine, tmp_path, qtbot):
    """What Python owns, Python destroys when it likes; only the window itself may be so."""
    send(port(engine), order("A1"))
    qtbot.waitUntil(lambda: shown(window) == ["A1"])
    window.messages.table.go_to(0)
    window.go_to("settings")
    window.message_actions.resend()
    dialog = window.imports.begin([tmp_path])
    window.choose_columns()
    window.show_palette()
    window.settings().make_certificate()
    menu = window.message_actions.made_menu()
    owned = [
        o
        for o in gc.get_objects()
        if isinstance(o, QObject)
        and type(o).__module__.startswith("hl7console")
        and Shiboken.isValid(o)
        and Shiboken.ownedByPython(o)
        and o is not window
    ]
    assert [(type(o).__name__, o.objectName()) for o in owned] == []
    menu.deleteLater()
    for opened in window.findChildren(type(dialog).__mro__[1]):
        opened.close()


def test_a_closed_import_goes_with_its_tables(window, tmp_path, qtbot):
    (tmp_path / "x.txt").write_text("no message")
    dialog = window.imports.begin([tmp_path / "x.txt"])
    dialog.go_button.click()
    qtbot.waitUntil(lambda: dialog.report is not None)
    table = dialog.report_view.answers
    dialog.reject()
    qtbot.waitUntil(lambda: not Shiboken.isValid(table))
