"""Exams and their steps: hl7console.worklist.exams and hl7console.worklist.rules.mpps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from results_kit import ROE, SECOND, STUDY, WRONG, exam, exam_set, operator, order, orders, play

from hl7console.worklist.rows import CONFLICT, EXAM, PATIENT

OMI = "@OMI\n@PID\n@ORC\n@TQ1\n@OBR\n@IPC 4=S1\n@IPC 4=S2 5=MR\n@IPC 4=S3"


def test_an_exam_starts_its_step_and_belongs_to_its_person():
    played = play(order(), exam())
    assert played.state() == "STARTED"
    row = played.only(EXAM)
    assert row.list("steps") == [1]
    assert row.number("patient") == played.only(PATIENT).id


def test_an_exam_before_its_order_starts_it_when_it_comes():
    played = play(exam(), order())
    assert played.state() == "STARTED"
    assert "unscheduled_exam" not in played.only(EXAM).list("flags")


def test_an_exam_that_ended_before_its_order_came_completes_it():
    assert play(exam(), exam_set(), order()).state() == "COMPLETED"


def test_an_exam_of_two_orders_waits_for_both():
    played = play(exam(study=STUDY, sps="S1+S2", accession="A1"), orders("", SECOND))
    assert [played.state("S1"), played.state("S2")] == ["STARTED", "STARTED"]
    assert played.only(EXAM).list("steps") == [1, 2]


def test_an_exam_without_step_id_takes_the_only_step_of_its_modality():
    played = play(OMI, exam(study=STUDY, modality="MR"))
    assert [played.state(s) for s in ("S1", "S2", "S3")] == ["SCHEDULED", "STARTED", "SCHEDULED"]


UNKNOWN = exam(study=STUDY, modality="CT", sps="S9")


@pytest.mark.parametrize("messages", [[OMI, UNKNOWN], [UNKNOWN, OMI]])
def test_an_exam_that_may_be_of_several_steps_is_left_to_an_operator(messages):
    played = play(*messages)
    assert [played.state(s) for s in ("S1", "S2", "S3")] == ["SCHEDULED"] * 3
    row = played.only(EXAM)
    assert row.list("candidates") == [1, 3]
    assert "unscheduled_exam" in row.list("flags")
    assert "exam_step_unclear" in played.all_codes()


def test_an_exam_is_found_by_its_accession_where_the_study_is_unknown():
    assert play(order(), exam(study="1.9.9.9", accession="A1")).state() == "STARTED"


@pytest.mark.parametrize("is_first", [True, False])
def test_an_exam_of_another_person_moves_nothing(is_first):
    told = exam(study=STUDY, sps="S1", patient="9999", issuer="HOSP")
    other = f"@ADT A04\n@EVN\n@PID {ROE}\n@PV1"
    played = play(other, *([told, order()] if is_first else [order(), told]))
    assert played.state() == "SCHEDULED"
    assert played.only(CONFLICT).text("rule") == "exam_names_other_patient"
    assert not played.only(EXAM).list("steps")


def test_an_operator_joins_an_exam_by_hand():
    told = exam(study=STUDY, sps="S1", patient="9999", issuer="HOSP")
    played = play(order(), told, operator("link_exam", exam="1.9.1", reason="typed wrongly"))
    assert played.state() == "STARTED"
    assert played.only(CONFLICT).text("status") == "done"
    assert not played.only(EXAM).list("flags")


def test_an_exam_that_is_joined_elsewhere_gives_its_first_step_back():
    other = "2=P2^RIS 3=F2^PACS 18=A2 19=RP2 20=S2 ZDS-1=1.2.3"
    link = operator("link_exam", exam="1.9.1", study_uid="1.2.3", sps_id="S2")
    played = play(order(), order(other), exam(), link)
    assert [played.state("S1"), played.state("S2")] == ["SCHEDULED", "STARTED"]


def test_the_last_exam_to_end_completes_a_step_that_another_has_completed():
    played = play(order(), exam(), exam(uid="1.9.2"), exam_set(), exam_set("DISCONTINUED", "1.9.2"))
    assert played.state() == "COMPLETED"


def test_a_stopped_exam_stops_nothing_while_another_runs():
    played = play(order(), exam(), exam(uid="1.9.2"), exam_set("DISCONTINUED", "1.9.2"))
    assert played.state() == "STARTED"
    assert "other_exam_in_progress" in played.codes()


def test_a_wrong_entry_puts_the_step_back():
    played = play(order(), exam(), exam_set("DISCONTINUED", **WRONG))
    assert played.state() == "SCHEDULED"
    assert "wrong_entry" in played.step().list("flags")


@pytest.mark.parametrize(
    ("other", "state"),
    [("IN PROGRESS", "STARTED"), ("COMPLETED", "COMPLETED"), ("DISCONTINUED", "DISCONTINUED")],
)
def test_a_wrong_entry_leaves_the_step_where_its_other_exams_have_brought_it(other, state):
    second = [exam(uid="1.9.2")]
    if other != "IN PROGRESS":
        second.append(exam_set(other, "1.9.2"))
    played = play(order(), exam(), *second, exam_set("DISCONTINUED", **WRONG))
    assert played.state() == state


def test_a_wrong_entry_leaves_what_an_operator_has_set():
    played = play(
        order(), exam(), operator("state", state="DISCONTINUED"),
        exam_set("DISCONTINUED", **WRONG),
    )  # fmt: skip
    assert played.state() == "DISCONTINUED"


def test_a_wrong_entry_leaves_a_start_that_an_operator_has_confirmed():
    played = play(
        order(), exam(), operator("state", state="STARTED"), exam_set("DISCONTINUED", **WRONG)
    )
    assert played.state() == "STARTED"


def test_a_wrong_entry_of_a_cancelled_step_leaves_it_cancelled():
    cancel = "@ORM\n@ORDER CA CA"
    played = play(order(), cancel, exam(), exam_set("DISCONTINUED", **WRONG))
    assert played.state() == "CANCELED"
    assert "started_after_cancel" in played.step().list("flags")


def test_an_incomplete_step_that_waits_again_is_not_served():
    played = play(order("44= 4="), exam(), exam_set("DISCONTINUED", **WRONG))
    assert played.state() == "UNSCHEDULED"
    assert played.step().text("wanted") == "SCHEDULED"


def test_a_step_can_be_started_again():
    played = play(order(), exam(), exam_set("DISCONTINUED", **WRONG), exam(uid="1.9.2"))
    assert played.state() == "STARTED"


def test_a_change_of_an_exam_that_is_over_is_an_error():
    played = play(order(), exam(), exam_set(), exam_set("DISCONTINUED"))
    assert played.errors() == ["exam_is_over"]
    assert played.state() == "COMPLETED"


def test_a_change_that_says_nothing_of_the_status_moves_nothing():
    played = play(
        order(), exam(), operator("state", state="ON_HOLD"), exam_set("IN PROGRESS"),
    )  # fmt: skip
    assert played.state() == "ON_HOLD"
    assert played.codes() == []


def test_a_change_before_its_exam_is_kept():
    played = play(order(), exam_set("COMPLETED"))
    assert "set_before_create" in played.only(EXAM).list("flags")


def test_an_end_without_series_is_flagged():
    assert "exam_without_series" in play(order(), exam(), exam_set()).codes()
