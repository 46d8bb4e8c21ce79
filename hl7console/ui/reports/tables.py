"""Lays tables of a report out: columns as wide as they need, headings on every page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from hl7console.engine.reports.blocks import Cell, Column, Table, Tone
from hl7console.ui.reports.pages import PAGE_WIDTH, Words, report_font, tone_color
from hl7console.ui.theme import LIGHT

if TYPE_CHECKING:
    from hl7console.ui.reports.pages import Pages

_PAD = 5.0
_WIDEST_NUMBER = 84.0
_SIZE, _UNDER, _HEAD = 10, 8, 9


def put_table(pages: Pages, table: Table) -> None:
    """Put a table on pages; rows stay whole, and each page begins with the headings."""
    widths = column_widths(table)
    head = _Row.of_head(table.columns, widths)
    rows = [_Row.of(cells, table.columns, widths) for cells in table.rows]
    pages.make_room(head.height + (rows[0].height if rows else 0))
    _put(pages, head)
    for row in rows:
        if pages.make_room(row.height):
            _put(pages, head)
        _put(pages, row)
    pages.move(10)


def column_widths(table: Table) -> list[float]:
    """Return how wide the columns are: numbers as they need, texts share the rest."""
    natural = [_natural(table, place) for place in range(len(table.columns))]
    numbers = [n if c.is_number else 0.0 for n, c in zip(natural, table.columns, strict=True)]
    weights = [0.0 if c.is_number else c.weight for c in table.columns]
    room = PAGE_WIDTH - sum(numbers)
    if not any(weights) or room < PAGE_WIDTH * 0.15:
        scale = PAGE_WIDTH / sum(natural)
        return [width * scale for width in natural]
    return [
        number or room * weight / sum(weights)
        for number, weight in zip(numbers, weights, strict=True)
    ]


def _natural(table: Table, place: int) -> float:
    """Return the width that a column's longest words need."""
    cells = [row[place] for row in table.rows]
    head = _widest(table.columns[place].title.split(), _HEAD, bold=True)
    texts = _widest([cell.text for cell in cells], _SIZE, bold=False)
    under = _widest([word for cell in cells for word in cell.under.split()], _UNDER, bold=False)
    room = min(_widest([cell.under for cell in cells], _UNDER, bold=False), _WIDEST_NUMBER)
    return max(head, min(texts, _WIDEST_NUMBER), under, room) + 2 * _PAD + 1.5


def _widest(texts: Sequence[str], size: int, *, bold: bool) -> float:
    metrics = QFontMetricsF(report_font(size, bold=bold))
    return max((metrics.horizontalAdvance(text) for text in texts), default=0.0)


@dataclass(frozen=True, slots=True)
class _Row:
    cells: tuple[tuple[Words, Words | None, float], ...]
    """Value, second line, and the length of the bar, by column."""
    widths: Sequence[float]
    height: float
    is_head: bool = False

    @classmethod
    def of_head(cls, columns: Sequence[Column], widths: Sequence[float]) -> _Row:
        font = report_font(_HEAD, bold=True)
        cells: list[tuple[Words, Words | None, float]] = [
            (Words.of(c.title, font, w - 2 * _PAD, LIGHT.muted, is_right=c.is_number), None, 0.0)
            for c, w in zip(columns, widths, strict=True)
        ]
        height = max(words.height for words, _, _ in cells) + 2 * 4
        return cls(tuple(cells), widths, height, is_head=True)

    @classmethod
    def of(cls, row: Sequence[Cell], columns: Sequence[Column], widths: Sequence[float]) -> _Row:
        cells = [
            _cell(cell, width - 2 * _PAD, is_right=column.is_number)
            for cell, column, width in zip(row, columns, widths, strict=True)
        ]
        high = max(
            words.height + (under.height if under else 0) + (4 if bar else 0)
            for words, under, bar in cells
        )
        return cls(tuple(cells), widths, high + 2 * 3)

    def draw(self, y: float, painter: QPainter) -> None:
        """Draw it with its upper edge there."""
        if self.is_head:
            painter.fillRect(QRectF(0, y, PAGE_WIDTH, self.height), QColor(LIGHT.raised))
        x = 0.0
        for (words, under, bar), width in zip(self.cells, self.widths, strict=True):
            inner = width - 2 * _PAD
            top = y + (4 if self.is_head else 3)
            words.draw(x + _PAD, top, inner, painter)
            if under is not None:
                under.draw(x + _PAD, top + words.height, inner, painter)
            if bar:
                foot = QRectF(x + _PAD, top + words.height + 1, inner * min(bar, 1.0), 2.2)
                painter.fillRect(foot, QColor(LIGHT.accent))
            x += width
        painter.setPen(QPen(QColor(LIGHT.border if self.is_head else LIGHT.row_line), 0.8))
        painter.drawLine(QPointF(0, y + self.height), QPointF(PAGE_WIDTH, y + self.height))


def _cell(cell: Cell, width: float, *, is_right: bool) -> tuple[Words, Words | None, float]:
    font = report_font(_SIZE, bold=cell.tone is Tone.BAD)
    words = Words.of(cell.text, font, width, tone_color(cell.tone), is_right=is_right)
    if not cell.under:
        return words, None, cell.part
    under = Words.of(cell.under, report_font(_UNDER), width, LIGHT.muted, is_right=is_right)
    return words, under, cell.part


def _put(pages: Pages, row: _Row) -> None:
    pages.add(partial(row.draw, pages.y))
    pages.move(row.height)
