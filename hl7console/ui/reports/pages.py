"""Lays a report out on pages: where each block goes, and what breaks over two of them.

Lengths are in units of which a page is `PAGE_WIDTH` wide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QByteArray, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QTextLayout, QTextOption
from PySide6.QtSvg import QSvgRenderer

from hl7console.engine.reports import words
from hl7console.engine.reports.blocks import (
    Block,
    Document,
    Figure,
    Figures,
    Heading,
    Paragraph,
    Plot,
    Table,
    Title,
    Tone,
)
from hl7console.ui.theme import LIGHT, text_font

PAGE_WIDTH = 720.0
"""Units across a page."""

Draw = Callable[[QPainter], None]
Page = list[Draw]

MOST_LINES = 12
"""Lines of one value; what is longer is cut."""

_TONES = {
    Tone.PLAIN: LIGHT.text,
    Tone.GOOD: LIGHT.ok,
    Tone.WARN: LIGHT.warn,
    Tone.BAD: LIGHT.err,
    Tone.MUTED: LIGHT.muted,
}
_GAP = 8.0


def report_font(size: int, *, bold: bool = False) -> QFont:
    """Return the font of reports, `size` units high."""
    font = text_font(size, bold=bold)
    font.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    return font


def broken(text: str, font: QFont, width: float) -> list[str]:
    """Return the lines that a text makes: broken between words, and in them where it must be."""
    layout = QTextLayout(words.plain(text).replace("\n", " "), font)
    option = QTextOption()
    option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
    layout.setTextOption(option)
    found: list[str] = []
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(width, 1.0))
        start, length = line.textStart(), line.textLength()
        found.append(layout.text()[start : start + length].strip())
    layout.endLayout()
    if len(found) > MOST_LINES:
        found = [*found[: MOST_LINES - 1], found[MOST_LINES - 1] + "…"]
    return found or [""]


@dataclass(frozen=True, slots=True)
class Words:
    """Text in a place: its lines, font and colour."""

    lines: tuple[str, ...]
    font: QFont
    color: str = LIGHT.text
    is_right: bool = False

    @classmethod
    def of(
        cls,
        text: str,
        font: QFont,
        width: float,
        color: str = LIGHT.text,
        *,
        is_right: bool = False,
    ) -> Words:
        """Return a text broken into lines."""
        return cls(tuple(broken(text, font, width)), font, color, is_right)

    @property
    def height(self) -> float:
        """How much room it takes."""
        return len(self.lines) * QFontMetricsF(self.font).lineSpacing()

    def draw(self, x: float, y: float, width: float, painter: QPainter) -> None:
        """Draw it with its upper left corner there."""
        metrics = QFontMetricsF(self.font)
        painter.setFont(self.font)
        painter.setPen(QColor(self.color))
        for number, line in enumerate(self.lines):
            left = x + width - metrics.horizontalAdvance(line) if self.is_right else x
            painter.drawText(
                QPointF(left, y + metrics.ascent() + number * metrics.lineSpacing()), line
            )


class Pages:
    """Fills pages from the top, block by block.

    Args:
        height: Of a page.
    """

    def __init__(self, height: float) -> None:
        self._height = height
        self._pages: list[Page] = [[]]
        self._y = 0.0

    def laid_out(self, document: Document) -> list[Page]:
        """Return the pages of a document, each as what draws it."""
        blocks = document.blocks
        for place, block in enumerate(blocks):
            if isinstance(block, Heading) and place + 1 < len(blocks):
                self.make_room(34 + _least(blocks[place + 1]))
            self._put(block)
        return self._pages

    # The page in hand

    @property
    def y(self) -> float:
        """Where the next block begins."""
        return self._y

    def add(self, draw: Draw) -> None:
        """Draw something on the page in hand."""
        self._pages[-1].append(draw)

    def move(self, height: float) -> None:
        """Go down the page."""
        self._y += height

    def make_room(self, height: float) -> bool:
        """Begin a page unless so much room is left; return whether one was begun."""
        if self._y == 0.0 or self._y + height <= self._height:
            return False
        self._pages.append([])
        self._y = 0.0
        return True

    # Blocks

    def _put(self, block: Block) -> None:
        match block:
            case Title():
                self._put_title(block)
            case Heading():
                self._put_words(block.text, report_font(15, bold=True), LIGHT.text, above=14)
            case Paragraph():
                self._put_words(block.text, report_font(11), LIGHT.muted)
            case Figures():
                self._put_figures(block)
            case Plot():
                self._put_plot(block)
            case Table():
                from hl7console.ui.reports.tables import put_table

                put_table(self, block)

    def _put_title(self, block: Title) -> None:
        self._put_words(block.text, report_font(22, bold=True), LIGHT.text)
        self._put_words(f"{block.under} {block.aside}.", report_font(11), LIGHT.muted)
        self.add(partial(_rule, self._y, LIGHT.text, 1.4))
        self.move(12)

    def _put_words(self, text: str, font: QFont, color: str, *, above: float = 0.0) -> None:
        shown = Words.of(text, font, PAGE_WIDTH, color)
        self.make_room(above + shown.height + 6)
        self.move(above if self._y else 0.0)
        self.add(partial(shown.draw, 0.0, self._y, PAGE_WIDTH))
        self.move(shown.height + 6)

    def _put_figures(self, block: Figures) -> None:
        in_row = 5 if len(block.figures) in (5, 9, 10) else 4
        width = (PAGE_WIDTH - (in_row - 1) * _GAP) / in_row
        for first in range(0, len(block.figures), in_row):
            row = block.figures[first : first + in_row]
            height = max(_figure_height(figure, width) for figure in row)
            self.make_room(height + _GAP)
            for place, figure in enumerate(row):
                box = QRectF(place * (width + _GAP), self._y, width, height)
                self.add(partial(_draw_figure, figure, box))
            self.move(height + _GAP)
        self.move(4)

    def _put_plot(self, block: Plot) -> None:
        scale = (PAGE_WIDTH - 16) / block.width
        note = Words.of(block.note, report_font(9), PAGE_WIDTH - 16, LIGHT.muted)
        high = block.height * scale
        if high > self._height * 0.8:  # a map of two months: as high as a page takes it
            scale *= self._height * 0.8 / high
            high = block.height * scale
        whole = 26 + high + (note.height + 4 if block.note else 0) + 6
        self.make_room(whole + _GAP)
        box = QRectF(0, self._y, PAGE_WIDTH, whole)
        self.add(partial(_draw_box, box))
        self.add(partial(_draw_caption, block, box))
        place = QRectF(8, self._y + 24, block.width * scale, high)
        self.add(partial(_draw_svg, block.svg, place))
        if block.note:
            self.add(partial(note.draw, 8, self._y + 26 + high, PAGE_WIDTH - 16))
        self.move(whole + _GAP)


def _least(block: Block) -> float:
    """Return how much of a block has to stand under its heading."""
    if isinstance(block, Plot):
        return 26 + block.height * (PAGE_WIDTH - 16) / block.width
    return 80.0 if isinstance(block, Table) else 30.0


def _figure_height(figure: Figure, width: float) -> float:
    under = Words.of(figure.under, report_font(10), width - 20)
    return 50 + (under.height if figure.under else 0)


def _draw_figure(figure: Figure, box: QRectF, painter: QPainter) -> None:
    _draw_box(box, painter)
    edge = LIGHT.border if figure.tone in (Tone.PLAIN, Tone.MUTED) else _TONES[figure.tone]
    painter.fillRect(QRectF(box.x(), box.y(), box.width(), 2.5), QColor(edge))
    x, y, width = box.x() + 10, box.y() + 8, box.width() - 20
    Words.of(figure.label, report_font(10), width, LIGHT.muted).draw(x, y, width, painter)
    color = _TONES[Tone.BAD] if figure.tone is Tone.BAD else LIGHT.text
    size = 19
    while size > 12 and len(broken(figure.value, report_font(size, bold=True), width)) > 1:
        size -= 1
    Words.of(figure.value, report_font(size, bold=True), width, color).draw(
        x, y + 13, width, painter
    )
    Words.of(figure.under, report_font(10), width, LIGHT.muted).draw(x, y + 37, width, painter)


def _draw_box(box: QRectF, painter: QPainter) -> None:
    painter.setPen(QPen(QColor(LIGHT.border), 0.8))
    painter.setBrush(QColor(LIGHT.surface))
    painter.drawRoundedRect(box, 4, 4)
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _draw_caption(block: Plot, box: QRectF, painter: QPainter) -> None:
    y = box.y() + 6
    title = Words.of(block.title, report_font(12, bold=True), PAGE_WIDTH)
    title.draw(8, y, PAGE_WIDTH, painter)
    font = report_font(10)
    metrics = QFontMetricsF(font)
    x = box.right() - 10
    for color, name in reversed(block.legend):
        x -= metrics.horizontalAdvance(name)
        Words((name,), font, LIGHT.muted).draw(x, y + 1, PAGE_WIDTH, painter)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(color))
        painter.drawEllipse(QPointF(x - 8, y + 8), 3.4, 3.4)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x -= 24


def _draw_svg(svg: str, place: QRectF, painter: QPainter) -> None:
    renderer = QSvgRenderer(QByteArray(svg.encode("utf-8")))
    painter.setFont(report_font(12))  # what the picture leaves open is as here
    renderer.render(painter, place)


def _rule(y: float, color: str, width: float, painter: QPainter) -> None:
    painter.setPen(QPen(QColor(color), width))
    painter.drawLine(QPointF(0, y), QPointF(PAGE_WIDTH, y))


def tone_color(tone: Tone) -> str:
    """Return the colour of a tone on paper."""
    return _TONES[tone]
