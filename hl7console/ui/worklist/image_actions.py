"""Holds images against their lines: dropped DICOM files, or what an archive has of the order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from hl7console.engine.console import Console, JobReport
from hl7console.engine.dicom_commands import AskPacs
from hl7console.errors import ConsoleError
from hl7console.store.interfaces import load_pacs
from hl7console.ui.ask import Ask
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.stoppable import JobProgress, ReadProgress
from hl7console.ui.worker import ReaderWorker
from hl7console.ui.worklist.image_compare import (
    FilesFound,
    compare_files,
    difference_rows,
    outcome_words,
    title_words,
)
from hl7console.ui.worklist.images_dialog import ImagesDialog
from hl7console.ui.worklist.place import WorklistPlace
from hl7console.ui.worklist.reads import WorklistWorker


class ImageActions(QObject):
    """Asks, and shows what differs. GUI thread only."""

    failed = Signal(object)
    """The `ConsoleError` that says why it could not be done."""
    told = Signal(str)
    """Something to know, in a sentence."""

    def __init__(self, place: WorklistPlace, console: Console, ask: Ask) -> None:
        super().__init__(place)
        self._ask = ask
        self._archives = ReaderWorker("worklist-archives", console, self)
        self._files = WorklistWorker("worklist-images", console.open_worklist, self)
        self._progress = ReadProgress("imagesProgress", "Compare with DICOM files", place.window())
        self._place = place
        self._console = console
        self._watch: JobWatch | None = None

    @Slot(object)
    def choose_files(self) -> None:
        """Ask for DICOM files, and compare them as if they were dropped."""
        paths = self._ask.open_paths("Compare with DICOM files", "DICOM (*.dcm *);;All files (*)")
        if paths:
            self.compare_with(paths)

    @Slot(object)
    def compare_with(self, paths: list[Path]) -> None:
        """Hold DICOM files against the lines of their studies, else against the one in view."""
        count = len(paths)
        what = paths[0].name if count == 1 else f"{count:,} files"
        told = self._progress.begin(f"Comparing {what} with the worklist", count)
        current = self._place.side.step_id
        self._files.ask(
            lambda reads: compare_files(reads, paths, current, told),
            lambda found: self._on_compared(title_words(paths), found),
            self._on_not_compared,
        )

    def _on_not_compared(self, error: ConsoleError) -> None:
        self._progress.end()
        self.failed.emit(error)

    def _on_compared(self, title: str, found: FilesFound) -> None:
        self._progress.end()
        text = outcome_words(found)
        if not found.lines:
            self.told.emit(text)
            return
        if self._place.side.step_id not in found.lines:
            self._place.go_to_step(next(iter(found.lines)))
        is_good = not (found.differing or found.faults or found.is_stopped)
        rows = difference_rows(found)
        self._show(
            ImagesDialog(title, text, is_good=is_good, rows=rows, parent=self._place.window())
        )

    def ask_archive(self) -> None:
        """Ask an archive for the study of the line in view; where there are several, ask which."""
        if self._place.side.step_id:
            self._archives.ask(
                lambda reader: [a.name for a in load_pacs(reader.database()) if a.enabled],
                self._choose_archive,
                self.failed.emit,
            )

    def stop(self) -> None:
        """End the threads."""
        self._progress.stop()
        self._files.stop()
        self._archives.stop()

    def _choose_archive(self, names: list[str]) -> None:
        name = names[0] if names else ""
        if len(names) > 1:
            answers = (*names, "Cancel")
            name = self._ask.choose("Ask an archive", "Which archive shall be asked?", answers)
            if name not in names:
                return
        try:
            job = self._console.submit(AskPacs(self._place.side.step_id, name))
        except ConsoleError as error:
            self.failed.emit(error)
            return
        self._watch = watch = JobWatch(job, self)
        watch.ended.connect(self._on_answered)
        watch.failed.connect(self.failed)
        JobProgress(watch, f"Asking {name or 'the archive'}", self._place.window()).stopped.connect(
            self._on_no_longer_asked
        )

    @Slot()
    def _on_no_longer_asked(self) -> None:
        if self._watch is not None:
            self._watch.ended.disconnect(self._on_answered)
            self._watch.failed.disconnect(self.failed)
            self._watch = None
        self.told.emit("The archive's answer is no longer waited for.")

    @Slot(object)
    def _on_answered(self, report: JobReport) -> None:
        rows = [(name, value, "", "") for name, value in report.details]
        self._show(
            ImagesDialog(
                "Images in the archive",
                report.text,
                is_good=not report.is_fault,
                rows=rows,
                parent=self._place.window(),
            )
        )

    def _show(self, dialog: ImagesDialog) -> None:
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.open()
