"""The attributes of the model, against the dictionary of DICOM and against each other."""

from __future__ import annotations

import pytest
from pydicom.datadict import dictionary_VR, tag_for_keyword

from hl7console.worklist.answer_attributes import (
    CODE,
    DICOM_STATES,
    HD,
    MOST_CHARACTERS,
    STEP,
    SUPPORTED_SEQUENCES,
    TOP,
    WILDCARD_VRS,
)
from hl7console.worklist.states import StepState

ALL = [*TOP.values(), *STEP.values()]


@pytest.mark.parametrize("attribute", ALL, ids=lambda a: a.keyword)
def test_an_attribute_is_as_the_dictionary_has_it(attribute):
    tag = tag_for_keyword(attribute.keyword)
    assert tag is not None
    assert dictionary_VR(tag) == attribute.vr
    assert attribute.type in {"1", "1C", "2", "2C", "3"}
    for part in attribute.parts:
        assert tag_for_keyword(part) is not None, part
    assert bool(attribute.parts) == (attribute.vr == "SQ" and bool(attribute.column))


def test_no_attribute_or_column_is_named_twice():
    assert TOP.keys().isdisjoint(STEP)
    columns = [a.column for a in ALL if a.column]
    assert len(columns) == len(set(columns))


def test_the_keys_of_the_standard_match():
    """Table K.6-1 makes these matching keys that are required."""
    required = {
        "ScheduledStationAETitle", "ScheduledProcedureStepStartDate", "Modality",
        "ScheduledProcedureStepStartTime", "ScheduledPerformingPhysicianName", "PatientName",
        "PatientID",
    }  # fmt: skip
    assert required <= {a.keyword for a in ALL if a.matches}
    assert not any(a.matches for a in ALL if a.vr == "SQ")


def test_sequences_have_the_parts_of_their_kind():
    assert {k for k in SUPPORTED_SEQUENCES if "Code" in k} <= {
        a.keyword for a in ALL if a.parts == CODE
    }
    assert TOP["IssuerOfAccessionNumberSequence"].parts == HD


def test_what_is_cut_or_sent_is_text_and_states_are_the_console_s():
    assert {a.vr for a in ALL if a.vr in MOST_CHARACTERS} == MOST_CHARACTERS.keys() & {
        a.vr for a in ALL
    }
    assert WILDCARD_VRS.isdisjoint({"DA", "TM", "UI", "SQ", "DS", "US"})
    assert set(DICOM_STATES) < set(StepState.__members__)
