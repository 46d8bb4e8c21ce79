"""Draws tiles: full ones with a line for each figure, small ones where there are many."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import (
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRect,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from hl7console.ui.icons import pixmap
from hl7console.ui.monitor.tiles import NOTHING_WAITS, Tile
from hl7console.ui.theme import text_font, theme

_Index = QModelIndex | QPersistentModelIndex
_LEFT = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
_ICONS = {"listener": "log-in", "destination": "send", "worklist": "table-2"}
_EDGE = 4
_GAP = 4
_ELIDE = Qt.TextElideMode.ElideRight

FULL_HEIGHT = 154
SMALL_HEIGHT = 72
FULL_WIDTH = 196
SMALL_WIDTH = 184
"""Least sizes of tiles with the gap around them, in pixels, at scale 1."""


@lru_cache(maxsize=64)
def _font(pixels: int, is_bold: bool) -> QFont:
    return text_font(pixels, bold=is_bold)


@lru_cache(maxsize=64)
def _metrics(pixels: int, is_bold: bool) -> QFontMetrics:
    return QFontMetrics(_font(pixels, is_bold))


@lru_cache(maxsize=64)
def _picture(name: str, color: str, size: int, scale: float) -> QPixmap:
    del color  # of the scheme in force; it is here as a key of the cache
    return pixmap(_ICONS.get(name, "activity"), theme().color("muted"), size, scale)


class TileDelegate(QStyledItemDelegate):
    """Draws tiles. GUI thread only."""

    def __init__(self, parent: QObject | None = None, *, scale: float = 1.0) -> None:
        super().__init__(parent)
        self.scale = scale
        self.is_small = False
        self.has_ring = False
        """Whether the tile that the keys are at is told by a ring."""
        self.size = QSize(FULL_WIDTH, FULL_HEIGHT)

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        del option, index
        return self.size

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        tile: Tile = index.model().tiles[index.row()]  # type: ignore[attr-defined]
        is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        is_pointed = bool(option.state & QStyle.StateFlag.State_MouseOver)
        has_focus = self.has_ring and bool(option.state & QStyle.StateFlag.State_HasFocus)
        box = QRectF(option.rect).adjusted(_GAP, _GAP, -_GAP, -_GAP)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._draw_ground(painter, box, tile, is_chosen=is_chosen, is_pointed=is_pointed)
        if has_focus:
            painter.setPen(QPen(theme().color("accent" if is_chosen else "muted"), 1.5))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 7, 7)
        pad = self._px(11)
        inner = box.toRect().adjusted(pad + 2, self._px(9), -pad, -self._px(8))
        self._draw_head(painter, inner, tile)
        if self.is_small:
            self._draw_small(painter, inner, tile)
        else:
            self._draw_full(painter, inner, tile)
        painter.restore()

    def _px(self, pixels: float) -> int:
        return round(pixels * self.scale)

    @staticmethod
    def _draw_ground(
        painter: QPainter, box: QRectF, tile: Tile, *, is_chosen: bool, is_pointed: bool
    ) -> None:
        now = theme()
        role = "border" if tile.role == "muted" else tile.role
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color(role))
        painter.drawRoundedRect(box, 8, 8)
        ground = "selection" if is_chosen else "hover" if is_pointed else "surface"
        inner = box.adjusted(_EDGE, 0, 0, 0)
        painter.setClipRect(inner)
        painter.setPen(QPen(now.color("accent" if is_chosen else "border"), 1))
        painter.setBrush(now.color(ground))
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 8, 8)
        painter.setClipping(False)

    def _draw_head(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        now = theme()
        line = self._px(18)
        right = box.right()
        pixels = self._px(11)
        size = self._px(14)
        left = box.left() + size + self._px(6)
        words, width = self.pill_of(tile, pixels, right - left - self._px(6))
        pill = QRectF(right - width, box.top(), width, self._px(17))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(now.color("raised" if tile.role == "muted" else f"{tile.role}_tint"))
        painter.drawRoundedRect(pill, pill.height() / 2, pill.height() / 2)
        painter.setFont(_font(pixels, True))
        painter.setPen(now.color(tile.role))
        painter.drawText(pill, int(Qt.AlignmentFlag.AlignCenter), words)
        device_scale = painter.device().devicePixelRatioF()
        mark = _picture(tile.kind, now.tokens.muted, size, device_scale)
        painter.drawPixmap(box.left(), box.top() + (line - size) // 2, mark)
        room = QRect(left, box.top(), int(pill.left()) - left - self._px(6), line)
        self._write(painter, room, tile.name, 13, "text", is_bold=True)

    def pill_of(self, tile: Tile, pixels: int, room: int) -> tuple[str, int]:
        """Return what the pill says and how wide it is: without its age where the name needs it."""
        metrics = _metrics(pixels, True)
        edges = self._px(14)
        # Where there are many the room is the name's; the edge tells that all is well.
        if not (self.is_small and tile.role in ("ok", "muted")):
            width = metrics.horizontalAdvance(tile.pill) + edges
            name = _metrics(self._px(13), True).horizontalAdvance(tile.name)
            if name + width <= room:
                return tile.pill, width
        return tile.word, metrics.horizontalAdvance(tile.word) + edges

    def _write(
        self,
        painter: QPainter,
        room: QRect,
        text: str,
        pixels: int,
        role: str,
        *,
        is_bold: bool = False,
    ) -> int:
        """Write a text, cut where it is too long; return how wide it is."""
        size = self._px(pixels)
        metrics = _metrics(size, is_bold)
        shown = metrics.elidedText(text, _ELIDE, room.width())
        painter.setFont(_font(size, is_bold))
        painter.setPen(theme().color(role))
        painter.drawText(room, _LEFT, shown)
        return metrics.horizontalAdvance(shown)

    def _draw_rate(self, painter: QPainter, room: QRect, tile: Tile, pixels: int) -> None:
        used = self._write(painter, room, tile.rate, pixels, "text", is_bold=True)
        beside = room.adjusted(used + self._px(4), self._px(pixels / 10), 0, 0)
        self._write(painter, beside, tile.unit, 12, "muted")

    def _draw_full(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        top = box.top() + self._px(20)
        self._draw_rate(painter, QRect(box.left(), top, box.width(), self._px(28)), tile, 21)
        top += self._px(29)
        line = self._px(17)
        for text in tile.lines[:3]:
            role = self._line_role(tile, text)
            self._write(painter, QRect(box.left(), top, box.width(), line), text, 12, role)
            top += line
        bottom = box.bottom()
        spark = QRectF(box.left(), bottom - self._px(24), box.width(), self._px(24))
        self._draw_spark(painter, spark, tile)

    def _draw_small(self, painter: QPainter, box: QRect, tile: Tile) -> None:
        top = box.top() + self._px(18)
        half = round(box.width() * 0.62)
        self._draw_rate(painter, QRect(box.left(), top, half, self._px(18)), tile, 15)
        text = tile.problem if tile.role in ("err", "warn") and tile.problem else tile.times
        if tile.role == "warn" and text == tile.times:
            text = tile.last
        below = QRect(box.left(), top + self._px(18), box.width(), self._px(15))
        if text and text != NOTHING_WAITS:
            self._write(painter, below, text, 11, self._line_role(tile, text))
        spark = QRectF(box.left() + half + 4, top + 2, box.width() - half - 4, self._px(15))
        self._draw_spark(painter, spark, tile)

    @staticmethod
    def _line_role(tile: Tile, text: str) -> str:
        if text == NOTHING_WAITS:
            return "muted"
        if text == tile.problem and tile.role in ("err", "warn"):
            return tile.role
        return "err" if tile.has_many_errors and tile.errors and tile.errors in text else "muted"

    def _draw_spark(self, painter: QPainter, box: QRectF, tile: Tile) -> None:
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme().color(tile.role), 1.5 * self.scale))
        painter.translate(box.topLeft())
        for line in spark_lines(tile.points, box.width(), box.height()):
            painter.drawPolyline(line)
        painter.translate(-box.topLeft())


@lru_cache(maxsize=512)
def spark_lines(points: tuple[float, ...], width: float, height: float) -> tuple[QPolygonF, ...]:
    """Return a sparkline from the left top on: a line for each run of points that are known."""
    top = max((p for p in points if not math.isnan(p)), default=0.0) or 1.0
    step = width / max(len(points) - 1, 1)
    lines: list[QPolygonF] = []
    run: list[QPointF] = []
    for place, value in enumerate((*points, math.nan)):
        if not math.isnan(value):
            run.append(QPointF(place * step, height - 1 - (height - 2) * value / top))
        elif run:
            if len(run) == 1:  # a minute alone is to be seen as well
                run = [run[0], run[0] + QPointF(2, 0)]
            lines.append(QPolygonF(run))
            run = []
    return tuple(lines)
