"""Weight, size, pregnancy and allergies, by segment."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.observations import take_allergies, take_observations

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import context


def observed(*segments, text=""):
    told, out = context(text, *segments), Mapped()
    take_observations(told, told.view.all("OBX"), out)
    return out


def warned(*segments):
    told, out = context("", *segments), Mapped()
    take_allergies(told, [s for s in told.view.segments if s.id in ("AL1", "IAM")], out)
    return out


@pytest.mark.parametrize(
    ("segment", "column", "value"),
    [
        ("OBX|1|NM|29463-7^Weight^LN||71.5|kg", "weight_kg", "71.5"),
        ("OBX|1|NM|3141-9^Weight^LN||71,5|KG", "weight_kg", "71.5"),
        ("OBX|1|NM|29463-7||3500|g", "weight_kg", "3.5"),
        ("OBX|1|NM|X^Body weight^L||150|lb", "weight_kg", "68.0389"),
        ("OBX|1|NM|8302-2||178|cm", "size_m", "1.78"),
        ("OBX|1|NM|X^Body Height^L||70|[in_i]", "size_m", "1.778"),
    ],
)
def test_measures_come_in_kilograms_and_metres(segment, column, value):
    out = observed(segment)
    assert out.values == {column: value}
    assert out.paths[column].startswith("OBX")
    assert out.flags == []


@pytest.mark.parametrize(
    ("segment", "flag"),
    [
        ("OBX|1|NM|29463-7|||kg", "measure_invalid"),
        ("OBX|1|NM|29463-7||heavy|kg", "measure_invalid"),
        ("OBX|1|NM|29463-7||-3|kg", "measure_invalid"),
        ("OBX|1|NM|29463-7||nan|kg", "measure_invalid"),
        ("OBX|1|NM|29463-7||1000|kg", "measure_invalid"),
        ("OBX|1|NM|29463-7||71|stone", "unit_unknown"),
        ("OBX|1|NM|29463-7||71|", "unit_unknown"),
    ],
)
def test_a_measure_that_cannot_be_is_flagged_not_put(segment, flag):
    out = observed(segment)
    assert (out.values, out.flags) == ({}, [flag])


@pytest.mark.parametrize("segment", ["OBX|1|NM|||71|kg", "OBX|1|NM|2345-7^Glucose||5|mmol/L"])
def test_other_observations_say_nothing_here(segment):
    out = observed(segment)
    assert (out.values, out.flags) == ({}, [])


@pytest.mark.parametrize(
    ("answer", "status"), [("LA15173-0", 3), ("LA26683-5", 1), ("261665006", 4), ("maybe", None)]
)
def test_pregnancy_counts_only_where_the_profile_says_so(answer, status):
    segment = f"OBX|1|CWE|82810-3^Pregnancy^LN||{answer}"
    assert observed(segment).values == {}
    out = observed(segment, text="[options]\npregnancy_from_obx = true\n")
    assert out.values.get("pregnancy") == status


def test_severe_allergies_come_first_and_alerts_are_kept_apart():
    out = warned(
        "AL1|1|FA|^Nuts|MO", "AL1|2|DA|^Penicillin|SV", "AL1|3|MA|^Pacemaker", "AL1|4|DA|LATEX",
        "AL1|5|DA|", "AL1|6|DA|^ ",
    )  # fmt: skip
    assert list(out.values["allergies"]) == ["Penicillin", "Nuts", "LATEX"]
    assert list(out.values["medical_alerts"]) == ["Pacemaker"]


def test_deleted_allergies_are_left_out_and_null_clears():
    assert warned("IAM|1|DA|^Penicillin|SV||D").values == {}
    assert warned('AL1|1|DA|""').values["allergies"] == ""
