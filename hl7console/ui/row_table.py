"""A table of whole rows, drawn as pictures: what the lists of messages and of lines share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Generic

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelectionModel,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hl7console.ui.menu_keys import is_menu_key
from hl7console.ui.row_pictures import R, RowPictures, Section
from hl7console.ui.theme import ROW, fixed_font, theme

_CELL_PADDING = 18
_MARK_WIDTH = 2
"""Width of the mark at the row one is at, in pixels."""


class RowTable(QTableView, Generic[R]):
    """Shows rows that have a number each. GUI thread only.

    Args:
        model: The rows.
        name: Object name of the table; its heading's follows from it.
        title: What assistive programs call it.
        parent: Its owner.
    """

    current_changed = Signal(int)
    """The number of the row one is at; 0 for none."""
    resized = Signal()
    copy_wanted = Signal()

    def __init__(
        self, model: QAbstractTableModel, name: str, title: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName(f"{name}Table")
        self.setAccessibleName(title)
        self._set_rows()
        self._set_columns(f"{name}Header")
        self.setModel(model)
        self._pictures = self.made_pictures()
        self._pictures.outdated.connect(self.viewport().update)
        header = self.horizontalHeader()
        for changed in (header.sectionResized, header.sectionMoved, header.geometriesChanged):
            changed.connect(self._on_columns_changed)
        model.modelReset.connect(self._on_columns_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)

    # What the lists differ in.

    @abstractmethod
    def made_pictures(self) -> RowPictures[R]:
        """Return what draws the rows."""

    @abstractmethod
    def id_at(self, row: int) -> int:
        """Return the number of a row; 0 for one that has none."""

    def draw_row(
        self, painter: QPainter, row: int, sections: Sequence[Section], *, is_selected: bool
    ) -> None:
        """Draw one row at its place."""
        header = self.horizontalHeader()
        width = max(header.length(), self.viewport().width())
        scale = self.devicePixelRatioF()
        picture = self._pictures.picture(row, sections, width, scale, is_selected=is_selected)
        painter.drawPixmap(-header.offset(), self.rowViewportPosition(row), picture)

    # What they share.

    def _set_rows(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW)
        rows.setDefaultSectionSize(ROW)

    def _set_columns(self, name: str) -> None:
        columns = self.horizontalHeader()
        columns.setObjectName(name)
        columns.setAccessibleName("Columns")
        columns.setSectionsMovable(True)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setMinimumSectionSize(40)

    def set_widths(self, chars: Sequence[int]) -> None:
        """Make each column as wide as so many digits."""
        char = QFontMetrics(fixed_font()).horizontalAdvance("0")
        for place, count in enumerate(chars):
            self.setColumnWidth(place, count * char + _CELL_PADDING)

    def current_id(self) -> int:
        """Return the number of the row one is at; 0 for none."""
        index = self.currentIndex()
        return self.id_at(index.row()) if index.isValid() else 0

    def go_to(self, row: int, *, scrolls: bool = True) -> None:
        """Choose one row, and bring it into sight."""
        if 0 <= row < self.model().rowCount():
            index = self.model().index(row, 0)
            flags = (
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows
            )
            self.selectionModel().setCurrentIndex(index, flags)
            if scrolls:
                self.scrollTo(index)

    def visible_ids(self) -> list[int]:
        """Return the numbers of the rows in sight."""
        rows = self._rows_between(0, self.viewport().height() - 1)
        return [number for row in rows if (number := self.id_at(row))]

    def _rows_between(self, top: int, bottom: int) -> range:
        """Return the rows at these heights of the viewport, in pixels."""
        first = self.rowAt(top)
        if first < 0:
            return range(0)
        last = self.rowAt(bottom)
        return range(first, (last if last >= 0 else self.model().rowCount() - 1) + 1)

    def menu_point(self, at: QPoint) -> QPoint:
        """Return where a menu opens on the screen: at the pointer, or at the row for the keys."""
        if self.rowAt(at.y()) < 0 or not self.viewport().underMouse():
            at = self.visualRect(self.currentIndex()).bottomLeft()
        return self.viewport().mapToGlobal(at)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_menu_key(event):
            at = self.visualRect(self.currentIndex()).bottomLeft()
            self.customContextMenuRequested.emit(at)
        else:
            super().keyPressEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        header = self.horizontalHeader()
        sections = [
            (column, header.sectionPosition(column), header.sectionSize(column))
            for column in range(self.model().columnCount())
        ]
        selection = self.selectionModel()
        here = self.currentIndex().row() if self.hasFocus() else -1
        for row in self._rows_between(event.rect().top(), event.rect().bottom()):
            self.draw_row(painter, row, sections, is_selected=selection.isRowSelected(row))
            if row == here:
                top = self.rowViewportPosition(row)
                painter.fillRect(0, top, _MARK_WIDTH, ROW - 1, theme().color("accent"))
        painter.end()

    @Slot()
    def _on_columns_changed(self) -> None:
        self._pictures.forget()
        self.viewport().update()

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.current_changed.emit(self.id_at(current.row()) if current.isValid() else 0)
