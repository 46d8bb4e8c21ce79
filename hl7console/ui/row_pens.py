"""What rows of a list are drawn with: fonts, colours, texts that are cut to their room, pills."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter

from hl7console.ui.theme import fixed_font, text_font, theme

PAD = 8
"""Room on both sides of a cell, in pixels."""
_PILL_HEIGHT = 16
_WIDEST_LETTER = 11
"""No letter of usual text is wider; shorter texts need no measuring."""


class RowPens:
    """Fonts and colours of the scheme in force. GUI thread only."""

    def __init__(self) -> None:
        self.text = text_font()
        self.bold = text_font(bold=True)
        self.fixed = fixed_font()
        self._pill = text_font(11, bold=True)
        self._text_metrics = QFontMetrics(self.text)
        self._fixed_metrics = QFontMetrics(self.fixed)
        self._pill_metrics = QFontMetrics(self._pill)
        self.colors: dict[str, QColor] = {}
        self.take_colors()

    def take_colors(self) -> None:
        """Take the colours of the scheme that is in force now."""
        tokens = theme().tokens
        names = ["text", "muted", "selection", "row_line", "surface", "accent", "raised"]
        for role in ("ok", "warn", "err", "info"):
            names += [role, f"{role}_tint"]
        self.colors = {name: tokens.color(name) for name in names}
        self.colors["muted_tint"] = tokens.color("raised")

    def draw_text(
        self,
        painter: QPainter,
        box: QRect,
        text: str,
        *,
        is_fixed: bool = False,
        is_right: bool = False,
        role: str = "text",
    ) -> None:
        """Draw a text on one line, cut off where it has no room."""
        if not text:
            return
        room = box.width()
        if len(text) * _WIDEST_LETTER > room:
            metrics = self._fixed_metrics if is_fixed else self._text_metrics
            if metrics.horizontalAdvance(text) > room:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setFont(self.fixed if is_fixed else self.text)
        painter.setPen(self.colors[role])
        side = Qt.AlignmentFlag.AlignRight if is_right else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, int(flags), text)

    def draw_pill(self, painter: QPainter, rect: QRect, text: str, role: str) -> None:
        """Draw a word on a ground of its colour."""
        width = min(self._pill_metrics.horizontalAdvance(text) + 14, rect.width() + PAD)
        top = rect.top() + (rect.height() - _PILL_HEIGHT) / 2
        box = QRectF(rect.left(), top, width, _PILL_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.colors[f"{role}_tint"])
        painter.drawRoundedRect(box, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(self._pill)
        painter.setPen(self.colors[role])
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
