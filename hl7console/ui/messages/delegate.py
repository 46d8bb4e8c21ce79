"""Draws the cells of the message list: text, fixed-width text, and result pills."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QObject, QPersistentModelIndex, QRect, QRectF, Qt, Slot
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hl7console.ui.messages.columns import Kind, pill_for
from hl7console.ui.messages.model import MessageTableModel
from hl7console.ui.theme import fixed_font, text_font, theme

_PAD = 8
_PILL_HEIGHT = 16

_Index = QModelIndex | QPersistentModelIndex


class MessageDelegate(QStyledItemDelegate):
    """Paints from the model's rows directly: a full window of cells in a few milliseconds."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._text = text_font()
        self._fixed = fixed_font()
        self._pill = text_font(11, bold=True)
        self._metrics = {
            Kind.TEXT: QFontMetrics(self._text),
            Kind.MUTED: QFontMetrics(self._text),
            Kind.FIXED: QFontMetrics(self._fixed),
            Kind.NUMBER: QFontMetrics(self._fixed),
            Kind.PILL: QFontMetrics(self._pill),
        }
        theme().changed.connect(self._on_theme_changed)
        self._on_theme_changed()

    @Slot()
    def _on_theme_changed(self) -> None:
        tokens = theme().tokens
        names = ("text", "muted", "selection", "selection_idle", "row_line", "surface", "accent")
        self._colors = {name: tokens.color(name) for name in names}
        for role in ("ok", "warn", "err", "info"):
            self._colors[role] = tokens.color(role)
            self._colors[f"{role}_tint"] = tokens.color(f"{role}_tint")
        self._colors["muted_tint"] = tokens.color("raised")

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        model = index.model()
        if not isinstance(model, MessageTableModel):
            super().paint(painter, option, index)
            return
        rect: QRect = option.rect
        state: QStyle.StateFlag = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, self._colors["selection"])
        painter.setPen(self._colors["row_line"])
        painter.drawLine(rect.bottomLeft(), rect.bottomRight())
        kind = model.columns[index.column()].kind
        inner = rect.adjusted(_PAD, 0, -_PAD, -1)
        row = model.row_at(index.row())
        if row is None:
            self._draw_text(painter, inner, "…", Kind.MUTED)
        elif kind is Kind.PILL:
            pill = pill_for(row)
            self._draw_pill(painter, inner, pill.text, pill.role)
        else:
            self._draw_text(painter, inner, model.text_at(index.row(), index.column()), kind)

    def _draw_text(self, painter: QPainter, rect: QRect, text: str, kind: Kind) -> None:
        if not text:
            return
        metrics = self._metrics[kind]
        if metrics.horizontalAdvance(text) > rect.width():
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        is_fixed = kind in (Kind.FIXED, Kind.NUMBER)
        painter.setFont(self._fixed if is_fixed else self._text)
        painter.setPen(self._colors["muted" if kind is Kind.MUTED else "text"])
        side = Qt.AlignmentFlag.AlignRight if kind is Kind.NUMBER else Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, int(side | Qt.AlignmentFlag.AlignVCenter), text)

    def _draw_pill(self, painter: QPainter, rect: QRect, text: str, role: str) -> None:
        width = min(self._metrics[Kind.PILL].horizontalAdvance(text) + 14, rect.width())
        top = rect.top() + (rect.height() - _PILL_HEIGHT) / 2
        box = QRectF(rect.left(), top, width, _PILL_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colors[f"{role}_tint"]))
        painter.drawRoundedRect(box, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(self._pill)
        painter.setPen(self._colors[role])
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
