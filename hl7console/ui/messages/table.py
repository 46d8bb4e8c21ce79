"""The table of messages: keyboard, drag out, and whether it stands at the top."""

from __future__ import annotations

from PySide6.QtCore import QItemSelectionRange, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from hl7console.store.records import MessageRow
from hl7console.ui.messages.model import MessageTableModel
from hl7console.ui.messages.row_painter import RowPainter
from hl7console.ui.row_table import RowTable


class MessageTable(RowTable[MessageRow]):
    """Shows a `MessageTableModel`. GUI thread only."""

    at_top_changed = Signal(bool)
    drag_wanted = Signal()
    """The user pulls the chosen messages out of the list."""

    def __init__(self, model: MessageTableModel, parent: QWidget | None = None) -> None:
        self._list = model
        super().__init__(model, "message", "Messages", parent)
        self._was_at_top = True
        self._is_pressed_below = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.horizontalHeader().setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.verticalScrollBar().valueChanged.connect(self._on_scrolled)
        self.reset_columns()

    def made_pictures(self) -> RowPainter:
        """Return what draws the messages."""
        return RowPainter(self._list, self)

    def id_at(self, row: int) -> int:
        """Return the message of a row."""
        return self._list.id_at(row)

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
        self.set_widths([column.chars for column in self._list.columns])

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

    def startDrag(self, _actions: Qt.DropAction) -> None:
        self.drag_wanted.emit()

    @Slot()
    def _on_scrolled(self) -> None:
        if self.is_at_top != self._was_at_top:
            self._was_at_top = self.is_at_top
            self.at_top_changed.emit(self._was_at_top)
