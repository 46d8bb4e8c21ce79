"""The imports of one window: how they begin, and what becomes of those out of sight."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from hl7console.engine.console import Console
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.drop_overlay import taken_from
from hl7console.ui.imports.import_dialog import ImportDialog
from hl7console.ui.notice import Notice

_FILES = "HL7 and archives (*.hl7 *.txt *.dat *.log *.xml *.zip *.gz);;All files (*)"


class Imports(QObject):
    """Opens an `ImportDialog` for whatever is taken in. GUI thread only."""

    show_wanted = Signal(int)
    """Id of the newest message, when the user wants to see what came in."""

    def __init__(
        self,
        window: QWidget,
        console: Console,
        bridge: EngineBridge,
        ask: Ask,
        notice: Notice,
    ) -> None:
        super().__init__(window)
        self._window = window
        self._console = console
        self._bridge = bridge
        self._ask = ask
        self._notice = notice
        self.dialogs: list[ImportDialog] = []

    @Slot()
    def choose_files(self) -> None:
        """Ask for files to import."""
        self.begin(self._ask.open_paths("Import files", _FILES))

    def choose_folder(self) -> None:
        """Ask for a folder to import."""
        folder = self._ask.folder("Import a folder")
        self.begin([folder] if folder is not None else [])

    def paste(self) -> None:
        """Import the files or the text on the clipboard."""
        paths, text = taken_from(QGuiApplication.clipboard().mimeData())
        if paths or text.strip():
            self.begin(paths, text)
        else:
            self._notice.warn("The clipboard holds neither files nor text.")

    def begin(self, paths: Sequence[Path], pasted: bytes = b"") -> ImportDialog | None:
        """Open the dialog that imports; None when there is nothing to import."""
        if not paths and not pasted:
            return None
        dialog = ImportDialog(
            self._console,
            self._bridge.listeners,
            self._bridge.destinations,
            paths=paths,
            pasted=pasted,
            parent=self._window,
        )
        dialog.finished_out_of_sight.connect(self._on_finished_out_of_sight)
        dialog.show_wanted.connect(self.show_wanted)
        dialog.finished.connect(lambda *_: self._forget(dialog))
        self.dialogs.append(dialog)
        dialog.show()
        return dialog

    @Slot(object)
    def _on_finished_out_of_sight(self, dialog: ImportDialog) -> None:
        report = dialog.report
        text = report.text if report is not None else "The import could not be finished."
        self._notice.warn(text, button="Show the report", act=dialog.show)

    def _forget(self, dialog: ImportDialog) -> None:
        if dialog in self.dialogs:
            self.dialogs.remove(dialog)
        dialog.deleteLater()

    def stop(self) -> None:
        """Ask every import under way to stop."""
        for dialog in self.dialogs:
            dialog.cancel()
