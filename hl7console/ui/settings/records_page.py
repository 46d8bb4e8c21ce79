"""Settings pages of the DICOM side: the service, the rules for calling AEs, the archives."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Command, Console, JobReport, LinkState
from hl7console.engine.dicom_commands import (
    DeleteAeRules,
    DeletePacs,
    SaveAeRules,
    SavePacs,
    SaveWorklistService,
    TestPacs,
)
from hl7console.errors import ConsoleError
from hl7console.settings import OTHER_AES, AeRules, PacsSettings, WorklistServiceSettings
from hl7console.store.interfaces import load_ae_rules, load_pacs, load_worklist_service
from hl7console.store.reader import StoreReader
from hl7console.ui.ask import Ask
from hl7console.ui.icons import set_icon
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.settings import dicom_fields
from hl7console.ui.settings.record_form import Record, RecordForm
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID, ROW
from hl7console.ui.worker import ReaderWorker


class RecordsPage(QWidget):
    """A list of records and the form of the one chosen. GUI thread only; `stop` it at the end."""

    key: ClassVar[str] = ""
    title: ClassVar[str] = ""
    intro: ClassVar[str] = ""
    noun: ClassVar[str] = ""
    has_list: ClassVar[bool] = True

    def __init__(self, console: Console, ask: Ask, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"{self.key}Page")
        self._console = console
        self._ask = ask
        self._reads = ReaderWorker(f"{self.key}-settings", console, self)
        self._records: list[Record] = []
        self._loaded = ""
        self._watch: JobWatch | None = None
        self.form = self.made_form()
        self._build()

    # What the pages differ in

    @abstractmethod
    def made_form(self) -> RecordForm:
        """Return an empty form."""

    @abstractmethod
    def read(self, reader: StoreReader) -> Sequence[Record]:
        """Return what is stored. Reader's thread."""

    @abstractmethod
    def blank(self) -> Record:
        """Return what a new one begins with."""

    @abstractmethod
    def name_of(self, record: Record) -> str:
        """Return what a record is called."""

    @abstractmethod
    def save_command(self, record: Record, previous: str) -> Command:
        """Return the command that stores a record."""

    def delete_command(self, name: str) -> Command | None:
        """Return the command that removes a record; None where there is none."""
        del name
        return None

    def test_command(self, record: Record) -> Command | None:
        """Return the command that tries a record; None where there is none."""
        del record
        return None

    # Building

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setObjectName(f"{self.key}List")
        self.list.setAccessibleName(self.title)
        self.list.currentItemChanged.connect(self._on_chosen)
        side = QFrame()
        side.setProperty("role", "pane")
        side.setFixedWidth(232)
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.list, 1)
        add = self._button("add", f"Add {self.noun}", self.add)
        set_icon(add, "plus")
        column.addWidget(add)
        side.setVisible(self.has_list)
        heading = QLabel(self.title)
        heading.setProperty("role", "title")
        self._about = QLabel(self.intro)
        self._about.setObjectName(f"{self.key}About")
        self._about.setProperty("role", "muted")
        self._about.setWordWrap(True)
        inside = QWidget()
        body = QVBoxLayout(inside)
        body.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        body.setSpacing(GRID)
        for part in (heading, self._about, self.form):
            body.addWidget(part)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        self.result = TestResult()
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(self.result)
        whole.addWidget(self._built_bar())
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addLayout(whole, 1)

    def _built_bar(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "buttonBar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        row.setSpacing(GRID)
        self.save_button = self._button("save", "Save", self.save)
        self.save_button.setProperty("kind", "primary")
        self.test_button = self._button("test", "Test connection", self.test)
        self.test_button.setVisible(self.test_command(self.blank()) is not None)
        self.delete_button = self._button("delete", "Delete…", self.delete)
        self.delete_button.setProperty("kind", "danger")
        self.delete_button.setVisible(self.delete_command("x") is not None)
        row.addWidget(self.save_button)
        row.addWidget(self.test_button)
        row.addStretch(1)
        row.addWidget(self.delete_button)
        return bar

    def _button(self, name: str, text: str, slot: Callable[[], object]) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"{self.key}.{name}")
        button.clicked.connect(lambda *_: slot())
        return button

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._records:
            self.reload()

    # What is stored

    @property
    def is_edited(self) -> bool:
        """Whether the form holds what must not be lost when the list is read again."""
        return False

    def reload(self) -> None:
        """Read what is stored again."""
        self._reads.ask(self.read, self._on_read, self.result.show_fault)

    def _on_read(self, records: Sequence[Record]) -> None:
        self._records = list(records)
        self.list.blockSignals(True)
        self.list.clear()
        for record in self._records:
            item = QListWidgetItem(self.name_of(record))
            item.setSizeHint(QSize(0, ROW + 4))
            self.list.addItem(item)
            if self.name_of(record) == self._loaded:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        if self.list.currentRow() < 0 and not self.is_edited:
            if self._records:
                self.list.setCurrentRow(0)
            else:
                self.add()

    @Slot()
    def _on_chosen(self) -> None:
        row = self.list.currentRow()
        if 0 <= row < len(self._records):
            self._show(self._records[row], self.name_of(self._records[row]))

    def _show(self, record: Record, name: str) -> None:
        self._loaded = name
        self.form.load(record)
        self.result.hide()
        self.delete_button.setEnabled(bool(name))

    # What one does

    def add(self) -> None:
        """Begin a new one."""
        self._show(self.blank(), "")

    def save(self) -> None:
        """Store the form, if it is sound."""
        record = self.form.record()
        if record is not None:
            previous, self._loaded = self._loaded, self.name_of(record)
            self._start(self.save_command(record, previous), self._on_saved)

    def test(self) -> None:
        """Try the form as it is, stored or not."""
        record = self.form.record()
        command = self.test_command(record) if record is not None else None
        if command is not None:
            self.result.begin("Testing…")
            self._start(command, self.result.show_report)

    def delete(self) -> None:
        """Remove the one shown, after a question."""
        command = self.delete_command(self._loaded)
        answers = ("Delete", "Cancel")
        text = "It cannot be brought back."
        if command is not None and (
            self._ask.choose(f"Delete {self._loaded}?", text, answers) == answers[0]
        ):
            self._loaded = ""
            self._start(command, self._on_saved)

    def _start(self, command: Command, ended: Callable[[JobReport], object]) -> None:
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self.result.show_fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(lambda report: ended(report))
        self._watch.failed.connect(self.result.show_fault)

    def _on_saved(self, report: JobReport) -> None:
        self.result.show_report(report)
        self.reload()

    def stop(self) -> None:
        """End the thread."""
        self._reads.stop()


