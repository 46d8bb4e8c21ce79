"""Python's garbage collector, kept on the GUI thread.

Left alone, Python collects reference cycles on whichever thread happens to allocate: here mostly
on the engine's. A cycle that holds a widget or an item model is then taken down outside of the
GUI thread, and Qt tells the rest of the window of it later, when it is gone: a crash, seen with
tables that had no parent. While a window is open, only this timer collects.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Slot

_INTERVAL_MS = 100
_OLDEST_EVERY_MS = 10_000
"""Shortest time between two looks at the long-lived objects, which take the longest."""


class GuiCollector(QObject):
    """Collects as Python would, but from the event loop. GUI thread only; `stop` it at the end."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._since_oldest = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self.collect)
        self._is_running = False

    def start(self) -> None:
        """Take over. What was made so far is set aside as long-lived, and looked at no more."""
        if self._is_running:
            return
        self._is_running = True
        gc.disable()
        gc.collect()
        gc.freeze()
        self._since_oldest.start()
        self._timer.start()

    def stop(self) -> None:
        """Hand back to Python."""
        if not self._is_running:
            return
        self._is_running = False
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    @Slot()
    def collect(self) -> None:
        """Collect the generations that have grown past Python's own thresholds."""
        youngest, middle, oldest = gc.get_count()
        first, second, third = gc.get_threshold()
        if oldest > third and self._since_oldest.elapsed() >= _OLDEST_EVERY_MS:
            self._since_oldest.start()
            gc.collect(2)
        elif middle > second:
            gc.collect(1)
        elif youngest > first:
            gc.collect(0)
