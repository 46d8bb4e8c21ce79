"""Which columns the list shows, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.errors import UsageError
from hl7console.ui.messages.columns import BUILT_IN, DEFAULT_KEYS, Column, column_for, columns_for
from hl7console.ui.theme import GRID, ROW, fixed_font

_KEY_ROLE = int(Qt.ItemDataRole.UserRole)


class ColumnsDialog(QDialog):
    """A list to tick and to order, and a line for field paths. GUI thread only."""

    def __init__(self, keys: Sequence[str], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("columnsDialog")
        self.setWindowTitle("Columns")
        self.setMinimumSize(400, 560)
        self.list = QListWidget()
        self.list.setObjectName("columnsList")
        self.list.setAccessibleName("Columns")
        self.list.setDragDropMode(QAbstractItemView.DragDropMode.InternalMove)
        self.path = QLineEdit()
        self.path.setObjectName("columnsPath")
        self.path.setAccessibleName("Field path")
        self.path.setFont(fixed_font())
        self.path.setPlaceholderText("A field path, such as OBR-4.2")
        self.path.returnPressed.connect(self.add_path)
        self._fault = QLabel()
        self._fault.setObjectName("columnsFault")
        self._fault.setProperty("role", "error")
        self._fault.hide()
        self._lay_out()
        self._fill([*keys])

    def _lay_out(self) -> None:
        title = QLabel("Columns")
        title.setProperty("role", "title")
        hint = QLabel("Tick what the list shows. Drag, or Alt+Up and Alt+Down, to order.")
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        add = QPushButton("Add")
        add.setObjectName("columnsAdd")
        add.setAutoDefault(False)
        add.clicked.connect(self.add_path)
        line = QHBoxLayout()
        line.addWidget(self.path, 1)
        line.addWidget(add)
        up = self._button("columnsUp", "Up", "Alt+Up", lambda: self._move(-1))
        down = self._button("columnsDown", "Down", "Alt+Down", lambda: self._move(1))
        reset = self._button("columnsReset", "Defaults", "", lambda: self._fill([*DEFAULT_KEYS]))
        cancel = self._button("columnsCancel", "Cancel", "", self.reject)
        done = self._button("columnsDone", "Done", "", self.accept)
        done.setProperty("kind", "primary")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        for button in (up, down, reset):
            buttons.addWidget(button)
        buttons.addStretch(1)
        buttons.addWidget(cancel)
        buttons.addWidget(done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(title)
        layout.addWidget(hint)
        layout.addWidget(self.list, 1)
        layout.addLayout(line)
        layout.addWidget(self._fault)
        layout.addLayout(buttons)

    def _button(self, name: str, text: str, keys: str, slot: object) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(name)
        button.setAutoDefault(False)
        if keys:
            button.setShortcut(keys)
            button.setToolTip(keys)
        button.clicked.connect(lambda *_: slot())  # type: ignore[operator]
        return button

    def _fill(self, keys: list[str]) -> None:
        self.list.clear()
        for column in columns_for(keys):
            self._add(column, is_shown=True)
        for column in BUILT_IN:
            if column.key not in keys:
                self._add(column, is_shown=False)
        self.list.setCurrentRow(0)

    def _add(self, column: Column, *, is_shown: bool, row: int = -1) -> None:
        item = QListWidgetItem(column.title)
        item.setData(_KEY_ROLE, column.key)
        item.setSizeHint(QSize(0, ROW))
        item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
        item.setFlags(item.flags() & ~Qt.ItemFlag.ItemIsDropEnabled)
        item.setCheckState(Qt.CheckState.Checked if is_shown else Qt.CheckState.Unchecked)
        self.list.insertItem(self.list.count() if row < 0 else row, item)

    @Slot()
    def add_path(self) -> None:
        """Add the field path that is typed."""
        try:
            column = column_for(self.path.text().strip())
        except UsageError as error:
            self._fault.setText(error.full_text)
            self._fault.show()
            return
        self._fault.hide()
        self.path.clear()
        for row in range(self.list.count()):
            if self.list.item(row).data(_KEY_ROLE) == column.key:
                self.list.item(row).setCheckState(Qt.CheckState.Checked)
                self.list.setCurrentRow(row)
                return
        place = len(self.keys())
        self._add(column, is_shown=True, row=place)
        self.list.setCurrentRow(place)

    def _move(self, step: int) -> None:
        row = self.list.currentRow()
        if 0 <= row + step < self.list.count():
            item = self.list.takeItem(row)
            self.list.insertItem(row + step, item)
            self.list.setCurrentRow(row + step)

    def keys(self) -> list[str]:
        """Return the keys of the columns that are ticked, in order."""
        items = [self.list.item(row) for row in range(self.list.count())]
        return [
            str(item.data(_KEY_ROLE))
            for item in items
            if item.checkState() is Qt.CheckState.Checked
        ]
