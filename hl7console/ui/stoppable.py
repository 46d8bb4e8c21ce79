"""What shows how far long work is, with a way to stop it: reading on a worker, jobs of the engine.

Nothing is shown of work that is over in a moment.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QProgressBar, QProgressDialog, QWidget

from hl7console.engine.console import Progress
from hl7console.ui.job_watch import JobWatch, progress_text

SHOWN_AFTER_MS = 500
"""Work that is over sooner shows no progress."""
_TOLD_EVERY_S = 0.05


class StoppableProgress(QProgressDialog):
    """A window with a bar and one button. GUI thread only; call `end` once the work is over.

    Args:
        name: Object name.
        title: What is done.
        text: What is done, with how many and where to.
        total: How many there are; 0 where that is unknown.
        window: What it stands over.
        button: What the button says.
    """

    def __init__(
        self, name: str, title: str, text: str, total: int, window: QWidget, button: str = "Stop"
    ) -> None:
        super().__init__(text, button, 0, total, window)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setMinimumDuration(SHOWN_AFTER_MS)
        self.setMinimumWidth(420)
        self.setAutoClose(False)
        self.setAutoReset(False)
        for bar in self.findChildren(QProgressBar):
            bar.setTextVisible(False)  # it is as thin as a line
        self.setValue(0)

    def end(self) -> None:
        """Go away, without stopping anything."""
        self.canceled.disconnect()
        self.close()
        self.deleteLater()


class ReadProgress(QObject):
    """Progress of what one worker reads, one after the other. GUI thread only, but for `told`.

    Args:
        name: Object name of what is shown.
        title: What is done.
        window: What it stands over.
    """

    _counted = Signal(int)

    def __init__(self, name: str, title: str, window: QWidget) -> None:
        super().__init__(window)
        self._name, self._title, self._window = name, title, window
        self._stopped = threading.Event()
        self.shown: StoppableProgress | None = None
        """What shows how far it is, while it goes on."""
        self._counted.connect(self._on_counted)

    def begin(self, text: str, total: int) -> Callable[[int], bool]:
        """Begin; return what the worker tells how many are done, and which says whether to go on.

        Args:
            text: What is done.
            total: How many there are.
        """
        self.end()
        self._stopped = stopped = threading.Event()
        self.shown = StoppableProgress(self._name, self._title, text, total, self._window)
        self.shown.canceled.connect(stopped.set)
        last_s = time.monotonic()

        def told(count: int) -> bool:
            nonlocal last_s
            now_s = time.monotonic()
            if now_s - last_s >= _TOLD_EVERY_S:
                last_s = now_s
                self._counted.emit(count)
            return not stopped.is_set()

        return told

    @property
    def was_stopped(self) -> bool:
        """Whether the user stopped what was begun last."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """Have the worker end."""
        self._stopped.set()
        self.end()

    def end(self) -> None:
        """Show nothing any more."""
        if self.shown is not None:
            shown, self.shown = self.shown, None
            shown.end()

    @Slot(int)
    def _on_counted(self, count: int) -> None:
        if self.shown is not None:
            self.shown.setValue(count)


class JobProgress(QObject):
    """Progress of a job of the engine; it goes with the job. GUI thread only.

    Args:
        watch: Looks at the job.
        title: What is done.
        window: What it stands over.
        button: What the button says; it cancels the job.
    """

    stopped = Signal()
    """The user pressed the button; the job was told, and ends in a moment."""

    def __init__(self, watch: JobWatch, title: str, window: QWidget, button: str = "Stop") -> None:
        super().__init__(watch)
        self._watch, self._title = watch, title
        self.shown: StoppableProgress | None = StoppableProgress(
            "jobProgress", title, f"{title}…", 0, window, button
        )
        self.shown.canceled.connect(self._on_stop)
        watch.progressed.connect(self._on_progressed)
        watch.ended.connect(self.end)
        watch.failed.connect(self.end)

    @Slot()
    def _on_stop(self) -> None:
        self._watch.cancel()
        self.end()
        self.stopped.emit()

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        if self.shown is None or not progress.total:
            return
        self.shown.setMaximum(progress.total)
        self.shown.setValue(progress.done)
        self.shown.setLabelText(f"{self._title}\n{progress_text(progress)}")

    @Slot()
    def end(self, *_: object) -> None:
        """Show nothing any more; the job goes on where it isn't over."""
        if self.shown is not None:
            shown, self.shown = self.shown, None
            shown.end()
