"""The tree of a message, to write values in: a box over the value that is written."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QObject, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PySide6.QtWidgets import QCompleter, QLineEdit, QMenu, QVBoxLayout, QWidget

from hl7console.hl7v2.dictionary import Dictionary, load
from hl7console.hl7v2.editing.completion import codes_of
from hl7console.hl7v2.edits import Edit, SetNull, SetRaw, SetValue
from hl7console.hl7v2.nodes import NULL_TEXT, ValueState
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.grid import hl7_font
from hl7console.ui.inspector.rows import SegmentRows
from hl7console.ui.inspector.tree_model import Column
from hl7console.ui.inspector.tree_view import TreePane, copied_value

LONGEST_EDITED = 30_000
"""Characters of a value that the box takes; longer ones are edited in the text."""
_BETWEEN = " · "


class EditTree(QWidget):
    """The tree with its box. GUI thread only."""

    row_selected = Signal(object)
    """The user selected a `TreeRow`."""
    edit_wanted = Signal(object, object)
    """An `Edit`, and the `FieldPath` that it is about."""
    refused = Signal(str)
    """Why a row cannot be edited here."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editTreePage")
        self.pane = TreePane()
        self.pane.view.setObjectName("editTree")
        self.pane.view.setAccessibleName("Edited message as a tree")
        self.pane.view.setExpandsOnDoubleClick(False)
        self.pane.show_empty(True)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane)
        self.setFocusProxy(self.pane)
        self.menu_actions: tuple[QAction | None, ...] = ()
        self.box: ValueBox | None = None
        self._dictionary = load()
        self._waiting: tuple[SegmentRows, TreeRow | None, Dictionary] | None = None
        self.pane.row_selected.connect(self.row_selected)
        self.pane.view.doubleClicked.connect(self._on_double_clicked)
        self.pane.view.installEventFilter(self)

    def show_rows(
        self, rows: SegmentRows, selected: TreeRow | None, dictionary: Dictionary
    ) -> None:
        """Show a message; what was open stays open. While a box is open, this waits for it."""
        if self.box is not None:
            self._waiting = (rows, selected, dictionary)
            return
        self._waiting = None
        self._dictionary = dictionary
        self.pane.show_rows(rows, selected)

    @property
    def current_row(self) -> TreeRow | None:
        """The row that is selected."""
        return self.pane.view.current_row()

    def begin_edit(self) -> None:
        """Open the box over the selected row's value."""
        row, view = self.current_row, self.pane.view
        if row is None or row.is_segment:
            self.refused.emit("Choose a field: a segment's text is edited in the tab Edited.")
            return
        value = copied_value(row) if row.state is not ValueState.NULL else NULL_TEXT
        if len(value) > LONGEST_EDITED or "\r" in value or "\n" in value:
            self.refused.emit("This value is long or has lines: edit it in the tab Edited.")
            return
        self.end_box()
        index = view.currentIndex().siblingAtColumn(Column.VALUE)
        view.scrollTo(index)
        self.box = ValueBox(row, value, self._dictionary, view.viewport())
        self.box.setGeometry(view.visualRect(index).adjusted(0, -1, 0, 1))
        self.box.accepted.connect(self._on_accepted)
        self.box.cancelled.connect(self.end_box)
        self.box.show()
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)
        self.box.selectAll()

    @Slot()
    def end_box(self) -> None:
        """Close the box without writing."""
        box, self.box = self.box, None
        if box is not None:
            had_focus = box.hasFocus()
            box.hide()
            box.deleteLater()
            if had_focus:
                self.pane.view.setFocus(Qt.FocusReason.OtherFocusReason)
        if self._waiting is not None:
            self.show_rows(*self._waiting)

    @Slot()
    def _on_accepted(self) -> None:
        box = self.box
        if box is None:
            return
        edit, row = box.edit(), box.row
        self.end_box()
        if edit is not None:
            self.edit_wanted.emit(edit, row.path)

    @Slot(QModelIndex)
    def _on_double_clicked(self, _index: QModelIndex) -> None:
        row = self.current_row
        if row is not None and row.is_segment:
            view = self.pane.view
            view.setExpanded(view.currentIndex(), not view.isExpanded(view.currentIndex()))
        else:
            self.begin_edit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            is_enter = event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}
            if event.key() == Qt.Key.Key_F2 or (is_enter and not event.modifiers()):
                self.begin_edit()
                return True
        if event.type() is QEvent.Type.ContextMenu and isinstance(event, QContextMenuEvent):
            index = self.pane.view.indexAt(event.pos())
            if event.reason() is QContextMenuEvent.Reason.Mouse and index.isValid():
                self.pane.view.setCurrentIndex(index)
            at = self.pane.view.viewport().mapToGlobal(event.pos())
            if event.reason() is not QContextMenuEvent.Reason.Mouse:
                box = self.pane.view.visualRect(self.pane.view.currentIndex())
                at = self.pane.view.viewport().mapToGlobal(box.bottomLeft())
            self.made_menu().popup(at)
            return True
        return super().eventFilter(watched, event)

    def made_menu(self) -> QMenu:
        """Return the context menu of the selected row."""
        menu = QMenu(self)
        menu.setObjectName("editTreeMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        edit = menu.addAction("Edit value", self.begin_edit)
        edit.setShortcut("F2")
        menu.addAction("Copy value", self.pane.view.copy_value)
        menu.addAction("Copy path", self.pane.view.copy_path)
        menu.addSeparator()
        for action in self.menu_actions:
            if action is None:
                menu.addSeparator()
            else:
                menu.addAction(action)
        return menu


class ValueBox(QLineEdit):
    """A box for one value, with the codes of its table. GUI thread only."""

    accepted = Signal()
    cancelled = Signal()

    def __init__(self, row: TreeRow, value: str, dictionary: Dictionary, parent: QWidget) -> None:
        super().__init__(value, parent)
        self.setObjectName("editValue")
        self.setAccessibleName(f"Value of {row.path} {row.name}")
        self.setFont(hl7_font())
        self.setStyleSheet("min-height: 0; padding: 0 4px; border-radius: 2px;")
        self.row = row
        self._before = value
        codes = codes_of(row.table, row.type, dictionary) if not row.has_children else ()
        self._offers = [f"{code}{_BETWEEN}{text}" if text else code for code, text in codes]
        if self._offers:
            completer = QCompleter(QStringListModel(self._offers, self), self)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setMaxVisibleItems(12)
            self.setCompleter(completer)
        self.returnPressed.connect(self.accepted)

    def edit(self) -> Edit | None:
        """Return what was asked for; None where the value is what it was."""
        text = self.text()
        if text in self._offers:
            text = text.split(_BETWEEN)[0]
        if text == self._before:
            return None
        if text == NULL_TEXT:
            return SetNull(self.row.path)
        if self.row.has_children:
            return SetRaw(self.row.path, text)
        return SetValue(self.row.path, text)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_space = event.key() == Qt.Key.Key_Space
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif is_space and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            completer = self.completer()
            if completer is not None:
                completer.setCompletionPrefix("")
                completer.complete()
        else:
            super().keyPressEvent(event)
            event.accept()  # Else Return goes on to the tree, which would open the box again.

    def event(self, event: QEvent) -> bool:
        # Undo and redo are the box's own while one types in it.
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        return super().event(event)
