"""`worklist.comparing`: images against their order."""

from __future__ import annotations

import pytest

from hl7console.worklist.comparing import compare
from hl7console.worklist.lines import Line
from hl7console.worklist.rows import Source

LINE = Line(
    {"accession": "A1", "patient_id": "P1", "issuer": "HOSP", "patient_name": "DOE^JANE",
     "birth_date": "19700101", "sex": "F", "study_uid": "1.2", "modality": "CT",
     "rp_desc": "CT head", "rp_code": ["CTH", "CT head", "L"]},
    {"patient_name": Source(7, "PID-5")},
)  # fmt: skip
SAME = {"AccessionNumber": ("A1",), "PatientID": ("P1",), "IssuerOfPatientID": ("HOSP",),
        "PatientName": ("Doe^Jane^",), "PatientBirthDate": ("19700101",), "PatientSex": ("F",),
        "StudyInstanceUID": ("1.2",), "Modality": ("CT",),
        "StudyDescription": ("CT HEAD",)}  # fmt: skip


def test_the_same_is_the_same():
    assert compare(LINE, SAME) == []


@pytest.mark.parametrize(
    ("change", "keyword"),
    [
        ({"AccessionNumber": ("A2",)}, "AccessionNumber"),
        ({"PatientID": ("P2",)}, "PatientID"),
        ({"IssuerOfPatientID": ("LAB",)}, "IssuerOfPatientID"),
        ({"PatientName": ("ROE^JANE",)}, "PatientName"),
        ({"PatientBirthDate": ()}, "PatientBirthDate"),
        ({"PatientSex": ("M",)}, "PatientSex"),
        ({"StudyInstanceUID": ("1.3",)}, "StudyInstanceUID"),
        ({"Modality": ("MR",)}, "Modality"),
        ({"StudyDescription": ("MR knee",)}, "StudyDescription"),
        ({"ProcedureCodeSequence": [{"CodeValue": ("MRK",)}]}, "RequestedProcedureCodeSequence"),
    ],
)
def test_what_differs_is_named(change, keyword):
    (difference,) = compare(LINE, SAME | change)
    assert difference.keyword == keyword


def test_the_message_is_named():
    (difference,) = compare(LINE, SAME | {"PatientName": ("ROE^JANE",)})
    assert "message 7, PID-5" in difference.text
    assert "ROE" not in repr(difference)


def test_a_study_with_several_modalities_holds_the_orders_own():
    told = {k: v for k, v in SAME.items() if k not in ("Modality", "IssuerOfPatientID")}
    assert compare(LINE, told | {"ModalitiesInStudy": ("CT", "SR")}) == []


@pytest.mark.parametrize(
    ("images", "order", "differs"),
    [
        ({"RequestedProcedureCodeSequence": [{"CodeValue": ("CTH",)}]}, {}, False),
        ({"ProcedureCodeSequence": [{"LongCodeValue": ("CTH",)}]}, {}, False),
        ({"ProcedureCodeSequence": [{}], "StudyDescription": ("CT HEAD",)}, {}, False),
        ({"RequestedProcedureDescription": ("CT  Head",)}, {"rp_code": ""}, False),
        ({"StudyDescription": ()}, {"rp_code": ""}, False),
        ({"StudyDescription": ("Knee",)}, {"rp_desc": ""}, False),
        ({"StudyDescription": ("Knee",)}, {"rp_code": ""}, True),
    ],
)
def test_procedures_are_compared_by_code_else_by_description(images, order, differs):
    line = Line(LINE.values | order, LINE.sources)
    told = {k: v for k, v in SAME.items() if k != "StudyDescription"} | images
    assert bool(compare(line, told)) is differs


def test_nothing_is_called_nothing():
    (difference,) = compare(LINE, SAME | {"PatientBirthDate": ()})
    assert difference.text.startswith("images: nothing; order: 19700101")
