"""The tree of a message with its filter box. It keeps its place from one message to the next."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import (
    QModelIndex,
    QPersistentModelIndex,
    QPoint,
    QRect,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QKeySequence, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QLineEdit,
    QMenu,
    QTreeView,
    QVBoxLayout,
    QWidget,
)

from hl7console.hl7v2.nodes import ValueState
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.rows import SegmentRows
from hl7console.ui.inspector.tree_delegate import TreeDelegate, drawn_icon
from hl7console.ui.inspector.tree_model import ROW_ROLE, Column, TreeModel
from hl7console.ui.menu_keys import is_menu_key, menu_event
from hl7console.ui.theme import GRID, Theme, theme

OPEN_SEGMENTS = 60
"""A message with at most so many segments is shown with its fields open, the header aside."""
_OPEN_FOUND = 200
_SLICE_S = 0.008
_COMPLETE_MS = 40
_INDENT = 14
_NARROW_PX = 560
_LONGEST_FILTER = 200


class MessageTree(QTreeView):
    """The view itself: four columns, chevrons, a context menu."""

    filter_requested = Signal(str)
    """The user wants messages with the value at hand: a filter, ``PID-3.1=4471123``."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorTree")
        self.setAccessibleName("Fields of the message")
        self.setItemDelegate(TreeDelegate(self))
        self.setUniformRowHeights(True)
        self.setIndentation(_INDENT)
        self.setMouseTracking(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setExpandsOnDoubleClick(True)
        self.setAllColumnsShowFocus(True)
        header = self.header()
        header.setMinimumSectionSize(40)
        header.setStretchLastSection(False)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self._is_sized = False

    def fit_columns(self) -> None:
        """Give the columns their share of the width, until the user drags one."""
        if self.model() is None:
            return
        header = self.header()
        width = self.viewport().width()
        is_narrow = width < _NARROW_PX
        field = 114 if is_narrow else 132
        kind = 50 if is_narrow else 60
        rest = width - field - kind
        name = min(max(110, int(rest * 0.42)), 260)
        for column, size in ((Column.FIELD, field), (Column.NAME, name), (Column.TYPE, kind)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(column, size)
        header.setSectionResizeMode(Column.VALUE, QHeaderView.ResizeMode.Stretch)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.oldSize().width() != event.size().width():
            self.fit_columns()

    def drawBranches(
        self, painter: QPainter, rect: QRect, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        model = self.model()
        now = theme()
        if self.selectionModel().isSelected(index):
            role = "selection" if self.isActiveWindow() else "selection_idle"
            painter.fillRect(rect, now.color(role))
        painter.setPen(now.color("row_line"))
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        if model is None or not model.hasChildren(index):
            return
        name = "chevron-down" if self.isExpanded(index) else "chevron-right"
        mark = drawn_icon(name, now.color("muted").name(), 12, self.devicePixelRatioF())
        painter.drawPixmap(rect.right() - 12, rect.center().y() - 6, mark)

    def current_row(self) -> TreeRow | None:
        """Return the selected row."""
        row = self.currentIndex().data(ROW_ROLE)
        return row if isinstance(row, TreeRow) else None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy_value()
        elif is_menu_key(event):
            self.contextMenuEvent(menu_event(self, self.visualRect(self.currentIndex()).center()))
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        index = self.indexAt(event.pos())
        where = event.globalPos()
        if event.reason() is QContextMenuEvent.Reason.Keyboard or not index.isValid():
            index = self.currentIndex()
            where = self.viewport().mapToGlobal(
                self.visualRect(index).bottomLeft() + QPoint(2 * GRID, 0)
            )
        if index.isValid():
            self.setCurrentIndex(index)
            self.menu().popup(where)

    def menu(self) -> QMenu:
        """Return the context menu for the selected row."""
        menu = QMenu(self)
        menu.setObjectName("treeMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row = self.current_row()
        copy = menu.addAction("Copy value", self.copy_value)
        copy.setShortcut(QKeySequence.StandardKey.Copy)
        copy.setEnabled(row is not None and bool(copied_value(row)))
        menu.addAction("Copy path", self.copy_path)
        menu.addAction("Copy row", self.copy_row)
        menu.addSeparator()
        wanted = filter_for(row) if row is not None else ""
        look = menu.addAction("Filter by this value", lambda: self.filter_requested.emit(wanted))
        look.setEnabled(bool(wanted))
        menu.addSeparator()
        menu.addAction("Expand all below", self.expand_below)
        menu.addAction("Collapse all", self.collapseAll)
        return menu

    @Slot()
    def copy_value(self) -> None:
        """Copy the whole value: unescaped, or as written where it has parts."""
        if (row := self.current_row()) is not None:
            QApplication.clipboard().setText(copied_value(row))

    @Slot()
    def copy_path(self) -> None:
        """Copy the field path."""
        if (row := self.current_row()) is not None:
            QApplication.clipboard().setText(str(row.path))

    @Slot()
    def copy_row(self) -> None:
        """Copy path, name and value on one line."""
        if (row := self.current_row()) is not None:
            QApplication.clipboard().setText(f"{row.path}\t{row.name}\t{copied_value(row)}")

    @Slot()
    def expand_below(self) -> None:
        """Open the selected row and all that is in it."""
        self.expandRecursively(self.currentIndex())


def filter_for(row: TreeRow) -> str:
    """Return a filter that finds messages with a row's value; empty where it has none."""
    value = row.value
    is_leaf = not row.is_segment and not row.has_children and row.state is ValueState.VALUED
    if not is_leaf or not value.strip() or len(value) > _LONGEST_FILTER:
        return ""
    if not value.replace(".", "").replace("-", "").isalnum():
        value = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return f"{row.path.generic()}={value}"


def copied_value(row: TreeRow) -> str:
    """Return what Copy takes of a row; a row itself may hold only the beginning of its value."""
    if row.node is None or row.state is ValueState.NULL:
        return ""
    is_whole = row.is_segment or row.has_children
    return row.node.raw_text if is_whole else row.node.value


class TreePane(QWidget):
    """The tree and, when asked for, the filter box above it. GUI thread only."""

    row_selected = Signal(object)
    """The user selected a `TreeRow`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "surface")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.filter = QLineEdit()
        self.filter.setObjectName("treeFilter")
        self.filter.setAccessibleName("Filter the fields")
        self.filter.setPlaceholderText("Filter fields: path, name, value or meaning")
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._on_filter_changed)
        self._filter_bar = QWidget()
        self._filter_bar.setVisible(False)
        bar = QVBoxLayout(self._filter_bar)
        bar.setContentsMargins(GRID, GRID, GRID, GRID // 2)
        bar.addWidget(self.filter)
        column.addWidget(self._filter_bar)
        self.nothing = QLabel("No field matches.")
        self.nothing.setObjectName("treeNothing")
        self.nothing.setProperty("role", "muted")
        self.nothing.setContentsMargins(12, GRID, 12, GRID)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.nothing.setVisible(False)
        column.addWidget(self.nothing, 1)
        self.view = MessageTree()
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
        self.model = TreeModel(self)
        self.view.setModel(self.model)
        self._slices = QTimer(self)
        self._slices.setInterval(0)
        self._slices.timeout.connect(self._on_slice)
        self._completion = QTimer(self)
        self._completion.setSingleShot(True)
        self._completion.setInterval(_COMPLETE_MS)
        self._completion.timeout.connect(self._on_time_to_complete)
        self._rows: SegmentRows | None = None
        self._opened: set[str] = set()
        self._closed: set[str] = set()
        self._is_filling = False
        self.view.selectionModel().currentChanged.connect(self._on_current_changed)
        self.view.expanded.connect(self._on_expanded)
        self.view.collapsed.connect(self._on_collapsed)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def show_rows(self, rows: SegmentRows | None, selected: TreeRow | None = None) -> None:
        """Show a message's segments; what was open stays open, and the view where it was."""
        self._rows = rows
        self._refill(lambda model: model.set_rows(rows), selected)
        if not self.model.is_complete:
            self._completion.start()

    def show_empty(self, on: bool) -> None:
        """Show or hide empty fields."""
        self._refill(lambda model: model.show_empty(on), self.view.current_row())

    def _refill(self, change: Callable[[TreeModel], None], selected: TreeRow | None) -> None:
        at = self.view.verticalScrollBar().value()
        self._is_filling = True
        change(self.model)
        self._continue_search()
        self._open_rows()
        self.view.verticalScrollBar().setValue(at)
        self._is_filling = False
        if selected is not None:
            self.select(selected)

    def _open_rows(self) -> None:
        model = self.model
        tops = model.rowCount()
        if tops <= (_OPEN_FOUND if model.needle else OPEN_SEGMENTS):
            for position in range(tops):
                self._open_segment(model.index(position, 0))
        for path in sorted(self._opened, key=len):
            row = self._rows.at_path(path) if self._rows is not None else None
            if row is not None and str(row.path) == path:
                self.view.expand(model.find(row))

    def _open_segment(self, index: QModelIndex) -> None:
        row = self.model.row_of(index)
        if row is None or str(row.path) in self._closed:
            return
        if self.model.needle:
            self._open_found(index)
        elif row.path.segment != "MSH":
            self.view.expand(index)

    def _open_found(self, index: QModelIndex) -> None:
        """Open a row as far down as something in it is found."""
        if self.model.is_found_below(index):
            self.view.expand(index)
            for position in range(self.model.rowCount(index)):
                self._open_found(self.model.index(position, 0, index))

    def select(self, row: TreeRow | None) -> None:
        """Select a row, or the nearest one above it that is shown, without a signal."""
        index = self.model.find(row) if row is not None else QModelIndex()
        self._is_filling = True
        if index.isValid():
            self.view.setCurrentIndex(index)
            self.view.scrollTo(index)
        else:
            self.view.selectionModel().clear()
        self._is_filling = False

    @Slot()
    def begin_filter(self) -> None:
        """Show the filter box and put the caret into it."""
        self._filter_bar.setVisible(True)
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    @Slot()
    def end_filter(self) -> None:
        """Clear and hide the filter box."""
        self.filter.clear()
        self._filter_bar.setVisible(False)
        self.view.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self.filter.isVisible():
            self.end_filter()
        elif event.key() == Qt.Key.Key_Down and self.filter.hasFocus():
            self.view.setFocus(Qt.FocusReason.TabFocusReason)
        else:
            super().keyPressEvent(event)

    @Slot(str)
    def _on_filter_changed(self, text: str) -> None:
        self._refill(lambda model: model.set_filter(text.strip()), self.view.current_row())

    def _continue_search(self) -> None:
        if self.model.is_searching:
            self.model.step(_SLICE_S)
        self._after_slice()

    @Slot()
    def _on_time_to_complete(self) -> None:
        self.model.complete()

    @Slot()
    def _on_slice(self) -> None:
        model = self.model
        before = model.rowCount()
        model.step(_SLICE_S)
        if before < _OPEN_FOUND:
            for position in range(before, min(model.rowCount(), _OPEN_FOUND)):
                self._open_found(model.index(position, 0))
        self._after_slice()

    def _after_slice(self) -> None:
        model = self.model
        if model.is_searching != self._slices.isActive():
            if model.is_searching:
                self._slices.start()
            else:
                self._slices.stop()
        is_empty = bool(model.needle) and not model.rowCount()
        self.nothing.setText("Searching\u2026" if model.is_searching else "No field matches.")
        self.nothing.setVisible(is_empty)
        self.view.setVisible(not is_empty)

    @Slot(QModelIndex)
    def _on_current_changed(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, TreeRow) and not self._is_filling:
            self.row_selected.emit(row)

    @Slot(QModelIndex)
    def _on_expanded(self, index: QModelIndex) -> None:
        self._remember(index, self._opened, self._closed)

    @Slot(QModelIndex)
    def _on_collapsed(self, index: QModelIndex) -> None:
        self._remember(index, self._closed, self._opened)

    def _remember(self, index: QModelIndex, into: set[str], out_of: set[str]) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, TreeRow) and not self._is_filling and not self.model.needle:
            into.add(str(row.path))
            out_of.discard(str(row.path))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.view.viewport().update()
