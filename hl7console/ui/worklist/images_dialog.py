"""What images say of an order: a DICOM file or an archive's study held against the line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.errors import ConsoleError, UsageError
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID
from hl7console.ui.worklist import words
from hl7console.ui.worklist.reads import WorklistReads
from hl7console.worklist.comparing import Difference, compare

_ENDINGS = frozenset({".dcm", ".dicom", ".ima"})


def dicom_paths(mime: QMimeData | None) -> list[Path]:
    """Return the DICOM files that are held over the list; none where anything else is with them."""
    if mime is None:
        return []
    paths = [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]
    return paths if all(path.suffix.lower() in _ENDINGS for path in paths) else []


def left_words(paths: Sequence[Path]) -> str:
    """Return which of several files were not taken, as a sentence; "" where all were."""
    others = len(paths) - 1
    if others < 1:
        return ""
    left = "The other file was" if others == 1 else f"The other {others:,} files were"
    return f"{left} not taken: drop the files of one study one at a time."


def compare_file(reads: WorklistReads, path: Path, current: int) -> tuple[int, list[Difference]]:
    """Return the line that a file belongs to, and what differs. Reader's thread.

    It is the line with the file's study or accession; else the one that is in view.

    Raises:
        UsageError: It is no DICOM file, or there is no line to hold it against.
        ConsoleError: It cannot be read.
    """
    from hl7console.dicom.files import read_header  # loads pydicom

    try:
        header = read_header(path)
    except OSError as error:
        raise ConsoleError(f"{path.name} cannot be read: {error.strerror}.") from error
    study = str((header.get("StudyInstanceUID") or ("",))[0])
    accession = str((header.get("AccessionNumber") or ("",))[0])
    found = reads.step_of(study) if study else 0
    if not found and accession:
        found = next(iter(reads.find(accession)), 0)
    step_id = found or current
    lines = reads.full_lines((step_id,)) if step_id else []
    if not lines:
        raise UsageError(
            f"No line has the study or the accession of {path.name}.",
            hint="Choose the line to hold it against first.",
        )
    return step_id, compare(lines[0], header)


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


def difference_row(found: Difference) -> tuple[str, str, str, str]:
    """Return the line of one difference."""
    source = found.source
    came = ""
    if source is not None:
        who = f"message {source.entry}" if source.entry > 0 else "an operator or a modality"
        came = ", ".join(part for part in (who, source.path) if part)
    name = words.column_words(found.column) if found.column else found.keyword
    return name.capitalize(), found.in_images or "nothing", found.in_order or "nothing", came
