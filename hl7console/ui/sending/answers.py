"""What each message's sending gave: a table, and a choice of which answers it shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from hl7console.engine.console import SendResult
from hl7console.store.records import DeliveryState
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID

_ROLES = {
    DeliveryState.ACCEPTED: "ok",
    DeliveryState.COMMITTED: "ok",
    DeliveryState.REJECTED: "err",
    DeliveryState.UNKNOWN: "warn",
}
_ALL = ""


def result_row(result: SendResult) -> ReportRow:
    """Return the line of one message's sending."""
    role = _ROLES.get(DeliveryState(result.state), "muted")
    answer = f"{result.ack_code} {result.text}".strip()
    if result.destination:
        answer = f"{result.destination}: {answer}"
    if result.receiver_text:
        answer += f"\nThe receiver says: {result.receiver_text}"
    took = f"{result.round_trip_s * 1000:,.0f} ms" if result.round_trip_s > 0 else ""
    return ReportRow((result.control_id, result.state, took, answer), role)


def result_table(parent: QWidget | None = None) -> ReportTable:
    """Return an empty table of answers."""
    columns = (
        ReportColumn("Control ID", 18, is_fixed=True),
        ReportColumn("Result", 11, is_state=True),
        ReportColumn("Took", 9, is_fixed=True),
        ReportColumn("Answer", 40),
    )
    return ReportTable("sendResults", "Answers", columns, parent, wraps=True)


def answer_of(result: SendResult) -> str:
    """Return by what answers are told apart: state and code."""
    return f"{result.state} {result.ack_code}".strip()


class Answers(QWidget):
    """The table with its choice over it. GUI thread only."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._results: tuple[SendResult, ...] = ()
        self.which = QComboBox()
        self.which.setObjectName("answersShown")
        self.which.setAccessibleName("Which answers are listed")
        self.which.currentIndexChanged.connect(self._on_chosen)
        self._more = QLabel()
        self._more.setProperty("role", "muted")
        self.table = result_table()
        row = QHBoxLayout()
        row.setSpacing(GRID)
        row.addWidget(self.which)
        row.addWidget(self._more, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(GRID)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)

    def show_results(self, results: Sequence[SendResult], total: int) -> None:
        """List answers, those that failed first where some did.

        Args:
            results: Those that the report names.
            total: How many there were.
        """
        self._results = tuple(results)
        counts = Counter(answer_of(result) for result in results)
        self.which.blockSignals(True)
        self.which.clear()
        self.which.addItem(f"All answers ({len(results):,})", _ALL)
        for answer, count in counts.most_common():
            self.which.addItem(f"{answer} ({count:,})", answer)
        self.which.blockSignals(False)
        self.which.setVisible(len(counts) > 1)
        more = total - len(results)
        self._more.setText(
            f"{more:,} more went well and are not listed; each message has them under Path."
            if more > 0
            else ""
        )
        self._on_chosen()

    @Slot()
    def _on_chosen(self) -> None:
        wanted = self.which.currentData() or _ALL
        shown = [r for r in self._results if wanted in (_ALL, answer_of(r))]
        self.table.rows.set_rows([result_row(result) for result in shown])
