"""Draws the rows of the message list, each once, and keeps the pictures.

A page of the list has some 300 cells; drawing them one by one whenever traffic moves the rows
down takes longer than a frame. A row that was drawn is one picture, and moving it is one copy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from PySide6.QtCore import QObject, QRect, QRectF, Qt, Signal, Slot
from PySide6.QtGui import QFontMetrics, QPainter, QPixmap

from hl7console.store.records import MessageRow
from hl7console.ui.messages.columns import Kind, pill_for
from hl7console.ui.messages.model import MessageTableModel
from hl7console.ui.theme import ROW, fixed_font, text_font, theme

_PAD = 8
_PILL_HEIGHT = 16
_KEPT = 240
"""Rows whose pictures are kept: about three pages and both states of some."""
_WIDEST_LETTER = 11
"""No letter of usual text is wider; shorter texts need no measuring."""

Section = tuple[int, int, int]
"""Column, left edge and width, in pixels."""


class RowPainter(QObject):
    """Pictures of rows. GUI thread only."""

    outdated = Signal()
    """The scheme changed: everything has to be drawn again."""

    def __init__(self, model: MessageTableModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model
        self._kept: OrderedDict[tuple[int, bool], tuple[MessageRow, QPixmap]] = OrderedDict()
        self._text = text_font()
        self._fixed = fixed_font()
        self._pill = text_font(11, bold=True)
        self._text_metrics = QFontMetrics(self._text)
        self._fixed_metrics = QFontMetrics(self._fixed)
        self._pill_metrics = QFontMetrics(self._pill)
        theme().changed.connect(self._on_theme_changed)
        self._take_colors()

    def _take_colors(self) -> None:
        tokens = theme().tokens
        names = ["text", "muted", "selection", "row_line", "surface", "accent"]
        for role in ("ok", "warn", "err", "info"):
            names += [role, f"{role}_tint"]
        self._colors = {name: tokens.color(name) for name in names}
        self._colors["muted_tint"] = tokens.color("raised")

    @Slot()
    def _on_theme_changed(self) -> None:
        self._take_colors()
        self.forget()
        self.outdated.emit()

    def forget(self) -> None:
        """Drop all pictures: columns or colours are others."""
        self._kept.clear()

    def picture(
        self, row: int, sections: Sequence[Section], width: int, scale: float, *, is_selected: bool
    ) -> QPixmap:
        """Return the picture of a row, `width` wide at a screen's `scale`."""
        found = self._model.row_at(row)
        if found is None:
            return self._drawn(row, None, sections, width, scale, is_selected=is_selected)
        key = (found.id, is_selected)
        kept = self._kept.get(key)
        if kept is not None and kept[0] is found:
            self._kept.move_to_end(key)
            return kept[1]
        drawn = self._drawn(row, found, sections, width, scale, is_selected=is_selected)
        self._kept[key] = (found, drawn)
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return drawn

    def _drawn(
        self,
        row: int,
        found: MessageRow | None,
        sections: Sequence[Section],
        width: int,
        scale: float,
        *,
        is_selected: bool,
    ) -> QPixmap:
        drawn = QPixmap(round(width * scale), round(ROW * scale))
        drawn.setDevicePixelRatio(scale)
        drawn.fill(self._colors["selection" if is_selected else "surface"])
        painter = QPainter(drawn)
        painter.setPen(self._colors["row_line"])
        painter.drawLine(0, ROW - 1, width, ROW - 1)
        for column, left, room in sections:
            box = QRect(left + _PAD, 0, room - 2 * _PAD, ROW - 1)
            kind = self._model.columns[column].kind
            if found is not None and kind is Kind.PILL:
                pill = pill_for(found)
                self._draw_pill(painter, box, pill.text, pill.role)
            else:
                self._draw_text(painter, box, self._model.text_at(row, column), kind)
        painter.end()
        return drawn

    def _draw_text(self, painter: QPainter, box: QRect, text: str, kind: Kind) -> None:
        if not text:
            return
        is_fixed = kind in (Kind.FIXED, Kind.NUMBER)
        room = box.width()
        if len(text) * _WIDEST_LETTER > room:
            metrics = self._fixed_metrics if is_fixed else self._text_metrics
            if metrics.horizontalAdvance(text) > room:
                text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
        painter.setFont(self._fixed if is_fixed else self._text)
        painter.setPen(self._colors["muted" if kind is Kind.MUTED else "text"])
        side = Qt.AlignmentFlag.AlignRight if kind is Kind.NUMBER else Qt.AlignmentFlag.AlignLeft
        flags = side | Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine
        painter.drawText(box, int(flags), text)

    def _draw_pill(self, painter: QPainter, rect: QRect, text: str, role: str) -> None:
        width = min(self._pill_metrics.horizontalAdvance(text) + 14, rect.width() + _PAD)
        top = rect.top() + (rect.height() - _PILL_HEIGHT) / 2
        box = QRectF(rect.left(), top, width, _PILL_HEIGHT)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._colors[f"{role}_tint"])
        painter.drawRoundedRect(box, _PILL_HEIGHT / 2, _PILL_HEIGHT / 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)
        painter.setFont(self._pill)
        painter.setPen(self._colors[role])
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), text)
