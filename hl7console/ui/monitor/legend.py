"""The names of a plot's lines, each with its colour, and its value where the crosshair is."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from hl7console.ui.monitor.colors import role_color
from hl7console.ui.monitor.plot_content import Content
from hl7console.ui.theme import text_font, theme

_DOT = 8
_GAP = 14
_MOST_LETTERS = 26


class Legend(QWidget):
    """Draws what a content has. GUI thread only."""

    def __init__(self, parent: QWidget | None = None, *, scale: float = 1.0) -> None:
        super().__init__(parent)
        self._content = Content("")
        self._at_s: float | None = None
        self._font = text_font(round(12 * scale))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFixedHeight(round(20 * scale))

    def tell(self, content: Content, at_s: float | None) -> None:
        """Show the names, and the values at a moment where there is one."""
        self._content, self._at_s = content, at_s
        self.update()

    def texts(self) -> list[str]:
        """Return what stands there, one text for each line."""
        texts = []
        for line in self._content.lines:
            label = line.label
            if len(label) > _MOST_LETTERS:
                label = f"{label[: _MOST_LETTERS - 1]}…"
            if self._at_s is not None:
                value = line.value_at(self._at_s)
                label = f"{label} {'-' if math.isnan(value) else self._content.text(value)}"
            texts.append(label)
        return texts

    def sizeHint(self) -> QSize:
        return QSize(120, 20)

    def paintEvent(self, _event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(self._font)
        metrics = QFontMetrics(self._font)
        right = self.width()
        entries = list(zip(self._content.lines, self.texts(), strict=True))
        widths = [metrics.horizontalAdvance(text) + _DOT + 5 + _GAP for _, text in entries]
        note = self._content.note if self._at_s is None else ""
        if note and sum(widths) + metrics.horizontalAdvance(note) + _GAP <= right:
            right = self._write(painter, metrics, right, note)
        shown = fitting(widths, right, metrics.horizontalAdvance("+99") + _GAP)
        if shown < len(entries):
            right = self._write(painter, metrics, right, f"+{len(entries) - shown}")
        for line, text in reversed(entries[:shown]):
            width = metrics.horizontalAdvance(text)
            left = right - width
            painter.setPen(theme().color("text" if self._at_s is not None else "muted"))
            painter.drawText(QRect(left, 0, width + 2, self.height()), _MIDDLE, text)
            self._draw_dot(painter, left - _DOT - 5, line.role, is_dashed=line.is_dashed)
            right = left - _DOT - 5 - _GAP
        painter.end()

    def _write(self, painter: QPainter, metrics: QFontMetrics, right: int, text: str) -> int:
        width = metrics.horizontalAdvance(text)
        if width > right:
            return right
        painter.setPen(theme().color("muted"))
        painter.drawText(QRect(right - width, 0, width + 2, self.height()), _MIDDLE, text)
        return right - width - _GAP

    def _draw_dot(self, painter: QPainter, left: int, role: str, *, is_dashed: bool) -> None:
        color = QColor(role_color(role))
        middle = self.height() / 2
        if is_dashed:
            painter.setPen(QPen(color, 2, Qt.PenStyle.DotLine))
            painter.drawLine(QPointF(left - 2, middle), QPointF(left + _DOT, middle))
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(color)
        painter.drawEllipse(QRectF(left, middle - _DOT / 2, _DOT, _DOT))


_MIDDLE = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)


def fitting(widths: Sequence[int], room: int, more: int) -> int:
    """Return how many entries fit, from the first on.

    Args:
        widths: How wide each one is, with the gap before it.
        room: How much room there is.
        more: Width of the number that stands for those left out.
    """
    if sum(widths) <= room + _GAP:
        return len(widths)
    count = 0
    while count < len(widths) and sum(widths[: count + 1]) + more <= room:
        count += 1
    return count
