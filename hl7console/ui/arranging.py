"""Moves the columns of the list in view, and changes their widths: drags, by the keyboard."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.actions import Actions
from hl7console.ui.row_table import RowTable
from hl7console.ui.theme import GRID, ROW

STEP_PX = 16
"""Pixels by which a column is made wider or narrower."""


def add_arranging(actions: Actions, window: QWidget) -> None:
    """Add *Arrange the columns…* to the actions of a window, for the list that is in view."""
    actions.add(
        "list.arrange", "Arrange the columns…", lambda: arrange(window), icon="columns-3",
        group="List",
    )  # fmt: skip


def arrange(window: QWidget) -> ArrangeDialog | None:
    """Open the dialog for the list in view; None where there is none."""
    shown = [table for table in window.findChildren(QTableView) if table.isVisible()]
    table = next((table for table in shown if isinstance(table, RowTable)), None)
    if table is None:
        return None
    dialog = ArrangeDialog(table, window)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
    return dialog


class ArrangeDialog(QDialog):
    """The columns in their order; what is done shows at once. GUI thread only.

    Args:
        table: The list.
        parent: The window.
    """

    def __init__(self, table: QTableView, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("arrangeDialog")
        self.setWindowTitle("Arrange the columns")
        self.setMinimumSize(420, 460)
        self._table, self._header = table, table.horizontalHeader()
        title = QLabel("Arrange the columns")
        title.setProperty("role", "title")
        hint = QLabel(
            "Alt+Up and Alt+Down move a column, Alt+Left and Alt+Right make it narrower and wider."
        )
        hint.setProperty("role", "muted")
        hint.setWordWrap(True)
        self.list = QListWidget()
        self.list.setObjectName("arrangeList")
        self.list.setAccessibleName("Columns, from left to right")
        buttons = QHBoxLayout()
        buttons.setSpacing(GRID)
        table_of_buttons = (
            ("arrangeUp", "Up", "Alt+Up", lambda: self._move(-1)),
            ("arrangeDown", "Down", "Alt+Down", lambda: self._move(1)),
            ("arrangeNarrower", "Narrower", "Alt+Left", lambda: self._widen(-STEP_PX)),
            ("arrangeWider", "Wider", "Alt+Right", lambda: self._widen(STEP_PX)),
        )
        for name, text, keys, slot in table_of_buttons:
            button = QPushButton(text)
            button.setObjectName(name)
            button.setAutoDefault(False)
            # A button's own shortcut presses it visibly first, too slow for many in a row.
            QShortcut(QKeySequence(keys), self).activated.connect(slot)
            button.setToolTip(keys)
            button.clicked.connect(lambda *_, slot=slot: slot())
            buttons.addWidget(button)
        buttons.addStretch(1)
        done = QPushButton("Done")
        done.setObjectName("arrangeDone")
        done.setProperty("kind", "primary")
        done.clicked.connect(self.accept)
        buttons.addWidget(done)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(title)
        layout.addWidget(hint)
        layout.addWidget(self.list, 1)
        layout.addLayout(buttons)
        self._fill(0)

    def _fill(self, chosen: int) -> None:
        self.list.clear()
        for place in range(self._header.count()):
            section = self._header.logicalIndex(place)
            name = self._table.model().headerData(section, Qt.Orientation.Horizontal)
            item = QListWidgetItem(f"{name} · {self._header.sectionSize(section)} pixels wide")
            item.setSizeHint(QSize(0, ROW))
            self.list.addItem(item)
        self.list.setCurrentRow(chosen)

    def _move(self, step: int) -> None:
        place = self.list.currentRow()
        if 0 <= place + step < self._header.count():
            self._header.moveSection(place, place + step)
            self._fill(place + step)

    def _widen(self, by_px: int) -> None:
        place = self.list.currentRow()
        section = self._header.logicalIndex(place)
        width = self._header.sectionSize(section) + by_px
        self._header.resizeSection(section, max(width, self._header.minimumSectionSize()))
        self._fill(place)
