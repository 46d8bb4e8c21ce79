"""Runs commands of the engine from the window, and tells how each went."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Command, Console, JobReport
from hl7console.engine.repair_commands import ChangeDeliveries, QueueMessages, RerouteDeliveries
from hl7console.errors import ConsoleError
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.notice import Notice
from hl7console.ui.queues import questions
from hl7console.ui.stoppable import JobProgress
from hl7console.ui.worklist.command_dialog import CommandDialog

_LONG: dict[type, str] = {
    ChangeDeliveries: "Changing deliveries",
    RerouteDeliveries: "Rerouting deliveries",
    QueueMessages: "Queueing messages",
}
"""Commands that can be about very many, and what they do in words."""


class CommandRunner(QObject):
    """Submits commands, several at a time where need be. GUI thread only.

    Args:
        console: The engine.
        notice: Where it is told how they went.
        place: What the progress stands over.
    """

    done = Signal()
    """A command has ended well: what is shown may be out of date."""

    def __init__(self, console: Console, notice: Notice, place: QWidget) -> None:
        super().__init__(place)
        self._over = place
        self._console, self._notice = console, notice
        self._watches: list[JobWatch] = []

    def open(self, dialog: CommandDialog) -> None:
        """Show a question; what comes of it is told."""
        dialog.done_well.connect(self.on_done)
        questions.show_dialog(dialog)

    def run(self, command: Command) -> None:
        """Do something and tell how it went; where it takes long, how far it is, and stop it."""
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self._notice.fault(error)
            return
        watch = JobWatch(job, self)
        self._watches = [w for w in self._watches if not w.is_over] + [watch]
        watch.ended.connect(self.on_done)
        watch.failed.connect(self.on_failed)
        title = _LONG.get(type(command))
        if title:
            JobProgress(watch, title, self._over.window())

    @Slot(object)
    def on_done(self, report: JobReport) -> None:
        """Tell how a command went."""
        if report.is_fault or report.cancelled:
            self._notice.warn(report.text)
        elif report.text:
            self._notice.tell(report.text)
        self.done.emit()

    @Slot(object)
    def on_failed(self, error: object) -> None:
        """Tell why something could not be done."""
        if isinstance(error, ConsoleError):
            self._notice.fault(error)
