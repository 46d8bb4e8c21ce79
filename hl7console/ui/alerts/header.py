"""The bars of the place Alerts: which alerts, what to do with them, and what narrows the list."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from hl7console.settings.alerts import SEVERITIES
from hl7console.store.alert_lists import AlertList
from hl7console.ui.alerts.words import severity_look
from hl7console.ui.search_frame import SearchFrame
from hl7console.ui.theme import BAR, GRID
from hl7console.ui.worklist.filters import ChoiceButton, OneButton

_TYPING_MS = 200
ENGINE = "hl7console itself"
"""What alerts of no interface are found under."""

SPANS = (("7", "Last 7 days"), ("30", "Last 30 days"), ("90", "Last 90 days"), ("0", "All"))
"""Days that the figures look back over."""


class View(StrEnum):
    """What the place shows."""

    OPEN = "open"
    PAST = "past"
    FIGURES = "figures"


_TITLES = {View.OPEN: "Open", View.PAST: "Past", View.FIGURES: "By rule"}


class AlertSearch(SearchFrame):
    """A line that narrows the list by words. GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        self.edit = QLineEdit()
        self.edit.setObjectName("alertSearch")
        self.edit.setAccessibleName("Search alerts")
        self.edit.setPlaceholderText("Words, interface, sample ID, note")
        super().__init__(self.edit, _TYPING_MS, parent)
        self.setMinimumWidth(180)
        self.setFixedHeight(28)
        self._clear.setVisible(False)
        self.edit.textChanged.connect(self._on_typed)
        self._timer.timeout.connect(self.changed)

    @property
    def text(self) -> str:
        """What is searched for."""
        return self.edit.text()

    def set_text(self, text: str) -> None:
        """Search for something else, at once."""
        self.edit.setText(text)
        self._timer.stop()
        self.changed.emit()

    @Slot()
    def _on_typed(self) -> None:
        self._clear.setVisible(bool(self.edit.text()))
        self._timer.start()


class AlertHeader(QWidget):
    """Two bars. GUI thread only."""

    view_changed = Signal()
    narrowed = Signal()
    """Something else narrows the list."""
    span_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = View.OPEN
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self._built_top())
        column.addWidget(self._built_filters())
        self.show_view(View.OPEN)

    def _built_top(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("topBar")
        bar.setFixedHeight(BAR)
        self._row = QHBoxLayout(bar)
        self._row.setContentsMargins(12, 0, 12, 0)
        self._row.setSpacing(GRID)
        self._views = QButtonGroup(self)
        self._views.setExclusive(True)
        for number, view in enumerate(View):
            button = QPushButton(_TITLES[view])
            button.setObjectName(f"alerts.{view}View")
            button.setCheckable(True)
            self._views.addButton(button, number)
            self._row.addWidget(button)
        self._views.idClicked.connect(self._on_view)
        self._row.addStretch(1)
        return bar

    def _built_filters(self) -> QFrame:
        bar = QFrame()
        bar.setProperty("role", "filters")
        row = QHBoxLayout(bar)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(GRID)
        self.severities = ChoiceButton("alerts.severities", "severities")
        self.severities.set_options([(s, severity_look(s).text) for s in reversed(SEVERITIES)])
        self.subjects = ChoiceButton("alerts.subjects", "interfaces")
        self.rules = ChoiceButton("alerts.rules", "rules")
        self.search = AlertSearch()
        self.span = OneButton("alerts.span", "span", SPANS)
        self.told = QLabel()
        self.told.setObjectName("alertsTold")
        self.told.setProperty("role", "muted")
        self._narrowing: tuple[QWidget, ...] = (
            self.severities, self.subjects, self.rules, self.search,
        )  # fmt: skip
        for part in (self.severities, self.subjects, self.rules):
            part.changed.connect(self.narrowed)
            row.addWidget(part)
        row.addWidget(self.search, 1)
        row.addWidget(self.span)
        row.addStretch(1)
        row.addWidget(self.told)
        self.search.changed.connect(self.narrowed)
        self.span.changed.connect(self.span_changed)
        return bar

    def add_button(self, button: QWidget) -> None:
        """Put a button at the end of the upper bar."""
        self._row.addWidget(button)

    # What is shown

    def wanted(self) -> AlertList:
        """Return the list that is wanted."""
        return AlertList(
            is_open=self.view is View.OPEN,
            severities=self.severities.chosen(),
            subjects=tuple("" if s == ENGINE else s for s in self.subjects.chosen()),
            rules=self.rules.chosen(),
            text=self.search.text,
        )

    @property
    def span_days(self) -> int:
        """How many days the figures look back over; 0 for all."""
        return int(self.span.value)

    def widen(self) -> None:
        """Let nothing narrow the list any more."""
        self.blockSignals(True)
        self.severities.choose(())
        self.subjects.choose(())
        self.rules.choose(())
        self.search.set_text("")
        self.blockSignals(False)
        self.narrowed.emit()

    def narrow_to_rule(self, rule: str) -> None:
        """Show one rule's alerts only."""
        self.blockSignals(True)
        self.severities.choose(())
        self.subjects.choose(())
        self.search.set_text("")
        self.rules.choose((rule,))
        self.blockSignals(False)
        self.narrowed.emit()

    def offer(self, subjects: Sequence[str], rules: Sequence[str]) -> None:
        """Offer what there are alerts of."""
        self.subjects.set_options([(s or ENGINE, s or ENGINE) for s in subjects])
        self.rules.set_options([(rule, rule) for rule in rules])

    def set_open_count(self, count: int) -> None:
        """Show how many are open."""
        text = f"{_TITLES[View.OPEN]} · {count:,}" if count else _TITLES[View.OPEN]
        self._views.button(0).setText(text)

    def tell(self, text: str) -> None:
        """Say something at the end of the lower bar."""
        self.told.setText(text)

    def show_view(self, view: View) -> None:
        """Go to open alerts, past ones, or the figures by rule."""
        self._views.button(list(View).index(view)).setChecked(True)
        is_list = view is not View.FIGURES
        for part in self._narrowing:
            part.setVisible(is_list)
        self.span.setVisible(not is_list)
        if view is not self.view:
            self.view = view
            self.view_changed.emit()

    @Slot(int)
    def _on_view(self, number: int) -> None:
        self.show_view(list(View)[number])
