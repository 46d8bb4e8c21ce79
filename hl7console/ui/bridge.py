"""What the engine tells the window: ten looks a second, one signal when something changed.

The engine knows nothing of Qt and never calls the window. However busy it is, the window gets at
most ten signals a second, each with counters; what it shows it then queries itself. The looking is
done on a thread, because the engine may live in another process that is slow to answer.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings, ListenerSettings, RouteSettings
from hl7console.ui.worker import Worker

INTERVAL_MS = 100
"""Time between two looks at the engine, in milliseconds."""


@dataclass(frozen=True, slots=True)
class _Look:
    snapshot: EngineSnapshot
    listeners: tuple[ListenerSettings, ...] | None = None
    destinations: tuple[DestinationSettings, ...] | None = None
    routes: tuple[RouteSettings, ...] = ()


class EngineBridge(QObject):
    """Polls the engine's counters, lights and settings. GUI thread only; `stop` it at the end."""

    snapshot_changed = Signal(object)
    """An `EngineSnapshot` that differs from the one before."""
    settings_changed = Signal()
    """Listeners, destinations or routes are others than before."""

    def __init__(self, console: Console, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._console = console
        self._worker = Worker("engine-bridge", self)
        first = _look(console, seen_version=-1)
        self.snapshot = first.snapshot
        self.listeners = first.listeners or ()
        self.destinations = first.destinations or ()
        self.routes = first.routes
        self._version = first.snapshot.settings_version
        self._timer = QTimer(self)
        self._timer.setInterval(INTERVAL_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Tell what is known, and look ten times a second from now on."""
        self._timer.start()
        self.snapshot_changed.emit(self.snapshot)

    def stop(self) -> None:
        """Look no more, and end the thread."""
        self._timer.stop()
        self._worker.stop()

    @Slot()
    def look(self) -> None:
        """Look now, unless a look is under way."""
        if not self._worker.is_busy:
            version = self._version
            self._worker.call(lambda: _look(self._console, version), self._on_look)

    def _on_look(self, found: _Look) -> None:
        before, self.snapshot = self.snapshot, found.snapshot
        if found.listeners is not None and found.destinations is not None:
            self._version = found.snapshot.settings_version
            self.listeners, self.destinations = found.listeners, found.destinations
            self.routes = found.routes
            self.settings_changed.emit()
        if found.snapshot != before:
            self.snapshot_changed.emit(found.snapshot)


def _look(console: Console, seen_version: int) -> _Look:
    """Take a snapshot, and the settings when they are newer than `seen_version`. Any thread."""
    snapshot = console.snapshot()
    if snapshot.settings_version == seen_version:
        return _Look(snapshot)
    try:
        return _Look(snapshot, console.listeners(), console.destinations(), console.routes())
    except ConsoleError:
        # The owner of the workspace went away; the snapshot's problem says so.
        return _Look(snapshot)
