"""Saves messages as one file: with progress and a way to stop, however many they are."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QProgressDialog, QWidget

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.ui.messages.outgoing import save
from hl7console.ui.notice import Notice
from hl7console.ui.worker import ReaderWorker

_SHOWN_AFTER_MS = 500
_PAGE = 500


class Saving(QObject):
    """Writes one file after the other. GUI thread only; call `stop` before it goes.

    Args:
        console: The engine.
        notice: Where it is told how it went.
        window: What the progress stands over.
    """

    _told = Signal(int)

    def __init__(self, console: Console, notice: Notice, window: QWidget) -> None:
        super().__init__(window)
        self._worker = ReaderWorker("list-export", console, self)
        self._notice = notice
        self._window = window
        self._cancelled = threading.Event()
        self.progress: QProgressDialog | None = None
        """What shows how far it is, while a file is written."""
        self._told.connect(self._on_told)

    def save(self, ids: Sequence[int], path: Path) -> None:
        """Write messages into a file, one after the other."""
        self._end()
        self._cancelled = cancelled = threading.Event()
        progress = QProgressDialog(
            f"Saving {len(ids):,} messages as {path.name}", "Stop", 0, len(ids), self._window
        )
        progress.setObjectName("saveProgress")
        progress.setWindowTitle("Save as file")
        progress.setMinimumDuration(_SHOWN_AFTER_MS)
        progress.setAutoClose(False)
        progress.setAutoReset(False)
        progress.canceled.connect(cancelled.set)
        progress.setValue(0)
        self.progress = progress

        def told(count: int) -> bool:
            if count % _PAGE == 0:
                self._told.emit(count)
            return not cancelled.is_set()

        self._worker.ask(
            lambda reader: save(reader, ids, path, told),
            lambda count: self._on_saved(count, len(ids), path),
            self._on_failed,
        )

    def stop(self) -> None:
        """End the thread; what is being written stays as far as it is."""
        self._cancelled.set()
        self._worker.stop()
        self._end()

    @Slot(int)
    def _on_told(self, count: int) -> None:
        if self.progress is not None:
            self.progress.setValue(count)

    def _on_saved(self, count: int, wanted: int, path: Path) -> None:
        self._end()
        what = "1 message" if count == 1 else f"{count:,} messages"
        if self._cancelled.is_set() and count < wanted:
            self._notice.warn(f"Stopped: {what} of {wanted:,} are in {path.name}.")
        else:
            self._notice.tell(f"Saved {what} as {path.name}.")

    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self._notice.fault(error)

    def _end(self) -> None:
        if self.progress is not None:
            progress, self.progress = self.progress, None
            progress.canceled.disconnect()
            progress.close()
            progress.deleteLater()
