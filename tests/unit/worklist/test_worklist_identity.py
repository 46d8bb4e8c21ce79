from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from persons_kit import Site, pid

from hl7console.worklist.likeness import is_same_name, key_of, short_name
from hl7console.worklist.rows import IDENTIFIER, PATIENT, VISIT

PV1 = "PV1|1|I|3W^301^2||||||||||||||||V100^^^HOSP"


# hl7console.worklist.identity: the table of section 2.


def test_a_message_without_any_number_is_refused_at_pid_3():
    site = Site()
    outcome = site.adt("A04", "PID|1||||DOE^JANE||19700203|F")
    assert outcome.is_refused
    assert [(n.rule, n.path) for n in outcome.notes] == [("patient_without_identifier", "PID-3")]


def test_only_authorities_that_are_not_trusted_are_refused():
    site = Site('trusted_authorities = ["HOSP"]')
    assert site.adt("A04", pid("1^^^CITY^MR")).is_refused
    assert not site.adt("A04", pid("1^^^CITY^MR~2")).is_refused
    assert site.state.first(IDENTIFIER, "value", "1", "CITY") is None


def test_unknown_numbers_make_a_person_and_all_are_hers():
    site = Site()
    site.adt("A04", pid("1~9^^^CITY^PI"))
    assert site.person("1") is site.person("9", "CITY")
    assert site.person("1").text("patient_id") == "1"
    assert site.person("1").list("other_ids") == [["9", "CITY", "PI"]]
    assert "created_by_update" not in site.person("1").list("flags")


@pytest.mark.parametrize("event", ["A08", "A31", "A02", "A03"])
def test_an_update_for_nobody_known_makes_a_person_and_flags_it(event: str):
    site = Site()
    site.adt(event, pid("1"), PV1)
    assert "created_by_update" in site.person("1").list("flags")


def test_further_numbers_join_the_person_that_one_of_them_names():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1~9^^^CITY^PI"))
    assert site.person("9", "CITY") is site.person("1")
    assert len(list(site.state.all(PATIENT))) == 1


def test_two_known_persons_are_never_merged_by_a_message_that_names_both():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A04", pid("2^^^CITY^MR", "ROE^RICHARD", "19500101"))
    outcome = site.adt("A08", pid("1~2^^^CITY^MR", "NEW^NAME"))
    assert outcome.is_refused
    assert site.rules() == ["several_persons"]
    assert site.conflicts() == ["several_persons"]
    assert site.person("1") is not site.person("2", "CITY")
    assert site.person("1").text("patient_name") == "DOE^JANE"


def test_name_and_birth_date_that_both_differ_are_held_until_confirmed():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1", "ROE^RICHARD", "19500101"))
    person = site.person("1")
    assert person.text("patient_name") == "DOE^JANE"
    assert "demographic_conflict" in person.list("flags")
    assert not site.last.is_refused


def test_a_name_that_alone_differs_is_taken():
    site = Site()
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1", "ROE^JANE"))
    assert site.person("1").text("patient_name") == "ROE^JANE"
    assert not site.person("1").list("flags")


def test_the_profile_can_switch_the_holding_off():
    site = Site("hold_demographic_conflicts = false")
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1", "ROE^RICHARD", "19500101"))
    assert site.person("1").text("patient_name") == "ROE^RICHARD"


def test_a_merged_number_leads_to_the_survivor_or_is_refused_by_option():
    for options, is_refused in (("", False), ('merged_patient = "refuse"', True)):
        site = Site(options)
        site.adt("A40", pid("1"), "MRG|2^^^HOSP^MR")
        outcome = site.adt("A08", pid("2"))
        assert outcome.is_refused is is_refused
        assert ("patient_merged" if is_refused else "referred_merged") in site.rules()


def test_the_same_number_of_two_hospitals_is_two_persons():
    site = Site()
    site.adt("A04", pid("123"))
    site.adt("A04", pid("123^^^CITY^MR", "ROE^RICHARD", "19500101"))
    assert site.person("123") is not site.person("123", "CITY")


def test_authorities_with_the_same_universal_id_are_one():
    site = Site()
    site.adt("A04", pid("1^^^HOSP&1.2.3&ISO^MR"))
    site.adt("A08", pid("1^^^&1.2.3&ISO^MR", "DOE-NEW^JANE"))
    assert len(list(site.state.all(PATIENT))) == 1
    assert site.person("1").text("patient_name") == "DOE-NEW^JANE"
    assert site.person("1").list("issuer_oid") == ["1.2.3", "ISO"]


def test_a_number_without_authority_is_the_senders_and_flagged():
    site = Site()
    site.adt("A04", pid("1^^^^MR"))
    assert site.identifier("1").list("flags") == ["aa_defaulted"]


