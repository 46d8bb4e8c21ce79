"""Order messages in any order, late, early, twice, of two patients: what must always hold."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hl7console.worklist.rows import IDENTIFIER, ORDER, PATIENT, STEP, WAITING
from hl7console.worklist.rules.orders_waiting import retry
from hl7console.worklist.states import FINAL, SERVED, Rank, StepState, request_state

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import Worklist, bare, order_of

TIMES = st.integers(8, 20).map(lambda hour: f"20261103{hour:02}0000")
NUMBERS = st.integers(1, 3)
PATIENTS = st.sampled_from(["4711", "4711", "4711", "815"])
BARE = st.sampled_from(
    ["CA CA", "CA ", "DC ", "OC ", "CR ", "UA ", "HD ", "RL ", "SC IP", "SC CM", "SC SC", "SC DC",
     "SC HD", "SC ER", "XO ", "XO SC", "NA ", "OK ", "UC ", "RP ", "PA ", "ZZ ", "CA SC"]
)  # fmt: skip
FULL = st.sampled_from(["NW SC", "NW SC", "NW ", "NW HD", "XO SC", "XO ", " SC", "RO SC", "CH SC"])
LISTENERS = st.sampled_from(["main", "main", "other"])


def numbers(number: int) -> dict[str, str]:
    return {
        "placer_no": f"P{number}", "filler_no": f"F{number}", "accession": f"A{number}",
        "rp_id": f"R{number}", "study_uid": f"1.2.{number}",
    }  # fmt: skip


class Orders(RuleBasedStateMachine):
    """Sends orders and looks at what became of them."""

    def __init__(self):
        super().__init__()
        self.worklist = Worklist()
        self.known: dict[int, int] = {}
        self.steps: set[int] = set()
        self.ended: dict[int, str] = {}
        self.joined = False

    @rule(
        number=NUMBERS, told=FULL, at=TIMES, patient=PATIENTS, listener=LISTENERS,
        priority=st.sampled_from(["ROUTINE", "STAT"]), start=st.sampled_from(["093000", None]),
    )  # fmt: skip
    def send_full(self, number, told, at, patient, listener, priority, start):
        control, status = told.split(" ")
        order = order_of(control, status, at=at, sps=f"S{number}", priority=priority,
                         start_time=start, **numbers(number))  # fmt: skip
        self.send(number, at, order, patient=patient, listener=listener)

    @rule(number=NUMBERS, told=BARE, at=TIMES, patient=PATIENTS, listener=LISTENERS)
    def send_bare(self, number, told, at, patient, listener):
        control, status = told.split(" ")
        order = bare(control, status, at=at, placer_no=f"P{number}")
        self.send(number, at, order, patient=patient, listener=listener)

    @rule(number=NUMBERS, at=TIMES)
    def steal_accession(self, number, at):
        """An order of somebody else with the accession number of this one."""
        own = numbers(number + 10) | {"accession": f"A{number}"}
        self.send(None, at, order_of(at=at, sps=f"S{number + 10}", **own), patient="99")

    @rule(first=NUMBERS, second=NUMBERS, at=TIMES, patient=PATIENTS)
    def send_two(self, first, second, at, patient):
        both = dict.fromkeys((first, second))
        orders = [order_of(at=at, sps=f"S{n}", **numbers(n)) for n in both]
        self.send(None, at, *orders, patient=patient)

    @precondition(lambda self: self.worklist.rows(STEP))
    @rule(data=st.data(), state=st.sampled_from(list(StepState)))
    def perform(self, data, state):
        step = data.draw(st.sampled_from(self.worklist.rows(STEP)))
        request_state(self.worklist.turn(), step, state, Rank.MPPS, path="", rule="mpps")

    @precondition(lambda self: not self.joined and len(self.worklist.rows(PATIENT)) > 1)
    @rule()
    def join_persons(self):
        """The second person turns out to be the first."""
        turn = self.worklist.turn()
        first, second = self.worklist.rows(PATIENT)[:2]
        self.joined = True
        for kind in (IDENTIFIER, ORDER, WAITING):
            for row in turn.find(kind, "patient", second.id):
                turn.set(row, "patient", first.id)
        turn.set(second, "merged_into", first.id)
        self.known = {number: row.number("patient") for number, row in self.orders().items()}
        retry(turn, first)

    def orders(self):
        return {row.id: row for row in self.worklist.rows(ORDER)}

    def send(self, number, at, *orders, **rest):
        before = {
            step.id: (step.text("state"), self.orders()[step.number("order")])
            for step in self.worklist.rows(STEP)
        }
        times = {
            step_id: {claim[0]: claim[1] for claim in order.list("last_event")}
            for step_id, (_, order) in before.items()
        }
        everything = snapshot(self.worklist)
        outcome = self.worklist.send(*orders, **rest)
        if outcome.is_refused:
            assert snapshot(self.worklist) == everything
            return
        source = f"{rest.get('listener', 'main')}|RIS|HOSP"
        after = {step.id: step.text("state") for step in self.worklist.rows(STEP)}
        for step_id, (state, _) in before.items():
            is_late = at < times[step_id].get(source, "")
            if state in FINAL and is_late:
                assert after[step_id] == state, "a late message took a final state back"

    @invariant()
    def no_order_changes_its_patient(self):
        now = {number: row.number("patient") for number, row in self.orders().items()}
        assert self.known.items() <= now.items()
        assert all(now.values())
        self.known = now

    @invariant()
    def no_row_is_lost(self):
        now = {step.id for step in self.worklist.rows(STEP)}
        assert self.steps <= now
        self.steps = now
        assert {step.number("order") for step in self.worklist.rows(STEP)} == set(self.orders())

    @invariant()
    def every_step_has_a_state_and_a_key_of_its_own(self):
        steps = self.worklist.rows(STEP)
        assert all(step.text("state") in set(StepState) for step in steps)
        numbered = [step for step in steps if step.text("sps_id")]
        keys = [(step.text("study_uid"), step.text("sps_id")) for step in numbered]
        assert len(keys) == len(set(keys))

    @invariant()
    def nothing_incomplete_is_served(self):
        for step in self.worklist.rows(STEP):
            assert not (step.text("state") in SERVED and step.list("missing"))
            assert not (step.text("wanted") and not step.list("missing"))

    @invariant()
    def an_accession_is_of_one_person(self):
        owners: dict[str, set[int]] = {}
        for order in self.worklist.rows(ORDER):
            owners.setdefault(order.text("accession"), set()).add(order.number("patient"))
        assert all(len(persons) == 1 for accession, persons in owners.items() if accession)


def snapshot(worklist):
    """Return all rows by value."""
    return [
        (kind, row.id, dict(row.values))
        for kind in (PATIENT, IDENTIFIER, ORDER, STEP, WAITING)
        for row in worklist.rows(kind)
    ]


TestOrders = Orders.TestCase
TestOrders.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)  # fmt: skip
