"""Compose a message, or take one, and send it a number of times at a rate."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSpinBox,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, JobReport, Progress
from hl7console.engine.repair_commands import SendRepeatedly
from hl7console.errors import ConsoleError
from hl7console.hl7v2.composing import composed, shown
from hl7console.settings import DestinationSettings
from hl7console.store.repair_records import SavedMessage
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.lab.answers import Answers
from hl7console.ui.lab.library import Library, LibraryEntry
from hl7console.ui.sending.target_box import TargetBox
from hl7console.ui.theme import GRID, fixed_font
from hl7console.ui.worker import ReaderWorker

MOST_TIMES = 1_000_000


class Composer(QWidget):
    """The page *Send*. GUI thread only.

    Args:
        console: The engine.
        reads: Reads saved messages off this thread.
    """

    editor_wanted = Signal(object)
    """Bytes to be edited in the editor."""

    def __init__(
        self, console: Console, reads: ReaderWorker, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("labComposer")
        self._console = console
        self._reads = reads
        self._watch: JobWatch | None = None
        self._raw: bytes | None = None
        """The bytes of what was taken from the library, as long as nobody types."""
        self.library = Library()
        self.text = QPlainTextEdit()
        self.text.setObjectName("labText")
        self.text.setAccessibleName("Message, one segment a line")
        self.text.setFont(fixed_font())
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setPlaceholderText("Type or paste a message, or take one from the left.")
        self.text.setTabChangesFocus(True)
        self.text.setAcceptDrops(False)  # files dropped here are for the window to import
        self.target = TargetBox(())
        self.answers = Answers("lab")
        right = QSplitter(Qt.Orientation.Vertical)
        right.setChildrenCollapsible(False)
        right.addWidget(self._built_editor())
        right.addWidget(self._built_sending())
        right.setStretchFactor(0, 3)
        right.setStretchFactor(1, 4)
        whole = QSplitter(Qt.Orientation.Horizontal)
        whole.setChildrenCollapsible(False)
        whole.addWidget(self.library)
        whole.addWidget(right)
        whole.setStretchFactor(1, 1)
        whole.setSizes([270, 900])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(whole)
        self.library.entry_chosen.connect(self._on_entry)
        self.text.textChanged.connect(self._on_typed)
        self.target.changed.connect(self._settle)
        send_key = QShortcut("Ctrl+Return", self)
        send_key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        send_key.activated.connect(self.send_button.click)
        self._settle()

    def _built_editor(self) -> QWidget:
        self._about = QLabel("Nothing chosen yet.")
        self._about.setObjectName("labAbout")
        self._about.setProperty("role", "muted")
        self.edit_button = QPushButton("Edit with tree…")
        self.edit_button.setObjectName("labEdit")
        self.edit_button.setToolTip("Open it in the editor, with names, codes and problems")
        self.edit_button.clicked.connect(self._on_edit)
        row = QHBoxLayout()
        row.addWidget(self._about, 1)
        row.addWidget(self.edit_button)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.text, 1)
        return part

    def _built_sending(self) -> QWidget:
        self.times = QSpinBox()
        self.times.setObjectName("labTimes")
        self.times.setRange(1, MOST_TIMES)
        self.times.setGroupSeparatorShown(True)
        self.times.setAccessibleName("How many times")
        self.rate = QDoubleSpinBox()
        self.rate.setObjectName("labRate")
        self.rate.setRange(0.0, 10_000.0)
        self.rate.setDecimals(1)
        self.rate.setSpecialValueText("as fast as answers come")
        self.rate.setSuffix(" a second")
        self.rate.setAccessibleName("Messages a second")
        self.new_ids = QCheckBox("A new control ID each time")
        self.new_ids.setObjectName("labNewIds")
        self.new_ids.setChecked(True)
        self.send_button = QPushButton("Send")
        self.send_button.setObjectName("labSend")
        self.send_button.setProperty("kind", "primary")
        self.send_button.setToolTip("Send it (Ctrl+Enter)")
        self.send_button.clicked.connect(self._on_send)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(QLabel("Times"))
        row.addWidget(self.times)
        row.addWidget(QLabel("Rate"))
        row.addWidget(self.rate)
        row.addWidget(self.new_ids)
        row.addStretch(1)
        row.addWidget(self.send_button)
        part = QWidget()
        column = QVBoxLayout(part)
        column.setContentsMargins(2 * GRID, GRID, 2 * GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.target)
        column.addLayout(row)
        column.addWidget(self.answers, 1)
        return part

    # What is there

    def set_destinations(self, destinations: Sequence[DestinationSettings]) -> None:
        """Offer other destinations."""
        self.target.set_destinations(destinations)

    def show_saved(self, saved: Sequence[SavedMessage]) -> None:
        """Show the messages kept by name."""
        self.library.show_saved(saved)

    def show_raw(self, raw: bytes, about: str) -> None:
        """Show a message to be sent."""
        self._raw = raw
        self.text.blockSignals(True)
        self.text.setPlainText(shown(raw))
        self.text.blockSignals(False)
        self._about.setText(about)
        self._settle()

    @Slot(object)
    def _on_entry(self, entry: LibraryEntry) -> None:
        if not entry.message_id:
            self.show_raw(entry.raw, entry.name)
            return
        self._reads.ask(
            lambda reader: reader.raw(entry.message_id),
            lambda raw: self._on_read(entry, raw),
            self.answers.fail,
        )

    def _on_read(self, entry: LibraryEntry, raw: bytes | None) -> None:
        if self.library.current() != entry:
            return
        if raw is None:
            self.answers.say("The message is not there any more.", "error")
            return
        self.show_raw(raw, entry.name)

    @Slot()
    def _on_typed(self) -> None:
        self._raw = None
        self._about.setText("Typed here.")
        self._settle()

    def raw(self) -> bytes:
        """Return the message as bytes: as it was taken, or as it was typed.

        Raises:
            UsageError: There is none, or it cannot be written in its character set.
        """
        return self._raw if self._raw is not None else composed(self.text.toPlainText())

    # Sending

    @Slot()
    def _settle(self) -> None:
        has_text = bool(self.text.toPlainText().strip())
        is_under_way = self._watch is not None
        self.send_button.setText("Stop" if is_under_way else "Send")
        self.send_button.setEnabled(is_under_way or (has_text and self.target.is_ready))
        self.edit_button.setEnabled(has_text)

    @Slot()
    def _on_edit(self) -> None:
        try:
            self.editor_wanted.emit(self.raw())
        except ConsoleError as error:
            self.answers.fail(error)

    @Slot()
    def _on_send(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            return
        try:
            command = SendRepeatedly(
                raws=(self.raw(),),
                destinations=self.target.destinations,
                confirm=self.target.typed,
                times=self.times.value(),
                rate_per_s=self.rate.value(),
                new_control_ids=self.new_ids.isChecked(),
            )
            job = self._console.submit(command)
        except ConsoleError as error:
            self.answers.fail(error)
            return
        self.answers.begin()
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        self._settle()

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        self.answers.advance(progress)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self._end()
        self.answers.end(report)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self.answers.fail(error)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._settle()

    def stop(self) -> None:
        """Stop what is being sent."""
        if self._watch is not None:
            self._watch.cancel()
