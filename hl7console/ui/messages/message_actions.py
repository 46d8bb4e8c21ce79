"""What one does with messages: resend, copy, save, drag out, and show only their like."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtWidgets import QMenu, QPushButton

from hl7console.engine.console import Console
from hl7console.store.records import MessageRow, StoredMessage
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.compare.message_compare import MessageCompare
from hl7console.ui.editing.message_hook import MessageEdit
from hl7console.ui.messages import copying
from hl7console.ui.messages.columns import type_text
from hl7console.ui.messages.filter_text import quoted
from hl7console.ui.messages.handling import Handling
from hl7console.ui.messages.leaving import Copying, DragOut
from hl7console.ui.messages.outgoing import read_all, suggested_name
from hl7console.ui.messages.place import MessagesPlace
from hl7console.ui.messages.queueing import MessageQueueing
from hl7console.ui.messages.saving import Saving
from hl7console.ui.notice import Notice
from hl7console.ui.recipes.message_hook import MessageRecipes
from hl7console.ui.sending.opening import open_resend
from hl7console.ui.sending.production import production_name
from hl7console.ui.sending.resend_dialog import ResendDialog, destination_title
from hl7console.ui.worker import ReaderWorker

MOST_COPIED = 1000
"""Messages copied or dragged at once, at most."""
MOST_SENT = 100_000
"""Messages sent again or saved at once, at most."""

GROUP = "Messages"


class MessageActions(QObject):
    """The actions of the message list. GUI thread only; call `stop` before it goes."""

    drag_ready = Signal(object)
    """A file (`Path`) made of what is dragged out; the drag follows."""

    def __init__(
        self,
        place: MessagesPlace,
        console: Console,
        bridge: EngineBridge,
        actions: Actions,
        ask: Ask,
        notice: Notice,
    ) -> None:
        super().__init__(place)
        self._place = place
        self._console = console
        self._bridge = bridge
        self._actions = actions
        self._ask = ask
        self._notice = notice
        out = ReaderWorker("list-out", console, self)
        self.copying = Copying(out, notice, place.window())
        self.dragging = DragOut(out, notice, place.table)
        self.dragging.ready.connect(self.drag_ready)
        self.dragging.is_dragging.connect(place.set_menu_open)
        self.saving = Saving(console, notice, place.window())
        self._last_destination = ""
        self._add_actions()
        self.editing = MessageEdit(place, place.table, console, bridge, actions, notice, GROUP)
        self._queueing = MessageQueueing(place, console, bridge, actions, notice, GROUP)
        self._compare = MessageCompare(place, console, actions, notice, GROUP)
        self._recipes = MessageRecipes(place, place.table, console, actions, ask)
        self.handling = Handling(place, console, bridge, actions, notice, GROUP)
        self._add_buttons()
        place.table.customContextMenuRequested.connect(self.show_menu)
        place.table.copy_wanted.connect(self._actions["messages.copyLines"].trigger)
        place.feed.model.modelReset.connect(self._on_selection_changed)
        place.table.drag_wanted.connect(self._on_drag_wanted)
        place.table.selectionModel().selectionChanged.connect(self._on_selection_changed)
        self._on_selection_changed()

    def _add_actions(self) -> None:
        add = self._actions.add
        table = (
            ("resend", "Resend…", self.resend, "Ctrl+R", "send"),
            ("copyRaw", "Copy as raw", self._copier(copying.raw_text), "Ctrl+Shift+C", "copy"),
            ("copyLines", "Copy as HL7 with line breaks", self._copier(copying.lines_text),
             "", "wrap-text"),
            ("copyJson", "Copy as JSON of fields", self._copier(copying.fields_json), "", "braces"),
            ("copyControl", "Copy control ID", self._copier(lambda m: m.row.control_id), "",
             "fingerprint"),
            ("save", "Save as file…", self.save, "Ctrl+S", "download"),
            ("onlyPatient", "Show only this patient", self._only(_patient), "", "user"),
            ("onlyAccession", "Show only this accession", self._only(_accession), "", "eye"),
            ("onlySender", "Show only this sender", self._only(_sender), "", "radio-tower"),
            ("onlyType", "Show only this type", self._only(_type), "", "filter"),
        )  # fmt: skip
        for name, text, slot, keys, icon in table:
            add(f"messages.{name}", text, slot, shortcut=keys, icon=icon, group=GROUP)

    def _add_buttons(self) -> None:
        button = QPushButton("Resend…")
        button.setObjectName("resendButton")
        button.setToolTip("Send the chosen messages again (Ctrl+R)")
        button.setProperty("kind", "primary")
        button.clicked.connect(self.resend)
        self._resend_button = button
        self._place.add_to_bar(button)

    @Slot()
    def _on_selection_changed(self) -> None:
        """Offer what can be done with what is chosen; nothing while another place is shown."""
        is_here = self._place.isVisibleTo(self._place.window())
        has_any = is_here and self._place.table.selectionModel().hasSelection()
        for action in self._actions.all():
            if action.data() == GROUP:
                action.setEnabled(has_any)
        self._resend_button.setEnabled(has_any)

    def place_changed(self) -> None:
        """Take note that another place is shown: keys must not reach what nobody sees."""
        self._on_selection_changed()

    # The menu

    @Slot(QPoint)
    def show_menu(self, at: QPoint) -> None:
        """Show what can be done with the chosen messages."""
        if not self._place.table.selectionModel().hasSelection():
            return
        self._place.set_menu_open(True)
        menu = self.made_menu()
        menu.exec(self._place.table.menu_point(at))
        menu.deleteLater()
        self._place.set_menu_open(False)

    def made_menu(self) -> QMenu:
        """Return the menu of the chosen messages."""
        menu = QMenu(self._place)
        menu.setObjectName("messageMenu")
        menu.addAction(self._actions["messages.resend"])
        to_menu = menu.addMenu("Resend to")
        to_menu.setObjectName("resendToMenu")
        for settings in self._bridge.destinations:
            if settings.enabled:
                action = to_menu.addAction(destination_title(settings))
                action.triggered.connect(lambda *_, name=settings.name: self.resend_to(name))
        to_menu.addSeparator()
        to_menu.addAction("Another address…").triggered.connect(lambda *_: self.resend())
        menu.addAction(self._queueing.action)
        menu.addSeparator()
        menu.addAction(self.editing.action)
        self._compare.add_to(menu)
        copies = menu.addMenu("Copy as")
        for name in ("copyRaw", "copyLines", "copyJson", "copyControl"):
            copies.addAction(self._actions[f"messages.{name}"])
        menu.addAction(self._actions["messages.save"])
        self.handling.add_to(menu)
        menu.addAction(self._recipes.action)
        menu.addSeparator()
        for name in ("onlyPatient", "onlyAccession", "onlySender", "onlyType"):
            menu.addAction(self._actions[f"messages.{name}"])
        menu.addSeparator()
        menu.addAction(self._actions["search.resend"])
        return menu

    # Sending again

    @Slot()
    def resend(self) -> None:
        """Ask where to, and send the chosen messages."""
        self._open_resend(self._last_destination)

    def resend_to(self, name: str) -> None:
        """Send the chosen messages to a destination; at once where it isn't a production one."""
        dialog = self._open_resend(name)
        if dialog is None:
            return
        if production_name(self._bridge.destinations, name):
            dialog.confirm.setFocus(Qt.FocusReason.OtherFocusReason)
        else:
            dialog.send_when_clear()

    def _open_resend(self, chosen: str) -> ResendDialog | None:
        ids = self._chosen(MOST_SENT)
        if not ids:
            return None
        dialog = open_resend(
            self._place, self._console, self._bridge, ids, chosen=chosen, title=self._title(ids)
        )
        dialog.finished.connect(lambda *_: self._remember(dialog))
        return dialog

    def _remember(self, dialog: ResendDialog) -> None:
        if dialog.report is not None:
            self._last_destination = dialog.destination

    def _title(self, ids: Sequence[int]) -> str:
        if len(ids) > 1:
            return f"{len(ids):,} messages"
        row = self._place.feed.model.row_at(self._place.feed.model.row_of(ids[0]))
        if row is None:
            return "1 message"
        return " · ".join(part for part in (row.control_id, type_text(row)) if part)

    # Copying and saving

    def _copier(self, form: Callable[[StoredMessage], str]) -> Callable[[], None]:
        return lambda: self.copying.copy(self._chosen(MOST_COPIED), form)

    def save(self) -> None:
        """Ask where to, and write the chosen messages into one file."""
        ids = self._chosen(MOST_SENT)
        if not ids:
            return
        reads = self._place.feed.reads()
        reads.ask(
            lambda reader: read_all(reader, ids[:1]),
            lambda first: self._save_as(ids, first),
            self._notice.fault,
        )

    def _save_as(self, ids: Sequence[int], first: list[StoredMessage]) -> None:
        if not first:
            return
        name = suggested_name(first) if len(ids) == 1 else f"{len(ids)}-messages.hl7"
        path = self._ask.save_path("Save as file", name, "HL7 (*.hl7);;All files (*)")
        if path is not None:
            self.saving.save(ids, path)

    # Dragging out

    @Slot()
    def _on_drag_wanted(self) -> None:
        self.dragging.begin(self._chosen(MOST_COPIED))

    # Only their like

    def _only(self, condition: Callable[[MessageRow], str]) -> Callable[[], None]:
        def narrow() -> None:
            place = self._place
            index = place.table.currentIndex()
            row = place.feed.model.row_at(index.row()) if index.isValid() else None
            if row is None:
                return
            text = condition(row)
            if text:
                place.search.set_text(text)
            else:
                self._notice.warn("This message does not say.")

        return narrow

    def _chosen(self, limit: int) -> list[int]:
        count = self._place.table.selected_count()
        if count > limit:
            self._notice.warn(f"{count:,} messages are chosen; at most {limit:,} can be taken.")
            return []
        return self._place.table.selected_ids(limit)

    def stop(self) -> None:
        """End the thread, and remove what was dragged out."""
        self._compare.stop()
        self._recipes.stop()
        for dialog in self._place.window().findChildren(ResendDialog):
            dialog.done(0)
        self.editing.stop()
        self.saving.stop()
        self.copying.stop()
        self.dragging.stop()


def _patient(row: MessageRow) -> str:
    if not row.patient_id:
        return ""
    whole = f"{row.patient_id}^{row.patient_authority}" if row.patient_authority else row.patient_id
    return f"patient:{quoted(whole)}"


def _accession(row: MessageRow) -> str:
    return f"accession:{quoted(row.accession)}" if row.accession else ""


def _sender(row: MessageRow) -> str:
    return f"from:{quoted(row.sender)}" if row.sender.strip("|") else ""


def _type(row: MessageRow) -> str:
    return f"type:{quoted(type_text(row))}" if row.message_type else ""
