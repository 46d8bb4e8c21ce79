"""The line in which a filter is typed: one line, coloured, with completion."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QStringListModel, Qt, Signal, Slot
from PySide6.QtGui import (
    QFocusEvent,
    QFontMetrics,
    QKeyEvent,
    QResizeEvent,
    QTextCursor,
    QTextOption,
)
from PySide6.QtWidgets import QCompleter, QFrame, QListView, QPlainTextEdit, QWidget

from hl7console.hl7v2.filters import Completion, complete
from hl7console.ui.messages.filter_colors import FilterColors
from hl7console.ui.theme import fixed_font

_WIDEST = 64
"""Characters of the widest completion shown."""
_EXAMPLES = ("smith", "type:ORM", "status:error", "since:2h", "PID-3.1=…")
_MARGIN = 4
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


class FilterEdit(QPlainTextEdit):
    """A single line with colours. GUI thread only."""

    submitted = Signal()
    """Enter was pressed."""
    left_down = Signal()
    """Down was pressed: on to the list."""
    escaped = Signal()
    focused = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("filterEdit")
        self.setAccessibleName("Search messages")
        self.setFont(fixed_font())
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setAcceptDrops(False)  # files dropped here are for the window to import
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.document().setDocumentMargin(_MARGIN)
        self.setFixedHeight(QFontMetrics(self.font()).height() + 8)
        self.colors = FilterColors(self.document())
        self.prompt = ""
        """What stands there while nothing is typed; examples of searches where this is empty."""
        self.is_for_arrival = False
        """Whether it is a route's, which takes only what is known when a message arrives."""
        self._offers: list[Completion] = []
        self._values: dict[str, tuple[str, ...]] = {}
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

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        # As many examples as fit: Qt would wrap the others into a line that is cut off.
        metrics = QFontMetrics(self.font())
        room = self.viewport().width() - 2 * _MARGIN - 2
        if self.prompt:
            self.setPlaceholderText(self.prompt)
            return
        told = "Search:"
        for example in _EXAMPLES:
            longer = f"{told}   {example}"
            if metrics.horizontalAdvance(longer) > room:
                break
            told = longer
        self.setPlaceholderText(told)

    def text(self) -> str:
        """Return what is typed."""
        return self.toPlainText().replace("\n", " ")

    def set_text(self, text: str) -> None:
        """Replace what is typed."""
        self.setPlainText(text)
        self.moveCursor(QTextCursor.MoveOperation.End)

    def set_values(self, values: dict[str, tuple[str, ...]]) -> None:
        """Set the values offered after a key, such as the senders that there are."""
        self._values = values

    def insertFromMimeData(self, source: QMimeData) -> None:
        self.insertPlainText(" ".join(source.text().split("\n")).strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._popup.isVisible() and self._press_in_popup(event):
            return
        if event.key() in _ENTER:
            self.submitted.emit()
        elif event.key() == Qt.Key.Key_Down:
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
                self._popup.hide()

    def _press_in_popup(self, event: QKeyEvent) -> bool:
        """Leave Enter to the list of offers where one is chosen; Esc closes the list alone."""
        if event.key() == Qt.Key.Key_Escape:
            self._popup.hide()
            return True
        if event.key() in _ENTER:
            if self._popup.currentIndex().isValid():
                event.ignore()
                return True
            self._popup.hide()
        return False

    def focusNextPrevChild(self, next: bool) -> bool:
        # Tab takes the offer chosen, or the first.
        if self._popup.isVisible() and self._offers:
            chosen = self._popup.currentIndex()
            self._popup.hide()
            self._take(self._offers[max(chosen.row(), 0)])
            return True
        return super().focusNextPrevChild(next)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.focused.emit()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self._popup.hide()

    def _offer(self) -> None:
        cursor = self.textCursor().position()
        text = self.text()
        found: list[Completion] = []
        if cursor > 0 and not text[cursor - 1].isspace():
            found = complete(text, cursor, recent=self._known, is_for_arrival=self.is_for_arrival)
        self._offers = [o for o in found if o.text != text[o.start : o.end]]
        popup = self._popup
        if not self._offers:
            popup.hide()
            return
        titles = [_title(offer) for offer in self._offers]
        self._titles.setStringList(titles)
        self._completer.setCompletionPrefix("")
        box = self.cursorRect()
        widest = min(max(len(title) for title in titles), _WIDEST)
        box.setWidth(QFontMetrics(popup.font()).horizontalAdvance("0") * (widest + 5))
        box.translate(0, 6)
        self._completer.complete(box)

    def _known(self, key: str) -> tuple[str, ...]:
        return self._values.get(key, ())

    @Slot(str)
    def _on_offer_taken(self, title: str) -> None:
        offer = next((o for o in self._offers if _title(o) == title), None)
        if offer is not None:
            self._take(offer)

    def _take(self, offer: Completion) -> None:
        cursor = self.textCursor()
        cursor.setPosition(offer.start)
        cursor.setPosition(offer.end, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(offer.text)
        self.setTextCursor(cursor)


def _title(offer: Completion) -> str:
    return f"{offer.text:<14} {offer.detail}".rstrip()


def _is_ask_for_offers(event: QKeyEvent) -> bool:
    is_control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
    return is_control and event.key() == Qt.Key.Key_Space
