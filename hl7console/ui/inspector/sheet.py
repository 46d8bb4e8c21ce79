"""A page of headings, named values and short lists: the ground of Acknowledgement and Path."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRectF, QSize, Qt, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.inspector.grid import hl7_font
from hl7console.ui.theme import GRID, Theme, text_font, theme

_LABEL_PX = 112


class Pill(QWidget):
    """A word on a tinted ground: a code or a state. GUI thread only.

    Args:
        text: The word.
        role: ``ok``, ``warn``, ``err``, ``info`` or ``muted``.
    """

    def __init__(self, text: str, role: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.text = text
        self.role = role
        self.setAccessibleName(text)
        self.setFont(text_font(12, bold=True))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    def sizeHint(self) -> QSize:
        return QSize(QFontMetrics(self.font()).horizontalAdvance(self.text) + 18, 20)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        now = theme()
        ground = "raised" if self.role == "muted" else f"{self.role}_tint"
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color(ground))
        painter.drawRoundedRect(QRectF(self.rect()), 10, 10)
        painter.setPen(now.color(self.role))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text)
        painter.end()

    @Slot()
    def _on_theme_changed(self) -> None:
        self.update()


class Sheet(QScrollArea):
    """A page that is filled from top to bottom, and emptied for the next message."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._column: QVBoxLayout
        self._body: QWidget
        self.clear()

    def clear(self) -> None:
        """Empty the page."""
        if (old := self.takeWidget()) is not None:
            # Not at once: a link on the page may be what asked for another one.
            old.hide()
            old.deleteLater()
        self._body = QWidget()
        self._body.setProperty("role", "surface")
        self._column = QVBoxLayout(self._body)
        self._column.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        self._column.setSpacing(GRID // 2)
        self._column.addStretch(1)
        self.setWidget(self._body)

    def add(self, widget: QWidget) -> None:
        """Put a widget below what is there."""
        self._column.insertWidget(self._column.count() - 1, widget)

    def heading(self, text: str) -> None:
        """Begin a part of the page."""
        label = QLabel(text)
        label.setProperty("role", "heading")
        label.setContentsMargins(0, 2 * GRID, 0, GRID // 2)
        label.setFont(text_font(bold=True))
        self.add(label)

    def note(self, text: str, role: str = "muted") -> QLabel:
        """Add a sentence."""
        label = words(text, role)
        self.add(label)
        return label

    def banner(self, text: str, pill: Pill | None = None, aside: str = "") -> None:
        """Add the line that says the most important thing, with its pill before it."""
        line = QWidget()
        row = QHBoxLayout(line)
        row.setContentsMargins(0, GRID, 0, 0)
        row.setSpacing(GRID)
        if pill is not None:
            row.addWidget(pill, 0, Qt.AlignmentFlag.AlignTop)
        label = words(text, "")
        label.setFont(text_font(bold=True))
        row.addWidget(label, 1)
        if aside:
            row.addWidget(words(aside, "muted"), 0)
        self.add(line)

    def values(self, pairs: list[tuple[str, QWidget | str]]) -> None:
        """Add named values under each other; those that are empty are left out."""
        holder = QWidget()
        grid = QGridLayout(holder)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * GRID)
        grid.setVerticalSpacing(GRID // 2 + 2)
        grid.setColumnMinimumWidth(0, _LABEL_PX)
        grid.setColumnStretch(1, 1)
        for name, value in pairs:
            if value == "":
                continue
            row = grid.rowCount()
            label = words(name, "muted")
            label.setWordWrap(False)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop)
            shown = fixed(value) if isinstance(value, str) else value
            if isinstance(shown, QPushButton | Pill):
                shown = in_line(shown)
            grid.addWidget(shown, row, 1, Qt.AlignmentFlag.AlignTop)
        self.add(holder)


def words(text: str, role: str = "") -> QLabel:
    """Return wrapped text that can be selected and copied. Never read as markup."""
    label = QLabel(text)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if role:
        label.setProperty("role", role)
    return label


def fixed(text: str) -> QLabel:
    """Return text in the fixed-width font."""
    label = words(text)
    label.setFont(hl7_font())
    return label


def link(text: str, on_click: Callable[[], None], *, name: str = "", tip: str = "") -> QPushButton:
    """Return a button that looks like a link."""
    button = QPushButton(text)
    button.setProperty("kind", "link")
    button.setObjectName(name)
    button.setToolTip(tip)
    button.setCursor(Qt.CursorShape.PointingHandCursor)
    button.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    button.setStyleSheet("min-height: 18px; padding: 0;")
    button.clicked.connect(lambda _checked=False: on_click())
    return button


def in_line(*widgets: QWidget) -> QWidget:
    """Return widgets side by side, kept to the left."""
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(GRID)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return holder
