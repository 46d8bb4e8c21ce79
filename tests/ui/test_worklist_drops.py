"""Files let go over the worklist in the real window, the same by keys, and what takes long."""

from __future__ import annotations

import socket
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
from dragging_kit import drop_on, files
from menu_keys_kit import run_by_keys
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from PySide6.QtCore import QMimeData, QPointF, Qt
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QProgressDialog, QPushButton
from window_kit import child, port, send

from hl7console.engine.dicom_commands import SavePacs
from hl7console.settings import PacsSettings
from hl7console.ui.drop_overlay import DropOverlay
from hl7console.ui.worklist.images_dialog import ImagesDialog

MANY = 4000
"""Files whose comparing takes long enough to be stopped."""


def order(number: int) -> bytes:
    day = datetime.now().astimezone().strftime("%Y%m%d")
    return (
        f"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|{day}0800||ORM^O01^ORM_O01|W{number}|P|2.5.1\r"
        f"PID|1||7700{number}^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
        f"ORC|NW|P{number}^REGRIS|F{number}^RIS||SC||^^^{day}23{number:02d}00^^R\r"
        f"OBR|1|P{number}^REGRIS|F{number}^RIS|MRHEAD^MR HEAD^L"
        f"||||||||||||||A{number}||||||MR\r"
        f"ZDS|1.2.3.{number}^HOSP^Application^DICOM\r"
    ).encode()


def image(folder: Path, name: str, number: int, **values: str) -> Path:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.99"
    made.PatientName, made.PatientID, made.Modality = "MARLOWE^TESS", f"7700{number}", "MR"
    made.PatientBirthDate, made.PatientSex = "19680412", "F"
    made.StudyInstanceUID, made.AccessionNumber = f"1.2.3.{number}", f"A{number}"
    for keyword, value in values.items():
        setattr(made, keyword, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / name
    made.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def place(window, engine, qtbot):
    """The worklist with the lines A1 and A2, the second one in view."""
    send(port(engine), order(1), order(2))
    with qtbot.waitActive(window):
        window.activateWindow()
    window.go_to("worklist")
    place = window.worklist.place()
    qtbot.waitUntil(lambda: place.feed.count == 2)
    qtbot.keyClick(place.table, Qt.Key.Key_End)
    qtbot.waitUntil(lambda: place.line is not None and place.line.accession == "A2")
    qtbot.waitUntil(lambda: place.side.details is not None)
    return place


def compared(window, qtbot) -> ImagesDialog:
    qtbot.waitUntil(lambda: any(d.isVisible() for d in window.findChildren(ImagesDialog)))
    (dialog,) = [d for d in window.findChildren(ImagesDialog) if d.isVisible()]
    return dialog


def told(dialog: ImagesDialog) -> list[tuple[str, ...]]:
    rows = dialog.table.rows
    return [rows.texts(row)[:3] for row in range(rows.rowCount())]


@pytest.mark.parametrize("part", ["table", "side"])
def test_a_dicom_file_let_go_over_the_place_is_compared_with_its_own_line(
    window, place, tmp_path, qtbot, part
):
    path = image(tmp_path, "IM1.dcm", 1, PatientID="WRONG")
    assert drop_on(getattr(place, part), files([path]))
    dialog = compared(window, qtbot)
    assert dialog.text.text() == "1 value differs between the images and the order."
    assert told(dialog) == [("Patient id", "WRONG", "77001")]
    qtbot.waitUntil(lambda: place.line.accession == "A1")
    assert window.imports.dialogs == []
    dialog.accept()


def test_files_chosen_by_the_keyboard_are_compared_as_dropped_ones(
    window, place, answers, tmp_path, qtbot
):
    paths = [image(tmp_path, f"IM{n}.dcm", 2) for n in range(3)]
    paths += [image(tmp_path, "IM3.dcm", 2, PatientSex="M"), image(tmp_path, "IM4.dcm", 1)]
    assert drop_on(place.table, files(paths))
    dropped = compared(window, qtbot)
    seen = dropped.text.text(), told(dropped)
    assert seen == (
        "1 value differs between the images and their 2 orders.",
        [("A2: Sex", "M · 1 of 4 files", "F")],
    )
    qtbot.keyClick(dropped, Qt.Key.Key_Escape)
    answers.paths = paths
    place.table.setFocus()
    run_by_keys(window, "worklist.compareImages", qtbot)
    chosen = compared(window, qtbot)
    assert (chosen.text.text(), told(chosen)) == seen
    chosen.accept()


@pytest.mark.parametrize("names", [("a.hl7",), ("a.hl7", "b.dcm")])
def test_anything_else_let_go_over_the_worklist_is_imported(window, place, tmp_path, names):
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(order(7))
    assert drop_on(place.table, files(paths))
    (dialog,) = window.imports.dialogs
    assert dialog.isVisible()
    assert not child(window, DropOverlay, "dropOverlay").isVisible()
    dialog.reject()


def test_what_is_not_a_file_is_not_taken_by_the_place(place):
    nothing = QMimeData()  # an event does not keep it
    drop = QDropEvent(
        QPointF(5, 5), Qt.DropAction.CopyAction, nothing, Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )  # fmt: skip
    place.dropEvent(drop)
    assert not drop.isAccepted()


def test_comparing_many_files_shows_how_far_it_is_and_stops(window, place, tmp_path, qtbot):
    path = image(tmp_path, "IM.dcm", 1)
    assert drop_on(place.table, files([path] * MANY))
    progress = child(window, QProgressDialog, "imagesProgress")
    assert progress.maximum() == MANY
    assert progress.labelText() == f"Comparing {MANY:,} files with the worklist"
    qtbot.waitUntil(lambda: progress.isVisible() and progress.value() > 0)
    # Meanwhile the list goes on.
    place.search.edit.setText("A2")
    qtbot.waitUntil(lambda: place.feed.count == 1)
    child_button(progress).click()
    dialog = compared(window, qtbot)
    text = dialog.text.text()
    assert text.startswith("The images say the same as the order. Stopped: ")
    assert text.endswith(f" of {MANY:,} files were compared.")
    qtbot.waitUntil(lambda: window.findChild(QProgressDialog, "imagesProgress") is None)
    dialog.accept()


def child_button(progress: QProgressDialog) -> QPushButton:
    (button,) = progress.findChildren(QPushButton)
    assert button.text() == "Stop"
    return button


def test_an_archive_that_does_not_answer_can_be_given_up(window, engine, place, qtbot):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        archive = PacsSettings("Archive", port=silent.getsockname()[1])
        engine.submit(SavePacs(archive)).result(20)
        place.table.setFocus()
        run_by_keys(window, "worklist.askArchive", qtbot)
        # The connection is made without anybody accepting it; nothing is ever answered.
        qtbot.waitUntil(lambda: window.findChild(QProgressDialog, "jobProgress") is not None)
        progress = child(window, QProgressDialog, "jobProgress")
        qtbot.waitUntil(progress.isVisible)
        assert progress.labelText() == "Asking Archive…"
        child_button(progress).click()
        assert window.notice.text == "The archive's answer is no longer waited for."
        assert not progress.isVisible()
    assert not [d for d in window.findChildren(ImagesDialog) if d.isVisible()]
