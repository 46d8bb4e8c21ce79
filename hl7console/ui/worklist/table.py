"""The table of lines: whole rows, headings that fold, keyboard, sorting."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import (
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hl7console.ui.row_pictures import Section
from hl7console.ui.theme import ROW, fixed_font, theme
from hl7console.ui.worklist.line_painter import LinePainter
from hl7console.ui.worklist.model import LineTableModel

_CELL_PADDING = 18
_CUT_TO = {"procedure": 88, "patient": 92, "mrn": 68, "station": 64}
"""Columns that are made narrower where there is no room, and how narrow at most, in pixels."""
_CUT_FLAGS = 40
_MARK_WIDTH = 2
"""Width of the mark at the row one is at, in pixels."""


class LineTable(QTableView):
    """Shows a `LineTableModel`. GUI thread only."""

    current_changed = Signal(int)
    """The line one is at; 0 for none."""
    opened = Signal(int)
    """The user wants to see more of a line: Enter, or a double click."""
    copy_wanted = Signal()
    resized = Signal()
    pointer_left = Signal()
    """The mouse is no longer over the rows."""
    sorting_changed = Signal()
    """A column's heading was clicked: `order_by` or `descending` is another."""

    def __init__(self, model: LineTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("worklistTable")
        self.setAccessibleName("Worklist")
        self._list = model
        self.order_by = "priority"
        self.descending = False
        self._set_behaviour()
        self.setModel(model)
        self._painter = LinePainter(model, self)
        self._painter.outdated.connect(self.viewport().update)
        header = self.horizontalHeader()
        for changed in (header.sectionResized, header.sectionMoved, header.geometriesChanged):
            changed.connect(self._on_columns_changed)
        header.sectionClicked.connect(self._on_heading_clicked)
        model.modelReset.connect(self._on_columns_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self._set_widths()

    def _set_behaviour(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
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
        columns = self.horizontalHeader()
        columns.setObjectName("worklistHeader")
        columns.setAccessibleName("Columns")
        columns.setSectionsMovable(True)
        columns.setSectionsClickable(True)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setMinimumSectionSize(40)

    def _set_widths(self) -> None:
        char = QFontMetrics(fixed_font()).horizontalAdvance("0")
        for place, column in enumerate(self._list.columns):
            self.setColumnWidth(place, column.chars * char + _CELL_PADDING)

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

    def current_id(self) -> int:
        """Return the line one is at; 0 for none."""
        index = self.currentIndex()
        return self._list.id_at(index.row()) if index.isValid() else 0

    def go_to(self, row: int, *, scrolls: bool = True) -> None:
        """Choose one row, and bring it into sight."""
        if 0 <= row < self._list.rowCount():
            index = self._list.index(row, 0)
            flags = (
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows
            )
            self.selectionModel().setCurrentIndex(index, flags)
            if scrolls:
                self.scrollTo(index)

    def first_line(self) -> int:
        """Return the row of the first line, past its heading; -1 when there is none."""
        for row in range(min(self._list.rowCount(), 50)):
            if self._list.id_at(row):
                return row
        return -1

    def visible_ids(self) -> list[int]:
        """Return the lines in sight."""
        first = self.rowAt(0)
        if first < 0:
            return []
        last = self.rowAt(self.viewport().height() - 1)
        last = last if last >= 0 else self._list.rowCount() - 1
        return [i for row in range(first, last + 1) if (i := self._list.id_at(row))]

    def menu_point(self, at: QPoint) -> QPoint:
        """Return where a menu opens on the screen: at the pointer, or at the row for the keys."""
        if self.rowAt(at.y()) < 0 or not self.viewport().underMouse():
            at = self.visualRect(self.currentIndex()).bottomLeft()
        return self.viewport().mapToGlobal(at)

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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        first = self.rowAt(event.rect().top())
        if first < 0:
            return
        painter = QPainter(self.viewport())
        last = self.rowAt(event.rect().bottom())
        last = last if last >= 0 else self._list.rowCount() - 1
        header = self.horizontalHeader()
        sections = self._sections()
        width = max(header.length(), self.viewport().width())
        here = self.currentIndex().row() if self.hasFocus() else -1
        for row in range(first, last + 1):
            top = self.rowViewportPosition(row)
            is_selected = self.selectionModel().isRowSelected(row)
            group = self._list.group_at(row)
            if group is None:
                scale = self.devicePixelRatioF()
                drawn = self._painter.picture(row, sections, width, scale, is_selected=is_selected)
                painter.drawPixmap(-header.offset(), top, drawn)
            else:
                self._painter.draw_heading(
                    painter,
                    QRect(0, top, self.viewport().width(), ROW),
                    self._list.heading(group),
                    is_folded=group.key in self._list.listing.folded,
                    is_selected=is_selected,
                )
            if row == here:
                painter.fillRect(0, top, _MARK_WIDTH, ROW - 1, theme().color("accent"))
        painter.end()

    def _sections(self) -> list[Section]:
        header = self.horizontalHeader()
        return [
            (column, header.sectionPosition(column), header.sectionSize(column))
            for column in range(len(self._list.columns))
        ]

    @Slot()
    def _on_columns_changed(self) -> None:
        self._painter.forget()
        self.viewport().update()

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

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.current_changed.emit(self._list.id_at(current.row()) if current.isValid() else 0)
