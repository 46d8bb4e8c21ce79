"""Listeners, or destinations: the list on the left, the one chosen as a form on the right."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from PySide6.QtCore import QSize, Qt, Signal, Slot
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

from hl7console.engine.console import (
    Command,
    Console,
    DeleteInterface,
    EngineSnapshot,
    InterfaceStatus,
    Job,
    JobReport,
    LinkState,
)
from hl7console.errors import ConsoleError
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.icons import set_icon
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.settings.destination_form import DestinationForm
from hl7console.ui.settings.form import Value
from hl7console.ui.settings.listener_form import ListenerForm
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.status_line import last_event_text, light_icon
from hl7console.ui.theme import GRID, ROW

Settings = ListenerSettings | DestinationSettings

_NEW = ""
_STATE_ROLE = int(Qt.ItemDataRole.UserRole) + 1


class InterfacesPage(QWidget):
    """One page of settings for one kind of interface. GUI thread only."""

    kind = ""
    noun = ""
    intro = ""
    certificates_wanted = Signal()

    def __init__(
        self,
        form: ListenerForm | DestinationForm,
        console: Console,
        bridge: EngineBridge,
        ask: Ask,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.form = form
        self._console = console
        self._bridge = bridge
        self._ask = ask
        self._loaded_name = _NEW
        self._loaded: dict[str, Value] = {}
        self._watch: JobWatch | None = None
        self._build()
        bridge.snapshot_changed.connect(self._on_snapshot)
        bridge.settings_changed.connect(self._on_settings_changed)
        self.form.changed.connect(self._on_edited)
        self.reload()
        self._show_first()

    # What the two kinds differ in

    @abstractmethod
    def stored(self) -> tuple[Settings, ...]:
        """Return the settings that are stored."""

    @abstractmethod
    def made(self, taken: set[str]) -> Settings:
        """Return the settings a new one begins with."""

    @abstractmethod
    def save_command(self, settings: Settings, previous_name: str) -> Command:
        """Return the command that stores settings."""

    @abstractmethod
    def test_command(self, settings: Settings) -> Command:
        """Return the command that tests settings."""

    def more(self) -> tuple[QWidget, ...]:
        """Return what stands between the line of its state and the form."""
        return ()

    # Building

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setObjectName(f"{self.kind}List")
        self.list.setAccessibleName(f"{self.noun}s")
        self.list.setIconSize(QSize(9, 9))
        self.list.currentItemChanged.connect(self._on_chosen)
        add = self._button("add", f"Add a {self.noun.lower()}", self.add, icon="plus")
        side = QFrame()
        side.setProperty("role", "pane")
        side.setFixedWidth(232)
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        column.setSpacing(GRID)
        column.addWidget(self.list, 1)
        column.addWidget(add)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(side)
        layout.addWidget(self._built_detail(), 1)

    def _built_detail(self) -> QWidget:
        self._title = QLabel()
        self._title.setObjectName(f"{self.kind}Title")
        self._title.setProperty("role", "title")
        self._state = QLabel()
        self._state.setObjectName(f"{self.kind}State")
        self._state.setWordWrap(True)
        self.result = TestResult()
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        for part in (self._title, self._state, *self.more(), self.form):
            column.addWidget(part)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(inside)
        detail = QWidget()
        whole = QVBoxLayout(detail)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scroll, 1)
        whole.addWidget(self.result)
        whole.addWidget(self._built_buttons())
        return detail

    def _built_buttons(self) -> QWidget:
        bar = QFrame()
        bar.setProperty("role", "buttonBar")
        row = QHBoxLayout(bar)
        row.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        row.setSpacing(GRID)
        self._save = self._button("save", "Save", self.save)
        self._save.setProperty("kind", "primary")
        self._revert = self._button("revert", "Revert", self.revert)
        self._test = self._button("test", self.test_title(), self.test)
        certificate = self._button(
            "certificate", "Make a certificate…", self.certificates_wanted.emit
        )
        self._delete = self._button("delete", "Delete…", self.delete)
        self._delete.setProperty("kind", "danger")
        for button in (self._save, self._revert, self._test, certificate):
            row.addWidget(button)
        row.addStretch(1)
        row.addWidget(self._delete)
        return bar

    def test_title(self) -> str:
        """Return what the test button says."""
        return "Test connection"

    def _button(
        self, name: str, text: str, slot: Callable[[], object], *, icon: str = ""
    ) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"{self.kind}.{name}")
        if icon:
            set_icon(button, icon)
        button.clicked.connect(lambda *_: slot())
        return button

    # The list

    def reload(self, chosen: str | None = None) -> None:
        """Read the settings again, and stay at the one chosen."""
        chosen = self._loaded_name if chosen is None else chosen
        self.list.blockSignals(True)
        self.list.clear()
        for settings in sorted(self.stored(), key=lambda s: s.name.casefold()):
            item = QListWidgetItem(settings.name)
            item.setData(Qt.ItemDataRole.UserRole, settings.name)
            item.setSizeHint(QSize(0, ROW + 4))
            self.list.addItem(item)
            if settings.name == chosen:
                self.list.setCurrentItem(item)
        self.list.blockSignals(False)
        self._show_lights()

    def choose(self, name: str) -> None:
        """Show an interface by its name."""
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)

    def _show_first(self) -> None:
        if self.list.count():
            self.list.setCurrentRow(0)
        else:
            self.add()

    @Slot(QListWidgetItem, QListWidgetItem)
    def _on_chosen(self, item: QListWidgetItem | None, _before: QListWidgetItem | None) -> None:
        if item is None:
            return
        name = item.data(Qt.ItemDataRole.UserRole)
        if name == self._loaded_name:
            return
        if not self._may_leave():
            self.reload()
            return
        for settings in self.stored():
            if settings.name == name:
                self._show(settings, name)

    def _may_leave(self) -> bool:
        if not self.is_edited:
            return True
        title = self._loaded_name or f"the new {self.noun.lower()}"
        answer = self._ask.choose(
            f"Save the changes to {title}?",
            "They are lost otherwise.",
            ("Save", "Discard", "Cancel"),
        )
        if answer == "Save":
            return self.save()
        return answer == "Discard"

    def _show(self, settings: Settings, name: str) -> None:
        self._loaded_name = name
        self.form.taken_names = self._names() - {name}
        self.form.load(settings)  # type: ignore[arg-type]
        self._loaded = self.form.values()
        self._title.setText(name or f"New {self.noun.lower()}")
        self._delete.setVisible(bool(name))
        self.result.hide()
        self._on_edited()
        self._show_lights()

    def _names(self) -> set[str]:
        listeners = {settings.name for settings in self._bridge.listeners}
        return listeners | {settings.name for settings in self._bridge.destinations}

    # What one does

    @property
    def is_edited(self) -> bool:
        """Whether the form holds what isn't stored."""
        return bool(self._loaded) and self.form.values() != self._loaded

    def add(self) -> None:
        """Begin a new one."""
        if self._loaded and not self._may_leave():
            return
        self.list.blockSignals(True)
        self.list.setCurrentItem(None)  # type: ignore[call-overload]
        self.list.blockSignals(False)
        self._show(self.made(self._names()), _NEW)
        self.form.focus("name")

    def revert(self) -> None:
        """Put back what is stored."""
        self.form.set_values(self._loaded)

    def save(self) -> bool:
        """Store the form, if it is sound. Return whether it was sent off."""
        if self.form.check_all():
            return False
        settings = self.form.settings()
        previous, self._loaded_name = self._loaded_name, settings.name
        self._loaded = self.form.values()
        self._start(self.save_command(settings, previous), self._on_saved)
        return True

    def test(self) -> None:
        """Try the form as it is, stored or not."""
        if self.form.check_all():
            return
        self.result.begin("Testing…")
        self._start(self.test_command(self.form.settings()), self._on_tested)

    def delete(self) -> None:
        """Remove the one shown, after a question."""
        name = self._loaded_name
        answer = self._ask.choose(
            f"Delete {name}?",
            "Its messages stay. Its settings cannot be brought back.",
            ("Delete", "Cancel"),
        )
        if answer == "Delete":
            self._start(DeleteInterface(name), self._on_deleted)

    def _start(self, command: Command, ended: Callable[[JobReport], None]) -> None:
        try:
            job: Job = self._console.submit(command)
        except ConsoleError as error:
            self._on_failed(error)
            return
        for button in (self._save, self._test, self._delete):
            button.setEnabled(False)
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(ended)
        self._watch.failed.connect(self._on_failed)

    @Slot(object)
    def _on_saved(self, report: JobReport) -> None:
        self._end_job()
        self._title.setText(self._loaded_name)
        self._delete.setVisible(True)
        self.result.show_report(report)

    @Slot(object)
    def _on_tested(self, report: JobReport) -> None:
        self._end_job()
        self.result.show_good(report.text, report.details)

    @Slot(object)
    def _on_deleted(self, _report: JobReport) -> None:
        self._end_job()
        gone, self._loaded_name, self._loaded = self._loaded_name, _NEW, {}
        for row in reversed(range(self.list.count())):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == gone:
                self.list.takeItem(row)
        self._show_first()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._end_job()
        self.result.show_fault(error)

    def _end_job(self) -> None:
        if self._watch is not None:
            self._watch.deleteLater()
            self._watch = None
        self._on_edited()

    @Slot()
    def _on_edited(self) -> None:
        is_free = self._watch is None
        self._save.setEnabled(is_free and (self.is_edited or not self._loaded_name))
        self._revert.setEnabled(self.is_edited)
        self._test.setEnabled(is_free)
        self._delete.setEnabled(is_free)

    # Lights

    @Slot(object)
    def _on_snapshot(self, _snapshot: EngineSnapshot) -> None:
        if self.isVisible():
            self._show_lights()

    @Slot()
    def _on_settings_changed(self) -> None:
        self.reload()
        self.form.taken_names = self._names() - {self._loaded_name}

    def _show_lights(self) -> None:
        by_name = {s.name: s for s in self._bridge.snapshot.interfaces if s.kind == self.kind}
        for row in range(self.list.count()):
            item = self.list.item(row)
            status = by_name.get(item.data(Qt.ItemDataRole.UserRole))
            state = status.state if status else LinkState.STOPPED
            if item.data(_STATE_ROLE) != str(state):
                item.setData(_STATE_ROLE, str(state))
                item.setIcon(light_icon(state))
        self._show_state(by_name.get(self._loaded_name))

    def _show_state(self, status: InterfaceStatus | None) -> None:
        text, role = self.state_text(status) if self._loaded_name else (self.intro, "muted")
        self._state.setText(text)
        if self._state.property("role") != role:
            self._state.setProperty("role", role)
            self._state.style().unpolish(self._state)
            self._state.style().polish(self._state)

    def state_text(self, status: InterfaceStatus | None) -> tuple[str, str]:
        """Return what the line under the title says, and its colour."""
        if status is None:
            return "", "muted"
        if status.state is LinkState.FAILED:
            return status.text or "Failed.", "error"
        event = last_event_text(status)
        told = f"\nLast event: {event}" if event else ""
        return f"{status.state.capitalize()} · {status.address}{told}", "muted"
