"""What became of alerts by rule: how many, how long until they were over, the latest."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from hl7console.store.alert_lists import RuleFigures
from hl7console.ui.alerts.words import alerts_text, clock_text, kind_title, severity_look
from hl7console.ui.queues.words import age_text
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import ROW

_COLUMNS = (
    ReportColumn("Severity", 9, is_state=True),
    ReportColumn("Rule", 26),
    ReportColumn("Alerts", 8, is_fixed=True),
    ReportColumn("Open", 6, is_fixed=True),
    ReportColumn("Acknowledged", 15, is_fixed=True),
    ReportColumn("Mean time to recovery", 25, is_fixed=True),
    ReportColumn("Longest", 12, is_fixed=True),
    ReportColumn("Latest", 13, is_fixed=True),
    ReportColumn("Looks at", 24),
)
_RULE = 1


class _FiguresTable(ReportTable):
    """Opens the rule one is at by Enter or a double click."""

    opened = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex().row())
        else:
            super().keyPressEvent(event)


class FiguresView(QWidget):
    """A table of rules. GUI thread only."""

    rule_chosen = Signal(str)
    """Somebody wants to see a rule's alerts."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.table = _FiguresTable("alertFigures", "Alerts by rule", _COLUMNS)
        self.table.verticalHeader().setDefaultSectionSize(ROW)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.table)
        self.summary = ""
        self.table.opened.connect(self._on_opened)
        self.table.doubleClicked.connect(lambda index: self._on_opened(index.row()))

    def show_figures(self, figures: Sequence[RuleFigures], now_us: int) -> None:
        """Show other figures."""
        self.summary = summary_text(figures)
        self.table.rows.set_rows([_row(one, now_us) for one in figures])
        if figures:
            self.table.setCurrentIndex(self.table.rows.index(0, 0))

    @Slot(int)
    def _on_opened(self, row: int) -> None:
        self.rule_chosen.emit(self.table.rows.texts(row)[_RULE])


def _row(one: RuleFigures, now_us: int) -> ReportRow:
    look = severity_look(one.severity)
    over = one.count - one.open_count
    texts = (
        look.text,
        one.rule,
        f"{one.count:,}",
        f"{one.open_count:,}" if one.open_count else "",
        f"{one.acknowledged:,}" if one.acknowledged else "",
        span_text(one.mean_s) if over else "",
        span_text(one.longest_s) if over else "",
        clock_text(one.last_at_us, now_us),
        kind_title(one.kind),
    )
    return ReportRow(texts, look.role)


def span_text(seconds: float) -> str:
    """Return a span as lists of alerts tell it."""
    return age_text(round(seconds * 1_000_000))


def summary_text(figures: Sequence[RuleFigures]) -> str:
    """Return the sum of all rules: how many alerts, and the mean time to recovery."""
    count = sum(one.count for one in figures)
    over = sum(one.count - one.open_count for one in figures)
    if not count:
        return "No alerts"
    if not over:
        return alerts_text(count)
    mean_s = sum(one.mean_s * (one.count - one.open_count) for one in figures) / over
    return f"{alerts_text(count)} · mean time to recovery {span_text(mean_s)}"
