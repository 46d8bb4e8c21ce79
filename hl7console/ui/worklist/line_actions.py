"""What one does with a line of the worklist, and with the worklist as a whole."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QMenu, QPushButton

from hl7console.engine.console import (
    Command,
    Console,
    ImportCodes,
    ImportCrossref,
    JobReport,
    RebuildWorklist,
)
from hl7console.errors import ConsoleError
from hl7console.store.worklist.records import StepDetails
from hl7console.ui.actions import Actions
from hl7console.ui.ask import Ask
from hl7console.ui.bridge import EngineBridge
from hl7console.ui.editing.message_hook import open_one
from hl7console.ui.job_watch import JobWatch
from hl7console.ui.messages.filter_text import quoted
from hl7console.ui.notice import Notice
from hl7console.ui.sending.opening import open_resend
from hl7console.ui.stoppable import JobProgress
from hl7console.ui.worklist import inputs, questions
from hl7console.ui.worklist.code_dialog import code_dialog
from hl7console.ui.worklist.command_dialog import CommandDialog
from hl7console.ui.worklist.decisions import Decisions, has_held
from hl7console.ui.worklist.desk import Desk, DeskTab
from hl7console.ui.worklist.image_actions import ImageActions
from hl7console.ui.worklist.merge_dialog import MergeDialog
from hl7console.ui.worklist.place import WorklistPlace
from hl7console.worklist.rows import Row

GROUP = "Worklist"
"""Group of the actions that need a line."""

_LINE_ACTIONS: tuple[tuple[str, str, str, str], ...] = (
    ("station", "Set the station…", "", "server"),
    ("state", "Set the state…", "", "check"),
    ("edit", "Edit a value…", "F2", "pencil"),
    ("unlock", "Unlock a value…", "", "lock"),
    ("held", "Decide on the patient's data…", "", "user"),
    ("cancel", "Cancel the step…", "", "circle-x"),
    ("resend", "Resend the line's messages…", "Ctrl+R", "send"),
    ("editMessage", "Edit and resend the message that spoke last…", "Ctrl+E", "pencil"),
    ("askArchive", "Ask an archive for the images", "", "server"),
    ("compareImages", "Compare with DICOM files…", "", "file-down"),
    ("copyAccession", "Copy the accession", "", "copy"),
    ("onlyPatient", "Show only this patient's lines", "", "user"),
    ("findMessages", "Find this patient's messages", "", "search"),
)

_MENU = (
    "station", "state", "edit", "unlock", "held", "", "resend", "editMessage", "askArchive",
    "compareImages", "copyAccession", "", "onlyPatient", "findMessages", "", "cancel",
)  # fmt: skip
"""The menu of a line; "" is a line across."""


class LineActions(QObject):
    """The actions of the place Worklist. GUI thread only."""

    filter_wanted = Signal(str)
    """The user wants the messages of a filter."""
    message_wanted = Signal(int)
    profile_wanted = Signal()
    """The user wants to change the mapping profile."""

    def __init__(
        self,
        place: WorklistPlace,
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
        self._desk: Desk | None = None
        self._watch: JobWatch | None = None
        self._by_link: dict[str, Callable[[], object]] = {
            "action:station": self.set_station,
            "action:state": lambda: self.set_state(""),
            "action:edit": self.edit,
            "action:held": self.decide_on_held,
            "action:errors": lambda: self.show_desk(DeskTab.ERRORS),
            "action:profile": self.profile_wanted.emit,
        }
        self.images = ImageActions(place, console, ask)
        self.decisions = Decisions(
            place.feed.reads(), console, self._open, self._on_failed, place.window()
        )
        self._add_actions()
        button = QPushButton("To look at…")
        button.setObjectName("deskButton")
        button.setToolTip("Errors, conflicts, likely duplicates, merges and unmapped codes")
        button.clicked.connect(lambda *_: self.show_desk(DeskTab.ERRORS))
        place.add_to_bar(button)
        place.menu_wanted.connect(self.show_menu)
        place.file_dropped.connect(self.images.compare_with)
        self.images.failed.connect(notice.fault)
        self.images.told.connect(notice.tell)
        place.link_chosen.connect(self._on_link)
        place.line_changed.connect(self._on_line_changed)
        place.fault.connect(notice.fault)
        place.table.copy_wanted.connect(self.copy_accession)
        side = place.side.messages
        side.resend_wanted.connect(self.resend)
        side.filter_wanted.connect(self.filter_wanted)
        side.message_wanted.connect(self.message_wanted)
        side.failed.connect(notice.fault)
        self._on_line_changed()

    def _add_actions(self) -> None:
        slots: dict[str, Callable[[], object]] = {
            "station": self.set_station,
            "state": lambda: self.set_state(""),
            "edit": self.edit,
            "unlock": self.unlock,
            "held": self.decide_on_held,
            "cancel": lambda: self.set_state("CANCELED"),
            "resend": self.resend_all,
            "editMessage": self.edit_message,
            "askArchive": self.images.ask_archive,
            "compareImages": self.images.choose_files,
            "copyAccession": self.copy_accession,
            "onlyPatient": self.only_patient,
            "findMessages": self.find_messages,
        }
        for name, text, keys, icon in _LINE_ACTIONS:
            self._actions.add(
                f"worklist.{name}", text, slots[name], shortcut=keys, icon=icon, group=GROUP
            )

    @property
    def details(self) -> StepDetails | None:
        """Everything about the line one is at; None while it isn't there."""
        return self._place.side.details

    @Slot()
    def _on_line_changed(self) -> None:
        has_details = self.details is not None and self._place.isVisible()
        is_now = not self._place.as_of.at_us
        for name, *_ in _LINE_ACTIONS:
            changes = name in ("station", "state", "edit", "unlock", "held", "cancel")
            self._actions[f"worklist.{name}"].setEnabled(has_details and (is_now or not changes))
        if self.details is not None and self._place.isVisible():
            locked = bool(inputs.locked_columns(self.details))
            self._actions["worklist.unlock"].setEnabled(locked and is_now)
            self._actions["worklist.held"].setEnabled(has_held(self.details) and is_now)

    # The menu

    @Slot(QPoint)
    def show_menu(self, at: QPoint) -> None:
        """Show what can be done with the line."""
        if not self._place.table.current_id():
            return
        self._place.set_menu_open(True)
        menu = self.made_menu()
        menu.exec(self._place.table.menu_point(at))
        menu.deleteLater()
        self._place.set_menu_open(False)

    def made_menu(self) -> QMenu:
        """Return the menu of the line one is at."""
        menu = QMenu(self._place)
        menu.setObjectName("worklistMenu")
        for name in _MENU:
            if name:
                menu.addAction(self._actions[f"worklist.{name}"])
            else:
                menu.addSeparator()
        return menu

    # Changing a line

    def _open(self, dialog: CommandDialog) -> CommandDialog:
        dialog.done_well.connect(self._on_done)
        _open(dialog)
        return dialog

    @Slot(object)
    def _on_done(self, report: JobReport) -> None:
        self._notice.tell(report.text)
        self._place.feed.look_again()
        if self._desk is not None:
            self._desk.reload()

    def set_station(self) -> None:
        """Ask which stations the step is on."""
        if self.details is not None:
            known = [value for value, _ in self._place.filters.station.options() if value]
            window = self._place.window()
            self._open(questions.station_dialog(self.details, known, self._console, window))

    def set_state(self, state: str) -> None:
        """Ask which state the step has, beginning with one; "" begins with its own."""
        if self.details is not None:
            window = self._place.window()
            self._open(questions.state_dialog(self.details, state, self._console, window))

    def edit(self) -> None:
        """Ask for a value; beginning with the first that is missing."""
        if self.details is not None:
            column = self.details.missing[0] if self.details.missing else ""
            window = self._place.window()
            self._open(questions.edit_dialog(self.details, column, self._console, window))

    def unlock(self) -> None:
        """Ask which value messages may change again."""
        if self.details is not None:
            window = self._place.window()
            self._open(questions.unlock_dialog(self.details, self._console, window))

    def decide_on_held(self) -> None:
        """Ask whether values that were held back for the patient are right."""
        if self.details is not None and self.details.patient is not None:
            self.decisions.decide_on_held(self.details.patient)

    def undo(self, entry: int, title: str) -> None:
        """Ask why a merge is taken back."""
        self._open(questions.undo_dialog(entry, title, self._console, self._place.window()))

    # Looking further

    def copy_accession(self) -> None:
        """Put the accession on the clipboard."""
        line = self._place.line
        if line is None or not line.accession:
            self._notice.warn("This line has no accession.")
            return
        QGuiApplication.clipboard().setText(line.accession)
        self._notice.tell("Copied.")

    def only_patient(self) -> None:
        """Show the lines of this person only, on whatever day."""
        line = self._place.line
        if line is not None:
            self._place.filters.only_patient(line.patient_row, line.patient_name or "This patient")
            self._place.filters.day.choose("all")

    def find_messages(self) -> None:
        """Show the messages that name this patient."""
        line = self._place.line
        if line is None or not line.patient_id:
            self._notice.warn("This line has no patient id.")
            return
        self.filter_wanted.emit(f"patient:{quoted(line.patient_id)}")

    def resend_all(self) -> None:
        """Ask where to, and send the line's messages again in their order."""
        self.resend([effect.entry for effect in self._place.side.effects if effect.entry > 0])

    def edit_message(self) -> None:
        """Open the message that spoke last in the editor."""
        ids = [effect.entry for effect in self._place.side.effects if effect.entry > 0]
        if not ids:
            self._notice.warn("No message spoke of this line.")
            return
        open_one(self._place, self._console, self._bridge, max(ids))

    @Slot(object)
    def resend(self, ids: list[int]) -> None:
        """Ask where to, and send messages again."""
        if not ids:
            self._notice.warn("No message spoke of this line.")
            return
        open_resend(self._place, self._console, self._bridge, ids)

    @Slot(str)
    def _on_link(self, address: str) -> None:
        kind, _, rest = address.partition(":")
        if kind == "undo":
            self.undo(int(rest), "The merge")
        elif address in self._by_link:
            self._by_link[address]()

    # The worklist as a whole

    def show_desk(self, tab: DeskTab) -> None:
        """Show what somebody has to look at."""
        if self._desk is None:
            desk = Desk(self._place.feed.reads(), self._on_failed, self._place.window())
            desk.message_wanted.connect(self.message_wanted)
            desk.undo_wanted.connect(self.undo)
            desk.merge_wanted.connect(self.merge)
            desk.settle_wanted.connect(self._settle)
            desk.link_wanted.connect(self.decisions.link)
            desk.attach_wanted.connect(
                lambda row: self.decisions.attach(row, self._place.side.step_id)
            )
            desk.code_wanted.connect(self._fill_code)
            desk.import_wanted.connect(self.import_table)
            self._desk = desk
        self._desk.show_tab(tab)

    @Slot(object, object)
    def merge(self, source: Row | None, survivor: Row | None) -> None:
        """Ask for two persons, and show what would move."""
        dialog = MergeDialog(
            self._console, self._place.feed.reads(), self._on_failed, self._place.window()
        )
        dialog.done_well.connect(self._on_done)
        if source is not None and survivor is not None:
            dialog.choose(source, survivor)
        _open(dialog)

    @Slot(int)
    def _settle(self, conflict: int) -> None:
        self._open(questions.settle_dialog(conflict, self._console, self._place.window()))

    @Slot(object)
    def _fill_code(self, row: Row) -> None:
        self._open(code_dialog(row, self._console, self._place.window()))

    @Slot(str)
    def import_table(self, kind: str) -> None:
        """Ask for a CSV file of codes or of a cross-reference, and import it."""
        title = "Import exam codes" if kind == "codes" else "Import a cross-reference"
        paths = self._ask.open_paths(title, "CSV (*.csv *.txt);;All files (*)")
        if not paths:
            return
        answers = ("Add to it", "Replace it", "Cancel")
        text = "Shall the file be added to the table there is, or take its place?"
        answer = self._ask.choose(title, text, answers)
        if answer == answers[-1]:
            return
        replaces = answer == answers[1]
        command = ImportCodes if kind == "codes" else ImportCrossref
        self.run(command(paths[0], replaces))

    def rebuild(self) -> None:
        """Ask, and make the worklist again from the journal."""
        answers = ("Make it again", "Cancel")
        text = "Everything on it is worked out again from the messages and inputs that were kept."
        if self._ask.choose("Make the worklist again", text, answers) == answers[0]:
            self._notice.tell("The worklist is being made again.")
            self.run(RebuildWorklist(), "Making the worklist again")

    def run(self, command: Command, title: str = "") -> None:
        """Do something and tell how it went; with a title, how far it is where it takes long."""
        try:
            job = self._console.submit(command)
        except ConsoleError as error:
            self._notice.fault(error)
            return
        self._watch = JobWatch(job, self)
        self._watch.ended.connect(self._on_ran)
        self._watch.failed.connect(self._on_failed)
        if title:
            JobProgress(self._watch, title, self._place.window(), "Go on in the background")

    @Slot(object)
    def _on_ran(self, report: JobReport) -> None:
        if report.is_fault:
            self._notice.warn(report.text)
        else:
            self._on_done(report)

    def _on_failed(self, error: object) -> None:
        if isinstance(error, ConsoleError):
            self._notice.fault(error)


def _open(dialog: QDialog) -> None:
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.open()
