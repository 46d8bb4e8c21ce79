"""The frame of a search: icon, the line that is typed in, a count, and a button that clears."""

from __future__ import annotations

from abc import abstractmethod

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QToolButton,
    QWidget,
)

from hl7console.ui.icons import pixmap, set_icon
from hl7console.ui.theme import fixed_font, theme


class SearchFrame(QFrame):
    """What the searches of the lists share. GUI thread only.

    Args:
        edit: The line that is typed in.
        typing_ms: How long typing rests before the search starts, in milliseconds.
        parent: Its owner.
    """

    def __init__(
        self, edit: QLineEdit | QPlainTextEdit, typing_ms: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setProperty("role", "search")
        self._line = edit
        self._icon = QLabel()
        self._count = QLabel()
        self._count.setFont(fixed_font())
        self._count.setProperty("role", "muted")
        self._clear = QToolButton()
        self._clear.setAccessibleName("Clear the search")
        self._clear.setToolTip("Clear the search (Esc)")
        self._clear.setAutoRaise(True)
        self._clear.setFixedSize(QSize(22, 22))
        set_icon(self._clear, "x", size=14)
        row = QHBoxLayout(self)
        row.setContentsMargins(8, 0, 8, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(edit, 1)
        row.addWidget(self._count)
        row.addWidget(self._clear)
        self.setFixedHeight(32)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(typing_ms)
        edit.installEventFilter(self)
        self._clear.clicked.connect(self.clear)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @abstractmethod
    def set_text(self, text: str) -> None:
        """Search for something else, at once."""

    @Slot()
    def clear(self) -> None:
        """Search for nothing: show everything."""
        self.set_text("")
        self._line.setFocus(Qt.FocusReason.OtherFocusReason)

    def focus(self) -> None:
        """Put the cursor into the line, with everything chosen."""
        self._line.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._line.selectAll()

    def tell(self, text: str) -> None:
        """Say something at the end of the line, such as a count."""
        self._count.setText(text)

    @property
    def told(self) -> str:
        """What stands at the end of the line."""
        return self._count.text()

    @Slot()
    def _on_theme_changed(self) -> None:
        scale = self.devicePixelRatioF()
        self._icon.setPixmap(pixmap("search", theme().color("muted"), 14, scale))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.FocusIn, QEvent.Type.FocusOut):
            self.setProperty("focused", event.type() == QEvent.Type.FocusIn)
            self.style().unpolish(self)
            self.style().polish(self)
        return super().eventFilter(watched, event)
