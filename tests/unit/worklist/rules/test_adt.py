"""Registrations, admissions, transfers, discharges, and their cancels."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.rows import ORDER, PATIENT, STEP, VISIT

sys.path.insert(0, str(Path(__file__).parents[1]))

from persons_kit import Site

PID = "PID|1||1^^^HOSP^MR||DOE^JANE||19700203|F"
PV1 = "PV1|1|I|WARD^1" + "|" * 16 + "V1^^^HOSP"


def seen(outcome):
    return [note.rule for note in outcome.notes]


def only(site, kind):
    (row,) = site.state.all(kind)
    return row


@pytest.fixture
def site() -> Site:
    """A person with an order, then an admission."""
    made = Site()
    made.order(PID, 1)
    made.adt("A01", PID, PV1)
    return made


def test_an_open_order_without_a_visit_gets_the_one_of_an_admission(site):
    assert only(site, ORDER).number("visit") == only(site, VISIT).id
    assert only(site, VISIT).text("status") == "active"


def test_a_planned_visit_takes_no_orders():
    site = Site()
    site.order(PID, 1)
    site.adt("A05", PID, PV1)
    assert only(site, VISIT).text("status") == "planned"
    assert only(site, ORDER).number("visit") == 0


def test_a_discharge_flags_what_is_still_to_be_done_until_it_is_taken_back():
    site = Site("flag_discharged = true")
    site.order(PID, 1)
    site.adt("A01", PID, PV1)
    site.adt("A03", PID, PV1)
    assert only(site, VISIT).text("status") == "discharged"
    assert only(site, VISIT).text("discharged")
    assert "discharged" in only(site, STEP).list("flags")
    site.adt("A13", PID, PV1)
    assert only(site, VISIT).text("status") == "active"
    assert not only(site, VISIT).text("discharged")
    assert "discharged" not in only(site, STEP).list("flags")


def test_a_discharge_flags_nothing_where_the_profile_says_so():
    site = Site("flag_discharged = false")
    site.order(PID, 1)
    site.adt("A01", PID, PV1)
    site.adt("A03", PID, PV1)
    assert only(site, VISIT).text("status") == "discharged"
    assert "discharged" not in only(site, STEP).list("flags")


def test_a_cancelled_admission_flags_its_steps(site):
    site.adt("A11", PID, PV1)
    assert only(site, VISIT).text("status") == "cancelled"
    assert "visit_cancelled" in only(site, STEP).list("flags")


@pytest.mark.parametrize("event", ["A03", "A11", "A13"])
def test_a_late_word_on_a_visit_changes_nothing(site, event):
    before = only(site, VISIT).text("status")
    site.adt(event, PID, PV1, at=-60)
    assert only(site, VISIT).text("status") == before


def test_an_arrival_moves_steps_only_where_the_profile_says_so():
    plain, moving = Site("arrive_on_a10 = false"), Site("arrive_on_a10 = true")
    for site in (plain, moving):
        site.order(PID, 1)
        site.adt("A10", PID, PV1)
    assert only(plain, STEP).text("state") == "SCHEDULED"
    assert "arrival_not_applied" in seen(plain.last)
    assert only(moving, STEP).text("state") == "ARRIVED"


def test_a_person_without_a_name_is_told(site):
    outcome = site.adt("A04", "PID|1||5^^^HOSP^MR", PV1.replace("V1", "V5"))
    assert "name_missing" in " ".join(seen(outcome))


def test_all_allergies_are_told_anew():
    site = Site()
    site.adt("A04", PID, PV1, "AL1|1|DA|^Penicillin|SV")
    assert only(site, PATIENT).text("allergies") or only(site, PATIENT).list("allergies")
    site.adt("A60", PID, PV1)
    assert not only(site, PATIENT).values.get("allergies")


@pytest.mark.parametrize(("event", "kind"), [("A23", VISIT), ("A29", PATIENT)])
def test_a_deleted_person_or_visit_is_kept_inactive(site, event, kind):
    site.adt(event, PID, PV1)
    assert only(site, kind).text("status") == "inactive"
    assert only(site, ORDER).text("accession") == "A1"


@pytest.mark.parametrize("event", ["A23", "A29"])
def test_nobody_is_made_to_be_deleted(site, event):
    outcome = site.adt(event, PID.replace("||1^", "||77^"), PV1)
    assert "patient_unknown" in seen(outcome)
    assert len(list(site.state.all(PATIENT))) == 1
    assert site.adt(event).is_refused


def test_a_visit_that_is_not_theirs_is_not_deleted(site):
    site.adt("A04", PID.replace("||1^", "||2^"), PV1.replace("V1", "V2"))
    assert "visit_unknown" in seen(site.adt("A23", PID, PV1.replace("V1", "V2")))
    assert "visit_unknown" in seen(site.adt("A23", PID, PV1.replace("V1", "V9")))
