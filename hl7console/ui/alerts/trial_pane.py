"""Below a rule's form: when it would have fired on what there is."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.engine.alerts.past import OF_MEASURES, OF_MESSAGES
from hl7console.engine.console import JobReport, Progress
from hl7console.errors import ConsoleError
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID, ROW
from hl7console.ui.worklist.filters import OneButton

_SPANS = (("7", "Last 7 days"), ("31", "Last month"), ("92", "Last 3 months"))
_COLUMNS = (ReportColumn("When", 19, is_fixed=True), ReportColumn("What", 60))
_ABOUT = "When it would have fired, had it been in force. Nobody is told."
_CANNOT = "Rules of this kind cannot be tried: what they look at is not kept."
_MOST_ROWS = 12
_HEADER = 30


class TrialPane(QWidget):
    """A span, a button, a sentence and a list. GUI thread only."""

    wanted = Signal(int)
    """The rule is to be tried over so many days."""
    stopped = Signal()
    """Somebody does not want to wait for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("ruleTrial")
        heading = QLabel("Try on history")
        heading.setProperty("role", "heading")
        self._about = QLabel(_ABOUT)
        self._about.setProperty("role", "muted")
        self.span = OneButton("alerts.trialSpan", "Span", _SPANS)
        self.span.choose("31")
        self.button = QPushButton("Try it")
        self.button.setObjectName("alerts.try")
        self.button.clicked.connect(self._on_clicked)
        self._is_running = False
        self.told = QLabel()
        self.told.setObjectName("trialTold")
        self.told.setWordWrap(True)
        self.told.hide()
        self.table = ReportTable("trialTable", "When the rule would have fired", _COLUMNS)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.table.hide()
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.span)
        row.addWidget(self.button)
        row.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 2 * GRID, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addWidget(self._about)
        column.addLayout(row)
        column.addWidget(self.told)
        column.addWidget(self.table)

    def set_kind(self, kind: str) -> None:
        """Offer the trial only for kinds that look at what is kept."""
        can_be_tried = kind in OF_MESSAGES or kind in OF_MEASURES
        self._about.setText(_ABOUT if can_be_tried else _CANNOT)
        self.span.setVisible(can_be_tried)
        self.button.setVisible(can_be_tried)

    @Slot()
    def _on_clicked(self) -> None:
        if self._is_running:
            self.stopped.emit()
        else:
            self.wanted.emit(int(self.span.value))

    def begin(self) -> None:
        """Say that it is under way."""
        self._is_running = True
        self.button.setText("Stop")
        self._say("Looking at what was received…", "muted")
        self.table.hide()

    def progress(self, progress: Progress) -> None:
        """Say how far it is."""
        if progress.text:
            self._say(progress.text, "muted")

    def show_report(self, report: JobReport) -> None:
        """Say how often it would have fired, and list when."""
        self._end()
        self._say(report.text, "error" if report.is_fault else "")
        rows = [ReportRow((when, what)) for when, what in report.details]
        self.table.rows.set_rows(rows)
        self.table.setFixedHeight(_HEADER + ROW * min(len(rows), _MOST_ROWS) + 2)
        self.table.setVisible(bool(rows))

    def show_fault(self, error: ConsoleError) -> None:
        """Say why it could not be tried."""
        self._end()
        self._say(error.full_text, "error")

    def clear(self) -> None:
        """Say nothing: it was about another rule."""
        self.told.hide()
        self.table.hide()

    def _end(self) -> None:
        self._is_running = False
        self.button.setText("Try it")

    def _say(self, text: str, role: str) -> None:
        self.told.setText(text)
        self.told.setProperty("role", role)
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.told.show()
