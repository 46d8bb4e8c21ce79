"""The place Monitor: a tile for each interface, and plots on one time axis."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.store.measures.records import Scope
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.monitor.feed import MonitorFeed
from hl7console.ui.monitor.header import MonitorHeader
from hl7console.ui.monitor.marks import marks_of
from hl7console.ui.monitor.rates import RateMeter
from hl7console.ui.monitor.shown import EVERYTHING, Series, Shown
from hl7console.ui.monitor.spans import SPANS
from hl7console.ui.monitor.strip import AlertStrip
from hl7console.ui.monitor.tile_model import Key, TileModel
from hl7console.ui.monitor.tile_view import TileView
from hl7console.ui.monitor.tiles import steps_text, summary_of, tiles_of
from hl7console.ui.preferences import Preferences
from hl7console.ui.theme import GRID
from hl7console.ui.worker import Worker

if TYPE_CHECKING:
    from hl7console.ui.monitor.board import Board
    from hl7console.ui.monitor.wall import WallView

_TILE_SHARE = 0.27
"""Share of the height that tiles take at most."""
_LEAST_KNOWN = 0.2
"""So much of a span has to be known for it to be shown without anybody choosing it."""
_SHORT = 760
_VERY_SHORT = 600


class MonitorPlace(QWidget):
    """Tiles and plots. GUI thread only; call `stop` before it goes."""

    filter_wanted = Signal(str)
    settings_wanted = Signal(str, str)
    alert_wanted = Signal(int)
    queue_wanted = Signal(str)
    tile_menu_wanted = Signal(object, QPoint)
    """Kind and name of an interface, and where."""
    plot_menu_wanted = Signal(str, str, float, float, QPoint)
    """See `Board.menu_wanted`."""
    board_made = Signal()
    listeners_wanted = Signal()

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("monitorPlace")
        self._bridge, self._preferences = bridge, preferences
        self._is_stopped = False
        self.rates = RateMeter()
        self.tile_model = TileModel(self)
        self.feed = MonitorFeed(console, bridge, self)
        self.board: Board | None = None
        """The plots; they come a moment later."""
        self.wall: WallView | None = None
        self._is_wall_wanted = False
        self.shown: Shown | None = None
        self._loader = Worker("monitor-loader", self)
        self._build()
        self._restore()
        self._connect()

    # Building

    def _build(self) -> None:
        self.header = MonitorHeader()
        self.tiles = TileView(self.tile_model)
        self.tiles.setProperty("role", "tiles")
        self.strip = AlertStrip()
        self._subject = QLabel()
        self._subject.setObjectName("plotSubject")
        self._subject.setProperty("role", "heading")
        self._all = QPushButton("Show all listeners")
        self._all.setObjectName("showAll")
        self._all.setProperty("kind", "link")
        self._moment = QLabel()
        self._moment.setObjectName("plotMoment")
        self._moment.setProperty("role", "muted")
        line = QHBoxLayout()
        line.setContentsMargins(4, 0, 4, 0)
        line.setSpacing(GRID)
        line.addWidget(self._subject)
        line.addWidget(self._all)
        line.addStretch(1)
        line.addWidget(self._moment)
        self._board_room = QVBoxLayout()
        self._board_room.setContentsMargins(0, 0, 0, 0)
        self.content = QWidget()
        self.content.setObjectName("monitorContent")
        column = QVBoxLayout(self.content)
        column.setContentsMargins(12, 8, 12, 12)
        column.setSpacing(6)
        column.addWidget(self.tiles)
        column.addLayout(line)
        column.addLayout(self._board_room, 1)
        column.addWidget(self.strip)
        self.nothing = EmptyState()
        self.nothing.tell(
            "Nothing to watch yet",
            "Each listener and destination has a tile here as soon as there is one.",
            icon="activity",
            buttons=(("Add a listener", self.listeners_wanted.emit),),
        )
        self.nothing.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.content, 1)
        layout.addWidget(self.nothing, 1)

    def _restore(self) -> None:
        kept = self._preferences.text("monitor/span")
        self._has_own_span = bool(kept)
        self.feed.show_span(kept)
        self.feed.has_heat = self._preferences.text("monitor/latency") == "heat"
        self.feed.has_behind = self._preferences.text("monitor/worklist") == "behind"
        kind, _, name = self._preferences.text("monitor/series").partition("|")
        if kind in tuple(Scope) and name:
            self.tiles.key = (kind, name)
            self.feed.series = Series(Scope(kind), name)
        self._tell_subject()

    def _connect(self) -> None:
        feed, header = self.feed, self.header
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        feed.ticked.connect(self._show_tiles)
        feed.shown.connect(self._on_shown)
        feed.span_changed.connect(self._on_span_changed)
        feed.alerts_changed.connect(lambda: self.shown and self._on_shown(self.shown))
        feed.failed.connect(self.on_fault)
        header.span_chosen.connect(self.show_span)
        header.pause_toggled.connect(lambda is_paused: feed.pause(is_paused=is_paused))
        header.live_wanted.connect(feed.go_live)
        header.compare_toggled.connect(lambda on: feed.compare(has_last_week=on))
        header.filter_changed.connect(self._on_filter)
        header.wall_wanted.connect(self.show_wall)
        self.tiles.chosen.connect(self._on_tile_chosen)
        self.tiles.menu_wanted.connect(self.tile_menu_wanted)
        self.tiles.opened.connect(self._on_tile_opened)
        self._all.clicked.connect(lambda: self.tiles.choose(None))
        self.strip.alert_wanted.connect(self.alert_wanted)
        self._on_span_changed()

    def _load_board(self) -> None:
        """Import pyqtgraph beside the GUI thread, then make the plots."""
        if self.board is None and not self._loader.is_busy:
            self._loader.call(_import_plots, self._make_board)

    def _make_board(self, board: type[Board]) -> None:
        if self.board is not None:
            return
        self.board = made = board()
        made.filter_wanted.connect(self.filter_wanted)
        made.zoomed.connect(self.feed.zoom)
        made.zoomed_to.connect(self.feed.show_stretch)
        made.moved.connect(self.feed.move)
        made.left.connect(self.feed.go_live)
        made.cursor_changed.connect(self._on_cursor)
        made.menu_wanted.connect(self.plot_menu_wanted)
        self._board_room.addWidget(made)
        if self.shown is not None:
            self._on_shown(self.shown)
        self.board_made.emit()
        if self._is_wall_wanted:
            self.show_wall()

    # What is shown

    def first_focus(self) -> QWidget:
        """Return the widget that has the keyboard first."""
        return self.tiles

    def find_tile(self) -> None:
        """Put the keyboard into the box that finds an interface."""
        self.header.filter.show()
        self.header.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def show_span(self, key: str) -> None:
        """Show a span up to now."""
        self._has_own_span = True
        self.feed.show_span(key)
        self._preferences.set_text("monitor/span", key)

    def show_series(self, scope: str, name: str) -> None:
        """Show one interface's plots; all listeners for no name."""
        is_tile = scope in (Scope.LISTENER, Scope.DESTINATION, Scope.WORKLIST)
        if is_tile and name:
            self.tiles.choose((scope, name))
        elif scope in tuple(Scope):
            self.tiles.choose(None)
            self._show_series(Series(Scope(scope), name))

    def show_heat(self, *, has_heat: bool) -> None:
        """Show times to an answer as a heat map, or as lines."""
        self._preferences.set_text("monitor/latency", "heat" if has_heat else "lines")
        self.feed.show_heat(has_heat=has_heat)

    def show_behind(self, *, has_behind: bool) -> None:
        """Show messages behind in place of the worklist by state, or not."""
        self._preferences.set_text("monitor/worklist", "behind" if has_behind else "states")
        self.feed.show_behind(has_behind=has_behind)

    @Slot(object)
    def _on_tile_chosen(self, key: Key | None) -> None:
        self._show_series(EVERYTHING if key is None else Series(Scope(key[0]), key[1]))
        self._preferences.set_text("monitor/series", "" if key is None else f"{key[0]}|{key[1]}")

    def _show_series(self, series: Series) -> None:
        self.feed.show_series(series)
        self._tell_subject()

    def _tell_subject(self) -> None:
        series = self.feed.series
        self._subject.setText(series.title)
        self._all.setVisible(series != EVERYTHING)

    @Slot(object)
    def _on_tile_opened(self, key: Key) -> None:
        kind, name = key
        if kind == "destination":
            self.queue_wanted.emit(name)
        elif kind == "listener":
            self.tiles.choose(key)

    @Slot(str)
    def _on_filter(self, text: str) -> None:
        self.tile_model.set_filter(text)
        self._fit()

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        self.rates.look(snapshot, time.monotonic())
        if self.isVisible() and snapshot.alerts != self.strip.alerts:
            self._tell_alerts(snapshot)

    def _tell_alerts(self, snapshot: EngineSnapshot) -> None:
        self.strip.tell(snapshot.alerts, snapshot.alerts_open, snapshot.alert_problem)

    @Slot()
    def _show_tiles(self) -> None:
        snapshot = self._bridge.snapshot
        at_s = time.monotonic()
        self.rates.look(snapshot, at_s)
        tiles = tiles_of(snapshot, self.feed.trends, self.rates, time.time_ns() // 1000, at_s)
        count = self.tile_model.rowCount()
        self.tile_model.set_tiles(tiles)
        summary = summary_of(tiles)
        self.header.tell(summary, len(tiles))
        if self.wall is not None and self.wall.isVisible():
            self.wall.show_tiles(tiles, summary)
        self._tell_alerts(snapshot)
        self.content.setVisible(bool(tiles))
        self.nothing.setVisible(not tiles)
        if self.tile_model.rowCount() != count:
            self._fit()

    @Slot(object)
    def _on_shown(self, shown: Shown) -> None:
        self.shown = shown
        if self._takes_shorter_span(shown):
            return
        board = self.board
        if board is None:
            return
        series = shown.asked.series
        marks = marks_of(shown.marks, self.feed.alerts, series.name)
        board.show_data(shown, marks)
        if self.feed.is_live:
            board.set_span(shown.asked.since_s, shown.asked.until_s)
        else:
            board.set_span(*self.feed.shown_stretch())
        has_behind = shown.asked.has_behind  # else the plot tells the states itself
        board.cards["worklist"].tell(steps_text(self.feed.trends.worklist) if has_behind else "")
        if self.wall is not None and self.wall.isVisible():
            self.wall.show_data(shown, marks)

    def _takes_shorter_span(self, shown: Shown) -> bool:
        """Where the program is new, show a span that it fills, until somebody chooses one."""
        keys = [span.key for span in SPANS]
        place = keys.index(self.feed.span.key)
        if self._has_own_span or not place or not self.feed.is_live:
            return False
        known = sum(shown.curve.is_known)
        self._has_own_span = known > _LEAST_KNOWN * len(shown.curve.is_known)
        if not self._has_own_span:
            self.feed.show_span(keys[place - 1])
        return not self._has_own_span

    @Slot()
    def _on_span_changed(self) -> None:
        feed = self.feed
        self.header.show_span(feed.span.key, is_live=feed.is_live, is_paused=feed.is_paused)
        if self.board is not None and feed.stretch is not None:
            self.board.set_span(*feed.stretch)

    # The wall

    def show_wall(self) -> None:
        """Show everything large, on the whole screen."""
        if self.board is None:
            self._is_wall_wanted = True  # as soon as there are plots
            self._load_board()
            return
        self._is_wall_wanted = False
        if self.wall is None:
            from hl7console.ui.monitor.wall import WallView

            kept = self._preferences.text("monitor/wallSeconds")
            self.wall = wall = WallView(int(kept) if kept.isdecimal() else 0, self)
            wall.shown_changed.connect(lambda is_shown: self.feed.watch(is_watching=is_shown))
            wall.interval_changed.connect(
                lambda s: self._preferences.set_text("monitor/wallSeconds", str(s))
            )
        if not self.feed.is_live:
            self.feed.go_live()
        self.wall.page = 0
        self.wall.setGeometry(self.screen().geometry())
        self.wall.showFullScreen()
        self._show_tiles()
        if self.shown is not None:
            self._on_shown(self.shown)

    @Slot(object)
    def _on_cursor(self, at_s: float | None) -> None:
        if at_s is None or self.board is None:
            self._moment.clear()
            return
        moment = time.strftime("%a %d %b %Y %H:%M:%S", time.localtime(at_s))
        marked = self.board.mark_text()
        self._moment.setText(f"{marked} · {moment}" if marked else moment)

    # Sizes, coming and going

    def _fit(self) -> None:
        room = self.content.contentsRect().size()
        width = room.width() - 24
        height = self.height() - self.header.height()
        share = _TILE_SHARE if height > _SHORT else 0.25
        wanted = self.tiles.height_for(width, max(round(height * share), 72), round(height * 0.32))
        self.tiles.setFixedHeight(wanted)
        self.strip.set_most(4 if height > _SHORT else 2 if height > _VERY_SHORT else 1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.feed.watch(is_watching=True)
        self._fit()
        self._load_board()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.feed.watch(is_watching=False)

    @Slot(object)
    def on_fault(self, error: ConsoleError) -> None:
        """Say why the measures cannot be read."""
        self._moment.setText(error.text)

    def stop(self) -> None:
        """End the threads."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._bridge.snapshot_changed.disconnect(self._on_snapshot)
        if self.wall is not None:
            self.wall.close()
        self._loader.stop()
        self.feed.stop()


def _import_plots() -> type[Board]:
    from hl7console.ui.monitor.board import Board

    return Board
