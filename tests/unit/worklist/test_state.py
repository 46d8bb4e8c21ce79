"""Rows in memory and the keys that they stand under."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.worklist.rows import ORDER, Row
from hl7console.worklist.state import State


def order(row_id, number="P1"):
    return Row(ORDER, row_id, {"placer_no": number, "placer_authority": "RIS"})


def found(state, number="P1"):
    return [row.id for row in state.find(ORDER, "placer", number, "RIS")]


class Saved:
    """What is in the store and not in memory."""

    def __init__(self, *rows):
        self.rows = {row.id: row for row in rows}
        self.asked = 0

    def load(self, kind, row_id):
        return self.rows.get(row_id)

    def find(self, kind, index, key):
        self.asked += 1
        return [row for row in self.rows.values() if key == f"{row.text('placer_no')}\x1fRIS"]

    def has_any(self, kind, index):
        return bool(self.rows)


@given(st.lists(st.integers(1, 60), unique=True, min_size=1), st.data())
def test_rows_under_one_key_are_found_by_number_however_many_there_are(numbers, data):
    state = State()
    rows = {n: order(n) for n in numbers}
    for row in rows.values():
        state.add(row)
    assert found(state) == sorted(numbers)
    gone = data.draw(st.lists(st.sampled_from(numbers), unique=True))
    for n in gone:
        state.remove(rows[n])
    assert found(state) == sorted(set(numbers) - set(gone))
    for n in gone:
        state.add(rows[n])
    assert found(state) == sorted(numbers)


def test_a_row_under_another_key_is_found_there_only():
    state = State()
    row = order(1)
    state.add(row)
    row.values["placer_no"] = "P2"
    state.rekey(row, "placer", ["P1\x1fRIS"], ["P2\x1fRIS"])
    assert (found(state), found(state, "P2")) == ([], [1])
    state.rekey(row, "placer", ["P2\x1fRIS"], ["P2\x1fRIS"])
    assert found(state, "P2") == [1]


def test_what_is_saved_is_loaded_once_and_joined_with_what_is_new():
    saved = Saved(order(1), order(2))
    state = State(saved)
    state.add(order(9))
    assert found(state) == [1, 2, 9]
    assert found(state) == [1, 2, 9]
    assert saved.asked == 1


def test_what_was_removed_does_not_come_back_from_the_store():
    saved = Saved(order(1), order(2))
    state = State(saved)
    first = state.get(ORDER, 1)
    state.remove(first)
    assert state.get(ORDER, 1) is None
    assert found(state) == [2]


def test_what_was_changed_in_memory_is_not_found_as_it_was_saved():
    saved = Saved(order(1))
    state = State(saved)
    row = state.get(ORDER, 1)
    saved.rows = {1: order(1)}
    row.values["placer_no"] = "P2"
    state.rekey(row, "placer", ["P1\x1fRIS"], ["P2\x1fRIS"])
    assert found(state) == []
    assert found(state, "P2") == [1]


def test_forgetting_drops_everything():
    state = State(Saved(order(1)))
    assert found(state) == [1]
    assert state.size() == 1
    state.forget()
    assert state.size() == 0
    assert list(state.all(ORDER)) == []
    assert found(state) == [1]
