"""Merges, moves, renamings, links, undo and the cross-reference table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from persons_kit import Site, mrg, pid, snapshot

from hl7console.worklist.merging import OF_PERSON
from hl7console.worklist.moving import MOVED
from hl7console.worklist.rows import (
    CONFLICT,
    IDENTIFIER,
    LINK,
    MERGE,
    ORDER,
    PATIENT,
    STEP,
    VISIT,
)
from hl7console.worklist.undo import MemoryHistory, is_void

AREAS = (
    "hl7console.worklist.rules.adt", "hl7console.worklist.rules.adt_event",
    "hl7console.worklist.rules.account_moves", "hl7console.worklist.rules.merges",
    "hl7console.worklist.rules.merge_groups", "hl7console.worklist.rules.links",
    "hl7console.worklist.rules.crossref", "hl7console.worklist.rules.operator_persons",
    "hl7console.worklist.visits", "hl7console.worklist.persons",
)  # fmt: skip
"""Modules that these tests are about."""


def visit(number: str, location: str = "3W^1^1", alternate: str = "") -> str:
    more = "|" * 31 + f"{alternate}^^^HOSP" if alternate else ""
    return f"PV1|1|I|{location}" + "|" * 16 + f"{number}^^^HOSP{more}"


def account(number: str) -> str:
    return "|" * 10 + f"{number}^^^FIN"


def two_with_orders() -> Site:
    site = Site()
    site.order(pid("1"), 1, pv1=visit("V1"))
    site.order(pid("2", "DOE^JANET"), 2, pv1=visit("V2"))
    return site


# Merges.


@pytest.mark.parametrize("event", ["A18", "A30", "A34", "A36", "A39", "A40"])
def test_a_merge_moves_all_and_says_what(event: str):
    site = two_with_orders()
    source = site.person("2")
    site.adt(event, pid("1"), mrg("2"))
    survivor = site.person("1")
    assert site.person("2") is survivor
    assert site.patient_of("P2") is survivor
    assert source.text("status") == "merged"
    assert source.text("likeness") == ""
    assert site.identifier("2").text("status") == "merged"
    assert {v.number("patient") for v in site.state.all(VISIT)} == {survivor.id}
    (merge,) = site.state.all(MERGE)
    kinds = {line[0] for line in merge.list("moved")}
    assert {IDENTIFIER, ORDER, VISIT, PATIENT} <= kinds
    assert merge.number("source") == source.id
    assert set(OF_PERSON) >= {IDENTIFIER, ORDER, VISIT}


def test_other_numbers_of_the_source_stay_in_use():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A04", pid("2~9^^^CITY^PI"))
    site.adt("A40", pid("1"), mrg("2"))
    assert site.identifier("9", "CITY").text("status") == "active"
    assert site.person("9", "CITY") is site.person("1")
    assert site.person("1").list("other_ids") == [["9", "CITY", "PI"]]


def test_a_preview_shows_what_would_move_and_keeps_nothing():
    site = two_with_orders()
    before = snapshot(site.state)
    from hl7console.worklist.entries import InputEntry

    outcome = site.projection.trial(
        InputEntry(-9, 0, "operator", {"action": "merge", "source": ["2", "HOSP"],
                                       "survivor": ["1", "HOSP"]})
    )  # fmt: skip
    assert any(c.kind == ORDER and c.column == "patient" for c in outcome.changes)
    assert snapshot(site.state) == before


def test_what_is_not_known_of_the_survivor_comes_from_the_source():
    site = Site()
    site.adt("A04", "PID|1||2^^^HOSP^MR||DOE^JANE||19700203|F", "AL1|1|DA|PEN^Penicillin|SV")
    site.adt("A40", "PID|1||1^^^HOSP^MR", mrg("2"))
    person = site.person("1")
    assert person.text("patient_name") == "DOE^JANE"
    assert list(person.list("allergies")) == ["Penicillin"]
    assert person.sources["patient_name"].rule == "from_merged"


def test_numbers_of_one_person_the_former_is_retired():
    site = Site()
    site.adt("A04", pid("1~2"))
    site.adt("A40", pid("1"), mrg("2"))
    assert site.identifier("2").text("status") == "merged"
    assert site.person("1").text("patient_id") == "1"
    assert not site.last.is_refused


def test_a_former_number_among_those_of_the_survivor_is_no_second_person():
    site = two_with_orders()
    site.adt("A40", pid("1~2"), mrg("2"))
    assert not site.last.is_refused
    assert site.patient_of("P2") is site.person("1")


def test_mrg_that_names_two_persons_is_refused():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A04", pid("2"))
    site.adt("A04", pid("3^^^CITY^MR"))
    assert site.adt("A40", pid("1"), mrg("2~3^^^CITY^MR")).is_refused
    assert site.conflicts() == ["several_persons"]


@pytest.mark.parametrize(
    ("segments", "rule"),
    [
        ([pid("1")], "merge_without_prior"),
        ([pid("1"), "MRG|"], "merge_without_prior"),
        ([pid("1"), mrg("1")], "merge_into_itself"),
        (["PID|1||", mrg("2")], "patient_without_identifier"),
        ([mrg("2")], "no_pid"),
    ],
)
def test_merges_that_say_too_little_are_refused(segments: list[str], rule: str):
    site = Site()
    assert site.adt("A40", *segments).is_refused
    assert rule in site.rules()


def test_a_chain_of_merges_leads_to_its_end():
    site = Site()
    site.order(pid("1"))
    for survivor, source in (("2", "1"), ("3", "2"), ("4", "3")):
        site.adt("A40", pid(survivor), mrg(source))
    assert site.patient_of("P1") is site.person("4") is site.person("1")
    site.adt("A40", pid("1"), mrg("4"))
    assert site.last.is_refused
    assert "merge_circle" in site.rules()


# Accounts and visits.


def test_a44_moves_only_the_account_and_keeps_a_conflict_where_it_divides_an_accession():
    site = Site()
    site.order(pid("1", more=account("ACC1")), 1, pv1=visit("V1"), accession="A7")
    site.order(pid("1", more=account("ACC2")), 2, pv1=visit("V2"), accession="A7")
    site.adt("A44", pid("5", "ROE^R", "19500101"), mrg("1", account="ACC1^^^FIN"))
    assert site.patient_of("P1") is site.person("5")
    assert site.patient_of("P2") is site.person("1")
    assert site.conflicts() == ["accession_divided"]
    (conflict,) = site.state.all(CONFLICT)
    assert set(conflict.list("patients")) == {site.person("1").id, site.person("5").id}
    assert site.state.first(ORDER, "placer", "P1", "RIS").sources["patient"].rule == MOVED


def test_a44_of_an_unknown_account_moves_nothing_and_asks():
    site = Site()
    site.order(pid("1", more=account("ACC1")), 1, pv1=visit("V1"))
    site.adt("A44", pid("5"), mrg("1", account="ACC9^^^FIN"))
    assert site.patient_of("P1") is site.person("1")
    assert "account_unknown" in site.rules()


def test_a45_repeats_its_group():
    site = Site()
    site.order(pid("1", more=account("ACC1")), 1, pv1=visit("V1"))
    site.order(pid("1", more=account("ACC1")), 2, pv1=visit("V2"))
    site.adt(
        "A45", pid("5", more=account("ACC9")),
        mrg("1", "ACC1^^^FIN", "V1^^^HOSP"), visit("V1"),
        mrg("1", "ACC1^^^FIN", "V2^^^HOSP"), visit("V2"),
    )  # fmt: skip
    assert site.patient_of("P1") is site.patient_of("P2") is site.person("5")
    assert {v.text("account_no") for v in site.state.all(VISIT)} == {"ACC9"}


@pytest.mark.parametrize("event", ["A35", "A41", "A49"])
def test_accounts_of_one_person_get_another_number(event: str):
    site = Site()
    site.adt("A01", pid("1", more=account("ACC1")), visit("V1"))
    site.adt(event, pid("1", more=account("ACC2")), mrg("1", "ACC1^^^FIN"))
    (row,) = site.state.all(VISIT)
    assert row.text("account_no") == "ACC2"


def test_a49_to_an_account_of_another_person_is_refused():
    site = Site()
    site.adt("A01", pid("1", more=account("ACC1")), visit("V1"))
    site.adt("A01", pid("2", more=account("ACC2")), visit("V2"))
    site.adt("A49", pid("1", more=account("ACC2")), mrg("1", "ACC1^^^FIN"))
    assert site.last.is_refused
    assert "number_taken" in site.rules()


def test_a42_merges_two_visits_with_their_orders():
    site = Site()
    site.order(pid("1"), 1, pv1=visit("V1"))
    site.order(pid("1"), 2, pv1=visit("V2"))
    site.adt("A42", pid("1"), mrg("1", visit="V1^^^HOSP"), visit("V2"))
    orders = list(site.state.all(ORDER))
    target = site.state.first(VISIT, "number", "V2", "HOSP")
    assert {order.number("visit") for order in orders} == {target.id}
    site.adt("A08", pid("1"), visit("V1", "ICU^1^1"))
    assert target.text("location") == "ICU-1-1"


def test_a50_to_a_number_in_use_is_refused():
    site = Site()
    site.adt("A01", pid("1"), visit("V1"))
    site.adt("A01", pid("1"), visit("V2"))
    site.adt("A50", pid("1"), mrg("1", visit="V1^^^HOSP"), visit("V2"))
    assert site.last.is_refused


def test_a50_again_is_without_effect():
    site = Site()
    site.adt("A01", pid("1"), visit("V1"))
    for _ in range(2):
        site.adt("A50", pid("1"), mrg("1", visit="V1^^^HOSP"), visit("V9"))
    assert not site.last.is_refused
    assert "renamed_already" in site.rules()
    (row,) = site.state.all(VISIT)
    assert row.text("visit_no") == "V9"


# Numbers of persons.


def test_a43_of_the_last_number_takes_everything_along():
    site = Site()
    site.order(pid("2"), 1, pv1=visit("V1"))
    site.adt("A28", pid("1"))
    site.adt("A43", pid("1"), mrg("2"))
    assert site.identifier("2").text("status") == "active"
    assert site.patient_of("P1") is site.person("1") is site.person("2")


def test_a47_the_old_number_still_leads_to_the_person():
    site = Site()
    site.order(pid("2"))
    person = site.person("2")
    site.adt("A47", pid("1"), mrg("2"))
    assert site.person("1") is person is site.person("2")
    assert person.text("patient_id") == "1"
    site.order(pid("2"), 2)
    assert site.patient_of("P2") is person
    assert "referred_merged" in site.rules()


# Links and operators.


def test_a24_twice_is_one_link_and_a37_takes_it_away():
    site = Site()
    for _ in range(2):
        site.adt("A24", pid("1"), pid("9^^^CITY^MR"))
    assert len(list(site.state.all(LINK))) == 1
    site.adt("A37", pid("1"), pid("9^^^CITY^MR"))
    assert not list(site.state.all(LINK))
    site.adt("A37", pid("1"), pid("9^^^CITY^MR"))
    assert "link_unknown" in site.rules()


def test_a24_with_one_person_only_is_refused():
    site = Site()
    assert site.adt("A24", pid("1")).is_refused


def test_a29_and_a23_leave_a_task_and_a_later_message_revives():
    site = Site()
    site.order(pid("1"), 1, pv1=visit("V1"))
    site.adt("A23", pid("1"), visit("V1"))
    site.adt("A29", pid("1"))
    assert site.person("1").text("status") == "inactive"
    assert site.conflicts() == ["visit_deleted", "person_deleted"]
    site.adt("A31", pid("1"))
    assert site.person("1").text("status") == "active"


def test_an_event_that_the_worklist_has_no_rule_for_is_said_to_be_without_effect():
    site = Site()
    outcome = site.adt("A20", pid("1"))
    assert not outcome.changes
    assert site.rules() == ["event_without_effect"]


def test_a_visit_cancelled_flags_open_steps_only_where_the_profile_says_so():
    for options, flags in (("", ["visit_cancelled"]), ("cancels_visit_flags_rows = false", [])):
        site = Site(options)
        site.order(pid("1"), 1, pv1=visit("V1"))
        site.adt("A11", pid("1"), visit("V1"))
        (step,) = site.state.all(STEP)
        assert list(step.list("flags")) == flags


def test_confirmed_demographics_reach_the_person():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1", "ROE^RICHARD", "19500101"))
    site.operator("confirm_demographics", patient=["1", "HOSP"])
    assert site.person("1").text("patient_name") == "ROE^RICHARD"
    assert not site.person("1").list("flags")
    site.operator("confirm_demographics", patient=["1", "HOSP"])
    assert site.last.is_refused


@pytest.mark.parametrize(
    ("source", "survivor", "rule"),
    [
        (["1", "HOSP"], ["1", "HOSP"], "merge_into_itself"),
        (["7", "HOSP"], ["1", "HOSP"], "operator_names_unknown"),
        ("1", ["1", "HOSP"], "operator_names_nobody"),
        (["2", "HOSP"], ["1", "HOSP"], "merged_already"),
        (["2", "HOSP"], ["3", "HOSP"], "merged_elsewhere"),
    ],
)
def test_merges_by_hand_that_cannot_be(source: object, survivor: object, rule: str):
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A04", pid("3", "ROE^R", "19500101"))
    site.adt("A40", pid("1"), mrg("2"))
    outcome = site.operator("merge", source=source, survivor=survivor)
    assert outcome.is_refused
    assert rule in site.rules()


# Undo.


def test_undo_gives_everything_back_later_messages_included():
    site = two_with_orders()
    site.adt("A40", pid("1"), mrg("2"))
    merge = site.messages
    site.order(pid("2", "DOE^JANET"), 3)
    assert site.patient_of("P3") is site.person("1")
    site.operator("void", entry=merge)
    assert site.patient_of("P1") is site.person("1")
    assert site.patient_of("P2") is site.patient_of("P3") is site.person("2")
    assert site.person("1") is not site.person("2")
    (row,) = site.state.all(MERGE)
    assert row.text("status") == "voided"
    assert row.number("entry") == merge


def test_undo_is_as_if_the_merge_had_never_come():
    site, other = two_with_orders(), two_with_orders()
    site.adt("A40", pid("1"), mrg("2"), at=30)
    site.adt("A08", pid("2", "DOE^JANETTE"), at=40)
    site.operator("void", entry=3)
    other.messages += 1
    other.adt("A08", pid("2", "DOE^JANETTE"), at=40)
    assert snapshot(site.state) == snapshot(other.state)


def test_a_merge_is_undone_once_and_only_what_merged():
    site = two_with_orders()
    site.adt("A40", pid("1"), mrg("2"))
    assert site.operator("void", entry=1).is_refused
    assert "undo_unknown" in site.rules()
    assert not site.operator("void", entry=3).is_refused
    assert site.operator("void", entry=3).is_refused
    assert "undone_already" in site.rules()


def test_a_merge_can_be_done_again_after_its_undo_and_undone_again():
    site = two_with_orders()
    before = snapshot(site.state)
    site.adt("A40", pid("1"), mrg("2"))
    site.operator("void", entry=3)
    assert snapshot(site.state) == before
    site.adt("A40", pid("1"), mrg("2"))
    assert site.person("2") is site.person("1")
    site.operator("void", entry=4)
    assert snapshot(site.state) == before
    assert site.operator("void", entry=3).is_refused


def test_one_undo_leaves_another_merge_of_the_same_persons_in_place():
    site = Site()
    for number, name in (("1", "A^B"), ("2", "C^D"), ("3", "E^F")):
        site.order(pid(number, name), int(number))
    site.adt("A40", pid("1"), mrg("2"))
    site.adt("A40", pid("1"), mrg("3"))
    site.operator("void", entry=4)
    assert site.person("3") is site.person("1")
    assert site.patient_of("P2") is site.person("2") is not site.person("1")
    assert site.patient_of("P3") is site.person("1")


@pytest.mark.parametrize("event", ["A44", "A47"])
def test_moves_and_renamings_are_undone_too(event: str):
    site = Site()
    site.order(pid("1", more=account("ACC1")), 1, pv1=visit("V1"))
    before = snapshot(site.state)
    site.adt(event, pid("5", "ROE^R", "19500101"), mrg("1", "ACC1^^^FIN"))
    assert snapshot(site.state) != before
    site.operator("void", entry=2)
    assert snapshot(site.state) == before


def test_a_rebuild_with_an_undo_gives_the_same_rows():
    site = two_with_orders()
    site.adt("A40", pid("1"), mrg("2"))
    site.order(pid("2", "DOE^JANET"), 3)
    site.operator("void", entry=3)
    site.adt("A08", pid("2", "DOE^JANETTE"))
    again = Site()
    for entry in site.journal:
        again.apply(entry)
    assert [(r.id, r.values) for k in (PATIENT, ORDER, STEP) for r in again.state.all(k)] == [
        (r.id, r.values) for k in (PATIENT, ORDER, STEP) for r in site.state.all(k)
    ]


def test_a_refused_undo_changes_nothing_without_a_history():
    from hl7console.worklist.entries import InputEntry
    from hl7console.worklist.projection import Projection

    site = two_with_orders()
    site.adt("A40", pid("1"), mrg("2"))
    before = snapshot(site.state)
    entry = InputEntry(-1, 0, "operator", {"action": "void", "entry": 3})
    assert is_void(entry)
    outcome, _ = Projection(site.state).apply(entry)
    assert outcome.is_refused
    assert snapshot(site.state) == before


def test_a_history_knows_what_touched_a_row():
    site = two_with_orders()
    site.adt("A40", pid("1"), mrg("2"))
    history = site.history
    assert isinstance(history, MemoryHistory)
    assert list(history.entries_of(PATIENT, site.person("1").id)) == [1, 3]
    assert [e.number for e in history.in_order([3, 1])] == [1, 3]
    assert history.entry(99) is None


# The cross-reference table.


def crossref(site: Site, *rows: object, replace: bool = False) -> None:
    site.tell("crossref", rows=list(rows), replace=replace, source="empi")


def test_a_row_gives_the_person_its_other_numbers():
    site = Site()
    site.adt("A04", pid("1"))
    crossref(site, {"HOSP": "1", "CITY": "9"})
    assert site.person("9", "CITY") is site.person("1")
    site.order(pid("9^^^CITY^MR"))
    assert site.patient_of("P1") is site.person("1")


def test_a_row_of_unknown_numbers_waits_as_a_person_without_name():
    site = Site()
    crossref(site, [["1", "HOSP"], ["9", "CITY", "PI"]])
    site.order(pid("9^^^CITY^PI"))
    assert site.patient_of("P1") is site.person("1")
    assert site.person("1").text("patient_name") == "DOE^JANE"


def test_a_row_that_joins_two_known_persons_is_a_conflict_once():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A04", pid("9^^^CITY^MR"))
    for _ in range(2):
        crossref(site, {"HOSP": "1", "CITY": "9"})
    assert site.conflicts() == ["crossref_conflict"]
    assert site.person("9", "CITY") is not site.person("1")
    assert not site.last.is_refused


def test_a_row_with_another_number_of_a_known_domain_is_a_conflict():
    site = Site()
    site.adt("A04", pid("1~9^^^CITY^MR"))
    crossref(site, {"HOSP": "1", "CITY": "10"})
    assert site.conflicts() == ["crossref_conflict"]
    assert site.state.first(IDENTIFIER, "value", "10", "CITY") is None


def test_a_new_table_withdraws_what_only_the_former_one_gave():
    site = Site()
    site.adt("A04", pid("1"))
    crossref(site, {"HOSP": "1", "CITY": "9"})
    crossref(site, {"HOSP": "1", "TOWN": "7"}, replace=True)
    assert site.identifier("9", "CITY").text("status") == "withdrawn"
    assert site.person("1").list("other_ids") == [["7", "TOWN", ""]]
    site.adt("A04", pid("9^^^CITY^MR", "ROE^R", "19500101"))
    assert len(list(site.state.all(PATIENT))) == 2


def test_rows_with_fewer_than_two_numbers_are_flagged():
    site = Site()
    crossref(site, {"HOSP": "1"}, "nonsense", [["1"]])
    assert site.rules().count("crossref_row_unusable") == 3
    assert not list(site.state.all(PATIENT))


def test_a43_takes_only_what_came_under_the_number_along():
    site = Site()
    site.adt("A28", pid("2~9^^^CITY^PI"))
    site.order(pid("2"), 1, pv1=visit("V1"))
    site.order(pid("9^^^CITY^PI"), 2, pv1=visit("V2"))
    site.adt("A28", pid("1"))
    site.adt("A43", pid("1"), mrg("9^^^CITY^PI"))
    assert site.patient_of("P1") is site.person("2")
    assert site.patient_of("P2") is site.person("1") is site.person("9", "CITY")
    assert site.state.first(VISIT, "number", "V2", "HOSP").number("patient") == site.person("1").id
    assert site.person("2").text("status") == "active"


def test_an_undo_in_the_middle_of_others_leaves_persons_that_have_no_part_in_it_alone():
    site = two_with_orders()
    site.order(pid("7", "X^Y", "19900101"), 7)
    (third,) = [row for row in site.state.all(ORDER) if row.text("placer_no") == "P7"]
    site.adt("A40", pid("1"), mrg("2"))
    site.operator("void", entry=4)
    assert site.state.first(ORDER, "placer", "P7", "RIS") is third
    assert not [c for c in site.last.changes if (c.kind, c.row_id) == (ORDER, third.id)]


def test_values_that_an_operator_dropped_are_held_again_when_they_come_again():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1", "ROE^RICHARD", "19500101"))
    site.operator("confirm_demographics", patient=["1", "HOSP"], accept=False)
    assert site.person("1").text("patient_name") == "DOE^JANE"
    site.adt("A08", pid("1", "ROE^RICHARD", "19500101"))
    assert "demographic_conflict" in site.person("1").list("flags")


def test_an_undo_maps_each_message_by_the_profile_of_its_time():
    site = Site()
    for zone, number in (("CITY", "1"), ("TOWN", "2")):
        text = f'base = "default"\n[options]\ndefault_authority = "{zone}"\n'
        site.tell("profile", listener="main", name="case", text=text)
        site.adt("A04", pid(f"{number}^^^^MR"))
    site.adt("A40", pid("2^^^TOWN^MR"), mrg("3^^^TOWN^MR"))
    site.adt("A40", pid("1^^^CITY^MR"), mrg("4^^^CITY^MR"))
    before = [row.values for row in site.state.all("listener")]
    site.operator("void", entry=4)
    site.operator("void", entry=3)
    assert site.person("1", "CITY")
    assert site.person("2", "TOWN")
    assert site.state.first(IDENTIFIER, "value", "1", "TOWN") is None
    assert [row.values for row in site.state.all("listener")] == before
    site.adt("A04", pid("9^^^^MR"))
    assert site.person("9", "TOWN")
