"""The tab *Why?*: the chain of entries, and why a chosen station is not shown the line."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QComboBox, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hl7console.ui.theme import GRID
from hl7console.ui.worklist.paper import Paper


class WhyPane(QWidget):
    """A question about a station over the chain. GUI thread only."""

    station_asked = Signal(str)
    """AE title of the station that the user asks about; "" for none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("whyPane")
        self.page = Paper("stepWhy", "Why the line looks as it does")
        self.station = QComboBox()
        self.station.setObjectName("whyStation")
        self.station.setAccessibleName("Station that does not see the line")
        self.station.setEditable(True)
        self.station.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.station.setMinimumWidth(128)
        edit = self.station.lineEdit()
        if edit is not None:
            edit.setPlaceholderText("station")
        self.verdict = QLabel()
        self.verdict.setObjectName("whyVerdict")
        self.verdict.setWordWrap(True)
        self.verdict.setTextFormat(Qt.TextFormat.PlainText)
        self.verdict.hide()
        self.bar = QFrame()
        row = QHBoxLayout()
        row.setSpacing(GRID)
        before = QLabel("Does")
        before.setProperty("role", "muted")
        after = QLabel("see this line?")
        after.setProperty("role", "muted")
        row.addWidget(before)
        row.addWidget(self.station)
        row.addWidget(after)
        row.addStretch(1)
        column = QVBoxLayout(self.bar)
        column.setContentsMargins(12, GRID, 12, 0)
        column.setSpacing(GRID)
        column.addLayout(row)
        column.addWidget(self.verdict)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.bar)
        layout.addWidget(self.page, 1)
        self.station.activated.connect(self._on_asked)
        if edit is not None:
            edit.returnPressed.connect(self._on_asked)

    def show_chain(self, write: Callable[[], str], *, keeps_place: bool) -> None:
        """Show the chain."""
        self.page.show_page(write, keeps_place=keeps_place)
        if self.asked:
            self._on_asked()

    def set_stations(self, names: Sequence[str]) -> None:
        """Offer these stations."""
        kept = self.station.currentText()
        self.station.blockSignals(True)
        self.station.clear()
        self.station.addItem("")
        self.station.addItems(list(names))
        self.station.setEditText(kept)
        self.station.blockSignals(False)

    @property
    def asked(self) -> str:
        """The station that is asked about."""
        return self.station.currentText().strip()

    def answer(self, text: str, token: str) -> None:
        """Say what keeps the line off the station; nothing takes the answer away."""
        self.verdict.setText(text)
        self.verdict.setVisible(bool(text))
        self.verdict.setProperty("role", {"ok": "ok", "err": "error"}.get(token, "warning"))
        self.verdict.style().unpolish(self.verdict)
        self.verdict.style().polish(self.verdict)

    @Slot()
    def _on_asked(self) -> None:
        self.station_asked.emit(self.asked)
