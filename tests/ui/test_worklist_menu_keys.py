"""Every entry of the worklist's menu, run by the menu's keys and by its own, on a real engine.

`ENTRIES` has a row for each entry: what has to be there first, and what is seen once it ran. An
entry without a row fails the test of the menu.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from menu_keys_kit import choose, entries_of, press_menu_key, press_shift_f10, run_by_keys
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from pynetdicom import evt
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot
from window_kit import Answers, port, send

from hl7console.dicom.library import pynetdicom
from hl7console.engine.dicom_commands import SavePacs
from hl7console.engine.supervisor import Engine
from hl7console.settings import PacsSettings
from hl7console.ui.editing.opening import editors_of
from hl7console.ui.main_window import MainWindow
from hl7console.ui.sending.resend_dialog import ResendDialog
from hl7console.ui.worklist import inputs
from hl7console.ui.worklist.command_dialog import CommandDialog
from hl7console.ui.worklist.images_dialog import ImagesDialog
from hl7console.ui.worklist.line_actions import GROUP
from hl7console.ui.worklist.place import WorklistPlace

MENU = "worklistMenu"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"


def order(number: int, *, name: str = "MARLOWE^TESS", born: str = "19680412") -> bytes:
    day = datetime.now().astimezone().strftime("%Y%m%d")
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|{day}0800||ORM^O01^ORM_O01|W{number}{name[0]}|P|2.5.1\r"
        f"PID|1||7700{number}^^^NORTH^MR||{name}||{born}|F\r"
        f"ORC|NW|P{number}^REGRIS|F{number}^RIS||SC||^^^{day}23{number:02d}00^^R\r"
        f"OBR|1|P{number}^REGRIS|F{number}^RIS|MRHEAD^MR HEAD^L"
        f"||||||||||||||A{number}||||||MR\r"
        f"ZDS|1.2.3.{number}^HOSP^Application^DICOM\r"
    ).encode()


@dataclass
class Stage:
    """What a row of the table works with: the second of two lines is the one in view."""

    window: MainWindow
    engine: Engine
    answers: Answers
    folder: Path
    qtbot: QtBot
    end: ExitStack
    """What is done at the end of the test."""

    @property
    def place(self) -> WorklistPlace:
        return self.window.worklist.place()

    def wait(self, condition: Callable[[], object]) -> None:
        self.qtbot.waitUntil(condition)

    def line_of(self, accession: str) -> object:
        model = self.place.feed.model
        lines = [model.line(model.id_at(row)) for row in range(model.rowCount())]
        return next(line for line in lines if line is not None and line.accession == accession)

    def answer(self, name: str, **values: object) -> None:
        """Fill in the dialog that has opened, and press Enter in it."""
        dialog = self.dialog(CommandDialog)
        assert dialog.objectName() == name
        for field, value in values.items():
            dialog.form.set_values({field: value})
        with self.qtbot.waitSignal(dialog.done_well):
            self.qtbot.keyClick(dialog, Qt.Key.Key_Return)

    def dialog(self, kind: type) -> object:
        """Return the dialog that has opened, or that opens in a moment."""
        self.wait(lambda: any(d.isVisible() for d in self.window.findChildren(kind)))
        (found,) = [d for d in self.window.findChildren(kind) if d.isVisible()]
        return found

    def line_is(self, **values: object) -> None:
        """Wait until the line in view has these values; the other line must not have them."""
        self.wait(
            lambda: (
                self.place.line is not None
                and all(getattr(self.place.line, name) == value for name, value in values.items())
            )
        )
        other = self.line_of("A1")
        assert any(getattr(other, name) != value for name, value in values.items())


def nothing(_stage: Stage) -> None:
    """Nothing has to be there first."""


# What has to be there first


def with_a_locked_station(stage: Stage) -> None:
    command = inputs.set_station(stage.place.side.details, ["MR9"])
    assert not stage.engine.submit(command).result(20).is_fault
    stage.wait(lambda: inputs.locked_columns(stage.place.side.details) == ["station_aet"])


def with_held_values(stage: Stage) -> None:
    send(port(stage.engine), order(2, name="REY^ANA", born="19520101"))
    stage.wait(lambda: stage.window.actions_by_name["worklist.held"].isEnabled())


def with_an_archive(stage: Stage) -> None:
    entity = pynetdicom().AE("PACS")
    entity.add_supported_context(STUDY_FIND)
    server = entity.start_server(
        ("127.0.0.1", 0), block=False, evt_handlers=[(evt.EVT_C_FIND, found_study)]
    )
    stage.end.callback(server.shutdown)
    archive = PacsSettings("Archive", port=server.server_address[1])
    stage.engine.submit(SavePacs(archive)).result(20)


def found_study(event):
    """Answer with the study that is asked for, of another patient."""
    made = Dataset()
    made.StudyInstanceUID = event.identifier.StudyInstanceUID
    made.AccessionNumber, made.PatientID, made.PatientName = "A2", "OTHER", "MARLOWE^TESS"
    made.PatientBirthDate, made.PatientSex = "19680412", "F"
    yield 0xFF00, made


def with_a_file(stage: Stage) -> None:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.99"
    made.PatientName, made.PatientID, made.Modality = "MARLOWE^TESS", "WRONG", "MR"
    made.PatientBirthDate, made.PatientSex = "19680412", "F"
    made.StudyInstanceUID, made.AccessionNumber = "1.2.3.2", "A2"
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = stage.folder / "IM0001.dcm"
    made.save_as(path, enforce_file_format=True)
    stage.answers.paths = [path]


# What is seen


def station_is_set(stage: Stage) -> None:
    stage.answer("stationDialog", aets=("MR7",))
    stage.line_is(stations=("MR7",))


def state_is_set(stage: Stage) -> None:
    stage.answer("stateDialog", state="ARRIVED", reason="came by")
    stage.line_is(state="ARRIVED")


def value_is_edited(stage: Stage) -> None:
    stage.answer("editDialog", column="priority", value="STAT")
    stage.line_is(priority="STAT")


def value_is_unlocked(stage: Stage) -> None:
    stage.answer("unlockDialog", column="station_aet")
    stage.wait(lambda: inputs.locked_columns(stage.place.side.details) == [])


def held_values_are_taken(stage: Stage) -> None:
    stage.answer("heldDialog", answer="accept")
    stage.line_is(patient_name="REY^ANA")


def step_is_cancelled(stage: Stage) -> None:
    stage.answer("stateDialog", reason="ordered twice")
    stage.line_is(state="CANCELED")


def messages_are_sent_again(stage: Stage) -> None:
    dialog = stage.dialog(ResendDialog)
    assert dialog.command.message_ids == (2,)
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


def message_is_edited(stage: Stage) -> None:
    stage.wait(lambda: len(editors_of(stage.place)) == 1)
    (editor,) = editors_of(stage.place)
    assert editor.parent_id == 2
    assert editor.isVisible()


def archive_has_answered(stage: Stage) -> None:
    dialog = stage.dialog(ImagesDialog)
    assert dialog.text.text() == "Archive has 1 study of this order; 1 value differs."
    told = [dialog.table.rows.texts(row)[:2] for row in range(dialog.table.rows.rowCount())]
    assert told[0] == ("study", "1.2.3.2")
    assert told[1][0] == "PatientID"
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def file_was_compared(stage: Stage) -> None:
    dialog = stage.dialog(ImagesDialog)
    assert dialog.text.text() == "1 value differs between the images and the order."
    assert dialog.table.rows.texts(0)[1:3] == ("WRONG", "77002")
    stage.qtbot.keyClick(dialog, Qt.Key.Key_Escape)


def accession_is_copied(stage: Stage) -> None:
    assert QGuiApplication.clipboard().text() == "A2"


def only_the_patient_is_listed(stage: Stage) -> None:
    stage.wait(lambda: stage.place.feed.count == 1)
    assert stage.place.filters.patient_chip.text() == "MARLOWE^TESS"
    assert stage.place.filters.day.value == "all"
    assert stage.line_of("A2") is not None


def messages_are_found(stage: Stage) -> None:
    assert stage.window.messages.isVisible()
    assert stage.window.messages.search.text == "patient:77002"


@dataclass(frozen=True)
class Entry:
    """An entry of the menu."""

    seen: Callable[[Stage], None]
    first: Callable[[Stage], None] = nothing


ENTRIES = {
    "station": Entry(station_is_set),
    "state": Entry(state_is_set),
    "edit": Entry(value_is_edited),
    "unlock": Entry(value_is_unlocked, with_a_locked_station),
    "held": Entry(held_values_are_taken, with_held_values),
    "resend": Entry(messages_are_sent_again),
    "editMessage": Entry(message_is_edited),
    "askArchive": Entry(archive_has_answered, with_an_archive),
    "compareImages": Entry(file_was_compared, with_a_file),
    "copyAccession": Entry(accession_is_copied),
    "onlyPatient": Entry(only_the_patient_is_listed),
    "findMessages": Entry(messages_are_found),
    "cancel": Entry(step_is_cancelled),
}
"""The entries by the name of their action."""


@pytest.fixture
def stage(window, engine, answers, tmp_path, qtbot) -> Iterator[Stage]:
    """The window on Worklist with two lines of two patients, the second one in view."""
    send(port(engine), order(1), order(2))
    window.activateWindow()
    window.go_to("worklist")
    place = window.worklist.place()
    qtbot.waitUntil(lambda: place.feed.count == 2)
    place.table.setFocus()
    qtbot.waitUntil(place.table.hasFocus)
    qtbot.keyClick(place.table, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: place.line is not None and place.line.accession == "A2")
    qtbot.waitUntil(lambda: place.side.details is not None)
    QGuiApplication.clipboard().clear()
    with ExitStack() as end:
        yield Stage(window, engine, answers, tmp_path, qtbot, end)


def by_the_menu(stage: Stage, name: str) -> None:
    table = stage.place.table
    text = stage.window.actions_by_name[f"worklist.{name}"].text()
    choose(MENU, lambda: press_shift_f10(table, stage.qtbot), (text,), stage.qtbot)


def by_its_keys(stage: Stage, name: str) -> None:
    run_by_keys(stage.window, f"worklist.{name}", stage.qtbot)


@pytest.mark.parametrize("run", [by_the_menu, by_its_keys])
@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_does_what_it_says_for_the_line_in_view(stage, name, run):
    entry = ENTRIES[name]
    entry.first(stage)
    run(stage, name)
    entry.seen(stage)


@pytest.mark.parametrize("key", ["menu key", "Shift+F10"])
def test_the_menu_holds_what_the_table_has_and_nothing_else(stage, key, qtbot):
    table = stage.place.table
    named = {a.text(): a.objectName() for a in stage.window.actions_by_name.all()}

    def press() -> None:
        if key == "menu key":
            press_menu_key(table)
        else:
            press_shift_f10(table, qtbot)

    found = entries_of(MENU, press, qtbot)
    assert {named[text] for (text,) in found} == {f"worklist.{name}" for name in ENTRIES}
    assert len(found) == len(ENTRIES)


def test_every_action_of_a_line_has_a_row(stage):
    actions = stage.window.actions_by_name.all()
    of_a_line = {a.objectName() for a in actions if a.data() == GROUP}
    assert of_a_line == {f"worklist.{name}" for name in ENTRIES}
