"""The button over the list that lets in what changed behind it."""

from __future__ import annotations

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QPushButton, QTableView

from hl7console.ui.icons import set_icon
from hl7console.ui.theme import GRID


class NewsChip(QPushButton):
    """Floats under a table's heading. GUI thread only."""

    def __init__(self, table: QTableView) -> None:
        super().__init__("The list has changed", table)
        self._table = table
        self.setObjectName("worklistNews")
        self.setProperty("kind", "chip")
        self.setToolTip("Show the lines that came, went or moved meanwhile")
        set_icon(self, "arrow-up", "on_accent", size=14)
        self.hide()

    @Slot()
    def find_place(self) -> None:
        """Stand in the middle, under the heading."""
        self.adjustSize()
        left = (self._table.width() - self.width()) // 2
        self.move(left, self._table.horizontalHeader().height() + GRID)
        self.raise_()
