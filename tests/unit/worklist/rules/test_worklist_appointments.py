"""Appointments: hl7console.worklist.rules.appointments, .appointment_resources and
.appointment_orders, with hl7console.worklist.scheduling.

Modules: hl7console.worklist.rules.appointment_resources,
hl7console.worklist.rules.appointment_orders.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from results_kit import ROE, exam, exam_set, operator, order, play, siu

from hl7console.worklist.rows import APPOINTMENT, CONFLICT, ORDER, PATIENT, STEP

OMI = "@OMI\n@PID\n@ORC\n@TQ1\n@OBR\n@IPC 4=S1 6=AA^Abdomen^99\n@IPC 4=S2 6=BB^Brain^99"
STATION = '[[station]]\nresource = "CT2"\nmodality = "CT"\naet = ["CT2AE"]\nroom = "HALL"'
CREATE = "create_from_siu = true"


def ais(code: str, time: str) -> str:
    return f"@AIS 3={code}^x^99 4=20261104{time}"


def test_each_resource_group_books_the_step_of_its_procedure():
    message = siu("S12", "@RGS", ais("BB", "150000"), "@RGS 1=2", ais("AA", "160000"))
    played = play(OMI, message)
    assert played.step("S1").text("start_time") == "160000"
    assert played.step("S2").text("start_time") == "150000"
    assert len(played.rows(APPOINTMENT)) == 2


def test_groups_that_tell_no_procedure_go_by_their_place():
    message = siu("S12", "@RGS", ais("X", "150000"), "@RGS 1=2", ais("X", "160000"))
    played = play(OMI, message)
    assert [played.step(s).text("start_time") for s in ("S1", "S2")] == ["150000", "160000"]


def test_one_group_is_for_all_steps():
    played = play(OMI, siu())
    assert [played.step(s).text("start_time") for s in ("S1", "S2")] == ["140000", "140000"]


def test_a_change_of_the_second_group_leaves_the_first():
    booked = siu("S12", "@RGS", ais("AA", "150000"), "@RGS 1=2", ais("BB", "160000"))
    played = play(OMI, booked, siu("S19", "@RGS 1=2 2=U", "@AIS 2=U 3=BB^x 4=20261104170000"))
    assert [played.step(s).text("start_time") for s in ("S1", "S2")] == ["150000", "170000"]
    assert len(played.rows(APPOINTMENT)) == 2


def test_a_group_that_is_taken_away_frees_its_step_only():
    booked = siu("S12", "@RGS", ais("AA", "150000"), "@RGS 1=2", ais("BB", "160000"))
    played = play(OMI, booked, siu("S20", "@RGS 1=2 2=D", ais("BB", "160000")))
    assert [played.state("S1"), played.state("S2")] == ["SCHEDULED", "UNSCHEDULED"]


def test_the_booked_time_stays_when_the_order_comes_after_it():
    played = play(siu(), order())
    assert played.step().text("start_time") == "140000"
    assert played.step().sources["start_time"].path.startswith("AIS")
    played = play(siu(), order(), order("24=MR"))
    assert played.step().text("start_time") == "140000"
    assert played.step().text("modality") == "MR"


def test_an_appointment_that_is_moved_after_the_start_moves_nothing():
    played = play(order(), siu(), exam(), siu("S13", "@RGS", "@AIS 4=20261105150000"))
    assert played.step().text("start_date") == "20261104"
    assert "moved_after_start" in played.step().list("flags")
    assert played.only(APPOINTMENT).text("start_date") == "20261105"


def test_an_appointment_that_ends_after_the_start_ends_nothing():
    played = play(order(), siu(), exam(), siu("S15"))
    assert played.state() == "STARTED"
    assert "cancelled_after_start" in played.step().list("flags")
    assert play(order(), siu(), exam(), exam_set(), siu("S15")).state() == "COMPLETED"


def test_a_slot_is_given_again():
    played = play(order(), siu(), siu("S15"), siu("S12", sch="25="))
    assert played.state() == "SCHEDULED"
    assert played.only(APPOINTMENT).text("status") == "booked"


def test_the_end_of_an_older_appointment_leaves_the_newer_one():
    second = siu("S12", "@RGS", "@AIS 4=20261106100000", sch="1=AP2^RIS 2=AF2^SCHED")
    played = play(order(), siu(), second, siu("S15"))
    assert played.state() == "SCHEDULED"
    assert played.step().text("start_date") == "20261106"
    assert "booked_otherwise" in played.codes()


def test_a_hold_is_not_ended_by_an_appointment():
    hold = "@ORM\n@ORDER HD HD"
    assert play(order(), siu(), hold, siu("S15")).state() == "ON_HOLD"


def test_what_an_appointment_has_cancelled_it_brings_back():
    options = "siu_cancels_sps = true"
    played = play(order(), siu(), siu("S15"), siu("S12", sch="25="), options=options)
    assert played.state() == "SCHEDULED"


def test_what_an_order_has_cancelled_stays_cancelled():
    played = play(order(), "@ORM\n@ORDER CA CA", siu())
    assert played.state() == "CANCELED"
    assert "booked_after_cancel" in played.step().list("flags")


@pytest.mark.parametrize("status", ["Waitlist", "Blocked"])
def test_what_is_not_booked_yet_books_nothing(status):
    played = play(order(), siu("S14", sch=f"25={status}"))
    assert played.step().text("start_time") == "093000"
    assert "appointment_waits" in played.codes()


def test_the_rest_of_a_series_ends_and_what_is_over_stays():
    later = "20261105090000"
    played = play(order(), siu(), siu("S16", head=f"at={later}"))
    assert played.state() == "SCHEDULED"
    assert "appointment_is_over" in played.codes()
    assert play(order(), siu(), siu("S16")).state() == "UNSCHEDULED"


def test_an_operator_value_stays():
    edit = operator("edit", of="step", column="start_time", value="120000")
    played = play(order(), edit, siu())
    assert played.step().text("start_time") == "120000"
    assert "locked" in played.codes()
    unlock = operator("unlock", of="step", column="start_time")
    played = play(order(), edit, unlock, siu())
    assert played.step().text("start_time") == "140000"


def test_an_older_message_changes_nothing():
    played = play(
        order(), siu(head="at=20261103100000"),
        siu("S13", "@RGS", "@AIS 4=20261109150000",
            head="at=20261103090000 received=20261103100100"),
    )  # fmt: skip
    assert played.codes() == ["message_older"]
    assert played.step().text("start_date") == "20261104"


def test_an_appointment_of_another_person_is_not_changed():
    played = play(order(), siu(), siu("S13", "@RGS", "@AIS 4=20261109150000", pid=f"@PID {ROE}"))
    assert played.is_refused
    assert played.errors() == ["appointment_of_other_patient"]
    assert played.step().text("start_date") == "20261104"
    assert len(played.rows(CONFLICT)) == 1


def test_a_machine_without_a_rule_has_not_the_stations_of_the_last_one():
    booked = siu("S12", "@RGS", "@AIS", "@AIG")
    played = play(order(), booked, text=STATION)
    assert played.step().list("station_aet") == ["CT2AE"]
    assert played.step().text("sps_location") == "HALL"
    assert not played.step().number("open")
    moved = siu("S13", "@RGS", "@AIS", "@AIG 3=OTHER")
    played = play(order(), booked, moved, text=STATION)
    assert not played.step().list("station_aet")
    assert played.step().number("open") == 1
    assert played.state() == "SCHEDULED"


def test_only_the_named_resource_is_taken_away():
    booked = siu("S12", "@RGS", "@AIS", "@AIP", "@AIP 1=2 3=78^OTHER^OLGA")
    played = play(order(), booked)
    assert played.step().text("performer") == "MILLER^ANN"
    played = play(order(), booked, siu("S20", "@RGS", "@AIP 2=D 3=78^OTHER^OLGA"))
    assert played.step().text("performer") == "MILLER^ANN"
    played = play(order(), booked, siu("S20", "@RGS", "@AIP 2=D 3=77^MILLER^ANN"))
    assert played.step().text("performer") == ""


def test_a_service_is_added_and_taken_away():
    added = siu("S18", "@RGS", "@AIS 2=A 3=XX^More^99 4=")
    played = play(siu(), added)
    assert played.only(APPOINTMENT).list("procedures") == ["CTH", "XX"]
    played = play(siu(), added, siu("S22", "@RGS", "@AIS 2=D 3=CTH"))
    assert played.only(APPOINTMENT).list("procedures") == ["XX"]
    assert played.only(APPOINTMENT).text("start_time") == "140000"


def test_a_message_without_sch_is_refused():
    assert play("@SIU S12\n@PID").errors() == ["schedule_missing"]


def test_an_order_is_made_of_an_appointment_and_takes_over_what_its_own_message_says():
    played = play(siu(), options=CREATE)
    assert played.only(STEP).text("state") == "UNSCHEDULED"
    assert played.only(ORDER).list("flags") == ["created_from_siu"]
    played = play(siu(), order(), options=CREATE)
    assert played.only(ORDER).text("accession") == "A1"
    assert played.only(ORDER).text("rp_id") == "RP1"
    assert played.only(ORDER).list("flags") == ["created_from_siu"]
    assert not played.only(PATIENT).list("flags")
    assert played.only(ORDER).text("study_uid") == "1.2.826.0.1.11"
    step = played.only(STEP)
    assert step.text("study_uid") == "1.2.826.0.1.11"
    assert (step.text("state"), step.text("start_time")) == ("SCHEDULED", "140000")
    assert played.only(APPOINTMENT).number("order") == 1
    assert len(played.rows(PATIENT)) == 1


def test_an_order_is_made_with_a_step_for_each_group():
    message = siu("S12", "@RGS", ais("AA", "150000"), "@RGS 1=2", ais("BB", "160000"))
    played = play(message, options=CREATE)
    assert len(played.rows(ORDER)) == 1
    steps = played.rows(STEP)
    assert [step.text("start_time") for step in steps] == ["150000", "160000"]
    assert len({step.text("sps_id") for step in steps}) == 2


@pytest.mark.parametrize("event", ["S15", "S17", "S26"])
def test_no_order_is_made_of_an_appointment_that_is_not(event):
    assert play(siu(event), options=CREATE).rows(ORDER) == []


def test_no_order_is_made_beside_another_persons():
    played = play(order(), siu(pid=f"@PID {ROE}"), options=CREATE)
    assert len(played.rows(ORDER)) == 1
    assert not played.only(APPOINTMENT).number("order")


def test_an_order_needs_a_person():
    played = play("@SIU S12\n@SCH\n@RGS\n@AIS", options=CREATE)
    assert played.errors() == ["no_pid"]
    assert played.rows(APPOINTMENT) == []


def test_an_appointment_that_is_joined_elsewhere_frees_its_first_step():
    other = order("2=P2^RIS 3=F2^PACS 18=A2 19=RP2 20=S2 ZDS-1=1.2.3")
    link = operator("link_appointment", appointment=3, study_uid="1.2.3", sps_id="S2")
    played = play(order(), other, siu(), link)
    assert played.state("S1") == "UNSCHEDULED"
    assert played.step("S2").text("start_time") == "140000"
    assert played.state("S2") == "SCHEDULED"


def test_a_group_of_other_resources_does_not_move_the_step():
    nurse = ("@RGS 1=2", ais("NURSE", "133000"))
    played = play(order(), siu("S12", "@RGS", "@AIS", *nurse))
    assert played.step().text("start_time") == "140000"
    first = ("@RGS", ais("NURSE", "133000"), "@RGS 1=2", "@AIS")
    assert play(order(), siu("S12", *first)).step().text("start_time") == "140000"


def test_a_group_that_is_added_later_gets_a_step_of_the_order_that_was_made():
    added = siu("S18", "@RGS 1=2 2=A", ais("BB", "160000"))
    played = play(siu("S12", "@RGS", ais("AA", "150000")), added, options=CREATE)
    assert len(played.rows(ORDER)) == 1
    assert [step.text("start_time") for step in played.rows(STEP)] == ["150000", "160000"]
    moved = siu("S13", "@RGS", ais("AA", "170000"))
    played = play(siu("S12", "@RGS", ais("AA", "150000")), added, moved, options=CREATE)
    assert [step.text("start_time") for step in played.rows(STEP)] == ["170000", "160000"]


def test_a_group_that_is_added_after_the_order_came_makes_no_step():
    added = siu("S18", "@RGS 1=2 2=A", ais("BB", "160000"))
    played = play(siu("S12", "@RGS", "@AIS"), order(), added, options=CREATE)
    assert played.only(STEP).text("start_time") == "140000"
