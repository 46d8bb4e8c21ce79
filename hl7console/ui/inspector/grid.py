"""The ground of the raw and hex views: a grid of fixed-width cells.

Only what is in sight is ever worked out and painted.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QRect, QRectF, Qt, Slot
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFont,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from hl7console.ui.theme import FIXED_PX, Theme, fixed_font, theme

MARGIN = 12
"""Pixels between the edge and the first cell."""
LINE_PX = 20
"""Height of a row, in pixels."""
_PLAIN_FEATURES = ("liga", "calt", "clig", "dlig")


def hl7_font(*, bold: bool = False) -> QFont:
    """Return the fixed-width font without ligatures: ``||`` must stay two separators."""
    font = fixed_font(FIXED_PX, bold=bold)
    for name in _PLAIN_FEATURES:
        font.setFeature(QFont.Tag(name), 0)
    font.setKerning(False)
    return font


class GridView(QAbstractScrollArea):
    """A scrollable grid of cells. GUI thread only. Subclasses say how many rows there are."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QAbstractScrollArea.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.viewport().setCursor(Qt.CursorShape.IBeamCursor)
        self.viewport().setAutoFillBackground(False)
        self.font_plain = hl7_font()
        self.font_bold = hl7_font(bold=True)
        self.cell = QFontMetricsF(self.font_plain).horizontalAdvance("0" * 64) / 64
        self._ascent = (LINE_PX + QFontMetricsF(self.font_plain).capHeight()) / 2
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)

    # What subclasses answer

    def row_count(self) -> int:
        """Return the number of rows."""
        raise NotImplementedError

    def paint_row(self, painter: QPainter, row: int, top: int) -> None:
        """Paint one row whose upper edge is at `top`."""
        raise NotImplementedError

    def relayout(self) -> None:
        """Work out the rows for the width there is; called after a change of size."""

    def tip_at(self, row: int, col: int) -> str:  # noqa: ARG002
        """Return the tool tip for a cell; empty for none."""
        return ""

    # Measures

    @property
    def columns(self) -> int:
        """Whole cells between the margins."""
        return max(8, int((self.viewport().width() - 2 * MARGIN) / self.cell))

    @property
    def page(self) -> int:
        """Whole rows in sight."""
        return max(1, (self.viewport().height() - MARGIN) // LINE_PX)

    @property
    def top_row(self) -> int:
        """First row in sight."""
        return self.verticalScrollBar().value()

    def x_of(self, col: float) -> float:
        """Return the left edge of a cell, in viewport pixels."""
        return MARGIN + col * self.cell - self.horizontalScrollBar().value()

    def y_of(self, row: int) -> int:
        """Return the upper edge of a row, in viewport pixels."""
        return MARGIN // 2 + (row - self.top_row) * LINE_PX

    def cell_at(self, point: QPoint) -> tuple[int, int]:
        """Return row and column under a point of the viewport; they may lie outside the text."""
        row = self.top_row + (point.y() - MARGIN // 2) // LINE_PX
        across = point.x() - MARGIN + self.horizontalScrollBar().value()
        return row, int(across // self.cell)

    def reveal(self, row: int) -> None:
        """Scroll just so far that a row is in sight, with a little of what is around it."""
        bar = self.verticalScrollBar()
        if row < self.top_row:
            bar.setValue(max(0, row - 1))
        elif row >= self.top_row + self.page:
            far = row >= self.top_row + 2 * self.page
            bar.setValue(row - self.page // 2 if far else row - self.page + 2)

    def update_bars(self) -> None:
        """Fit the scroll bars to the rows there are."""
        bar = self.verticalScrollBar()
        bar.setPageStep(self.page)
        bar.setSingleStep(1)
        bar.setRange(0, max(0, self.row_count() - self.page))
        self.viewport().update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(event.rect(), theme().color("surface"))
        painter.setFont(self.font_plain)
        first = self.top_row
        last = min(self.row_count(), first + self.viewport().height() // LINE_PX + 2)
        for row in range(first, last):
            self.paint_row(painter, row, self.y_of(row))
        painter.end()

    def mark(
        self, painter: QPainter, top: int, col: float, cells: float, color: QColor, inset: int = 1
    ) -> None:
        """Paint the ground behind some cells of a row."""
        box = QRectF(self.x_of(col), top + inset, cells * self.cell, LINE_PX - 2 * inset)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawRoundedRect(box, 2, 2)

    def write(self, painter: QPainter, top: int, col: float, text: str, color: QColor) -> None:
        """Write text from a cell on."""
        painter.setPen(color)
        painter.drawText(QRectF(self.x_of(col), top, 4.0e6, LINE_PX), _WRITE_FLAGS, text)

    def write_wide(self, painter: QPainter, top: int, col: float, char: str, color: QColor) -> None:
        """Write one character in the middle of two cells."""
        painter.setPen(color)
        box = QRectF(self.x_of(col), top, 2 * self.cell, LINE_PX)
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), char)

    def wave(self, painter: QPainter, top: int, col: float, cells: float, color: QColor) -> None:
        """Underline cells that have a problem."""
        painter.setPen(color)
        y = top + LINE_PX - 3
        left, right = round(self.x_of(col)), round(self.x_of(col + cells))
        points = [QPoint(x, y + (x // 2 % 2)) for x in range(left, right + 1, 2)]
        if len(points) > 1:
            painter.drawPolyline(points)

    # Events

    def event(self, event: QEvent) -> bool:
        # Copy is ours while we have the focus, whatever the window's menus say.
        is_asked = event.type() is QEvent.Type.ShortcutOverride
        copy = QKeySequence.StandardKey.Copy
        if is_asked and isinstance(event, QKeyEvent) and event.matches(copy):
            event.accept()
            return True
        return super().event(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.relayout()
        self.update_bars()

    def viewportEvent(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.tip_at(*self.cell_at(event.pos()))
            if text:
                near = QRect(event.pos(), event.pos()).adjusted(-4, -4, 4, 4)
                QToolTip.showText(event.globalPos(), text, self.viewport(), near)
            else:
                QToolTip.hideText()
            return True
        return super().viewportEvent(event)

    def scroll_key(self, event: QKeyEvent) -> int:
        """Return how many rows a key moves by; 0 for other keys."""
        steps = {
            Qt.Key.Key_Up: -1,
            Qt.Key.Key_Down: 1,
            Qt.Key.Key_PageUp: -self.page,
            Qt.Key.Key_PageDown: self.page,
        }
        return steps.get(Qt.Key(event.key()), 0)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.viewport().update()


_WRITE_FLAGS = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter) | int(
    Qt.TextFlag.TextSingleLine
)
