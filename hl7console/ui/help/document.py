"""A help page laid out by Qt, in the colours of the theme."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import (
    QBrush,
    QFont,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTable,
)

from hl7console.ui.help.pages import Page, anchor_of
from hl7console.ui.theme import GRID, fixed_font, text_font, theme

TEXT_PX = 14
"""Size of the text: it is read, not scanned."""
_CODE_PX = 13
_HEADING_PX = {1: 24, 2: 18, 3: 15}
_LINE_PERCENT = 135.0
_PROPORTIONAL = QTextBlockFormat.LineHeightTypes.ProportionalHeight.value
_NARROWEST_SHARE = 0.25
_CODE_BLOCK = int(QTextFormat.Property.BlockCodeFence)


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters that take a format of their own."""

    start: int
    end: int
    is_link: bool
    is_code: bool


def write_page(document: QTextDocument, page: Page) -> dict[str, int]:
    """Fill a document with a page, and return where each anchor is. GUI thread only.

    Returns:
        The position of the heading, in characters, by anchor.
    """
    document.setUndoRedoEnabled(False)
    document.setDefaultFont(text_font(TEXT_PX))
    document.setIndentWidth(3 * GRID)
    document.setDocumentMargin(2 * GRID)
    document.setMarkdown(page.markdown)
    anchors: dict[str, int] = {}
    runs: list[_Run] = []
    block = document.begin()
    while block.isValid():
        level = block.blockFormat().headingLevel()
        if level:
            anchors.setdefault(anchor_of(block.text()), block.position())
        runs += _runs(block)
        block = block.next()
    # One edit: the page is laid out once, not after each step.
    edit = QTextCursor(document)
    edit.beginEditBlock()
    _style_blocks(document)
    _style_runs(document, runs)
    for frame in document.rootFrame().childFrames():
        if isinstance(frame, QTextTable):
            _style_table(frame)
    edit.endEditBlock()
    return anchors


def _runs(block: QTextBlock) -> list[_Run]:
    found = []
    it = block.begin()
    while not it.atEnd():
        fragment = it.fragment()
        style = fragment.charFormat()
        if style.isAnchor() or style.fontFixedPitch():
            start = fragment.position()
            end = start + fragment.length()
            found.append(_Run(start, end, style.isAnchor(), style.fontFixedPitch()))
        it += 1
    return found


def _style_blocks(document: QTextDocument) -> None:
    cursor = QTextCursor(document)
    block = document.begin()
    while block.isValid():
        cursor.setPosition(block.position())
        cursor.setPosition(block.position() + block.length() - 1, QTextCursor.MoveMode.KeepAnchor)
        style = block.blockFormat()
        level = style.headingLevel()
        if level:
            cursor.setCharFormat(_heading_format(level))
            _space(style, 0 if level == 1 else (4 - min(level, 3)) * GRID + GRID, GRID)
        elif style.hasProperty(_CODE_BLOCK):
            cursor.mergeCharFormat(_code_format())
            style.setBackground(QBrush(theme().color("raised")))
            is_last = not block.next().blockFormat().hasProperty(_CODE_BLOCK)
            _space(style, 0, 1.5 * GRID if is_last else 0)
        elif cursor.currentTable() is None:
            is_within_list = block.textList() is not None and block.next().textList() is not None
            _space(style, 0, 4 if is_within_list else GRID)
        if not style.hasProperty(_CODE_BLOCK):  # whose ground would show gaps
            style.setLineHeight(_LINE_PERCENT, _PROPORTIONAL)
        cursor.setBlockFormat(style)
        block = block.next()


def _space(style: QTextBlockFormat, above: float, below: float) -> None:
    style.setTopMargin(above)
    style.setBottomMargin(below)


def _heading_format(level: int) -> QTextCharFormat:
    style = QTextCharFormat()
    style.setProperty(
        int(QTextFormat.Property.FontPixelSize), _HEADING_PX.get(level, _HEADING_PX[3])
    )
    style.setFontWeight(QFont.Weight.DemiBold)
    return style


def _code_format() -> QTextCharFormat:
    font = fixed_font(_CODE_PX)
    style = QTextCharFormat()
    style.setFontFamilies([font.family()])
    style.setProperty(int(QTextFormat.Property.FontPixelSize), _CODE_PX)
    style.setFontFixedPitch(True)
    return style


def _style_runs(document: QTextDocument, runs: list[_Run]) -> None:
    cursor = QTextCursor(document)
    for run in runs:
        cursor.setPosition(run.start)
        cursor.setPosition(run.end, QTextCursor.MoveMode.KeepAnchor)
        if run.is_code:
            style = _code_format()
            style.setBackground(QBrush(theme().color("raised")))
            cursor.mergeCharFormat(style)
        if run.is_link:
            style = QTextCharFormat()
            style.setForeground(QBrush(theme().color("accent")))
            style.setFontUnderline(False)
            cursor.mergeCharFormat(style)


def _style_table(table: QTextTable) -> None:
    style = table.format()
    style.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    style.setCellPadding(GRID * 0.75)
    style.setCellSpacing(0)
    style.setBorder(1)
    style.setBorderCollapse(True)
    style.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    style.setBorderBrush(QBrush(theme().color("border")))
    style.setTopMargin(0.5 * GRID)
    style.setBottomMargin(1.5 * GRID)
    style.setHeaderRowCount(1)
    style.setColumnWidthConstraints(_column_widths(table))
    table.setFormat(style)
    for column in range(table.columns()):
        cell = table.cellAt(0, column)
        head = cell.format()
        head.setBackground(QBrush(theme().color("raised")))
        cell.setFormat(head)


def _column_widths(table: QTextTable) -> list[QTextLength]:
    """Share the width by how much stands in each column, none being very narrow."""
    weights = []
    for column in range(table.columns()):
        cells = [table.cellAt(row, column) for row in range(table.rows())]
        letters = sum(cell.lastPosition() - cell.firstPosition() for cell in cells)
        weights.append(max(1.0, letters / len(cells)))
    smallest = _NARROWEST_SHARE * sum(weights)
    weights = [max(weight, smallest) for weight in weights]
    percent = QTextLength.Type.PercentageLength
    return [QTextLength(percent, 100 * weight / sum(weights)) for weight in weights]
