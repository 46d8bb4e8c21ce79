"""Prints a report as PDF: pages with text that can be searched, and plots as shapes.

Any thread that has an application object behind it; nothing here touches widgets.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from PySide6.QtCore import QMarginsF, QRectF, QSizeF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPageLayout, QPageSize, QPainter, QPdfWriter

from hl7console.engine.reports.blocks import Document
from hl7console.ui.reports.pages import PAGE_WIDTH, Page, Pages, report_font

MARGIN_MM = 14.0
"""White around what is printed, in millimetres."""

_FOOT_MM = 6.0
_DOTS_PER_INCH = 600
_MUTED = "#5A6673"


def print_without_window(document: Document, path: Path) -> None:
    """Print a report in a program that has no window, and maybe no screen. Main thread.

    Raises:
        OSError: The file cannot be written.
    """
    if QGuiApplication.instance() is None:
        if sys.platform not in ("win32", "darwin"):
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        application = QGuiApplication([])
        application.setApplicationName("hl7console")
    print_report(document, path)


def print_report(document: Document, path: Path) -> None:
    """Print a report as PDF.

    Raises:
        OSError: The file cannot be written.
    """
    path.touch()  # says why it can't be, which Qt does not
    writer = QPdfWriter(str(path))
    writer.setTitle(document.title)
    writer.setCreator("hl7console")
    writer.setResolution(_DOTS_PER_INCH)
    margins = QMarginsF(MARGIN_MM, MARGIN_MM, MARGIN_MM, MARGIN_MM + _FOOT_MM)
    writer.setPageLayout(
        QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4),
            QPageLayout.Orientation.Portrait,
            margins,
            QPageLayout.Unit.Millimeter,
        )
    )
    size = QSizeF(writer.width(), writer.height())
    scale = size.width() / PAGE_WIDTH
    pages = Pages(size.height() / scale).laid_out(document)
    painter = QPainter()
    if not painter.begin(writer):
        raise OSError(None, "the file cannot be written")
    try:
        painter.scale(scale, scale)
        for number, page in enumerate(pages):
            if number:
                writer.newPage()
            _print(painter, page, size.height() / scale, f"{number + 1} of {len(pages)}", document)
    finally:
        painter.end()


def _print(painter: QPainter, page: Page, height: float, number: str, document: Document) -> None:
    for draw in page:
        draw(painter)
    painter.setFont(report_font(9))
    painter.setPen(QColor(_MUTED))
    foot = QRectF(0, height + 6, PAGE_WIDTH, 14)
    painter.drawText(foot, Qt.AlignmentFlag.AlignRight, f"Page {number}")
    painter.drawText(foot, Qt.AlignmentFlag.AlignLeft, document.title)
