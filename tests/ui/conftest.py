"""A real engine and the real window over it, and a guard against what they might leave."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

sys.path.insert(0, str(Path(__file__).parent))

from window_kit import Answers

from hl7console.engine.supervisor import Engine
from hl7console.settings import ListenerSettings
from hl7console.store.keys import KeySource
from hl7console.store.workspace import Workspace
from hl7console.ui.main_window import MainWindow
from hl7console.ui.preferences import Preferences

_HERE = Path(__file__).parent
PATIENCE_MS = 20_000
"""Longest that a test waits for something, in milliseconds."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # What the offscreen platform says it cannot do; it means nothing.
    for item in items:
        if _HERE in item.path.parents:
            item.add_marker(
                pytest.mark.qt_log_ignore(
                    "plugin does not support", "systemTrayWindowChanged", extend=True
                )
            )


class PatientQtBot(QtBot):
    """Waits longer before it gives up: a busy machine is slow, not wrong."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = PATIENCE_MS) -> None:  # noqa: N802
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: object, *, timeout: int = PATIENCE_MS, **options: object):  # noqa: N802
        return super().waitSignal(signal, timeout=timeout, **options)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> PatientQtBot:
    """Drives widgets, and waits patiently."""
    return PatientQtBot(request)


@pytest.fixture(autouse=True)
def garbage_goes_on_the_gui_thread() -> Iterator[None]:
    """Collect on this thread only, as the program does while a window is open."""
    gc.disable()
    yield
    gc.collect()
    gc.enable()


@pytest.fixture(autouse=True)
def nothing_of_qt_left(qapp: QApplication) -> Iterator[None]:
    """Fail a test that leaves a window or a running QThread."""
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [w for w in qapp.topLevelWidgets() if w.isVisible()]
    assert not left, [w.objectName() for w in left]
    assert not [t for t in qapp.findChildren(QThread) if t.isRunning()]


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An engine with one listener, ``In``, on a free port of this computer."""
    source = KeySource(use_key_store=False, key_folder=tmp_path / "keys")
    workspace = Workspace.open(tmp_path / "workspace", source)
    started = Engine(workspace, listeners=[ListenerSettings(name="In", port=0)])
    started.start()
    yield started
    assert started.stop(10.0)


@pytest.fixture
def answers() -> Answers:
    """How questions are answered."""
    return Answers()


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    """What the window remembers, for this test only."""
    return Preferences(tmp_path / "window.ini")


@pytest.fixture
def window(
    engine: Engine, answers: Answers, preferences: Preferences, qtbot: QtBot
) -> Iterator[MainWindow]:
    """The window, shown, with its list loaded."""
    made = MainWindow(engine, preferences=preferences, ask=answers)
    made.may_close = True
    qtbot.addWidget(made, before_close_func=lambda w: w.stop())
    made.show()
    with qtbot.waitSignal(made.messages.feed.search_finished):
        made.start()
    yield made
    made.stop()
    made.close()
