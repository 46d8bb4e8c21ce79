"""The place Worklist: search line, filters, list, and the pane beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.errors import ConsoleError
from hl7console.store.worklist.records import Counts, EntryEffect, LineQuery, LineRow, StepDetails
from hl7console.ui.bars import top_bar
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.preferences import Preferences
from hl7console.ui.worklist import layout_memory
from hl7console.ui.worklist.as_of import AsOfBar
from hl7console.ui.worklist.emptiness import behind_text, buttons, count_text, emptiness
from hl7console.ui.worklist.feed import LineFeed
from hl7console.ui.worklist.filters import FilterBar
from hl7console.ui.worklist.images_dialog import dicom_paths
from hl7console.ui.worklist.news_chip import NewsChip
from hl7console.ui.worklist.reads import WorklistReads
from hl7console.ui.worklist.search_line import SearchLine
from hl7console.ui.worklist.side import StepPane
from hl7console.ui.worklist.table import LineTable

_LIST_WIDTH = 816
_SLOW_MS = 300
"""A listing slower than this says that it is under way."""


class WorklistPlace(QWidget):
    """Shows what the feed brings. GUI thread only; call `stop` before it goes.

    Args:
        console: The engine.
        bridge: Tells when something changed.
        preferences: What the window remembers.
        opener: Opens a connection to the worklist, on whatever thread calls it.
    """

    listeners_wanted = Signal()
    import_wanted = Signal()
    menu_wanted = Signal(QPoint)
    link_chosen = Signal(str)
    line_changed = Signal()
    """Another line is in view, or more is known of it."""
    fault = Signal(object)
    file_dropped = Signal(object)
    """DICOM files (a list of `Path`) were dropped on the place."""

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        opener: Callable[[], WorklistReads],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("worklistPlace")
        self.setAcceptDrops(True)
        self._bridge = bridge
        self._preferences = preferences
        self._shown_id = 0
        self._version = bridge.snapshot.worklist_version
        self._is_started = False
        self._is_stopped = False
        self._is_menu_open = False
        self._is_first = True
        self.feed = LineFeed(opener, self)
        self.table = LineTable(self.feed.model)
        self.search = SearchLine()
        self.filters = FilterBar()
        self.as_of = AsOfBar()
        self.side = StepPane(console)
        self._build()
        self._connect()
        self._has_own_split = layout_memory.restore(
            self.table, self.splitter, self.filters, preferences
        )

    # Building

    def _build(self) -> None:
        self.empty = EmptyState()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._news = NewsChip(self.table)
        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.filters)
        column.addWidget(self._stack, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("worklistSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(left)
        self.splitter.addWidget(self.side)
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._built_bar())
        self.behind = QLabel()
        self.behind.setObjectName("worklistFault")
        self.behind.setWordWrap(True)
        self.behind.hide()
        layout.addWidget(self.behind)
        layout.addWidget(self.as_of)
        layout.addWidget(self.splitter, 1)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(lambda: self.search.tell("Looking…"))

    def _built_bar(self) -> QFrame:
        self.as_of_button = QPushButton("As of now")
        self.as_of_button.setObjectName("asOfButton")
        self.as_of_button.setToolTip("Show the worklist as it stood at an earlier time (Ctrl+T)")
        bar, self._bar_row = top_bar(self.search, self.as_of_button)
        return bar

    def add_to_bar(self, button: QPushButton) -> None:
        """Put a button at the end of the top bar."""
        self._bar_row.addWidget(button)

    def _connect(self) -> None:
        feed, table = self.feed, self.table
        feed.listed.connect(self._on_listed)
        feed.failed.connect(self._on_failed)
        feed.changed_behind.connect(self._on_behind)
        feed.rows_outdated.connect(self._on_rows_outdated)
        feed.refreshed.connect(self._fetch_details)
        feed.model.dataChanged.connect(self._on_rows_there)
        table.current_changed.connect(self._on_current_changed)
        table.resized.connect(self._news.find_place)
        table.pointer_left.connect(self._settle)
        table.sorting_changed.connect(self.submit)
        table.customContextMenuRequested.connect(self.menu_wanted)
        table.opened.connect(lambda _: self.side.tabs.setFocus(Qt.FocusReason.OtherFocusReason))
        self._news.clicked.connect(self.feed.let_in)
        self.search.changed.connect(self.submit)
        self.search.left_down.connect(self._on_left_down)
        self.filters.changed.connect(self.submit)
        self.as_of.moved.connect(self._on_moved)
        self.as_of_button.clicked.connect(self.toggle_as_of)
        self.side.link_chosen.connect(self.link_chosen)
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        self._bridge.settings_changed.connect(self.side.load_rules)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_own_split:
            self._has_own_split = True
            width = self.width()
            side = max(400, min(560, round(width * 0.36), width - _LIST_WIDTH))
            self.splitter.setSizes([width - side, side])
            self.table.fit_columns(width - side)
        self.start()
        self.line_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.line_changed.emit()

    def start(self) -> None:
        """Load the list, once."""
        if not self._is_started:
            self._is_started = True
            self.side.load_rules()
            self.submit()

    def stop(self) -> None:
        """Remember the layout, and end the threads."""
        if self._is_stopped:
            return
        self._is_stopped = True
        if self._is_started:
            layout_memory.keep(self.table, self.splitter, self.filters, self._preferences)
        self._bridge.snapshot_changed.disconnect(self._on_snapshot)
        self.feed.stop()
        self.side.stop()

    # Listing

    def query(self) -> LineQuery:
        """Return what the list shows, as a query."""
        return self.filters.query(
            self.search.text,
            self.as_of.at_us,
            self.table.order_by,
            descending=self.table.descending,
        )

    @Slot()
    def submit(self) -> None:
        """List anew, by what is typed and chosen."""
        if self._is_started:
            self._slow.start()
            self.feed.show(self.query(), self.filters.group.value)

    @Slot()
    def _on_listed(self) -> None:
        self._slow.stop()
        self.search.tell(count_text(self.feed.count, self.filters.day.value))
        self._show_list_or_why_not()
        row = self.feed.model.row_of(self._shown_id)
        if row >= 0:
            self.table.go_to(row, scrolls=self._is_first)
        elif self.feed.count and (self._is_first or not self._shown_id):
            self.table.go_to(self.table.first_line())
        elif self._shown_id:
            self._on_current_changed(0)
        self._is_first = False
        self._ask_known()

    def _ask_known(self) -> None:
        self.feed.reads().ask(lambda reads: reads.counts(None), self._on_counts, self.fault.emit)

    def _on_counts(self, counts: Counts) -> None:
        self.filters.set_known(counts.by_modality, counts.by_station)
        names = sorted(name for name in counts.by_station if name)
        self.side.why.set_stations(names)
        self.side.answer.set_callers(names)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        self._slow.stop()
        self.search.tell("")
        again = (("Try again", self.submit),)
        self.empty.tell(error.text, error.hint, icon="triangle-alert", buttons=again)
        self._stack.setCurrentWidget(self.empty)

    def _show_list_or_why_not(self) -> None:
        if self.feed.count:
            self._stack.setCurrentWidget(self.table)
            return
        told = emptiness(
            is_narrowed=bool(self.search.text) or self.filters.is_narrowed,
            is_past=bool(self.as_of.at_us),
            is_all_days=self.filters.day.value == "all",
        )
        acts: dict[str, Callable[[], object]] = {
            "everything": self.show_everything,
            "now": self.as_of.leave,
            "listener": self.listeners_wanted.emit,
            "import": self.import_wanted.emit,
        }
        self.empty.tell(told.title, told.text, icon=told.icon, buttons=buttons(told, acts))
        self._stack.setCurrentWidget(self.empty)

    def show_everything(self) -> None:
        """Show the lines of all days, whatever they are."""
        self.search.edit.clear()
        self.filters.clear()

    # Changes as they come

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        text = behind_text(snapshot)
        self.behind.setText(text)
        self.behind.setVisible(bool(text))
        if self._is_started and snapshot.worklist_version != self._version:
            self._version = snapshot.worklist_version
            self.feed.look_again()

    @Slot()
    def _settle(self) -> None:
        self.feed.set_still(self.table.is_pointed_at or self._is_menu_open)

    def set_menu_open(self, is_open: bool) -> None:
        """Hold the list still while a menu is about its rows."""
        self._is_menu_open = is_open
        self._settle()

    @Slot(bool)
    def _on_behind(self, is_behind: bool) -> None:
        self._news.setVisible(is_behind)
        self._news.find_place()

    @Slot()
    def _on_rows_outdated(self) -> None:
        seen = self.table.visible_ids()
        self.feed.model.forget_unseen(seen)
        self.feed.refresh(seen)

    @Slot()
    def _on_left_down(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.table.currentIndex().isValid():
            self.table.go_to(self.table.first_line())

    # The line one is at

    @property
    def line(self) -> LineRow | None:
        """The line in view, as the list knows it."""
        return self.feed.model.line(self._shown_id)

    @Slot(int)
    def _on_current_changed(self, step_id: int) -> None:
        self._shown_id = step_id
        if not step_id:
            self.side.show_nothing()
            self.line_changed.emit()
            return
        self.side.expect(step_id)
        self._begin()
        self._fetch_details()

    def _begin(self) -> None:
        line = self.line
        if line is not None:
            self.side.begin(line)
            self.line_changed.emit()

    @Slot()
    def _on_rows_there(self) -> None:
        if self._shown_id:
            self._begin()

    @Slot()
    def _fetch_details(self) -> None:
        step_id, at_us = self._shown_id, self.as_of.at_us
        if not step_id:
            return

        def work(reads: WorklistReads) -> tuple[StepDetails | None, list[EntryEffect]] | None:
            if step_id != self._shown_id:
                return None
            return reads.details(step_id, at_us), reads.why(step_id, at_us)

        def then(found: tuple[StepDetails | None, list[EntryEffect]] | None) -> None:
            if found is not None and (step_id, at_us) == (self._shown_id, self.as_of.at_us):
                self._begin()
                self.side.fill(*found)
                self.line_changed.emit()

        self.feed.reads().ask(work, then, self.fault.emit)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dicom_paths(event.mimeData()):
            event.acceptProposedAction()
        else:
            event.ignore()  # the window imports it

    def dropEvent(self, event: QDropEvent) -> None:
        paths = dicom_paths(event.mimeData())
        event.setAccepted(bool(paths))
        if paths:
            self.file_dropped.emit(paths)

    def go_to_step(self, step_id: int) -> None:
        """Go to a line, where the list has it; else show everything, and then go to it."""
        row = self.feed.model.row_of(step_id)
        if row >= 0:
            self.table.go_to(row)
        else:
            self._shown_id = step_id
            self._is_first = True
            self.show_everything()

    # As of

    @Slot()
    def toggle_as_of(self) -> None:
        """Show the worklist as it stood earlier, or as it stands now."""
        if self.as_of.at_us:
            self.as_of.leave()
        else:
            self.feed.reads().ask(
                lambda reads: reads.span(), lambda span: self._enter(*span), self.fault.emit
            )

    def _enter(self, first_us: int, last_us: int) -> None:
        if first_us:
            self.as_of.enter(first_us, last_us)

    @Slot(object)
    def _on_moved(self, at_us: int) -> None:
        self.as_of_button.setText("As of then" if at_us else "As of now")
        self.submit()
        self._fetch_details()
