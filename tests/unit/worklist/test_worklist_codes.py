"""The exam-code table: hl7console.worklist.codes, hl7console.worklist.rules.tables."""

from __future__ import annotations

import pytest

from hl7console.worklist import codes
from hl7console.worklist.entries import InputEntry
from hl7console.worklist.mapped import MappedOrder
from hl7console.worklist.rows import CODE, UNMAPPED
from hl7console.worklist.rules import tables
from hl7console.worklist.state import State
from hl7console.worklist.turn import RefusedError, Turn


def line(sender: str, code: str, local: str, system: str = "", modality: str = "CT"):
    return {
        "sender": sender, "code": code, "system": system, "local_code": local,
        "local_meaning": f"Meaning {local}", "local_system": "99L", "modality": modality,
    }  # fmt: skip


def take(state: State, rows: object, *, replace: bool = False) -> Turn:
    body = {"rows": rows, "replace": replace, "source": "t.csv"}
    turn = Turn(state, InputEntry(-1, 0, "codes", body))
    tables.apply(turn, turn.entry)
    return turn


def look(state: State, sender: str, code: str, system: str = ""):
    return codes.finder(Turn(state, InputEntry(-2, 0, "x", {})))(sender, code, system)


@pytest.mark.parametrize(
    ("sender", "local"),
    [("RIS|HOSP", "both"), ("RIS|OTHER", "application"), ("X|HOSP", "facility"), ("X|Y", "any")],
)
def test_the_senders_own_lines_come_first(sender: str, local: str):
    state = State()
    take(state, [line("", "C", "any"), line("HOSP", "C", "facility"),
                 line("RIS", "C", "application"), line("RIS|HOSP", "C", "both")])  # fmt: skip
    assert look(state, sender, "C") == (local, f"Meaning {local}", "99L", "CT")
    assert look(state, sender, "D") is None


def test_a_line_may_be_for_one_system_only():
    state = State()
    take(state, [line("", "C", "one", "99A"), line("", "D", "two")])
    assert look(state, "R|H", "C", "99A") is not None
    assert look(state, "R|H", "C", "99B") is None
    assert look(state, "R|H", "C") is None
    assert look(state, "R|H", "D", "99B") is not None


def test_an_empty_table_knows_nothing():
    assert look(State(), "R|H", "C") is None


def test_an_import_changes_lines_and_replaces_the_senders():
    state = State()
    take(state, [line("R", "C", "1"), line("R", "D", "1"), line("S", "E", "1")])
    take(state, [line("R", "C", "2")])
    assert look(state, "R|", "C")[0] == "2"
    assert len(list(state.all(CODE))) == 3
    take(state, [line("R", "C", "3")], replace=True)
    assert sorted(row.text("code") for row in state.all(CODE)) == ["C", "E"]


@pytest.mark.parametrize(
    "bad",
    [
        "text", None, {}, line("R", "", "1"), {"code": "C", "local_code": "X"},
        line("R", "C", "1", modality="KT"),
    ],
)  # fmt: skip
def test_lines_that_say_nothing_are_left_out_and_counted(bad: object):
    state = State()
    turn = take(state, [bad, line("R", "OK", "1")])
    assert len(list(state.all(CODE))) == 1
    assert ("code_lines_invalid", "1") in [(n.rule, n.args.get("count")) for n in turn.notes]


def test_a_table_without_lines_is_refused():
    with pytest.raises(RefusedError, match="code_table_invalid"):
        take(State(), "nonsense")


def unmapped(state: State, number: int, code: str) -> None:
    turn = Turn(state, InputEntry(number, 0, "x", {}))
    mapped = MappedOrder("NW", "SC")
    mapped.unmapped = ("R|H", code, "99R", "A text")
    codes.note_unmapped(turn, mapped)


def test_codes_that_the_table_lacks_are_collected_and_counted():
    state = State()
    unmapped(state, -1, "C")
    unmapped(state, -5, "C")
    unmapped(state, -6, "")
    (row,) = state.all(UNMAPPED)
    assert (row.text("code"), row.text("text"), row.number("count")) == ("C", "A text", 2)
    assert (row.number("first_entry"), row.number("last_entry")) == (-1, -5)


def test_a_code_that_is_filled_in_is_off_the_list():
    state = State()
    unmapped(state, -1, "C")
    take(state, [line("R|H", "C", "1", "99R")])
    assert list(state.all(UNMAPPED)) == []


def test_a_line_for_all_takes_the_code_off_the_list_too():
    state = State()
    unmapped(state, -1, "C")
    unmapped(state, -2, "D")
    take(state, [line("", "C", "1")])
    assert [row.text("code") for row in state.all(UNMAPPED)] == ["D"]
