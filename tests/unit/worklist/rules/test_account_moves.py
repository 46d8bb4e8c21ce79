"""Accounts, visits and their numbers, by A41 to A45, A49, A50 and A51."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rows import ORDER, VISIT

sys.path.insert(0, str(Path(__file__).parents[1]))

from persons_kit import Site


def pid(number="1", account=""):
    return f"PID|1||{number}^^^HOSP^MR||DOE^JANE||19700203|F||||||||||{account}"


def pv1(visit="", alternate=""):
    return "PV1|1|O" + "|" * 17 + visit + "|" * 31 + alternate


def mrg(number="1", account="", visit="", alternate=""):
    return f"MRG|{number}^^^HOSP^MR||{account}||{visit}|{alternate}"


@pytest.fixture
def site() -> Site:
    """Person 1 with visit V1 of account ACC and an order; person 2 with visit V2."""
    made = Site()
    made.adt("A04", pid("1", "ACC^^^HOSP"), pv1("V1^^^HOSP", "ALT1"))
    made.order(pid("1"), 1, pv1=pv1("V1^^^HOSP"))
    made.adt("A04", pid("2", "OTHER^^^HOSP"), pv1("V2^^^HOSP"))
    return made


def visit(site, number="V1"):
    (found,) = site.state.find(VISIT, "number", number, "HOSP")
    return found


def rules(outcome):
    return [note.rule for note in outcome.notes]


def owner(site, row):
    return site.state.get("patient", row.number("patient")).text("patient_id")


def test_the_fixture_is_what_it_says(site):
    (order,) = site.state.all(ORDER)
    assert order.number("visit") == visit(site).id
    assert visit(site).text("account_no") == "ACC"
    assert visit(site).text("alternate_visit") == "ALT1"


@pytest.mark.parametrize("event", ["A41", "A49"])
def test_an_account_gets_another_number(site, event):
    site.adt(event, pid("1", "NEW^^^HOSP"), mrg("1", "ACC^^^HOSP"))
    assert visit(site).text("account_no") == "NEW"
    again = site.adt(event, pid("1", "NEW^^^HOSP"), mrg("1", "ACC^^^HOSP"))
    assert "merged_already" in rules(again)


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        ("", "NEW^^^HOSP", "prior_number_missing"),
        ("ACC^^^HOSP", "", "new_number_missing"),
        ("ACC^^^HOSP", "ACC^^^HOSP", "merge_into_itself"),
    ],
)
def test_a_merge_of_accounts_needs_two_numbers(site, old, new, rule):
    outcome = site.adt("A41", pid("1", new), mrg("1", old))
    assert outcome.is_refused
    assert rule in rules(outcome)
    assert visit(site).text("account_no") == "ACC"


def test_an_account_number_of_somebody_else_is_not_given(site):
    outcome = site.adt("A49", pid("1", "OTHER^^^HOSP"), mrg("1", "ACC^^^HOSP"))
    assert (outcome.is_refused, rules(outcome)) == (True, ["number_taken"])


def test_an_account_that_nobody_knows_is_told(site):
    assert "account_unknown" in rules(site.adt("A41", pid("1", "NEW"), mrg("1", "NONE")))


def test_an_account_moves_to_another_person_with_its_orders(site):
    site.adt("A44", pid("2", "ACC^^^HOSP"), mrg("1", "ACC^^^HOSP"))
    (order,) = site.state.all(ORDER)
    assert (owner(site, visit(site)), owner(site, order)) == ("2", "2")
    assert visit(site).text("account_no") == "ACC"


@pytest.mark.parametrize(
    ("target", "prior", "rule"),
    [
        ("1", mrg("1", "ACC^^^HOSP"), "moved_already"),
        ("2", mrg("1", "NONE^^^HOSP"), "account_unknown"),
        ("2", mrg("1", ""), "prior_number_missing"),
        ("2", mrg("9", "ACC^^^HOSP"), "moved_person_unknown"),
    ],
)
def test_an_account_that_does_not_move_is_told(site, target, prior, rule):
    assert rule in rules(site.adt("A44", pid(target), prior))
    assert owner(site, visit(site)) == "1"


def test_a_visit_moves_to_another_person_and_account(site):
    site.adt("A45", pid("2", "NEW^^^HOSP"), mrg("1", "ACC^^^HOSP", "V1^^^HOSP"), pv1("V1^^^HOSP"))
    assert owner(site, visit(site)) == "2"
    assert visit(site).text("account_no") == "NEW"


def test_a_visit_named_in_pv1_only_moves_too(site):
    site.adt("A45", pid("2"), mrg("1", "ACC^^^HOSP"), pv1("V1^^^HOSP"))
    assert owner(site, visit(site)) == "2"


def test_a_visit_of_a_third_person_does_not_move(site):
    site.adt("A04", pid("3"), pv1("V3^^^HOSP"))
    outcome = site.adt("A45", pid("3"), mrg("2", "", "V1^^^HOSP"))
    assert (outcome.is_refused, rules(outcome)) == (True, ["visit_of_other_person"])
    assert "visit_unknown" in rules(site.adt("A45", pid("3"), mrg("2", "", "V9^^^HOSP")))


def test_two_visits_become_one_with_all_orders(site):
    site.adt("A42", pid("1"), mrg("1", "", "V1^^^HOSP"), pv1("V5^^^HOSP"))
    (order,) = site.state.all(ORDER)
    assert order.number("visit") == visit(site, "V5").id
    assert visit(site).text("status") == "merged"
    again = site.adt("A42", pid("1"), mrg("1", "", "V1^^^HOSP"), pv1("V5^^^HOSP"))
    assert "merged_already" in rules(again)


def test_a_visit_is_not_merged_into_one_of_another_person(site):
    outcome = site.adt("A42", pid("1"), mrg("1", "", "V1^^^HOSP"), pv1("V2^^^HOSP"))
    assert outcome.is_refused
    assert "visit_unknown" in rules(
        site.adt("A42", pid("1"), mrg("1", "", "V9^^^HOSP"), pv1("V1^^^HOSP"))
    )


def test_a_visit_gets_another_number_once_and_only_a_free_one(site):
    message = (pid("1"), mrg("1", "", "V1^^^HOSP"), pv1("V7^^^HOSP"))
    site.adt("A50", *message)
    (order,) = site.state.all(ORDER)
    assert order.number("visit") == visit(site, "V7").id
    assert "renamed_already" in rules(site.adt("A50", *message))
    taken = site.adt("A50", pid("1"), mrg("1", "", "V7^^^HOSP"), pv1("V2^^^HOSP"))
    assert (taken.is_refused, rules(taken)) == (True, ["number_taken"])
    unknown = site.adt("A50", pid("1"), mrg("1", "", "V9^^^HOSP"), pv1("V8^^^HOSP"))
    assert "visit_unknown" in rules(unknown)


def test_a_visit_gets_another_alternate_number(site):
    site.adt("A51", pid("1"), mrg("1", "", "", "ALT1"), pv1("V1^^^HOSP", "ALT2"))
    assert visit(site).text("alternate_visit") == "ALT2"
    again = site.adt("A51", pid("1"), mrg("1", "", "", "ALT1"), pv1("V1^^^HOSP", "ALT2"))
    assert "visit_unknown" in rules(again)
