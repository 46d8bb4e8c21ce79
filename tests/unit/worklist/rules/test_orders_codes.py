"""Which pairs of ORC and OBR are one order, and which order each is about."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rules.orders_codes import joined

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, order_of


def ids(orders):
    return [[step.values.get("sps_id") for step in one.steps] for one in orders]


@pytest.mark.parametrize(
    ("second", "steps"),
    [
        ({"sps": "S2"}, [["S1", "S2"]]),
        ({"sps": "S1"}, [["S1"], ["S1"]]),
        ({"sps": "S2", "rp_id": "RP2"}, [["S1"], ["S2"]]),
        ({"sps": "S2", "accession": "A2"}, [["S1"], ["S2"]]),
        ({"sps": "S2", "control": "XO"}, [["S1"], ["S2"]]),
        ({"steps": [{"sps_id": None}]}, [["S1"], [None]]),
    ],
)
def test_pairs_of_one_procedure_with_steps_of_their_own_are_one_order(second, steps):
    assert ids(joined([order_of(), order_of(**second)])) == steps


def test_an_empty_control_code_is_told_and_kept_as_what_it_was_taken_for():
    worklist = Worklist()
    worklist.send(order_of("", "SC"))
    assert worklist.order().text("control") == "NW"
    assert "control_missing" in worklist.order().list("flags")
    worklist.send(order_of("", "SC", at="20261103090000", priority="STAT"))
    assert worklist.order().text("control") == "XO"
    assert worklist.order().text("priority") == "STAT"


def test_a_step_names_its_order_though_the_numbers_differ():
    worklist = Worklist()
    worklist.send(order_of())
    worklist.send(order_of("XO", at="20261103090000", placer_no="P7", filler_no="F7",
                           priority="STAT"))  # fmt: skip
    assert worklist.order().text("priority") == "STAT"


def test_the_same_order_twice_in_one_message_is_two_orders_or_one_by_their_steps():
    worklist = Worklist()
    worklist.send(order_of(), order_of(sps="S2"))
    assert len(worklist.rows("order")) == 1
    assert len(worklist.rows("step")) == 2


def test_an_error_of_the_sender_changes_nothing():
    worklist = Worklist()
    worklist.send(order_of())
    worklist.send(order_of("DE", "", at="20261103090000", priority="STAT"))
    assert worklist.errors() == ["sender_data_error"]
    assert worklist.order().text("priority") == "ROUTINE"
