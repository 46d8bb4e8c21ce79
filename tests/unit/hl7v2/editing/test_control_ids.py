from __future__ import annotations

import pytest

from hl7console.hl7v2.editing.control_ids import LONGEST, next_control_id


@pytest.mark.parametrize(
    ("before", "used", "after"),
    [
        ("C1", (), "C1-R1"),
        ("C1", ("C1-R1", "C1-R2"), "C1-R3"),
        ("C1-R4", (), "C1-R5"),
        ("", (), "-R1"),
        ("C" * 20, (), "C" * 17 + "-R1"),
        ("C" * 17 + "-R9", (), "C" * 16 + "-R10"),
    ],
)
def test_the_first_free_one(before, used, after):
    made = next_control_id(before, lambda control_id: control_id in used)
    assert made == after
    assert len(made) <= LONGEST
