"""What modalities were sent."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import ORDER
from hl7console.worklist.rules.served import apply
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


@pytest.mark.parametrize(
    ("uids", "seen"),
    [
        (["1.1"], [1, 0]),
        (["1.1", "1.2", "1.1"], [1, 1]),
        (["1.9"], [0, 0]),
        ([], [0, 0]),
        ("1.1", [0, 0]),
        (None, [0, 0]),
    ],
)
def test_the_orders_of_these_studies_are_marked(uids, seen):
    turn = Turn(State(), InputEntry(-1, 1, "served", {"study_uids": uids}))
    orders = [turn.create(ORDER, {"study_uid": uid}) for uid in ("1.1", "1.2")]
    apply(turn, turn.entry)
    assert [order.number("served") for order in orders] == seen
