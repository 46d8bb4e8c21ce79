"""Holds images against a line: a dropped DICOM file, or what an archive has of the order."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal, Slot

from hl7console.engine.console import Console, JobReport
from hl7console.engine.dicom_commands import AskPacs
from hl7console.errors import ConsoleError
from hl7console.store.interfaces import load_pacs
from hl7console.ui.ask import Ask
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.worker import ReaderWorker
from hl7console.ui.worklist.images_dialog import (
    ImagesDialog,
    compare_file,
    difference_row,
    left_words,
)
from hl7console.ui.worklist.place import WorklistPlace
from hl7console.worklist.comparing import Difference


class ImageActions(QObject):
    """Asks, and shows what differs. GUI thread only."""

    failed = Signal(object)
    """The `ConsoleError` that says why it could not be done."""

    def __init__(self, place: WorklistPlace, console: Console, ask: Ask) -> None:
        super().__init__(place)
        self._ask = ask
        self._archives = ReaderWorker("worklist-archives", console, self)
        self._place = place
        self._console = console
        self._watch: JobWatch | None = None

    @Slot(object)
    def choose_files(self) -> None:
        """Ask for DICOM files, and compare them as if they were dropped."""
        paths = self._ask.open_paths("Compare with DICOM files", "DICOM (*.dcm *);;All files (*)")
        if paths:
            self.compare_with(paths)

    def compare_with(self, paths: list[Path]) -> None:
        """Hold the first DICOM file against the line of its study, else the one in view."""
        path, left = paths[0], left_words(paths)
        current = self._place.side.step_id
        self._place.feed.reads().ask(
            lambda reads: compare_file(reads, path, current),
            lambda found: self._on_compared(path.name, left, *found),
            self.failed.emit,
        )

    def _on_compared(self, name: str, left: str, step_id: int, found: list[Difference]) -> None:
        if step_id != self._place.side.step_id:
            self._place.go_to_step(step_id)
        count = len(found)
        values = "1 value differs" if count == 1 else f"{count} values differ"
        text = "The images say the same as the order."
        if count:
            text = f"{values} between the images and the order."
        self._show(
            ImagesDialog(
                name,
                f"{text} {left}".strip(),
                is_good=not found,
                rows=[difference_row(difference) for difference in found],
                parent=self._place.window(),
            )
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
        """End the thread that reads which archives there are."""
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
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_answered)
        self._watch.failed.connect(self.failed)

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
