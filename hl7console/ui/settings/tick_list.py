"""A list of names to tick: as high as its rows, with the keyboard or the mouse."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyleOptionViewItem, QWidget

from hl7console.ui.environment import ENVIRONMENT_ROLE, EnvironmentDelegate
from hl7console.ui.theme import ROW, theme

_MOST_ROWS = 8
_GONE = "{} (not there any more)"


class _TickDelegate(EnvironmentDelegate):
    """Draws a frame around the row that the keyboard is at."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Draw the row, and the frame where the list has the keyboard."""
        super().paint(painter, option, index)
        if option.state & QStyle.StateFlag.State_HasFocus:
            painter.save()
            painter.setPen(theme().color("accent"))
            painter.drawRoundedRect(
                QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5),
                4, 4,
            )  # fmt: skip
            painter.restore()


class TickList(QListWidget):
    """Names to tick. GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("role", "ticks")
        self.setItemDelegate(_TickDelegate(self))
        self.setSelectionMode(QListWidget.SelectionMode.NoSelection)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.itemChanged.connect(self._on_item_changed)
        self._environments: Mapping[str, str] = {}
        self._fit()

    def set_environments(self, environments: Mapping[str, str]) -> None:
        """Show these environments beside the names from now on."""
        self._environments = environments
        self.blockSignals(True)
        for item in self._items():
            name = item.data(Qt.ItemDataRole.UserRole)
            item.setData(ENVIRONMENT_ROLE, environments.get(name, ""))
        self.blockSignals(False)

    def offer(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer (value, title) pairs; what is ticked stays, even where it is not offered."""
        ticked = self.ticked()
        self._fill(options, ticked)

    def ticked(self) -> tuple[str, ...]:
        """Return what is ticked, in the order of the list."""
        return tuple(
            str(item.data(Qt.ItemDataRole.UserRole))
            for item in self._items()
            if item.checkState() is Qt.CheckState.Checked
        )

    def tick(self, values: object) -> None:
        """Tick these and no others."""
        wanted = tuple(map(str, values)) if isinstance(values, tuple) else ()
        options = [
            (str(item.data(Qt.ItemDataRole.UserRole)), item.text())
            for item in self._items()
            if item.text() != _GONE.format(item.data(Qt.ItemDataRole.UserRole))
        ]
        self._fill(options, wanted)
        self.changed.emit()

    def _fill(self, options: Sequence[tuple[str, str]], ticked: Collection[str]) -> None:
        known = [value for value, _ in options]
        gone = [(value, _GONE.format(value)) for value in ticked if value not in known]
        current = self.currentRow()
        self.blockSignals(True)
        self.clear()
        for value, title in (*options, *gone):
            item = QListWidgetItem(title)
            item.setData(Qt.ItemDataRole.UserRole, value)
            item.setData(ENVIRONMENT_ROLE, self._environments.get(value, ""))
            item.setFlags(
                Qt.ItemFlag.ItemIsEnabled
                | Qt.ItemFlag.ItemIsSelectable
                | Qt.ItemFlag.ItemIsUserCheckable
            )
            is_ticked = value in ticked
            item.setCheckState(Qt.CheckState.Checked if is_ticked else Qt.CheckState.Unchecked)
            item.setSizeHint(QSize(0, ROW))
            self.addItem(item)
        if self.count():
            self.setCurrentRow(min(max(current, 0), self.count() - 1))
        self.blockSignals(False)
        self._fit()

    def _items(self) -> list[QListWidgetItem]:
        return [self.item(row) for row in range(self.count())]

    def _fit(self) -> None:
        rows = min(max(self.count(), 2), _MOST_ROWS)
        self.setFixedHeight(rows * ROW + 2 * self.frameWidth() + 8)

    @Slot()
    def _on_item_changed(self) -> None:
        self.changed.emit()
