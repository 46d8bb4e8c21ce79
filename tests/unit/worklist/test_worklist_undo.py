"""Merges, moves, renamings and undo in any order: nobody's number is lost, or on two persons."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

sys.path.insert(0, str(Path(__file__).parent))

from persons_kit import Site, mrg, pid, snapshot

from hl7console.worklist.rows import (
    IDENTIFIER,
    MERGE,
    ORDER,
    PATIENT,
    STEP,
    VISIT,
)

NUMBERS = st.sampled_from(["1", "2", "3", "4"])
ORDERS = st.integers(1, 6)
ACCOUNTS = st.sampled_from(["ACC1", "ACC2"])
NAMES = {"1": "A^B", "2": "C^D", "3": "E^F", "4": "G^H"}
BORN = {"1": "19500101", "2": "19600101", "3": "19700101", "4": "19800101"}


def who(number: str, account: str = "") -> str:
    more = "|" * 10 + f"{account}^^^FIN" if account else ""
    return pid(number, NAMES[number], BORN[number], more)


class Persons(RuleBasedStateMachine):
    """What a site may send about four persons."""

    def __init__(self) -> None:
        super().__init__()
        self.site = Site()
        self.orders: set[str] = set()
        self.numbers: set[str] = set()

    def _took(self, is_refused: bool, *numbers: str) -> None:
        if not is_refused:
            self.numbers |= set(numbers)

    @rule(number=NUMBERS, order=ORDERS, account=ACCOUNTS)
    def order(self, number: str, order: int, account: str) -> None:
        pv1 = "PV1|1|I|3W" + "|" * 16 + f"V{order}^^^HOSP"
        outcome = self.site.order(who(number, account), order, pv1=pv1)
        self._took(outcome.is_refused, number)
        if not outcome.is_refused:
            self.orders.add(f"P{order}")

    @rule(number=NUMBERS, event=st.sampled_from(["A04", "A08", "A31"]))
    def tell(self, number: str, event: str) -> None:
        self._took(self.site.adt(event, who(number)).is_refused, number)

    @rule(survivor=NUMBERS, source=NUMBERS)
    def merge(self, survivor: str, source: str) -> None:
        outcome = self.site.adt("A40", who(survivor), mrg(source))
        self._took(outcome.is_refused, survivor, source)

    @rule(survivor=NUMBERS, source=NUMBERS)
    def merge_by_hand(self, survivor: str, source: str) -> None:
        self.site.operator("merge", source=[source, "HOSP"], survivor=[survivor, "HOSP"])

    @rule(to=NUMBERS, source=NUMBERS, account=ACCOUNTS)
    def move_account(self, to: str, source: str, account: str) -> None:
        outcome = self.site.adt("A44", who(to), mrg(source, f"{account}^^^FIN"))
        self._took(outcome.is_refused, to)

    @rule(to=NUMBERS, source=NUMBERS)
    def move_number(self, to: str, source: str) -> None:
        outcome = self.site.adt("A43", who(to), mrg(source))
        self._took(outcome.is_refused, to, source)

    @rule(new=NUMBERS, old=NUMBERS)
    def rename(self, new: str, old: str) -> None:
        self._took(self.site.adt("A47", who(new), mrg(old)).is_refused, new, old)

    @precondition(lambda self: any(True for _ in self.site.state.all(MERGE)))
    @rule(which=st.integers(0, 20))
    def undo(self, which: int) -> None:
        done = [row for row in self.site.state.all(MERGE) if row.text("status") == "done"]
        if not done:
            return
        entry = done[which % len(done)].number("entry")
        outcome = self.site.operator("void", entry=entry)
        assert not outcome.is_refused
        self.numbers = {row.text("id_value") for row in self.site.state.all(IDENTIFIER)}

    @rule(survivor=NUMBERS, source=NUMBERS)
    def merge_and_undo_at_once(self, survivor: str, source: str) -> None:
        before = snapshot(self.site.state)
        outcome = self.site.adt("A40", who(survivor), mrg(source))
        entry = self.site.messages
        if outcome.is_refused or not self.site.state.find(MERGE, "entry", entry):
            self._took(outcome.is_refused, survivor, source)
            return
        self.site.operator("void", entry=entry)
        assert snapshot(self.site.state) == before

    @invariant()
    def no_number_is_in_use_by_two(self) -> None:
        active = [
            (row.text("id_value"), row.text("authority"))
            for row in self.site.state.all(IDENTIFIER)
            if row.text("status") == "active"
        ]
        assert len(active) == len(set(active))

    @invariant()
    def no_number_is_lost(self) -> None:
        known = {row.text("id_value") for row in self.site.state.all(IDENTIFIER)}
        assert self.numbers <= known

    @invariant()
    def every_row_belongs_to_somebody_who_is_not_merged(self) -> None:
        for kind in (IDENTIFIER, ORDER, VISIT):
            for row in self.site.state.all(kind):
                person = self.site.state.get(PATIENT, row.number("patient"))
                assert person is not None
                assert not person.number("merged_into")

    @invariant()
    def no_order_is_lost(self) -> None:
        orders = {row.text("placer_no"): row for row in self.site.state.all(ORDER)}
        assert self.orders <= set(orders)
        for row in orders.values():
            assert self.site.state.find(STEP, "order", row.id)
            visit = self.site.state.get(VISIT, row.number("visit"))
            assert visit is None or visit.number("patient") == row.number("patient")

    @invariant()
    def nobody_is_merged_in_a_circle(self) -> None:
        for row in self.site.state.all(PATIENT):
            seen = set()
            while row.number("merged_into"):
                assert row.id not in seen
                seen.add(row.id)
                row = self.site.state.get(PATIENT, row.number("merged_into"))

    def teardown(self) -> None:
        again = Site()
        for entry in self.site.journal:
            again.apply(entry)
        assert snapshot(again.state) == snapshot(self.site.state)


Persons.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestPersons = Persons.TestCase
