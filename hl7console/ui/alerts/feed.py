"""Keeps the lists of alerts filled, and reads what belongs to one: off the GUI thread.

One thread reads lists, figures and names, another the story of one alert, so that going through
the list never waits for a count. Every request carries the generation of the list it belongs to;
answers to an older one are dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.engine.console import Console
from hl7console.store import alert_lists
from hl7console.store.alert_lists import PAGE, AlertList, AlertNames, AlertNotice, RuleFigures
from hl7console.store.alert_records import AlertRecord
from hl7console.store.reader import StoreReader
from hl7console.ui.alerts.columns import OPEN_COLUMNS, PAST_COLUMNS
from hl7console.ui.alerts.model import AlertModel
from hl7console.ui.worker import ReaderWorker

_PAUSE_MS = 300
"""Least time between two looks: alerts may come by the thousand."""
_WAITING_PAGES = 3
MOST_CHOSEN = 10_000
"""Alerts that one command takes, at most."""


@dataclass(frozen=True, slots=True)
class _Look:
    count: int
    first: int
    rows: list[AlertRecord]
    kept_place: int
    """Where the alert one is at stands now; -1 where it isn't in the list."""
    names: AlertNames


@dataclass(frozen=True, slots=True)
class Story:
    """An alert with who was told of it."""

    alert: AlertRecord
    notices: Sequence[AlertNotice]


