"""Parents with children, and replacements."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules.orders_family import make_parent, named_in_parent
from hl7console.worklist.rules.orders_told import told_by

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, bare, order_of

SECOND = {
    "placer_no": "P2", "filler_no": "F2", "accession": "A2", "rp_id": "RP2", "study_uid": "1.2.4",
}  # fmt: skip


def told(mapped):
    return told_by(mapped, "main|RIS|HOSP", {}, Options())


@pytest.fixture
def worklist() -> Worklist:
    """A worklist with one order, of the group G1."""
    made = Worklist()
    made.send(order_of(group_no="G1"))
    return made


@pytest.mark.parametrize(
    ("parent", "is_found"),
    [
        (("P1", "RIS", "", ""), True),
        (("P1", "OTHER", "", ""), False),
        (("", "", "F1", "PACS"), True),
        (("P9", "RIS", "F1", "PACS"), True),
        (("", "", "", ""), False),
    ],
)
def test_the_parent_is_named_by_placer_or_filler_number(worklist, parent, is_found):
    found = named_in_parent(worklist.turn(), told(order_of("CH", parent=parent)))
    assert found is (worklist.order() if is_found else None)


def test_a_parent_s_own_steps_are_not_served_but_one_under_way_goes_on():
    worklist = Worklist()
    worklist.send(order_of(steps=[{"sps_id": "S1"}, {"sps_id": "S2"}]))
    turn = worklist.turn()
    turn.set(worklist.step("S1"), "state", "STARTED")
    make_parent(turn, worklist.order(), told(bare("PA")))
    assert worklist.step("S1").text("state") == "STARTED"
    assert worklist.step("S2").text("state") == "UNSCHEDULED"
    assert "is_parent" in worklist.order().list("flags")


def test_a_child_of_another_patient_s_order_is_refused(worklist):
    child = order_of("CH", parent=("P1", "RIS", "", ""), **SECOND)
    outcome = worklist.send(child, patient="815")
    assert outcome.is_refused
    assert worklist.errors() == ["parent_of_other_patient"]
    assert len(worklist.rows("order")) == 1


def test_a_replacement_of_another_patient_s_order_is_refused(worklist):
    new = order_of("RO", parent=("P1", "RIS", "", ""), **SECOND)
    assert worklist.send(new, patient="815").is_refused
    assert worklist.errors() == ["replaced_order_of_other_patient"]
    assert worklist.order().number("replaced_by") == 0


def test_a_group_joins_a_replacement_of_the_same_person_only(worklist):
    worklist.send(bare("RP"))
    worklist.send(order_of("RO", group_no="G1", **SECOND), patient="815")
    assert worklist.order("P1").number("replaced_by") == 0
    assert "replaced_order_unknown" in worklist.order("P2").list("flags")
    third = {c: v.replace("2", "3") if c != "study_uid" else "1.2.5" for c, v in SECOND.items()}
    worklist.send(order_of("RO", group_no="G1", **third))
    old, new = worklist.order("P1"), worklist.order("P3")
    assert (old.number("replaced_by"), new.number("replaces")) == (new.id, old.id)
