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
from hl7console.ui.worklist.images_dialog import (
    compare_file,
    dicom_paths,
    difference_row,
    left_words,
)
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


def test_of_several_files_one_is_told_which_were_not_taken():
    paths = [Path("a.dcm"), Path("b.dcm"), Path("c.dcm")]
    assert left_words(paths[:1]) == ""
    assert left_words(paths[:2]).startswith("The other file was not taken")
    assert left_words(paths).startswith("The other 2 files were not taken")
