"""The Monitor's plot of the worklist: lines by state, or messages behind."""

from __future__ import annotations

import csv
import io
import math

import pytest
from monitor_window_kit import MadeUpMeasures

from hl7console.store.measures.records import Curve, Scope
from hl7console.ui.monitor import contents
from hl7console.ui.monitor.colors import role_color
from hl7console.ui.monitor.csv_table import csv_text
from hl7console.ui.monitor.reading import read_shown
from hl7console.ui.monitor.shown import Asked, Series, Shown
from hl7console.ui.monitor.state_looks import state_look
from hl7console.ui.worklist.words import STATES

SINCE_S, STEP_S = 1_780_000_000, 10


class CountedLines(MadeUpMeasures):
    """Measures of four steps, with numbers of lines by state."""

    def __init__(self, states: dict[str, list[int]], *, is_known: tuple[bool, ...]) -> None:
        super().__init__({Scope.STEPS: list(states), Scope.WORKLIST: [""]})
        self.states, self.is_known = states, list(is_known)

    def curve(self, scope, name, since_s, until_s, *, most_steps=720, times=True) -> Curve:
        count = len(self.is_known)
        zeros = [0] * count
        backlog = {Scope.STEPS: self.states.get(name, zeros), Scope.WORKLIST: [0, 0, 3, 2]}
        return Curve(
            str(scope), name, SINCE_S, STEP_S, self.is_known, *[zeros] * 6, [None] * count,
            [None] * count, backlog.get(scope, zeros), zeros, zeros,
        )  # fmt: skip

    def causes(self, scope, name, since_s, until_s, *, most_steps=720):
        return {}

    def marks(self, since_s, until_s):
        return ()

    def band(self, *_):
        return None


def shown_of(states: dict[str, list[int]], *, has_behind: bool = False) -> Shown:
    until_s = SINCE_S + 4 * STEP_S
    asked = Asked(Series(), SINCE_S, until_s, until_s - 1, has_behind=has_behind)
    reads = CountedLines(states, is_known=(True, False, True, True))
    return read_shown(reads, asked)


STATES_COUNTED = {
    "COMPLETED": [5, 0, 6, 0],
    "CANCELED": [0, 0, 0, 0],
    "STARTED": [0, 0, 1, 0],
    "SCHEDULED": [9, 0, 8, 0],
}


def test_lines_are_stacked_by_state_what_is_to_be_done_below():
    content = contents.worklist_content(shown_of(STATES_COUNTED))
    assert content.title == "Worklist by state"
    assert content.is_bars
    assert [line.label for line in content.lines] == ["scheduled", "started", "completed"]
    assert content.top >= 15
    assert content.line("STARTED").values[2] == 1
    assert content.note == "2 messages behind"


def test_where_lines_were_not_counted_is_a_gap():
    content = contents.worklist_content(shown_of(STATES_COUNTED))
    for line in content.lines:
        assert [math.isnan(value) for value in line.values] == [False, True, False, True]
    nothing = contents.worklist_content(shown_of({}))
    assert nothing.lines == ()
    assert "known" in nothing.empty


def test_messages_behind_take_the_place_where_they_are_wanted():
    content = contents.worklist_content(shown_of(STATES_COUNTED, has_behind=True))
    assert content.title == "Messages behind"
    assert content.line("worklist").values[2:] == [3, 2]


def test_the_table_has_a_column_for_each_state_that_was_met():
    shown = shown_of(STATES_COUNTED)
    text = csv_text(shown, (SINCE_S, SINCE_S + 4 * STEP_S))
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["worklist scheduled"] for row in rows] == ["9", "", "8", ""]
    assert [row["worklist started"] for row in rows] == ["0", "", "1", ""]
    assert "worklist cancelled" not in rows[0]


def test_states_have_the_worklists_words_and_colours_and_no_two_look_alike(qapp):
    looks = [state_look(state) for state in STATES]
    assert [word for word, _ in looks] == [word for word, _ in STATES.values()]
    assert [role.partition("/")[0] for _, role in looks] == [role for _, role in STATES.values()]
    assert len({role_color(role) for _, role in looks}) == len(STATES)
    assert state_look("WAITING_FOR_GODOT") == ("waiting for godot", "muted")


@pytest.mark.parametrize("role", ["ok/1", "muted/3"])
def test_a_shade_is_a_colour_between_the_token_and_the_ground(qapp, role):
    color, token = role_color(role), role_color(role.partition("/")[0])
    assert color != token
    assert len(color) == 7
    int(color[1:], 16)
