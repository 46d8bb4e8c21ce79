"""What images say of an order: DICOM files or an archive's study held against the line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID

_ENDINGS = frozenset({".dcm", ".dicom", ".ima"})


def dicom_paths(mime: QMimeData | None) -> list[Path]:
    """Return the DICOM files that are held over the list; none where anything else is with them."""
    if mime is None:
        return []
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths if all(path.suffix.lower() in _ENDINGS for path in paths) else []


class ImagesDialog(QDialog):
    """Says what agrees and lists what does not. GUI thread only.

    Args:
        title: What was held against the order.
        text: What came of it.
        is_good: Nothing differs.
        rows: Attribute, value in the images, value in the order, and where that came from.
    """

    def __init__(
        self,
        title: str,
        text: str,
        *,
        is_good: bool,
        rows: Sequence[tuple[str, str, str, str]],
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("imagesDialog")
        self.setWindowTitle("Images and order")
        heading = QLabel(title)
        heading.setProperty("role", "title")
        self.text = QLabel(text)
        self.text.setObjectName("imagesText")
        self.text.setProperty("role", "ok" if is_good else "warning")
        self.text.setWordWrap(True)
        columns = (
            ReportColumn("Attribute", 22),
            ReportColumn("Images", 24, is_fixed=True),
            ReportColumn("Order", 24, is_fixed=True),
            ReportColumn("The order's value came from", 26),
        )
        self.table = ReportTable("imagesTable", "What differs", columns, wraps=True)
        self.table.rows.set_rows([ReportRow(row) for row in rows])
        self.table.setVisible(bool(rows))
        close = QPushButton("Close")
        close.setObjectName("imagesClose")
        close.clicked.connect(self.accept)
        bar = QHBoxLayout()
        bar.addStretch(1)
        bar.addWidget(close)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        for part in (heading, self.text):
            layout.addWidget(part)
        layout.addWidget(self.table, 1)
        layout.addLayout(bar)
        self.resize(820 if rows else 460, 360 if rows else 140)
