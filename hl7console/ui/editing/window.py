"""The window *Edit and resend*: a message as text and tree, what it was, and sending it."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from hl7console.engine.console import Console
from hl7console.engine.recipe_preview import RecipePreview
from hl7console.errors import ConsoleError
from hl7console.hl7v2.dictionary import load
from hl7console.hl7v2.editing.completion import segment_names
from hl7console.hl7v2.editing.control_ids import next_control_id
from hl7console.hl7v2.editing.document import ReplaceAll
from hl7console.hl7v2.editing.rearranging import inserted_line
from hl7console.hl7v2.edits import SetValue
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.writing import EditError
from hl7console.store.edited_messages import is_control_id_known
from hl7console.store.records import StoredMessage
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask, DialogAsk
from hl7console.ui.bars import bar_button, top_bar
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.editing.changes_pane import ChangesPane
from hl7console.ui.editing.completing import Completing
from hl7console.ui.editing.desk import EditDesk
from hl7console.ui.editing.questions import LineQuestion
from hl7console.ui.editing.reads import BothReads
from hl7console.ui.editing.rearrange_actions import RearrangeActions
from hl7console.ui.editing.sending_flow import SendingFlow
from hl7console.ui.editing.sending_pane import SendingPane
from hl7console.ui.editing.sides import EditedSide, OriginalSide, blank_page, card
from hl7console.ui.inspector.reading import parse
from hl7console.ui.inspector.words import local_time
from hl7console.ui.palette import Palette
from hl7console.ui.recipes.recipe_work import try_out
from hl7console.ui.theme import GRID
from hl7console.ui.worker import ReadingWorker

_CONTROL_ID = FieldPath("MSH", None, 10)
KEEP, DISCARD = "Keep editing", "Discard the changes"


class EditorWindow(QWidget):
    """One message being edited. GUI thread only; call `stop` before it goes.

    Args:
        console: The engine.
        bridge: Tells the destinations.
        message_id: What is edited; 0 for a new message.
        raw: The new message to begin with.
        destination: Name or HOST:PORT to begin with.
        ask: Asks questions; tests hand in their own.
        parent: The main window.
    """

    def __init__(
        self,
        console: Console,
        bridge: EngineBridge,
        message_id: int,
        *,
        raw: bytes = b"",
        destination: str = "",
        ask: Ask | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("editorWindow")
        self._title = "Edit and resend" if message_id else "Compose a message"
        self.setWindowTitle(f"{self._title}[*]")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setMinimumSize(900, 560)
        self._console = console
        self._bridge, self._ask = bridge, ask or DialogAsk(self)
        self.parent_id = message_id
        self._stored: StoredMessage | None = None
        self.is_stopped = False
        self._reads = ReadingWorker("edit-read", lambda: BothReads(console), self)
        self.actions_by_name = Actions(self)
        self.edited, self.original, self.changes = EditedSide(), OriginalSide(), ChangesPane()
        self.sending = SendingPane(has_original=bool(message_id))
        self.desk = EditDesk(self.edited, self.original, self.changes, self)
        self.completing = Completing(self.edited.text, self.desk)
        self.flow = SendingFlow(console, self.desk, self.sending, self._reads, message_id, self)
        self._add_actions()
        self._build()
        self._connect()
        self.sending.set_destinations(bridge.destinations, destination)
        if message_id:
            self._reads.ask(lambda r: r.messages.message(message_id), self._on_read, self._failed)
        else:
            self._open(Message.parse(raw))

    # Building

    def _add_actions(self) -> None:
        add = self.actions_by_name.add
        desk = self.desk
        undo = add("edit.undo", "Undo", desk.undo, shortcut="Ctrl+Z", icon="undo-2", group="Edit")
        redo = add("edit.redo", "Redo", desk.redo, shortcut="Ctrl+Y", icon="rotate-cw",
                   more_shortcuts=("Ctrl+Shift+Z",), group="Edit")  # fmt: skip
        undo.setEnabled(False)
        redo.setEnabled(False)
        table = (
            ("newControlId", "New control ID", self.new_control_id, "Ctrl+I"),
            ("recipe", "Apply recipe…", self.apply_recipe, "Ctrl+Shift+A"),
            ("save", "Save as test message…", self.save_as, "Ctrl+S"),
            ("send", "Send", self.flow.send, "Ctrl+Return"),
            ("segmentInsert", "Insert segment after…", self.insert_segment, "Ctrl+Shift+Return"),
            ("complete", "What can stand here", self.completing.open, "Ctrl+Space"),
            ("value", "Edit the value in the tree", self._edit_value, "F2"),
        )
        for name, text, slot, keys in table:
            add(f"edit.{name}", text, slot, shortcut=keys, group="Edit")
        self.actions_by_name["edit.send"].setShortcuts(
            [QKeySequence("Ctrl+Return"), QKeySequence("Ctrl+Enter")]
        )
        self.rearrange = RearrangeActions(
            self.actions_by_name, lambda: desk.document, lambda: desk.path, desk.apply, self._hint
        )
        add("edit.palette", "All actions", self._show_palette, shortcut="Ctrl+K", group="Window")
        add("edit.close", "Close the window", self.close, shortcut="Ctrl+W", group="Window")
        self.edited.text.menu_actions = self.edited.tree.menu_actions = self.rearrange.menu()

    def _build(self) -> None:
        title = QLabel(self._title)
        title.setProperty("role", "heading")
        self.subtitle = QLabel()
        self.subtitle.setObjectName("editSubtitle")
        self.subtitle.setProperty("role", "muted")
        self.subtitle.setTextFormat(Qt.TextFormat.PlainText)
        head = QWidget()
        row = QHBoxLayout(head)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(GRID)
        row.addWidget(title)
        row.addWidget(self.subtitle, 1)
        named = (("undo", "Undo"), ("redo", "Redo"), ("newControlId", "New control ID"),
                 ("recipe", "Apply recipe"), ("save", "Save as test message"))  # fmt: skip
        self.buttons: dict[str, QPushButton] = {
            name: bar_button(self.actions_by_name, f"edit.{name}", text) for name, text in named
        }
        bar, _ = top_bar(head, *self.buttons.values())
        upper = self._splitter("editUpper", Qt.Orientation.Horizontal, self.edited, self.original)
        lower = self._splitter(
            "editLower", Qt.Orientation.Horizontal, card(self.changes), card(self.sending)
        )
        lower.setSizes([560, 440])
        lower.setHandleWidth(GRID)
        lower.setStyleSheet("QSplitter::handle { background: transparent; width: 8px; }")
        lower.setContentsMargins(GRID, GRID, GRID, GRID)
        halves = self._splitter("editHalves", Qt.Orientation.Vertical, upper, lower)
        halves.setSizes([560, 440])
        self.blank = blank_page("Reading…")
        self._stack = QStackedLayout()
        self._stack.addWidget(self.blank)
        self._stack.addWidget(halves)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(bar)
        column.addLayout(self._stack, 1)

    def _splitter(self, name: str, way: Qt.Orientation, *parts: QWidget) -> QSplitter:
        splitter = QSplitter(way)
        splitter.setObjectName(name)
        splitter.setChildrenCollapsible(False)
        for part in parts:
            splitter.addWidget(part)
        splitter.setSizes([500, 500])
        return splitter

    def _connect(self) -> None:
        self.desk.changed.connect(self._on_changed)
        self.flow.kept_changed.connect(self._on_kept)
        self._bridge.settings_changed.connect(self._on_settings_changed)
        tabs = [(self.edited, n) for n in range(3)] + [(self.changes, n) for n in range(2)]
        for n, (side, place) in enumerate(tabs, 1):
            key = QShortcut(QKeySequence(f"Alt+{n}"), self)
            key.activated.connect(lambda side=side, place=place: _show_tab(side, place))

    # What is edited

    def _on_read(self, stored: StoredMessage | None) -> None:
        if stored is None:
            self.blank.setText("The message is no longer there.")
            return
        self._stored = stored
        self.flow.keep(stored.row.id, stored.raw)
        row = stored.row
        kind = "^".join(part for part in (row.message_type, row.event) if part)
        state = f"answered {row.ack_code}" if row.ack_code else str(row.status)
        parts = (row.control_id, kind, row.interface, local_time(row.received_at_us), state)
        self.subtitle.setText(" · ".join(part for part in parts if part))
        self.original.answer.show_message(stored)
        self._open(parse(stored))

    def _failed(self, error: ConsoleError) -> None:
        self.blank.setText(error.full_text)
        self.sending.say(error.full_text, "error")

    def _open(self, message: Message) -> None:
        self.desk.open(message)
        self._stack.setCurrentIndex(1)
        self.sending.set_message(is_there=bool(message.raw))
        self.edited.text.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def is_unsaved(self) -> bool:
        """Whether there are changes that are stored nowhere."""
        return self.flow.is_unsaved

    @Slot()
    def _on_kept(self) -> None:
        self.setWindowModified(self.is_unsaved)

    @Slot()
    def _on_changed(self) -> None:
        document = self.desk.document
        if document is None:
            return
        for name, what in (("undo", document.undo_text), ("redo", document.redo_text)):
            action = self.actions_by_name[f"edit.{name}"]
            action.setEnabled(bool(what))
            title = name.capitalize()
            keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            self.buttons[name].setEnabled(bool(what))
            self.buttons[name].setToolTip(f"{title}: {what} ({keys})" if what else title)
        self.sending.set_message(is_there=bool(document.raw.strip()))
        self.setWindowModified(self.is_unsaved)

    def _hint(self, text: str) -> None:
        self.sending.say(text, "muted")

    def _edit_value(self) -> None:
        _show_tab(self.edited, 1)
        self.edited.tree.begin_edit()

    def new_control_id(self) -> None:
        """Write a control id that no stored message has."""
        document = self.desk.document
        if document is None:
            return
        before = document.message.get(_CONTROL_ID) or ""

        def found(reads: BothReads) -> str:
            return next_control_id(before, lambda i: is_control_id_known(reads.messages, i))

        self._reads.ask(
            found, lambda new: self.desk.apply(SetValue(_CONTROL_ID, new), _CONTROL_ID),
            self._failed,
        )  # fmt: skip

    def apply_recipe(self) -> None:
        """Ask for a recipe, and do what it says as one step."""
        from hl7console.ui.recipes.opening import choose_recipe  # not needed for the first view

        document = self.desk.document
        if document is not None:
            choose_recipe(self, self._console, (), self._use_recipe, raw=document.raw)

    def _use_recipe(self, name: str, text: str) -> None:
        document, workspace = self.desk.document, self._console.workspace
        if document is None:
            return
        raw, version = document.raw, document.version

        def outcome(reads: BothReads) -> RecipePreview:
            return try_out(reads.messages, workspace, text, (), raw, threading.Event())

        def show(found: RecipePreview) -> None:
            (made,) = found.messages
            if document.version != version:
                self._hint("The message was changed meanwhile: apply the recipe again.")
            elif made.fault:
                self._hint(made.fault)
            elif not made.is_changed:
                self._hint("The recipe changes nothing in this message.")
            else:
                what = f"Apply {name}" if name else "Apply a recipe"
                self.desk.apply(ReplaceAll(made.after, what), None)

        self._reads.ask(outcome, show, self.flow.failed)

    def insert_segment(self) -> None:
        """Ask which segment to insert behind the one at hand, and insert it."""
        document, path = self.desk.document, self.desk.path
        if document is None or path is None:
            self._hint("Put the caret into a segment, or choose one in the tree.")
            return
        message = document.message
        dictionary = load((message.get("MSH-12.1") or "").strip())
        names = segment_names(message, dictionary)
        question = LineQuestion("insertSegment", "Insert which segment?", "Insert", names, self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.accepted.connect(lambda: self._insert(path, question.answer))
        question.open()

    def _insert(self, path: FieldPath, text: str) -> None:
        document = self.desk.document
        if document is None:
            return
        written = text.upper() + document.message.delimiters.field if len(text) == 3 else text
        try:
            edit = inserted_line(document.message, path, written)
        except EditError as error:
            self._hint(error.full_text)
            return
        self.desk.apply(edit, None)

    def save_as(self) -> None:
        """Ask for a name, and keep the message by it."""
        question = LineQuestion("saveMessage", "Save as test message", "Save", parent=self)
        question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        question.accepted.connect(lambda: self.flow.save(question.answer))
        question.open()

    @Slot()
    def _on_settings_changed(self) -> None:
        self.sending.set_destinations(self._bridge.destinations, "")

    def _show_palette(self) -> None:
        palette = Palette(self.actions_by_name, self)
        palette.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        palette.open()
        palette.place_over(self)

    # Closing

    def stop(self) -> None:
        """End the threads. Once."""
        if not self.is_stopped:
            self.is_stopped = True
            self.flow.stop()
            self.desk.stop()
            self._reads.stop()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.is_unsaved and not self.is_stopped:
            answer = self._ask.choose(
                "Close without the changes?",
                "The edited message was neither sent nor saved.",
                (DISCARD, KEEP),
            )
            if answer != DISCARD:
                event.ignore()
                return
        self.stop()
        super().closeEvent(event)


def _show_tab(side: EditedSide | ChangesPane, place: int) -> None:
    side.setCurrentIndex(place)
    page = side.currentWidget()
    if page is not None:
        page.setFocus(Qt.FocusReason.ShortcutFocusReason)
