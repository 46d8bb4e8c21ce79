"""What happened on a listener beside messages, newest first."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QTimer, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHeaderView, QLabel, QVBoxLayout, QWidget

from hl7console.engine.console import Console
from hl7console.engine.events import InterfaceEvent
from hl7console.errors import ConsoleError
from hl7console.ui.report_table import ReportColumn, ReportRow, ReportTable
from hl7console.ui.theme import GRID, ROW
from hl7console.ui.worker import Worker

_EVERY_MS = 1000
"""Time between two looks while the list is in sight, in milliseconds."""
_MOST_ROWS = 5
"""Rows in sight; the others are scrolled to."""
_HEADER = 30
_TEXT_COLUMN = 1

_COLUMNS = (
    ReportColumn("Time", 20, is_fixed=True),
    ReportColumn("Event", 40, is_state=True),
    ReportColumn("Peer", 22, is_fixed=True),
    ReportColumn("Times", 7, is_fixed=True),
)


def event_row(event: InterfaceEvent) -> ReportRow:
    """Return the line of one event; what somebody should look at is in the colour of faults."""
    at = datetime.fromtimestamp(event.at_us / 1_000_000).astimezone()
    texts = (f"{at:%Y-%m-%d %H:%M:%S}", event.text, event.peer, f"{event.count:,}")
    return ReportRow(texts, "err" if event.is_fault else "")


class EventList(QWidget):
    """The recent events of one listener, looked at while in sight. GUI thread only.

    Call `stop` before it goes.
    """

    def __init__(self, console: Console, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("eventList")
        self._console = console
        self._name = ""
        self._events: tuple[InterfaceEvent, ...] = ()
        self._worker = Worker("events", self)
        self._timer = QTimer(self)
        self._timer.setInterval(_EVERY_MS)
        self._timer.timeout.connect(self._look)
        heading = QLabel("Recent events")
        heading.setProperty("role", "heading")
        self._empty = QLabel("None since the listener started.")
        self._empty.setObjectName("eventsEmpty")
        self._empty.setProperty("role", "muted")
        self.table = ReportTable("events", "Recent events", _COLUMNS)
        header = self.table.horizontalHeader()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(_TEXT_COLUMN, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, GRID, 0, GRID)
        column.setSpacing(GRID // 2)
        for part in (heading, self._empty, self.table):
            column.addWidget(part)
        self._fill(())

    def show_for(self, name: str) -> None:
        """Show the events of a listener; of none, with nothing said, when `name` is empty."""
        self.setVisible(bool(name))
        if name != self._name:
            self._name = name
            self._fill(())
            self._look()

    @Slot()
    def _look(self) -> None:
        name = self._name
        if not name or not self.isVisible() or self._worker.is_busy:
            return
        self._worker.call(
            lambda: (name, self._console.events(name)), self._on_events, self._on_failed
        )

    def _on_events(self, found: tuple[str, tuple[InterfaceEvent, ...]]) -> None:
        name, events = found
        if name != self._name:
            self._look()
        elif events != self._events:
            self._fill(events)

    def _on_failed(self, _error: ConsoleError) -> None:
        """Leave what is shown: the status line says that the engine is away."""

    def _fill(self, events: tuple[InterfaceEvent, ...]) -> None:
        self._events = events
        self._empty.setVisible(not events)
        self.table.setVisible(bool(events))
        place = self.table.verticalScrollBar().value()
        self.table.rows.set_rows([event_row(event) for event in reversed(events)])
        self.table.setFixedHeight(_HEADER + ROW * min(len(events), _MOST_ROWS) + 2)
        self.table.verticalScrollBar().setValue(place)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._timer.start()
        self._look()

    def hideEvent(self, event: QHideEvent) -> None:
        self._timer.stop()
        super().hideEvent(event)

    def stop(self) -> None:
        """Look no more, and end the thread."""
        self._timer.stop()
        self._worker.stop()
