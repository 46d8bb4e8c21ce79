"""The search line of the worklist: plain words, found in any of a line's names and numbers."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from hl7console.ui.icons import pixmap, set_icon
from hl7console.ui.theme import fixed_font, theme

_TYPING_MS = 200
"""How long typing rests before the search starts."""


class SearchLine(QFrame):
    """Searches while one types. GUI thread only."""

    changed = Signal()
    left_down = Signal()
    """Into the list."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("worklistSearch")
        self.setProperty("role", "search")
        self._icon = QLabel()
        self.edit = QLineEdit()
        self.edit.setObjectName("worklistSearchEdit")
        self.edit.setAccessibleName("Search the worklist")
        self.edit.setPlaceholderText("patient, accession, order, station …")
        self.edit.setToolTip(
            "Words of a patient's name, any identifier, accession or order number, procedure, "
            "modality or station"
        )
        self.edit.setFont(fixed_font())
        self.edit.setFrame(False)
        self._count = QLabel()
        self._count.setObjectName("worklistCount")
        self._count.setFont(fixed_font())
        self._count.setProperty("role", "muted")
        self._clear = QToolButton()
        self._clear.setObjectName("worklistSearchClear")
        self._clear.setAccessibleName("Clear the search")
        self._clear.setToolTip("Clear the search (Esc)")
        self._clear.setFixedSize(QSize(22, 22))
        set_icon(self._clear, "x", size=14)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self.edit, 1)
        row.addWidget(self._count)
        row.addWidget(self._clear)
        self.setFixedHeight(32)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_TYPING_MS)
        self._timer.timeout.connect(self.changed)
        self.edit.textChanged.connect(self._on_typed)
        self.edit.returnPressed.connect(self._on_entered)
        self.edit.installEventFilter(self)
        self._clear.clicked.connect(self.clear)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()
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
    def clear(self) -> None:
        """Search for nothing: all lines."""
        self.set_text("")
        self.edit.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus(self) -> None:
        """Put the cursor into the line, with everything chosen."""
        self.edit.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.edit.selectAll()

    def tell(self, text: str) -> None:
        """Say something at the end of the line, such as a count."""
        self._count.setText(text)

    @property
    def told(self) -> str:
        """What stands at the end of the line."""
        return self._count.text()

    @Slot()
    def _on_typed(self) -> None:
        self._clear.setVisible(bool(self.edit.text()))
        self._timer.start()

    @Slot()
    def _on_entered(self) -> None:
        self._timer.stop()
        self.changed.emit()

    @Slot()
    def _on_theme_changed(self) -> None:
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(pixmap("search", theme().color("muted"), 14, scale))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
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
