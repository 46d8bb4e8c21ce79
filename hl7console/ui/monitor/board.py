"""The plots together: one time axis, one crosshair, and what clicks on them mean."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from hl7console.store.measures.records import Scope
from hl7console.ui.monitor.card import PlotCard
from hl7console.ui.monitor.contents import (
    contents_of,
    gaps_of,
    nearest_line,
    oldest_wait_s,
    steps_within,
)
from hl7console.ui.monitor.filters import steps_filter
from hl7console.ui.monitor.marks import PlotMark, near
from hl7console.ui.monitor.plot_content import Line
from hl7console.ui.monitor.shown import Shown
from hl7console.ui.theme import GRID

NAMES = ("rate", "latency", "waiting", "errors", "worklist")
_TITLES = {
    "rate": "Messages a second",
    "latency": "Time to acknowledge, ms",
    "waiting": "Waiting deliveries",
    "errors": "Errors by cause",
    "worklist": "Worklist by state",
}
_NARROW = 900


class Board(QWidget):
    """Five plots. GUI thread only."""

    filter_wanted = Signal(str)
    zoomed = Signal(float, float)
    """By a factor around a moment."""
    zoomed_to = Signal(float, float)
    moved = Signal(float)
    left = Signal()
    cursor_changed = Signal(object)
    """The moment the crosshair is at; None when it is hidden."""
    menu_wanted = Signal(str, str, float, float, QPoint)
    """Name of a plot, the filter of the step, where that step begins and ends, where (global)."""

    def __init__(self, parent: QWidget | None = None, *, scale: float = 1.0) -> None:
        super().__init__(parent)
        self.setObjectName("monitorBoard")
        self.shown: Shown | None = None
        self.at_s: float | None = None
        self._marks: tuple[PlotMark, ...] = ()
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(GRID)
        self.cards = {name: PlotCard(name, _TITLES[name], scale=scale) for name in NAMES}
        self._columns = 0
        for name, card in self.cards.items():
            self._connect(name, card)
        self._lay_out()

    def _connect(self, name: str, card: PlotCard) -> None:
        plot = card.plot

        def with_name(act: Callable[..., None]) -> Callable[..., None]:
            return lambda *values: act(name, *values)

        plot.hovered.connect(self.set_cursor)
        plot.clicked.connect(with_name(self._on_clicked))
        plot.stretched.connect(with_name(self._on_stretched))
        plot.menu_wanted.connect(with_name(self._on_menu))
        plot.stepped.connect(with_name(self._on_stepped))
        plot.entered.connect(with_name(self._on_entered))
        plot.zoomed.connect(self.zoomed)
        plot.zoomed_to.connect(self.zoomed_to)
        plot.moved.connect(self.moved)
        plot.left.connect(self.left)

    def _lay_out(self) -> None:
        columns = 6 if self.width() >= _NARROW else 2
        if columns == self._columns:
            return
        self._columns = columns
        places = {
            "rate": (0, 0, 3), "latency": (0, 3, 3),
            "waiting": (1, 0, 2), "errors": (1, 2, 2), "worklist": (1, 4, 2),
        }  # fmt: skip
        if columns == 2:
            places = {
                "rate": (0, 0, 2), "latency": (1, 0, 1), "errors": (1, 1, 1),
                "waiting": (2, 0, 1), "worklist": (2, 1, 1),
            }  # fmt: skip
        for card in self.cards.values():
            self._grid.removeWidget(card)
        for name, (row, column, span) in places.items():
            self._grid.addWidget(self.cards[name], row, column, 1, span)
        for column in range(6):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        for row in range(3):
            self._grid.setRowStretch(row, (6, 5, 5)[row] if row < (3 if columns == 2 else 2) else 0)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._lay_out()
        super().resizeEvent(event)

    # What is shown

    def show_data(self, shown: Shown, marks: tuple[PlotMark, ...]) -> None:
        """Draw what was read."""
        self.shown, self._marks = shown, marks
        gaps = gaps_of(shown)
        lines = [(mark.at_s, mark.role) for mark in marks]
        for name, content in contents_of(shown).items():
            self.cards[name].show_content(content, gaps, lines)

    def set_span(self, since_s: float, until_s: float) -> None:
        """Show this stretch of time."""
        for card in self.cards.values():
            card.plot.set_span(since_s, until_s)

    @Slot(object)
    def set_cursor(self, at_s: float | None) -> None:
        """Show the crosshair at a moment in all plots, or hide it."""
        if at_s == self.at_s:
            return
        self.at_s = at_s
        for card in self.cards.values():
            card.set_cursor(at_s)
        self.cursor_changed.emit(at_s)

    def mark_text(self) -> str:
        """Return what is marked where the crosshair is."""
        plot = self.cards["rate"].plot
        if self.at_s is None:
            return ""
        box = plot.plot_box()
        since_s, until_s = plot.place_at(box.topLeft())[0], plot.place_at(box.topRight())[0]
        within_s = (until_s - since_s) * 5 / max(box.width(), 1)
        return " · ".join(mark.text for mark in near(self._marks, self.at_s, within_s))

    # What is opened

    def filter_of(self, name: str, first_s: float, last_s: float, value: float) -> str:
        """Return the filter for the steps of a stretch, by the line next to a value; or ""."""
        line = self._line(name, first_s, value)
        if line is None or self.shown is None:
            return ""
        since_s, until_s = steps_within(line, first_s, last_s)
        series = line.series or self.shown.asked.series
        if line.key == "waiting":
            since_s -= oldest_wait_s(self.shown, series.name, since_s, until_s)
        if series.scope is Scope.WORKLIST:
            return ""
        return steps_filter(series, line.key, since_s, until_s)

    def _line(self, name: str, at_s: float, value: float) -> Line | None:
        content = self.cards[name].content
        return nearest_line(content, at_s, value)

    def _on_clicked(self, name: str, at_s: float, value: float) -> None:
        self._on_stretched(name, at_s, at_s, value)

    def _on_stretched(self, name: str, first_s: float, last_s: float, value: float) -> None:
        if text := self.filter_of(name, first_s, last_s, value):
            self.filter_wanted.emit(text)

    def _on_menu(self, name: str, at_s: float, value: float, at: QPoint) -> None:
        line = self._line(name, at_s, value)
        since_s, until_s = steps_within(line, at_s, at_s) if line else (at_s, at_s)
        text = self.filter_of(name, at_s, at_s, value)
        self.menu_wanted.emit(name, text, float(since_s), float(until_s), at)

    def _on_stepped(self, name: str, steps: int) -> None:
        lines = [line for line in self.cards[name].content.lines if line.key != "before"]
        if not lines:
            return
        line = lines[0]
        last_s = line.since_s + (len(line.values) - 0.5) * line.step_s
        at_s = last_s if self.at_s is None else self.at_s + steps * line.step_s
        self.set_cursor(min(max(at_s, line.since_s + line.step_s / 2), last_s))

    def _on_entered(self, name: str) -> None:
        if self.at_s is not None:
            lines = [line for line in self.cards[name].content.lines if line.key != "before"]
            value = lines[0].value_at(self.at_s) if lines else 0.0
            self._on_clicked(name, self.at_s, value if value == value else 0.0)