def test_a_second_number_of_the_same_domain_is_flagged():
    site = Site()
    site.adt("A04", pid("1~9^^^CITY^PI"))
    site.adt("A08", pid("2~9^^^CITY^PI"))
    assert "second_number" in site.person("1").list("flags")


def test_the_primary_authority_is_shown_once_it_comes():
    site = Site('primary_authority = "CITY"')
    site.adt("A04", pid("1"))
    site.adt("A08", pid("1~9^^^CITY^PI"))
    assert site.person("1").text("patient_id") == "9"
    assert site.person("1").text("issuer") == "CITY"


# hl7console.worklist.persons: what may change.


def test_an_older_message_of_the_same_sender_changes_nothing():
    site = Site()
    site.adt("A31", pid("1", "NEW^JANE"), at=60)
    site.adt("A31", pid("1", "OLD^JANE"), at=30)
    assert site.person("1").text("patient_name") == "NEW^JANE"
    assert "older_than_person" in site.rules()


def test_times_of_two_senders_are_not_compared():
    site = Site()
    site.adt("A31", pid("1", "NEW^JANE"), at=60)
    site.adt("A31", pid("1", "OTHER^JANE"), at=30, sender="LAB")
    assert site.person("1").text("patient_name") == "OTHER^JANE"


def test_null_clears_and_absent_keeps():
    site = Site()
    site.adt("A04", "PID|1||1^^^HOSP^MR||DOE^JANE||19700203|F")
    site.adt("A08", 'PID|1||1^^^HOSP^MR||""||')
    person = site.person("1")
    assert person.text("patient_name") == ""
    assert person.text("sex") == "F"


def test_an_order_only_fills_what_is_empty():
    site = Site()
    site.adt("A04", "PID|1||1^^^HOSP^MR||DOE^JANE")
    site.order(pid("1", "OTHER^JANE"))
    person = site.person("1")
    assert person.text("patient_name") == "DOE^JANE"
    assert person.text("birth_date") == "19700203"


# hl7console.worklist.likeness


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("Říčan^Jiří", "RICAN^Jiri", True),
        ("Łęcka^Żaneta", "Lecka^Zaneta", True),
        ("Strauß^Ærendis", "Strauss^Aerendis", True),
        ("Fanli^Lihua=范例^丽华", "Fanli^Lihua", True),
        ("O'Hara^Ann", "OHARA^ANN^^", True),
        ("Fanli^Lihua=范例^丽华", "Fanli^Lihua=范例^丽", False),
        ("Marlowe^Tess", "Marlowe^Tom", False),
        ("Marlowe^Tess^A", "Marlowe^Tess^B", False),
        ("Marlowe^Tess", "=范例^丽华", False),
        ("Marlowe^Tess", "Tess^Marlowe", False),
    ],
)
def test_names_are_compared_as_systems_with_fewer_letters_write_them(one, other, is_same):
    assert is_same_name(one, other) is is_same_name(other, one) is is_same


def test_persons_that_look_alike_share_a_key_and_are_not_merged():
    site = Site()
    site.adt("A04", pid("1", "Müller^Jörg"))
    site.adt("A04", pid("2^^^CITY^MR", "MULLER^JORG"))
    assert site.person("1").text("likeness") == site.person("2", "CITY").text("likeness") != ""
    assert site.person("1") is not site.person("2", "CITY")


def test_a_key_needs_name_and_birth_date():
    assert key_of("DOE^JANE", "", "F") == key_of("", "19700203", "F") == ""
    assert key_of("DOE^JANE", "19700203", "F") != key_of("DOE^JANE", "19700203", "M")


def test_short_names_leave_marks_and_further_parts_aside():
    assert short_name("O'Neil-Smith^Ann^X^Dr=other") == "ONEILSMITH^ANN"


# hl7console.worklist.visits


def test_an_account_alone_does_not_name_a_numbered_visit():
    site = Site()
    site.adt("A01", pid("1", more="||||||||||ACC1^^^FIN"), PV1)
    site.adt("A01", pid("1", more="||||||||||ACC1^^^FIN"), "PV1|1|O")
    assert len(list(site.state.all(VISIT))) == 2


def test_a_visit_of_another_person_is_left_alone():
    site = Site()
    site.adt("A01", pid("1"), PV1)
    site.adt("A01", pid("2", "ROE^RICHARD", "19500101"), PV1.replace("|I|", "|O|"))
    (visit,) = site.state.all(VISIT)
    assert visit.text("patient_class") == "I"
    assert "visit_of_other_person" in site.rules()


def test_an_older_transfer_does_not_move_the_visit_back():
    site = Site()
    site.adt("A01", pid("1"), PV1, at=1)
    site.adt("A02", pid("1"), PV1.replace("3W^301^2", "ICU^1^1"), at=60)
    site.adt("A02", pid("1"), PV1.replace("3W^301^2", "2N^1^1"), at=30)
    (visit,) = site.state.all(VISIT)
    assert visit.text("location") == "ICU-1-1"
