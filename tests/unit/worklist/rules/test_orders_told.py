"""What one ORC asks for: the state, the line of the table, who may say so, and which steps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.profiles.options import Options
from hl7console.worklist.rules.orders_told import told_by
from hl7console.worklist.states import Rank

sys.path.insert(0, str(Path(__file__).parents[1]))

from orders_kit import bare, mapped_of, order_of

SOURCE = "main|RIS|HOSP"


def told(mapped, overrides=None, code=None):
    return told_by(mapped, SOURCE, overrides or {}, Options(), code)


@pytest.mark.parametrize(
    ("control", "status", "overrides", "wish"),
    [
        ("NW", "SC", {}, "SCHEDULED"),
        ("NW", "HD", {}, "ON_HOLD"),
        ("NW", "SC", {"NW_SC": "UNSCHEDULED"}, "UNSCHEDULED"),
        ("NW", "SC", {"NW_*": "ARRIVED"}, "ARRIVED"),
        ("CA", "", {}, "CANCELED"),
    ],
)
def test_the_profile_goes_before_the_table(control, status, overrides, wish):
    assert told(order_of(control, status), overrides).wish == wish


def test_the_field_that_asks_is_the_status_where_there_is_one():
    assert told(order_of("NW", "SC")).path == "ORC-5"
    assert told(order_of("NW", "")).path == "ORC-1"


def test_a_code_given_instead_is_gone_by_but_the_message_keeps_its_own():
    asked = told(order_of("", "CM"), code="XO")
    assert (asked.line, asked.wish) == ("XO_CM", "COMPLETED")
    assert asked.control == ""


def test_only_ids_that_were_sent_name_a_step():
    made_up = mapped_of({"sps_id": "S2"}, "OBR-20", {"sps_id": "sps_generated"})
    mapped = bare("CA", sps_ids=["S1"])
    mapped.steps.append(made_up)
    assert told(mapped).sps_ids() == ["S1"]


def test_the_keys_are_the_order_s_and_a_made_up_study_is_none():
    sent, derived = order_of(), order_of(rules={"study_uid": "uid_derived"})
    assert told(sent).keys.placer == ("P1", "RIS")
    assert told(sent).keys.study_uid == "1.2.3"
    assert told(derived).keys.study_uid == ""


def test_the_filler_s_codes_count_more_than_the_placer_s():
    assert told(bare("OC")).rank == Rank.FILLER
    assert told(bare("CA")).rank == Rank.PLACER