class ServicePage(RecordsPage):
    """The DICOM service. GUI thread only."""

    key = "worklistService"
    title = "Worklist service"
    intro = "A DICOM port where modalities ask for their worklist and tell what they did."
    has_list = False

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        standing = [
            f"It serves now as {status.ae_title} on {status.address}."
            for status in self._console.snapshot().interfaces
            if status.kind == "worklist" and status.state is LinkState.LISTENING
        ]
        self._about.setText(" ".join([self.intro, *standing]))

    def made_form(self) -> RecordForm:
        """Return an empty form."""
        return RecordForm("worklistServiceForm", self.blank(), dicom_fields.SERVICE)

    def read(self, reader: StoreReader) -> Sequence[Record]:
        """Return what is stored; what a new one begins with where nothing is."""
        stored = load_worklist_service(reader.database())
        return [stored or WorklistServiceSettings(enabled=False)]

    def blank(self) -> Record:
        """Return what a new one begins with."""
        return WorklistServiceSettings()

    def name_of(self, record: Record) -> str:
        """Return what it is called."""
        return record.name if isinstance(record, WorklistServiceSettings) else ""

    def save_command(self, record: Record, previous: str) -> Command:
        """Return the command that stores it."""
        del previous
        if not isinstance(record, WorklistServiceSettings):
            raise TypeError(type(record))
        return SaveWorklistService(record)


class CallersPage(RecordsPage):
    """Rules for calling AEs. GUI thread only."""

    key = "callers"
    title = "Calling AEs"
    noun = "a calling AE"
    intro = "What is different for one modality. Those without rules of their own follow *."

    def made_form(self) -> RecordForm:
        """Return an empty form."""
        return RecordForm("callersForm", self.blank(), dicom_fields.RULES)

    def read(self, reader: StoreReader) -> Sequence[Record]:
        """Return the rules that are stored."""
        return load_ae_rules(reader.database())

    def blank(self) -> Record:
        """Return rules to begin with."""
        return AeRules(ae_title=OTHER_AES if not self._records_of() else "MODALITY")

    def _records_of(self) -> list[Record]:
        return getattr(self, "_records", [])

    def name_of(self, record: Record) -> str:
        """Return the calling AE title."""
        return record.ae_title if isinstance(record, AeRules) else ""

    def save_command(self, record: Record, previous: str) -> Command:
        """Return the command that stores rules."""
        if not isinstance(record, AeRules):
            raise TypeError(type(record))
        return SaveAeRules(record, previous)

    def delete_command(self, name: str) -> Command | None:
        """Return the command that removes rules."""
        return DeleteAeRules(name)


class ArchivesPage(RecordsPage):
    """Archives that can be asked for studies. GUI thread only."""

    key = "archives"
    title = "Archives"
    noun = "an archive"
    intro = "A PACS that can be asked whether the images of an order are there."

    def made_form(self) -> RecordForm:
        """Return an empty form."""
        return RecordForm("archivesForm", self.blank(), dicom_fields.PACS)

    def read(self, reader: StoreReader) -> Sequence[Record]:
        """Return the archives that are stored."""
        return load_pacs(reader.database())

    def blank(self) -> Record:
        """Return an archive to begin with."""
        return PacsSettings(name="PACS")

    def name_of(self, record: Record) -> str:
        """Return the archive's name."""
        return record.name if isinstance(record, PacsSettings) else ""

    def save_command(self, record: Record, previous: str) -> Command:
        """Return the command that stores an archive."""
        if not isinstance(record, PacsSettings):
            raise TypeError(type(record))
        return SavePacs(record, previous)

    def delete_command(self, name: str) -> Command | None:
        """Return the command that forgets an archive."""
        return DeletePacs(name)

    def test_command(self, record: Record) -> Command | None:
        """Return the command that asks an archive whether it is there."""
        return TestPacs(record) if isinstance(record, PacsSettings) else None
