"""The table of messages: whole rows, keyboard, drag out, and whether it stands at the top."""

from __future__ import annotations

from PySide6.QtCore import (
    QItemSelectionModel,
    QItemSelectionRange,
    QModelIndex,
    QPoint,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from hl7console.ui.messages.model import MessageTableModel
from hl7console.ui.messages.row_painter import RowPainter
from hl7console.ui.row_pictures import Section
from hl7console.ui.theme import ROW, fixed_font, theme

_CELL_PADDING = 18
_MARK_WIDTH = 2
"""Width of the mark at the row one is at, in pixels."""


class MessageTable(QTableView):
    """Shows a `MessageTableModel`. GUI thread only."""

    current_changed = Signal(int)
    """The message one is at; 0 for none."""
    at_top_changed = Signal(bool)
    resized = Signal()
    copy_wanted = Signal()
    drag_wanted = Signal()
    """The user pulls the chosen messages out of the list."""

    def __init__(self, model: MessageTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("messageTable")
        self.setAccessibleName("Messages")
        self._list = model
        self._was_at_top = True
        self._is_pressed_below = False
        self._set_behaviour()
        self.setModel(model)
        self._painter = RowPainter(model, self)
        self._painter.outdated.connect(self.viewport().update)
        header = self.horizontalHeader()
        for changed in (header.sectionResized, header.sectionMoved, header.geometriesChanged):
            changed.connect(self._on_columns_changed)
        model.modelReset.connect(self._on_columns_changed)
        self.selectionModel().currentRowChanged.connect(self._on_current_changed)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.reset_columns()

    def _set_behaviour(self) -> None:
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setDragEnabled(True)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setMinimumSectionSize(ROW)
        rows.setDefaultSectionSize(ROW)
        columns = self.horizontalHeader()
        columns.setObjectName("messageHeader")
        columns.setAccessibleName("Columns")
        columns.setSectionsMovable(True)
        columns.setHighlightSections(False)
        columns.setStretchLastSection(True)
        columns.setMinimumSectionSize(40)
        columns.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)

    def shown_keys(self) -> list[str]:
        """Return the keys of the columns as they stand, from left to right."""
        header = self.horizontalHeader()
        return [
            self._list.columns[header.logicalIndex(place)].key
            for place in range(len(self._list.columns))
        ]

    def reset_columns(self) -> None:
        """Put the columns in the model's order, each as wide as its usual contents."""
        header = self.horizontalHeader()
        for place in range(len(self._list.columns)):
            header.moveSection(header.visualIndex(place), place)
        char = QFontMetrics(fixed_font()).horizontalAdvance("0")
        for place, column in enumerate(self._list.columns):
            self.setColumnWidth(place, column.chars * char + _CELL_PADDING)

    # What is chosen

    def selected_ids(self, limit: int) -> list[int]:
        """Return up to `limit` chosen messages, oldest first."""
        rows: set[int] = set()
        for block in self._blocks():
            rows.update(range(block.top(), min(block.bottom() + 1, block.top() + limit)))
        return [self._list.id_at(row) for row in sorted(rows, reverse=True)[:limit]]

    def selected_count(self) -> int:
        """Return how many messages are chosen, without listing them."""
        return sum(block.height() for block in self._blocks())

    def _blocks(self) -> list[QItemSelectionRange]:
        selection = self.selectionModel().selection()
        return [selection.at(place) for place in range(selection.count())]

    def current_id(self) -> int:
        """Return the message one is at; 0 for none."""
        index = self.currentIndex()
        return self._list.id_at(index.row()) if index.isValid() else 0

    def go_to(self, row: int) -> None:
        """Choose one row and bring it into sight."""
        if 0 <= row < self._list.rowCount():
            index = self._list.index(row, 0)
            flags = (
                QItemSelectionModel.SelectionFlag.ClearAndSelect
                | QItemSelectionModel.SelectionFlag.Rows
            )
            self.selectionModel().setCurrentIndex(index, flags)
            self.scrollTo(index)

    def menu_point(self, at: QPoint) -> QPoint:
        """Return where a menu opens on the screen: at the pointer, or at the row for the keys."""
        if self.rowAt(at.y()) < 0 or not self.viewport().underMouse():
            at = self.visualRect(self.currentIndex()).bottomLeft()
        return self.viewport().mapToGlobal(at)

    def visible_ids(self) -> list[int]:
        """Return the messages in sight."""
        first = self.rowAt(0)
        if first < 0:
            return []
        last = self.rowAt(self.viewport().height() - 1)
        last = last if last >= 0 else self._list.rowCount() - 1
        return [self._list.id_at(row) for row in range(first, last + 1)]

    @property
    def is_at_top(self) -> bool:
        """Whether the newest row is in sight."""
        return self.verticalScrollBar().value() <= self.verticalScrollBar().minimum()

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_Home:
            self.go_to(0)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        elif plain and event.key() == Qt.Key.Key_End:
            self.go_to(self._list.rowCount() - 1)
        else:
            super().keyPressEvent(event)

    # A click below the last row would choose nothing, and empty the inspector. A drag that begins
    # there would choose from where the last one began.

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._is_pressed_below = self.rowAt(event.position().toPoint().y()) < 0
        if not self._is_pressed_below:
            super().mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self._is_pressed_below:
            super().mouseMoveEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if not self._is_pressed_below:
            super().mouseReleaseEvent(event)
        self._is_pressed_below = False

    def focusInEvent(self, event: QFocusEvent) -> None:
        # Qt goes to the first row then, but chooses none: the inspector would show a message that
        # no action applies to.
        super().focusInEvent(event)
        is_by_pointer = event.reason() == Qt.FocusReason.MouseFocusReason
        if not is_by_pointer and not self._blocks() and self.currentIndex().isValid():
            self.go_to(self.currentIndex().row())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        first = self.rowAt(event.rect().top())
        if first < 0:
            return
        last = self.rowAt(event.rect().bottom())
        last = last if last >= 0 else self._list.rowCount() - 1
        header = self.horizontalHeader()
        sections = self._sections()
        width = max(header.length(), self.viewport().width())
        scale = self.devicePixelRatioF()
        left = -header.offset()
        selection = self.selectionModel()
        here = self.currentIndex().row() if self.hasFocus() else -1
        for row in range(first, last + 1):
            top = self.rowViewportPosition(row)
            is_selected = selection.isRowSelected(row)
            picture = self._painter.picture(row, sections, width, scale, is_selected=is_selected)
            painter.drawPixmap(left, top, picture)
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

    def startDrag(self, _actions: Qt.DropAction) -> None:
        self.drag_wanted.emit()

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        self.current_changed.emit(self._list.id_at(current.row()) if current.isValid() else 0)

    @Slot()
    def _on_scrolled(self) -> None:
        if self.is_at_top != self._was_at_top:
            self._was_at_top = self.is_at_top
            self.at_top_changed.emit(self._was_at_top)
