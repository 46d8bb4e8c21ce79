from __future__ import annotations

import pytest

from hl7console.hl7v2.structures import implied_structure


@pytest.mark.parametrize(
    ("message_type", "event", "structure"),
    [
        ("ADT", "A01", "ADT_A01"),
        ("ADT", "A08", "ADT_A01"),
        ("ADT", "A40", "ADT_A39"),
        ("ADT", "A31", "ADT_A05"),
        ("SIU", "S15", "SIU_S12"),
        ("MDM", "T08", "MDM_T02"),
        ("ORM", "O01", "ORM_O01"),
        ("ZZZ", "Z01", "ZZZ_Z01"),
        ("ACK", "A01", "ACK"),
        ("ACK", "", "ACK"),
        ("ORU", "", "ORU"),
        ("", "A01", ""),
    ],
)
def test_type_and_event_imply_a_structure(message_type, event, structure):
    assert implied_structure(message_type, event) == structure
