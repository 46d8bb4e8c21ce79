"""Which procedure a code means, by rules of the profile and by the table."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import OBR, ORC, PID, fields, profile, view_of

from hl7console.worklist.mapping.orders import map_orders

KNOWN = ("24727-0", "CT Head W contrast", "LN", "ct")


def mapped(text="", find=lambda *_: None, code="CTH^CT head^99RIS", modality=""):
    view, message = view_of(PID, ORC, fields(OBR, f4=code, f24=modality))
    (one,) = map_orders(view, profile(text), message, find)
    return one


def rule(**parts):
    lines = [f"{name} = {value!r}".replace("'", '"') for name, value in parts.items()]
    return "\n".join(["[[procedure]]", *lines, ""])


def test_the_table_gives_code_and_modality_and_keeps_what_was_sent():
    asked = []

    def find(*told):
        asked.append(told)
        return KNOWN

    one = mapped(find=find)
    assert asked[0][1] == "CTH"
    assert list(one.order.values["rp_code"])[:2] == ["24727-0", "CT Head W contrast"]
    assert one.order.values["rp_code_raw"][0] == "CTH"
    assert one.order.values["table_modality"] == "CT"
    assert one.order.rules["rp_code"] == "code_table"
    assert not any(one.unmapped)


def test_an_entry_without_a_code_gives_the_modality_only():
    one = mapped(find=lambda *_: ("", "", "", "MR"))
    assert one.order.values["rp_code"][0] == "CTH"
    assert "rp_code_raw" not in one.order.values
    assert one.order.values["table_modality"] == "MR"


def test_a_code_that_nobody_knows_is_collected():
    assert mapped().unmapped == ("RIS|HOSP", "CTH", "99RIS", "CT head")


@pytest.mark.parametrize(
    ("parts", "applies"),
    [
        ({"code": "CTH", "modality": "NM"}, True),
        ({"code": "CT*", "modality": "NM"}, True),
        ({"code": "MR*", "modality": "NM"}, False),
        ({"code": "CTH", "system": "99RIS", "modality": "NM"}, True),
        ({"code": "CTH", "system": "L", "modality": "NM"}, False),
        ({"code": "CTH", "sender": "RIS", "modality": "NM"}, True),
        ({"code": "CTH", "sender": "RIS|HOSP", "modality": "NM"}, True),
        ({"code": "CTH", "sender": "LAB", "modality": "NM"}, False),
    ],
)
def test_a_rule_of_the_profile_goes_before_the_table(parts, applies):
    one = mapped(rule(**parts), find=lambda *_: KNOWN)
    assert one.order.values["table_modality"] == ("NM" if applies else "CT")
    assert one.order.rules["table_modality"] == ("procedure_rule" if applies else "code_table")
