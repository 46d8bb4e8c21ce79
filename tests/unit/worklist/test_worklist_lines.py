"""Worklist lines: hl7console.worklist.lines, hl7console.worklist.line_columns."""

from __future__ import annotations

import pytest

from hl7console.worklist import lines
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import ORDER, PATIENT, STEP, VISIT, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn

PATIENT_VALUES = {"patient_name": "DOE^JANE", "patient_id": "4711", "issuer": "HOSP"}
ORDER_VALUES = {
    "accession": "A1", "rp_id": "RP1", "rp_desc": "CT", "study_uid": "1.2.3", "location": "OLD",
    "referring": "ORDER^DOC", "patient_class": "O",
}  # fmt: skip
STEP_VALUES = {
    "study_uid": "1.2.3", "sps_id": "S1", "start_date": "20261104", "start_time": "0930",
    "modality": "CT", "station_aet": ["CT1"], "sps_desc": "Head", "state": "SCHEDULED",
}  # fmt: skip


class Rows:
    """A line's rows, to be changed."""

    def __init__(self, *, visit: dict[str, object] | None = None) -> None:
        self.state = State()
        self.turn = Turn(self.state, InputEntry(-1, 0, "test", {}))
        self.patient = self.turn.create(PATIENT, PATIENT_VALUES)
        links = {"patient": self.patient.id}
        if visit is not None:
            links["visit"] = self.turn.create(VISIT, visit).id
        self.order = self.turn.create(ORDER, {**ORDER_VALUES, **links})
        self.step = self.turn.create(STEP, {**STEP_VALUES, "order": self.order.id})

    def row(self, area: str) -> Row:
        return {"patient": self.patient, "order": self.order, "step": self.step}[area]


def test_a_complete_line_misses_nothing():
    rows = Rows()
    line = lines.line_of(rows.state, rows.step)
    assert line.missing == ()
    assert line.values["patient_name"] == "DOE^JANE"
    assert line.values["accession"] == "A1"
    assert line.values["sps_id"] == "S1"
    assert line.values["sps_status"] == "SCHEDULED"
    assert line.sources["accession"].entry == -1


@pytest.mark.parametrize(
    ("area", "column", "value", "missing"),
    [
        ("patient", "patient_name", "", "patient_name"),
        ("patient", "patient_id", "", "patient_id"),
        ("patient", "patient_id", "9" * 65, "patient_id"),
        ("order", "rp_id", "", "rp_id"),
        ("order", "rp_id", "R" * 17, "rp_id"),
        ("order", "rp_desc", "", "rp_desc"),
        ("order", "accession", "A" * 17, "accession"),
        ("step", "study_uid", "1..2", "study_uid"),
        ("step", "sps_id", "", "sps_id"),
        ("step", "start_date", "", "start_date"),
        ("step", "start_time", "", "start_time"),
        ("step", "modality", "", "modality"),
        ("step", "station_aet", "", "station_aet"),
        ("step", "sps_desc", "", "sps_desc"),
    ],
)
def test_what_must_be_there(area: str, column: str, value: str, missing: str):
    rows = Rows()
    rows.turn.set(rows.row(area), column, value)
    assert lines.missing_of(rows.state, rows.step) == (missing,)


def test_a_code_does_for_its_description():
    rows = Rows()
    rows.turn.set(rows.order, "rp_desc", "")
    rows.turn.set(rows.order, "rp_code", ["C", "M", "S"])
    rows.turn.set(rows.step, "sps_desc", "")
    rows.turn.set(rows.step, "protocol", ["C", "M", "S"])
    assert lines.missing_of(rows.state, rows.step) == ()


def test_an_accession_may_be_empty():
    rows = Rows()
    rows.turn.set(rows.order, "accession", "")
    assert lines.missing_of(rows.state, rows.step) == ()


def test_an_open_step_needs_no_station():
    rows = Rows()
    rows.turn.set(rows.step, "open", 1)
    assert not lines.is_open(rows.step)
    rows.turn.set(rows.step, "station_aet", "")
    assert lines.is_open(rows.step)
    line = lines.line_of(rows.state, rows.step)
    assert line.missing == ()
    assert line.values["open"] == 1


def test_the_visit_counts_before_the_order():
    visit = {"visit_no": "V1", "visit_issuer": ["HOSP", "", ""], "account_no": "AC",
             "location": "NEW"}  # fmt: skip
    rows = Rows(visit=visit)
    line = lines.line_of(rows.state, rows.step)
    assert line.values["location"] == "NEW"
    assert line.values["referring"] == "ORDER^DOC"
    assert line.values["admission_id"] == "V1"
    assert line.values["admission_issuer"] == ["HOSP", "", ""]


def test_the_account_stands_for_a_missing_visit_number():
    rows = Rows(visit={"account_no": "AC"})
    line = lines.line_of(rows.state, rows.step)
    assert line.values["admission_id"] == "AC"
    assert line.sources["admission_id"].rule == "fallback"


def test_without_a_class_it_is_unknown():
    rows = Rows()
    rows.turn.set(rows.order, "patient_class", "")
    line = lines.line_of(rows.state, rows.step)
    assert line.values["patient_class"] == "U"
    assert line.sources["patient_class"].rule == "class_unknown"


@pytest.mark.parametrize("state", ["UNSCHEDULED", "ON_HOLD", "COMPLETED", "CANCELED"])
def test_states_of_our_own_are_not_sent(state: str):
    rows = Rows()
    rows.turn.set(rows.step, "state", state)
    line = lines.line_of(rows.state, rows.step)
    assert "sps_status" not in line.values
    assert line.values["state"] == state


def test_a_merged_patient_is_the_survivor_even_in_a_circle():
    rows = Rows()
    other = rows.turn.create(PATIENT, {"patient_name": "ROE^ANN", "patient_id": "9"})
    rows.turn.set(rows.patient, "merged_into", other.id)
    assert lines.line_of(rows.state, rows.step).values["patient_id"] == "9"
    rows.turn.set(other, "merged_into", rows.patient.id)
    lines.line_of(rows.state, rows.step)


def test_a_step_without_an_order_misses_almost_everything():
    state = State()
    step = Turn(state, InputEntry(-1, 0, "test", {})).create(STEP, {"sps_id": "S1"})
    assert "patient_id" in lines.missing_of(state, step)
    assert lines.line_of(state, step).values["sps_id"] == "S1"


def test_every_column_is_described():
    described = lines.DESCRIPTIONS
    assert described["accession"].tag == "(0008,0050)"
    assert described["start_date"].return_type == "1"
    assert all(about.wanted_from for about in described.values())
    keywords = [about.keyword for about in described.values()]
    assert len(keywords) == len(set(keywords))
