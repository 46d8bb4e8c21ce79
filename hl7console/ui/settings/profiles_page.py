"""Mapping profiles: the shipped ones to read and copy, the user's own to edit and check."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer, Slot
from PySide6.QtGui import QColor, QShowEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QInputDialog,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPlainTextEdit,
    QPushButton,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, SaveListener
from hl7console.errors import ConsoleError
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.settings.own_profiles import (
    check_name,
    fault_of,
    profile_names,
    read_profile,
    write_profile,
)
from hl7console.ui.settings.test_result import TestResult
from hl7console.ui.theme import GRID, ROW, fixed_font, theme
from hl7console.ui.worker import Worker

_TYPING_MS = 300
_NAME_ROLE = int(Qt.ItemDataRole.UserRole)
_OWN_ROLE = _NAME_ROLE + 1


class ProfilesPage(QWidget):
    """A list of profiles and the text of the one chosen. GUI thread only; `stop` it at the end."""

    def __init__(
        self, console: Console, bridge: EngineBridge, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("profilesPage")
        self._console, self._bridge = console, bridge
        self._folder = Path(console.workspace)
        self._worker = Worker("profiles", self)
        self._name = ""
        self._line = 0
        self._build()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self.check)
        self.edit.textChanged.connect(self._on_typed)
        self.list.currentItemChanged.connect(self._on_chosen)
        theme().changed.connect(self._mark)

    def _build(self) -> None:
        self.list = QListWidget()
        self.list.setObjectName("profileList")
        self.list.setAccessibleName("Mapping profiles")
        side = QFrame()
        side.setProperty("role", "pane")
        side.setFixedWidth(232)
        column = QVBoxLayout(side)
        column.setContentsMargins(GRID, 2 * GRID, GRID, GRID)
        column.addWidget(self.list, 1)
        title = QLabel("Mapping profiles")
        title.setProperty("role", "title")
        about = QLabel(
            "What messages mean for the worklist: which field each value comes from, codes, "
            "stations, and how odd messages are taken. Copy a shipped profile to change it; a "
            'copy may say base = "default" and hold only what differs. Choose the profile of a '
            "listener under Listeners."
        )
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self.edit = QPlainTextEdit()
        self.edit.setObjectName("profileText")
        self.edit.setAccessibleName("Text of the profile")
        self.edit.setFont(fixed_font())
        self.edit.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.edit.setTabChangesFocus(True)
        self.told = QLabel()
        self.told.setObjectName("profileFault")
        self.told.setWordWrap(True)
        self.result = TestResult()
        body = QVBoxLayout()
        body.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, GRID)
        body.setSpacing(GRID)
        for part in (title, about):
            body.addWidget(part)
        body.addWidget(self.edit, 1)
        body.addWidget(self.told)
        whole = QVBoxLayout()
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(body, 1)
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
        self.save_button = QPushButton("Save")
        self.save_button.setObjectName("profile.save")
        self.save_button.setProperty("kind", "primary")
        self.copy_button = QPushButton("Copy…")
        self.copy_button.setObjectName("profile.copy")
        self.goto_button = QPushButton("Go to the mistake")
        self.goto_button.setObjectName("profile.goto")
        self.save_button.clicked.connect(self.save)
        self.copy_button.clicked.connect(self.ask_copy)
        self.goto_button.clicked.connect(self._go_to_mistake)
        for button in (self.save_button, self.copy_button, self.goto_button):
            row.addWidget(button)
        row.addStretch(1)
        return bar

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self.list.count():
            self.reload("default")

    def reload(self, chosen: str) -> None:
        """List the profiles again, and show one."""
        self._worker.call(
            lambda: profile_names(self._folder),
            lambda names: self._fill(names, chosen),
            self.result.show_fault,
        )

    def _fill(self, names: list[tuple[str, bool]], chosen: str) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for name, is_own in names:
            item = QListWidgetItem(name if is_own else f"{name} · shipped")
            item.setData(_NAME_ROLE, name)
            item.setData(_OWN_ROLE, is_own)
            item.setSizeHint(QSize(0, ROW + 4))
            self.list.addItem(item)
        self.list.blockSignals(False)
        rows = [row for row, (name, _) in enumerate(names) if name == chosen]
        self.list.setCurrentRow(rows[0] if rows else 0)

    @Slot()
    def _on_chosen(self) -> None:
        if self.list.currentRow() < 0:
            return
        item = self.list.currentItem()
        name, is_own = str(item.data(_NAME_ROLE)), bool(item.data(_OWN_ROLE))
        self._name = name
        self.edit.setReadOnly(not is_own)
        self.save_button.setVisible(is_own)
        self.result.hide()
        self._worker.call(
            lambda: read_profile(self._folder, name),
            lambda text: self._show(name, text),
            self.result.show_fault,
        )

    def _show(self, name: str, text: str) -> None:
        if name == self._name:
            self.edit.setPlainText(text)
            self.check()

    # Checking

    @Slot()
    def _on_typed(self) -> None:
        self._timer.start()

    @Slot()
    def check(self) -> bool:
        """Say whether the text can be used, or the line and the kind of the mistake."""
        self._timer.stop()
        self._line, fault = fault_of(self.edit.toPlainText(), self._name)
        where = f"Line {self._line}: " if self._line and f"ine {self._line}" not in fault else ""
        self.told.setText(f"{where}{fault}" if fault else "This profile can be used.")
        self.told.setProperty("role", "error" if fault else "ok")
        self.told.style().unpolish(self.told)
        self.told.style().polish(self.told)
        self.goto_button.setVisible(bool(self._line))
        self.save_button.setEnabled(not fault)
        self._mark()
        return not fault

    @Slot()
    def _mark(self) -> None:
        marks: list[QTextEdit.ExtraSelection] = []
        if self._line:
            mark = QTextEdit.ExtraSelection()
            block = self.edit.document().findBlockByNumber(self._line - 1)
            mark.cursor = QTextCursor(block)
            ground: QColor = theme().color("err_tint")
            mark.format.setBackground(ground)
            mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
            marks.append(mark)
        self.edit.setExtraSelections(marks)

    @Slot()
    def _go_to_mistake(self) -> None:
        block = self.edit.document().findBlockByNumber(self._line - 1)
        self.edit.setTextCursor(QTextCursor(block))
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    # Copying and saving

    @Slot()
    def ask_copy(self) -> None:
        """Ask for a name, and make a copy of the profile that is shown."""
        name, is_given = QInputDialog.getText(
            self, "Copy a profile", "Name of the copy:", text=f"my {self._name}"
        )
        if is_given:
            self.copy_as(name.strip())

    def copy_as(self, name: str) -> None:
        """Make a copy of what is shown, and show that."""
        if problem := check_name(name):
            self.result.show_fault(ConsoleError(problem))
            return
        self._write(name, self.edit.toPlainText())

    @Slot()
    def save(self) -> None:
        """Store the text, and put it in force on the listeners that use it."""
        if self.check():
            self._write(self._name, self.edit.toPlainText())

    def _write(self, name: str, text: str) -> None:
        self._worker.call(
            lambda: write_profile(self._folder, name, text),
            lambda _: self._on_written(name),
            self.result.show_fault,
        )

    def _on_written(self, name: str) -> None:
        users = [listener for listener in self._bridge.listeners if listener.profile == name]
        for listener in users:
            self._console.submit(SaveListener(listener, listener.name))
        told = (
            f" It is in force on {', '.join(u.name for u in users)} from now on." if users else ""
        )
        self.result.show_good(f"{name} was saved.{told}", ())
        self.reload(name)

    def stop(self) -> None:
        """End the thread."""
        self._timer.stop()
        self._worker.stop()
