"""Reads what the Monitor shows, off the GUI thread, and no more often than it can be seen.

Two threads read, one for the plots, one for the tiles. While measures come in, plots are read
again about four times a step; while nothing happens, twice a step, and never more often than every
ten seconds. After a read that took long there is a rest of many times its length. While nobody
looks nothing is read at all.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.alert_lists import alerts_within
from hl7console.store.alert_records import AlertRecord
from hl7console.store.measures.records import Scope
from hl7console.store.reader import StoreReader
from hl7console.store.worklist.reader import WorklistReader
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.monitor.reading import MeasureReads, read_normal, read_shown, read_trends
from hl7console.ui.monitor.shown import EVERYTHING, Asked, Normal, Series, Shown, Trends
from hl7console.ui.monitor.spans import LONGEST_S, SHORTEST_S, SPANS, Span, span_of
from hl7console.ui.worker import ReaderWorker, ReadingWorker

TICK_MS = 1000
_REST = 10
"""A read is followed by a rest of so many times its length."""
_TRENDS_S, _IDLE_TRENDS_S = 5.0, 60.0
_STATES_S = 5.0
_NORMAL_S = 600.0
_SETTLE_MS = 120
"""The mouse has to hold still so long before another stretch is read."""
_MARGIN = 0.25
"""So much more is read at both sides of a stretch that can be dragged."""


class MonitorFeed(QObject):
    """Keeps plots and tiles filled. GUI thread only; call `stop` before it goes.

    Args:
        console: The engine.
        bridge: Tells what changed.
        parent: Owner.
        clock: UTC seconds since 1970.
    """

    shown = Signal(object)
    """A `Shown` for the plots."""
    ticked = Signal()
    """A second has gone by while somebody looks."""
    alerts_changed = Signal()
    """Other alerts are in what is shown."""
    span_changed = Signal()
    """Another stretch of time is shown, or it follows again."""
    failed = Signal(object)
    """A `ConsoleError`."""

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        parent: QObject,
        clock: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(parent)
        self._console, self._bridge, self._clock = console, bridge, clock
        opener: Callable[[], MeasureReads] = console.open_measures
        self._plots = ReadingWorker("monitor-plots", opener, self)
        self._tiles = ReadingWorker("monitor-tiles", opener, self)
        self._worklist: ReadingWorker[WorklistReader] = ReadingWorker(
            "monitor-worklist", console.open_worklist, self
        )
        self._alerts = ReaderWorker("monitor-alerts", console, self)
        self.alerts: list[AlertRecord] = []
        """Open and past alerts of what is shown, the worst first."""
        self._alerts_key: tuple[int, ...] = ()
        self.trends = Trends()
        self.span: Span = SPANS[0]
        self.series = EVERYTHING
        self.stretch: tuple[float, float] | None = None
        """The stretch that the mouse chose; None while it follows the present."""
        self.is_paused = False
        self.has_last_week = False
        self.has_heat = False
        self.has_behind = False
        self._watchers = 0
        self._generation = 0
        self._is_stopped = False
        self._version = self._trends_version = self._worklist_version = -1
        self._next_read_s = self._next_trends_s = self._next_normal_s = self._next_states_s = 0.0
        self._step_s = 1
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.look)
        self._settle = QTimer(self)
        self._settle.setSingleShot(True)
        self._settle.setInterval(_SETTLE_MS)
        self._settle.timeout.connect(self.read_again)

    # What is looked at

    def watch(self, *, is_watching: bool) -> None:
        """Begin or end reading: one more looks, or one fewer."""
        self._watchers = max(self._watchers + (1 if is_watching else -1), 0)
        if self._watchers and not self._timer.isActive() and not self._is_stopped:
            self._timer.start()
            self.look()
        elif not self._watchers:
            self._timer.stop()

    @property
    def is_live(self) -> bool:
        """Whether the plots follow the present."""
        return self.stretch is None and not self.is_paused

    def show_span(self, key: str) -> None:
        """Show a span up to now, and follow."""
        self.span = span_of(key)
        self.go_live()

    def show_series(self, series: Series) -> None:
        """Show another interface."""
        if series != self.series:
            self.series = series
            self.read_again()

    def compare(self, *, has_last_week: bool) -> None:
        """Show last week as well, or not."""
        self.has_last_week = has_last_week
        self.read_again()

    def show_heat(self, *, has_heat: bool) -> None:
        """Show times as a heat map, or as lines."""
        self.has_heat = has_heat
        self.read_again()

    def show_behind(self, *, has_behind: bool) -> None:
        """Show messages behind in place of the worklist's states, or not."""
        self.has_behind = has_behind
        self.read_again()

    def go_live(self) -> None:
        """Follow the present."""
        self.stretch, self.is_paused = None, False
        self.read_again()
        self.span_changed.emit()

    def pause(self, *, is_paused: bool) -> None:
        """Hold still what is shown, or follow again."""
        if not is_paused:
            self.go_live()
            return
        self.stretch = self.shown_stretch()
        self.is_paused = True
        self.span_changed.emit()

    def shown_stretch(self) -> tuple[float, float]:
        """Return the stretch of time that is to be seen."""
        if self.stretch is not None:
            return self.stretch
        now_s = float(int(self._clock()) + 1)
        return now_s - self.span.length_s, now_s

    def show_stretch(self, since_s: float, until_s: float) -> None:
        """Show a stretch; what is not read yet follows when the mouse holds still."""
        length_s = min(max(until_s - since_s, SHORTEST_S), LONGEST_S)
        middle_s = (since_s + until_s) / 2
        until_s = min(middle_s + length_s / 2, self._clock() + length_s * 0.5)
        self.stretch = (until_s - length_s, until_s)
        self._settle.start()
        self.span_changed.emit()

    def zoom(self, factor: float, around_s: float) -> None:
        """Come nearer by a factor around a moment."""
        since_s, until_s = self.shown_stretch()
        self.show_stretch(
            around_s - (around_s - since_s) / factor, around_s + (until_s - around_s) / factor
        )

    def move(self, by_s: float) -> None:
        """Move by so many seconds."""
        since_s, until_s = self.shown_stretch()
        self.show_stretch(since_s + by_s, until_s + by_s)

    # Reading

    @Slot()
    def look(self) -> None:
        """Read what is due."""
        if not self._watchers or self._is_stopped:
            return
        now = time.monotonic()
        version = self._bridge.snapshot.measures_version
        is_new = version != self._version
        least, most, share = (1.0, 30.0, 4) if is_new else (10.0, 60.0, 2)
        due_s = self._next_read_s + min(max(self._step_s / share, least), most)
        if self.is_live and now >= due_s and not self._plots.is_busy:
            self._read()
        pause_s = _TRENDS_S if version != self._trends_version else _IDLE_TRENDS_S
        if now >= self._next_trends_s + pause_s and not self._tiles.is_busy:
            self._read_trends()
        is_changed = self._bridge.snapshot.worklist_version != self._worklist_version
        if is_changed and now >= self._next_states_s and not self._worklist.is_busy:
            self._read_states()
        self.ticked.emit()

    @Slot()
    def read_again(self) -> None:
        """Read the plots now: something else is wanted."""
        self._generation += 1
        if self._watchers:
            self._read()

    def _asked(self) -> Asked:
        since_s, until_s = self.shown_stretch()
        now_s = int(self._clock())
        if not self.is_live:
            margin_s = (until_s - since_s) * _MARGIN
            since_s, until_s = since_s - margin_s, min(until_s + margin_s, now_s + 1)
        return Asked(
            self.series,
            int(since_s),
            max(int(until_s), int(since_s) + 1),
            now_s,
            has_last_week=self.has_last_week,
            has_heat=self.has_heat,
            has_behind=self.has_behind,
        )

    def _read(self) -> None:
        if self._is_stopped:
            return
        generation = self._generation
        self._version = self._bridge.snapshot.measures_version
        self._next_read_s = time.monotonic()
        asked = self._asked()

        def work(reads: MeasureReads) -> Shown | None:
            return read_shown(reads, asked) if generation == self._generation else None

        def put(found: Shown | None) -> None:
            if found is not None and generation == self._generation:
                self._step_s = found.curve.step_s
                self._next_read_s = time.monotonic() + found.took_ms * _REST / 1000
                self.shown.emit(found)

        self._plots.ask(work, put, self._on_failed)
        self._read_alerts(asked)

    def _read_alerts(self, asked: Asked) -> None:
        version = self._bridge.snapshot.alerts_version
        key = (version, self._generation, asked.since_s // 60)
        if key == self._alerts_key or self._alerts.is_busy:
            return
        self._alerts_key = key
        since_us, until_us = asked.since_s * 1_000_000, asked.until_s * 1_000_000

        def work(reader: StoreReader) -> list[AlertRecord]:
            return alerts_within(reader, since_us, until_us)

        def put(alerts: list[AlertRecord]) -> None:
            if alerts != self.alerts:
                self.alerts = alerts
                self.alerts_changed.emit()

        self._alerts.ask(work, put, self._on_failed)

    def _read_trends(self) -> None:
        now = time.monotonic()
        self._trends_version = self._bridge.snapshot.measures_version
        self._next_trends_s = now
        now_s = int(self._clock())
        keys = tuple((s.kind, s.name) for s in self._bridge.snapshot.interfaces)
        has_normal = now >= self._next_normal_s
        if has_normal:
            self._next_normal_s = now + _NORMAL_S

        def work(reads: MeasureReads) -> tuple[Trends, dict[tuple[str, str], Normal] | None]:
            trends = read_trends(reads, now_s)
            known = [key for key in keys if key[0] in tuple(Scope)]
            return trends, read_normal(reads, known, now_s) if has_normal else None

        def put(found: tuple[Trends, dict[tuple[str, str], Normal] | None]) -> None:
            trends, normal = found
            self.trends = replace(
                trends,
                normal=self.trends.normal if normal is None else normal,
                worklist=self.trends.worklist,
            )
            self._next_trends_s = time.monotonic() + trends.took_ms * _REST / 1000
            self.ticked.emit()

        self._tiles.ask(work, put, self._on_failed)

    def _read_states(self) -> None:
        self._worklist_version = self._bridge.snapshot.worklist_version
        self._next_states_s = time.monotonic() + _STATES_S

        def work(reads: WorklistReader) -> tuple[tuple[str, int], ...]:
            return tuple(reads.counts().by_state.items())

        def put(states: tuple[tuple[str, int], ...]) -> None:
            self.trends = replace(self.trends, worklist=states)

        # Without a worklist there is nothing to count, and its own place says why.
        self._worklist.ask(work, put, lambda _: None)

    def _on_failed(self, error: ConsoleError) -> None:
        self._next_read_s = time.monotonic() + _STATES_S
        self.failed.emit(error)

    def stop(self) -> None:
        """End the threads. Nothing arrives afterwards."""
        self._is_stopped = True
        self._generation += 1
        self._timer.stop()
        self._settle.stop()
        for worker in (self._plots, self._tiles, self._worklist, self._alerts):
            worker.stop()
