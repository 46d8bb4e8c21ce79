"""What a run in the Lab gave: the answers as they come, and how long they took."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtWidgets import QLabel, QProgressBar, QVBoxLayout, QWidget

from hl7console.engine.console import JobReport, Progress, SendResult
from hl7console.errors import ConsoleError
from hl7console.ui.job_watch import progress_text
from hl7console.ui.report_table import ReportTable
from hl7console.ui.sending.resend_dialog import result_row, result_table
from hl7console.ui.theme import GRID

MOST_LIVE = 200
"""Answers shown while a run goes on; its end shows all that the report names."""


def latency_text(results: Sequence[SendResult]) -> str:
    """Return median, 95th percentile and longest of the round trips; empty without any."""
    times_s = sorted(r.round_trip_s for r in results if r.round_trip_s > 0)
    if not times_s:
        return ""
    places = (("p50", 0.5), ("p95", 0.95), ("max", 1.0))
    return " · ".join(
        f"{name} {times_s[math.ceil(at * len(times_s)) - 1] * 1000:,.0f} ms" for name, at in places
    )


class Answers(QWidget):
    """A progress bar, a sentence, and the table of answers. GUI thread only."""

    def __init__(self, prefix: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._live: list[SendResult] = []
        self.bar = QProgressBar()
        self.bar.setObjectName(f"{prefix}Progress")
        self.bar.setTextVisible(False)
        self.bar.hide()
        self.line = QLabel()
        self.line.setObjectName(f"{prefix}Text")
        self.line.setWordWrap(True)
        self.latency = QLabel()
        self.latency.setObjectName(f"{prefix}Latency")
        self.latency.setProperty("role", "muted")
        self.table: ReportTable = result_table()
        self.table.setObjectName(f"{prefix}Answers")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(GRID)
        column.addWidget(self.bar)
        column.addWidget(self.line)
        column.addWidget(self.latency)
        column.addWidget(self.table, 1)

    def begin(self) -> None:
        """Forget the last run; one begins."""
        self._live = []
        self.table.rows.set_rows([])
        self.latency.setText("")
        self.bar.setRange(0, 0)
        self.bar.show()
        self.say("Sending…", "muted")

    def advance(self, progress: Progress) -> None:
        """Show how far it is, and the latest answers, newest first."""
        if progress.total:
            self.bar.setRange(0, progress.total)
            self.bar.setValue(progress.done)
        self.say(progress_text(progress) or "Sending…", "muted")
        if progress.latest and progress.latest != tuple(self._live[: len(progress.latest)]):
            self._live = list(progress.latest)[:MOST_LIVE]
            self.table.rows.set_rows([result_row(result) for result in self._live])
            self.latency.setText(latency_text(self._live))

    def end(self, report: JobReport) -> None:
        """Show the report."""
        self.bar.hide()
        is_good = not (report.refused or report.unknown or report.cancelled)
        self.say(report.text, "ok" if is_good else "error")
        self.latency.setText(latency_text(report.results))
        self.table.rows.set_rows([result_row(result) for result in report.results])

    def fail(self, error: ConsoleError) -> None:
        """Show why it could not be done."""
        self.bar.hide()
        self.say(error.full_text, "error")

    def say(self, text: str, role: str) -> None:
        """Say something in the line above the table."""
        self.line.setText(text)
        if self.line.property("role") != role:
            self.line.setProperty("role", role)
            self.line.style().unpolish(self.line)
            self.line.style().polish(self.line)
