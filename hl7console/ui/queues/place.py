"""The place Queues: queues or causes on the left, their deliveries, and the message beside them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSignalBlocker, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedWidget, QVBoxLayout, QWidget

from hl7console.engine.console import Console, EngineSnapshot
from hl7console.engine.repair_commands import QueueStatus
from hl7console.errors import ConsoleError
from hl7console.store.queue_parts import Part, Which
from hl7console.store.queue_reader import DeliveryRow, ErrorGroup
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.inspector import Inspector
from hl7console.ui.preferences import Preferences
from hl7console.ui.queues.cards import CardList
from hl7console.ui.queues.error_groups import ErrorGroups, group_card
from hl7console.ui.queues.feed import DeliveryFeed, Details
from hl7console.ui.queues.header import QueueHeader, View
from hl7console.ui.queues.queue_cards import queue_card
from hl7console.ui.queues.reason_pane import ReasonPane
from hl7console.ui.queues.table import DeliveryTable
from hl7console.ui.queues.words import rank

_LEFT = 280
_TICK_MS = 1000


class QueuesPlace(QWidget):
    """Shows queues and the error list. GUI thread only; call `stop` before it goes."""

    choice_changed = Signal()
    """Another queue, group or delivery is chosen, or more is known of it."""
    menu_wanted = Signal(QPoint)
    """A menu on the chosen deliveries."""
    queue_menu_wanted = Signal(object)
    """A menu on the chosen queue or group; where, globally."""
    dropped = Signal(str, object)
    """Deliveries or messages were let go over a queue: its name, and the `QMimeData`."""
    destinations_wanted = Signal()
    refused_here_wanted = Signal()
    fault = Signal(object)

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("queuesPlace")
        self._bridge = bridge
        self._preferences = preferences
        self._version = -1
        self._shown_id = 0
        self._is_stopped = False
        self._is_moving = False
        self._was_at_top = True
        self.queues = CardList("queueList", "Queues", takes_drops=True)
        self.groups_list = CardList("errorGroupList", "Causes of refusals")
        self.feed = DeliveryFeed(console, self)
        self.groups = ErrorGroups(console, self)
        self.table = DeliveryTable(self.feed.model)
        self.feed.seen = self.table.seen
        self.header = QueueHeader()
        self.inspector = Inspector()
        self.reason = ReasonPane()
        self._build()
        self._connect()

    # Building

    def _build(self) -> None:
        self.empty = EmptyState()
        self.nothing = EmptyState()
        self._left = QStackedWidget()
        self._left.addWidget(self.queues)
        self._left.addWidget(self.groups_list)
        self._middle = QStackedWidget()
        self._middle.addWidget(self.table)
        self._middle.addWidget(self.empty)
        right = QWidget()
        right.setProperty("role", "surface")
        right.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.reason)
        column.addWidget(self.inspector, 1)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("queuesSplitter")
        self.splitter.setChildrenCollapsible(False)
        for part, stretch in ((self._left, 0), (self._middle, 5), (right, 3)):
            self.splitter.addWidget(part)
            self.splitter.setStretchFactor(self.splitter.count() - 1, stretch)
        self._left.setMinimumWidth(200)
        self._whole = QStackedWidget()
        self._whole.addWidget(self.splitter)
        self._whole.addWidget(self.nothing)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self._whole, 1)
        state = self._preferences.blob("queues/splitter")
        self._has_own_split = not state.isEmpty() and self.splitter.restoreState(state)
        state = self._preferences.blob("queues/header")
        if not state.isEmpty():
            self.table.horizontalHeader().restoreState(state)
        self._tick = QTimer(self)
        self._tick.setInterval(_TICK_MS)
        self._tick.timeout.connect(self._show_queues)

    def _connect(self) -> None:
        self._bridge.snapshot_changed.connect(self._on_snapshot)
        self._bridge.settings_changed.connect(self._show_queues)
        self.header.view_changed.connect(self._on_view_changed)
        self.header.which_changed.connect(self._list)
        self.queues.chosen.connect(self._list)
        self.groups_list.chosen.connect(self._list)
        self.queues.menu_wanted.connect(self.queue_menu_wanted)
        self.groups_list.menu_wanted.connect(self.queue_menu_wanted)
        self.queues.dropped.connect(self.dropped)
        self.groups.changed.connect(self._show_groups)
        self.groups.failed.connect(self.fault)
        self.feed.listed.connect(self._on_listed)
        self.feed.about_to_move.connect(self._on_about_to_move)
        self.feed.moved.connect(self._on_moved)
        self.feed.failed.connect(self._on_failed)
        self.table.current_changed.connect(self._on_current_changed)
        self.table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self.feed.model.dataChanged.connect(self._on_selection_changed)  # the row one went to came
        self.table.customContextMenuRequested.connect(self.menu_wanted)
        self.reason.path_wanted.connect(self.inspector.go_to_path)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_own_split:
            self._has_own_split = True
            width = self.width()
            side = max(380, min(560, round(width * 0.35)))
            self.splitter.setSizes([_LEFT, width - _LEFT - side, side])
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
        self._preferences.set_blob("queues/splitter", self.splitter.saveState())
        self._preferences.set_blob("queues/header", self.table.horizontalHeader().saveState())
        self._bridge.snapshot_changed.disconnect(self._on_snapshot)
        self.feed.stop()
        self.groups.stop()
        self.inspector.stop()

    # What is chosen

    @property
    def view(self) -> View:
        """Queues, or the error list."""
        return self.header.view

    @property
    def queue(self) -> QueueStatus | None:
        """The queue one is at; None in the error list, and where there is none."""
        return self.status_of(self.queues.key) if self.view is View.QUEUES else None

    def status_of(self, name: str) -> QueueStatus | None:
        """Return a queue by its destination."""
        return next((s for s in self._bridge.snapshot.queues if s.destination == name), None)

    @property
    def group(self) -> ErrorGroup | None:
        """The group one is at in the error list."""
        return self.groups.by_key(self.groups_list.key) if self.view is View.ERRORS else None

    @property
    def row(self) -> DeliveryRow | None:
        """The delivery one is at, as the list knows it."""
        return self.feed.model.row_by_id(self._shown_id)

    def first_focus(self) -> QWidget:
        """Return what the keys go to when one comes here."""
        return self.table if self.feed.count else self._left.currentWidget() or self.table

    def look_again(self) -> None:
        """Read again what is shown: something was done about it."""
        self._version = -1
        self._on_snapshot(self._bridge.snapshot)

    # Queues and groups

    @Slot(object)
    def _on_snapshot(self, snapshot: EngineSnapshot) -> None:
        if not self.isVisible():
            return
        self._show_queues()
        version = snapshot.deliveries_version
        if version != self._version:
            self._version = version
            self.feed.look_again()
            self.groups.look_again()
            if self._shown_id:
                self._fetch()

    @Slot()
    def _show_queues(self) -> None:
        statuses = sorted(self._bridge.snapshot.queues, key=rank)
        self.queues.set_cards([queue_card(status) for status in statuses])
        self.header.set_counts(self.queue, sum(s.failed for s in statuses))
        self._show_whole()
        self.choice_changed.emit()

    @Slot()
    def _show_groups(self) -> None:
        self.groups_list.set_cards([group_card(group) for group in self.groups.groups])
        self._show_whole()
        self.choice_changed.emit()

    def _show_whole(self) -> None:
        acts: tuple[tuple[str, Callable[[], object]], ...]
        if self.view is View.QUEUES and not self.queues.model_of_cards.cards:
            acts = (("Add a destination", self.destinations_wanted.emit),)
            self._tell_nothing(
                "No destinations yet",
                "A queue belongs to a destination. Add one, and let a route send messages to it.",
                "list-end",
                acts,
            )
        elif self.view is View.ERRORS and self.groups.is_read and not self.groups.groups:
            acts = (("Show what was refused here", self.refused_here_wanted.emit),)
            self._tell_nothing(
                "Nothing was refused",
                "Every destination took what it was sent, or it was dealt with. Messages that your "
                "own listeners refused stand in Messages.",
                "circle-check",
                acts,
            )
        else:
            self._whole.setCurrentWidget(self.splitter)

    def _tell_nothing(
        self, title: str, text: str, icon: str, acts: tuple[tuple[str, Callable[[], object]], ...]
    ) -> None:
        if self._whole.currentWidget() is not self.nothing or self.nothing.title != title:
            self.nothing.tell(title, text, icon=icon, buttons=acts)
            self._whole.setCurrentWidget(self.nothing)

    def show_view(self, view: View, key: str = "") -> None:
        """Go to the queues or the error list, and there to one of them."""
        self.header.show_view(view)
        chosen = self.queues if view is View.QUEUES else self.groups_list
        if key:
            chosen.choose(key)

    @Slot()
    def _on_view_changed(self) -> None:
        self._left.setCurrentWidget(self.queues if self.view is View.QUEUES else self.groups_list)
        if self.view is View.ERRORS:
            self.groups.look_again()
        self._show_queues()
        self._list()

    # Their deliveries

    def part(self) -> Part | None:
        """Return what the list shows."""
        if self.view is View.ERRORS:
            group = self.group
            return Part(group.destination, Which.FAILED, group.cause) if group else None
        name = self.queues.key
        return Part(name, self.header.which) if name else None

    @Slot()
    def _list(self) -> None:
        self.header.set_counts(self.queue, sum(s.failed for s in self._bridge.snapshot.queues))
        part = self.part()
        if part != self.feed.part:
            self._on_current_changed(0)
            self.feed.show(part)
        self.choice_changed.emit()

    @Slot()
    def _on_listed(self) -> None:
        self._show_table_or_why_not()
        self.table.scrollToTop()
        if self.feed.count:
            self.table.go_to(0)

    def _show_table_or_why_not(self) -> None:
        if self.feed.count or not self.feed.is_listed:
            self._middle.setCurrentWidget(self.table)
            return
        if self._middle.currentWidget() is self.empty and self.empty.title:
            pass
        if self.view is View.ERRORS:
            self.empty.tell("Nothing chosen", "Choose a cause on the left.", icon="list-checks")
        elif self.header.which is Which.DUE:
            self.empty.tell(
                "Nothing waits",
                "Everything for this destination was dealt with.",
                icon="circle-check",
                buttons=(("Show what was sent", lambda: self.header.show_which(Which.OVER)),),
            )
        else:
            self.empty.tell("Nothing was sent yet", "Nothing went to this destination.")
        self._middle.setCurrentWidget(self.empty)

    @Slot(object)
    def _on_failed(self, error: ConsoleError) -> None:
        again = (("Try again", self.look_again),)
        self.empty.tell(error.text, error.hint, icon="triangle-alert", buttons=again)
        self._middle.setCurrentWidget(self.empty)

    @Slot()
    def _on_about_to_move(self) -> None:
        # Where the row one is at goes, Qt chooses the next and scrolls to it.
        self._is_moving = True
        self._was_at_top = self.table.is_at_top
        self.table.setAutoScroll(False)

    @Slot(int)
    def _on_moved(self, moved: int) -> None:
        self._is_moving = False
        self.table.setAutoScroll(True)
        if not self._was_at_top:
            self.table.scroll_by_rows(moved)
        if self._shown_id and self.table.current_id() != self._shown_id:
            self.table.clearSelection()
        is_table = self._middle.currentWidget() is self.table
        if is_table != bool(self.feed.count):
            self._show_table_or_why_not()
            if self.feed.count and not self._shown_id:
                self.table.go_to(0)

    # One delivery

    @Slot(int)
    def _on_current_changed(self, delivery_id: int) -> None:
        if self._is_moving or delivery_id == self._shown_id:
            return  # what went out of the list stays in view
        self._shown_id = delivery_id
        if delivery_id:
            self._fetch()
        else:
            self.reason.show_delivery(None)
            self.inspector.show_message(None)
        self.choice_changed.emit()

    @Slot()
    def _on_selection_changed(self) -> None:
        index = self.table.currentIndex()
        if index.isValid() and self.table.selectionModel().isRowSelected(index.row()):
            self._on_current_changed(self.table.id_at(index.row()))
        self.choice_changed.emit()

    def _fetch(self) -> None:
        wanted = self._shown_id

        def put(details: Details | None) -> None:
            if wanted != self._shown_id:
                return
            self.reason.show_delivery(details.delivery if details is not None else None)
            self.inspector.show_message(details.message if details is not None else None)
            self.choice_changed.emit()

        self.feed.fetch(wanted, put)

    def show_delivery(self, delivery_id: int) -> None:
        """Go to a delivery that the list has in sight."""
        row = self.feed.model.row_of(delivery_id)
        if row >= 0:
            blocker = QSignalBlocker(self.table.verticalScrollBar())
            self.table.go_to(row)
            del blocker
