"""Merge two persons by hand: choose them, see what would move, do it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, JobReport, TryWorklistInput
from hl7console.errors import ConsoleError
from hl7console.store.worklist.records import LineRow
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID
from hl7console.ui.worklist import inputs, words
from hl7console.ui.worklist.reads import WorklistReads, WorklistWorker
from hl7console.worklist.rows import IDENTIFIER, Row

_NAMES = (
    ("identifier", "identifier"), ("visit", "visit"), ("order", "order"),
    ("appointment", "appointment"), ("report", "report"), ("document", "document"),
    ("exam", "exam"),
)  # fmt: skip
"""Kinds of rows that are told of, and what one of them is called."""
_TYPING_MS = 250

Keys = tuple[list[str], list[str]]
"""How both persons are named: identifier and authority, each."""


def keys_of(reads: WorklistReads, source: int, survivor: int) -> Keys:
    """Return the names of both persons. Reader's thread."""
    first, second = (
        inputs.person_key(reads.rows_found(IDENTIFIER, "patient", person))
        for person in (source, survivor)
    )
    return first, second


def moved_words(details: Sequence[tuple[str, str]]) -> str:
    """Return what a trial would move, in words."""
    counts = {name: int(value) for name, value in details if value.isdecimal()}
    lines = len(step_ids(details))
    parts = [f"{lines:,} {'line' if lines == 1 else 'lines'}"]
    for kind, name in _NAMES:
        if count := counts.get(kind, 0):
            parts.append(f"{count:,} {name if count == 1 else f'{name}s'}")
    return ", ".join(parts)


def step_ids(details: Sequence[tuple[str, str]]) -> list[int]:
    """Return the steps whose lines a trial would change."""
    found = dict(details).get("lines", "")
    return [int(part) for part in found.split(",") if part]


class PersonBox(QComboBox):
    """A box that offers persons by what is typed: name or any identifier."""

    person_chosen = Signal()

    def __init__(self, name: str, title: str, worker: WorklistWorker) -> None:
        super().__init__()
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setMinimumWidth(380)
        self.setCompleter(None)  # type: ignore[arg-type]
        self._worker = worker
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self._look)
        edit = self.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("name or identifier")
            edit.textEdited.connect(lambda _: self._timer.start())
        self.activated.connect(lambda _: self.person_chosen.emit())

    @property
    def person(self) -> int:
        """Row number of the chosen person; 0 for none."""
        place = self.findText(self.currentText())
        return int(self.itemData(place)) if place >= 0 else 0

    def put(self, row: Row) -> None:
        """Choose a person."""
        self.clear()
        self.addItem(_title(row), row.id)
        self.setCurrentIndex(0)

    @Slot()
    def _look(self) -> None:
        text = self.currentText()
        self._worker.ask(lambda reads: reads.patients(text)[:50], self._on_found)

    def _on_found(self, rows: list[Row]) -> None:
        text = self.currentText()
        self.clear()
        for row in rows:
            if not row.number("merged_into"):
                self.addItem(_title(row), row.id)
        self.setEditText(text)
        if rows and self.hasFocus():
            self.showPopup()


def _title(row: Row) -> str:
    facts = [row.text("patient_name"), row.text("patient_id"),
             words.date_words(row.text("birth_date")), row.text("sex")]  # fmt: skip
    return " · ".join(fact for fact in facts if fact)


