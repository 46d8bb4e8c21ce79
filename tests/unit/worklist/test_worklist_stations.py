"""Station rules: hl7console.worklist.stations."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from mapping_kit import OBR, ORC, PID, fields, profile, view_of

from hl7console.worklist.mapped import Mapped
from hl7console.worklist.mapping.orders import map_orders
from hl7console.worklist.stations import assign


def step(rule: str, *, pv1: str = "PV1|1|I|ICU^1^2", orc: str = ORC, obr: str = OBR) -> Mapped:
    view, entry = view_of(PID, pv1, orc, obr)
    (order,) = map_orders(view, profile(rule), entry, lambda *_: None)
    return order.steps[0]


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ("", True),
        ('sender = "RIS"', True), ('sender = "hosp"', True), ('sender = "RIS|HOSP"', True),
        ('sender = "LIS"', False),
        ('modality = ["MR", "CT"]', True), ('modality = "MR"', False),
        ('location = "ICU"', True), ('location = "ICU-1-2"', True), ('location = "ICU-1*"', True),
        ('location = "3W"', False),
        ('procedure = "CTH"', True), ('procedure = "CTH1"', True), ('procedure = "CT*"', True),
        ('procedure = "MR*"', False),
        ('procedure = "CTH"\nmodality = "MR"', False),
        ('resource = "CT2"', False),
    ],
)  # fmt: skip
def test_all_conditions_of_a_rule_must_hold(conditions: str, holds: bool):
    found = step(f'[[station]]\n{conditions}\naet = ["CT7", "CT8"]\nname = "Head"\nroom = "R7"')
    assert (found.values.get("station_aet") == ["CT7", "CT8"]) is holds
    assert (found.values.get("sps_location") == "R7") is holds
    assert found.values["open"] == ("" if holds else 1)


def test_the_first_rule_that_holds_counts():
    found = step('[[station]]\naet = "A"\n[[station]]\naet = "B"\nroom = "R"')
    assert found.values["station_aet"] == ["A"]
    assert found.rules["station_aet"] == "station_rule"
    assert "sps_location" not in found.values


def test_the_message_counts_before_the_rules():
    found = step('[[station]]\naet = "A"\nroom = "R"', orc=fields(ORC, f18="CT1"))
    assert found.values["station_aet"] == ["CT1"]
    assert found.values["sps_location"] == "R"


@pytest.mark.parametrize("title", ["A\\E\\B", "SEVENTEEN_LETTERS", "Ä1", "   "])
def test_what_is_no_title_is_no_station(title: str):
    found = step("", orc=fields(ORC, f18=title))
    assert "station_aet" not in found.values
    assert found.values["open"] == 1


def test_a_profile_may_open_no_steps():
    assert step("[options]\nopen_stations = false").values["open"] == ""


def test_appointments_assign_by_resource():
    view, entry = view_of(PID)
    rules = profile('[[station]]\nresource = "CT2"\nmodality = "CT"\naet = "CTSCAN2"')
    found = Mapped()
    found.put("modality", "CT", "OBR-24")
    assert not assign(view, rules, found, entry, resources=["CT3"])
    assert assign(view, rules, found, entry, resources=["ct2"])
    assert found.values["station_aet"] == ["CTSCAN2"]
