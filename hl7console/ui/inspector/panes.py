"""Raw and hex, each under a line that says what is selected: path, name, bytes, character set."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QToolButton, QVBoxLayout, QWidget

from hl7console.ui import icons
from hl7console.ui.inspector.hex_view import HexView
from hl7console.ui.inspector.raw_view import RawView
from hl7console.ui.theme import GRID, Theme, text_font, theme

_BAR_PX = 36


def tool_button(name: str, icon: str, tip: str, *, checkable: bool = False) -> QToolButton:
    """Return a quiet button with an icon, reachable by the Tab key."""
    button = QToolButton()
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setCheckable(checkable)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    icons.set_icon(button, icon, on_role="accent")
    return button


class LocationLabel(QLabel):
    """A line of text that is cut off in the middle where there is no room for it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspectorLocation")
        self.setAccessibleName("Selected element")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)

    def set_location(self, text: str) -> None:
        """Show this; the whole of it is in the tool tip."""
        self.setText(text)
        self.setToolTip(text)
        self.setAccessibleDescription(text)

    def minimumSizeHint(self) -> QSize:
        return QSize(60, super().minimumSizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.fontMetrics().horizontalAdvance(self.text()) <= self.width():
            super().paintEvent(event)
            return
        painter = QPainter(self)
        painter.setPen(theme().color("muted"))
        mode = Qt.TextElideMode.ElideMiddle
        cut = self.fontMetrics().elidedText(self.text(), mode, self.width())
        painter.drawText(self.rect(), int(self.alignment()), cut)
        painter.end()


class LocationBar(QWidget):
    """The line above raw or hex: its title, what is selected, and a few buttons."""

    def __init__(self, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_BAR_PX)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, GRID, 0)
        row.setSpacing(GRID)
        self.title = QLabel(title)
        self.title.setFont(text_font(bold=True))
        if not title:
            self.title.hide()
        row.addWidget(self.title)
        self.location = LocationLabel()
        self.location.setProperty("role", "muted")
        if not title:
            self.location.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(self.location, 1)
        self._row = row
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def add_button(self, name: str, icon: str, tip: str) -> QToolButton:
        """Add a button that stays down, at the right end."""
        button = tool_button(name, icon, tip, checkable=True)
        self._row.addWidget(button)
        return button

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        now = theme()
        painter.fillRect(event.rect(), now.color("surface"))
        painter.setPen(now.color("border"))
        painter.drawLine(self.rect().bottomLeft(), self.rect().bottomRight())
        if self.title.isVisible():
            under = self.title.geometry()
            painter.fillRect(
                under.left() - 4, self.height() - 2, under.width() + 8, 2, now.color("accent")
            )
        painter.end()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()


class RawPane(QWidget):
    """The raw text under its line."""

    def __init__(self, title: str, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = LocationBar(title)
        self.view = RawView()
        self.view.setObjectName(name)
        self.ends = self.bar.add_button(
            f"{name}Ends", "wrap-text", "Show line ends: CR, LF or both"
        )
        self.ends.toggled.connect(self.view.show_ends)
        self.view.ends_shown_changed.connect(self.ends.setChecked)
        column.addWidget(self.bar)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)


class HexPane(QWidget):
    """The bytes under their line."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self.bar = LocationBar("")
        self.view = HexView()
        column.addWidget(self.bar)
        column.addWidget(self.view, 1)
        self.setFocusProxy(self.view)
