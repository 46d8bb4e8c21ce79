"""Plots over time, drawn with pyqtgraph: the only module that knows it.

Importing it takes a third of a second; it is imported when plots are first wanted. What is drawn
comes as plain sequences. Mouse and keys are `hl7console.ui.monitor.pointing`'s; pyqtgraph's own
are off.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen, QPicture
from PySide6.QtWidgets import QWidget

from hl7console.ui.monitor.colors import role_color
from hl7console.ui.monitor.line_style import LineStyle, style_of
from hl7console.ui.monitor.time_axis import time_ticks
from hl7console.ui.monitor.value_axis import round_step, tens_marks, tens_text, value_text
from hl7console.ui.theme import text_font, theme

AXIS_WIDTH = 48
"""Pixels left of every plot, the same for all, so that times stand below each other."""
_TICK_PIXELS = 72
_DAY_PIXELS = 86
"""Between two marks that have times, and days."""
_EDGE_PIXELS = 10
"""What a label may stand out of the plot."""
_GROUND, _BACK, _LINES, _FRONT = -1000, -10, 0, 10
Numbers = Sequence[float]


class _TimeAxis(pg.AxisItem):  # type: ignore[misc]
    """Local times."""

    spread = 1.0
    """How much farther apart than usual marks stand."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[None, list[float]]]:
        wide = size / self.spread
        ticks = time_ticks(low, high, int(wide / _TICK_PIXELS), most_days=int(wide / _DAY_PIXELS))
        # What would be cut off at the edge is left out.
        metrics = QFontMetrics(self.style["tickFont"] or self.font())
        pixel_s = (high - low) / max(size, 1)
        self._labels = {}
        for at_s, label in ticks:
            over = metrics.horizontalAdvance(label) / 2 - _EDGE_PIXELS * self.spread
            self._labels[at_s] = label if at_s + over * pixel_s <= high else ""
        return [(None, list(self._labels))]

    def tickStrings(self, values: Numbers, scale: float, spacing: float) -> list[str]:
        del scale, spacing
        return [self._labels.get(value, "") for value in values]


class _ValueAxis(pg.AxisItem):  # type: ignore[misc]
    """Plain numbers from 0 up, or times on a scale by tens."""

    spread = 1.0
    is_log = False
    is_whole = False
    """Only whole numbers are marked."""

    def tickValues(self, low: float, high: float, size: float) -> list[tuple[float, list[float]]]:
        if self.is_log:
            return [(1.0, tens_marks(low, high))]
        step = round_step(high - low, max(int(size / 34 / self.spread), 2))
        if self.is_whole:
            step = max(step, 1.0)
        return [(step, [n * step for n in range(int(high / step) + 1)])]

    def tickStrings(self, values: Numbers, scale: float, spacing: float) -> list[str]:
        del scale
        if self.is_log:
            return [tens_text(value) for value in values]
        return [value_text(value, spacing) for value in values]


class _Painted(pg.GraphicsObject):  # type: ignore[misc]
    """Something drawn once into a picture and played back until it changes."""

    def __init__(self) -> None:
        super().__init__()
        self._picture = QPicture()
        self._box = QRectF()

    def _keep(self, picture: QPicture, box: QRectF) -> None:
        self.prepareGeometryChange()
        self._picture, self._box = picture, box
        self.informViewBoundsChanged()
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.drawPicture(0, 0, self._picture)


class _Gaps(_Painted):
    """Spans in which the program did not run."""

    def draw(
        self, spans: Sequence[tuple[float, float]], bottom: float, top: float, color: QColor
    ) -> None:
        """Draw spans over the whole height."""
        picture = QPicture()
        painter = QPainter(picture)
        for since_s, until_s in spans:
            painter.fillRect(QRectF(since_s, bottom, until_s - since_s, top - bottom), color)
        painter.end()
        box = QRectF()
        if spans:
            box = QRectF(spans[0][0], bottom, spans[-1][1] - spans[0][0], top - bottom)
        self._keep(picture, box)


