"""What one does in the Monitor: menus, alerts, saving, the wall view."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QPoint, Qt, Signal
from PySide6.QtGui import QPixmap
from PySide6.QtWidgets import QMenu

from hl7console.engine.alert_commands import AcknowledgeAlerts, SnoozeAlerts
from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.store.measures.records import Scope
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.monitor.csv_table import csv_text
from hl7console.ui.monitor.filters import alert_filter
from hl7console.ui.monitor.place import MonitorPlace
from hl7console.ui.monitor.shown import Series
from hl7console.ui.monitor.spans import SPANS
from hl7console.ui.monitor.tile_model import Key
from hl7console.ui.notice import Notice
from hl7console.ui.queues.command_runner import CommandRunner
from hl7console.ui.worker import Worker


class MonitorActions(CommandRunner):
    """The actions of the place Monitor. GUI thread only; call `stop` before it goes."""

    filter_wanted = Signal(str)
    settings_wanted = Signal(str, str)
    alert_wanted = Signal(int)
    queue_wanted = Signal(str)

    def __init__(
        self, place: MonitorPlace, console: Console, bridge: EngineBridge, ask: Ask, notice: Notice
    ) -> None:
        super().__init__(console, notice, place)
        self._place, self._bridge, self._ask = place, bridge, ask
        self._files = Worker("monitor-files", self)
        place.tile_menu_wanted.connect(self._show_tile_menu)
        place.plot_menu_wanted.connect(self._show_plot_menu)
        place.strip.snoozed.connect(self.snooze)
        place.strip.acknowledged.connect(lambda id_: self.run(AcknowledgeAlerts((id_,))))
        menu = place.header.save_menu
        menu.addAction("Picture (PNG)…").triggered.connect(lambda *_: self.save_picture())
        menu.addAction("Numbers (CSV)…").triggered.connect(lambda *_: self.save_csv())

    def snooze(self, alert_id: int, until_us: int) -> None:
        """Put an alert off until a time; 0 ends that."""
        self.run(SnoozeAlerts((alert_id,), until_us))

    # What is shown

    def change_span(self, by: int) -> None:
        """Show a longer or shorter span."""
        keys = [span.key for span in SPANS]
        place = keys.index(self._place.feed.span.key) + by
        self._place.show_span(keys[min(max(place, 0), len(keys) - 1)])

    def toggle_pause(self) -> None:
        """Hold still, or follow again."""
        feed = self._place.feed
        feed.pause(is_paused=feed.is_live)

    def toggle_heat(self) -> None:
        """Show times as a heat map, or as lines."""
        self._place.show_heat(has_heat=not self._place.feed.has_heat)

    def toggle_behind(self) -> None:
        """Show messages behind in place of the worklist by state, or that again."""
        self._place.show_behind(has_behind=not self._place.feed.has_behind)

    # Menus

    def tile_menu(self, key: Key) -> QMenu:
        """Return the menu of a tile."""
        kind, name = key
        menu = QMenu(self._place)
        menu.setObjectName("tileMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def add(text: str, act: object) -> None:
            menu.addAction(text).triggered.connect(act)

        add("Show its plots", lambda *_: self._place.tiles.choose(key))
        if kind != Scope.WORKLIST:
            text = alert_filter(Series(Scope(kind), name))
            add("Show its messages", lambda *_: self.filter_wanted.emit(text))
        if kind == Scope.DESTINATION:
            add("Show its queue", lambda *_: self.queue_wanted.emit(name))
        alerts = [a for a in self._bridge.snapshot.alerts if (a.scope, a.subject) == key]
        if alerts:
            menu.addSeparator()
        for alert in alerts[:3]:
            words = alert.text if len(alert.text) <= 60 else f"{alert.text[:59]}…"
            add(f"Alert: {words}", lambda *_, id_=alert.id: self.alert_wanted.emit(id_))
        menu.addSeparator()
        add("Settings", lambda *_: self.settings_wanted.emit(kind, name))
        return menu

    def _show_tile_menu(self, key: Key, at: QPoint) -> None:
        self.tile_menu(key).popup(at)

    def plot_menu(self, name: str, text: str, since_s: float, until_s: float) -> QMenu:
        """Return the menu of a plot at one of its steps."""
        feed = self._place.feed
        menu = QMenu(self._place)
        menu.setObjectName("plotMenu")
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        show = menu.addAction("Show the messages of this step")
        show.setEnabled(bool(text))
        show.triggered.connect(lambda *_: self.filter_wanted.emit(text))
        middle_s = (since_s + until_s) / 2
        near = menu.addAction("Zoom in here")
        near.triggered.connect(lambda *_: feed.zoom(4.0, middle_s))
        menu.addAction("Zoom out").triggered.connect(lambda *_: feed.zoom(0.25, middle_s))
        live = menu.addAction("Follow the present")
        live.setEnabled(not feed.is_live)
        live.triggered.connect(lambda *_: feed.go_live())
        menu.addSeparator()
        compare = menu.addAction("Compare with last week")
        compare.setCheckable(True)
        compare.setChecked(feed.has_last_week)
        compare.triggered.connect(lambda *_: self._place.header.compare.click())
        if name == "latency":
            heat = menu.addAction("Times as a heat map")
            heat.setCheckable(True)
            heat.setChecked(feed.has_heat)
            heat.triggered.connect(lambda *_: self.toggle_heat())
        if name == "worklist":
            behind = menu.addAction("Messages behind instead")
            behind.setCheckable(True)
            behind.setChecked(feed.has_behind)
            behind.triggered.connect(lambda *_: self.toggle_behind())
        menu.addSeparator()
        menu.addAction("Save as picture…").triggered.connect(lambda *_: self.save_picture())
        menu.addAction("Save as CSV…").triggered.connect(lambda *_: self.save_csv())
        return menu

    def _show_plot_menu(
        self, name: str, text: str, since_s: float, until_s: float, at: QPoint
    ) -> None:
        self.plot_menu(name, text, since_s, until_s).popup(at)

    # Saving

    def save_picture(self) -> None:
        """Ask where, and save what is seen as a picture."""
        picture: QPixmap = self._place.content.grab()
        image = picture.toImage()
        path = self._ask.save_path("Save as picture", "monitor.png", "PNG (*.png)")
        if path is None:
            return
        target = path if path.suffix else path.with_suffix(".png")

        def work() -> Path:
            if not image.save(str(target), "PNG"):  # type: ignore[call-overload]
                raise ConsoleError(
                    f"{target.name} could not be written.",
                    hint="Choose a folder that you may write to.",
                )
            return target

        self._files.call(work, self._on_saved, self._notice.fault)

    def save_csv(self) -> None:
        """Ask where, and save the numbers of what is seen."""
        shown = self._place.shown
        if shown is None:
            self._notice.warn("There are no numbers yet.")
            return
        path = self._ask.save_path("Save the numbers", "monitor.csv", "CSV (*.csv)")
        if path is None:
            return
        target = path if path.suffix else path.with_suffix(".csv")
        stretch = self._place.feed.shown_stretch()

        def work() -> Path:
            text = csv_text(shown, stretch)
            try:
                target.write_text(text, encoding="utf-8-sig", newline="")
            except OSError as error:
                raise ConsoleError(
                    f"{target.name} could not be written: {error.strerror}.",
                    hint="Choose a folder that you may write to.",
                ) from error
            return target

        self._files.call(work, self._on_saved, self._notice.fault)

    def _on_saved(self, path: Path) -> None:
        self._notice.tell(f"{path.name} was saved.")

    def stop(self) -> None:
        """End the thread that writes files."""
        self._files.stop()
