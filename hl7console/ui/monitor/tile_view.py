"""The view of the tiles: as many in a row as fit, one of them chosen or none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractItemView, QListView, QWidget

from hl7console.ui.menu_keys import is_menu_key, menu_event
from hl7console.ui.monitor.tile_delegate import (
    FULL_HEIGHT,
    FULL_WIDTH,
    SMALL_HEIGHT,
    SMALL_WIDTH,
    TileDelegate,
)
from hl7console.ui.monitor.tile_model import Key, TileModel
from hl7console.ui.theme import theme

_MOVES = (
    Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right, Qt.Key.Key_Home,
    Qt.Key.Key_End, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown,
)  # fmt: skip
"""Keys that go to another tile, and choose it."""
_BAR = 12
"""Width of the scroll bar."""
_WIDEST = 1.75
"""A tile becomes no wider than so many times its least width."""


class TileView(QListView):
    """Shows tiles. GUI thread only.

    Args:
        model: The tiles.
        scale: How much larger than usual they are drawn.
        parent: Owner.
    """

    chosen = Signal(object)
    """Kind and name of the tile that was chosen; None when none is."""
    menu_wanted = Signal(object, QPoint)
    """Kind and name of a tile, and where its menu is wanted (global)."""
    opened = Signal(object)
    """Enter or a double click on a tile: kind and name."""

    def __init__(
        self, model: TileModel, *, scale: float = 1.0, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("monitorTiles")
        self.setAccessibleName("Interfaces")
        self.tile_model = model
        self._delegate = TileDelegate(self, scale=scale)
        self.setModel(model)
        self.setItemDelegate(self._delegate)
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setUniformItemSizes(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setMovement(QListView.Movement.Static)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.key: Key | None = None
        """Kind and name of the tile that is chosen."""
        theme().changed.connect(self._on_theme_changed)
        model.layoutChanged.connect(self._choose_again)
        model.modelReset.connect(self._choose_again)

    # Which is chosen

    def choose(self, key: Key | None) -> None:
        """Choose a tile, or none."""
        if key == self.key:
            return
        self.key = key
        self._choose_again()
        self.chosen.emit(key)

    @Slot()
    def _choose_again(self) -> None:
        row = self.tile_model.row_of(self.key) if self.key is not None else -1
        selection = self.selectionModel()
        if row < 0:
            selection.clearSelection()
        else:
            index = self.tile_model.index(row)
            selection.setCurrentIndex(index, selection.SelectionFlag.ClearAndSelect)

    def _key_at(self, index: QModelIndex) -> Key | None:
        return self.tile_model.tiles[index.row()].key if index.isValid() else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        key = self._key_at(self.indexAt(event.position().toPoint()))
        if event.button() == Qt.MouseButton.LeftButton:
            self.choose(None if key == self.key else key)
            self.setFocus(Qt.FocusReason.MouseFocusReason)
            self._delegate.has_ring = False
            event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        key = self._key_at(self.indexAt(event.position().toPoint()))
        if key is not None:
            self.opened.emit(key)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        is_key = event.reason() == QContextMenuEvent.Reason.Keyboard
        index = self.currentIndex() if is_key else self.indexAt(event.pos())
        key = self._key_at(index)
        if key is not None:
            at = self.visualRect(index).center() if is_key else event.pos()
            self.menu_wanted.emit(key, self.viewport().mapToGlobal(at))

    def focusInEvent(self, event: QFocusEvent) -> None:
        reasons = Qt.FocusReason
        self._delegate.has_ring = event.reason() in (
            reasons.TabFocusReason, reasons.BacktabFocusReason, reasons.ShortcutFocusReason,
        )  # fmt: skip
        super().focusInEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        self._delegate.has_ring = True
        if is_menu_key(event):
            self.contextMenuEvent(menu_event(self, QPoint()))
            return
        if event.key() == Qt.Key.Key_Escape and self.key is not None:
            self.choose(None)
        elif event.key() == Qt.Key.Key_Space:
            key = self._key_at(self.currentIndex())
            self.choose(None if key == self.key else key)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            key = self._key_at(self.currentIndex())
            if key is not None:
                self.opened.emit(key)
        else:
            super().keyPressEvent(event)
            if event.key() in _MOVES:
                self.choose(self._key_at(self.currentIndex()))

    # Holding still under the mouse

    def enterEvent(self, event: QEnterEvent) -> None:
        super().enterEvent(event)
        self.tile_model.hold(is_held=True)

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self.tile_model.hold(is_held=False)

    # Sizes

    def room_for(self, width: int, height: int) -> tuple[int, int]:
        """Return how many full tiles fit beside and below each other."""
        scale = self._delegate.scale
        columns = max(int(width / (FULL_WIDTH * scale)), 1)
        return columns, max(int(height / (FULL_HEIGHT * scale)), 1)

    def height_for(self, width: int, most: int, most_small: int = 0) -> int:
        """Return the height wanted, and draw small tiles where full ones do not fit.

        Args:
            width: Room from left to right.
            most: The most height there is.
            most_small: The most height for small tiles, where that is another one.
        """
        scale = self._delegate.scale
        height, wanted = self._wanted(width, is_small=False)
        self._delegate.is_small = wanted > most
        if self._delegate.is_small:
            height, wanted = self._wanted(width, is_small=True)
            most = max(most, most_small)
        fits = wanted <= most
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if fits else policy.ScrollBarAlwaysOn
        )
        self._lay_out(width if fits else width - _BAR)
        whole = max(most // round(height * scale), 1) * round(height * scale)
        return min(wanted, whole)

    def _wanted(self, width: int, *, is_small: bool) -> tuple[int, int]:
        """Return the height of a tile, and of all of them."""
        least, height = (SMALL_WIDTH, SMALL_HEIGHT) if is_small else (FULL_WIDTH, FULL_HEIGHT)
        columns = max(int(width / (least * self._delegate.scale)), 1)
        rows = -(-max(self.tile_model.rowCount(), 1) // columns)
        return height, round(rows * height * self._delegate.scale)

    def _lay_out(self, width: int) -> None:
        scale, is_small = self._delegate.scale, self._delegate.is_small
        least = round((SMALL_WIDTH if is_small else FULL_WIDTH) * scale)
        height = round((SMALL_HEIGHT if is_small else FULL_HEIGHT) * scale)
        columns = max(width // least, 1)
        columns = max(min(columns, self.tile_model.rowCount()), 1)
        each = min((width - 2) // columns, round(least * _WIDEST))
        size = QSize(each, height)
        if size != self._delegate.size or size != self.gridSize():
            self._delegate.size = size
            self.setGridSize(size)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out(self.viewport().width())
        super().resizeEvent(event)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.viewport().update()
