"""The table of alerts: keyboard, and what is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from hl7console.ui.alerts.columns import AlertColumn, AlertLine
from hl7console.ui.alerts.model import AlertModel
from hl7console.ui.alerts.painter import AlertPainter
from hl7console.ui.row_table import RowTable

_LEAST_LONG = 260
"""Least width of the sentence that says what is wrong, in pixels."""
_WANTED_LONG = 320
"""While it is narrower, other columns make room for it."""


class AlertTable(RowTable[AlertLine]):
    """Shows an `AlertModel`. GUI thread only."""

    opened = Signal()
    """Enter or a double click on the row one is at."""

    def __init__(self, model: AlertModel, parent: QWidget | None = None) -> None:
        self._list = model
        super().__init__(model, "alert", "Alerts", parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self._fitted: tuple[AlertColumn, ...] = ()
        self._is_fitting = False
        self._has_own_widths = False
        header = self.horizontalHeader()
        header.setStretchLastSection(False)  # the sentence takes what is left
        header.sectionResized.connect(self._on_section_resized)
        self.doubleClicked.connect(lambda *_: self.opened.emit())
        model.modelReset.connect(self._fit_columns)
        self._fit_columns()

    def made_pictures(self) -> AlertPainter:
        """Return what draws the alerts."""
        return AlertPainter(self._list, self)

    def id_at(self, row: int) -> int:
        """Return the alert of a row; 0 while it isn't there."""
        return self._list.id_at(row)

    def _fit_columns(self) -> None:
        """Give columns that are new here their widths, the long one what is left."""
        if self._fitted is not self._list.columns:
            self._fitted = self._list.columns
            self._has_own_widths = False
            self._give_rest()

    def _give_rest(self) -> None:
        """Give the sentence the room there is; widths that somebody chose stay."""
        long = next((n for n, column in enumerate(self._fitted) if column.is_long), -1)
        if long < 0:
            return
        self._is_fitting = True
        if not self._has_own_widths:
            self._set_usual_widths(long)
        rest = self.viewport().width() - self._width_beside(long)
        self.setColumnWidth(long, max(rest, _LEAST_LONG))
        self._is_fitting = False

    def _width_beside(self, long: int) -> int:
        return sum(self.columnWidth(n) for n in range(len(self._fitted)) if n != long)

    def _set_usual_widths(self, long: int) -> None:
        """Make columns as wide as usual; those that may be narrower give of it what is missing."""
        self.set_widths([column.least_chars or column.chars for column in self._fitted])
        least = [self.columnWidth(n) for n in range(len(self._fitted))]
        self.set_widths([column.chars for column in self._fitted])
        missing = self._width_beside(long) + _WANTED_LONG - self.viewport().width()
        spare = {n: self.columnWidth(n) - width for n, width in enumerate(least) if n != long}
        share = min(missing / max(sum(spare.values()), 1), 1.0)
        if share > 0:
            for n, width in spare.items():
                self.setColumnWidth(n, self.columnWidth(n) - round(width * share))

    @Slot()
    def _on_section_resized(self) -> None:
        if not self._is_fitting:
            self._has_own_widths = True

    # What is chosen

    def seen(self) -> range:
        """Return the rows in sight."""
        return self._rows_between(0, max(self.viewport().height() - 1, 0))

    def chosen_rows(self) -> list[int]:
        """Return the chosen rows from the top."""
        spans = self.selectionModel().selection()
        rows = {
            row
            for n in range(spans.count())
            for row in range(spans.at(n).top(), spans.at(n).bottom() + 1)
        }
        return sorted(rows)

    def choose_rows(self, rows: Sequence[int], current: int) -> None:
        """Choose rows as they were before the list was read again, without scrolling."""
        last = self._list.columnCount() - 1
        chosen = QItemSelection()
        for row in rows:
            chosen.select(self._list.index(row, 0), self._list.index(row, last))
        model = self.selectionModel()
        if current >= 0:
            flag = QItemSelectionModel.SelectionFlag.NoUpdate
            model.setCurrentIndex(self._list.index(current, 0), flag)
        model.select(chosen, QItemSelectionModel.SelectionFlag.ClearAndSelect)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_Home:
            self.go_to(0)
        elif plain and event.key() == Qt.Key.Key_End:
            self.go_to(self._list.rowCount() - 1)
        elif plain and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.opened.emit()
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self.rowAt(event.position().toPoint().y()) >= 0:  # below the last row: choose nothing
            super().mousePressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._give_rest()
