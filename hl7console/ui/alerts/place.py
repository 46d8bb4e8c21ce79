"""The place Alerts: open and past alerts, figures by rule, and one alert's story beside them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.store.alert_lists import RuleFigures
from hl7console.store.alert_records import AlertRecord
from hl7console.ui.alerts.feed import AlertFeed, Story
from hl7console.ui.alerts.figures import FiguresView
from hl7console.ui.alerts.header import AlertHeader, View
from hl7console.ui.alerts.side_pane import AlertStory
from hl7console.ui.alerts.table import AlertTable
from hl7console.ui.alerts.words import alerts_text, now_us
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.preferences import Preferences

_TICK_MS = 1000


class AlertsPlace(QWidget):
    """Shows alerts. GUI thread only; call `stop` before it goes."""

    choice_changed = Signal()
    """Other alerts are chosen, or more is known of them."""
    menu_wanted = Signal(QPoint)
    rules_wanted = Signal()
    """The page of the rules."""

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
        clock_us: Callable[[], int] = now_us,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("alertsPlace")
        self._bridge, self._preferences = bridge, preferences
        self.clock_us = clock_us
        self._version = -1
        self._shown_id = 0
        self._wanted_id = 0
        self._story: Story | None = None
        self._kept: tuple[list[int], int] = ([], 0)
        self._is_putting = False
        self._is_stopped = False
        self.feed = AlertFeed(console, clock_us, self)
        self.table = AlertTable(self.feed.model)
        self.feed.seen = self.table.seen
        self.feed.kept_id = lambda: self._wanted_id or self._shown_id
        self.header = AlertHeader()
        self.story = AlertStory()
        self.figures = FiguresView()
        self._build()
        self._connect()

    # Building

    def _build(self) -> None:
        self.empty = EmptyState()
        self._middle = QStackedWidget()
        for part in (self.table, self.empty, self.figures):
            self._middle.addWidget(part)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("alertsSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._middle)
        self.splitter.addWidget(self.story)
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 2)
        self.story.setMinimumWidth(280)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.splitter, 1)
        state = self._preferences.blob("alerts/splitter")
        self._has_own_split = not state.isEmpty() and self.splitter.restoreState(state)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._on_tick)

    def _connect(self) -> None:
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        self.header.view_changed.connect(self._on_view_changed)
        self.header.narrowed.connect(self._list)
        self.header.span_changed.connect(self._ask_figures)
        self.feed.about_to_list.connect(self._on_about_to_list)
        self.feed.listed.connect(self._on_listed)
        self.feed.names_changed.connect(self._on_names_changed)
        self.feed.failed.connect(self._on_failed)
        self.table.current_changed.connect(self._on_current_changed)
        self.table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.feed.model.dataChanged.connect(self._on_rows_came)
        self.table.customContextMenuRequested.connect(self.menu_wanted)
        self.figures.rule_chosen.connect(self.show_rule)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_own_split:
            self._has_own_split = True
            side = max(300, min(420, round(self.width() * 0.28)))
            self.splitter.setSizes([self.width() - side, side])
        self._tick.start()
        self._on_snapshot(self._bridge.snapshot)
        self.choice_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._tick.stop()
        self.choice_changed.emit()

    def stop(self) -> None:
        """Remember the layout, and end the threads."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._tick.stop()
        self._preferences.set_blob("alerts/splitter", self.splitter.saveState())
        self._bridge.snapshot_changed.disconnect(self._on_snapshot)
        self.feed.stop()

    def first_focus(self) -> QWidget:
        """Return the widget that has the keyboard first."""
        return self.figures.table if self.header.view is View.FIGURES else self.table

    # What is chosen

    @property
    def alert(self) -> AlertRecord | None:
        """The alert one is at."""
        if self.header.view is View.FIGURES:
            return None
        if self._story is not None and self._story.alert.id == self._shown_id:
            return self._story.alert
        return self.feed.model.alert_at(self.feed.model.row_of(self._shown_id))

    @property
    def chosen_count(self) -> int:
        """How many alerts are chosen."""
        return 0 if self.header.view is View.FIGURES else len(self.table.chosen_rows())

    def with_chosen(self, then: Callable[[list[AlertRecord]], None]) -> None:
        """Call `then` with the chosen alerts, read where they are not there."""
        rows = [] if self.header.view is View.FIGURES else self.table.chosen_rows()
        if rows:
            self.feed.read_rows(rows, then)

    # Lists

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        self.header.set_open_count(snapshot.alerts_open)
        if self.isVisible() and snapshot.alerts_version != self._version:
            self._version = snapshot.alerts_version
            self.look_again()

    def look_again(self) -> None:
        """Read again what is shown: something happened."""
        if self.header.view is View.FIGURES:
            self._ask_figures()
        else:
            self.feed.look_again()
        if self._shown_id:
            self._fetch()

    @Slot()
    def _on_view_changed(self) -> None:
        if self.header.view is View.FIGURES:
            self._middle.setCurrentWidget(self.figures)
            self.story.hide()
            self._ask_figures()
        else:
            self._list()
        self.choice_changed.emit()

    @Slot()
    def _list(self) -> None:
        if self.header.view is not View.FIGURES:
            self._show_alert(0)
            self.feed.show(self.header.wanted())

    def show_view(self, view: View) -> None:
        """Go to open alerts, past ones, or the figures by rule."""
        self.header.show_view(view)

    @Slot(str)
    def show_rule(self, rule: str) -> None:
        """Show the past alerts of a rule."""
        self.header.show_view(View.PAST)
        self.header.narrow_to_rule(rule)
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_alert(self, alert_id: int) -> None:
        """Choose an alert, open or past."""

        def go(story: Story | None) -> None:
            if story is None:
                return
            view = View.OPEN if story.alert.is_open else View.PAST
            self._wanted_id = alert_id
            self.header.show_view(view)
            self.header.widen()

        self.feed.fetch(alert_id, go)

    @Slot()
    def _on_about_to_list(self) -> None:
        model, table = self.feed.model, self.table
        ids = [number for row in table.chosen_rows() if (number := model.id_at(row))]
        self._kept = ids, table.verticalScrollBar().value()
        self._is_putting = True

    @Slot(bool)
    def _on_listed(self, is_other: bool) -> None:
        model, table = self.feed.model, self.table
        ids, scrolled = self._kept
        self._show_table_or_why_not()
        wanted, self._wanted_id = self._wanted_id, 0
        place = self.feed.kept_place
        if not is_other and not wanted:
            table.verticalScrollBar().setValue(scrolled)
            rows = [row for number in ids if (row := model.row_of(number)) >= 0]
            table.choose_rows(rows, place)
        self._is_putting = False
        if wanted and place >= 0:
            table.go_to(place)
        elif (is_other or not table.chosen_rows()) and model.rowCount():
            table.go_to(0, scrolls=is_other)
        elif not model.rowCount():
            self._show_alert(0)
        self._tell_count()
        self.choice_changed.emit()

    @Slot()
    def _on_names_changed(self) -> None:
        names = self.feed.names
        self.header.offer(
            sorted(names.subjects, key=str.casefold), sorted(names.rules, key=str.casefold)
        )

    def _tell_count(self) -> None:
        count = self.feed.model.rowCount()
        found = "found" if self.header.wanted().is_narrow else ""
        self.header.tell(f"{alerts_text(count)} {found}".strip() if count else "")

    def _show_table_or_why_not(self) -> None:
        if self.header.view is View.FIGURES:
            return
        self.story.setVisible(self.feed.model.rowCount() > 0)
        if self.feed.model.rowCount():
            self._middle.setCurrentWidget(self.table)
            return
        if self.header.wanted().is_narrow:
            self.empty.tell(
                "No such alert",
                "Nothing fits what the list is narrowed to.",
                icon="search",
                buttons=(("Show all", self.header.widen),),
            )
        elif self.header.view is View.OPEN:
            self.empty.tell(
                "Nothing is wrong",
                "No rule finds anything to tell of now.",
                icon="circle-check",
                buttons=(("Past alerts", lambda: self.show_view(View.PAST)),
                         ("Rules", self.rules_wanted.emit)),
            )  # fmt: skip
        else:
            self.empty.tell("No alerts yet", "What was wrong and is over stands here.", icon="bell")
        self._middle.setCurrentWidget(self.empty)
        self.story.show_nothing()

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        again = (("Try again", self._list),)
        self.empty.tell(error.text, error.hint, icon="triangle-alert", buttons=again)
        self._middle.setCurrentWidget(self.empty)

    @Slot()
    def _on_tick(self) -> None:
        self.feed.model.tick(self.clock_us(), self.table.seen())
        if self._story is not None and self._story.alert.id == self._shown_id:
            self.story.show_story(self._story, self.clock_us())

    @Slot()
    def _ask_figures(self) -> None:
        days = self.header.span_days
        since_us = self.clock_us() - days * 86_400_000_000 if days else 0
        self.feed.figures(since_us, self._put_figures)

    def _put_figures(self, found: list[RuleFigures]) -> None:
        self.figures.show_figures(found, self.clock_us())
        if self.header.view is View.FIGURES:
            self.header.tell(self.figures.summary)

    # One alert

    @Slot(int)
    def _on_current_changed(self, alert_id: int) -> None:
        if not self._is_putting:
            self._show_alert(alert_id)

    @Slot()
    def _on_selection_changed(self) -> None:
        if not self._is_putting:
            self._show_alert(self.table.current_id())

    @Slot()
    def _on_rows_came(self) -> None:
        if not self._is_putting and not self._shown_id:  # the row one went to was not there yet
            self._show_alert(self.table.current_id())

    def _show_alert(self, alert_id: int) -> None:
        if alert_id != self._shown_id:
            self._shown_id, self._story = alert_id, None
            if alert_id:
                self._fetch()
            else:
                self.story.show_nothing()
        self.choice_changed.emit()

    def _fetch(self) -> None:
        wanted = self._shown_id

        def put(story: Story | None) -> None:
            if wanted == self._shown_id:
                self._story = story
                if story is None:
                    self.story.show_nothing("This alert is not there any more.")
                else:
                    self.story.show_story(story, self.clock_us())
                self.choice_changed.emit()

        self.feed.fetch(wanted, put)
