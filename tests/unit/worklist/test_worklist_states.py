"""The states of a step: every cell of the matrix, ranks, holds, and steps that are incomplete."""

from __future__ import annotations

import pytest

from hl7console.worklist import lines
from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.rows import STEP, Row
from hl7console.worklist.state import State
from hl7console.worklist.states import (
    FINAL,
    Rank,
    StepState,
    before_hold,
    is_started_or_final,
    request_state,
    settle,
    standing,
)
from hl7console.worklist.transitions import LEVELS, MATRIX, ORDER
from hl7console.worklist.turn import Severity, Turn

# Written down a second time, as the field's practice has it: y apply, = nothing, ! flag, n refuse.
WANTED = {
    "":             "yyy!!!n!n!",
    "UNSCHEDULED":  "=yyy!!!!ny",
    "ON_HOLD":      "y=y!!!!!!y",
    "SCHEDULED":    "yy=yyyy!!y",
    "ARRIVED":      "!y!=yyy!!y",
    "READY":        "!y!!=yy!!y",
    "STARTED":      "nnnnn=yyyn",
    "DEPARTED":     "!y!yyy=!yy",
    "COMPLETED":    "nnnnnnn=nn",
    "DISCONTINUED": "nn!nn!n!=!",
    "CANCELED":     "!n!nn!n!!=",
}  # fmt: skip
CELLS = [
    (was, to, mark)
    for was, marks in WANTED.items()
    for to, mark in zip(StepState, marks, strict=True)
]


@pytest.fixture
def missing(monkeypatch):
    """What steps miss, by the columns listed here."""
    columns: list[str] = []
    monkeypatch.setattr(lines, "missing_of", lambda *_: list(columns))
    return columns


def new_turn(state: State, number: int = 1) -> Turn:
    return Turn(state, MessageEntry(number, number, b""))


def step_in(turn: Turn, state: str, rank: int = 1) -> Row:
    return turn.create(STEP, {"sps_id": "S1", "state": state, "state_rank": rank if state else 0})


@pytest.mark.parametrize(
    ("was", "to", "mark"), CELLS, ids=[f"{was or 'none'}-{to}" for was, to, _ in CELLS]
)
def test_every_cell_of_the_matrix(was: str, to: StepState, mark: str, missing):
    turn = new_turn(State())
    step = step_in(turn, was)
    reached = request_state(turn, step, to, Rank.FILLER, path="ORC-5", rule="SC_IP")
    errors = [note.rule for note in turn.notes if note.severity == Severity.ERROR]
    if mark == "n":
        assert not reached
        assert errors == ["state_refused"]
        assert step.text("state") == (was or "UNSCHEDULED")
    else:
        assert reached
        assert not errors
        assert step.text("state") == to
        assert step.number("state_rank") == Rank.FILLER
    assert ("state_odd" in step.list("flags")) == (mark == "!")


def test_the_matrix_is_whole():
    assert list(ORDER) == [str(state) for state in StepState]
    assert sorted(LEVELS) == sorted(ORDER)
    assert len(CELLS) == 110
    assert set(MATRIX) == set(WANTED)


def test_a_new_step_that_may_not_begin_so_is_kept_unscheduled(missing):
    turn = new_turn(State())
    step = step_in(turn, "")
    request_state(turn, step, StepState.DEPARTED, Rank.PLACER, path="ORC-5", rule="x")
    assert step.text("state") == "UNSCHEDULED"
    assert "state_unclear" in step.list("flags")


@pytest.mark.parametrize("state", ["ARRIVED", "READY", "STARTED", "DEPARTED", *sorted(FINAL)])
@pytest.mark.parametrize("to", [str(state) for state in StepState])
def test_a_lower_rank_never_pulls_back(state: str, to: str, missing):
    turn = new_turn(State())
    step = step_in(turn, state, Rank.MPPS)
    request_state(turn, step, StepState(to), Rank.FILLER, path="ORC-5", rule="x")
    now = step.text("state")
    assert LEVELS[now] >= LEVELS[state]
    if state in FINAL:
        assert now == state


@pytest.mark.parametrize("rank", [Rank.MPPS, Rank.OPERATOR])
def test_who_set_a_state_may_take_it_back_as_the_matrix_says(rank: Rank, missing):
    turn = new_turn(State())
    step = step_in(turn, "CANCELED", Rank.MPPS)
    assert request_state(turn, step, StepState.STARTED, rank, path="", rule="x")
    assert step.text("state") == "STARTED"


