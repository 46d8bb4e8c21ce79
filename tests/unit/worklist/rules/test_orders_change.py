"""How a message's fields come into an order that is known."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rows import APPOINTMENT
from hl7console.worklist.rules.orders_change import (
    differences,
    fill_numbers,
    is_booked,
    make_step,
    pairs,
    take_fields,
)
from hl7console.worklist.rules.orders_told import told_by

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import STEP_FIELDS, Worklist, mapped_of, order_of

OTHER = {
    "placer_no": "P2", "filler_no": "F2", "accession": "A2", "rp_id": "R2", "study_uid": "1.2.4",
}  # fmt: skip


def told(mapped):
    return told_by(mapped, "main|RIS|HOSP", {}, Options())


@pytest.fixture
def worklist() -> Worklist:
    """A worklist with one order of one step."""
    made = Worklist()
    made.send(order_of())
    return made


def book(worklist, status="booked"):
    worklist.turn().create(APPOINTMENT, {"order": worklist.order().id, "status": status})


@pytest.mark.parametrize(
    ("fields", "columns"),
    [
        ({}, []),
        ({"priority": "STAT"}, ["priority"]),
        ({"priority": None}, []),
        ({"issue_date": "20261102"}, []),
        ({"sps_desc": "Head"}, ["sps_desc"]),
        ({"sps": "S9"}, ["sps_id"]),
        ({"start_time": "100000", "rp_desc": "CT"}, ["rp_desc", "start_time"]),
        ({"steps": [{"sps_id": "S1"}, {"sps_id": "S2"}]}, ["sps_id"]),
    ],
)
def test_differences_are_what_the_sender_says_otherwise_now(worklist, fields, columns):
    assert differences(worklist.turn(), worklist.order(), told(order_of(**fields))) == columns


def test_what_a_rule_made_up_is_no_difference(worklist):
    mapped = order_of(rp_id="X7", rules={"rp_id": "rp_generated"})
    assert differences(worklist.turn(), worklist.order(), told(mapped)) == []


@pytest.mark.parametrize(
    ("status", "booked"), [("booked", True), ("cancelled", False), ("deleted", False)]
)
def test_a_booked_start_is_no_difference(worklist, status, booked):
    book(worklist, status)
    turn, order = worklist.turn(), worklist.order()
    assert is_booked(turn, order) is booked
    found = differences(turn, order, told(order_of(start_time="100000")))
    assert found == ([] if booked else ["start_time"])


def test_a_new_order_leaves_a_booked_start_and_a_change_moves_it(worklist):
    book(worklist)
    turn, order = worklist.turn(), worklist.order()
    take_fields(turn, order, told(order_of("NW", start_time="100000")))
    assert worklist.step().text("start_time") == STEP_FIELDS["start_time"]
    assert "booked_start_kept" in [note.rule for note in turn.notes]
    take_fields(turn, order, told(order_of("XO", start_time="100000")))
    assert worklist.step().text("start_time") == "100000"


def paired(worklist, *ids, **fields):
    mapped = order_of(steps=[{"sps_id": sps} for sps in ids], **fields)
    steps = worklist.rows("step")
    return [row.text("sps_id") if row else None for _, row in pairs(steps, told(mapped))]


def test_steps_go_by_their_ids_and_without_one_by_position(worklist):
    assert paired(worklist, "S1") == ["S1"]
    assert paired(worklist, "S9") == ["S1"], "one step each: it has got another id"
    assert paired(worklist, "S9", study_uid=None) == [None]
    assert paired(worklist, "S1", "S2") == ["S1", None]
    assert paired(worklist, None, "S1") == [None, "S1"]
    assert paired(worklist, None) == ["S1"]


def test_a_step_without_a_station_is_open_until_it_has_one():
    worklist = Worklist()
    worklist.send(order_of(steps=[{"station_aet": None, "open": 1}]))
    assert worklist.step().number("open") == 1
    take_fields(worklist.turn(), worklist.order(), told(order_of("XO")))
    assert worklist.step().number("open") == 0


def test_numbers_fill_what_is_empty_with_their_authority_and_flag_what_differs():
    worklist = Worklist()
    worklist.send(order_of(filler_no=None, filler_authority=None))
    turn, order = worklist.turn(), worklist.order()
    assert fill_numbers(turn, order, order_of().order)
    assert (order.text("filler_no"), order.text("filler_authority")) == ("F1", "PACS")
    assert not fill_numbers(turn, order, order_of(filler_no="F9").order)
    assert order.text("filler_no") == "F1"
    assert "filler_no_changed" in order.list("flags")


@pytest.mark.parametrize("column", ["accession", "study_uid"])
def test_a_number_of_another_patient_is_not_filled_in(worklist, column):
    worklist.send(order_of(**OTHER | {column: None}), patient="815")
    turn, order = worklist.turn(), worklist.order("P2")
    before = order.text(column)
    assert not fill_numbers(turn, order, mapped_of(
        {column: worklist.order("P1").text(column), "accession_authority": "RIS"}, "OBR-18"
    ))  # fmt: skip
    assert order.text(column) == before == ""
    assert [note.rule for note in turn.notes] == [f"{column}_of_other_patient"]


def test_a_step_id_that_is_taken_gets_a_number_and_stays_within_its_length(worklist):
    turn, order = worklist.turn(), worklist.order()
    made = make_step(turn, order, mapped_of({"sps_id": "S1"}, "OBR-20"), told(order_of("XO")))
    assert made.text("sps_id") == "S1-2"
    assert made.list("flags") == ["sps_id_numbered"]
    long = mapped_of({"sps_id": "ABCDEFGHIJKLMNOP"}, "OBR-20")
    ids = [make_step(turn, order, long, told(order_of("XO"))).text("sps_id") for _ in range(3)]
    assert ids == ["ABCDEFGHIJKLMNOP", "ABCDEFGHIJKLMN-2", "ABCDEFGHIJKLMN-3"]
