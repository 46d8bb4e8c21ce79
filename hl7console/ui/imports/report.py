"""The end of an import: what came in, what was not taken and why, and what was odd."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QTabWidget, QVBoxLayout, QWidget

from hl7console.engine.console import JobReport, Noticed, NotTaken
from hl7console.errors import ConsoleError
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.sending.resend_dialog import result_row, result_table
from hl7console.ui.theme import GRID


class ImportReport(QWidget):
    """A sentence, and tables for what needs a look. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = QLabel()
        self._text.setObjectName("importReportText")
        self._text.setWordWrap(True)
        self.not_taken = ReportTable(
            "notTaken",
            "Not taken",
            (
                ReportColumn("Where", 30, is_fixed=True),
                ReportColumn("At byte", 10, is_fixed=True),
                ReportColumn("Why", 40),
            ),
        )
        self.noticed = ReportTable(
            "noticed",
            "Noticed",
            (
                ReportColumn("Where", 30, is_fixed=True),
                ReportColumn("At byte", 10, is_fixed=True),
                ReportColumn("What is odd; its messages were taken", 40),
            ),
        )
        self.answers = result_table()
        for table in (self.not_taken, self.noticed, self.answers):
            # Without a parent, Python would take them down, on whatever thread it does.
            table.setParent(self)
            table.hide()
        self._tabs = QTabWidget()
        self._tabs.setObjectName("importTabs")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, GRID, 0, 0)
        layout.addWidget(self._text)
        layout.addWidget(self._tabs, 1)
        layout.addStretch(0)

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def show_report(self, report: JobReport) -> None:
        """Show what an import gave."""
        self._text.setText(report.text)
        self._tabs.clear()
        if report.not_taken:
            self.not_taken.rows.set_rows([_line(part) for part in report.not_taken])
            self._tabs.addTab(self.not_taken, f"Not taken ({report.not_taken_total:,})")
        if report.noticed:
            self.noticed.rows.set_rows([_noticed_line(part) for part in report.noticed])
            self._tabs.addTab(self.noticed, f"Noticed ({report.noticed_total:,})")
        if report.results:
            self.answers.rows.set_rows([result_row(result) for result in report.results])
            self._tabs.addTab(self.answers, "Answers")
        self._tabs.setVisible(self._tabs.count() > 0)

    def show_fault(self, error: ConsoleError) -> None:
        """Say why it could not be done."""
        self._text.setText(error.full_text)
        self._text.setProperty("role", "error")
        self._tabs.hide()


def _line(part: NotTaken) -> ReportRow:
    return ReportRow((part.source, _offset(part.offset_bytes), part.reason))


def _noticed_line(part: Noticed) -> ReportRow:
    return ReportRow((part.source, _offset(part.offset_bytes), part.text))


def _offset(offset_bytes: int) -> str:
    return f"{offset_bytes:,}" if offset_bytes else ""
