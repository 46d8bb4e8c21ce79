"""Undoing a merge from the files: as from memory, and the same after a rebuild."""

from __future__ import annotations

import pytest
from worklist_store_kit import follow, follower, put_input, reading, received

from hl7console.store.worklist.rebuild import compare
from hl7console.worklist.rows import PATIENT


def adt(event: str, number: str, name: str = "MARLOWE^TESS", prior: str = "") -> bytes:
    return (
        f"MSH|^~\\&|ADT|NORTH|PACS|NORTH|20260101000{event[-1]}00||ADT^{event}|{event}{number}|P|2.5\r"
        f"EVN|{event}|20260101000000\r"
        f"PID|1||{number}^^^NORTH^MR||{name}||19680412|F\r"
        + (f"MRG|{prior}^^^NORTH^MR\r" if prior else "PV1|1|O\r")
    ).encode()


@pytest.mark.parametrize("most", [1, 2, 0])
def test_a_merge_is_undone_and_a_rebuild_gives_the_same(store, most):
    store.put(received(adt("A04", "1"), 0))
    store.put(received(adt("A04", "2", "MARLOW^TESSA"), 60))
    store.put(received(adt("A40", "1", prior="2"), 120))
    merge = put_input(store, "operator", {"action": "void", "entry": 3}, 180)
    store.put(received(adt("A08", "2", "MARLOW^TERESA"), 240))
    with follower(store) as made:
        while made.step(most):
            pass
    with reading(store) as reader:
        assert reader.problems() == []
        assert not reader.effect(-merge).is_refused
        persons = {
            row.text("patient_id"): (row.text("patient_name"), row.number("merged_into"))
            for n in range(1, 9)
            if (row := reader.row(PATIENT, n)) is not None
        }
    assert persons == {"1": ("MARLOWE^TESS", 0), "2": ("MARLOW^TERESA", 0)}
    again = store.path.with_name("again.db")
    with follower(store, again) as made:
        made.run_to_end()
    assert compare(follow(store).path, again, store.key) == []
