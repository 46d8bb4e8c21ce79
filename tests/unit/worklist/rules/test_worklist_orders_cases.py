"""What order messages do: the tables of order control, and what comes too early, too late, twice
or wrongly. On mapped orders; that messages are mapped so is tested elsewhere.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rows import APPOINTMENT, CONFLICT, ORDER, PATIENT, STEP, WAITING
from hl7console.worklist.rules.orders_waiting import retry
from hl7console.worklist.turn import Severity

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, bare, order_of

T8, T9, T10, T11 = ("20261103080000", "20261103090000", "20261103100000", "20261103110000")
DAY_MINUTES = 24 * 60
OTHER = {
    "placer_no": "P2", "filler_no": "F2", "accession": "A2", "rp_id": "RP2", "study_uid": "1.2.4",
    "sps": "S2",
}  # fmt: skip


@pytest.fixture
def worklist() -> Worklist:
    """A worklist with one order."""
    made = Worklist()
    made.send(order_of())
    return made


# Order control codes.


def test_a_new_order_is_scheduled(worklist):
    order, step = worklist.order(), worklist.step()
    assert step.text("state") == "SCHEDULED"
    assert step.number("order") == order.id
    assert step.text("study_uid") == order.text("study_uid") == "1.2.3"
    assert order.text("control") == "NW"
    assert order.text("listener") == "main"
    assert step.sources["start_date"].path == "OBR-20"
    assert step.sources["state"] == (1, "ORC-5", "NW_SC")


@pytest.mark.parametrize(
    ("status", "state"),
    [("SC", "SCHEDULED"), ("IP", "SCHEDULED"), ("", "SCHEDULED"), ("HD", "ON_HOLD"),
     ("CM", "COMPLETED"), ("A", "COMPLETED")],
)  # fmt: skip
def test_new_by_status(status, state):
    worklist = Worklist()
    worklist.send(order_of("NW", status))
    assert worklist.step_state == state


STATES_AFTER = [
    # control, status, state before, state after, flag
    ("XO", "SC", "ARRIVED", "ARRIVED", ""), ("XO", "SC", "READY", "READY", ""),
    ("XO", "SC", "UNSCHEDULED", "SCHEDULED", ""), ("XO", "IP", "SCHEDULED", "STARTED", ""),
    ("XO", "CM", "STARTED", "COMPLETED", ""), ("XO", "", "SCHEDULED", "SCHEDULED", ""),
    ("XO", "", "STARTED", "STARTED", ""), ("XX", "SC", "UNSCHEDULED", "SCHEDULED", ""),
    ("XR", "IP", "SCHEDULED", "STARTED", ""),
    ("CA", "CA", "SCHEDULED", "CANCELED", ""), ("CA", "", "ON_HOLD", "CANCELED", ""),
    ("CA", "CA", "STARTED", "STARTED", "ca_after_start"),
    ("CA", "CA", "COMPLETED", "COMPLETED", ""),
    ("DC", "CA", "STARTED", "DISCONTINUED", ""), ("DC", "", "SCHEDULED", "CANCELED", ""),
    ("DC", "DC", "ARRIVED", "CANCELED", ""), ("DC", "DC", "COMPLETED", "COMPLETED", ""),
    ("OD", "", "STARTED", "DISCONTINUED", ""), ("DR", "", "STARTED", "DISCONTINUED", ""),
    ("OC", "", "SCHEDULED", "CANCELED", ""), ("CR", "CA", "READY", "CANCELED", ""),
    ("UA", "", "SCHEDULED", "CANCELED", ""), ("UA", "", "STARTED", "STARTED", ""),
    ("SC", "IP", "SCHEDULED", "STARTED", ""), ("SC", "A", "STARTED", "STARTED", ""),
    ("SC", "CM", "STARTED", "COMPLETED", ""), ("SC", "DC", "STARTED", "DISCONTINUED", ""),
    ("SC", "SC", "UNSCHEDULED", "SCHEDULED", ""), ("SC", "CA", "SCHEDULED", "CANCELED", ""),
    ("SC", "HD", "SCHEDULED", "ON_HOLD", ""), ("SC", "ER", "SCHEDULED", "SCHEDULED", ""),
    ("SC", "RP", "SCHEDULED", "CANCELED", "replaced"), ("SR", "CM", "STARTED", "COMPLETED", ""),
    ("HD", "", "SCHEDULED", "ON_HOLD", ""), ("HR", "", "ARRIVED", "ON_HOLD", ""),
    ("OH", "HD", "READY", "ON_HOLD", ""), ("RL", "", "SCHEDULED", "SCHEDULED", ""),
    ("UC", "", "SCHEDULED", "SCHEDULED", "unable"), ("UD", "", "STARTED", "STARTED", "unable"),
    ("UX", "", "SCHEDULED", "SCHEDULED", "unable"), ("UH", "", "SCHEDULED", "SCHEDULED", ""),
    ("UR", "", "ON_HOLD", "ON_HOLD", ""), ("UM", "", "SCHEDULED", "SCHEDULED", ""),
    ("OK", "", "SCHEDULED", "SCHEDULED", ""), ("RR", "", "SCHEDULED", "SCHEDULED", ""),
    ("SS", "", "SCHEDULED", "SCHEDULED", ""), ("RE", "CM", "SCHEDULED", "SCHEDULED", ""),
    ("DE", "", "SCHEDULED", "SCHEDULED", ""), ("CA", "SC", "SCHEDULED", "SCHEDULED", ""),
    ("ZZ", "", "SCHEDULED", "SCHEDULED", ""), ("LI", "", "SCHEDULED", "SCHEDULED", ""),
    ("RP", "", "SCHEDULED", "CANCELED", "replaced"),
    ("RU", "", "SCHEDULED", "CANCELED", "replaced"),
    ("RQ", "", "ARRIVED", "CANCELED", "replaced"),
    ("PA", "", "SCHEDULED", "UNSCHEDULED", "is_parent"),
]  # fmt: skip


@pytest.mark.parametrize(("control", "status", "before", "after", "flag"), STATES_AFTER)
def test_state_by_code_and_status(worklist, control, status, before, after, flag):
    worklist.put_in(before)
    worklist.send(bare(control, status, at=T9))
    assert not worklist.outcomes[-1].is_refused
    assert worklist.step_state == after
    flags = [*worklist.order().list("flags"), *worklist.step().list("flags")]
    assert not flag or flag in flags


@pytest.mark.parametrize(
    ("control", "status", "code"),
    [("SC", "ER", "sender_lacks_order"), ("DE", "", "sender_data_error"),
     ("ZZ", "", "control_unknown"),
     ("CA", "SC", "control_unmapped"), ("SC", "", "control_unmapped"),
     ("XO", "HD", "control_unmapped")],
)  # fmt: skip
def test_the_error_list_says_what_had_no_effect(worklist, control, status, code):
    worklist.send(bare(control, status, at=T9))
    assert worklist.errors() == [code]
    assert worklist.step_state == "SCHEDULED"


def test_an_unmapped_status_changes_fields_but_no_state(worklist):
    worklist.send(order_of("XO", "A", at=T9, priority="STAT"))
    assert worklist.order().text("priority") == "STAT"
    assert worklist.step_state == "SCHEDULED"


def test_a_new_order_with_an_unmapped_status_is_kept(worklist):
    worklist.send(order_of("NW", "ER", **OTHER))
    assert worklist.errors() == ["control_unmapped"]
    assert worklist.step("S2").text("state") == "UNSCHEDULED"


def test_the_profile_decides_states(worklist):
    worklist = Worklist(control={"NW_SC": "ARRIVED", "CA_*": "ON_HOLD"})
    worklist.send(order_of())
    assert worklist.step_state == "ARRIVED"
    worklist.send(bare("CA", "CA", at=T9))
    assert worklist.step_state == "ON_HOLD"


def test_a_release_gives_the_state_before_the_hold(worklist):
    worklist.put_in("READY")
    worklist.send(bare("HD", at=T9))
    worklist.send(bare("RL", at=T10))
    assert worklist.step_state == "READY"


def test_discontinuing_cancels_the_steps_that_have_not_started():
    worklist = Worklist()
    worklist.send(order_of(steps=[{}, {"sps_id": "S2"}, {"sps_id": "S3"}]))
    turn = worklist.turn()
    turn.set(worklist.step("S1"), "state", "STARTED")
    turn.set(worklist.step("S3"), "state", "COMPLETED")
    worklist.send(bare("DC", "DC", at=T9))
    states = [s.text("state") for s in worklist.rows(STEP)]
    assert states == ["DISCONTINUED", "CANCELED", "COMPLETED"]


def test_a_cancel_that_names_a_step_is_for_that_step():
    worklist = Worklist()
    worklist.send(order_of(steps=[{}, {"sps_id": "S2"}]))
    worklist.send(bare("CA", "CA", at=T9, sps_ids=["S2"]))
    assert [s.text("state") for s in worklist.rows(STEP)] == ["SCHEDULED", "CANCELED"]
    worklist.send(bare("CA", "CA", at=T9, sps_ids=["S9"]))
    assert worklist.errors() == ["step_unknown"]


def test_a_cancel_for_several_orders_under_a_number_is_for_all(worklist):
    worklist.send(order_of(**{**OTHER, "placer_no": "P1", "filler_no": None}))
    worklist.send(bare("CA", "CA", at=T9))
    assert [s.text("state") for s in worklist.rows(STEP)] == ["CANCELED", "CANCELED"]


def test_a_filler_number_is_assigned(worklist):
    worklist = Worklist()
    worklist.send(order_of(filler_no=None, filler_authority=None))
    worklist.send(bare("NA", filler_no="F7", filler_authority="PACS", at=T9))
    assert worklist.order().text("filler_no") == "F7"
    assert worklist.codes() == ["number_assigned"]
    worklist.send(bare("SN", filler_no="F7", filler_authority="PACS", at=T9))
    assert worklist.codes() == ["history_only"]


def test_a_number_for_an_unknown_order_makes_it_if_it_is_complete():
    worklist = Worklist()
    worklist.send(order_of("NA", ""))
    assert worklist.step_state == "SCHEDULED"
    assert "created_by_update" in worklist.order().list("flags")
    worklist = Worklist()
    worklist.send(bare("NA"))
    assert worklist.rows(ORDER) == []
    assert len(worklist.rows(WAITING)) == 1


@pytest.mark.parametrize("status", ["SC", ""])
def test_an_empty_code_is_new_for_an_unknown_order_else_a_change(status):
    worklist = Worklist()
    worklist.send(order_of("", status))
    assert worklist.step_state == "SCHEDULED"
    assert "control_missing" in worklist.order().list("flags")
    worklist.send(order_of("", status, at=T9, priority="STAT"))
    assert worklist.order().text("priority") == "STAT"
    assert len(worklist.rows(ORDER)) == 1


# Parents, children, replacements.


def test_children_are_rows_and_the_parent_is_not_served():
    worklist = Worklist()
    child = {"parent": ("P1", "RIS", "", "")}
    worklist.send(order_of("PA"), order_of("CH", **OTHER, **child))
    worklist.send(order_of("CH", placer_no="P3", filler_no="F3", sps="S3", **child))
    assert worklist.step("S1").text("state") == "UNSCHEDULED"
    assert worklist.step("S2").text("state") == "SCHEDULED"
    parent = worklist.order("P1").id
    assert worklist.order("P2").number("parent") == worklist.order("P3").number("parent") == parent


def test_a_child_makes_its_parent_one(worklist):
    worklist.send(order_of("CH", **OTHER, parent=("", "", "F1", "PACS")))
    assert worklist.step("S1").text("state") == "UNSCHEDULED"
    assert "is_parent" in worklist.order("P1").list("flags")


def test_a_child_without_its_parent_is_flagged():
    worklist = Worklist()
    worklist.send(order_of("CH", parent=("P9", "RIS", "", "")))
    assert worklist.step_state == "SCHEDULED"
    assert "parent_unknown" in worklist.order().list("flags")


@pytest.mark.parametrize("control", ["RP", "RU", "RQ"])
def test_a_replacement_in_one_message(worklist, control):
    worklist.send(bare(control, at=T9), order_of("RO", at=T9, **OTHER))
    old, new = worklist.order("P1"), worklist.order("P2")
    assert (old.number("replaced_by"), new.number("replaces")) == (new.id, old.id)
    assert [s.text("state") for s in worklist.rows(STEP)] == ["CANCELED", "SCHEDULED"]


@pytest.mark.parametrize("turned", [False, True])
def test_a_replacement_in_two_messages_by_group(turned):
    worklist = Worklist()
    worklist.send(order_of(group_no="G1"))
    messages = [bare("RP", at=T9), order_of("RO", at=T9, group_no="G1", **OTHER)]
    for message in reversed(messages) if turned else messages:
        worklist.send(message)
    old, new = worklist.order("P1"), worklist.order("P2")
    assert (old.number("replaced_by"), new.number("replaces")) == (new.id, old.id)
    assert "replaced_order_unknown" not in new.list("flags")


def test_a_replacement_by_its_parent(worklist):
    worklist.send(order_of("RO", at=T9, **OTHER, parent=("P1", "RIS", "", "")))
    assert worklist.order("P2").number("replaces") == worklist.order("P1").id


def test_a_replacement_of_nothing_is_flagged():
    worklist = Worklist()
    worklist.send(order_of("RO"))
    assert "replaced_order_unknown" in worklist.order().list("flags")


# Too early.


@pytest.mark.parametrize("control", ["CA", "OC", "CR", "DC"])
def test_a_cancel_before_its_order(control):
    worklist = Worklist()
    worklist.send(bare(control, "", at=T9))
    assert worklist.codes(Severity.FLAG) == ["cancel_before_new"]
    worklist.send(order_of(at=T8))
    assert worklist.step_state == "CANCELED"
    assert "cancelled_before_new" in worklist.order().list("flags")
    assert worklist.rows(WAITING) == []
    assert worklist.step().sources["state"].entry == 1


def test_a_cancel_at_the_same_time_as_its_order_counts():
    worklist = Worklist()
    worklist.send(bare("CA", "CA", at=T8))
    worklist.send(order_of(at=T8))
    assert worklist.step_state == "CANCELED"


def test_an_order_newer_than_the_cancel_is_made():
    worklist = Worklist()
    worklist.send(bare("CA", "CA", at=T8))
    worklist.send(order_of(at=T9))
    assert worklist.step_state == "SCHEDULED"
    assert "newer_than_cancel" in worklist.order().list("flags")
    assert worklist.rows(WAITING) == []


@pytest.mark.parametrize(("days", "state"), [(30, "CANCELED"), (31, "SCHEDULED")])
def test_a_cancel_waits_thirty_days(days, state):
    worklist = Worklist()
    worklist.send(bare("CA", "CA", at=T9), minutes=0)
    worklist.send(order_of(at=T8), minutes=days * DAY_MINUTES)
    assert worklist.step_state == state
    assert worklist.rows(WAITING) == []


@pytest.mark.parametrize(("days", "priority"), [(7, "STAT"), (8, "ROUTINE")])
def test_an_update_waits_seven_days(days, priority):
    worklist = Worklist()
    worklist.send(bare("XO", "", at=T9, priority="STAT"), minutes=0)
    worklist.send(order_of(at=T8), minutes=days * DAY_MINUTES)
    assert worklist.order().text("priority") == priority


def test_a_complete_update_makes_the_order():
    worklist = Worklist()
    worklist.send(order_of("XO", "SC", at=T9))
    assert worklist.step_state == "SCHEDULED"
    assert "created_by_update" in worklist.order().list("flags")
    worklist.send(order_of("NW", "SC", at=T8, priority="STAT", reason="Fall"))
    assert worklist.order().text("priority") == "ROUTINE"
    assert worklist.order().text("reason") == "Fall"
    assert "duplicate_new" not in worklist.order().list("flags")


def test_an_update_makes_nothing_where_the_profile_says_so():
    worklist = Worklist(create_by_update=False)
    worklist.send(order_of("XO", "SC"))
    assert worklist.rows(ORDER) == []
    assert len(worklist.rows(WAITING)) == 1


@pytest.mark.parametrize(
    ("messages", "state"),
    [
        ([bare("SC", "IP", at=T9)], "STARTED"),
        ([bare("SC", "CM", at=T10), bare("SC", "IP", at=T9)], "COMPLETED"),
        ([bare("SC", "DC", at=T10)], "DISCONTINUED"),
        ([bare("HD", at=T9)], "ON_HOLD"),
        ([bare("RL", at=T10), bare("HD", at=T9)], "SCHEDULED"),
        ([bare("SC", "CA", at=T9)], "CANCELED"),
    ],
)
def test_early_updates_are_applied_in_the_order_of_their_times(messages, state):
    worklist = Worklist()
    for message in messages:
        worklist.send(message)
    worklist.send(order_of(at=T8))
    assert worklist.step_state == state
    assert worklist.rows(WAITING) == []


def test_an_early_update_changes_the_order_when_it_comes():
    worklist = Worklist()
    worklist.send(bare("XO", "", at=T9, priority="STAT"))
    worklist.send(order_of(at=T8))
    assert worklist.order().text("priority") == "STAT"
    assert worklist.order().sources["priority"].entry == 1


def test_a_message_for_somebody_else_goes_on_waiting_until_they_are_one_person():
    worklist = Worklist()
    worklist.send(bare("CA", "CA", at=T9), patient="815")
    worklist.send(order_of(at=T8))
    assert worklist.step_state == "SCHEDULED"
    assert "waiting_other_patient" in worklist.rows(WAITING)[0].list("flags")
    turn = worklist.turn()
    number = {"id_value": "815", "authority": "HOSP", "patient": 1, "status": "active"}
    turn.create("identifier", number)
    retry(turn, worklist.rows(PATIENT)[0])
    assert worklist.step_state == "CANCELED"
    assert worklist.rows(WAITING) == []


def test_a_message_waits_until_the_order_has_its_number():
    worklist = Worklist()
    worklist.send(order_of(filler_no=None))
    cancel = bare("OC", "CA", at=T10, placer_no=None, filler_no="F9", filler_authority="PACS")
    worklist.send(cancel)
    assert worklist.step_state == "SCHEDULED"
    worklist.send(bare("NA", filler_no="F9", filler_authority="PACS", at=T9))
    assert worklist.step_state == "CANCELED"


def test_a_cancel_without_any_number_goes_to_the_error_list():
    worklist = Worklist()
    worklist.send(bare("CA", "CA", placer_no=None))
    assert worklist.errors() == ["order_without_numbers"]
    assert worklist.rows(WAITING) == []


# Twice.


def test_the_same_order_again_changes_nothing(worklist):
    outcome = worklist.send(order_of(at=T9))
    assert outcome.changes == []
    assert worklist.codes() == ["same_content"]


def test_another_content_is_taken_as_a_change(worklist):
    worklist.put_in("ARRIVED")
    worklist.send(order_of(at=T9, priority="STAT", start_time="101500"))
    assert worklist.order().text("priority") == "STAT"
    assert worklist.step().text("start_time") == "101500"
    assert worklist.step_state == "ARRIVED"
    assert "duplicate_new" in worklist.order().list("flags")


@pytest.mark.parametrize("state", ["STARTED", "DEPARTED", "COMPLETED", "DISCONTINUED", "CANCELED"])
def test_another_content_after_the_start_is_a_conflict(worklist, state):
    worklist.put_in(state)
    worklist.send(order_of(at=T9, priority="STAT"))
    assert worklist.order().text("priority") == "ROUTINE"
    assert worklist.step_state == state
    conflict = worklist.rows(CONFLICT)[0]
    assert (conflict.text("rule"), conflict.text("status")) == ("new_order_after_start", "open")


def test_another_filler_number_after_the_end_is_another_order(worklist):
    worklist.put_in("COMPLETED")
    worklist.send(order_of(at=T9, filler_no="F2"))
    assert len(worklist.rows(ORDER)) == 2
    first, second = worklist.rows(STEP)
    assert (first.text("state"), second.text("state")) == ("COMPLETED", "SCHEDULED")
    assert first.text("sps_id") != second.text("sps_id")


# Of another patient.


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({**OTHER, "accession": "A1"}, "accession_of_other_patient"),
        ({**OTHER, "study_uid": "1.2.3"}, "study_uid_of_other_patient"),
        ({**OTHER, "placer_no": "P1", "filler_no": None}, "order_of_other_patient"),
    ],
)
@pytest.mark.parametrize("known", [False, True])
def test_what_belongs_to_another_patient_is_refused(worklist, fields, code, known):
    if known:
        worklist.send(order_of(placer_no="P5", filler_no="F5", accession="A5", rp_id="RP5",
                               study_uid="1.2.5", sps="S5"), patient="815")  # fmt: skip
    before = len(worklist.rows(ORDER))
    outcome = worklist.send(order_of(**fields, at=T9), patient="815")
    assert outcome.is_refused
    assert worklist.errors() == [code]
    assert len(worklist.rows(ORDER)) == before
    conflict = worklist.conflicts[-1]
    assert conflict["patients"] == ([1, 2] if known else [1])
    assert (conflict["status"], conflict["order"]) == ("open", 1)


def test_a_study_uid_of_another_accession_is_refused(worklist):
    worklist.send(order_of(**{**OTHER, "study_uid": "1.2.3"}))
    assert worklist.errors() == ["study_uid_of_other_accession"]


def test_orders_may_share_an_accession(worklist):
    worklist.send(order_of(**{**OTHER, "accession": "A1"}))
    assert len(worklist.rows(ORDER)) == 2


@pytest.mark.parametrize("control", ["CA", "XO", "DC", "HD", "SC", "NA", "RP"])
def test_a_message_with_another_patient_is_refused(worklist, control):
    worklist.send(bare(control, "", at=T9), patient="815")
    assert worklist.outcomes[-1].is_refused
    assert worklist.errors() == ["order_of_other_patient"]


def test_a_cancel_without_a_patient_counts(worklist):
    worklist.send(bare("CA", "CA", at=T9), patient=None)
    assert worklist.step_state == "CANCELED"


def test_a_new_order_without_a_patient_is_refused():
    worklist = Worklist()
    worklist.send(order_of(), patient=None)
    assert worklist.errors() == ["order_without_patient"]


def test_demographics_that_differ_are_flagged_and_change_nothing(worklist):
    worklist.send(bare("XO", "", at=T9), name="DOE^JANET")
    assert "demographics_differ" in worklist.order().list("flags")
    assert worklist.rows(PATIENT)[0].text("patient_name") == "DOE^JANE"


# Late.


def test_a_late_change_does_not_touch_fields(worklist):
    worklist.send(order_of("XO", "", at=T10, priority="STAT"))
    worklist.send(order_of("XO", "", at=T9, priority="HIGH"))
    assert worklist.order().text("priority") == "STAT"
    assert worklist.codes(Severity.IGNORED) == ["older_than_row"]


def test_at_equal_times_the_last_to_come_counts(worklist):
    worklist.send(order_of("XO", "", at=T9, priority="STAT"))
    worklist.send(order_of("XO", "", at=T9, priority="HIGH"))
    assert worklist.order().text("priority") == "HIGH"


def test_times_of_other_sources_are_not_compared(worklist):
    worklist.send(order_of("XO", "", at=T10, priority="STAT"))
    worklist.send(order_of("XO", "", at=T9, priority="HIGH"), listener="other")
    assert worklist.order().text("priority") == "HIGH"


@pytest.mark.parametrize(
    ("first", "second", "state"),
    [
        # What came later in time would have undone it: nothing.
        (("XO", "SC"), ("CA", "CA"), "SCHEDULED"),
        (("XO", "SC"), ("HD", ""), "SCHEDULED"),
        (("XO", "SC"), ("SC", "DC"), "SCHEDULED"),
        # It would have stood: it counts.
        (("XO", "SC"), ("SC", "IP"), "STARTED"),
        (("XO", "SC"), ("SC", "CM"), "COMPLETED"),
        (("XO", ""), ("CA", "CA"), "CANCELED"),
        # Never back.
        (("SC", "IP"), ("XO", "SC"), "STARTED"),
        (("SC", "CM"), ("SC", "IP"), "COMPLETED"),
        (("CA", "CA"), ("XO", "SC"), "CANCELED"),
        (("CA", "CA"), ("HD", ""), "CANCELED"),
        (("HD", ""), ("RL", ""), "ON_HOLD"),
    ],
)
def test_a_late_state_counts_only_if_it_would_have_stood(worklist, first, second, state):
    worklist.send(bare(*first, at=T10))
    worklist.send(bare(*second, at=T9))
    assert worklist.step_state == state


def test_a_newer_change_reactivates_a_cancelled_order_flagged(worklist):
    worklist.send(bare("CA", "CA", at=T9))
    worklist.send(bare("XO", "SC", at=T10))
    assert worklist.step_state == "SCHEDULED"
    assert "state_odd" in worklist.step().list("flags")


def test_a_placer_does_not_reactivate_what_the_filler_cancelled(worklist):
    worklist.send(bare("OC", "CA", at=T9))
    worklist.send(bare("XO", "SC", at=T10))
    assert worklist.step_state == "CANCELED"


# Fields and identifiers.


def test_absent_keeps_null_clears_and_a_value_replaces(worklist):
    worklist.send(bare("XO", "", at=T9, priority="", rp_desc="CT skull"))
    order = worklist.order()
    assert order.text("priority") == ""
    assert order.text("rp_desc") == "CT skull"
    assert order.list("rp_code") == ["CTH", "CT head", "99RIS"]


def test_what_an_operator_set_is_locked(worklist):
    worklist.turn().set(worklist.order(), "locked", ["priority"])
    worklist.send(bare("XO", "", at=T9, priority="STAT"))
    assert worklist.order().text("priority") == "ROUTINE"
    assert "locked" in worklist.codes(Severity.FLAG)


@pytest.mark.parametrize(
    ("column", "value"),
    [("study_uid", "1.2.99"), ("accession", "A9"), ("rp_id", "RP9"), ("filler_no", "F9")],
)
def test_identifiers_never_change(worklist, column, value):
    fields = {column: value} | ({"filler_authority": "PACS"} if column == "filler_no" else {})
    before = worklist.order().text(column)
    worklist.send(bare("XO", "", at=T9, sps_ids=["S1"], **{"study_uid": "1.2.3"} | fields))
    if column != "filler_no":
        assert f"{column}_changed" in worklist.order().list("flags")
    assert worklist.order().text(column) == before
    assert worklist.step().text("study_uid") == "1.2.3"


def test_identifiers_that_are_missing_are_filled():
    worklist = Worklist()
    worklist.send(order_of(accession=None, accession_authority=None))
    worklist.send(bare("XO", "", at=T9, accession="A5", accession_authority="RIS"))
    assert worklist.order().text("accession") == "A5"


def test_an_accession_of_somebody_else_is_not_filled_in():
    worklist = Worklist()
    worklist.send(order_of())
    worklist.send(order_of(**{**OTHER, "accession": None}), patient="815")
    taken = bare("XO", "", at=T9, placer_no="P2", accession="A1", accession_authority="RIS")
    worklist.send(taken, patient="815")
    assert worklist.errors() == ["accession_of_other_patient"]


def test_a_step_with_another_id_is_renamed(worklist):
    worklist.send(order_of("XO", "SC", at=T9, sps="S9"))
    assert worklist.step().text("sps_id") == "S9"
    assert "sps_renamed" in worklist.step().list("flags")


def test_a_step_that_a_full_resend_leaves_out_is_flagged():
    worklist = Worklist()
    worklist.send(order_of(steps=[{}, {"sps_id": "S2"}]))
    worklist.send(order_of("XO", "SC", at=T9))
    assert "missing_in_update" in worklist.step("S2").list("flags")
    assert worklist.step("S2").text("state") == "SCHEDULED"
    assert "missing_in_update" not in worklist.step("S1").list("flags")


def test_a_step_that_is_left_out_is_cancelled_by_option():
    worklist = Worklist(cancel_missing_in_update=True)
    worklist.send(order_of(steps=[{}, {"sps_id": "S2"}]))
    worklist.send(order_of("XO", "SC", at=T9))
    assert [s.text("state") for s in worklist.rows(STEP)] == ["SCHEDULED", "CANCELED"]


def test_a_change_may_bring_a_further_step():
    worklist = Worklist()
    worklist.send(order_of(steps=[{}, {"sps_id": "S2"}]))
    worklist.send(order_of("XO", "SC", at=T9, steps=[{}, {"sps_id": "S2"}, {"sps_id": "S3"}]))
    assert [s.text("sps_id") for s in worklist.rows(STEP)] == ["S1", "S2", "S3"]
    assert worklist.step("S3").text("state") == "SCHEDULED"


def test_a_new_order_does_not_move_a_booked_start_but_a_change_does(worklist):
    booking = {"order": 1, "status": "booked", "placer_appointment": "AP1"}
    worklist.turn().create(APPOINTMENT, booking)
    worklist.send(order_of(at=T9, start_time="120000", priority="STAT"))
    assert worklist.step().text("start_time") == "093000"
    assert worklist.order().text("priority") == "STAT"
    assert "booked_start_kept" in worklist.codes()
    worklist.send(order_of("XO", "", at=T10, start_time="120000"))
    assert worklist.step().text("start_time") == "120000"


# Several orders in one message.


def test_pairs_of_one_procedure_are_steps_of_one_order():
    worklist = Worklist()
    worklist.send(order_of(), order_of(sps="S2"))
    assert len(worklist.rows(ORDER)) == 1
    assert [s.text("sps_id") for s in worklist.rows(STEP)] == ["S1", "S2"]
    worklist.send(order_of(), order_of(sps="S2"))
    assert worklist.codes() == ["same_content"]


def test_one_bad_order_stops_all(worklist):
    free = {"placer_no": "P3", "filler_no": "F3", "accession": "A3", "rp_id": "R3", "sps": "S3"}
    worklist.send(
        order_of(study_uid="1.2.9", **free), order_of(**{**OTHER, "accession": "A1"}), patient="815"
    )
    assert worklist.outcomes[-1].is_refused
    assert len(worklist.rows(ORDER)) == len(worklist.rows(PATIENT)) == 1


def test_five_hundred_orders_in_one_message_for_a_new_patient():
    worklist = Worklist()
    orders = [
        order_of(placer_no=f"P{n}", filler_no=f"F{n}", sps=f"S{n}", rp_id=f"R{n}")
        for n in range(500)
    ]
    assert not worklist.send(*orders).is_refused
    assert len(worklist.rows(ORDER)) == len(worklist.rows(STEP)) == 500
    assert len(worklist.rows(PATIENT)) == 1


def test_orders_under_the_same_numbers_go_by_position_when_sent_again():
    worklist = Worklist()

    def orders(at, priority):
        return [
            order_of(sps=None, at=at, rp_code=[code, code, "99RIS"], sps_id=None, priority=priority)
            for code in ("CT1", "CT2", "CT3")
        ]

    worklist.send(*orders(T8, "ROUTINE"))
    worklist.send(*orders(T9, "STAT"))
    assert [o.list("rp_code")[0] for o in worklist.rows(ORDER)] == ["CT1", "CT2", "CT3"]
    assert {o.text("priority") for o in worklist.rows(ORDER)} == {"STAT"}


def test_a_message_without_an_order_is_refused():
    worklist = Worklist()
    worklist.send()
    assert worklist.errors() == ["order_without_orc"]


def test_an_order_that_an_appointment_made_gets_its_study_from_the_order():
    worklist = Worklist()
    worklist.send(order_of(modality=None))
    turn = worklist.turn()
    turn.set(worklist.order(), "flags", ["created_from_siu"])
    assert worklist.step_state == "UNSCHEDULED"
    worklist.send(order_of(at=T9, study_uid="1.2.9"))
    assert worklist.order().text("study_uid") == worklist.step().text("study_uid") == "1.2.9"
    assert worklist.step_state == "SCHEDULED"
    assert worklist.order().list("flags") == ["created_from_siu"]


def test_a_study_that_a_modality_has_seen_stays():
    worklist = Worklist()
    worklist.send(order_of(modality=None))
    turn = worklist.turn()
    turn.set(worklist.order(), "flags", ["created_from_siu"])
    turn.set(worklist.order(), "served", 1)
    worklist.send(order_of(at=T9, study_uid="1.2.9"))
    assert worklist.order().text("study_uid") == worklist.step().text("study_uid") == "1.2.3"
    assert "study_uid_changed" in worklist.order().list("flags")
