"""The wall view: the whole screen, large, going round through groups of tiles and the plots."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QHideEvent, QKeyEvent, QMouseEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from hl7console.ui.monitor.board import Board
from hl7console.ui.monitor.marks import PlotMark
from hl7console.ui.monitor.shown import Shown
from hl7console.ui.monitor.tile_model import TileModel
from hl7console.ui.monitor.tile_view import TileView
from hl7console.ui.monitor.tiles import Tile
from hl7console.ui.theme import GRID, text_font, theme

INTERVALS_S = (5, 10, 15, 20, 30, 45, 60, 120, 300)
USUAL_S = 15
_SCALE = 1.8
_PLOT_SCALE = 1.5
_POINTER_MS = 3000


class WallView(QWidget):
    """A window of its own, full screen. GUI thread only.

    Esc leaves it, space holds it, the arrows turn pages, + and - change how long each page stays.

    Args:
        interval_s: How long a page stays.
        parent: Whose window it is.
    """

    closed = Signal()
    interval_changed = Signal(int)
    shown_changed = Signal(bool)
    """It came into view, or went out of it."""

    def __init__(self, interval_s: int, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("wallView")
        self.setWindowTitle("Monitor")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.interval_s = interval_s if interval_s in INTERVALS_S else USUAL_S
        self.is_held = False
        self.page = 0
        self._tiles: list[Tile] = []
        self._on_page = 0
        self._model = TileModel(self)
        self.tiles = TileView(self._model, scale=_SCALE)
        self.tiles.setObjectName("wallTiles")
        self.tiles.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.tiles.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.board = Board(scale=_PLOT_SCALE)
        self.board.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.tiles)
        self._stack.addWidget(self.board)
        self._summary, self._place, self._clock = QLabel(), QLabel(), QLabel()
        self._summary.setFont(text_font(30, bold=True))
        self._summary.setObjectName("wallSummary")
        self._place.setProperty("role", "muted")
        self._place.setFont(text_font(18))
        self._place.setObjectName("wallPage")
        self._clock.setFont(text_font(30, bold=True))
        top = QHBoxLayout()
        top.setSpacing(3 * GRID)
        top.addWidget(self._summary)
        top.addStretch(1)
        top.addWidget(self._place)
        top.addWidget(self._clock)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID)
        layout.setSpacing(2 * GRID)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        self._turn = QTimer(self)
        self._turn.timeout.connect(self.next_page)
        self._pointer = QTimer(self)
        self._pointer.setSingleShot(True)
        self._pointer.setInterval(_POINTER_MS)
        self._pointer.timeout.connect(self._hide_pointer)
        self.setMouseTracking(True)
        theme().changed.connect(self._on_theme_changed)

    # What is shown

    @property
    def pages(self) -> int:
        """How many pages there are: groups of tiles, and the plots."""
        return max(-(-len(self._tiles) // max(self._per_page(), 1)), 1) + 1

    def show_tiles(self, tiles: list[Tile], summary: str) -> None:
        """Show how things stand."""
        self._tiles = list(tiles)
        self._summary.setText(summary)
        worst = next((role for role in ("err", "warn") if any(t.role == role for t in tiles)), "ok")
        self._summary.setProperty("tone", worst)
        self._summary.setStyleSheet(f"color: {theme().tokens.color(worst).name()}")
        self._clock.setText(time.strftime("%H:%M", time.localtime()))
        self._show_page()

    def show_data(self, shown: Shown, marks: tuple[PlotMark, ...]) -> None:
        """Show what was read for the plots."""
        self.board.show_data(shown, marks)
        self.board.set_span(shown.asked.since_s, shown.asked.until_s)

    def _per_page(self) -> int:
        room = self._stack.size()
        columns, rows = self.tiles.room_for(room.width(), room.height())
        return columns * rows

    @Slot()
    def _show_page(self) -> None:
        self.page %= self.pages
        is_plots = self.page == self.pages - 1
        self._stack.setCurrentWidget(self.board if is_plots else self.tiles)
        if not is_plots:
            each = self._per_page()
            self._model.set_tiles(self._tiles[self.page * each : (self.page + 1) * each])
            self.tiles.height_for(self._stack.width(), self._stack.height())
        held = "held" if self.is_held else f"every {self.interval_s} s"
        self._place.setText(f"{self.page + 1} of {self.pages} · {held}")

    @Slot()
    def next_page(self) -> None:
        """Turn to the next page."""
        self.turn(1)

    def turn(self, by: int) -> None:
        """Turn pages, forwards or back."""
        self.page = (self.page + by) % self.pages
        self._show_page()
        if not self.is_held:
            self._turn.start(self.interval_s * 1000)

    def set_interval(self, interval_s: int) -> None:
        """Let pages stay so long."""
        self.interval_s = interval_s
        self.interval_changed.emit(interval_s)
        self.turn(0)

    def hold(self, *, is_held: bool) -> None:
        """Stay at this page, or go on."""
        self.is_held = is_held
        self._turn.stop()
        self.turn(0)

    # Keys, coming and going

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = Qt.Key(event.key())
        steps = {Qt.Key.Key_Right: 1, Qt.Key.Key_PageDown: 1, Qt.Key.Key_Left: -1,
                 Qt.Key.Key_PageUp: -1}  # fmt: skip
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_F11):
            self.close()
        elif key in steps:
            self.turn(steps[key])
        elif key == Qt.Key.Key_Space:
            self.hold(is_held=not self.is_held)
        elif key in (Qt.Key.Key_Plus, Qt.Key.Key_Equal, Qt.Key.Key_Minus):
            place = INTERVALS_S.index(self.interval_s) + (-1 if key == Qt.Key.Key_Minus else 1)
            self.set_interval(INTERVALS_S[min(max(place, 0), len(INTERVALS_S) - 1)])
        else:
            super().keyPressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        self.unsetCursor()
        self._pointer.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._show_page)

    @Slot()
    def _hide_pointer(self) -> None:
        self.setCursor(Qt.CursorShape.BlankCursor)

    @Slot()
    def _on_theme_changed(self) -> None:
        self.show_tiles(self._tiles, self._summary.text())

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._turn.start(self.interval_s * 1000)
        self._pointer.start()
        self._show_page()
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        self.shown_changed.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._turn.stop()
        self._pointer.stop()
        self.shown_changed.emit(False)

    def closeEvent(self, event: QCloseEvent) -> None:
        super().closeEvent(event)
        self.closed.emit()