def test_being_outranked_is_noted_as_ignored(missing):
    turn = new_turn(State())
    step = step_in(turn, "ARRIVED", Rank.FILLER)
    assert not request_state(turn, step, StepState.SCHEDULED, Rank.PLACER, path="ORC-5", rule="x")
    assert [(n.rule, n.severity) for n in turn.notes] == [("state_outranked", Severity.IGNORED)]


def test_an_appointment_may_unschedule_what_an_order_scheduled_but_not_release_a_hold(missing):
    turn = new_turn(State())
    step = step_in(turn, "SCHEDULED", Rank.FILLER)
    assert request_state(turn, step, StepState.UNSCHEDULED, Rank.SCHEDULE, path="", rule="S15")
    held = step_in(turn, "ON_HOLD", Rank.PLACER)
    assert not request_state(turn, held, StepState.SCHEDULED, Rank.SCHEDULE, path="", rule="S12")


def test_an_operator_gets_any_state_flagged(missing):
    turn = new_turn(State())
    step = step_in(turn, "COMPLETED", Rank.MPPS)
    assert request_state(turn, step, StepState.SCHEDULED, Rank.OPERATOR, path="", rule="by_hand")
    assert step.text("state") == "SCHEDULED"
    assert "state_forced" in step.list("flags")


def test_the_same_state_by_a_higher_rank_counts_from_then_on(missing):
    turn = new_turn(State())
    step = step_in(turn, "STARTED", Rank.FILLER)
    assert request_state(turn, step, StepState.STARTED, Rank.MPPS, path="", rule="mpps")
    assert step.number("state_rank") == Rank.MPPS
    assert request_state(turn, step, StepState.STARTED, Rank.PLACER, path="", rule="x")
    assert step.number("state_rank") == Rank.MPPS


def test_a_hold_remembers_the_state_before(missing):
    turn = new_turn(State())
    step = step_in(turn, "READY")
    request_state(turn, step, StepState.ON_HOLD, Rank.PLACER, path="ORC-1", rule="HD_*")
    assert before_hold(step) == StepState.READY
    request_state(turn, step, before_hold(step), Rank.PLACER, path="ORC-1", rule="RL_*")
    assert step.text("state") == "READY"
    assert not step.text("state_before_hold")


def test_an_incomplete_step_waits_unscheduled_and_comes_back(missing):
    turn = new_turn(State())
    step = step_in(turn, "")
    missing.append("start_date")
    settle(turn, step)
    assert request_state(turn, step, StepState.SCHEDULED, Rank.PLACER, path="ORC-5", rule="NW_SC")
    assert (step.text("state"), standing(step)) == ("UNSCHEDULED", StepState.SCHEDULED)
    assert step.list("missing") == ["start_date"]
    missing.clear()
    assert settle(turn, step) == []
    assert (step.text("state"), step.text("wanted")) == ("SCHEDULED", "")
    assert step.list("missing") == ()


@pytest.mark.parametrize("state", ["SCHEDULED", "ARRIVED", "READY"])
def test_a_step_that_loses_a_value_is_not_served_any_more(state: str, missing):
    turn = new_turn(State())
    step = step_in(turn, state)
    missing.append("modality")
    settle(turn, step)
    assert (step.text("state"), step.text("wanted")) == ("UNSCHEDULED", state)
    missing.clear()
    settle(turn, step)
    assert step.text("state") == state


@pytest.mark.parametrize("state", ["ON_HOLD", "STARTED", "COMPLETED", "CANCELED"])
def test_a_state_that_is_not_served_stays_though_values_are_missing(state: str, missing):
    turn = new_turn(State())
    step = step_in(turn, state)
    missing.append("modality")
    settle(turn, step)
    assert step.text("state") == state


def test_an_incomplete_step_can_be_started_and_cancelled(missing):
    turn = new_turn(State())
    step = step_in(turn, "")
    missing.append("modality")
    settle(turn, step)
    request_state(turn, step, StepState.SCHEDULED, Rank.PLACER, path="", rule="x")
    assert request_state(turn, step, StepState.STARTED, Rank.MPPS, path="", rule="mpps")
    assert step.text("state") == "STARTED"
    assert "state_odd" not in step.list("flags")
    assert is_started_or_final(step)


def test_asking_for_unscheduled_forgets_what_was_wanted(missing):
    turn = new_turn(State())
    step = step_in(turn, "")
    missing.append("modality")
    settle(turn, step)
    request_state(turn, step, StepState.SCHEDULED, Rank.PLACER, path="", rule="x")
    request_state(turn, step, StepState.UNSCHEDULED, Rank.PLACER, path="", rule="x")
    missing.clear()
    settle(turn, step)
    assert step.text("state") == "UNSCHEDULED"
