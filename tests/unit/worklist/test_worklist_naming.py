"""What people call columns and flags: hl7console.worklist.naming."""

from __future__ import annotations

import pytest

from hl7console.worklist import naming
from hl7console.worklist.turn import Change


def change(column: str, new: object, old: object = None, kind: str = "step") -> Change:
    return Change(kind, 1, column, old, new, "", "")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "column",
    ["state_event", "last_event", "state_rank", "state_entry", "control", "status_code", "wanted",
     "patient", "order", "filler_authority", "placer_issuer", "named_ids"],
)  # fmt: skip
def test_what_only_rules_need_is_not_told(column):
    assert not naming.told([change(column, "X")])


def test_the_state_time_station_and_patient_come_first():
    told = naming.told(
        [change(column, "X") for column in
         ("institution", "patient_name", "station_aet", "start_time", "state", "accession")]
    )  # fmt: skip
    assert [each.column for each in told] == [
        "state", "start_time", "station_aet", "patient_name", "accession", "institution",
    ]  # fmt: skip


def test_an_active_person_is_no_news_but_one_that_becomes_active_again_is():
    assert not naming.told([change("status", "active", kind="patient")])
    assert naming.told([change("status", "active", "merged", kind="patient")])


def test_lists_and_numbers_are_values_too():
    assert naming.told([change("station_aet", ["CT1"]), change("number", 3), change("code", ())])


def test_the_same_value_of_two_rows_is_told_once():
    both = [change("study_uid", "2.25.1", kind=kind) for kind in ("order", "step")]
    assert len(naming.told(both)) == 1
    assert len(naming.told([*both, change("study_uid", "2.25.2")])) == 2


def test_a_status_says_of_what_it_is():
    assert naming.column_name("status", "appointment") == "appointment status"
    assert naming.column_name("status", "patient") == "status"
    assert naming.column_name("rp_desc") == "procedure"
    assert naming.column_name("patient_age") == "patient age"


def test_flags_are_words():
    assert naming.flag_name("aa_defaulted") == "authority assumed"
    assert naming.flag_name("moved_after_start") == "moved after start"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Fanli^Xiaoming=范例^小明", "Fanli^Xiaoming 范例^小明"),
        ("Mfano^Baraka^^^", "Mfano^Baraka"),
        ("=范例^小明", "范例^小明"),
        (None, ""),
    ],
)
def test_letters_stand_before_other_scripts(name, shown):
    assert naming.person_name(name) == shown
