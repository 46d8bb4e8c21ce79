"""Ctrl+K: every action of the window, found by a few letters."""

from __future__ import annotations

from PySide6.QtCore import (
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QSize,
    Qt,
    Slot,
)
from PySide6.QtGui import QAction, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.actions import Actions
from hl7console.ui.theme import GRID, ROW, fixed_font, theme

_ACTION_ROLE = int(Qt.ItemDataRole.UserRole)
_KEYS_ROLE = _ACTION_ROLE + 1
_WIDTH = 560
_ROWS = 12


def match_rank(typed: str, text: str) -> int | None:
    """Return how well letters fit a text, 0 the best, or None when they don't.

    Whole words and beginnings of words go first, then letters in order with gaps.
    """
    typed, text = typed.casefold().strip(), text.casefold()
    if not typed:
        return 0
    if all(any(w.startswith(part) for w in text.split()) for part in typed.split()):
        return 0 if text.startswith(typed) else 1
    if typed in text:
        return 2
    letters = iter(text)
    return 3 if all(letter in letters for letter in typed if letter != " ") else None


class Palette(QDialog):
    """A box over the window; Enter runs what is chosen, Esc closes it."""

    def __init__(self, actions: Actions, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle("Actions")
        self._actions = actions
        self._box = QLineEdit()
        self._box.setObjectName("paletteBox")
        self._box.setPlaceholderText("What do you want to do?")
        self._box.setAccessibleName("Find an action")
        self._box.setMinimumHeight(36)
        self._list = QListWidget()
        self._list.setObjectName("paletteList")
        self._list.setAccessibleName("Actions")
        self._list.setIconSize(QSize(16, 16))
        self._list.setItemDelegate(_KeysDelegate(self._list))
        self._list.setFixedHeight(_ROWS * (ROW + 2))
        self._none = QLabel("No action has these letters.")
        self._none.setProperty("role", "muted")
        frame = QFrame()
        frame.setProperty("role", "card")
        inside = QVBoxLayout(frame)
        inside.setContentsMargins(GRID, GRID, GRID, GRID)
        inside.setSpacing(GRID)
        for part in (self._box, self._none, self._list):
            inside.addWidget(part)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(frame)
        self.setFixedWidth(_WIDTH)
        self._box.textChanged.connect(self._fill)
        self._box.installEventFilter(self)
        self._list.itemActivated.connect(self._run)
        self._list.itemClicked.connect(self._run)
        self._fill("")

    def place_over(self, window: QWidget) -> None:
        """Stand in the middle of the window's upper part."""
        corner = window.mapToGlobal(window.rect().topLeft())
        self.move(corner.x() + (window.width() - _WIDTH) // 2, corner.y() + 64)

    @Slot(str)
    def _fill(self, typed: str) -> None:
        ranked = []
        for place, action in enumerate(self._actions.all()):
            group = str(action.data() or "")
            rank = match_rank(typed, f"{action.text()} {group}".replace("&", ""))
            if rank is not None and action.isEnabled():
                ranked.append((rank, place, action))
        self._list.clear()
        for _, _, action in sorted(ranked, key=lambda r: r[:2]):
            self._list.addItem(_item_for(action))
        self._list.setCurrentRow(0)
        self._none.setVisible(not ranked)

    @Slot(QListWidgetItem)
    def _run(self, item: QListWidgetItem | None = None) -> None:
        chosen = item or self._list.currentItem()
        action = chosen.data(_ACTION_ROLE) if chosen is not None else None
        self.accept()
        if isinstance(action, QAction):
            action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._box and isinstance(event, QKeyEvent) and _is_press(event):
            key = event.key()
            if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run()
                return True
            step = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}.get(Qt.Key(key), 0)
            if step and self._list.count():
                self._list.setCurrentRow((self._list.currentRow() + step) % self._list.count())
                return True
        return super().eventFilter(watched, event)


class _KeysDelegate(QStyledItemDelegate):
    """Draws an action's shortcut at the right end of its line."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        super().paint(painter, option, index)
        painter.save()
        painter.setFont(fixed_font(11))
        painter.setPen(theme().color("muted"))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(option.rect.adjusted(0, 0, -GRID, 0), side, str(index.data(_KEYS_ROLE)))
        painter.restore()


def _is_press(event: QKeyEvent) -> bool:
    return event.type() == QEvent.Type.KeyPress


def _item_for(action: QAction) -> QListWidgetItem:
    text = action.text().replace("&", "")
    keys = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
    item = QListWidgetItem(action.icon(), text)
    item.setData(_ACTION_ROLE, action)
    item.setData(_KEYS_ROLE, keys)
    item.setSizeHint(QSize(0, ROW + 2))
    return item
