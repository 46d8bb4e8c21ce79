"""The window's entry point, and the order in which it all ends.

Closing never blocks the window: the engine is stopped on a thread of its own, and the program
ends when that has ended or its time is up. A crash needs none of this: what was acknowledged is
stored, and the next start marks interrupted sends as unknown.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol, runtime_checkable

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QSystemTrayIcon

from hl7console.engine.console import Console
from hl7console.ui import icons
from hl7console.ui.alerts.system_notice import SystemNotice
from hl7console.ui.collector import GuiCollector
from hl7console.ui.main_window import MainWindow
from hl7console.ui.preferences import Preferences
from hl7console.ui.settings.appearance_page import CLOSE_ASK, CLOSE_QUIT, CLOSE_TRAY
from hl7console.ui.theme import theme

log = logging.getLogger(__name__)

STOP_TIMEOUT_S = 5.0
"""Longest that the engine may take to stop, in seconds."""

_GO_ON = "Go on in the tray"
_STOP = "Stop listening"
_CANCEL = "Cancel"


@runtime_checkable
class _Stops(Protocol):
    def stop(self, timeout_s: float = 5.0) -> object: ...


@runtime_checkable
class _BringsUp(Protocol):
    def bring_up_window(self) -> bool: ...


@runtime_checkable
class _ShowsWindow(Protocol):
    show_window: Callable[[], None] | None


class Closing(QObject):
    """What closing the window does, once: tray or stop, and the order of stopping.

    Args:
        window: The window.
        console: The engine; stopped when it can be stopped from here.
        preferences: What the user chose before.
        is_demo: The demo always just ends, and its runner stops the engine.
        has_tray: Whether there is a tray to go on in.
    """

    _stopped = Signal()

    def __init__(
        self,
        window: MainWindow,
        console: Console,
        preferences: Preferences,
        *,
        is_demo: bool,
        has_tray: bool,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._console = console
        self._preferences = preferences
        self._has_tray = has_tray and not is_demo
        self._is_demo = is_demo
        self._thread: threading.Thread | None = None
        self._tray: QSystemTrayIcon | None = None
        window.close_requested.connect(self.on_close_requested)
        window.up_wanted.connect(self._on_opened)
        self._stopped.connect(self._on_stopped, Qt.ConnectionType.QueuedConnection)

    @property
    def tray(self) -> QSystemTrayIcon | None:
        """The icon in the tray, while the window is hidden."""
        return self._tray

    @Slot()
    def on_close_requested(self) -> None:
        """Go into the tray, or stop and quit; asked once where both are possible."""
        if self._has_tray and self._listens() and self._thread is None:
            choice = self._preferences.text("close") or self._ask()
            if choice == CLOSE_TRAY:
                self._go_into_tray()
                return
            if choice == CLOSE_ASK:
                return
        self.quit()

    def _listens(self) -> bool:
        return any(listener.enabled for listener in self._window.bridge.listeners)

    def _ask(self) -> str:
        answer = self._window.ask.choose(
            "Stop listening?",
            "The listeners can go on receiving while the window is closed. "
            "Settings, Appearance changes this later.",
            (_GO_ON, _STOP, _CANCEL),
        )
        choice = {_GO_ON: CLOSE_TRAY, _STOP: CLOSE_QUIT}.get(answer, CLOSE_ASK)
        self._preferences.set_text("close", choice)
        return choice

    def _go_into_tray(self) -> None:
        if self._tray is None:
            menu = QMenu(self._window)
            opening = QAction("Open hl7console", menu)
            opening.triggered.connect(self._on_opened)
            quitting = QAction("Stop listening and quit", menu)
            quitting.triggered.connect(self.quit)
            menu.addActions([opening, quitting])
            self._tray = QSystemTrayIcon(icons.icon("radio-tower", "accent", size=22), self)
            self._tray.setToolTip("hl7console is listening")
            self._tray.setContextMenu(menu)
            self._tray.activated.connect(self._on_tray_activated)
        self._tray.show()
        self._window.hide()

    @Slot(QSystemTrayIcon.ActivationReason)
    def _on_tray_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason is not QSystemTrayIcon.ActivationReason.Context:
            self._on_opened()

    @Slot()
    def _on_opened(self) -> None:
        """Come out of the tray, or to the front."""
        if self._tray is not None:
            self._tray.hide()
        self._window.come_up()

    @Slot()
    def quit(self) -> None:
        """Stop in order and quit. A second call while it is under way quits at once."""
        if self._thread is not None:
            log.warning("Quit was asked for twice: not waiting for the engine")
            self._on_stopped()
            return
        self._window.setEnabled(False)
        self._window.setWindowTitle("hl7console: stopping…")
        log.info("Stopping: window")
        self._window.stop()
        self._thread = threading.Thread(target=self._stop_engine, name="app-stop")
        self._thread.start()

    def _stop_engine(self) -> None:
        """Stop the engine. Its own thread."""
        try:
            if not self._is_demo and isinstance(self._console, _Stops):
                self._console.stop(STOP_TIMEOUT_S)
        finally:
            with suppress(RuntimeError):  # the window did not wait, and is gone
                self._stopped.emit()

    @Slot()
    def _on_stopped(self) -> None:
        if self._thread is not None:
            self._thread.join(STOP_TIMEOUT_S)
        if self._tray is not None:
            self._tray.hide()
        self._window.may_close = True
        self._window.close()
        app = QApplication.instance()
        if app is not None:
            app.quit()


def open_window(
    console: Console,
    *,
    demo: bool = False,
    preferences: Preferences | None = None,
    recovery_code: str = "",
    key_warning: str = "",
) -> int:
    """Open the window and run until it is closed. Main thread only.

    A console attached to a program that has a window already brings that one up instead.

    Args:
        console: The engine, started; or attached to another program's.
        demo: The traffic is simulated.
        preferences: What the window remembers; by default the user's.
        recovery_code: That of a workspace just made; shown before anything else can be done.
        key_warning: What has to be known about where the key of a workspace just made lies.

    Returns:
        The exit code.
    """
    if _is_attached(console) and isinstance(console, _BringsUp) and console.bring_up_window():
        return 0
    app = _application()
    theme()
    preferences = preferences or Preferences()
    has_tray = QSystemTrayIcon.isSystemTrayAvailable()
    window = MainWindow(console, is_demo=demo, preferences=preferences, has_tray=has_tray)
    closing = Closing(window, console, preferences, is_demo=demo, has_tray=has_tray)
    if has_tray:
        _notify(window, closing)
    if isinstance(console, _ShowsWindow) and not _is_attached(console):
        console.show_window = window.up_wanted.emit
    window.show()
    window.start()
    if recovery_code and not demo:
        _show_recovery_code(window, recovery_code, console.workspace, key_warning)
    collector = GuiCollector(app)
    collector.start()
    with _ended_by_signals(closing):
        code = app.exec()
    if isinstance(console, _ShowsWindow):
        console.show_window = None
    window.stop()
    window.deleteLater()
    app.processEvents()
    collector.stop()
    collector.deleteLater()
    return code


def _notify(window: MainWindow, closing: Closing) -> None:
    """Tell of alerts by notifications of the system; a click on one leads to the alert."""
    notice = SystemNotice(window, lambda: closing.tray)
    window.alerts.teller.notified.connect(notice.show)
    notice.clicked.connect(window.up_wanted)
    notice.clicked.connect(window.alerts.show_newest)


def _show_recovery_code(window: MainWindow, code: str, workspace: Path, warning: str) -> None:
    from hl7console.ui.recovery_dialog import RecoveryDialog  # once in a workspace's life

    dialog = RecoveryDialog(code, workspace, warning=warning, parent=window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()


def _is_attached(console: Console) -> bool:
    return not isinstance(console, _ShowsWindow)


def _application() -> QApplication:
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        app = QApplication(sys.argv[:1])
    app.setApplicationName("hl7console")
    app.setApplicationDisplayName("hl7console")
    app.setDesktopFileName("hl7console")
    app.setQuitOnLastWindowClosed(False)
    app.setWindowIcon(icons.icon("mails", "accent", size=32))
    return app


@contextmanager
def _ended_by_signals(closing: Closing) -> Iterator[None]:
    """Let Ctrl+C and a request to end close the window in order; a second one ends at once."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Python runs the handlers between two steps of the loop; the bridge's timer makes them.
    before = {}
    for name in ("SIGINT", "SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            before[number] = signal.signal(number, lambda *_: closing.quit())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
