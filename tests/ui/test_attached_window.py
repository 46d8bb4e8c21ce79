"""A window over another program's engine, by the hand-over socket."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QLabel
from window_kit import child, order, port, send, shown

from hl7console.engine.attached import AttachedConsole
from hl7console.ui.main_window import MainWindow


@pytest.fixture
def attached(engine, answers, preferences, qtbot):
    """A window attached to the engine of this test."""
    console = AttachedConsole(
        engine.workspace, engine.open_reader, engine.open_worklist, engine.open_measures
    )
    window = MainWindow(console, preferences=preferences, ask=answers)
    window.may_close = True
    qtbot.addWidget(window, before_close_func=lambda w: w.stop())
    window.show()
    with qtbot.waitSignal(window.messages.feed.search_finished):
        window.start()
    yield window
    window.stop()
    window.close()
    console.stop()


def test_it_shows_traffic_and_changes_settings(attached, engine, qtbot):
    send(port(engine), order("A1"))
    qtbot.waitUntil(lambda: shown(attached) == ["A1"])
    page = attached.settings().destinations
    page.form.set_values({"name": "PACS", "port": port(engine)})
    assert page.save()
    qtbot.waitUntil(lambda: [d.name for d in engine.destinations()] == ["PACS"])
    qtbot.waitUntil(lambda: [d.name for d in attached.bridge.destinations] == ["PACS"])


def test_it_imports_through_the_owner(attached, tmp_path, qtbot):
    (tmp_path / "one.hl7").write_bytes(order("B1"))
    dialog = attached.imports.begin([tmp_path / "one.hl7"])
    dialog.go_button.click()
    qtbot.waitUntil(lambda: dialog.report is not None)
    qtbot.waitUntil(lambda: shown(attached) == ["B1"])
    dialog.reject()


def test_it_says_when_the_owner_has_gone(attached, engine, qtbot):
    engine.stop(10.0)
    problem = child(attached, QLabel, "engineProblem")
    qtbot.waitUntil(problem.isVisible, timeout=10_000)
    assert problem.text() == (
        "The program that owned this workspace has ended. "
        "Start the console again to take the workspace over."
    )
    assert attached.minimumSizeHint().width() <= 1280
