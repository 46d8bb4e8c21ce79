"""Finding the orders that a message means."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.finding import (
    Keys,
    candidates,
    contradicts,
    keys_of_mapped,
    keys_of_order,
    narrowed,
    orders_of,
    sent,
)
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.rows import ORDER, STEP
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


@pytest.fixture
def turn() -> Turn:
    """Two orders of one accession and study, of which the second has no filler number."""
    made = Turn(State(), MessageEntry(1, 0, b""))
    shared = {"accession": "A1", "accession_authority": "RIS", "study_uid": "1.2", "patient": 1}
    for number, fields in enumerate(({"filler_no": "F1", "filler_authority": "PACS"}, {}), 1):
        own = {"placer_no": f"P{number}", "placer_authority": "RIS", "rp_id": f"RP{number}"}
        order = made.create(ORDER, own | fields | shared | {"rp_code": [f"C{number}", "x", "99"]})
        made.create(STEP, {"order": order.id, "study_uid": "1.2", "sps_id": f"S{number}"})
    return made


def ids(rows) -> list[int]:
    return [row.id for row in rows]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        ({"placer": ("P1", "RIS")}, [1]),
        ({"placer": ("P1", "OTHER")}, []),
        ({"filler": ("F1", "PACS")}, [1]),
        ({"study_uid": "1.2"}, [1, 2]),
        ({"accession": ("A1", "RIS")}, [1, 2]),
        ({"accession": ("A1", "OTHER")}, []),
        ({"placer": ("P2", "RIS"), "filler": ("F1", "PACS")}, [2]),
        ({"placer": ("P9", "RIS"), "accession": ("A1", "RIS")}, [1, 2]),
        ({}, []),
    ],
)
def test_orders_of_the_first_identifier_that_is_known(turn: Turn, keys, found):
    assert ids(orders_of(turn, **keys)) == found


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (Keys(placer=("P1", "RIS")), [1]),
        (Keys(placer=("P2", "RIS"), filler=("F9", "PACS")), [2]),
        (Keys(placer=("P1", "RIS"), filler=("F9", "PACS")), []),
        (Keys(placer=("P9", "RIS"), accession=("A1", "RIS")), []),
        (Keys(filler=("F9", "PACS"), accession=("A1", "RIS")), [2]),
        (Keys(accession=("A1", "RIS")), [1, 2]),
        (Keys(study_uid="1.2"), [1, 2]),
    ],
)
def test_numbers_that_contradict_are_of_another_order(turn: Turn, keys, found):
    assert ids(candidates(turn, keys)) == found


@pytest.mark.parametrize(
    ("values", "steps", "found"),
    [
        ({"rp_id": "RP2"}, [], [2]),
        ({}, ["S1"], [1]),
        ({"rp_code": ["C2", "x", "99"]}, [], [2]),
        ({"rp_id": "RP9"}, ["S9"], [1, 2]),
        ({}, [], [1, 2]),
    ],
)
def test_several_are_narrowed_by_what_else_was_sent(turn: Turn, values, steps, found):
    orders = turn.find(ORDER, "accession", "A1", "RIS")
    mapped_steps = [Mapped({"sps_id": sps_id}) for sps_id in steps]
    assert ids(narrowed(turn, orders, Mapped(dict(values)), mapped_steps)) == found


def test_what_a_rule_made_up_was_not_sent():
    mapped = Mapped({"study_uid": "2.25.1", "rp_id": "A1"}, {}, {"study_uid": "uid_derived"})
    assert sent(mapped, "study_uid") == ""
    assert sent(mapped, "rp_id") == "A1"
    assert sent(mapped, "sps_id") == ""
    assert keys_of_mapped(mapped).study_uid == ""


def test_one_identifier_may_have_been_corrected_two_say_another_order(turn: Turn):
    order = turn.find(ORDER, "placer", "P1", "RIS")[0]
    assert not contradicts(order, Mapped({"accession": "A9", "rp_id": "RP1"}))
    assert contradicts(order, Mapped({"accession": "A9", "rp_id": "RP9"}))
    made_up = Mapped({"accession": "A9", "rp_id": "A9"}, {}, {"rp_id": "rp_is_accession"})
    assert not contradicts(order, made_up)


def test_an_order_waits_under_each_of_its_identifiers(turn: Turn):
    order = turn.find(ORDER, "placer", "P1", "RIS")[0]
    assert keys_of_order(order).texts() == [
        "placer|P1|RIS", "filler|F1|PACS", "accession|A1|RIS", "study|1.2",
    ]  # fmt: skip
