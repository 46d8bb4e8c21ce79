"""Files or folders against each other: choose two, run, look at what differs."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QModelIndex, Qt, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.comparing_folders import (
    ACCESSION,
    CONTROL,
    CompareKey,
    FolderComparison,
    Kept,
    PairRow,
    PairState,
    PlainWork,
    compare_folders,
)
from hl7console.errors import ConsoleError, UsageError
from hl7console.hl7v2.compare import CompareOptions, read_ignored
from hl7console.ui.compare.opening import Pair, open_pair
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

_POLL_MS = 100
_SHARES = 1000
_ROLES = {
    PairState.SAME: "ok",
    PairState.DIFFERENT: "warn",
    PairState.ONLY_LEFT: "err",
    PairState.ONLY_RIGHT: "err",
    PairState.NO_KEY: "muted",
}
_COLUMNS = (
    ReportColumn("Key", 24, is_fixed=True),
    ReportColumn("Result", 21, is_state=True),
    ReportColumn("Differences", 12),
    ReportColumn("Left", 30),
    ReportColumn("Right", 30),
)
_KEYS = (("Control ID (MSH-10)", CONTROL), ("Accession number", ACCESSION))


class FoldersWindow(QWidget):
    """A window that compares files or folders. GUI thread only; closing it ends its thread."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("foldersWindow")
        self.setWindowTitle("Compare files or folders")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.resize(1000, 640)
        self.setMinimumSize(720, 420)
        self._worker = Worker("compare-folders", self)
        self._work: PlainWork | None = None
        self._shown: list[PairRow] = []
        self.outcome: FolderComparison | None = None
        """What came out; None before the first run."""
        self._poll = QTimer(self)
        self._poll.setInterval(_POLL_MS)
        self._poll.timeout.connect(self._tell)
        self._build()
        shortcut = QShortcut(QKeySequence("Esc"), self)
        shortcut.activated.connect(self.close)

    # Building

    def _build(self) -> None:
        self.left, self.right = QLineEdit(), QLineEdit()
        form = QGridLayout()
        form.setHorizontalSpacing(GRID)
        form.setVerticalSpacing(GRID)
        for row, (name, edit) in enumerate((("Left", self.left), ("Right", self.right))):
            edit.setAccessibleName(f"{name} file or folder")
            edit.setPlaceholderText("A folder, a file of messages, an archive or a recording")
            form.addWidget(QLabel(name), row, 0)
            form.addWidget(edit, row, 1)
            form.addWidget(self._chooser(f"{name} folder", "Folder…", edit), row, 2)
            form.addWidget(self._chooser(f"{name} file", "File…", edit), row, 3)
        form.setColumnStretch(1, 1)
        self.key = QComboBox()
        self.key.setObjectName("foldersKey")
        self.key.setEditable(True)
        self.key.setAccessibleName("Key")
        self.key.setToolTip("What messages are paired by; a path such as PID-3.1 can be typed.")
        for text, _ in _KEYS:
            self.key.addItem(text)
        self.ignored = QLineEdit()
        self.ignored.setAccessibleName("Ignored places")
        self.ignored.setPlaceholderText("Ignore: paths such as MSH-7 ZPI")
        self.any_order = QCheckBox("Any order")
        self.only_different = QCheckBox("Hide the same")
        self.only_different.setChecked(True)
        self.only_different.toggled.connect(self._show_rows)
        options = QHBoxLayout()
        options.setSpacing(GRID)
        options.addWidget(QLabel("Key"))
        options.addWidget(self.key)
        options.addWidget(self.ignored, 1)
        options.addWidget(self.any_order)
        options.addWidget(self.only_different)
        self.table = ReportTable("folderPairs", "Messages compared", _COLUMNS)
        self.table.doubleClicked.connect(self.open_row)
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * GRID, 2 * GRID, 2 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addLayout(form)
        column.addLayout(options)
        column.addLayout(self._built_run())
        column.addWidget(self.table, 1)
        for keys in ("Return", "Enter"):
            opens = QShortcut(QKeySequence(keys), self.table)
            opens.setContext(Qt.ShortcutContext.WidgetShortcut)
            opens.activated.connect(lambda: self.open_row(self.table.currentIndex()))

    def _built_run(self) -> QHBoxLayout:
        self.run_button = QPushButton("Compare")
        self.run_button.setObjectName("foldersRun")
        self.run_button.setProperty("kind", "primary")
        self.run_button.clicked.connect(self.run)
        self.cancel_button = QPushButton("Cancel")
        self.cancel_button.setObjectName("foldersCancel")
        self.cancel_button.clicked.connect(self.cancel)
        self.cancel_button.setEnabled(False)
        self.progress = QProgressBar()
        self.progress.setRange(0, _SHARES)
        self.progress.setTextVisible(False)
        self.progress.setFixedWidth(160)
        self.progress.hide()
        self.told = QLabel()
        self.told.setObjectName("foldersTold")
        self.told.setProperty("role", "muted")
        self.told.setTextFormat(Qt.TextFormat.PlainText)
        self.told.setWordWrap(True)
        self.open_button = QPushButton("Open side by side")
        self.open_button.setObjectName("foldersOpen")
        self.open_button.clicked.connect(lambda: self.open_row(self.table.currentIndex()))
        self.open_button.setEnabled(False)
        self.table.selectionModel().currentRowChanged.connect(self._on_row_changed)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.run_button)
        row.addWidget(self.cancel_button)
        row.addWidget(self.progress)
        row.addWidget(self.told, 1)
        row.addWidget(self.open_button)
        return row

    def _chooser(self, name: str, text: str, edit: QLineEdit) -> QPushButton:
        button = QPushButton(text)
        button.setAccessibleName(name)

        def choose() -> None:
            if text.startswith("Folder"):
                chosen = QFileDialog.getExistingDirectory(self, name)
            else:
                chosen, _ = QFileDialog.getOpenFileName(self, name)
            if chosen:
                edit.setText(chosen)

        button.clicked.connect(choose)
        return button

    # Running

    def compare_key(self) -> CompareKey:
        """Return what messages are paired by.

        Raises:
            UsageError: What was typed is no path of a field.
        """
        text = self.key.currentText()
        return CompareKey.parse(dict(_KEYS).get(text, text))

    @Slot()
    def run(self) -> None:
        """Compare, off this thread."""
        sides = [Path(edit.text().strip()) for edit in (self.left, self.right)]
        if not self.left.text().strip() or not self.right.text().strip():
            self.told.setText("Choose a file or folder for each side.")
            return
        try:
            key = self.compare_key()
            options = CompareOptions(read_ignored(self.ignored.text()), self.any_order.isChecked())
        except UsageError as fault:
            self.told.setText(fault.full_text)
            return
        work = self._work = PlainWork()
        self._set_running(is_running=True)
        self._worker.call(
            lambda: compare_folders(work, (sides[0],), (sides[1],), key, options),
            self._take,
            self._failed,
        )

    @Slot()
    def cancel(self) -> None:
        """Stop after the message in hand; what was compared by then is shown."""
        if self._work is not None:
            self._work.cancel()

    def _set_running(self, *, is_running: bool) -> None:
        self.run_button.setEnabled(not is_running)
        self.cancel_button.setEnabled(is_running)
        self.progress.setVisible(is_running)
        if is_running:
            self._poll.start()
        else:
            self._poll.stop()

    @Slot()
    def _tell(self) -> None:
        if self._work is not None:
            self.progress.setValue(round(self._work.share * _SHARES))
            self.told.setText(f"{self._work.done:,} messages read")

    def _take(self, outcome: FolderComparison) -> None:
        self._set_running(is_running=False)
        self.outcome = outcome
        self.told.setText(summary_text(outcome))
        self._show_rows()

    def _failed(self, fault: ConsoleError) -> None:
        self._set_running(is_running=False)
        self.told.setText(fault.full_text)

    # What came out

    @Slot()
    def _show_rows(self) -> None:
        rows = self.outcome.rows if self.outcome is not None else ()
        hides = self.only_different.isChecked()
        self._shown = [row for row in rows if not hides or row.state is not PairState.SAME]
        self.table.rows.set_rows([_report_row(row) for row in self._shown])
        self._on_row_changed(self.table.currentIndex())

    @Slot(QModelIndex)
    def _on_row_changed(self, index: QModelIndex) -> None:
        self.open_button.setEnabled(self._can_open(index))

    def _can_open(self, index: QModelIndex) -> bool:
        is_row = index.isValid() and index.row() < len(self._shown)
        return is_row and self._shown[index.row()].state is PairState.DIFFERENT

    @Slot(QModelIndex)
    def open_row(self, index: QModelIndex) -> None:
        """Open a pair side by side, with what is ignored here ignored there."""
        if not self._can_open(index):
            return
        row = self._shown[index.row()]
        if row.left is not None and row.right is not None:
            titles = (_where(row.left), _where(row.right))
            window = open_pair(self, Pair(row.left.raw, row.right.raw, titles))
            window.sheet.ignored.setText(self.ignored.text())
            window.sheet.any_order.setChecked(self.any_order.isChecked())

    def closeEvent(self, event: QCloseEvent) -> None:
        self.cancel()
        self._poll.stop()
        self._worker.stop()
        super().closeEvent(event)


