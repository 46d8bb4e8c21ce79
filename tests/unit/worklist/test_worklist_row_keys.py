"""Rows by key, with a database behind them, and where their columns came from."""

import pytest

from hl7console.worklist.entries import InputEntry
from hl7console.worklist.rows import IDENTIFIER, PATIENT, WAITING, Row, Source, keys_of
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


class Shelf:
    """A loader that counts what it is asked for."""

    def __init__(self, *rows):
        self.rows = rows
        self.asked = []

    def load(self, kind, row_id):
        return next((row for row in self.rows if (row.kind, row.id) == (kind, row_id)), None)

    def find(self, kind, index, key):
        self.asked.append((kind, index, key))
        return [r for r in self.rows if r.kind == kind and key in keys_of(kind, index, r.values)]

    def has_any(self, kind, index):
        return any(r.kind == kind and keys_of(kind, index, r.values) for r in self.rows)


def person(row_id, likeness="A|1"):
    return Row(PATIENT, row_id, {"likeness": likeness}, {"likeness": Source(1)})


def turn_of(state, number=-1):
    return Turn(state, InputEntry(number, 0, "operator", {}))


@pytest.fixture
def shelf():
    return Shelf(person(1), person(2))


@pytest.fixture
def state(shelf):
    return State(shelf, {PATIENT: 3})


def ids(state, key="A|1"):
    return [row.id for row in state.find(PATIENT, "likeness", key)]


def test_a_new_row_is_found_beside_those_of_the_file(state, shelf):
    turn_of(state).create(PATIENT, {"likeness": "A|1"})
    assert not shelf.asked, "nobody has asked what else is under the key"
    assert ids(state) == [1, 2, 3]
    assert ids(state) == [1, 2, 3]
    assert len(shelf.asked) == 1


def test_a_row_that_was_taken_back_is_not_found(state):
    turn = turn_of(state)
    turn.create(PATIENT, {"likeness": "A|1"})
    turn.take_back()
    assert ids(state) == [1, 2]


def test_a_row_of_the_file_that_got_another_key_is_found_under_that_alone(state):
    turn_of(state).set(state.get(PATIENT, 1), "likeness", "B|2")
    assert ids(state) == [2]
    assert ids(state, "B|2") == [1]


def test_many_rows_under_a_key_keep_their_order():
    state = State()
    turn = turn_of(state)
    rows = [turn.create(PATIENT, {"likeness": "A|1"}) for _ in range(40)]
    for row in (rows[3], rows[39], rows[20]):
        turn.set(row, "likeness", "")
    turn.set(rows[20], "likeness", "A|1")
    assert ids(state) == [row.id for row in rows if row not in (rows[3], rows[39])]
    for row in rows:
        turn.set(row, "likeness", "")
    assert ids(state) == []


def test_an_index_is_said_to_be_empty_only_where_it_is(state):
    assert state.has_any(PATIENT, "likeness")
    assert not state.has_any(WAITING, "keys")
    turn_of(state).create(WAITING, {"keys": ["a"]})
    assert state.has_any(WAITING, "keys")
    assert not State().has_any(PATIENT, "likeness")


def made():
    turn = turn_of(State(), -7)
    columns = {"id_value": "1", "authority": "A", "id_type": "MR", "namespace": ""}
    return turn, turn.create(IDENTIFIER, columns, {"id_value": "PID-3"}, {"id_type": "guess"})


def test_sources_are_those_of_the_birth_with_what_came_later():
    turn, row = made()
    turn.set(row, "authority", "B", "PID-3.4", "alias")
    turn.set(row, "id_type", "", "PID-5", "emptied")
    turn.set(row, "namespace", "N")
    expected = {
        "id_value": Source(-7, "PID-3", ""),
        "authority": Source(-7, "PID-3.4", "alias"),
        "id_type": Source(-7, "PID-5", "emptied"),
        "namespace": Source(-7, "", ""),
    }
    for column in ("id_value", "authority", "id_type", "namespace", "flags"):
        assert row.source(column) == expected.get(column)
    assert row.sources == expected
    for column in ("id_value", "authority", "id_type", "namespace", "flags"):
        assert row.source(column) == expected.get(column)


@pytest.mark.parametrize("is_asked", [True, False])
def test_sources_are_taken_back_whether_they_were_asked_for_or_not(is_asked):
    turn, row = made()
    mark = turn.mark()
    if is_asked:
        assert row.sources
    turn.set(row, "id_type", "", "x")
    turn.set(row, "id_value", "2", "y")
    turn.take_back_to(mark)
    assert row.sources == {
        "id_value": Source(-7, "PID-3", ""),
        "authority": Source(-7, "", ""),
        "id_type": Source(-7, "", "guess"),
    }


def test_a_birth_is_told_as_one_change_for_each_column_that_is_not_empty():
    turn, row = made()
    turn.set(row, "id_value", "2", "y")
    outcome = turn.finish()
    assert [(c.column, c.old, c.new, c.path, c.rule) for c in outcome.changes] == [
        ("id_value", None, "1", "PID-3", ""),
        ("authority", None, "A", "", ""),
        ("id_type", None, "MR", "", "guess"),
        ("id_value", "1", "2", "y", ""),
    ]
    assert outcome.size == 4
