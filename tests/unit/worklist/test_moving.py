"""What goes along when visits, accounts and numbers move between persons, and what stays."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.moving import (
    merge_account,
    merge_visit,
    move_identifiers,
    move_visits,
    rename_visit,
)
from hl7console.worklist.rows import (
    APPOINTMENT,
    CONFLICT,
    EXAM,
    IDENTIFIER,
    MERGE,
    ORDER,
    PATIENT,
    REPORT,
    STEP,
    VISIT,
)
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


class Ward:
    """Two persons; the first has two visits with an order each, and what belongs to those."""

    def __init__(self) -> None:
        self.turn = turn = Turn(State(), MessageEntry(7, 7_000_000, b""))
        self.one, self.two = (turn.create(PATIENT, {"patient_name": n}) for n in ("DOE", "ROE"))
        self.ids = [
            turn.create(IDENTIFIER, {
                "patient": self.one.id, "id_value": number, "authority": "HOSP",
                "status": "active", "type": "MR",
            })
            for number in ("1", "2")
        ]  # fmt: skip
        self.visits, self.orders, self.steps = [], [], []
        for n in (1, 2):
            visit = turn.create(VISIT, {
                "patient": self.one.id, "visit_no": f"V{n}", "visit_authority": "HOSP",
                "account_no": "ACC", "account_authority": "HOSP", "status": "active",
            })  # fmt: skip
            order = turn.create(ORDER, {
                "patient": self.one.id, "visit": visit.id, "accession": f"A{n}",
                "accession_authority": "RIS", "study_uid": f"1.{n}",
                "named_ids": [[str(n), "HOSP"]],
            })  # fmt: skip
            self.visits.append(visit)
            self.orders.append(order)
            self.steps.append(turn.create(STEP, {
                "order": order.id, "study_uid": f"1.{n}", "sps_id": "S", "state": "SCHEDULED",
            }))  # fmt: skip
        first, second = self.orders
        self.report = turn.create(
            REPORT, {"patient": self.one.id, "order": first.id, "also_orders": [second.id]}
        )
        self.booking = turn.create(APPOINTMENT, {"patient": self.one.id, "order": first.id})
        self.exam = turn.create(EXAM, {
            "patient": self.one.id, "steps": [s.id for s in self.steps],
            "orders": [first.id, second.id],
        })  # fmt: skip

    def move_first_visit(self, **options):
        return move_visits(
            self.turn, self.visits[:1], self.one, self.two, cause="A45", path="MRG-5", **options
        )


@pytest.fixture
def ward() -> Ward:
    return Ward()


def owner(*rows):
    return [row.number("patient") for row in rows]


def test_a_visit_takes_its_orders_and_what_belongs_to_them_along(ward):
    told = ward.move_first_visit()
    two, one = ward.two.id, ward.one.id
    assert owner(ward.visits[0], ward.orders[0], ward.report, ward.booking) == [two] * 4
    assert owner(ward.visits[1], ward.orders[1]) == [one] * 2
    assert told.kind == MERGE
    assert (told.text("what"), told.text("cause")) == ("move", "A45")


def test_what_was_joined_to_orders_of_both_persons_stays_with_one(ward):
    ward.move_first_visit()
    assert not ward.report.list("also_orders")
    assert owner(ward.exam) == [ward.two.id]
    assert ward.exam.list("steps") == [ward.steps[0].id]
    assert ward.exam.list("orders") == [ward.orders[0].id]


def test_a_moved_visit_may_get_another_account(ward):
    ward.move_first_visit(account=("NEW", "HOSP"))
    assert [v.text("account_no") for v in ward.visits] == ["NEW", "ACC"]
    assert ward.visits[0].source("account_no").path == "MRG-5"


def test_an_accession_number_that_two_persons_have_then_is_a_conflict_once(ward):
    ward.turn.set(ward.orders[1], "accession", "A1")
    ward.move_first_visit()
    assert "accession_divided" in ward.orders[0].list("flags")
    (conflict,) = ward.turn.state.all(CONFLICT)
    assert conflict.list("patients") == [ward.one.id, ward.two.id]
    assert [n.rule for n in ward.turn.notes].count("accession_divided") >= 1


def test_a_step_that_has_begun_goes_along_flagged(ward):
    ward.turn.set(ward.steps[0], "state", "STARTED")
    ward.move_first_visit()
    flagged = [*ward.orders[0].list("flags"), *ward.steps[0].list("flags")]
    assert flagged
    assert not ward.orders[1].list("flags")
    assert not ward.steps[1].list("flags")


def test_a_number_takes_the_orders_along_that_named_it(ward):
    move_identifiers(ward.turn, ward.ids[:1], ward.one, ward.two, cause="A43", path="MRG-1")
    assert owner(ward.ids[0], ward.orders[0], ward.visits[0]) == [ward.two.id] * 3
    assert owner(ward.ids[1], ward.orders[1], ward.visits[1]) == [ward.one.id] * 3
    assert ward.one.text("status") != "inactive"


def test_the_last_number_takes_everything_along_and_leaves_a_person_inactive(ward):
    move_identifiers(ward.turn, ward.ids, ward.one, ward.two, cause="A43", path="MRG-1")
    rows = (*ward.ids, *ward.orders, *ward.visits, ward.report, ward.booking, ward.exam)
    assert set(owner(*rows)) == {ward.two.id}
    assert ward.one.text("status") == "inactive"


def test_a_visit_stays_where_one_of_its_orders_stays(ward):
    ward.turn.set(ward.orders[1], "visit", ward.visits[0].id)
    move_identifiers(ward.turn, ward.ids[:1], ward.one, ward.two, cause="A43", path="MRG-1")
    assert owner(ward.orders[0], ward.visits[0]) == [ward.two.id, ward.one.id]


def test_accounts_are_merged_within_a_person(ward):
    old, new = ("ACC", "HOSP"), ("NEW", "HOSP")
    assert merge_account(ward.turn, ward.one, old, new, cause="A41", path="MRG-3")
    assert [v.text("account_no") for v in ward.visits] == ["NEW", "NEW"]
    assert owner(*ward.visits) == [ward.one.id] * 2
    assert not merge_account(ward.turn, ward.one, old, new, cause="A41", path="MRG-3")


def test_two_visits_become_one(ward):
    merge_visit(ward.turn, *ward.visits, cause="A42", path="MRG-5")
    old, new = ward.visits
    assert [o.number("visit") for o in ward.orders] == [new.id, new.id]
    assert (old.text("status"), old.number("merged_into")) == ("merged", new.id)


def test_a_visit_gets_another_number_and_keeps_all_else(ward):
    rename_visit(ward.turn, ward.visits[0], {"visit_no": "V9"}, cause="A50", path="PV1-19")
    assert ward.turn.find(VISIT, "number", "V9", "HOSP") == [ward.visits[0]]
    assert ward.orders[0].number("visit") == ward.visits[0].id
    (told,) = ward.turn.state.all(MERGE)
    assert told.text("what") == "rename"
    rename_visit(ward.turn, ward.visits[0], {"visit_no": "V9"}, cause="A50", path="PV1-19")
    assert len(list(ward.turn.state.all(MERGE))) == 1
