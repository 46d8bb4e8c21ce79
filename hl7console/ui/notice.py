"""A strip that says one thing, with at most one thing to do about it, and goes when told to."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QWidget

from hl7console.errors import ConsoleError
from hl7console.ui.icons import set_icon

_SHOWN_MS = 6000


class Notice(QFrame):
    """Shown under the top bar. Good news leaves by itself; faults stay until closed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setProperty("role", "notice")
        self._text = QLabel()
        self._text.setObjectName("noticeText")
        self._text.setWordWrap(True)
        self._button = QPushButton()
        self._button.setObjectName("noticeButton")
        self._button.setProperty("kind", "link")
        self._button.clicked.connect(self._on_pressed)
        self._close = QToolButton()
        self._close.setObjectName("noticeClose")
        self._close.setAccessibleName("Close this notice")
        self._close.setToolTip("Close")
        set_icon(self._close, "x")
        self._close.clicked.connect(self.hide)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 4, 8, 4)
        layout.addWidget(self._text, 1)
        layout.addWidget(self._button)
        layout.addWidget(self._close)
        self._act: Callable[[], object] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SHOWN_MS)
        self._timer.timeout.connect(self.hide)
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def tell(self, text: str, *, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Say that something went well."""
        self._show(text, "ok", button, act)
        self._timer.start()

    def warn(self, text: str, *, button: str = "", act: Callable[[], object] | None = None) -> None:
        """Say that something needs a look; stays until closed."""
        self._show(text, "warn", button, act)

    def fault(self, error: ConsoleError) -> None:
        """Say what went wrong and what to do; stays until closed."""
        self._show(error.full_text, "err", "", None)

    def _show(self, text: str, tone: str, button: str, act: Callable[[], object] | None) -> None:
        self._timer.stop()
        self._text.setText(text)
        self._act = act
        self._button.setText(button)
        self._button.setVisible(bool(button))
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()

    @Slot()
    def _on_pressed(self) -> None:
        self.hide()
        if self._act is not None:
            self._act()