class _Bars(pg.GraphicsObject):  # type: ignore[misc]
    """Bars one upon the other."""

    def __init__(self) -> None:
        super().__init__()
        self._layers: list[tuple[QColor, list[QRectF]]] = []
        self._box = QRectF()

    def draw(self, lefts: Numbers, width: float, layers: Sequence[tuple[Numbers, QColor]]) -> None:
        """Draw layers from the bottom up."""
        self.prepareGeometryChange()
        base = np.zeros(len(lefts))
        self._layers = []
        for values, color in layers:
            heights = np.nan_to_num(np.asarray(values, dtype=float))
            places = [int(n) for n in np.flatnonzero(heights > 0)]
            self._layers.append(
                (color, [QRectF(lefts[n], base[n], width, heights[n]) for n in places])
            )
            base += heights
        top = float(base.max()) if len(base) else 0.0
        right = lefts[-1] + width - lefts[0] if len(lefts) else 0.0
        self._box = QRectF(lefts[0] if len(lefts) else 0.0, 0, right, top)
        self.update()

    def boundingRect(self) -> QRectF:
        return self._box

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        for color, bars in self._layers:
            painter.setBrush(color)
            painter.drawRects(bars)


class TimePlot(pg.PlotWidget):  # type: ignore[misc]
    """One plot: lines, a band, bars or a heat map over time. GUI thread only."""

    def __init__(self, name: str, parent: QWidget | None = None, *, scale: float = 1.0) -> None:
        self._scale = scale
        self._time = _TimeAxis("bottom")
        self._values = _ValueAxis("left")
        super().__init__(parent, axisItems={"bottom": self._time, "left": self._values})
        self.setObjectName(name)
        item: Any = self.getPlotItem()
        self._item, self._view = item, item.getViewBox()
        item.hideButtons()
        item.setMenuEnabled(False)
        self._view.setMouseEnabled(False, False)
        self._view.setDefaultPadding(0)
        self._view.disableAutoRange()
        item.setContentsMargins(0, 4, 10, 0)
        self._values.setWidth(round(AXIS_WIDTH * scale))
        self._time.spread = self._values.spread = scale
        self._values.enableAutoSIPrefix(False)
        self._time.enableAutoSIPrefix(False)
        self._time.setHeight(round(22 * scale))
        self.setFrameShape(self.Shape.NoFrame)
        self._lines: dict[str, Any] = {}
        self._styles: dict[str, LineStyle] = {}
        self._layers: tuple[Numbers, float, list[tuple[Numbers, str]]] = ((), 1.0, [])
        self._gap_spans: list[tuple[float, float]] = []
        self._mark_list: list[tuple[float, str]] = []
        self._mark_lines: list[Any] = []
        self.bottom, self.top = 0.0, 1.0
        self.cursor_s: float | None = None
        """Where the crosshair is."""
        self._add_items()
        self.restyle()

    def _add_items(self) -> None:
        self._gaps = _Gaps()
        self._bars = _Bars()
        self._heat = pg.ImageItem()
        self._low, self._high = pg.PlotCurveItem(), pg.PlotCurveItem()
        self._low.setPen(None)
        self._high.setPen(None)
        self._band = pg.FillBetweenItem(self._low, self._high)
        self._cursor = pg.InfiniteLine(angle=90, movable=False)
        self._chosen = pg.LinearRegionItem(movable=False)
        depths = (
            (self._gaps, _BACK), (self._heat, _BACK), (self._band, _BACK), (self._low, _BACK),
            (self._high, _BACK), (self._bars, _LINES), (self._chosen, _FRONT),
            (self._cursor, _FRONT),
        )  # fmt: skip
        for part, depth in depths:
            part.setZValue(depth)
            self._item.addItem(part, ignoreBounds=True)
        for part in (self._cursor, self._chosen, self._band, self._heat):
            part.hide()

    # What is drawn

    def set_span(self, since_s: float, until_s: float) -> None:
        """Show this stretch of time."""
        self._view.setXRange(since_s, max(until_s, since_s + 1), padding=0)

    def set_top(
        self, top: float, *, bottom: float = 0.0, is_log: bool = False, is_whole: bool = False
    ) -> None:
        """Show values up to here."""
        self._values.is_log, self._values.is_whole = is_log, is_whole
        if (bottom, top) != (self.bottom, self.top):
            self.bottom, self.top = bottom, top
            self._draw_gaps()
        self._view.setYRange(bottom, top, padding=0)

    def set_line(
        self, key: str, at_s: Numbers, values: Numbers, role: str, *, is_dashed: bool = False
    ) -> None:
        """Draw a line, broken where a value is not a number."""
        style = style_of(len(values), self.devicePixelRatioF())
        style = style._replace(role=role, is_dashed=is_dashed and not style.is_long)
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = pg.PlotCurveItem(connect="finite")
            self._item.addItem(line, ignoreBounds=True)
        if self._styles.get(key) != style:
            self._styles[key] = style
            line.opts["antialias"] = style.is_smooth
            line.setPen(self._pen(key))
        line.setData(
            np.asarray(at_s, dtype=float), np.asarray(values, dtype=float), connect="finite"
        )

    def keep_lines(self, keys: Sequence[str]) -> None:
        """Take away all other lines."""
        for key in [key for key in self._lines if key not in keys]:
            self._item.removeItem(self._lines.pop(key))
            del self._styles[key]

    def set_band(self, at_s: Numbers, low: Numbers, high: Numbers) -> None:
        """Draw the band of what is normal; nothing for no values."""
        self._band.setVisible(len(at_s) > 1)
        if len(at_s) > 1:
            self._low.setData(np.asarray(at_s, dtype=float), np.asarray(low, dtype=float))
            self._high.setData(np.asarray(at_s, dtype=float), np.asarray(high, dtype=float))

    def set_bars(
        self, lefts_s: Numbers, width_s: float, layers: Sequence[tuple[Numbers, str]]
    ) -> None:
        """Draw bars one upon the other, each layer in the colour of a token."""
        self._layers = (lefts_s, width_s, list(layers))
        colors = [(values, QColor(role_color(role))) for values, role in layers]
        self._bars.draw(lefts_s, width_s, colors)

    def set_heat(
        self, since_s: float, until_s: float, rows: Sequence[Numbers], low: float, high: float
    ) -> None:
        """Draw how often something was, the more the stronger; nothing for no rows."""
        self._heat.setVisible(bool(rows))
        if rows:
            counts = np.sqrt(np.asarray(rows, dtype=float)).T
            self._heat.setImage(counts, levels=(0.0, float(counts.max()) or 1.0))
            self._heat.setRect(QRectF(since_s, low, until_s - since_s, high - low))

    def set_gaps(self, spans: Sequence[tuple[float, float]]) -> None:
        """Mark where nothing is known."""
        if list(spans) != self._gap_spans:
            self._gap_spans = list(spans)
            self._draw_gaps()

    def _draw_gaps(self) -> None:
        color = theme().color("muted")
        color.setAlphaF(0.09)
        self._gaps.draw(self._gap_spans, self.bottom, self.top, color)

    def set_marks(self, marks: Sequence[tuple[float, str]]) -> None:
        """Mark moments, each in the colour of a token."""
        if list(marks) == self._mark_list:
            return
        self._mark_list = list(marks)
        for line in self._mark_lines[len(marks) :]:
            self._item.removeItem(line)
        del self._mark_lines[len(marks) :]
        for place, (at_s, role) in enumerate(marks):
            if place == len(self._mark_lines):
                line = pg.InfiniteLine(angle=90, movable=False)
                line.setZValue(_BACK + 1)
                self._item.addItem(line, ignoreBounds=True)
                self._mark_lines.append(line)
            self._mark_lines[place].setPos(at_s)
            self._mark_lines[place].setPen(_mark_pen(role))

    def set_cursor(self, at_s: float | None) -> None:
        """Show the crosshair at a moment, or hide it."""
        self.cursor_s = at_s
        self._cursor.setVisible(at_s is not None)
        if at_s is not None:
            self._cursor.setPos(at_s)

    def set_chosen(self, span: tuple[float, float] | None) -> None:
        """Show the stretch that is being chosen, or hide it."""
        self._chosen.setVisible(span is not None)
        if span is not None:
            self._chosen.setRegion(span)

    # Where something is

    def place_at(self, at: QPointF) -> tuple[float, float]:
        """Return moment and value at a place of the widget."""
        point = self._view.mapSceneToView(self.mapToScene(at.toPoint()))
        return float(point.x()), float(point.y())

    def pixel_of(self, at_s: float, value: float) -> QPointF:
        """Return the place of a moment and value within the widget."""
        scene = self._view.mapViewToScene(QPointF(at_s, value))
        return QPointF(self.mapFromScene(scene))

    def plot_box(self) -> QRectF:
        """Return where the plot itself is, within the widget."""
        box = self._view.sceneBoundingRect()
        return QRectF(self.mapFromScene(box).boundingRect())

    # Looks

    def restyle(self) -> None:
        """Take the colours of the scheme in force."""
        now = theme()
        self.setBackground(now.color("surface"))
        grid = now.color("border")
        grid.setAlphaF(0.85)
        font = text_font(round(11 * self._scale))
        for axis in (self._time, self._values):
            axis.setPen(QPen(Qt.PenStyle.NoPen))
            axis.setTextPen(now.color("muted"))
            axis.setTickFont(font)
            axis.setStyle(tickLength=0, tickTextOffset=6, hideOverlappingLabels=False)
        self._values.setTickPen(pg.mkPen(grid, width=1))
        self._values.setGrid(255)
        self._values.setZValue(_GROUND)
        self._time.setTickPen(QPen(Qt.PenStyle.NoPen))
        band = now.color("accent")
        band.setAlphaF(0.20 if now.tokens.is_dark else 0.13)
        self._band.setBrush(band)
        self._cursor.setPen(pg.mkPen(now.color("text"), width=1))
        chosen = now.color("accent")
        chosen.setAlphaF(0.22)
        self._chosen.setBrush(chosen)
        for edge in self._chosen.lines:
            edge.setPen(pg.mkPen(now.color("accent"), width=1))
        ground, strong = now.color("surface"), now.color("accent")
        self._heat.setColorMap(pg.ColorMap([0.0, 0.02, 1.0], [ground, _between(ground, strong),
                                                              strong]))  # fmt: skip
        for key, line in self._lines.items():
            line.setPen(self._pen(key))
        self.set_bars(*self._layers)
        self._draw_gaps()
        marks, self._mark_list = self._mark_list, []
        self.set_marks(marks)

    def _pen(self, key: str) -> QPen:
        look = self._styles[key]
        style = Qt.PenStyle.DashLine if look.is_dashed else Qt.PenStyle.SolidLine
        pen: QPen = pg.mkPen(role_color(look.role), width=look.width, style=style)
        return pen


def _mark_pen(role: str) -> QPen:
    color = QColor(role_color(role))
    color.setAlphaF(0.8)
    pen: QPen = pg.mkPen(color, width=1, style=Qt.PenStyle.DotLine)
    return pen


def _between(first: QColor, second: QColor) -> QColor:
    return QColor(
        (first.red() * 4 + second.red()) // 5,
        (first.green() * 4 + second.green()) // 5,
        (first.blue() * 4 + second.blue()) // 5,
    )
