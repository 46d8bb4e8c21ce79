"""Which visit a message speaks of."""

from __future__ import annotations

import pytest

from hl7console.worklist import visits as visits_module
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapped import Mapped
from hl7console.worklist.rows import PATIENT, VISIT
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn
from hl7console.worklist.visits import find, of_account, of_number, resolve

V1 = {"visit_no": "V1", "visit_authority": "HOSP"}
ACC = {"account_no": "ACC", "account_authority": "HOSP"}
T1, T2 = "20261103080000", "20261103090000"


class Desk:
    def __init__(self) -> None:
        self.turn = Turn(State(), MessageEntry(1, 1, b""))
        self.one, self.two = (self.turn.create(PATIENT, {"patient_name": n}) for n in "AB")

    def told(self, values, person=None, **options):
        mapped = Mapped(dict(values), dict.fromkeys(values, "PV1-19"))
        return resolve(self.turn, person or self.one, mapped, source="main|RIS|HOSP", **options)

    def visit(self, **values):
        return self.turn.create(VISIT, {"patient": self.one.id} | values)

    def notes(self):
        return [note.rule for note in self.turn.notes]


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_nothing_said_is_no_visit(desk):
    assert desk.told({}) is None
    assert list(desk.turn.state.all(VISIT)) == []


@pytest.mark.parametrize(
    ("event", "status"), [("A01", "active"), ("A05", "planned"), ("order", "active")]
)
def test_a_visit_is_made_once(desk, event, status):
    made = desk.told(V1, event=event, event_time=T1)
    assert made.text("status") == status
    assert desk.told(V1, event=event, event_time=T1) is made


def test_an_order_fills_what_is_empty_and_an_admission_replaces(desk):
    made = desk.told(V1 | {"location": "WARD"}, event="A01", event_time=T1)
    desk.told(V1 | {"location": "ICU", "patient_class": "I"})
    assert (made.text("location"), made.text("patient_class")) == ("WARD", "I")
    desk.told(V1 | {"location": "ICU"}, event="A02", event_time=T2)
    assert made.text("location") == "ICU"
    desk.told(V1 | {"location": "WARD"}, event="A08", event_time=T1)
    assert made.text("location") == "ICU"
    assert desk.notes() == ["older_than_visit"]


def test_a_visit_of_another_person_is_flagged_and_not_taken(desk):
    made = desk.told(V1)
    assert desk.told(V1 | {"location": "ICU"}, desk.two) is None
    assert desk.notes() == ["visit_of_other_person"]
    assert made.number("patient") == desk.one.id
    assert not made.text("location")


def test_merges_are_followed_and_a_circle_ends(desk):
    last = desk.visit(visit_no="V3", visit_authority="HOSP")
    desk.visit(visit_no="V2", visit_authority="HOSP", merged_into=last.id)
    assert of_number(desk.turn, "V2", "HOSP") is last
    assert of_number(desk.turn, "V2", "LAB") is None
    assert of_number(desk.turn, "", "HOSP") is None
    desk.turn.set(last, "merged_into", last.id)
    assert of_number(desk.turn, "V2", "HOSP") is last


def test_an_account_alone_names_only_the_visit_without_a_number(desk):
    numbered = desk.visit(**V1, **ACC)
    desk.visit(**ACC, merged_into=numbered.id)
    assert of_account(desk.turn, "ACC", "HOSP") == [numbered]
    assert of_account(desk.turn, "ACC", "HOSP", desk.two) == []
    assert of_account(desk.turn, "", "HOSP") == []
    assert find(desk.turn, desk.one, Mapped(dict(ACC))) is None
    plain = desk.visit(**ACC)
    assert find(desk.turn, desk.one, Mapped(dict(ACC))) is plain
    assert find(desk.turn, desk.two, Mapped(dict(ACC))) is None


def test_without_any_number_an_order_takes_only_a_visit_that_says_the_same(desk):
    desk.visit(**V1)
    plain = desk.visit(location="ICU", patient_class="I")
    same, other = Mapped({"location": "ICU"}), Mapped({"location": "WARD"})
    assert find(desk.turn, desk.one, same, is_order=True) is plain
    assert find(desk.turn, desk.one, other, is_order=True) is None
    assert find(desk.turn, desk.one, other) is plain
    assert find(desk.turn, desk.two, other) is None


def test_the_field_that_names_the_visit_is_told(desk):
    assert visits_module._path(Mapped({}, {"account_no": "PID-18"})) == "PID-18"
    assert visits_module._path(Mapped()) == "PV1"