class MergeDialog(QDialog):
    """Shows what would move before it does. GUI thread only."""

    done_well = Signal(object)

    def __init__(
        self,
        console: Console,
        worker: WorklistWorker,
        failed: Callable[[object], None],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("mergeDialog")
        self.setWindowTitle("Merge two persons")
        self.setMinimumSize(680, 460)
        self._console, self._worker, self._failed = console, worker, failed
        self._keys: Keys = ([], [])
        self._asked = 0
        self._watch: JobWatch | None = None
        heading = QLabel("Merge two persons")
        heading.setProperty("role", "title")
        about = QLabel("All that belongs to the first person moves to the second, as an ADT^A40 "
                       "would do it. What is shown was tried out; it can be undone.")  # fmt: skip
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.source = PersonBox("mergeSource", "Person that goes", worker)
        self.survivor = PersonBox("mergeSurvivor", "Person that stays", worker)
        form = QFormLayout()
        form.setHorizontalSpacing(2 * GRID)
        form.setVerticalSpacing(GRID)
        form.addRow("Goes", self.source)
        form.addRow("Stays", self.survivor)
        self.text = QLabel("Choose both persons to see what would move.")
        self.text.setObjectName("mergeText")
        self.text.setWordWrap(True)
        columns = (ReportColumn("Start", 17, is_fixed=True), ReportColumn("Accession", 14,
                   is_fixed=True), ReportColumn("Procedure", 28),
                   ReportColumn("State", 12, is_state=True))  # fmt: skip
        self.table = ReportTable("mergeLines", "Lines that would move", columns)
        self.go = QPushButton("Merge")
        self.go.setObjectName("mergeGo")
        self.go.setProperty("kind", "primary")
        self.go.setEnabled(False)
        close = QPushButton("Cancel")
        swap = QPushButton("Swap")
        swap.setObjectName("mergeSwap")
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(swap)
        row.addStretch(1)
        row.addWidget(close)
        row.addWidget(self.go)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(heading)
        layout.addWidget(about)
        layout.addLayout(form)
        layout.addWidget(self.text)
        layout.addWidget(self.table, 1)
        layout.addLayout(row)
        for box in (self.source, self.survivor):
            box.person_chosen.connect(self.look)
        self.go.clicked.connect(self.submit)
        swap.clicked.connect(self._swap)
        close.clicked.connect(self.reject)

    def choose(self, source: Row, survivor: Row) -> None:
        """Begin with two persons."""
        self.source.put(source)
        self.survivor.put(survivor)
        self.look()

    @Slot()
    def _swap(self) -> None:
        texts = [(box.currentText(), box.person) for box in (self.source, self.survivor)]
        for box, (text, person) in zip((self.survivor, self.source), texts, strict=True):
            box.clear()
            if person:
                box.addItem(text, person)
            box.setEditText(text)
        self.look()

    @Slot()
    def look(self) -> None:
        """Find out what would move."""
        source, survivor = self.source.person, self.survivor.person
        self.go.setEnabled(False)
        if not source or not survivor:
            return
        if source == survivor:
            self._say("These are one person already.", "error")
            return
        self._asked += 1
        asked = self._asked
        self._say("Trying…", "")
        self._worker.ask(
            lambda reads: keys_of(reads, source, survivor),
            lambda keys: self._try(asked, keys),
            self._failed,
        )

    def _try(self, asked: int, keys: Keys) -> None:
        """Have the engine run the merge's rules, and keep nothing of it."""
        if asked != self._asked:
            return
        self._keys = keys
        if not all(keys):
            self._say("One of them has no identifier, so that a merge cannot name it.", "error")
            return
        merge = inputs.merge(*keys)
        try:
            job = self._console.submit(TryWorklistInput(merge.kind, merge.body))
        except ConsoleError as error:
            self._say(error.full_text, "error")
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(lambda report: self._on_tried(asked, report))
        self._watch.failed.connect(lambda error: self._say(error.full_text, "error"))

    def _on_tried(self, asked: int, report: JobReport) -> None:
        if asked != self._asked:
            return
        if report.is_fault:
            self.table.rows.set_rows([])
            self._say(report.text, "error")
            return
        self._say(f"Would change: {moved_words(report.details)}.", "")
        self.go.setEnabled(True)
        ids = step_ids(report.details)
        self._worker.ask(
            lambda reads: reads.rows(ids),
            lambda lines: self.table.rows.set_rows([_line_row(line) for line in lines]),
            self._failed,
        )

    @Slot()
    def submit(self) -> None:
        """Merge now."""
        try:
            job = self._console.submit(inputs.merge(*self._keys))
        except ConsoleError as error:
            self._say(error.full_text, "error")
            return
        self.go.setEnabled(False)
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(lambda error: self._say(error.full_text, "error"))

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        if report.is_fault:
            self._say(report.text, "error")
            return
        self.done_well.emit(report)
        self.accept()

    def _say(self, text: str, role: str) -> None:
        self.text.setText(text)
        self.text.setProperty("role", role)
        self.text.style().unpolish(self.text)
        self.text.style().polish(self.text)


def _line_row(line: LineRow) -> ReportRow:
    text, role = words.state_words(line)
    start = " ".join((words.date_words(line.start_date), words.time_words(line.start_time)))
    return ReportRow((start, line.accession, line.procedure, text), role)
