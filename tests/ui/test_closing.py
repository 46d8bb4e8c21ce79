"""How it ends: in order, off the GUI thread, and into the tray only when asked."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import QTimer
from window_kit import Answers, order, port, send

from hl7console import app as app_module
from hl7console.app import Closing, open_window
from hl7console.ui.main_window import MainWindow


@pytest.fixture
def made(engine, answers, preferences, qtbot, monkeypatch):
    """A window that closes as the program's does; returns (window, make_closing)."""
    monkeypatch.setattr(app_module.QApplication, "quit", lambda *_: None)
    window = MainWindow(engine, preferences=preferences, ask=answers)
    qtbot.addWidget(window, before_close_func=_let_close)
    window.show()
    window.start()

    def make(**options: bool) -> Closing:
        values = {"is_demo": False, "has_tray": False} | options
        return Closing(window, engine, preferences, **values)

    return window, make


def _let_close(window: MainWindow) -> None:
    window.stop()
    window.may_close = True


def test_closing_stops_the_engine_and_leaves_no_thread(made, engine, qtbot):
    window, make = made
    make()
    send(port(engine), order("A1"))
    window.close()
    assert window.isVisible()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert not engine.snapshot().running
    names = [t.name for t in threading.enumerate()]
    assert not [n for n in names if n.startswith(("list-", "engine-", "mllp", "store", "app-"))]


def test_the_engine_is_not_stopped_on_the_gui_thread(made, engine, qtbot, monkeypatch):
    window, make = made
    make()
    threads = []
    stop = engine.stop
    monkeypatch.setattr(
        engine, "stop", lambda s=5.0: (threads.append(threading.current_thread()), stop(s))[1]
    )
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert threads
    assert threads[0] is not threading.main_thread()


def test_where_there_is_a_tray_it_is_asked_once(made, engine, answers: Answers, qtbot):
    window, make = made
    closing = make(has_tray=True)
    answers.answer = "Cancel"
    window.close()
    assert window.isVisible()
    answers.answer = "Go on in the tray"
    window.close()
    assert not window.isVisible()
    assert engine.snapshot().running
    assert send(port(engine), order("T1"))
    window.come_up()
    window.close()
    assert len(answers.asked) == 2
    assert closing.tray is not None
    closing.quit()
    qtbot.waitUntil(lambda: not engine.snapshot().running)
    qtbot.waitUntil(lambda: window.may_close)


def test_stop_listening_is_remembered(made, engine, answers, preferences, qtbot):
    window, make = made
    make(has_tray=True)
    answers.answer = "Stop listening"
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert preferences.text("close") == "quit"
    assert not engine.snapshot().running


def test_the_demo_leaves_stopping_to_its_runner(made, engine, answers, qtbot):
    window, make = made
    make(is_demo=True, has_tray=True)
    window.close()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert answers.asked == []
    assert engine.snapshot().running


@pytest.mark.expects_log
def test_quitting_twice_does_not_wait(made, engine, qtbot, monkeypatch):
    window, make = made
    closing = make()
    release = threading.Event()
    stop = engine.stop
    monkeypatch.setattr(engine, "stop", lambda s=5.0: (release.wait(10), stop(s))[1])
    monkeypatch.setattr(app_module, "STOP_TIMEOUT_S", 0.01)
    closing.quit()
    closing.quit()
    assert not window.isVisible()
    release.set()
    qtbot.waitUntil(lambda: not engine.snapshot().running)


def test_open_window_runs_until_it_is_closed_and_can_be_brought_up(engine, preferences, qapp):
    seen = []

    def look() -> None:
        window = next(w for w in qapp.topLevelWidgets() if isinstance(w, MainWindow))
        if not window.isVisible():
            return
        timer.stop()
        window.showMinimized()
        seen.append(engine.bring_up_window())
        QTimer.singleShot(0, window.close)

    timer = QTimer()
    timer.setInterval(20)
    timer.timeout.connect(look)
    timer.start()
    assert open_window(engine, preferences=preferences) == 0
    assert seen == [True]
    assert not engine.snapshot().running
    assert not engine.bring_up_window()


def test_an_attached_window_brings_up_the_one_there_is():
    class Attached:
        def bring_up_window(self) -> bool:
            return True

    assert open_window(Attached()) == 0
