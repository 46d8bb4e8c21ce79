"""The bar of filters: day, modality, station, state, priority, what is incomplete, and groups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from PySide6.QtCore import QDate, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QDateEdit,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QWidget,
    QWidgetAction,
)

from hl7console.store.worklist.records import LineQuery
from hl7console.ui.icons import set_icon
from hl7console.ui.theme import GRID
from hl7console.ui.worklist import words

DAYS = (
    ("today", "Today"),
    ("tomorrow", "Tomorrow"),
    ("week", "Next 7 days"),
    ("all", "All days"),
    ("range", "From … to …"),
)
GROUPS = (
    ("", "No groups"),
    ("day", "Day"),
    ("modality", "Modality"),
    ("station", "Station"),
    ("state", "State"),
    ("patient", "Patient"),
)


class ChoiceButton(QPushButton):
    """A button with a menu of values that can be ticked; none ticked means all.

    Args:
        name: Object name.
        noun: What it is, in the plural: ``modalities``.
    """

    changed = Signal()

    def __init__(self, name: str, noun: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._noun = noun
        self.menu_of = QMenu(self)
        self.menu_of.setObjectName(f"{name}Menu")
        self._actions: dict[str, QAction] = {}
        self.setMenu(self.menu_of)
        set_icon(self, "chevron-down", size=12)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.set_options(())

    def set_options(self, options: Sequence[tuple[str, str]]) -> None:
        """Offer these (value, title) pairs; what is ticked stays so."""
        chosen = set(self.chosen())
        self.menu_of.clear()
        self._actions.clear()
        everything = self.menu_of.addAction(f"All {self._noun}")
        everything.triggered.connect(lambda *_: self.choose(()))
        self.menu_of.addSeparator()
        known = dict(options) | {v: v for v in sorted(chosen) if v not in dict(options)}
        for value, title in known.items():
            action = self.menu_of.addAction(title)
            action.setCheckable(True)
            action.setChecked(value in chosen)
            action.toggled.connect(self._on_toggled)
            self._actions[value] = action
        self._tell()

    def options(self) -> list[tuple[str, str]]:
        """Return what is offered, as (value, title) pairs."""
        return [(value, action.text()) for value, action in self._actions.items()]

    def chosen(self) -> tuple[str, ...]:
        """Return the values that are ticked."""
        return tuple(value for value, action in self._actions.items() if action.isChecked())

    def choose(self, values: Sequence[str]) -> None:
        """Tick these, and no others."""
        for value in values:
            if value not in self._actions:
                self.set_options([*((v, a.text()) for v, a in self._actions.items()),
                                  (value, value)])  # fmt: skip
        for value, action in self._actions.items():
            blocker = QSignalBlocker(action)
            action.setChecked(value in values)
            del blocker
        self._on_toggled()

    @Slot()
    def _on_toggled(self) -> None:
        self._tell()
        self.changed.emit()

    def _tell(self) -> None:
        titles = [action.text() for action in self._actions.values() if action.isChecked()]
        if not titles:
            text = f"All {self._noun}"
        elif len(titles) <= 2:
            text = ", ".join(titles)
        else:
            text = f"{len(titles)} {self._noun}"
        self.setText(f"{text} ")
        self.setAccessibleName(f"{self._noun.capitalize()}: {text}")
        self.setProperty("chosen", bool(titles))
        self.style().unpolish(self)
        self.style().polish(self)


class OneButton(QPushButton):
    """A button with a menu of which one is chosen."""

    changed = Signal()

    def __init__(
        self,
        name: str,
        noun: str,
        options: Sequence[tuple[str, str]],
        prefix: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self._noun, self._prefix = noun, prefix
        self._options = dict(options)
        self.value = options[0][0]
        self.menu_of = QMenu(self)
        self.menu_of.setObjectName(f"{name}Menu")
        for value, title in options:
            action = self.menu_of.addAction(title)
            action.triggered.connect(lambda *_, value=value: self.choose(value))
        self.setMenu(self.menu_of)
        set_icon(self, "chevron-down", size=12)
        self.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
        self.tell()

    def choose(self, value: str) -> None:
        """Choose a value."""
        self.value = value
        self.tell()
        self.changed.emit()

    def tell(self, text: str = "") -> None:
        """Show what is chosen, or another text for it."""
        shown = text or self._options[self.value]
        self.setText(f"{self._prefix}{shown} ")
        self.setAccessibleName(f"{self._noun}: {shown}")


class FilterBar(QFrame):
    """Which lines the list shows, and how they are grouped. GUI thread only."""

    changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("worklistFilters")
        self.setProperty("role", "filters")
        self.day = OneButton("dayFilter", "Day", DAYS)
        self.modality = ChoiceButton("modalityFilter", "modalities")
        self.station = ChoiceButton("stationFilter", "stations")
        self.state = ChoiceButton("stateFilter", "states")
        self.priority = ChoiceButton("priorityFilter", "priorities")
        self.group = OneButton("groupBy", "Group by", GROUPS, "Group: ")
        self.incomplete = QPushButton("Incomplete")
        self.incomplete.setObjectName("incompleteFilter")
        self.incomplete.setCheckable(True)
        self.incomplete.setToolTip("Only lines that lack a value which modalities need")
        self.patient_chip = QPushButton()
        self.patient_chip.setObjectName("patientFilter")
        self.patient_chip.setToolTip("Show all patients again")
        set_icon(self.patient_chip, "x", size=12)
        self.patient_chip.hide()
        self._patient = 0
        self.state.set_options([(code, name) for code, (name, _) in words.STATES.items()])
        self.priority.set_options([(code, name) for code, (name, _) in words.PRIORITIES.items()])
        self._add_range()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(6)
        parts = (self.day, self.modality, self.station, self.state, self.priority,
                 self.incomplete, self.patient_chip)  # fmt: skip
        for part in parts:
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.group)
        for part in (self.day, self.modality, self.station, self.state, self.priority, self.group):
            part.changed.connect(self._on_changed)
        self.incomplete.toggled.connect(self._on_changed)
        self.patient_chip.clicked.connect(lambda *_: self.only_patient(0, ""))

    def _add_range(self) -> None:
        self.first_day, self.last_day = QDateEdit(), QDateEdit()
        row = QWidget()
        layout = QHBoxLayout(row)
        layout.setContentsMargins(12, 4, 12, 8)
        layout.setSpacing(GRID)
        for edit, name, title in (
            (self.first_day, "firstDay", "From"),
            (self.last_day, "lastDay", "to"),
        ):
            edit.setObjectName(name)
            edit.setAccessibleName(f"{title} day")
            edit.setDisplayFormat("yyyy-MM-dd")
            edit.setDate(QDate.currentDate())
            edit.dateChanged.connect(self._on_range)
            layout.addWidget(QLabel(title))
            layout.addWidget(edit)
        action = QWidgetAction(self)
        action.setDefaultWidget(row)
        self.day.menu_of.addSeparator()
        self.day.menu_of.addAction(action)

    def set_known(self, modalities: Iterable[str], stations: Iterable[str]) -> None:
        """Offer these modalities and stations, unless their menu is open."""
        known = [(name, name) for name in sorted(stations) if name]
        for button, options in (
            (self.modality, [(name, name) for name in sorted(modalities) if name]),
            (self.station, [*known, ("", "Without a station")]),
        ):
            if not button.menu_of.isVisible():
                button.set_options(options)

    def query(self, text: str, at_us: int, order_by: str, *, descending: bool) -> LineQuery:
        """Return what is chosen, with these other parts, as a query."""
        first, last = self.days()
        return LineQuery(
            date_from=first,
            date_to=last,
            modalities=self.modality.chosen(),
            stations=self.station.chosen(),
            states=self.state.chosen(),
            priorities=self.priority.chosen(),
            incomplete=True if self.incomplete.isChecked() else None,
            patient_id=self._patient,
            text=text,
            at_us=at_us,
            order_by=order_by,
            descending=descending,
        )

    def days(self, today: date | None = None) -> tuple[str, str]:
        """Return the first and the last day that is wanted; both empty for all."""
        today = today or datetime.now().astimezone().date()
        if self.day.value == "all":
            return "", ""
        if self.day.value == "range":
            first = self.first_day.date().toString("yyyyMMdd")
            last = self.last_day.date().toString("yyyyMMdd")
            return min(first, last), max(first, last)
        begin, length = {"today": (0, 0), "tomorrow": (1, 0), "week": (0, 6)}[self.day.value]
        first_day = today + timedelta(days=begin)
        return f"{first_day:%Y%m%d}", f"{first_day + timedelta(days=length):%Y%m%d}"

    @property
    def is_narrowed(self) -> bool:
        """Whether anything but the day narrows the list."""
        chosen = (self.modality, self.station, self.state, self.priority)
        return (
            any(part.chosen() for part in chosen)
            or self.incomplete.isChecked()
            or bool(self._patient)
        )

    def clear(self) -> None:
        """Show the lines of all days, whatever they are."""
        self.blockSignals(True)
        for part in (self.modality, self.station, self.state, self.priority):
            part.choose(())
        self.incomplete.setChecked(False)
        self.only_patient(0, "")
        self.day.choose("all")
        self.blockSignals(False)
        self.changed.emit()

    def only_patient(self, patient_row: int, title: str) -> None:
        """Show one person's lines only; 0 shows everybody's."""
        self._patient = patient_row
        self.patient_chip.setText(title or "This patient")
        self.patient_chip.setVisible(bool(patient_row))
        self._on_changed()

    @Slot()
    def _on_range(self) -> None:
        self.day.value = "range"
        self._on_changed()

    @Slot()
    def _on_changed(self) -> None:
        if self.day.value == "range":
            first, last = self.days()
            self.day.tell(f"{words.date_words(first)} to {words.date_words(last)}")
        self.changed.emit()
