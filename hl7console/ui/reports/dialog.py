"""Asks what to report on, and writes the report as a page, PDF or JSON."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from PySide6.QtCore import QDate, QDateTime, Qt, QTime, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDateEdit,
    QDateTimeEdit,
    QDialog,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console
from hl7console.engine.reports.making import make_report
from hl7console.engine.reports.spans import ReportSpan
from hl7console.engine.reports.writing import write_report
from hl7console.errors import ConsoleError, UsageError
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.reader import StoreReader
from hl7console.ui.ask import Ask
from hl7console.ui.reports.printing import print_report
from hl7console.ui.reports.spans_offered import (
    DAY,
    MONTH,
    OFFERED,
    SPAN,
    WEEK,
    file_name_of,
    span_offered,
)
from hl7console.ui.settings.form import Form, Value
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

FORMATS = (
    (".pdf", "PDF, to print and to send", "PDF (*.pdf)"),
    (".html", "A page for the browser", "Web page (*.html)"),
    (".json", "Numbers for scripts (JSON)", "JSON (*.json)"),
)
"""Ending, words and file filter of each."""

_WHAT = (
    "Volumes, availability, errors by cause, times, top senders and alerts of a span. There is no"
    " patient data in a report."
)


_WIDTH, _HEIGHT = 740, 400
"""Room for all that may be asked, in pixels."""

_EDIT_PX = 190
_DATES = (QDate(2000, 1, 8), QDate(2199, 12, 1))


class ReportDialog(QDialog):
    """Asks for span, interface and format, and writes the report. GUI thread only.

    Args:
        console: The engine.
        interfaces: Names of listeners and destinations to choose from.
        ask: Asks where to save.
        parent: The window.
    """

    def __init__(
        self,
        console: Console,
        interfaces: Sequence[str],
        ask: Ask,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("reportDialog")
        self.setWindowTitle("Report")
        self._console, self._ask = console, ask
        self._worker = Worker("report", self)
        self._making = _Making(console)
        self._written: Path | None = None
        self.form = Form()
        self.form.choice("span", "Span", OFFERED)
        self._day_edit = _day_edit()
        self.form.custom(
            "day",
            "Day",
            self._day_edit,
            "",
            get=self._day,
            put=_nothing,
            row=_beside(self._day_edit),
        )
        self._since, self._until = _time_edit("since"), _time_edit("until")
        for name, label, edit in (
            ("since", "From", self._since),
            ("until", "Until", self._until),
        ):
            get = partial(_text, edit)
            self.form.custom(name, label, edit, "", get=get, put=_nothing, row=_beside(edit))
        names = [("", "All interfaces"), *((name, name) for name in interfaces)]
        self.form.choice("interface", "Interface", names)
        self.form.choice("format", "As", [(ending, words) for ending, words, _ in FORMATS])
        self.outcome = TestResult()
        self._build()
        self.form.changed.connect(self._settle)
        self._settle()

    def _build(self) -> None:
        title = QLabel("Make a report")
        title.setProperty("role", "title")
        about = QLabel(_WHAT)
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.save_button = QPushButton("Save report…")
        self.save_button.setObjectName("report.save")
        self.save_button.setProperty("kind", "primary")
        self.save_button.clicked.connect(self.save)
        self.open_button = QPushButton("Open it")
        self.open_button.setObjectName("report.open")
        self.open_button.clicked.connect(self.open_written)
        self.open_button.hide()
        close = QPushButton("Close")
        close.setObjectName("report.close")
        close.clicked.connect(self.reject)
        bar = QFrame()
        bar.setProperty("role", "buttonBar")
        buttons = QHBoxLayout(bar)
        buttons.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        buttons.setSpacing(GRID)
        for button in (self.save_button, self.open_button):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(close)
        inside = QVBoxLayout()
        inside.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        inside.setSpacing(2 * GRID)
        for part in (title, about, self.form):
            inside.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(inside)
        layout.addStretch(1)
        layout.addWidget(self.outcome)
        layout.addWidget(bar)
        self.setMinimumSize(_WIDTH, _HEIGHT)

    # What is chosen

    def _day(self) -> Value:
        return str(self._day_edit.date().toString(Qt.DateFormat.ISODate))

    @Slot()
    def _settle(self) -> None:
        key = self.form.values()["span"]
        self.form.set_shown("day", is_shown=key in (DAY, WEEK, MONTH))
        for name in ("since", "until"):
            self.form.set_shown(name, is_shown=key == SPAN)

    def span(self) -> ReportSpan:
        """Return the span that is chosen.

        Raises:
            UsageError: It ends before it begins, or is too long.
        """
        values = self.form.values()
        key = str(values["span"])
        chosen = str(values["since"] if key == SPAN else values["day"])
        return span_offered(
            key,
            datetime.now(),  # noqa: DTZ005 - local, as people choose it
            datetime.fromisoformat(chosen),
            datetime.fromisoformat(str(values["until"])),
        )

    def choose_interface(self, name: str) -> None:
        """Begin with one interface."""
        self.form.set_values({"interface": name})

    # Doing it

    @Slot()
    def save(self) -> None:
        """Ask where to, and write the report there; the result is told below the form."""
        try:
            span = self.span()
        except UsageError as error:
            self.outcome.show_fault(error)
            return
        values = self.form.values()
        interface, ending = str(values["interface"]), str(values["format"])
        file_filter = next(f for e, _, f in FORMATS if e == ending)
        path = self._ask.save_path(
            "Save the report", file_name_of(span, interface, ending), file_filter
        )
        if path is None:
            return
        if path.suffix.lower() != ending:
            path = path.with_name(path.name + ending)
        self.save_button.setEnabled(False)
        self.open_button.hide()
        self.outcome.begin("The report is being made…")
        self._worker.call(
            partial(self._making.write, span, interface, path), self._on_written, self._on_failed
        )

    def _on_written(self, path: Path) -> None:
        self._written = path
        self.save_button.setEnabled(True)
        self.open_button.show()
        self.outcome.show_good(f"The report is in {path.name}.", (("folder", str(path.parent)),))

    def _on_failed(self, error: ConsoleError) -> None:
        self.save_button.setEnabled(True)
        self.outcome.show_fault(error)

    @Slot()
    def open_written(self) -> None:
        """Show the report in the program that the system has for it."""
        if self._written is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written)))

    def done(self, result: int) -> None:
        """End the thread, then the dialog."""
        self.stop()
        super().done(result)

    def stop(self) -> None:
        """End what is being read, and the thread."""
        self._making.interrupt()
        self._worker.stop()


class _Making:
    """Makes reports on the worker's thread; `interrupt` from any other."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._lock = threading.Lock()
        self._reads: tuple[StoreReader, MeasureReader] | None = None

    def write(self, span: ReportSpan, interface: str, path: Path) -> Path:
        """Write a report and return where it is."""
        with (
            closing(self._console.open_reader()) as reader,
            closing(self._console.open_measures()) as measures,
        ):
            with self._lock:
                self._reads = (reader, measures)
            try:
                report = make_report(reader, measures, span, interface)
            finally:
                with self._lock:
                    self._reads = None
        write_report(report, path, print_report)
        return path

    def interrupt(self) -> None:
        with self._lock:
            for reads in self._reads or ():
                reads.interrupt()


def _day_edit() -> QDateEdit:
    edit = QDateEdit(QDate.currentDate().addDays(-1))
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("yyyy-MM-dd")
    edit.setDateRange(*_DATES)
    return edit


def _time_edit(name: str) -> QDateTimeEdit:
    now = datetime.now()  # noqa: DTZ005 - local, as people choose it
    at = now if name == "until" else now - timedelta(hours=6)
    edit = QDateTimeEdit(QDateTime(QDate(at.year, at.month, at.day), QTime(at.hour, at.minute)))
    edit.setCalendarPopup(True)
    edit.setDisplayFormat("yyyy-MM-dd HH:mm")
    edit.setDateRange(*_DATES)
    return edit


def _beside(edit: QDateTimeEdit) -> QWidget:
    """Return an edit as narrow as what it holds."""
    edit.setFixedWidth(_EDIT_PX)
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.addWidget(edit)
    layout.addStretch(1)
    return row


def _text(edit: QDateTimeEdit) -> Value:
    return str(edit.dateTime().toString("yyyy-MM-ddTHH:mm"))


def _nothing(_value: Value) -> None:
    """Leave an edit as it is."""
