"""What an operator does: hl7console.worklist.rules.operator, hl7console.worklist.rules.served."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from results_kit import ROE, SECOND, STUDY, exam, operator, order, play

from hl7console.worklist.rows import CONFLICT, ORDER, PATIENT, VISIT


def test_a_value_that_was_edited_stays_until_it_is_given_free():
    edit = operator("edit", of="step", column="modality", value="MR")
    change = "@ORM\n@ORDER XO SC 24=US"
    played = play(order(), edit, change)
    assert played.step().text("modality") == "MR"
    assert "locked" in played.codes()
    unlock = operator("unlock", of="step", column="modality")
    played = play(order(), edit, unlock, change)
    assert played.step().text("modality") == "US"


@pytest.mark.parametrize(
    ("kind", "column", "value"),
    [
        (ORDER, "rp_desc", "CT of the neck"),
        (PATIENT, "birth_date", "19700204"),
        (VISIT, "location", "4W"),
    ],
)
def test_order_person_and_visit_are_edited_too(kind, column, value):
    played = play(order(), operator("edit", of=kind, column=column, value=value))
    assert played.only(kind).text(column) == value
    assert played.only(kind).list("locked") == [column]
    assert played.only(kind).sources[column].rule == "edited"


def test_an_edited_person_is_not_changed_by_messages():
    edit = operator("edit", of="patient", column="patient_name", value="DOE^JANET")
    later = "@ADT A08 at=20261103110000\n@EVN 2=20261103110000\n@PID\n@PV1"
    assert play(order(), edit, later).only(PATIENT).text("patient_name") == "DOE^JANET"


def test_an_edit_that_completes_a_step_schedules_it():
    started = operator("edit", of="step", column="start_date", value="20261105")
    timed = operator("edit", of="step", column="start_time", value="1030")
    played = play(order("ORC-7="), started, timed)
    assert played.state() == "SCHEDULED"
    emptied = operator("edit", of="step", column="modality", value="")
    assert play(order(), emptied).state() == "UNSCHEDULED"


@pytest.mark.parametrize(
    ("column", "of"),
    [("study_uid", "step"), ("state", "step"), ("nonsense", "step"), ("", "step"),
     ("modality", "order"), ("patient_name", "step"), ("flags", "order")],
)  # fmt: skip
def test_what_is_no_value_of_the_row_can_not_be_edited(column, of):
    played = play(order(), operator("edit", of=of, column=column, value="1"))
    assert played.is_refused
    assert played.errors() == ["operator_column"]


@pytest.mark.parametrize(
    ("column", "value"),
    [("start_date", "5 Nov"), ("start_date", "20261305"), ("start_time", "noon"),
     ("modality", "ct"), ("sps_location", "a room with a long name")],
)  # fmt: skip
def test_what_can_not_be_sent_is_refused(column, value):
    played = play(order(), operator("edit", of="step", column=column, value=value))
    assert played.errors() == ["operator_value"]


def test_a_list_is_typed_with_backslashes():
    edit = operator("edit", of="patient", column="allergies", value="Nuts\\ Iodine")
    assert play(order(), edit).only(PATIENT).list("allergies") == ["Nuts", "Iodine"]


def test_stations_are_set_and_stay():
    played = play(order(), operator("station", aets=["CT1", "CT2"]), "@ORM\n@ORDER XO SC")
    step = played.step()
    assert step.list("station_aet") == ["CT1", "CT2"]
    assert not step.number("open")
    assert step.list("locked") == ["station_aet"]


def test_a_station_that_can_not_be_is_refused_and_nothing_is_emptied():
    first = operator("station", aets=["CT1"])
    played = play(order(), first, operator("station", aets=["CT1", "A" * 17]))
    assert played.errors() == ["operator_station"]
    assert played.step().list("station_aet") == ["CT1"]


def test_a_state_is_set_whatever_the_messages_say():
    played = play(order(), exam(), operator("state", state="CANCELED", reason="wrong patient"))
    assert played.state() == "CANCELED"
    assert played.step().text("state_reason") == "wrong patient"
    assert "state_forced" in played.step().list("flags")
    back = operator("state", state="SCHEDULED")
    played = play(order(), operator("state", state="COMPLETED"), back)
    assert played.state() == "SCHEDULED"


def test_an_operators_state_outranks_a_modality():
    played = play(order(), operator("state", state="CANCELED"), exam())
    assert played.state() == "CANCELED"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (operator("state", state="DONE"), "operator_state"),
        (operator("dance"), "operator_action_unknown"),
        (operator("state", state="READY", sps_id="S9"), "operator_row_unknown"),
        (operator("link_report", report=99), "operator_row_unknown"),
        (operator("link_report", report=[]), "operator_row_unknown"),
        (operator("link_exam", exam="1.2"), "operator_row_unknown"),
        (operator("edit", of="exam", column="modality", value="CT"), "operator_row_unknown"),
        (operator("resolve_conflict", conflict=1), "operator_row_unknown"),
    ],
)
def test_what_can_not_be_done_is_refused(message, code):
    played = play(order(), message)
    assert played.is_refused
    assert played.errors() == [code]


def test_a_conflict_is_decided():
    somebody_else = " ".join(f"PID-{change}" for change in ROE.split())
    reused = order(f"{somebody_else} {SECOND} ZDS-1=1.2.3")
    played = play(order(), reused, operator("resolve_conflict", conflict=2, note="asked the RIS"))
    conflict = played.only(CONFLICT)
    assert (conflict.text("status"), conflict.text("resolution")) == ("done", "asked the RIS")


def test_a_study_that_a_modality_has_seen_is_marked():
    played = play(order(), f"SERVED {STUDY} 1.2.3.4")
    assert played.only(ORDER).number("served") == 1
    again = play(order(), f"SERVED {STUDY}", f"SERVED {STUDY}")
    assert again.result.outcomes[-1].changes == []


def test_a_study_that_a_modality_has_seen_does_not_change():
    made_up = order("-ZDS")
    uid = play(made_up).only(ORDER).text("study_uid")
    played = play(made_up, f"SERVED {uid}", "@ORM\n@ORDER XO SC ZDS-1=1.2.3.4")
    assert played.only(ORDER).text("study_uid") == uid
    assert played.step().text("study_uid") == uid
