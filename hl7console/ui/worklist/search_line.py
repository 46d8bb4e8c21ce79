"""The search line of the worklist: plain words, found in any of a line's names and numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QLineEdit, QWidget

from hl7console.ui.search_frame import SearchFrame
from hl7console.ui.theme import fixed_font

_TYPING_MS = 200
"""How long typing rests before the search starts."""


class SearchLine(SearchFrame):
    """Searches while one types. GUI thread only."""

    changed = Signal()
    left_down = Signal()
    """Into the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.edit = QLineEdit()
        super().__init__(self.edit, _TYPING_MS, parent)
        self.setObjectName("worklistSearch")
        self._count.setObjectName("worklistCount")
        self._clear.setObjectName("worklistSearchClear")
        self.edit.setObjectName("worklistSearchEdit")
        self.edit.setAccessibleName("Search the worklist")
        self.edit.setPlaceholderText("patient, accession, order, station …")
        self.edit.setToolTip(
            "Words of a patient's name, any identifier, accession or order number, procedure, "
            "modality or station"
        )
        self.edit.setFont(fixed_font())
        self.edit.setFrame(False)
        self._timer.timeout.connect(self.changed)
        self.edit.textChanged.connect(self._on_typed)
        self.edit.returnPressed.connect(self._on_entered)
        self._clear.hide()

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.edit.text().strip()

    def set_text(self, text: str) -> None:
        """Search for something else, at once."""
        self.edit.setText(text)
        self._timer.stop()
        self.changed.emit()

    @Slot()
    def _on_typed(self) -> None:
        self._clear.setVisible(bool(self.edit.text()))
        self._timer.start()

    @Slot()
    def _on_entered(self) -> None:
        self._timer.stop()
        self.changed.emit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Down:
                self.left_down.emit()
                return True
            if event.key() == Qt.Key.Key_Escape:
                if self.edit.text():
                    self.clear()
                else:
                    self.left_down.emit()
                return True
        return super().eventFilter(watched, event)
