"""The place Messages: search box, list, and the inspector beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console
from hl7console.errors import ConsoleError
from hl7console.hl7v2.filters import Query
from hl7console.store.records import StoredMessage
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.empty_state import EmptyState
from hl7console.ui.icons import set_icon
from hl7console.ui.inspector import Inspector
from hl7console.ui.messages.columns import columns_for
from hl7console.ui.messages.feed import MessageFeed
from hl7console.ui.messages.search_box import SearchBox
from hl7console.ui.messages.table import MessageTable
from hl7console.ui.preferences import Preferences
from hl7console.ui.theme import BAR, GRID

_SLOW_MS = 300
"""A search slower than this says that it is searching."""
_LIST_WIDTH = 816
"""What the list needs for its usual columns, in pixels."""


class MessagesPlace(QWidget):
    """Shows what the feed brings. GUI thread only; call `stop` before it goes."""

    import_wanted = Signal()
    listeners_wanted = Signal()

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        preferences: Preferences,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("messagesPlace")
        self._bridge = bridge
        self._preferences = preferences
        self._duration_ms = 0.0
        self._shown_id = 0
        self._is_held = False
        self._is_menu_open = False
        self._is_opening = True
        self.feed = MessageFeed(console, bridge, self)
        self.feed.set_columns(columns_for(preferences.texts("columns")))
        self.table = MessageTable(self.feed.model)
        self.search = SearchBox()
        self.inspector = Inspector()
        self.inspector.path.follow(bridge)
        self._build()
        self._connect()
        self._restore()

    # Building

    def _build(self) -> None:
        self.empty = EmptyState()
        self.fault = QLabel()
        self.fault.setObjectName("searchFault")
        self.fault.setWordWrap(True)
        self.fault.hide()
        self._stack = QStackedWidget()
        self._stack.addWidget(self.table)
        self._stack.addWidget(self.empty)
        self._new = QPushButton(self.table)
        self._new.setObjectName("newMessages")
        self._new.setProperty("kind", "chip")
        set_icon(self._new, "arrow-up", "on_accent", size=14)
        self._new.clicked.connect(self.show_new)
        self._new.hide()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("messagesSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self._stack)
        self.splitter.addWidget(self.inspector)
        self.splitter.setStretchFactor(0, 5)
        self.splitter.setStretchFactor(1, 3)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._built_bar())
        layout.addWidget(self.fault)
        layout.addWidget(self.splitter, 1)
        self._slow = QTimer(self)
        self._slow.setSingleShot(True)
        self._slow.setInterval(_SLOW_MS)
        self._slow.timeout.connect(self._on_slow)

    def _built_bar(self) -> QFrame:
        bar = QFrame()
        bar.setObjectName("topBar")
        bar.setFixedHeight(BAR)
        self._bar_row = QHBoxLayout(bar)
        self._bar_row.setContentsMargins(12, 0, 12, 0)
        self._bar_row.setSpacing(GRID)
        self._bar_row.addWidget(self.search, 1)
        self.hold_button = QPushButton("Hold")
        self.hold_button.setObjectName("holdButton")
        self.hold_button.setCheckable(True)
        self.hold_button.setToolTip("Keep new messages out of the list for now (Ctrl+H)")
        self.hold_button.toggled.connect(self.set_held)
        self._bar_row.addWidget(self.hold_button)
        return bar

    def add_to_bar(self, button: QPushButton) -> None:
        """Put a button at the end of the top bar."""
        self._bar_row.addWidget(button)

    def _connect(self) -> None:
        feed = self.feed
        feed.search_started.connect(self._on_search_started)
        feed.first_rows.connect(self._on_first_rows)
        feed.search_finished.connect(self._on_search_finished)
        feed.search_failed.connect(self._on_search_failed)
        feed.count_changed.connect(self._on_count_changed)
        feed.held_changed.connect(self._on_held_changed)
        feed.rows_stale.connect(self._on_rows_stale)
        feed.model.rowsInserted.connect(self._on_rows_inserted)
        self.search.query_changed.connect(self._on_query_changed)
        self.search.fault_changed.connect(self._on_fault_changed)
        self.search.edit.focused.connect(self._on_search_focused)
        self.search.left_down.connect(self._on_left_down)
        self.table.current_changed.connect(self._on_current_changed)
        self.table.at_top_changed.connect(self._on_at_top_changed)
        self.table.resized.connect(self._place_new_button)
        self.inspector.filter_requested.connect(self.search.set_text)
        self.inspector.message_requested.connect(self.show_message)
        self._bridge.settings_changed.connect(self._on_settings_changed)

    def _restore(self) -> None:
        state = self._preferences.blob("messages/header")
        if not state.isEmpty():
            self.table.horizontalHeader().restoreState(state)
        state = self._preferences.blob("messages/splitter")
        self._has_own_split = not state.isEmpty() and self.splitter.restoreState(state)
        state = self._preferences.blob("inspector/state")
        if not state.isEmpty():
            self.inspector.restore_layout(state)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._has_own_split:
            self._has_own_split = True
            width = self.width()
            inspector = max(400, min(576, round(width * 0.36), width - _LIST_WIDTH))
            self.splitter.setSizes([width - inspector, inspector])

    def start(self) -> None:
        """Load the list."""
        self._on_settings_changed()
        self.feed.search(None)

    def stop(self) -> None:
        """Remember the layout, and end the threads."""
        self._preferences.set_blob("messages/header", self.table.horizontalHeader().saveState())
        self._preferences.set_blob("messages/splitter", self.splitter.saveState())
        self._preferences.set_blob("inspector/state", self.inspector.save_layout())
        self.feed.stop()
        self.inspector.stop()

    # Columns

    def set_columns(self, keys: list[str]) -> None:
        """Show other columns, and remember them."""
        columns = columns_for(keys)
        self._preferences.set_texts("columns", [column.key for column in columns])
        current = self.table.current_id()
        self.feed.set_columns(columns)
        self.table.reset_columns()
        self.table.go_to(self.feed.model.row_of(current))

    # Searching

    @Slot(object)
    def _on_query_changed(self, query: Query | None) -> None:
        self.feed.search(query)

    @Slot()
    def _on_search_focused(self) -> None:
        self.feed.reads().ask(
            lambda reader: reader.known_values(),
            self.search.edit.set_values,
            self._on_search_failed,
        )

    @Slot(str)
    def _on_fault_changed(self, text: str) -> None:
        self.fault.setText(text)
        self.fault.setVisible(bool(text))

    @Slot()
    def _on_search_started(self) -> None:
        self._slow.start()

    @Slot()
    def _on_slow(self) -> None:
        if self.feed.is_searching:
            self.search.tell("Searching…")

    @Slot()
    def _on_first_rows(self) -> None:
        self._show_list_or_why_not()
        self.table.scrollToTop()
        row = self.feed.model.row_of(self._shown_id)
        if self._is_opening and not self._shown_id:
            row = 0  # so that the inspector is seen at once
        self._is_opening = False
        if 0 <= row < self.feed.matches:
            self.table.go_to(row)
        else:
            self._on_current_changed(0)

    @Slot(float)
    def _on_search_finished(self, duration_ms: float) -> None:
        self._slow.stop()
        self._duration_ms = duration_ms
        self._show_list_or_why_not()

    @Slot(object)
    def _on_search_failed(self, error: ConsoleError) -> None:
        self._slow.stop()
        self.search.tell("")
        self.empty.tell(
            error.text,
            error.hint,
            icon="triangle-alert",
            buttons=(("Try again", self.search.submit),),
        )
        self._stack.setCurrentWidget(self.empty)

    @Slot()
    def _on_count_changed(self) -> None:
        total = self.feed.total
        if self.feed.query is None:
            self.search.tell(f"{total:,} messages" if total != 1 else "1 message")
        elif not self.feed.is_searching:
            took = f" · {self._duration_ms:,.0f} ms"
            self.search.tell(f"{self.feed.matches:,} of {total:,}{took}")
        if self.feed.matches and self._stack.currentWidget() is self.empty:
            self._show_list_or_why_not()

    def _show_list_or_why_not(self) -> None:
        if self.feed.matches:
            self._stack.setCurrentWidget(self.table)
        elif self.feed.query is not None:
            self.empty.tell(
                "Nothing found",
                "No message matches this search.",
                icon="text-search",
                buttons=(("Clear the search", self.search.clear),),
            )
            self._stack.setCurrentWidget(self.empty)
        else:
            self._tell_how_to_begin()
            self._stack.setCurrentWidget(self.empty)

    def _tell_how_to_begin(self) -> None:
        ready = [
            s.address
            for s in self._bridge.snapshot.interfaces
            if s.kind == "listener" and s.state == "listening"
        ]
        buttons: tuple[tuple[str, Callable[[], object]], ...]
        importing = ("Import files…", self.import_wanted.emit)
        if ready:
            text = f"Send one to {' or '.join(ready[:3])}, or drop files here."
            buttons = (importing,)
        else:
            text = "Add a listener to receive messages, or drop files here."
            buttons = (("Add a listener", self.listeners_wanted.emit), importing)
        self.empty.tell("No messages yet", text, buttons=buttons)

    @Slot()
    def _on_settings_changed(self) -> None:
        if self._stack.currentWidget() is self.empty and self.feed.query is None:
            self._show_list_or_why_not()

    # Live, held back, and where one is

    @Slot(bool)
    def set_held(self, is_held: bool) -> None:
        """Freeze the list, or let it live."""
        self._is_held = is_held
        if self.hold_button.isChecked() != is_held:
            self.hold_button.setChecked(is_held)
        self.hold_button.setText("Held" if is_held else "Hold")
        self._settle()

    def set_menu_open(self, is_open: bool) -> None:
        """Hold the list still while a menu or a drag is about its rows."""
        self._is_menu_open = is_open
        self._settle()

    def _settle(self) -> None:
        is_live = self.table.is_at_top and not self._is_held and not self._is_menu_open
        self.feed.set_live(is_live)

    @Slot()
    def _on_at_top_changed(self) -> None:
        self._settle()

    @Slot(int)
    def _on_held_changed(self, count: int) -> None:
        self._new.setText(f"{count:,} new")
        self._new.setVisible(count > 0)
        self._place_new_button()
        self._on_count_changed()

    @Slot()
    def show_new(self) -> None:
        """Let in what was held back, and go to the top."""
        self.feed.let_in()
        self.table.scrollToTop()
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _place_new_button(self) -> None:
        self._new.adjustSize()
        left = (self.table.width() - self._new.width()) // 2
        self._new.move(left, self.table.horizontalHeader().height() + GRID)
        self._new.raise_()

    @Slot()
    def _on_left_down(self) -> None:
        self.table.setFocus(Qt.FocusReason.OtherFocusReason)
        if not self.table.currentIndex().isValid():
            self.table.go_to(0)

    # The inspector

    @Slot(int)
    def _on_current_changed(self, message_id: int) -> None:
        self._shown_id = message_id
        if not message_id:
            self.inspector.show_message(None)
            return
        self._fetch(message_id)

    def _fetch(self, message_id: int) -> None:
        self.feed.reads().ask(
            lambda reader: reader.message(message_id),
            lambda stored: self._on_message(message_id, stored),
            self._on_search_failed,
        )

    def _on_message(self, message_id: int, stored: StoredMessage | None) -> None:
        if message_id == self._shown_id:
            self.inspector.show_message(stored)

    def show_all_from(self, message_id: int) -> None:
        """Show all messages, and go to one that is new among them."""
        self._shown_id = message_id
        self.search.clear()
        self._fetch(message_id)

    @Slot(int)
    def show_message(self, message_id: int) -> None:
        """Go to a message, in the list where it is there, else in the inspector alone."""
        row = self.feed.model.row_of(message_id)
        if row >= 0:
            self.table.go_to(row)
        else:
            self._shown_id = message_id
            self._fetch(message_id)

    @Slot()
    def _on_rows_inserted(self) -> None:
        """Go to the message in view where the list had none of it before."""
        if self._shown_id and not self.table.currentIndex().isValid():
            self.table.go_to(self.feed.model.row_of(self._shown_id))

    @Slot()
    def _on_rows_stale(self) -> None:
        seen = self.table.visible_ids()
        self.feed.model.forget_unseen(seen)
        self.feed.refresh(seen)
        if self._shown_id:
            self._fetch(self._shown_id)
