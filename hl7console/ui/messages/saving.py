"""Saves messages as one file: with progress and a way to stop, however many they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QProgressDialog, QWidget

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.ui.messages.outgoing import save
from hl7console.ui.notice import Notice
from hl7console.ui.stoppable import ReadProgress
from hl7console.ui.worker import ReaderWorker


class Saving(QObject):
    """Writes one file after the other. GUI thread only; call `stop` before it goes.

    Args:
        console: The engine.
        notice: Where it is told how it went.
        window: What the progress stands over.
    """

    def __init__(self, console: Console, notice: Notice, window: QWidget) -> None:
        super().__init__(window)
        self._worker = ReaderWorker("list-export", console, self)
        self._notice = notice
        self._progress = ReadProgress("saveProgress", "Save as file", window)

    @property
    def progress(self) -> QProgressDialog | None:
        """What shows how far it is, while a file is written."""
        return self._progress.shown

    def save(self, ids: Sequence[int], path: Path) -> None:
        """Write messages into a file, one after the other."""
        told = self._progress.begin(f"Saving {len(ids):,} messages as {path.name}", len(ids))
        self._worker.ask(
            lambda reader: save(reader, ids, path, told),
            lambda count: self._on_saved(count, len(ids), path),
            self._on_failed,
        )

    def stop(self) -> None:
        """End the thread; what is being written stays as far as it is."""
        self._progress.stop()
        self._worker.stop()

    def _on_saved(self, count: int, wanted: int, path: Path) -> None:
        self._progress.end()
        what = "1 message" if count == 1 else f"{count:,} messages"
        if self._progress.was_stopped and count < wanted:
            self._notice.warn(f"Stopped: {what} of {wanted:,} are in {path.name}.")
        else:
            self._notice.tell(f"Saved {what} as {path.name}.")

    def _on_failed(self, error: ConsoleError) -> None:
        self._progress.end()
        self._notice.fault(error)
