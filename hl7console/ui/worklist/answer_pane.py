"""The tab *C-FIND answer*: what the worklist service would send for the line."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hl7console.ui.theme import GRID
from hl7console.ui.worklist.paper import Paper


class AnswerPane(QWidget):
    """A data set as text, for a chosen calling AE. GUI thread only."""

    caller_chosen = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("answerPane")
        self.caller = QComboBox()
        self.caller.setObjectName("answerCaller")
        self.caller.setAccessibleName("Calling AE title")
        self.caller.setEditable(True)
        self.caller.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.caller.setMinimumWidth(150)
        self.page = Paper("stepAnswer", "C-FIND answer")
        bar = QFrame()
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, GRID, 12, 0)
        row.setSpacing(GRID)
        label = QLabel("Answer to")
        label.setProperty("role", "muted")
        row.addWidget(label)
        row.addWidget(self.caller)
        row.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(bar)
        layout.addWidget(self.page, 1)
        self.caller.activated.connect(lambda *_: self.caller_chosen.emit(self.chosen))
        edit = self.caller.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("any modality")
            edit.returnPressed.connect(lambda: self.caller_chosen.emit(self.chosen))

    @property
    def chosen(self) -> str:
        """The calling AE title; "" for one without rules of its own."""
        return self.caller.currentText().strip()

    def set_callers(self, names: Sequence[str]) -> None:
        """Offer these calling AE titles."""
        kept = self.chosen
        self.caller.blockSignals(True)
        self.caller.clear()
        self.caller.addItem("")
        self.caller.addItems(list(names))
        self.caller.setEditText(kept)
        self.caller.blockSignals(False)
