"""The inspector: one message as tree, text, bytes, acknowledgement, problems and path.

A message is read on a worker thread and shown in one go, so that tree, text and bytes are always
of the same message, however fast the user moves through the list. Answers to an older request are
dropped by their generation number.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QByteArray, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QLabel,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from hl7console.hl7v2.findings import Finding, worst
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views import tree
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.store.records import StoredMessage
from hl7console.ui.inspector.ack_view import AckView
from hl7console.ui.inspector.panes import HexPane, RawPane, tool_button
from hl7console.ui.inspector.path_view import PathView
from hl7console.ui.inspector.place import Place, message_words, place_of_row
from hl7console.ui.inspector.problems_view import ProblemsView
from hl7console.ui.inspector.raw_paper import Underline
from hl7console.ui.inspector.reading import Checked, Reading, check, read
from hl7console.ui.inspector.severity import LOOKS
from hl7console.ui.inspector.tabs import InspectorTabs, Tab
from hl7console.ui.inspector.tree_view import TreePane
from hl7console.ui.worker import Worker

PATIENCE_MS = 120
"""The message before stays in view so long while the next one is read; then all is blank."""
BEFORE_CHECK_MS = 150
"""A large message is painted, and the user has moved on or not, before its problems are sought."""


class Inspector(QWidget):
    """Shows one stored message. GUI thread only; call `stop` before it goes."""

    filter_requested = Signal(str)
    """The user wants the messages that have the value at hand: a filter."""
    message_requested = Signal(int)
    """The user wants another message: its row id."""
    shown = Signal(int)
    """A message is in view, its row id; 0 when none is."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("inspector")
        self.setAccessibleName("Inspector")
        self.setMinimumWidth(320)
        self.setProperty("role", "surface")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._generation = 0
        self._reading: Reading | None = None
        self._place: Place | None = None
        self._kept: FieldPath | None = None
        self._stale: set[Tab] = set()
        self._reader = Worker("inspector-read", self)
        self._checker = Worker("inspector-check", self)
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.setInterval(PATIENCE_MS)
        self._patience.timeout.connect(self._on_patience_ended)
        self._before_check = QTimer(self)
        self._before_check.setSingleShot(True)
        self._before_check.setInterval(BEFORE_CHECK_MS)
        self._before_check.timeout.connect(self._on_time_to_check)
        self._build()
        self._connect()
        self._show_nothing()

    # Building

    def _build(self) -> None:
        self.tree = TreePane()
        self.raw_below = RawPane("Raw", "inspectorRawBelow")
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setObjectName("inspectorSplitter")
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.tree)
        self.splitter.addWidget(self.raw_below)
        self.splitter.setStretchFactor(0, 3)
        self.splitter.setStretchFactor(1, 2)
        self.splitter.setSizes([600, 360])
        self.raw = RawPane("", "inspectorRaw")
        self.ack = AckView()
        self.problems = ProblemsView()
        self.path = PathView()
        self.hex = HexPane()
        self.tabs = InspectorTabs()
        self.tabs.add_tabs(
            {
                Tab.TREE: self.splitter,
                Tab.RAW: self.raw,
                Tab.ACK: self.ack,
                Tab.PROBLEMS: self.problems,
                Tab.PATH: self.path,
                Tab.HEX: self.hex,
            }
        )
        tip = "Filter fields (Ctrl+Shift+F)"
        self.find_button = tool_button("treeFilterButton", "text-search", tip)
        tip = "Show empty fields"
        self.empty_button = tool_button("showEmptyButton", "eye", tip, checkable=True)
        self.tabs.set_corner(self.find_button, self.empty_button)
        self._blank = QLabel()
        self._blank.setObjectName("inspectorBlank")
        self._blank.setProperty("role", "muted")
        self._blank.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        self._stack = QStackedLayout()  # without a place, it would show its first page by itself
        column.addLayout(self._stack)
        ground = QWidget()
        ground.setProperty("role", "surface")
        inner = QVBoxLayout(ground)
        inner.addWidget(self._blank)
        self._stack.addWidget(ground)
        self._stack.addWidget(self.tabs)

    def _connect(self) -> None:
        self.tree.row_selected.connect(self._on_row_selected)
        self.tree.view.filter_requested.connect(self.filter_requested)
        for pane in (self.raw_below, self.raw):
            pane.view.char_clicked.connect(self._on_char_clicked)
        self.raw_below.view.ends_shown_changed.connect(self.raw.view.show_ends)
        self.raw.view.ends_shown_changed.connect(self.raw_below.view.show_ends)
        self.hex.view.byte_clicked.connect(self._on_byte_clicked)
        self.problems.finding_clicked.connect(self._on_finding_clicked)
        self.ack.location_clicked.connect(self.go_to_path)
        self.path.message_requested.connect(self.message_requested)
        self.tabs.currentChanged.connect(self._on_tab_changed)
        self.find_button.clicked.connect(self._on_find)
        self.empty_button.toggled.connect(self.tree.show_empty)
        find = QShortcut(QKeySequence("Ctrl+Shift+F"), self)
        find.setObjectName("findField")
        find.activated.connect(self._on_find)
        for tab in Tab:
            key = QShortcut(QKeySequence(f"Alt+{tab + 1}"), self)
            key.activated.connect(lambda tab=tab: self.tabs.setCurrentIndex(tab))

    # What is shown

    def show_message(self, stored: StoredMessage | None) -> None:
        """Show this message, or nothing; whatever was asked for before is dropped.

        The message in view may be given again when more is known of it, such as an attempt.
        """
        if stored is not None and self._is_in_view(stored):
            self._refresh(stored)
            return
        self._generation += 1
        if stored is None:
            self._patience.stop()
            self._show_nothing()
            return
        generation, routes = self._generation, self.path.routes
        if not self._patience.isActive():
            self._patience.start()
        self._reader.call(
            lambda: read(stored, generation, routes) if generation == self._generation else None,
            self._on_read,
        )

    def _is_in_view(self, stored: StoredMessage) -> bool:
        """Return whether this message is the one in view, and none is waiting to replace it."""
        reading = self._reading
        if reading is None or reading.generation != self._generation:
            return False
        shown = reading.stored
        same_row = (shown.row.id, shown.row.charset) == (stored.row.id, stored.row.charset)
        return same_row and shown.raw == stored.raw

    def _refresh(self, stored: StoredMessage) -> None:
        """Show what became of the message since; its text, and the place in it, stay."""
        if self._reading is not None:
            self._reading.stored = stored
            self._stale = {Tab.ACK, Tab.PATH}
            self._fill_tab(Tab(self.tabs.currentIndex()))

    @property
    def message_id(self) -> int:
        """Row id of the message in view; 0 when none is."""
        return self._reading.stored.row.id if self._reading is not None else 0

    @property
    def reading(self) -> Reading | None:
        """What is in view."""
        return self._reading

    def stop(self) -> None:
        """End the reading threads; nothing can be shown afterwards. Waits for what is in hand."""
        self._generation += 1
        self._patience.stop()
        self._before_check.stop()
        self._reader.stop()
        self._checker.stop()

    def save_layout(self) -> QByteArray:
        """Return the sizes of the parts, for `restore_layout`."""
        return self.splitter.saveState()

    def restore_layout(self, state: QByteArray) -> None:
        """Give the parts the sizes they had."""
        self.splitter.restoreState(state)

    def _on_read(self, reading: Reading | None) -> None:
        if reading is None or reading.generation != self._generation:
            return
        self._patience.stop()
        self._fill(reading)
        if reading.findings is None:
            self._before_check.start()

    @Slot()
    def _on_time_to_check(self) -> None:
        reading = self._reading
        if reading is not None and reading.generation == self._generation:
            stored, generation = reading.stored, reading.generation
            self._checker.call(
                lambda: check(stored, generation) if generation == self._generation else None,
                self._on_checked,
            )

    def _fill(self, reading: Reading) -> None:
        """Put one message into every view, in one go."""
        self._reading = reading
        reading.source.set_tip(self._tip_at)
        for pane in (self.raw_below, self.raw):
            pane.view.set_source(reading.source)
        self.hex.view.set_data(reading.stored.raw)
        kept = reading.rows.at_path(self._kept) if self._kept is not None else None
        if kept is not None and kept.path != self._kept:
            kept = None
        self.tree.show_rows(reading.rows, kept)
        self._show_findings(reading.findings, reading.underlines)
        self._stale = {Tab.ACK, Tab.PATH}
        self._fill_tab(Tab(self.tabs.currentIndex()))
        self._stack.setCurrentIndex(1)
        self._show_place(place_of_row(kept, reading.message) if kept is not None else None)
        self.shown.emit(reading.stored.row.id)

    def _show_findings(
        self, findings: Sequence[Finding] | None, underlines: Sequence[Underline]
    ) -> None:
        self.problems.set_findings(findings, "Looking for problems\u2026")
        severity = worst(findings or ())
        role = LOOKS[severity].role if severity is not None else "muted"
        self.tabs.set_problem_count(len(findings or ()), role)
        for pane in (self.raw_below, self.raw):
            pane.view.set_problems(underlines)

    def _fill_tab(self, tab: Tab) -> None:
        """Fill a page that is only made when it is looked at."""
        if tab not in self._stale or self._reading is None:
            return
        self._stale.discard(tab)
        if tab is Tab.ACK:
            self.ack.show_message(self._reading.stored)
        elif tab is Tab.PATH:
            self.path.show_message(self._reading.stored, self._reading.would)

    def _show_nothing(self) -> None:
        self._drop("Select a message to inspect it.")
        self.shown.emit(0)

    @Slot()
    def _on_patience_ended(self) -> None:
        self._drop("Reading\u2026")

    def _drop(self, why: str) -> None:
        """Take the message out of every view, and say why there is none."""
        self._reading = None
        self._show_place(None)
        self._blank.setText(why)
        self._stack.setCurrentIndex(0)
        self.tree.show_rows(None)
        for pane in (self.raw_below, self.raw):
            pane.view.set_source(None)
        self.hex.view.set_data(b"")
        self._show_findings((), ())
        self.ack.show_message(None)
        self.path.show_message(None)
        self._stale = set()

    def _on_checked(self, checked: Checked | None) -> None:
        reading = self._reading
        if checked is None or reading is None or checked.generation != reading.generation:
            return
        reading.findings, reading.rows = checked.findings, checked.rows
        self._show_findings(checked.findings, checked.underlines)
        if checked.findings:
            place = self._place
            row = checked.rows.at_path(place.path) if place is not None else None
            self.tree.show_rows(checked.rows, row)

    # What is selected

    def _select_row(self, row: TreeRow, *, in_tree: bool = True) -> None:
        """Select a row in every view."""
        if self._reading is None:
            return
        self._kept = row.path
        if in_tree:
            self.tree.select(row)
        self._show_place(place_of_row(row, self._reading.message))

    def _show_place(self, place: Place | None) -> None:
        self._place = place
        text = self._words_for(place)
        for bar in (self.raw_below.bar, self.raw.bar, self.hex.bar):
            bar.location.set_location(text)
        for pane in (self.raw_below, self.raw):
            pane.view.select(place.char_span if place is not None else (0, 0))
            pane.view.setAccessibleDescription(text)
        self.hex.view.select(place.span if place is not None else (0, 0))
        self.hex.view.setAccessibleDescription(text)

    def _words_for(self, place: Place | None) -> str:
        if place is not None:
            return str(place)
        return message_words(self._reading.message) if self._reading is not None else ""

    @Slot(object)
    def _on_row_selected(self, row: TreeRow) -> None:
        self._select_row(row, in_tree=False)

    @Slot(int)
    def _on_char_clicked(self, char: int) -> None:
        if self._reading is not None:
            message = self._reading.message
            self._on_byte_clicked(message.offsets.byte_start(min(char, len(message.text))))

    @Slot(int)
    def _on_byte_clicked(self, byte: int) -> None:
        if self._reading is None:
            return
        row = self._reading.rows.at_byte(byte)
        if row is not None:
            self._select_row(row)
        else:
            self.tree.select(None)
            self._show_place(None)

    @Slot(object)
    def _on_finding_clicked(self, finding: Finding) -> None:
        reading = self._reading
        if reading is None:
            return
        row = reading.rows.at_path(finding.path) or reading.rows.at_byte(finding.span[0])
        self.tree.select(row)
        offsets = reading.message.offsets
        chars = (offsets.char_at(finding.span[0]), offsets.char_at(finding.span[1]))
        name = row.name if row is not None else ""
        self._kept = finding.path
        self._show_place(Place(finding.path, name, finding.span, chars, reading.message.codec))
        if self.tabs.currentIndex() == Tab.PROBLEMS:
            self.tabs.setCurrentIndex(Tab.TREE)
            self.raw_below.view.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(str)
    def go_to_path(self, path: str) -> None:
        """Go to a field of the message in view."""
        if self._reading is None:
            return
        row = self._reading.rows.at_path(path)
        if row is not None:
            self.tabs.setCurrentIndex(Tab.TREE)
            self._select_row(row)

    def _tip_at(self, char: int) -> str:
        if self._reading is None:
            return ""
        byte = self._reading.message.offsets.byte_start(char)
        row = self._reading.rows.at_byte(byte)
        return tree.hover(row) if row is not None else ""

    # Tabs

    @Slot(int)
    def _on_tab_changed(self, index: int) -> None:
        self._fill_tab(Tab(index))
        for button in (self.find_button, self.empty_button):
            button.setVisible(index == Tab.TREE)

    @Slot()
    def _on_find(self) -> None:
        self.tabs.setCurrentIndex(Tab.TREE)
        self.tree.begin_filter()
