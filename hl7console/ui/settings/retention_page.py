"""How long messages stay."""

from __future__ import annotations

import shutil

from PySide6.QtCore import Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from hl7console.engine.console import Console, JobReport, Progress, RunRetention
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings import MIB, RetentionSettings
from hl7console.store.interfaces import load_retention
from hl7console.store.reader import StoreReader
from hl7console.ui.ask import Ask
from hl7console.ui.job_watch import JobWatch, progress_text
from hl7console.ui.settings.form import Form, Value, form_values
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID
from hl7console.ui.worker import ReaderWorker

_GIB = 1024 * MIB


class RetentionPage(QWidget):
    """Rules that delete old messages; none at first. GUI thread only."""

    def __init__(self, console: Console, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("retentionPage")
        self._console = console
        self._ask = ask
        self._loaded: dict[str, Value] = {}
        self._watch: JobWatch | None = None
        self._reads = ReaderWorker("retention-read", console, self)
        self.form = Form()
        self.form.number("keep_days", "Keep messages for", "0 keeps them forever.", unit="days")
        self.form.number("max_messages", "At most", "0 sets no limit.", unit="messages")
        self.form.number(
            "max_database_bytes",
            "Database at most",
            "0 sets no limit. The oldest messages go first, and the disk gets its space back.",
            unit="GiB",
            scale=_GIB,
        )
        self.form.number(
            "warn_free_bytes", "Warn when the disk has less than", unit="GiB", scale=_GIB
        )
        self.result = TestResult()
        self._build()
        self.form.changed.connect(self._on_edited)
        self._reads.ask(_read_rules, self._on_loaded, self.result.show_fault)

    def _build(self) -> None:
        title = QLabel("Retention")
        title.setProperty("role", "title")
        self._stock = QLabel()
        self._stock.setObjectName("retentionStock")
        self._stock.setProperty("role", "muted")
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.hide()
        self._save = QPushButton("Save and apply now")
        self._save.setObjectName("retention.save")
        self._save.setProperty("kind", "primary")
        self._save.clicked.connect(self.save)
        self._stop = QPushButton("Stop")
        self._stop.setObjectName("retention.stop")
        self._stop.clicked.connect(self._on_stop)
        self._stop.hide()
        buttons = QHBoxLayout()
        buttons.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        buttons.addWidget(self._save)
        buttons.addWidget(self._stop)
        buttons.addStretch(1)
        inside = QVBoxLayout()
        inside.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        inside.setSpacing(2 * GRID)
        for part in (title, self._stock, self.form, self._bar):
            inside.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(inside)
        layout.addStretch(1)
        layout.addWidget(self.result)
        layout.addLayout(buttons)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._ask_stock()

    def _ask_stock(self) -> None:
        self._reads.ask(self._read_stock, self._stock.setText, self.result.show_fault)

    def _read_stock(self, reader: StoreReader) -> str:
        """Return how much there is, and how much room is left. Reader's thread."""
        total = reader.count(None)
        what = "1 message" if total == 1 else f"{total:,} messages"
        try:
            free = shutil.disk_usage(self._console.workspace).free
        except OSError:
            return what
        return f"{what} · {free / _GIB:,.1f} GiB free on the disk"

    def _on_loaded(self, rules: RetentionSettings) -> None:
        self.form.set_values(form_values(rules.to_mapping()))
        self._loaded = self.form.values()
        self._on_edited()

    @Slot()
    def _on_edited(self) -> None:
        self._save.setEnabled(bool(self._loaded) and self._watch is None)

    def rules(self) -> RetentionSettings | None:
        """Return the rules of the form, or None after saying what is wrong with them."""
        errors = {
            name: "Must be a number, 0 or more."
            for name, value in self.form.values().items()
            if not isinstance(value, int | float) or value < 0
        }
        for name in ("keep_days", "max_messages"):
            if name not in errors and not isinstance(self.form.values()[name], int):
                errors[name] = "Must be a whole number."
        self.form.show_errors(errors)
        if errors:
            return None
        values = {
            name: int(value) if isinstance(value, int | float) else 0
            for name, value in self.form.values().items()
        }
        try:
            return RetentionSettings.from_mapping(values)
        except UsageError as error:
            self.result.show_fault(error)
            return None

    @Slot()
    def save(self) -> None:
        """Store the rules and apply them, after a question where they delete."""
        rules = self.rules()
        if rules is None:
            return
        is_deleting = bool(rules.keep_days or rules.max_messages or rules.max_database_bytes)
        if (
            is_deleting
            and self._ask.choose(
                "Delete messages by these rules?",
                f"{deletion_text(rules)} They cannot be brought back.",
                ("Save and delete", "Cancel"),
            )
            != "Save and delete"
        ):
            return
        try:
            job = self._console.submit(RunRetention(rules))
        except ConsoleError as error:
            self.result.show_fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.progressed.connect(self._on_progressed)
        self._watch.ended.connect(self._on_ended)
        self._watch.failed.connect(self._on_failed)
        self._bar.setRange(0, 0)
        self._bar.show()
        self._stop.show()
        self._on_edited()

    @Slot(object)
    def _on_progressed(self, progress: Progress) -> None:
        share = self._watch.share(progress) if self._watch is not None else -1.0
        if share >= 0:
            self._bar.setRange(0, 1000)
            self._bar.setValue(round(min(share, 1.0) * 1000))
        text = progress_text(progress)
        if text:
            self.result.begin(text)

    @Slot(object)
    def _on_ended(self, report: JobReport) -> None:
        self._end()
        self._loaded = self.form.values()
        self.result.show_good(report.text, report.details)
        self._ask_stock()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end()
        self.result.show_fault(error)

    def _end(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._bar.hide()
        self._stop.hide()
        self._on_edited()

    @Slot()
    def _on_stop(self) -> None:
        if self._watch is not None:
            self._watch.cancel()

    def stop(self) -> None:
        """End the thread."""
        self._reads.stop()


def deletion_text(rules: RetentionSettings) -> str:
    """Say what the rules delete."""
    parts = []
    if rules.keep_days:
        parts.append(f"messages older than {rules.keep_days:,} days")
    if rules.max_messages:
        parts.append(f"the oldest beyond {rules.max_messages:,}")
    if rules.max_database_bytes:
        size = rules.max_database_bytes / _GIB
        parts.append(f"the oldest when the database outgrows {size:,.1f} GiB")
    return f"Deleted are {', '.join(parts)}, now and from now on." if parts else ""


def _read_rules(reader: StoreReader) -> RetentionSettings:
    return load_retention(reader.database())
