"""When an order may be made, and what stands against it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules.orders_message import OrderMessage
from hl7console.worklist.rules.orders_new import check_free, is_complete
from hl7console.worklist.rules.orders_told import told_by
from hl7console.worklist.turn import RefusedError

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, order_of, person_of

SECOND = {"placer_no": "P2", "filler_no": "F2", "accession": "A2", "rp_id": "RP2"}


def told(mapped):
    return told_by(mapped, "main|RIS|HOSP", {}, Options())


def message_for(worklist, person):
    turn = worklist.turn()
    entry = MessageEntry(turn.entry.number, turn.entry.at_us, b"", "main")
    return OrderMessage(turn, entry, worklist.profile, "main|RIS|HOSP", "RIS|HOSP", person)


@pytest.fixture
def worklist() -> Worklist:
    """A worklist with one order of patient 4711."""
    made = Worklist()
    made.send(order_of())
    return made


@pytest.mark.parametrize(
    ("fields", "is_enough"),
    [
        ({}, True),
        ({"study_uid": None}, False),
        ({"rp_id": None}, False),
        ({"rp_desc": None}, True),
        ({"rp_desc": None, "rp_code": None}, False),
        ({"start_date": None}, False),
        ({"modality": None}, False),
        ({"sps_desc": None}, False),
        ({"station_aet": None}, False),
        ({"steps": []}, False),
    ],
)
def test_an_update_is_complete_with_all_that_a_row_needs(fields, is_enough):
    asked = told(order_of("XO", **fields))
    assert is_complete(message_for(Worklist(), person_of("4711")), asked) is is_enough


def test_an_update_needs_to_say_who_unless_the_person_is_known(worklist):
    nameless = person_of("4711", patient_name="")
    assert is_complete(message_for(worklist, nameless), told(order_of("XO")))
    assert not is_complete(message_for(Worklist(), nameless), told(order_of("XO")))
    assert not is_complete(message_for(worklist, None), told(order_of("XO")))


def test_numbers_are_free_for_their_own_patient(worklist):
    order = worklist.order()
    check_free(message_for(worklist, person_of("4711")), told(order_of()),
               [order.number("patient")], order)  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "persons", "rule"),
    [
        ({}, [], "accession_of_other_patient"),
        ({"accession": "A2"}, [], "study_uid_of_other_patient"),
        ({"accession": "A2"}, None, "study_uid_of_other_accession"),
    ],
)
def test_numbers_of_something_else_refuse_the_message(worklist, fields, persons, rule):
    if persons is None:
        persons = [worklist.order().number("patient")]
    message = message_for(worklist, person_of("815"))
    with pytest.raises(RefusedError) as refused:
        check_free(message, told(order_of(**fields)), persons)
    assert [note.rule for note in message.turn.notes] == [rule]
    assert refused.value.conflict is not None


def test_a_new_order_remembers_who_sent_it_and_where_each_column_stood(worklist):
    order = worklist.order()
    assert (order.text("listener"), order.text("sender")) == ("main", "RIS|HOSP")
    assert order.source("patient").path == "PID-3"
    assert order.source("accession").path == "OBR-18"
    assert order.values["last_event"] == [["main|RIS|HOSP", "20261103080000", 1]]
    assert order.values["state_event"] == [["main|RIS|HOSP", "20261103080000", "SCHEDULED"]]


def test_an_order_without_a_state_is_made_unscheduled_and_told():
    worklist = Worklist()
    worklist.send(order_of("NW", "ZZ"))
    assert "control_unmapped" in worklist.errors()
    assert worklist.step_state == "UNSCHEDULED"


def test_two_new_orders_of_one_message_may_share_a_study():
    worklist = Worklist()
    second = order_of(**SECOND | {"accession": "A1"}, sps="S2")
    outcome = worklist.send(order_of(), second)
    assert not outcome.is_refused
    assert len(worklist.rows("order")) == 2
