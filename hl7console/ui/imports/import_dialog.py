"""Take files, folders, archives and pasted text in: what to do with them, how far, what came of it.

Keeping is the default. Receiving and sending act on the world, and so have to be chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, ImportFiles, JobReport, Progress
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.ui.imports.choice import ImportChoice
from hl7console.ui.imports.report import ImportReport
from hl7console.ui.job_watch import JobWatch, progress_text
from hl7console.ui.theme import GRID

_NAMES_SHOWN = 3


def what_text(paths: Sequence[Path], pasted: bytes) -> str:
    """Return what is taken in, as one phrase."""
    if pasted:
        return f"Pasted text, {len(pasted):,} bytes"
    names = [path.name or str(path) for path in paths]
    shown = ", ".join(names[:_NAMES_SHOWN])
    more = len(names) - _NAMES_SHOWN
    return f"{shown} and {more:,} more" if more > 0 else shown


class ImportDialog(QDialog):
    """One import from choice to report; the window stays usable meanwhile. GUI thread only."""

    finished_out_of_sight = Signal(object)
    """The dialog, when its import ended while it was hidden."""
    show_wanted = Signal(int)
    """Id of the newest message, when the user wants to see what came in."""

    def __init__(
        self,
        console: Console,
        listeners: Sequence[ListenerSettings],
        destinations: Sequence[DestinationSettings],
        *,
        paths: Sequence[Path] = (),
        pasted: bytes = b"",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("importDialog")
        self.setWindowTitle("Import")
        self.setMinimumSize(600, 260)
        self._console = console
        self._paths = tuple(paths)
        self._pasted = pasted
        self._watch: JobWatch | None = None
        self.report: JobReport | None = None
        self._title = QLabel("Import")
        self._title.setProperty("role", "title")
        self._what = QLabel(what_text(paths, pasted))
        self._what.setObjectName("importWhat")
        self._what.setProperty("role", "muted")
        self._what.setWordWrap(True)
        self.choice = ImportChoice(listeners, destinations)
        self.report_view = ImportReport()
        self._stack = QStackedWidget()
        for page in (self.choice, self._built_progress(), self.report_view):
            self._stack.addWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(self._title)
        layout.addWidget(self._what)
        layout.addWidget(self._stack, 1)
        layout.addLayout(self._built_buttons())
        self.choice.changed.connect(self._on_choice_changed)
        self._on_choice_changed()

    def _built_progress(self) -> QWidget:
        page = QWidget()
        column = QVBoxLayout(page)
        column.setContentsMargins(0, GRID, 0, 0)
        self._bar = QProgressBar()
        self._bar.setObjectName("importProgress")
        self._bar.setTextVisible(False)
        self._progress = QLabel("Reading…")
        self._progress.setObjectName("importProgressText")
        self._file = QLabel()
        self._file.setProperty("role", "muted")
        self._file.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        for part in (self._bar, self._progress, self._file):
            column.addWidget(part)
        column.addStretch(1)
        return page

    def _built_buttons(self) -> QHBoxLayout:
        self.go_button = QPushButton("Import")
        self.go_button.setObjectName("importGo")
        self.go_button.setProperty("kind", "primary")
        self.go_button.setDefault(True)
        self.go_button.clicked.connect(self.begin)
        self._show = QPushButton("Show them")
        self._show.setObjectName("importShow")
        self._show.clicked.connect(self._on_show)
        self._show.hide()
        self._hide = QPushButton("Go on in the background")
        self._hide.setObjectName("importHide")
        self._hide.clicked.connect(self.hide)
        self._hide.hide()
        self._close = QPushButton("Cancel")
        self._close.setObjectName("importClose")
        self._close.clicked.connect(self._on_close)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addStretch(1)
        for button in (self._close, self._hide, self._show, self.go_button):
            row.addWidget(button)
        return row

    @Slot()
    def _on_choice_changed(self) -> None:
        self.go_button.setText(self.choice.verb)
        self.go_button.setEnabled(self.choice.is_ready)

    @Slot()
    def begin(self) -> None:
        """Start the import."""
        mode, listener, destination, confirm = self.choice.values()
        command = ImportFiles(
            self._paths,
            pasted=self._pasted,
            mode=mode,
            listener=listener,
            destination=destination,
            confirm=confirm,
        )
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self.choice.show_fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        self._bar.setRange(0, 0)
        self._stack.setCurrentIndex(1)
        self.go_button.hide()
        self._hide.show()
        self._close.setText("Stop")

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        share = self._watch.share(progress) if self._watch is not None else -1.0
        if share >= 0:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(min(share, 1.0) * 1000))
        self._progress.setText(progress_text(progress) or "Reading…")
        width = self._file.width()
        elided = self._file.fontMetrics().elidedText(
            progress.text, Qt.TextElideMode.ElideMiddle, width
        )
        self._file.setText(elided)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self.report = report
        self._end()
        self.report_view.show_report(report)
        self._show.setVisible(report.last_message_id > 0)
        self._show.setDefault(report.last_message_id > 0)
        if report.not_taken or report.noticed or report.results:
            self.resize(max(self.width(), 760), max(self.height(), 480))

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self.report_view.show_fault(error)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._stack.setCurrentIndex(2)
        self.go_button.hide()
        self._hide.hide()
        self._close.setText("Close")
        if not self.isVisible():
            self.finished_out_of_sight.emit(self)

    @property
    def is_running(self) -> bool:
        """Whether the import is under way."""
        return self._watch is not None

    @Slot()
    def _on_show(self) -> None:
        if self.report is not None:
            self.show_wanted.emit(self.report.last_message_id)
        self.accept()

    @Slot()
    def _on_close(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        else:
            self.reject()

    def cancel(self) -> None:
        """Ask the import to stop, if it is under way."""
        if self._watch is not None:
            self._watch.cancel()

    def reject(self) -> None:
        # Esc and the window's own close button: the import goes on, and reports when it ends.
        if self._watch is not None:
            self.hide()
        else:
            super().reject()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._watch is not None:
            event.ignore()
            self.hide()
        else:
            super().closeEvent(event)
