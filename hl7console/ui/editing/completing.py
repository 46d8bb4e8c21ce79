"""The list of what can stand at the caret: codes of the field's table, segments, fields."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem

from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.editing.completion import Offer, OfferKind, Offers, offers_at
from hl7console.ui.editing.desk import EditDesk
from hl7console.ui.editing.edit_text import EditText
from hl7console.ui.theme import ROW

_OFFER_ROLE = int(Qt.ItemDataRole.UserRole) + 1
_ROWS = 10
_WIDTH = 420


class Completing(QObject):
    """Offers and takes. GUI thread only."""

    def __init__(self, text: EditText, desk: EditDesk) -> None:
        super().__init__(text)
        self._text, self._desk = text, desk
        self._offers = Offers()
        self.list = QListWidget(text)
        self.list.setObjectName("editOffers")
        self.list.setAccessibleName("What can stand here")
        self.list.setWindowFlags(Qt.WindowType.ToolTip)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setStyleSheet("QListWidget { border: 1px solid palette(mid); }")
        self.list.itemClicked.connect(self._on_clicked)
        self.list.hide()
        text.installEventFilter(self)
        desk.changed.connect(self._on_changed)
        text.caret_moved.connect(self.close)

    @Slot()
    def open(self) -> None:
        """Show what can stand at the caret."""
        document = self._desk.document
        if document is None or not self._text.isVisible():
            return
        message = document.message
        dictionary = load((message.get("MSH-12.1") or "").strip())
        self._offers = offers_at(message, self._text.caret, dictionary)
        self.list.clear()
        for offer in self._offers.offers:
            item = QListWidgetItem(
                " · ".join(part for part in (offer.title, offer.meaning) if part)
            )
            item.setData(_OFFER_ROLE, offer)
            item.setSizeHint(QSize(0, ROW))
            self.list.addItem(item)
        if not self.list.count():
            self.close()
            self._desk.told.emit("The dictionary has nothing to offer here.", "muted")
            return
        self.list.setCurrentRow(0)
        self.list.resize(_WIDTH, min(_ROWS, self.list.count()) * ROW + 4)
        box = self._text.caret_box()
        self.list.move(self._text.viewport().mapToGlobal(box.bottomLeft()))
        self.list.show()

    @Slot()
    def close(self) -> None:
        """Hide the list."""
        self.list.hide()

    @Slot()
    def _on_changed(self) -> None:
        if self.list.isVisible():
            self.open()

    @Slot(QListWidgetItem)
    def _on_clicked(self, item: QListWidgetItem) -> None:
        self._take(item)

    def _take(self, item: QListWidgetItem | None) -> None:
        offer = item.data(_OFFER_ROLE) if item is not None else None
        self.close()
        if isinstance(offer, Offer):
            if offer.kind is OfferKind.FIELD:
                self._go_to_field(offer)
            else:
                self._write(offer)

    def _write(self, offer: Offer) -> None:
        offers = self._offers
        self._text.typed.emit(offers.start, offers.end, offer.text)

    def _go_to_field(self, offer: Offer) -> None:
        """Put the caret into a field; separators that are missing before it are written."""
        document = self._desk.document
        if document is None or offer.path is None:
            return
        span = document.span_of(offer.path)
        if span is not None:
            self._text.put_caret(*span)
            self._text.caret_moved.emit()
            return
        segment = document.message.first(
            type(offer.path)(offer.path.segment, offer.path.segment_occurrence or 1)
        )
        if segment is not None:
            missing = (offer.path.field or 0) - len(segment.children)
            mark = document.message.delimiters.field
            self._text.typed.emit(segment.end, segment.end, mark * missing)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusOut:
            self.close()
        if not self.list.isVisible() or not isinstance(event, QKeyEvent):
            return False
        keys = {Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Return, Qt.Key.Key_Enter,
                Qt.Key.Key_Tab, Qt.Key.Key_Escape}  # fmt: skip
        if event.key() not in keys or event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return False
        if event.type() is QEvent.Type.ShortcutOverride:
            event.accept()
            return True
        if event.type() is QEvent.Type.KeyPress:
            self._on_key(Qt.Key(event.key()))
            return True
        return False

    def _on_key(self, key: Qt.Key) -> None:
        step = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}.get(key)
        if step is not None:
            self.list.setCurrentRow((self.list.currentRow() + step) % self.list.count())
        elif key == Qt.Key.Key_Escape:
            self.close()
        else:
            self._take(self.list.currentItem())
