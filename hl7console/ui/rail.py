"""The narrow rail of places on the left."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QAction, QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPalette
from PySide6.QtWidgets import QButtonGroup, QFrame, QLabel, QToolButton, QVBoxLayout, QWidget

from hl7console.ui.icons import set_icon
from hl7console.ui.queues.dragging import can_take
from hl7console.ui.theme import GRID, text_font, theme

WIDTH = 64
"""Width of the rail, in pixels."""
_MOST_SHOWN = 99
"""A badge shows no higher number."""
_HOVER_MS = 500
"""How long something dragged is held over a place until that opens."""


class _RailButton(QToolButton):
    """A button that is pressed as well by holding something dragged over it."""

    def __init__(self) -> None:
        super().__init__()
        self._wait = QTimer(self)
        self._wait.setSingleShot(True)
        self._wait.setInterval(_HOVER_MS)
        self._wait.timeout.connect(self.click)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if can_take(event.mimeData()):
            event.accept()
            self._wait.start()
        else:
            event.ignore()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        self._wait.stop()

    def dropEvent(self, event: QDropEvent) -> None:
        self._wait.stop()
        event.ignore()


class Rail(QFrame):
    """One button a place; only places that are there. GUI thread only."""

    place_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("rail")
        self.setFixedWidth(WIDTH)
        self.setAutoFillBackground(True)
        self._buttons: dict[str, QToolButton] = {}
        self._keys: dict[str, str] = {}
        self._badges: dict[str, QLabel] = {}
        self._group = QButtonGroup(self)
        self._group.setExclusive(True)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(4, GRID, 4, GRID)
        self._layout.setSpacing(4)
        self._layout.addStretch(1)
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    def add_place(self, name: str, title: str, icon: str, shortcut: str) -> None:
        """Add a place at the end of the list."""
        button = self._made_button(f"place.{name}", title, icon)
        button.setCheckable(True)
        button.setToolTip(f"{title} ({shortcut})")
        button.setAcceptDrops(True)
        button.clicked.connect(lambda *_: self.place_chosen.emit(name))
        self._group.addButton(button)
        self._buttons[name] = button
        self._keys[name] = shortcut
        self._layout.insertWidget(len(self._buttons) - 1, button)

    def add_tool(self, action: QAction, title: str, icon: str) -> None:
        """Add a tool at the foot of the rail."""
        button = self._made_button(f"tool.{action.objectName()}", title, icon)
        keys = action.shortcut().toString(action.shortcut().SequenceFormat.NativeText)
        button.setToolTip(f"{action.text()} ({keys})" if keys else action.text())
        button.clicked.connect(action.trigger)
        self._layout.addWidget(button)

    def set_badge(self, name: str, count: int, told: str = "", tone: str = "") -> None:
        """Show beside a place how much needs somebody there; 0 takes the badge away.

        Args:
            name: The place.
            count: How much it is.
            told: What it is, in words.
            tone: Its colour: ``err`` unless it is ``warn`` or ``info``.
        """
        button = self._buttons[name]
        badge = self._badges.get(name)
        if badge is None:
            badge = self._badges[name] = QLabel(button)
            badge.setObjectName(f"badge.{name}")
            badge.setProperty("role", "badge")
            badge.setFont(text_font(10, bold=True))
            badge.setAlignment(Qt.AlignmentFlag.AlignCenter)
            badge.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        if badge.property("tone") != tone:
            badge.setProperty("tone", tone)
            badge.style().unpolish(badge)
            badge.style().polish(badge)
        badge.setText(str(count) if count < _MOST_SHOWN else f"{_MOST_SHOWN}+")
        badge.setVisible(count > 0)
        badge.adjustSize()
        badge.setFixedSize(max(badge.sizeHint().width(), 16), 16)
        badge.move(button.width() - badge.width() - 2, 2)
        title = button.text()
        button.setAccessibleName(f"{title}, {told}" if told else title)
        keys = self._keys[name]
        button.setToolTip(f"{title} ({keys})\n{told}" if told else f"{title} ({keys})")

    def show_place(self, name: str) -> None:
        """Mark the place one is at."""
        self._buttons[name].setChecked(True)

    def _made_button(self, name: str, title: str, icon: str) -> QToolButton:
        button = _RailButton()
        button.setObjectName(name)
        button.setText(title)
        button.setAccessibleName(title)
        button.setFont(text_font(11))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setFixedSize(QSize(WIDTH - 8, 48))
        button.setProperty("role", "rail")
        set_icon(button, icon, "rail_text", size=18, on_role="rail_selected_text")
        return button

    @Slot()
    def _on_theme_changed(self) -> None:
        palette = self.palette()
        palette.setColor(QPalette.ColorRole.Window, theme().color("rail"))
        self.setPalette(palette)
