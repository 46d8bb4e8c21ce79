"""The line in which a filter is typed: one line, coloured, with completion."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QTextCursor, QTextOption
from PySide6.QtWidgets import QCompleter, QFrame, QListView, QPlainTextEdit, QWidget

from hl7console.ui.messages.filter_colors import FilterColors
from hl7console.ui.messages.filter_completion import Offer, offers
from hl7console.ui.theme import fixed_font

_KEYS_OF_POPUP = (
    Qt.Key.Key_Return,
    Qt.Key.Key_Enter,
    Qt.Key.Key_Tab,
    Qt.Key.Key_Backtab,
    Qt.Key.Key_Escape,
)


class FilterEdit(QPlainTextEdit):
    """A single line with colours. GUI thread only."""

    submitted = Signal()
    """Enter was pressed."""
    left_down = Signal()
    """Down was pressed: on to the list."""
    escaped = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterEdit")
        self.setAccessibleName("Search messages")
        self.setFont(fixed_font())
        self.setPlaceholderText("Search:  smith   type:ORM   status:error   since:2h   PID-3.1=…")
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(4)
        self.setFixedHeight(QFontMetrics(self.font()).height() + 8)
        self.colors = FilterColors(self.document())
        self._offers: list[Offer] = []
        self._values: dict[str, list[str]] = {}
        self._titles = QStringListModel(self)
        self._completer = QCompleter(self._titles, self)
        self._completer.setWidget(self)
        self._completer.setCompletionMode(QCompleter.CompletionMode.UnfilteredPopupCompletion)
        self._completer.setMaxVisibleItems(10)
        self._popup = QListView()
        self._popup.setObjectName("filterOffers")
        self._popup.setAccessibleName("Completions")
        self._completer.setPopup(self._popup)
        self._popup.setFont(fixed_font())
        self._completer.activated.connect(self._on_offer_taken)

    def text(self) -> str:
        """Return what is typed."""
        return self.toPlainText().replace("\n", " ")

    def set_text(self, text: str) -> None:
        """Replace what is typed."""
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def set_values(self, values: dict[str, list[str]]) -> None:
        """Set the values offered after a key, such as the names of interfaces."""
        self._values = values

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.insertPlainText(" ".join(source.text().split("\n")).strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        popup = self._popup
        if popup.isVisible() and event.key() in _KEYS_OF_POPUP:
            event.ignore()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Down and not popup.isVisible():
            self.left_down.emit()
        elif event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        elif _is_ask_for_offers(event):
            self._offer()
        else:
            super().keyPressEvent(event)
            if event.text() and event.text().isprintable():
                self._offer()
            elif event.key() in (Qt.Key.Key_Backspace, Qt.Key.Key_Delete):
                popup.hide()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._popup.hide()

    def _offer(self) -> None:
        cursor = self.textCursor().position()
        self._offers = offers(self.text(), cursor, self._values)
        popup = self._popup
        if not self._offers:
            popup.hide()
            return
        self._titles.setStringList([offer.title for offer in self._offers])
        self._completer.setCompletionPrefix("")
        box = self.cursorRect()
        widest = max(len(offer.title) for offer in self._offers)
        box.setWidth(QFontMetrics(popup.font()).horizontalAdvance("0") * (widest + 4))
        box.translate(0, 6)
        self._completer.complete(box)
        popup.setCurrentIndex(self._titles.index(0, 0))

    @Slot(str)
    def _on_offer_taken(self, title: str) -> None:
        offer = next((o for o in self._offers if o.title == title), None)
        if offer is None:
            return
        cursor = self.textCursor()
        cursor.setPosition(offer.start)
        cursor.setPosition(offer.end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(offer.text)
        self.setTextCursor(cursor)


def _is_ask_for_offers(event: QKeyEvent) -> bool:
    is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return is_control and event.key() == Qt.Key.Key_Space
