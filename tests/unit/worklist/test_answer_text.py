"""The C-FIND answer as text."""

from __future__ import annotations

from hl7console.settings import AeRules
from hl7console.worklist.answer_attributes import STEP, TOP
from hl7console.worklist.answer_text import answer_lines, full_query, item_lines
from hl7console.worklist.lines import Line

LINE = Line(
    {
        "patient_name": "DOE^JANE", "patient_id": "4711", "accession": "A1", "study_uid": "1.2.3",
        "rp_id": "RP1", "rp_code": ["CTH", "CT head", "99RIS"], "sps_id": "S1", "modality": "CT",
        "station_aet": ["CT1", "CT2"], "start_date": "20261104", "start_time": "093000",
        "state": "SCHEDULED",
    }
)  # fmt: skip


def test_everything_of_the_model_is_asked_for():
    asked = full_query(AeRules()).asked
    assert set(asked) == {*TOP, "ScheduledProcedureStepSequence"}
    found = answer_lines(LINE, AeRules(fill_type2=True))
    steps = {line.split("> ")[1].split(" =")[0] for line in found if line.startswith("  > ")}
    assert set(STEP) - steps <= {"ScheduledProtocolCodeSequence"}


def test_a_line_has_an_attribute_and_items_stand_in():
    found = answer_lines(LINE, AeRules())
    assert "PatientName = DOE^JANE" in found
    assert "PatientBirthDate = " in found, "of type 2: sent without a value"
    assert "PatientComments = " not in found, "of type 3: not sent without a value"
    at = found.index("ScheduledProcedureStepSequence")
    assert "  > ScheduledStationAETitle = CT1\\CT2" in found[at:]
    at = found.index("RequestedProcedureCodeSequence")
    assert found[at + 1] == "  > CodeValue = CTH"


def test_the_rules_of_the_ae_count():
    found = answer_lines(LINE, AeRules(first_value_only=True, uppercase_names=True))
    assert "  > ScheduledStationAETitle = CT1" in found


def test_items_of_items_stand_in_further():
    item = {"A": [{"B": [{"C": ("1", "2")}]}], "D": ()}
    assert list(item_lines(item)) == ["A", "  > B", "  >   > C = 1\\2", "D = "]
