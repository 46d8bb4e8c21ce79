"""Which rules an input is for: told by what it does."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.profiles.book import ProfileBook
from hl7console.worklist.rows import CODE, EXAM, LISTENER, ORDER, STEP
from hl7console.worklist.rules.inputs import apply
from hl7console.worklist.state import State
from hl7console.worklist.turn import Severity, Turn

BOOK = ProfileBook()


@pytest.fixture
def state() -> State:
    """One order of one step."""
    made = State()
    turn = Turn(made, InputEntry(-1, 0, "setup", {}))
    order = turn.create(ORDER, {"study_uid": "1.2.3", "accession": "A1"})
    turn.create(
        STEP, {"order": order.id, "study_uid": "1.2.3", "sps_id": "S1", "state": "SCHEDULED"}
    )
    turn.finish()
    return made


def put(state: State, kind: str, body: dict[str, object]) -> Turn:
    turn = Turn(state, InputEntry(-2, 60_000_000, kind, body))
    apply(turn, turn.entry, BOOK)
    return turn


def test_a_profile_comes_into_force_on_its_listener(state):
    put(state, "profile", {"listener": "main", "name": "ours", "text": 'base = "default"\n'})
    assert state.first(LISTENER, "name", "main").text("profile") == "ours"
    assert BOOK.in_force(state, "main").name == "ours"
    assert BOOK.in_force(state, "other").name == "default"


def test_an_exam_is_kept(state):
    values = {
        "PerformedProcedureStepStatus": "IN PROGRESS", "PerformedProcedureStepID": "PPS1",
        "ScheduledStepAttributesSequence": [
            {"StudyInstanceUID": "1.2.3", "ScheduledProcedureStepID": "S1"}
        ],
    }  # fmt: skip
    put(state, "mpps", {"operation": "create", "sop_uid": "1.9", "calling_aet": "CT1",
                        "values": values})  # fmt: skip
    (exam,) = state.all(EXAM)
    assert exam.text("sop_uid") == "1.9"


def test_an_operator_sets_a_state(state):
    put(state, "operator", {"action": "state", "study_uid": "1.2.3", "sps_id": "S1",
                            "state": "CANCELED", "reason": "no show"})  # fmt: skip
    (step,) = state.all(STEP)
    assert step.text("state") == "CANCELED"


def test_a_table_of_codes_is_taken_in(state):
    row = {"sender": "RIS", "code": "CTH", "system": "L", "to_code": "24727-0",
           "to_meaning": "CT head", "to_system": "LN", "modality": "CT"}  # fmt: skip
    put(state, "codes", {"rows": [row], "replace": False, "source": "codes.csv"})
    assert len(list(state.all(CODE))) == 1


def test_what_a_modality_was_sent_is_remembered(state):
    put(state, "served", {"study_uids": ["1.2.3"]})
    (order,) = state.all(ORDER)
    assert order.number("served")


def test_an_input_of_a_later_version_is_told_and_does_nothing(state):
    turn = put(state, "dreams", {})
    (note,) = turn.notes
    assert (note.rule, note.severity, note.args) == (
        "unknown_input", Severity.ERROR, {"kind": "dreams"},
    )  # fmt: skip
    assert turn.finish().changes == []
