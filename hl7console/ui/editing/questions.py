"""Two small questions of the editor: which segment to insert, and what to save a message as."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QStringListModel, Qt, Slot
from PySide6.QtWidgets import (
    QCompleter,
    QDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.ui.theme import GRID, fixed_font

_BETWEEN = " · "


class LineQuestion(QDialog):
    """Asks for one line. GUI thread only.

    Args:
        name: Its object name.
        title: What is asked.
        button: What its button says.
        offers: What can be chosen: what is meant, and what it is called.
        parent: The window.
    """

    def __init__(
        self,
        name: str,
        title: str,
        button: str,
        offers: Sequence[tuple[str, str]] = (),
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.setMinimumWidth(440)
        self._offers = {_BETWEEN.join(part for part in offer if part): offer[0] for offer in offers}
        heading = QLabel(title)
        heading.setProperty("role", "heading")
        self.box = QLineEdit()
        self.box.setObjectName(f"{name}Box")
        self.box.setAccessibleName(title)
        self.box.setFont(fixed_font())
        if self._offers:
            completer = QCompleter(QStringListModel(list(self._offers), self), self)
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
            completer.setMaxVisibleItems(12)
            self.box.setCompleter(completer)
        self._accept = QPushButton(button)
        self._accept.setProperty("kind", "primary")
        self._accept.setDefault(True)
        self._accept.setEnabled(False)
        self._accept.clicked.connect(self.accept)
        cancel = QPushButton("Cancel")
        cancel.clicked.connect(self.reject)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self._accept)
        column = QVBoxLayout(self)
        column.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        column.setSpacing(GRID)
        column.addWidget(heading)
        column.addWidget(self.box)
        column.addLayout(row)
        self.box.textChanged.connect(self._on_changed)

    @property
    def answer(self) -> str:
        """What was typed, or what the offer means that was chosen."""
        text = self.box.text().strip()
        return self._offers.get(text, text)

    @Slot()
    def _on_changed(self) -> None:
        self._accept.setEnabled(bool(self.answer))
