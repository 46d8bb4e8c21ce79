"""A job of the engine, watched from the window."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot

from hl7console.engine.console import Job, Progress
from hl7console.errors import ConsoleError

_INTERVAL_MS = 100


class JobWatch(QObject):
    """Looks at a job ten times a second and tells how far it is. GUI thread only."""

    progressed = Signal(object)
    """A `Progress`."""
    ended = Signal(object)
    """The `JobReport`."""
    failed = Signal(object)
    """The `ConsoleError` that says why it could not be done."""

    def __init__(self, job: Job, parent: QObject) -> None:
        super().__init__(parent)
        self.job = job
        self.is_over = False
        self._clock = QElapsedTimer()
        self._clock.start()
        self._timer = QTimer(self)
        self._timer.setInterval(_INTERVAL_MS)
        self._timer.timeout.connect(self._on_tick)
        self._timer.start()

    def share(self, progress: Progress) -> float:
        """Return how much is done, 0 to 1; -1 while it cannot be said."""
        if progress.total:
            return progress.done / progress.total
        if progress.left_s < 0:
            return -1.0
        elapsed_s = self._clock.elapsed() / 1000
        return elapsed_s / max(elapsed_s + progress.left_s, 0.001)

    def cancel(self) -> None:
        """Ask the job to stop; `ended` follows."""
        self.job.cancel()

    @Slot()
    def _on_tick(self) -> None:
        if not self.job.done():
            self.progressed.emit(self.job.progress())
            return
        self._timer.stop()
        self.is_over = True
        self.progressed.emit(self.job.progress())
        try:
            report = self.job.result(timeout_s=0.0)
        except ConsoleError as error:
            self.failed.emit(error)
        else:
            self.ended.emit(report)


def progress_text(progress: Progress) -> str:
    """Say how far a job is: count, rate, time left."""
    parts = []
    if progress.total:
        parts.append(f"{progress.done:,} of {progress.total:,} messages")
    elif progress.done:
        parts.append("1 message" if progress.done == 1 else f"{progress.done:,} messages")
    if progress.rate_per_s >= 0.5:
        parts.append(f"{progress.rate_per_s:,.0f} a second")
    if progress.left_s >= 1:
        parts.append(f"{duration_text(progress.left_s)} left")
    return " · ".join(parts)


def duration_text(seconds: float) -> str:
    """Say a time span in at most two units: ``4 s``, ``2 min 10 s``, ``1 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"
