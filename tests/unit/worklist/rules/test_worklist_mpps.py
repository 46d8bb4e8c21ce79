"""What is kept of a performed procedure step: hl7console.worklist.rules.mpps."""

from __future__ import annotations

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.projection import Projection
from hl7console.worklist.rows import EXAM, Row
from hl7console.worklist.rules.mpps import attributes_of
from hl7console.worklist.state import State

SERIES = {
    "SeriesInstanceUID": "1.2.9",
    "SeriesDescription": "Head",
    "ProtocolName": "CTH",
    "OperatorsName": "MILLER^ANN",
    "ReferencedImageSequence": [{}, {}],
    "ReferencedNonImageCompositeSOPInstanceSequence": [{}],
}
KEPT = ["1.2.9", "Head", "CTH", "MILLER^ANN", 3]


def told(*inputs: dict[str, object]) -> tuple[Row, list[str]]:
    """Return the exam after some inputs, and the codes of the last one's notes."""
    projection = Projection(State())
    for number, values in enumerate(inputs, start=1):
        body = {"operation": "create" if number == 1 else "set", "sop_uid": "1.9", "values": values}
        outcome, _ = projection.apply(InputEntry(-number, number, "mpps", body))
    (exam,) = projection.state.all(EXAM)
    return exam, [note.rule for note in outcome.notes]


def test_the_attributes_of_the_exam_are_kept():
    exam, _ = told(
        {
            "PerformedProcedureStepStatus": "IN PROGRESS",
            "PerformedStationAETitle": "CT1",
            "PerformedProcedureStepID": "P1",
            "PatientID": " 4711 ",
            "IssuerOfPatientID": "Hosp",
            "ScheduledStepAttributesSequence": [
                {"StudyInstanceUID": "1.2", "AccessionNumber": "A1"},
                {"StudyInstanceUID": "1.2", "ScheduledProcedureStepID": "S1"},
            ],
        }
    )
    assert exam.text("station_aet") == "CT1"
    assert exam.text("pps_id") == "P1"
    assert exam.list("named_ids") == [["4711", "HOSP"]]
    assert (exam.list("study_uid"), exam.list("accession")) == (["1.2"], ["A1"])
    assert exam.list("sps_ids") == ["S1"]


def test_series_are_replaced_and_not_added_to():
    other = {**SERIES, "SeriesInstanceUID": "1.2.8"}
    exam, codes = told(
        {"PerformedProcedureStepStatus": "IN PROGRESS", "PerformedSeriesSequence": [other]},
        {"PerformedProcedureStepStatus": "COMPLETED", "PerformedSeriesSequence": [SERIES]},
    )
    assert exam.list("series") == [KEPT]
    assert "exam_without_series" not in codes


def test_an_end_without_word_of_series_keeps_those_that_were_told():
    exam, codes = told(
        {"PerformedProcedureStepStatus": "IN PROGRESS", "PerformedSeriesSequence": [SERIES]},
        {"PerformedProcedureStepStatus": "COMPLETED"},
    )
    assert exam.list("series") == [KEPT]
    assert "exam_without_series" not in codes


def test_an_end_with_no_series_at_all_is_flagged():
    _, codes = told(
        {"PerformedProcedureStepStatus": "IN PROGRESS"},
        {"PerformedProcedureStepStatus": "COMPLETED", "PerformedSeriesSequence": []},
    )
    assert "exam_without_series" in codes


def test_the_reason_of_a_stop_is_kept():
    reason = {"CodeValue": "110513", "CodingSchemeDesignator": "DCM", "CodeMeaning": "Unspecified"}
    exam, _ = told(
        {"PerformedProcedureStepStatus": "IN PROGRESS"},
        {
            "PerformedProcedureStepStatus": "DISCONTINUED",
            "PerformedProcedureStepDiscontinuationReasonCodeSequence": [reason],
        },
    )
    assert (exam.text("reason_code"), exam.text("reason")) == ("110513", "Unspecified")


def test_nonsense_is_no_fault():
    exam, codes = told({"ScheduledStepAttributesSequence": "x", "Modality": ["CT", "MR"]})
    assert exam.text("modality") == "CT"
    assert codes == ["unscheduled_exam"]


def test_what_is_kept_of_an_exam_is_told_again():
    exam = Row(
        EXAM, 1,
        {
            "status": "COMPLETED", "modality": "CT", "named_ids": [["P1", "HOSP"]],
            "series": [["1.5", "Head", "Plain", "", 4]], "study_uid": ["1.2"],
            "accession": ["A1"], "sps_ids": ["S1", "S2"],
        },
    )  # fmt: skip
    assert attributes_of(exam) == {
        "PerformedProcedureStepStatus": ("COMPLETED",),
        "Modality": ("CT",),
        "PatientID": ("P1",),
        "IssuerOfPatientID": ("HOSP",),
        "PerformedSeriesSequence": [
            {
                "SeriesInstanceUID": ("1.5",),
                "SeriesDescription": ("Head",),
                "ProtocolName": ("Plain",),
            }
        ],
        "ScheduledStepAttributesSequence": [
            {"StudyInstanceUID": ("1.2",), "AccessionNumber": ("A1",)}
        ],
    }
