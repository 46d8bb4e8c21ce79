"""The table of deliveries: keyboard, what is chosen, and dragging deliveries to another queue."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDrag, QFocusEvent, QKeyEvent, QKeySequence, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QWidget

from hl7console.store.queue_reader import DeliveryRow
from hl7console.ui.queues.dragging import DELIVERIES, put_numbers
from hl7console.ui.queues.model import DeliveryModel
from hl7console.ui.queues.painter import DeliveryPainter
from hl7console.ui.row_table import RowTable
from hl7console.ui.theme import ROW

MOST_DRAGGED = 1_000
"""Deliveries dragged at once, at most."""


class DeliveryTable(RowTable[DeliveryRow]):
    """Shows a `DeliveryModel`. GUI thread only."""

    drag_refused = Signal()
    """More are chosen than can be dragged, or they are not there yet."""

    def __init__(self, model: DeliveryModel, parent: QWidget | None = None) -> None:
        self._list = model
        super().__init__(model, "delivery", "Deliveries", parent)
        self._is_pressed_below = False
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.set_widths([column.chars for column in model.columns])

    def made_pictures(self) -> DeliveryPainter:
        """Return what draws the deliveries."""
        return DeliveryPainter(self._list, self)

    def id_at(self, row: int) -> int:
        """Return the delivery of a row; 0 while it isn't there."""
        return self._list.id_at(row)

    # Where one is

    @property
    def is_at_top(self) -> bool:
        """Whether the first row is in sight."""
        return self.verticalScrollBar().value() <= self.verticalScrollBar().minimum()

    def seen(self) -> range:
        """Return the rows in sight."""
        return self._rows_between(0, max(self.viewport().height() - 1, 0))

    def scroll_by_rows(self, rows: int) -> None:
        """Keep what is in sight where it is, after so many rows came before it."""
        bar = self.verticalScrollBar()
        bar.setValue(bar.value() + rows * ROW)

    # What is chosen

    def chosen_spans(self) -> list[tuple[int, int]]:
        """Return the chosen rows as first and count, from the top, none twice."""
        selection = self.selectionModel().selection()
        blocks = sorted(
            (selection.at(n).top(), selection.at(n).bottom()) for n in range(selection.count())
        )
        spans: list[tuple[int, int]] = []
        for top, bottom in blocks:
            if spans and top <= sum(spans[-1]):
                first, count = spans[-1]
                spans[-1] = (first, max(count, bottom + 1 - first))
            else:
                spans.append((top, bottom + 1 - top))
        return spans

    def chosen_count(self) -> int:
        """Return how many rows are chosen."""
        return sum(count for _, count in self.chosen_spans())

    def known_chosen(self) -> list[int] | None:
        """Return the chosen deliveries in order; None where not all of them are there."""
        places = [p for first, count in self.chosen_spans() for p in range(first, first + count)]
        ids = [self._list.id_at(place) for place in places]
        return ids if all(ids) else None

    # Qt

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if plain and event.key() == Qt.Key.Key_Home:
            self.go_to(0)
        elif plain and event.key() == Qt.Key.Key_End:
            self.go_to(self._list.rowCount() - 1)
        elif event.matches(QKeySequence.StandardKey.Copy):
            self.copy_wanted.emit()
        else:
            super().keyPressEvent(event)

    # A click below the last row would choose nothing, and empty the inspector.

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
        super().focusInEvent(event)
        if not self.chosen_spans() and self.currentIndex().isValid():
            self.go_to(self.currentIndex().row())

    def dragged(self) -> QMimeData | None:
        """Return what is dragged: the numbers of the chosen deliveries; None where that fails."""
        ids = self.known_chosen() if self.chosen_count() <= MOST_DRAGGED else None
        return put_numbers(QMimeData(), DELIVERIES, ids) if ids else None

    def startDrag(self, _actions: Qt.DropAction) -> None:
        mime = self.dragged()
        if mime is None:
            self.drag_refused.emit()
            return
        drag = QDrag(self)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.MoveAction | Qt.DropAction.CopyAction)