def open_folders(parent: QWidget | None) -> FoldersWindow:
    """Open the window that compares files or folders. GUI thread."""
    window = FoldersWindow(parent.window() if parent is not None else None)
    window.show()
    return window


def summary_text(outcome: FolderComparison) -> str:
    """Say how many messages are the same, differ, or stand on one side only."""
    counts = outcome.counts
    parts = [f"{counts[state]:,} {state}" for state in PairState if counts[state]]
    text = ", ".join(parts) or "There is no message on either side"
    if outcome.repeated:
        keys = "1 key" if outcome.repeated == 1 else f"{outcome.repeated:,} keys"
        text += f"; {keys} more than once"
    if outcome.not_taken:
        parts_unread = len(outcome.not_taken)
        part = "1 part" if parts_unread == 1 else f"{parts_unread:,} parts"
        text += f"; {part} could not be read"
    return text + (". Cancelled before the end." if outcome.is_cancelled else ".")


def _report_row(row: PairRow) -> ReportRow:
    count = f"{row.differences:,}" if row.differences else ""
    state = f"{row.state}, repeated" if row.is_repeated else str(row.state)
    return ReportRow(
        (row.key, state, count, _where(row.left), _where(row.right)), _ROLES[row.state]
    )


def _where(kept: Kept | None) -> str:
    if kept is None:
        return ""
    return kept.source + (f" at {kept.offset_bytes:,}" if kept.offset_bytes else "")
