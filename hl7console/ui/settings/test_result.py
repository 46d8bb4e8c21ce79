"""What a test or a save gave, under the form."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QLabel, QWidget

from hl7console.engine.console import JobReport
from hl7console.errors import ConsoleError
from hl7console.ui.theme import GRID, fixed_font


class TestResult(QFrame):
    """One sentence, and name and value pairs below it. GUI thread only."""

    __test__ = False

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("testResult")
        self.setProperty("role", "notice")
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(3 * GRID, GRID, 3 * GRID, GRID)
        self._grid.setColumnStretch(1, 1)
        self._grid.setHorizontalSpacing(2 * GRID)
        self._grid.setVerticalSpacing(2)
        self._text = QLabel()
        self._text.setObjectName("testResultText")
        self._text.setWordWrap(True)
        self._text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._grid.addWidget(self._text, 0, 0, 1, 2)
        self._pairs: list[QWidget] = []
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return self._text.text()

    def begin(self, text: str) -> None:
        """Say that something is under way."""
        self._show(text, "", ())

    def show_good(self, text: str, details: tuple[tuple[str, str], ...]) -> None:
        """Say that it went well."""
        self._show(text, "ok", details)

    def show_report(self, report: JobReport) -> None:
        """Say what came of a change."""
        self._show(report.text or "Saved.", "err" if report.is_fault else "ok", report.details)

    def show_fault(self, error: ConsoleError) -> None:
        """Say what is wrong and what to do."""
        self._show(error.full_text, "err", ())

    def _show(self, text: str, tone: str, details: tuple[tuple[str, str], ...]) -> None:
        for old in self._pairs:
            old.hide()
            old.deleteLater()
        self._pairs.clear()
        self._text.setText(text)
        for row, (name, value) in enumerate(details, start=1):
            title, shown = QLabel(name), QLabel(value)
            title.setProperty("role", "muted")
            shown.setFont(fixed_font())
            shown.setWordWrap(True)
            shown.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(shown, row, 1)
            self._pairs += [title, shown]
        self.setProperty("tone", tone)
        self.style().unpolish(self)
        self.style().polish(self)
        self.show()
