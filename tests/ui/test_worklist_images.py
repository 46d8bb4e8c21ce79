"""Images held against a line: real DICOM files, and an archive that answers."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian
from PySide6.QtCore import QMimeData, QUrl
from worklist_window_kit import FakeReads, FakeWorklist

from hl7console.errors import UsageError
from hl7console.ui.worklist.image_compare import (
    compare_file,
    compare_files,
    difference_row,
    difference_rows,
    outcome_words,
    title_words,
)
from hl7console.ui.worklist.images_dialog import dicom_paths
from hl7console.worklist.lines import Line
from hl7console.worklist.rows import Source

FOLDER = Path.home()


class Reads(FakeReads):
    """One line with the values of an order."""

    def step_of(self, study_uid: str, sps_id: str = "") -> int:
        return 3 if study_uid == "2.25.3" else 0

    def find(self, accession: str) -> list[int]:
        return [4] if accession == "US26003" else []

    def full_lines(self, step_ids):
        values = {
            "patient_id": "77003", "patient_name": "IVERS^NORA", "accession": "US26003",
            "study_uid": "2.25.3", "modality": "US",
        }  # fmt: skip
        return [Line(values, {"patient_name": Source(7, "PID-5")}, ()) for _ in step_ids]


@pytest.fixture
def reads() -> Reads:
    return Reads(FakeWorklist())


def file_of(folder: Path, **values: str) -> Path:
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = "1.2.840.10008.5.1.4.1.1.7", "2.25.99"
    made.PatientName, made.PatientID, made.Modality = "IVERS^NORA", "77003", "US"
    made.StudyInstanceUID, made.AccessionNumber = "2.25.3", "US26003"
    for name, value in values.items():
        setattr(made, name, value)
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    path = folder / "image.dcm"
    made.save_as(path, enforce_file_format=True)
    return path


def test_a_file_of_the_same_patient_and_study_says_the_same(tmp_path, reads):
    assert compare_file(reads, file_of(tmp_path), 0) == (3, [])


def test_what_differs_is_told_with_where_the_order_has_it_from(tmp_path, reads):
    step, found = compare_file(reads, file_of(tmp_path, PatientName="IVERS^NOAH"), 0)
    assert step == 3
    (row,) = [difference_row(difference) for difference in found]
    assert row == ("Patient name", "IVERS^NOAH", "IVERS^NORA", "message 7, PID-5")


def test_a_file_of_another_study_is_found_by_its_accession_or_held_against_the_line_in_view(
    tmp_path, reads
):
    assert compare_file(reads, file_of(tmp_path, StudyInstanceUID="2.25.8"), 0)[0] == 4
    strange = file_of(tmp_path, StudyInstanceUID="2.25.8", AccessionNumber="X")
    assert compare_file(reads, strange, 6)[0] == 6
    with pytest.raises(UsageError, match="No line has"):
        compare_file(reads, strange, 0)


def test_a_file_that_only_has_the_name_is_refused(tmp_path, reads):
    path = tmp_path / "not.dcm"
    path.write_bytes(b"PK\x03\x04 not an image")
    with pytest.raises(UsageError):
        compare_file(reads, path, 3)


def dropped(*names: str) -> QMimeData:
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(f"{FOLDER}/{name}") for name in names])
    return mime


def test_only_dicom_files_are_taken_here_and_all_else_is_imported():
    assert dicom_paths(dropped("a.dcm")) == [FOLDER / "a.dcm"]
    assert len(dicom_paths(dropped("a.dcm", "B.IMA"))) == 2
    for names in (("a.zip",), ("folder",), ("a.dcm", "b.hl7")):
        assert not dicom_paths(dropped(*names))
    assert not dicom_paths(None)


def image(folder: Path, name: str, **values: str) -> Path:
    return file_of(folder, **values).rename(folder / name)


def go_on(_count: int) -> bool:
    return True


def test_what_several_files_say_is_told_once_and_in_how_many(tmp_path, reads):
    paths = [image(tmp_path, f"{n}.dcm") for n in range(3)]
    paths += [image(tmp_path, f"{n}.dcm", PatientID="9", Modality="CT") for n in range(3, 5)]
    found = compare_files(reads, paths, 0, go_on)
    assert list(found.lines) == [3]
    assert outcome_words(found) == "2 values differ between the images and the order."
    assert [row[:3] for row in difference_rows(found)] == [
        ("Patient id", "9 · 2 of 5 files", "77003"),
        ("Modality", "CT · 2 of 5 files", "US"),
    ]
    assert title_words(paths) == "0.dcm and 4 other files"


def test_files_of_several_orders_are_told_by_their_accession(tmp_path, reads):
    paths = [image(tmp_path, "a.dcm"), image(tmp_path, "b.dcm", StudyInstanceUID="2.25.8")]
    found = compare_files(reads, paths, 0, go_on)
    assert list(found.lines) == [3, 4]
    assert outcome_words(found) == "1 value differs between the images and their 2 orders."
    ((name, images, *_),) = difference_rows(found)
    assert (name, images) == ("US26003: Study uid", "2.25.8")


def test_files_that_cannot_be_compared_are_counted_beside_the_others(tmp_path, reads):
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(b"nothing")
    paths = [broken, image(tmp_path, "good.dcm"), tmp_path / "gone.dcm"]
    found = compare_files(reads, paths, 0, go_on)
    assert outcome_words(found) == (
        "The images say the same as the order. 2 files could not be compared; the first one: "
        "broken.dcm is not a DICOM file with a patient or a study."
    )
    with pytest.raises(UsageError, match=r"broken\.dcm"):
        compare_files(reads, [broken], 3, go_on)


def test_comparing_stops_after_the_file_in_hand(tmp_path, reads):
    paths = [image(tmp_path, f"{n}.dcm") for n in range(4)]
    found = compare_files(reads, paths, 0, lambda count: count < 2)
    assert found.compared == 2
    assert outcome_words(found) == (
        "The images say the same as the order. Stopped: 2 of 4 files were compared."
    )
    assert not compare_files(reads, paths, 0, lambda count: count < 4).is_stopped
