"""What was changed, field by field, and what is wrong: two tabs below the text."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabWidget, QVBoxLayout, QWidget

from hl7console.hl7v2.compare import Difference, DifferenceKind, shown_place
from hl7console.hl7v2.dictionary import Dictionary
from hl7console.hl7v2.findings import Finding, worst
from hl7console.ui.inspector.problems_view import ProblemsView
from hl7console.ui.inspector.severity import LOOKS
from hl7console.ui.report_table import ReportColumn, ReportModel, ReportRow, ReportTable
from hl7console.ui.theme import Theme, theme

_COLUMNS = (
    ReportColumn("Field", 14, is_fixed=True),
    ReportColumn("Name", 40),
    ReportColumn("Was", 22, is_fixed=True),
    ReportColumn("Is", 30, is_fixed=True),
)
_SHARES = (0.16, 0.4, 0.18)
"""Of the width, for the first columns; the last takes the rest."""
_SCROLL_BAR_PX = 14
_LONGEST = 200
_WAS, _IS = 2, 3
MOST_SHOWN = 2_000
"""Changes that are listed."""


class _ChangesModel(ReportModel):
    """Rows of changes: what was in red, what is in green."""

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:  # type: ignore[override]
        if role == Qt.ItemDataRole.ForegroundRole and index.isValid():
            color = {1: "muted", _WAS: "err", _IS: "ok"}.get(index.column())
            return theme().color(color) if color else None
        return super().data(index, role)


class ChangesPane(QTabWidget):
    """The tabs *Changes* and *Problems*. GUI thread only."""

    difference_chosen = Signal(object)
    """The user chose a `Difference`."""
    finding_chosen = Signal(object)
    """The user chose a `Finding`."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("editChangesTabs")
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setExpanding(False)
        self.tabBar().setAccessibleName("Changes and problems")
        self.changes = ReportTable("editChanges", "Changes", _COLUMNS)
        self.changes.rows = _ChangesModel(_COLUMNS, self.changes)
        self.changes.setModel(self.changes.rows)
        self.problems = ProblemsView()
        page = QWidget()
        page.setProperty("role", "surface")
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.changes)
        page.setFocusProxy(self.changes)
        self.addTab(page, "No changes")
        self.addTab(self.problems, "Problems")
        self.setTabToolTip(0, "What is different from the original (Alt+4)")
        self.setTabToolTip(1, "What is wrong with the message (Alt+5)")
        self._differences: Sequence[Difference] = ()
        self._findings: Sequence[Finding] = ()
        current: Theme = theme()
        current.changed.connect(self._on_theme_changed)
        self.changes.activated.connect(self._on_chosen)
        self.changes.clicked.connect(self._on_chosen)
        self.problems.finding_clicked.connect(self.finding_chosen)

    def show_changes(self, differences: Sequence[Difference], dictionary: Dictionary) -> None:
        """List these."""
        self._differences = differences[:MOST_SHOWN]
        self.changes.rows.set_rows([change_row(d, dictionary) for d in self._differences])
        count = len(differences)
        words = "1 change" if count == 1 else f"{count:,} changes" if count else "No changes"
        self.setTabText(0, words)

    def show_problems(self, findings: Sequence[Finding]) -> None:
        """List these."""
        self.problems.set_findings(findings)
        self._findings = findings
        count = len(findings)
        self.setTabText(1, f"Problems · {count:,}" if count else "Problems")
        severity = worst(findings)
        role = LOOKS[severity].role if severity is not None else "muted"
        self.tabBar().setTabTextColor(1, theme().color(role))

    @Slot()
    def _on_theme_changed(self) -> None:
        self.show_problems(self._findings)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        width = self.width() - _SCROLL_BAR_PX
        for column, share in enumerate(_SHARES):
            self.changes.setColumnWidth(column, int(width * share))

    @Slot(QModelIndex)
    def _on_chosen(self, index: QModelIndex) -> None:
        if index.row() < len(self._differences):
            self.difference_chosen.emit(self._differences[index.row()])


def change_row(difference: Difference, dictionary: Dictionary) -> ReportRow:
    """Return the line of a difference: field, name, what it was, what it is."""
    name = difference.name if difference.name != shown_place(difference) else ""
    if difference.kind is DifferenceKind.MOVED:
        return ReportRow((shown_place(difference), name, "", "moved"))
    was, now = (_words(value) for value in (difference.left, difference.right))
    path = difference.path_right
    if difference.right and path is not None and not difference.is_segment:
        now += _meaning(path.segment, path.field or 0, path.component, difference.right, dictionary)
    if difference.kind is DifferenceKind.TRAILING and was == now:
        was, now = "", "separators or line ends"
    return ReportRow((shown_place(difference), name, was, now))


def _words(value: str | None) -> str:
    if value is None:
        return "(absent)"
    if value == "":
        return "(empty)"
    if value == '""':
        return "(null)"
    cut = value[:_LONGEST] + ("…" if len(value) > _LONGEST else "")
    return " ⏎ ".join(cut.replace("\r", "\n").split("\n"))


def _meaning(
    segment: str, field: int, component: int | None, value: str, dictionary: Dictionary
) -> str:
    """Return what a code means, where the place has a table."""
    definition = dictionary.field(segment, field)
    table = definition.table if definition is not None else ""
    if definition is not None and (component or 1) > 1:
        part = dictionary.component(definition.type, component or 1)
        table = part.table if part is not None else ""
    elif definition is not None and not table:
        part = dictionary.component(definition.type, 1)
        table = part.table if part is not None else ""
    found = dictionary.table(table) if table else None
    meaning = found.values.get(value.strip(), "") if found is not None else ""
    return f" · {meaning}" if meaning else ""
