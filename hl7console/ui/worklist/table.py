"""The table of lines: headings that fold, keyboard, sorting."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QRect, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter
from PySide6.QtWidgets import QAbstractItemView, QWidget

from hl7console.store.worklist.records import LineRow
from hl7console.ui.row_pictures import Section
from hl7console.ui.row_table import RowTable
from hl7console.ui.theme import ROW
from hl7console.ui.worklist.line_painter import LinePainter
from hl7console.ui.worklist.model import LineTableModel

_CUT_TO = {"procedure": 88, "patient": 92, "mrn": 68, "station": 64}
"""Columns that are made narrower where there is no room, and how narrow at most, in pixels."""
_CUT_FLAGS = 40


class LineTable(RowTable[LineRow]):
    """Shows a `LineTableModel`. GUI thread only."""

    opened = Signal(int)
    """The user wants to see more of a line: Enter, or a double click."""
    pointer_left = Signal()
    """The mouse is no longer over the rows."""
    sorting_changed = Signal()
    """A column's heading was clicked: `order_by` or `descending` is another."""

    def __init__(self, model: LineTableModel, parent: QWidget | None = None) -> None:
        self._list = model
        super().__init__(model, "worklist", "Worklist", parent)
        self.order_by = "priority"
        self.descending = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.horizontalHeader()
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self._on_heading_clicked)
        self.set_widths([column.chars for column in model.columns])

    def made_pictures(self) -> LinePainter:
        """Return what draws lines and headings."""
        self._headings = LinePainter(self._list, self)
        return self._headings

    def id_at(self, row: int) -> int:
        """Return the step of a row; 0 for a heading."""
        return self._list.id_at(row)

    def fit_columns(self, width: int) -> None:
        """Take room from texts that can be cut until the others fit into `width` pixels."""
        keys = [column.key for column in self._list.columns]
        shown = keys[: keys.index("flags")]
        over = sum(self.columnWidth(keys.index(key)) for key in shown) + _CUT_FLAGS - width
        for key, least in _CUT_TO.items():
            column = keys.index(key)
            cut = min(max(over, 0), max(self.columnWidth(column) - least, 0))
            self.setColumnWidth(column, self.columnWidth(column) - cut)
            over -= cut
        self.setColumnWidth(keys.index("flags"), _CUT_FLAGS)

    # What is chosen

    def first_line(self) -> int:
        """Return the row of the first line, past its heading; -1 when there is none."""
        for row in range(min(self._list.rowCount(), 50)):
            if self._list.id_at(row):
                return row
        return -1

    @property
    def is_pointed_at(self) -> bool:
        """Whether the mouse is over the rows: nothing may move under it."""
        return self.viewport().underMouse()

    def fold(self, row: int, *, is_folded: bool) -> bool:
        """Fold the group whose heading stands at a row; return whether there is one."""
        group = self._list.group_at(row)
        if group is None:
            return False
        self._list.fold(group.key, is_folded=is_folded)
        self.viewport().update()
        return True

    def fold_all(self, *, is_folded: bool) -> None:
        """Fold all groups away, or unfold them."""
        for group in self._list.listing.groups:
            self._list.fold(group.key, is_folded=is_folded)
        self.viewport().update()

    def _toggle(self, row: int) -> bool:
        group = self._list.group_at(row)
        if group is None:
            return False
        return self.fold(row, is_folded=group.key not in self._list.listing.folded)

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        )
        row = self.currentIndex().row()
        key = event.key() if plain else 0
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif key == Qt.Key.Key_Home:
            self.go_to(0)
        elif key == Qt.Key.Key_End:
            self.go_to(self._list.rowCount() - 1)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            if not self._toggle(row) and self.current_id():
                self.opened.emit(self.current_id())
        elif not (key in (Qt.Key.Key_Left, Qt.Key.Key_Right) and self._fold_by(key, row)):
            super().keyPressEvent(event)

    def _fold_by(self, key: int, row: int) -> bool:
        """Left folds the group one is in, and goes to its heading; right unfolds it."""
        if key == Qt.Key.Key_Right:
            return self.fold(row, is_folded=False)
        heading = next((r for r in range(row, -1, -1) if self._list.group_at(r)), -1)
        if heading < 0:
            return False
        self.go_to(heading)
        return self.fold(heading, is_folded=True)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        row = self.rowAt(event.position().toPoint().y())
        if row < 0:
            return  # below the last row; it would choose nothing, and empty the pane beside it
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._toggle(row)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self.rowAt(event.position().toPoint().y())
        if row >= 0 and not self._toggle(row):
            self.opened.emit(self._list.id_at(row))

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Leave:
            self.pointer_left.emit()
        return super().viewportEvent(event)

    def draw_row(
        self, painter: QPainter, row: int, sections: Sequence[Section], *, is_selected: bool
    ) -> None:
        """Draw a line, or a group's heading across the whole row."""
        group = self._list.group_at(row)
        if group is None:
            super().draw_row(painter, row, sections, is_selected=is_selected)
            return
        self._headings.draw_heading(
            painter,
            QRect(0, self.rowViewportPosition(row), self.viewport().width(), ROW),
            self._list.heading(group),
            is_folded=group.key in self._list.listing.folded,
            is_selected=is_selected,
        )

    @Slot(int)
    def _on_heading_clicked(self, section: int) -> None:
        order_by = self._list.columns[section].order_by
        if not order_by:
            return
        self.descending = order_by == self.order_by and not self.descending
        self.order_by = order_by
        header = self.horizontalHeader()
        # STAT first is how the list begins; it needs no arrow.
        header.setSortIndicatorShown(self.order_by != "priority" or self.descending)
        order = Qt.SortOrder.DescendingOrder if self.descending else Qt.SortOrder.AscendingOrder
        header.setSortIndicator(section, order)
        self.sorting_changed.emit()