class AlertFeed(QObject):
    """Feeds one `AlertModel`. GUI thread only; call `stop` before it goes."""

    about_to_list = Signal()
    listed = Signal(bool)
    """The list is there; whether it is another one than before."""
    names_changed = Signal()
    """Other subjects or rules have alerts."""
    failed = Signal(object)
    """A `ConsoleError`."""

    def __init__(self, console: Console, clock_us: Callable[[], int], parent: QObject) -> None:
        super().__init__(parent)
        self.model = AlertModel(self)
        self._clock_us = clock_us
        self._lists = ReaderWorker("alert-lists", console, self)
        self._stories = ReaderWorker("alert-stories", console, self)
        self.wanted = AlertList()
        self.names = AlertNames()
        """What there are alerts of."""
        self.seen: Callable[[], range] = lambda: range(0)
        """Says which rows are in sight; set by who shows them."""
        self.kept_id: Callable[[], int] = lambda: 0
        """Says which alert one is at."""
        self.kept_place = -1
        """Where that one stands in the list now; -1 where it isn't in it."""
        self.is_listed = False
        """Whether the list has come that was asked for last."""
        self._generation = 0
        self._is_looking = False
        self._is_outdated = False
        self._pages: list[int] = []
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._on_paused)
        self.model.rows_wanted.connect(self._on_rows_wanted)

    # Lists

    def show(self, wanted: AlertList) -> None:
        """Show another list."""
        self._generation += 1
        self.wanted = wanted
        self.is_listed = False
        self._pages.clear()
        self._lists.interrupt()
        self._look(is_other=True)

    @Slot()
    def look_again(self) -> None:
        """Follow what changed, soon; any number of calls makes few looks."""
        self._is_outdated = True
        if not self._is_looking and not self._pause.isActive():
            self._look(is_other=False)

    @Slot()
    def _on_paused(self) -> None:
        if self._is_outdated and not self._is_looking:
            self._look(is_other=False)

    def _look(self, *, is_other: bool) -> None:
        self._is_outdated, self._is_looking = False, True
        generation, wanted = self._generation, self.wanted
        seen = range(0) if is_other else self.seen()
        kept_id, names = self.kept_id(), self.names

        def work(reader: StoreReader) -> _Look:
            count = alert_lists.alert_count(reader, wanted)
            first = max(min(seen.start, count - len(seen)), 0)
            first -= first % PAGE
            limit = max(PAGE, seen.stop - first)
            rows = alert_lists.alert_page(reader, wanted, skip=first, limit=limit)
            place = next((first + n for n, row in enumerate(rows) if row.id == kept_id), -1)
            if place < 0 and kept_id:
                place = alert_lists.alert_place(reader, wanted, kept_id)
            return _Look(count, first, rows, place, alert_lists.alert_names(reader, names))

        def then(look: _Look) -> None:
            self._is_looking = False
            self._pause.start()
            if generation == self._generation:
                self._put(look, is_other=is_other or not self.is_listed)

        self._lists.ask(work, then, partial(self._on_failed, generation))

    def _put(self, look: _Look, *, is_other: bool) -> None:
        self.about_to_list.emit()
        columns = OPEN_COLUMNS if self.wanted.is_open else PAST_COLUMNS
        self.model.reset(look.count, look.first, look.rows, self._clock_us(), columns)
        self.is_listed, self.kept_place = True, look.kept_place
        self.listed.emit(is_other)
        before, self.names = self.names, look.names
        if (before.subjects, before.rules) != (self.names.subjects, self.names.rules):
            self.names_changed.emit()

    def _on_failed(self, generation: int, error: object) -> None:
        self._is_looking = False
        if generation == self._generation:
            self.failed.emit(error)

    # Pages

    @Slot(int)
    def _on_rows_wanted(self, place: int) -> None:
        self._pages.append(place)
        while len(self._pages) > _WAITING_PAGES:
            self.model.unmark(self._pages.pop(0))
        self._ask_page()

    def _ask_page(self) -> None:
        if not self._pages or self._stories.is_busy:
            return
        place = self._pages.pop()
        first = place - place % PAGE
        generation, wanted = self._generation, self.wanted

        def put(rows: list[AlertRecord]) -> None:
            if generation == self._generation:
                self.model.put_rows(first, rows)
                self.model.unmark(place)
            self._ask_page()

        self._stories.ask(
            lambda reader: alert_lists.alert_page(reader, wanted, skip=first),
            put,
            partial(self._on_failed, generation),
        )

    # Single alerts

    def fetch(self, alert_id: int, then: Callable[[Story | None], None]) -> None:
        """Read an alert with who was told of it."""

        def work(reader: StoreReader) -> Story | None:
            alert = alert_lists.alert_by_id(reader, alert_id)
            return Story(alert, alert_lists.notices_of(reader, alert_id)) if alert else None

        def put(story: Story | None) -> None:
            then(story)
            self._ask_page()

        self._stories.ask(work, put, self.failed.emit)

    def read_rows(self, rows: Sequence[int], then: Callable[[list[AlertRecord]], None]) -> None:
        """Read the alerts of rows, in order; at most `MOST_CHOSEN`."""
        known = [self.model.alert_at(row) for row in rows[:MOST_CHOSEN]]
        alerts = [alert for alert in known if alert is not None]
        if len(alerts) == len(known):
            then(alerts)
            return
        wanted, places = self.wanted, set(rows[:MOST_CHOSEN])
        first, limit = min(places), max(places) - min(places) + 1

        def put(found: list[AlertRecord]) -> None:
            then([alert for n, alert in enumerate(found, start=first) if n in places])
            self._ask_page()

        self._stories.ask(
            lambda reader: alert_lists.alert_page(reader, wanted, skip=first, limit=limit),
            put,
            self.failed.emit,
        )

    def read_ids(self, alert_ids: Sequence[int], then: Callable[[list[AlertRecord]], None]) -> None:
        """Read alerts by their numbers; those that are gone are left out."""
        ids = tuple(alert_ids[:MOST_CHOSEN])

        def work(reader: StoreReader) -> list[AlertRecord]:
            found = (alert_lists.alert_by_id(reader, number) for number in ids)
            return [alert for alert in found if alert is not None]

        self._stories.ask(work, then, self.failed.emit)

    def figures(self, since_us: int, then: Callable[[list[RuleFigures]], None]) -> None:
        """Read what became of the alerts since a time, by rule."""
        self._lists.ask(
            lambda reader: alert_lists.figures_by_rule(reader, since_us), then, self.failed.emit
        )

    def stop(self) -> None:
        """End both threads. Nothing arrives afterwards."""
        self._pause.stop()
        self._generation += 1
        self._lists.stop()
        self._stories.stop()
