"""What stands in place of an empty list: what is so, and what to do about it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.ui.icons import pixmap
from hl7console.ui.theme import GRID, theme

_ICON_SIZE = 32
_TEXT_WIDTH = 440


class EmptyState(QWidget):
    """An icon, a line, a sentence, and up to two buttons. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("emptyState")
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._icon_name = "inbox"
        self._picture = QLabel()
        self._title = QLabel()
        self._title.setObjectName("emptyTitle")
        self._title.setProperty("role", "title")
        self._text = QLabel()
        self._text.setObjectName("emptyText")
        self._text.setProperty("role", "muted")
        self._text.setWordWrap(True)
        self._text.setFixedWidth(_TEXT_WIDTH)
        self._buttons = QHBoxLayout()
        self._buttons.setSpacing(GRID)
        layout = QVBoxLayout(self)
        layout.setSpacing(GRID)
        layout.addStretch(2)
        for part in (self._picture, self._title, self._text):
            if isinstance(part, QLabel):
                part.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(part, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addSpacing(GRID)
        layout.addLayout(self._buttons)
        layout.addStretch(3)
        self._buttons.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        theme().changed.connect(self._on_theme_changed)

    def tell(
        self,
        title: str,
        text: str = "",
        *,
        icon: str = "inbox",
        buttons: tuple[tuple[str, Callable[[], object]], ...] = (),
    ) -> None:
        """Say something else; the first button is the main one."""
        self._icon_name = icon
        self._title.setText(title)
        self._text.setText(text)
        self._text.setVisible(bool(text))
        self._text.setFixedHeight(self._text.heightForWidth(_TEXT_WIDTH))
        while (item := self._buttons.takeAt(0)) is not None:
            old = item.widget()
            if old is not None:
                old.hide()
                old.deleteLater()
        for place, (label, act) in enumerate(buttons):
            button = QPushButton(label)
            button.setObjectName(f"emptyButton{place}")
            if place == 0:
                button.setProperty("kind", "primary")
            button.clicked.connect(lambda *_, act=act: act())
            self._buttons.addWidget(button)
        self._on_theme_changed()

    @property
    def title(self) -> str:
        """What it says."""
        return self._title.text()

    @Slot()
    def _on_theme_changed(self) -> None:
        scale = self.devicePixelRatioF()
        color = theme().color("muted")
        self._picture.setPixmap(pixmap(self._icon_name, color, _ICON_SIZE, scale))
