"""A question with a few fields whose answer is a command of the engine."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.engine.console import Command, Console, JobReport, Progress
from hl7console.errors import ConsoleError
from hl7console.ui.job_watch import JobWatch, progress_text
from hl7console.ui.settings.form import Form, Value
from hl7console.ui.theme import GRID


class CommandDialog(QDialog):
    """Asks, does it, and closes once it is done. GUI thread only.

    Args:
        name: Object name.
        title: What it does.
        text: What comes of it.
        button: What the main button says.
        console: The engine.
        make: Makes the command of what was typed; a text says what is wrong with it instead.
    """

    done_well = Signal(object)
    """The `JobReport`."""

    def __init__(
        self,
        name: str,
        title: str,
        text: str,
        button: str,
        console: Console,
        make: Callable[[dict[str, Value]], Command | str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self._console = console
        self._make = make
        self._watch: JobWatch | None = None
        self._is_counted = False  # what goes on is about many, and can be stopped
        heading = QLabel(title)
        heading.setProperty("role", "title")
        about = QLabel(text)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        about.setMinimumWidth(420)
        self.form = Form()
        self.told = QLabel()
        self.told.setObjectName(f"{name}Text")
        self.told.setWordWrap(True)
        self.told.hide()
        self.go = QPushButton(button)
        self.go.setObjectName(f"{name}Go")
        self.go.setProperty("kind", "primary")
        self.go.setDefault(True)
        close = QPushButton("Cancel")
        close.setObjectName(f"{name}Close")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading)
        layout.addWidget(about)
        layout.addWidget(self.form)
        layout.addWidget(self.told)
        layout.addStretch(1)
        layout.addLayout(row)
        self.go.clicked.connect(self.submit)
        close.clicked.connect(self.reject)
        self._close = close

    @Slot()
    def submit(self) -> None:
        """Do it now."""
        command = self._make(self.form.values())
        if isinstance(command, str):
            self._say(command)
            return
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self._say(error.full_text)
            return
        self.go.setEnabled(False)
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)

    @Slot()
    def reject(self) -> None:
        """Close it; what goes on with very many is stopped first, and told as far as it came."""
        watch = self._watch
        if watch is None or watch.is_over or not self._is_counted:
            super().reject()
        else:
            watch.cancel()
            self._close.setEnabled(False)

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        if progress.total > progress.done:
            self._is_counted = True
            self._close.setText("Stop")
            self._say(progress_text(progress), "muted")

    def _on_over(self) -> None:
        self._is_counted = False
        self._close.setText("Cancel")
        self._close.setEnabled(True)
        self.go.setEnabled(True)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self._on_over()
        if report.is_fault:
            self._say(report.text)
            return
        self.done_well.emit(report)
        self.accept()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._on_over()
        self._say(error.full_text)

    def _say(self, text: str, role: str = "error") -> None:
        self.told.setText(text)
        self.told.setProperty("role", role)
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.show()
