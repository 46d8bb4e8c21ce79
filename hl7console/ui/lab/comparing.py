"""Compare two messages that are pasted or typed, or files and folders."""

from __future__ import annotations

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from hl7console.errors import ConsoleError
from hl7console.hl7v2.composing import composed
from hl7console.ui.compare.folders import open_folders
from hl7console.ui.compare.opening import Pair, close_comparisons, open_pair
from hl7console.ui.theme import GRID, fixed_font


class Comparing(QWidget):
    """The page *Compare*. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("labComparing")
        self.left = _text("compareLeft", "Message on the left, one segment a line")
        self.right = _text("compareRight", "Message on the right, one segment a line")
        sides = QSplitter(Qt.Orientation.Horizontal)
        sides.setChildrenCollapsible(False)
        for text in (self.left, self.right):
            sides.addWidget(text)
            text.textChanged.connect(self._settle)
        about = QLabel(
            "Paste a message on each side. For two stored messages, choose both in Messages and"
            " press Compare there."
        )
        about.setProperty("role", "muted")
        about.setWordWrap(True)
        self._fault = QLabel()
        self._fault.setObjectName("compareFault")
        self._fault.setProperty("role", "error")
        self.folders_button = QPushButton("Files or folders…")
        self.folders_button.setObjectName("compareFolders")
        self.folders_button.clicked.connect(self._on_folders)
        self.compare_button = QPushButton("Compare")
        self.compare_button.setObjectName("compareGo")
        self.compare_button.setProperty("kind", "primary")
        self.compare_button.setToolTip("Show them side by side (Ctrl+Enter)")
        self.compare_button.clicked.connect(self._on_compare)
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self._fault, 1)
        row.addWidget(self.folders_button)
        row.addWidget(self.compare_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        layout.setSpacing(GRID)
        layout.addWidget(about)
        layout.addWidget(sides, 1)
        layout.addLayout(row)
        key = QShortcut("Ctrl+Return", self)
        key.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        key.activated.connect(self.compare_button.click)
        self._settle()

    @Slot()
    def _settle(self) -> None:
        self._fault.setText("")
        both = all(text.toPlainText().strip() for text in (self.left, self.right))
        self.compare_button.setEnabled(both)

    @Slot()
    def _on_compare(self) -> None:
        try:
            left, right = composed(self.left.toPlainText()), composed(self.right.toPlainText())
        except ConsoleError as error:
            self._fault.setText(error.full_text)
            return
        open_pair(self, Pair(left, right, ("Left", "Right")))

    @Slot()
    def _on_folders(self) -> None:
        open_folders(self)

    def stop(self) -> None:
        """Close the windows that were opened from here."""
        close_comparisons(self.window())


def _text(name: str, title: str) -> QPlainTextEdit:
    text = QPlainTextEdit()
    text.setObjectName(name)
    text.setAccessibleName(title)
    text.setPlaceholderText(title)
    text.setFont(fixed_font())
    text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
    text.setTabChangesFocus(True)
    text.setAcceptDrops(False)  # files dropped here are for the window to import
    return text
