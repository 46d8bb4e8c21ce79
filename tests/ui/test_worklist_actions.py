"""What one does with a line, over a worklist in memory and a console that writes down commands."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QTabWidget
from window_kit import child
from worklist_window_kit import FakeWorklist, effects

from hl7console.engine.console import (
    ImportCodes,
    JobReport,
    Progress,
    TryWorklistInput,
    WorklistInput,
)
from hl7console.store.worklist.records import Likeness
from hl7console.ui.actions import Actions
from hl7console.ui.notice import Notice
from hl7console.ui.report_table import ReportTable
from hl7console.ui.sending.resend_dialog import ResendDialog
from hl7console.ui.worklist import inputs, words
from hl7console.ui.worklist.command_dialog import CommandDialog
from hl7console.ui.worklist.decisions import held_words
from hl7console.ui.worklist.desk import Desk, DeskTab
from hl7console.ui.worklist.line_actions import LineActions
from hl7console.ui.worklist.merge_dialog import MergeDialog
from hl7console.ui.worklist.place import WorklistPlace
from hl7console.worklist.rows import (
    CONFLICT,
    IDENTIFIER,
    MERGE,
    PATIENT,
    REPORT,
    STEP,
    UNMAPPED,
    Row,
)
from hl7console.worklist.turn import Note, Severity


@dataclass
class DoneJob:
    report: JobReport

    def progress(self) -> Progress:
        return Progress()

    def done(self) -> bool:
        return True

    def cancel(self) -> None: ...

    def result(self, timeout_s: float | None = None) -> JobReport:
        return self.report


@dataclass
class Recorder:
    """A console that only writes down what it is asked to do."""

    real: object
    commands: list[object] = field(default_factory=list)
    report: JobReport = field(default_factory=lambda: JobReport("Done."))

    def submit(self, command: object) -> DoneJob:
        self.commands.append(command)
        return DoneJob(self.report)

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)


@pytest.fixture
def worklist() -> FakeWorklist:
    made = FakeWorklist()
    made.fill(7, words.today_code())
    made.persons = [
        Row(PATIENT, 1, {"patient_name": "MORENO^L", "patient_id": "4401999"}),
        Row(PATIENT, 6, {"patient_name": "MORENO^LIA", "patient_id": "77006"}),
    ]
    return made


@pytest.fixture
def recorder(window) -> Recorder:
    return Recorder(window._console)


@pytest.fixture
def acts(window, preferences, worklist, recorder, answers, qtbot):
    place = WorklistPlace(recorder, window.bridge, preferences, worklist.reader)
    qtbot.addWidget(place, before_close_func=lambda p: p.stop())
    notice = Notice(place)
    made = LineActions(place, recorder, window.bridge, Actions(place), answers, notice)
    with qtbot.waitSignal(place.feed.listed):
        place.show()
    place.table.go_to(place.feed.model.row_of(6))
    qtbot.waitUntil(lambda: place.side.details is not None and place.side.step_id == 6)
    yield made
    made.images.stop()
    for dialog in place.window().findChildren(Desk):
        dialog.close()


def dialog_of(acts: LineActions, kind: type) -> object:
    found = [d for d in acts._place.window().findChildren(kind) if d.isVisible()]
    assert found
    return found[-1]


def test_the_station_is_set_by_hand(acts, recorder, qtbot):
    acts.set_station()
    dialog = dialog_of(acts, CommandDialog)
    dialog.form.set_values({"aets": ("MR1", "MR2")})
    with qtbot.waitSignal(dialog.done_well):
        child(dialog, QPushButton, "stationDialogGo").click()
    (command,) = recorder.commands
    assert isinstance(command, WorklistInput)
    assert command.kind == "operator"
    assert command.body == {
        "action": "station", "study_uid": "2.25.6", "sps_id": "S1", "aets": ["MR1", "MR2"],
    }  # fmt: skip


def test_a_state_needs_a_reason(acts, recorder, qtbot):
    acts.set_state("CANCELED")
    dialog = dialog_of(acts, CommandDialog)
    dialog.submit()
    assert not recorder.commands
    assert "Say why" in child(dialog, QLabel, "stateDialogText").text()
    dialog.form.set_values({"reason": "ordered twice"})
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    assert recorder.commands[0].body["state"] == "CANCELED"
    assert recorder.commands[0].body["reason"] == "ordered twice"


def test_a_refused_change_says_why_and_stays_open(acts, recorder, qtbot):
    recorder.report = JobReport("There is no such step.", is_fault=True)
    acts.edit()
    dialog = dialog_of(acts, CommandDialog)
    dialog.form.set_values({"column": "priority"})
    dialog.form.set_values({"value": "STAT"})
    dialog.submit()
    text = child(dialog, QLabel, "editDialogText")
    qtbot.waitUntil(lambda: text.text() == "There is no such step.")
    assert dialog.isVisible()
    assert recorder.commands[0].body == {
        "action": "edit", "of": "order", "study_uid": "2.25.6", "sps_id": "S1",
        "column": "priority", "value": "STAT",
    }  # fmt: skip
    dialog.reject()


def test_only_what_can_be_done_is_offered(acts):
    names = {a.objectName(): a.isEnabled() for a in acts.made_menu().actions() if a.objectName()}
    assert names["worklist.station"]
    assert not names["worklist.unlock"]
    acts._place.as_of.at_us = 1
    acts._on_line_changed()
    assert not acts._actions["worklist.station"].isEnabled()
    assert acts._actions["worklist.copyAccession"].isEnabled()


def test_the_accession_is_copied(acts, qtbot):
    qtbot.keyClick(acts._place.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == "MR26006"


def test_all_messages_of_a_line_are_sent_again_in_their_order(acts):
    acts.resend_all()
    dialog = dialog_of(acts, ResendDialog)
    assert dialog._ids == (1, 2, 3, 4)
    dialog.reject()


def test_only_this_patient_shows_all_their_days(acts, worklist, qtbot):
    worklist.set(6, start_date="20200101")
    with qtbot.waitSignal(acts._place.feed.listed):
        acts.only_patient()
    qtbot.waitUntil(lambda: acts._place.feed.count == 1)
    assert acts._place.filters.patient_chip.isVisible()


def test_a_merge_is_undone_with_a_reason(acts, recorder, qtbot):
    acts._on_link("undo:3")
    dialog = dialog_of(acts, CommandDialog)
    dialog.form.set_values({"reason": "two people"})
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    assert recorder.commands[0].body == {"action": "void", "entry": 3, "reason": "two people"}


def desk_of(acts: LineActions, tab: DeskTab, qtbot) -> Desk:
    acts.show_desk(tab)
    desk = acts._desk
    qtbot.waitUntil(lambda: not acts._place.feed.reads().is_busy)
    return desk


def test_the_error_list_says_what_to_ask_the_sender_for(acts, worklist, qtbot):
    note = Note("patient_unknown", Severity.ERROR)
    worklist.problems = [replace(effects(1)[0], is_refused=True, notes=(note,))]
    desk = desk_of(acts, DeskTab.ERRORS, qtbot)
    table = child(desk, ReportTable, "deskErrors")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 1)
    texts = table.rows.texts(0)
    assert texts[1] == "ORM^O01 NW"
    assert texts[3].endswith(".")
    assert texts[4]
    table.selectRow(0)
    with qtbot.waitSignal(acts.message_wanted) as signal:
        child(desk, QPushButton, "deskShowMessage").click()
    assert signal.args == [1]


def test_the_desk_counts_what_there_is_and_says_where_nothing_is(acts, worklist, qtbot):
    worklist.conflicts = [Row(CONFLICT, 9, {"rule": "accession_divided", "patients": [1, 6]})]
    worklist.merges = [Row(MERGE, 1, {"source": 1, "survivor": 6, "entry": 3, "status": "done"})]
    worklist.unmapped = [
        Row(UNMAPPED, 1, {"sender": "RIS", "code": "X1", "text": "Odd", "count": 3})
    ]
    desk = desk_of(acts, DeskTab.CONFLICTS, qtbot)
    tabs = child(desk, QTabWidget, "deskTabs")
    qtbot.waitUntil(lambda: tabs.tabText(1) == "Conflicts · 1")
    assert [tabs.tabText(n) for n in range(5)] == [
        "Errors", "Conflicts · 1", "Likely duplicates", "Merges · 1", "Unmapped codes · 1",
    ]  # fmt: skip
    about = child(desk, ReportTable, "deskConflicts").rows.texts(0)[1]
    assert "MORENO^L" in about
    assert child(desk, QLabel, "deskErrorsEmpty").text() == "Every message was applied."
    merges = child(desk, ReportTable, "deskMerges").rows.texts(0)
    assert merges[1:3] == ("MORENO^L · 4401999", "MORENO^LIA · 77006")


def test_a_code_is_filled_in(acts, recorder, qtbot):
    acts._fill_code(Row(UNMAPPED, 1, {"sender": "RIS", "code": "X1", "text": "Odd"}))
    dialog = dialog_of(acts, CommandDialog)
    dialog.submit()
    assert not recorder.commands
    dialog.form.set_values({"local_system": "L", "modality": "MR"})
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    (line,) = recorder.commands[0].body["rows"]
    assert recorder.commands[0].kind == "codes"
    assert (line["sender"], line["code"], line["local_code"], line["modality"]) == (
        "RIS", "X1", "X1", "MR",
    )  # fmt: skip


def test_a_table_of_codes_is_imported(acts, recorder, answers):
    answers.paths, answers.answer = [Path("codes.csv")], "Replace it"
    acts.import_table("codes")
    assert recorder.commands == [ImportCodes(Path("codes.csv"), replace=True)]


def test_a_merge_shows_what_would_move_before_it_does(acts, worklist, recorder, qtbot):
    worklist.found = {
        (IDENTIFIER, 1): [Row(IDENTIFIER, 1, {"id_value": "4401999", "authority": "NORTH"})],
        (IDENTIFIER, 6): [Row(IDENTIFIER, 2, {"id_value": "77006", "authority": "NORTH"})],
    }
    trial = (("lines", "1"), ("order", "1"), ("identifier", "2"), ("merge", "1"))
    recorder.report = JobReport("Nothing was changed yet.", details=trial)
    acts.merge(*worklist.persons)
    dialog = dialog_of(acts, MergeDialog)
    qtbot.waitUntil(dialog.go.isEnabled)
    assert dialog.text.text() == "Would change: 1 line, 2 identifiers, 1 order."
    table = child(dialog, ReportTable, "mergeLines").rows
    qtbot.waitUntil(lambda: table.rowCount() == 1)
    assert table.texts(0)[1] == "CT26001"
    assert [type(command) for command in recorder.commands] == [TryWorklistInput]
    with qtbot.waitSignal(dialog.done_well):
        dialog.go.click()
    tried, done = recorder.commands
    assert tried.body == done.body
    assert done.body == {
        "action": "merge", "source": ["4401999", "NORTH"], "survivor": ["77006", "NORTH"],
    }  # fmt: skip


def test_a_merge_that_would_be_refused_says_why_and_cannot_be_done(acts, worklist, recorder, qtbot):
    worklist.found = {
        (IDENTIFIER, person): [Row(IDENTIFIER, person, {"id_value": "X", "authority": "N"})]
        for person in (1, 6)
    }
    recorder.report = JobReport("It was merged already.", is_fault=True)
    acts.merge(*worklist.persons)
    dialog = dialog_of(acts, MergeDialog)
    qtbot.waitUntil(lambda: dialog.text.text() == "It was merged already.")
    assert not dialog.go.isEnabled()
    dialog.reject()


def test_a_report_is_attached_although_it_names_somebody_else(acts, worklist, recorder, qtbot):
    worklist.others = [Row(REPORT, 5, {"entry": 12, "place": 2})]
    worklist.found = {(STEP, 2): [Row(STEP, 2)]}
    about = {"rule": "report_other_patient", "order": 2, "about_kind": REPORT, "about": 5}
    worklist.conflicts = [
        Row(CONFLICT, 8, {"rule": "accession_divided"}),
        Row(CONFLICT, 9, about),
    ]
    desk = desk_of(acts, DeskTab.CONFLICTS, qtbot)
    table = child(desk, ReportTable, "deskConflicts")
    button = child(desk, QPushButton, "deskAttach")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 2)
    table.selectRow(0)
    assert not button.isEnabled()
    table.clearSelection()
    table.selectRow(1)
    with qtbot.waitSignal(desk.attach_wanted):
        button.click()
    qtbot.waitUntil(lambda: bool(acts._place.window().findChildren(CommandDialog)))
    dialog = dialog_of(acts, CommandDialog)
    dialog.submit()
    assert not recorder.commands
    dialog.form.set_values({"reason": "seen on the request form"})
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    assert recorder.commands[0].body == {
        "action": "link_report", "report": [12, 2], "study_uid": "2.25.2", "sps_id": "S1",
        "reason": "seen on the request form",
    }  # fmt: skip


def test_what_is_chosen_stays_chosen_when_the_worklist_goes_on(acts, worklist, qtbot):
    first, second = (
        Row(CONFLICT, number, {"rule": "accession_divided", "order": number}) for number in (8, 9)
    )
    worklist.conflicts = [first, second]
    desk = desk_of(acts, DeskTab.CONFLICTS, qtbot)
    table = child(desk, ReportTable, "deskConflicts")
    button = child(desk, QPushButton, "deskSettle")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 2)
    table.selectRow(1)
    assert button.isEnabled()

    def read_again(*conflicts: Row) -> None:
        worklist.conflicts = list(conflicts)
        with qtbot.waitSignal(table.rows.modelReset):
            desk.reload()

    read_again(Row(CONFLICT, 7, {"rule": "accession_divided"}), first, second)
    assert [index.row() for index in table.selectionModel().selectedRows()] == [2]
    assert button.isEnabled()
    read_again(first, Row(CONFLICT, 9, {"rule": "report_other_patient"}))  # of the same number
    assert not table.selectionModel().hasSelection()
    assert not button.isEnabled()
    table.selectAll()
    read_again(first, second)
    assert not button.isEnabled(), "of two that were chosen, none is meant alone"


def test_two_likely_duplicates_are_linked(acts, worklist, recorder, qtbot):
    worklist.likely = [Likeness(*worklist.persons, "")]
    worklist.found = {
        (IDENTIFIER, 1): [Row(IDENTIFIER, 1, {"id_value": "4401999", "authority": "NORTH"})],
        (IDENTIFIER, 6): [Row(IDENTIFIER, 2, {"id_value": "77006", "authority": "NORTH"})],
    }
    desk = desk_of(acts, DeskTab.DUPLICATES, qtbot)
    table = child(desk, ReportTable, "deskDuplicates")
    qtbot.waitUntil(lambda: table.rows.rowCount() == 1)
    table.selectRow(0)
    child(desk, QPushButton, "deskLink").click()
    qtbot.waitUntil(lambda: bool(acts._place.window().findChildren(CommandDialog)))
    dialog = dialog_of(acts, CommandDialog)
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    assert recorder.commands[0].body == {
        "action": "link_persons", "first": ["4401999", "NORTH"], "second": ["77006", "NORTH"],
    }  # fmt: skip


@pytest.mark.parametrize(("answer", "accept"), [("accept", True), ("refuse", False)])
def test_values_that_were_held_back_are_decided_on(acts, worklist, recorder, qtbot, answer, accept):
    patient = Row(PATIENT, 6, {
        "patient_name": "MORENO^LIA", "birth_date": "19880302",
        "held": [["patient_name", "REY^ANA", "PID-5", ""], ["birth_date", "19520101", "", ""]],
    })  # fmt: skip
    assert held_words(patient) == (
        "patient name REY^ANA instead of MORENO^LIA; birth date 1952-01-01 instead of 1988-03-02"
    )
    key = Row(IDENTIFIER, 2, {"id_value": "77006", "authority": "NORTH"})
    worklist.found = {(IDENTIFIER, 6): [key]}
    acts.decisions.decide_on_held(patient)
    qtbot.waitUntil(lambda: bool(acts._place.window().findChildren(CommandDialog)))
    dialog = dialog_of(acts, CommandDialog)
    dialog.form.set_values({"answer": answer})
    with qtbot.waitSignal(dialog.done_well):
        dialog.submit()
    assert recorder.commands[0].body == {
        "action": "confirm_demographics", "patient": ["77006", "NORTH"], "accept": accept,
    }  # fmt: skip


def test_nobody_is_merged_into_themself(acts, worklist, qtbot):
    acts.merge(worklist.persons[0], worklist.persons[0])
    dialog = dialog_of(acts, MergeDialog)
    assert not dialog.go.isEnabled()
    assert "one person already" in dialog.text.text()
    dialog.reject()


def test_a_person_is_named_by_an_identifier_in_use():
    rows = [
        Row(IDENTIFIER, 1, {"id_value": "OLD", "authority": "A", "status": "merged"}),
        Row(IDENTIFIER, 2, {"id_value": "NEW", "authority": "A", "status": "active"}),
    ]
    assert inputs.person_key(rows) == ["NEW", "A"]
    assert inputs.person_key([]) == []
