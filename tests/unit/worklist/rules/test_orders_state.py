"""Which steps a message is about, and what it asks of each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules.orders_state import apply_wish, steps_meant
from hl7console.worklist.rules.orders_told import told_by

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, bare, order_of

SOURCE = "main|RIS|HOSP"
T8, T9, T10 = (f"20261103{hour:02}0000" for hour in (8, 9, 10))


def told(mapped):
    return told_by(mapped, SOURCE, {}, Options())


@pytest.fixture
def two() -> Worklist:
    """A worklist with one order of two steps."""
    made = Worklist()
    made.send(order_of(at=T8, steps=[{"sps_id": "S1"}, {"sps_id": "S2"}]))
    return made


def wish(worklist, mapped):
    turn = worklist.turn()
    order = worklist.order()
    apply_wish(turn, order, steps_meant(turn, order, told(mapped)), told(mapped))
    return turn


@pytest.mark.parametrize(
    ("named", "meant", "notes"),
    [
        ([], ["S1", "S2"], []),
        (["S2"], ["S2"], []),
        (["S9"], [], ["step_unknown"]),
    ],
)
def test_steps_that_are_named_are_meant_else_all(two, named, meant, notes):
    turn = two.turn()
    found = steps_meant(turn, two.order(), told(bare("CA", sps_ids=named)))
    assert [step.text("sps_id") for step in found] == meant
    assert [note.rule for note in turn.notes] == notes


def test_an_only_step_is_meant_whatever_its_id():
    worklist = Worklist()
    worklist.send(order_of())
    turn = worklist.turn()
    assert len(steps_meant(turn, worklist.order(), told(bare("CA", sps_ids=["S9"])))) == 1
    assert turn.notes == []


def test_stop_discontinues_what_has_begun_and_cancels_the_rest(two):
    turn = two.turn()
    turn.set(two.step("S1"), "state", "STARTED")
    wish(two, bare("DC", at=T9))
    assert two.step("S1").text("state") == "DISCONTINUED"
    assert two.step("S2").text("state") == "CANCELED"


def test_a_cancel_of_a_departed_patient_s_step_flags_only(two):
    turn = two.turn()
    for step in two.rows("step"):
        turn.set(step, "state", "DEPARTED")
    wish(two, bare("CA", at=T9))
    assert two.step("S1").text("state") == "DEPARTED"
    assert "ca_after_start" in two.step("S1").list("flags")


def test_what_is_older_than_the_last_word_takes_nothing_back(two):
    two.send(bare("SC", "SC", at=T10))
    turn = wish(two, bare("CA", at=T9))
    assert {s.text("state") for s in two.rows("step")} == {"SCHEDULED"}
    assert [note.rule for note in turn.notes] == ["state_too_late"]


def test_what_is_older_but_further_on_counts_still(two):
    two.send(bare("SC", "SC", at=T10))
    wish(two, bare("SC", "IP", at=T9))
    assert {s.text("state") for s in two.rows("step")} == {"STARTED"}


def test_a_change_does_not_send_a_patient_who_has_arrived_back(two):
    turn = two.turn()
    for step in two.rows("step"):
        turn.set(step, "state", "ARRIVED")
    wish(two, order_of("XO", "SC", at=T9))
    assert {s.text("state") for s in two.rows("step")} == {"ARRIVED"}
