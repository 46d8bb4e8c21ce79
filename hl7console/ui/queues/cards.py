"""A list of cards: queues, or causes of the error list. Others are dropped on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
    Slot,
)
from PySide6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFontMetrics,
    QKeyEvent,
    QPainter,
)
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from hl7console.ui.icons import pixmap
from hl7console.ui.menu_keys import is_menu_key
from hl7console.ui.queues.dragging import can_take
from hl7console.ui.theme import GRID, text_font, theme

_PAD = 12
_ICON = 16
_LINE = 18
_EDGE = 3
_Index = QModelIndex | QPersistentModelIndex
_NO_INDEX = QModelIndex()


@dataclass(frozen=True, slots=True)
class Card:
    """One card."""

    key: str
    """What it stands for."""
    title: str
    icon: str
    role: str
    """Colour of its state."""
    state: str
    """Its state in a word."""
    figures: str = ""
    sentence: str = ""
    chip: str = ""
    chip_role: str = "muted"

    @property
    def spoken(self) -> str:
        """All of it in one line, for assistive programs and the tip."""
        parts = (self.title, self.chip, self.state, self.figures, self.sentence)
        return ". ".join(part for part in parts if part)


class CardModel(QAbstractListModel):
    """Cards in their order. GUI thread only."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.cards: list[Card] = []

    def set_cards(self, cards: Sequence[Card]) -> bool:
        """Show these; return whether others stand there now, and the choice is to be made anew."""
        if [card.key for card in cards] == [card.key for card in self.cards]:
            self.cards = list(cards)
            if cards:
                self.dataChanged.emit(self.index(0), self.index(len(cards) - 1))
            return False
        self.beginResetModel()
        self.cards = list(cards)
        self.endResetModel()
        return True

    def rowCount(self, parent: _Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self.cards)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        if not index.isValid() or index.row() >= len(self.cards):
            return None
        card = self.cards[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return card.title
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            return card.spoken
        return None


class CardDelegate(QStyledItemDelegate):
    """Draws cards. GUI thread only."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        card = index.model().cards[index.row()]  # type: ignore[attr-defined]
        height = 2 * GRID + 2 * _LINE
        width = self._width(option)
        if card.figures:
            height += _LINE * _lines(card.figures, width, 2)
        if card.sentence:
            height += _LINE * _lines(card.sentence, width, 3)
        return QSize(100, height + 4)

    def _width(self, option: QStyleOptionViewItem) -> int:
        view = option.widget
        return (view.viewport().width() if isinstance(view, CardList) else 280) - 2 * _PAD

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        card = index.model().cards[index.row()]  # type: ignore[attr-defined]
        now, box = theme(), option.rect
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        view = option.widget
        is_target = isinstance(view, CardList) and view.target_key == card.key
        painter.save()
        painter.fillRect(box, now.color("selection" if is_chosen or is_target else "surface"))
        painter.setPen(now.color("row_line"))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        if card.role in ("err", "warn"):
            painter.fillRect(box.left(), box.top(), _EDGE, box.height() - 1, now.color(card.role))
        if is_target:
            painter.setPen(now.color("accent"))
            painter.drawRect(box.adjusted(0, 0, -1, -2))
        inner = box.adjusted(_PAD, GRID, -_PAD, -GRID)
        self._draw_head(painter, inner, card)
        self._draw_texts(painter, inner, card)
        if option.state & QStyle.StateFlag.State_HasFocus and is_chosen:
            painter.fillRect(box.left(), box.top(), _EDGE, box.height() - 1, now.color("accent"))
        painter.restore()

    def _draw_head(self, painter: QPainter, box: QRect, card: Card) -> None:
        now = theme()
        right = box.right()
        if card.chip:
            font = text_font(11, bold=True)
            width = QFontMetrics(font).horizontalAdvance(card.chip) + 14
            chip = QRectF(right - width, box.top() + 1, width, 16)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            ground = "raised" if card.chip_role == "muted" else f"{card.chip_role}_tint"
            painter.setBrush(now.color(ground))
            painter.drawRoundedRect(chip, 8, 8)
            painter.setFont(font)
            painter.setPen(now.color(card.chip_role))
            painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), card.chip)
            right -= width + GRID
        font = text_font(bold=True)
        painter.setFont(font)
        painter.setPen(now.color("text"))
        room = QRect(box.left(), box.top(), right - box.left(), _LINE)
        title = QFontMetrics(font).elidedText(card.title, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter), title)
        top = box.top() + _LINE + 2
        scale = painter.device().devicePixelRatioF()
        mark = pixmap(card.icon, now.color(card.role), _ICON, scale)
        painter.drawPixmap(box.left(), top + 1, mark)
        painter.setPen(now.color(card.role))
        line = QRect(box.left() + _ICON + 6, top, box.width() - _ICON - 6, _LINE)
        painter.drawText(line, int(Qt.AlignmentFlag.AlignVCenter), card.state)

    def _draw_texts(self, painter: QPainter, box: QRect, card: Card) -> None:
        now = theme()
        painter.setFont(text_font())
        top = box.top() + 2 * _LINE + 4
        for text, role, most in ((card.figures, "text", 2), (card.sentence, "muted", 3)):
            if not text:
                continue
            height = _LINE * _lines(text, box.width(), most)
            painter.setPen(now.color(role))
            flags = Qt.AlignmentFlag.AlignTop | Qt.TextFlag.TextWordWrap
            painter.drawText(QRect(box.left(), top, box.width(), height), int(flags), text)
            top += height


def _lines(text: str, width: int, most: int) -> int:
    """Return how many lines a text takes, `most` at most."""
    metrics = QFontMetrics(text_font())
    room = QRect(0, 0, max(width, 40), 1000)
    height = metrics.boundingRect(room, int(Qt.TextFlag.TextWordWrap), text).height()
    return max(1, min(most, round(height / metrics.lineSpacing())))


class CardList(QListView):
    """Shows cards, one of them chosen. GUI thread only."""

    chosen = Signal(str)
    """The key of another card; empty for none."""
    dropped = Signal(str, object)
    """Deliveries or messages were let go over a card: its key, and the `QMimeData`."""
    menu_wanted = Signal(object)
    """Where (`QPoint`, global)."""

    def __init__(
        self, name: str, title: str, parent: QWidget | None = None, *, takes_drops: bool = False
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setAccessibleName(title)
        self.model_of_cards = CardModel(self)
        self.setModel(self.model_of_cards)
        self.setItemDelegate(CardDelegate(self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._on_menu)
        self.setAcceptDrops(takes_drops)
        self.key = ""
        self.target_key = ""
        self.selectionModel().currentChanged.connect(self._on_current_changed)
        theme().changed.connect(self._on_theme_changed)

    def set_cards(self, cards: Sequence[Card]) -> None:
        """Show these; what is chosen stays chosen while it is there, else the first is."""
        keys = [card.key for card in cards]
        wanted = self.key if self.key in keys else (keys[0] if keys else "")
        blocked = self.selectionModel().blockSignals(True)
        heights = self._heights()
        is_new = self.model_of_cards.set_cards(cards)
        if not is_new and heights != self._heights():
            self.scheduleDelayedItemsLayout()
        if is_new and wanted:
            self.setCurrentIndex(self.model_of_cards.index(keys.index(wanted)))
        self.selectionModel().blockSignals(blocked)
        self.viewport().update()
        if wanted != self.key:
            self.key = wanted
            if wanted:
                self.setCurrentIndex(self.model_of_cards.index(keys.index(wanted)))
            self.chosen.emit(wanted)

    def _heights(self) -> list[tuple[int, int]]:
        return [(len(card.figures), len(card.sentence)) for card in self.model_of_cards.cards]

    def choose(self, key: str) -> bool:
        """Choose a card by its key; return whether there is one."""
        for row, card in enumerate(self.model_of_cards.cards):
            if card.key == key:
                self.setCurrentIndex(self.model_of_cards.index(row))
                return True
        return False

    @Slot(QModelIndex, QModelIndex)
    def _on_current_changed(self, current: QModelIndex, _previous: QModelIndex) -> None:
        key = self.model_of_cards.cards[current.row()].key if current.isValid() else ""
        if key != self.key:
            self.key = key
            self.chosen.emit(key)

    @Slot(object)
    def _on_menu(self, at: object) -> None:
        if self.key:
            self.menu_wanted.emit(self.viewport().mapToGlobal(at))  # type: ignore[call-overload]

    @Slot()
    def _on_theme_changed(self) -> None:
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if is_menu_key(event):
            self._on_menu(self.visualRect(self.currentIndex()).center())
        else:
            super().keyPressEvent(event)

    # Dropping

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if can_take(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        self._aim(event.position().toPoint() if can_take(event.mimeData()) else None)
        if self.target_key:
            event.acceptProposedAction()
        else:
            event.ignore()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._aim(None)

    def dropEvent(self, event: QDropEvent) -> None:
        self._aim(event.position().toPoint() if can_take(event.mimeData()) else None)
        key = self.target_key
        self._aim(None)
        if not key:
            event.ignore()
            return
        event.acceptProposedAction()
        self.dropped.emit(key, event.mimeData())

    def _aim(self, at: object) -> None:
        index = self.indexAt(at) if at is not None else QModelIndex()  # type: ignore[arg-type]
        key = self.model_of_cards.cards[index.row()].key if index.isValid() else ""
        if key != self.target_key:
            self.target_key = key
            self.viewport().update()
