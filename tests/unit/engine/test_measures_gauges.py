"""What gauges show of a snapshot, and how seldom unmapped codes are looked at."""

from __future__ import annotations

import pytest

from hl7console.engine.measures.gauges import gauges_of
from hl7console.engine.measures.line_states import EVERY_S as STATES_EVERY_S
from hl7console.engine.measures.line_states import EVERY_WITHOUT_S, LineStates
from hl7console.engine.measures.unmapped import EVERY_S, UnmappedCodes
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.errors import ConsoleError
from hl7console.store.measures.records import Scope

NOW_S = 1_772_409_600


def status(name: str, kind: str, connections: int) -> InterfaceStatus:
    return InterfaceStatus(name, kind, LinkState.LISTENING, "", "off", connections=connections)


def queue(name: str, waiting: int, oldest_at_us: int) -> QueueStatus:
    return QueueStatus(name, QueueCondition.WAITING, waiting=waiting, oldest_at_us=oldest_at_us)


def test_gauges_tell_backlogs_ages_connections_and_what_is_behind():
    snapshot = EngineSnapshot(
        last_message_id=50,
        derived_id=45,
        worklist_behind=3,
        interfaces=(
            status("in", "listener", 4),
            status("also-in", "listener", 1),
            status("PACS", "destination", 1),
            status("MWL", "worklist", 2),
        ),
        queues=(
            queue("PACS", 7, (NOW_S - 90) * 1_000_000),
            queue("EMPTY", 0, 0),
            queue("AHEAD", 1, (NOW_S + 90) * 1_000_000),
        ),
    )
    assert gauges_of(snapshot, NOW_S * 1_000_000) == {
        (Scope.LISTENER, "in"): (0, 0, 4),
        (Scope.LISTENER, "also-in"): (0, 0, 1),
        (Scope.DESTINATION, "PACS"): (7, 90, 1),
        (Scope.DESTINATION, "EMPTY"): (0, 0, 0),
        (Scope.DESTINATION, "AHEAD"): (1, 0, 0),
        (Scope.WORKLIST, "MWL"): (3, 0, 2),
        (Scope.WORKLIST, ""): (3, 0, 0),
        (Scope.ALL, ""): (5, 0, 5),
    }


class Worklist:
    """A worklist that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_damaged = False
        self.is_open = True
        self.has_lines = True
        self.fault: Exception | None = None

    def states(self) -> dict[str, int]:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        return {"SCHEDULED": self.asked} if self.has_lines else {}

    def unmapped(self) -> list[int]:
        self.asked += 1
        if self.is_damaged:
            raise ConsoleError("The database file is damaged.")
        return [1] * self.asked

    def close(self) -> None:
        self.is_open = False


def test_unmapped_codes_are_looked_at_when_the_worklist_changed_and_not_too_often():
    worklist = Worklist()
    codes = UnmappedCodes(lambda: worklist)
    assert codes.count(1, NOW_S) == 1
    assert codes.count(1, NOW_S + 100) == 1
    assert codes.count(2, NOW_S + EVERY_S - 1) == 1
    assert codes.count(2, NOW_S + EVERY_S) == 2
    assert codes.count(3, NOW_S - 5000) == 3
    worklist.is_damaged = True
    assert codes.count(4, NOW_S) == 3
    assert not worklist.is_open


def test_lines_are_counted_when_the_worklist_changed_and_about_once_a_minute():
    worklist = Worklist()
    states = LineStates(lambda: worklist)
    assert states.counts(1, NOW_S) == {"SCHEDULED": 1}
    assert states.counts(1, NOW_S + 1000) == {"SCHEDULED": 1}
    assert states.counts(2, NOW_S + STATES_EVERY_S - 1) == {"SCHEDULED": 1}
    assert states.counts(2, NOW_S + STATES_EVERY_S) == {"SCHEDULED": 2}
    assert states.counts(3, NOW_S - 5000) == {"SCHEDULED": 3}, "the clock went back"


def test_the_first_lines_of_a_worklist_are_counted_soon():
    worklist = Worklist()
    worklist.has_lines = False
    states = LineStates(lambda: worklist)
    assert states.counts(1, NOW_S) == {}
    worklist.has_lines = True
    assert states.counts(2, NOW_S + EVERY_WITHOUT_S - 1) == {}
    assert states.counts(2, NOW_S + EVERY_WITHOUT_S) == {"SCHEDULED": 2}


@pytest.mark.parametrize("fault", [ConsoleError("It is made anew."), RuntimeError("a mistake")])
def test_lines_that_cannot_be_counted_are_not_known_and_tried_again(fault, caplog):
    worklist = Worklist()
    states = LineStates(lambda: worklist)
    states.counts(1, NOW_S)
    worklist.fault = fault
    assert states.counts(2, NOW_S + STATES_EVERY_S) == {}
    assert not worklist.is_open
    told = ["a fault of the program (RuntimeError)"] if isinstance(fault, RuntimeError) else []
    assert [m.partition(": ")[2].rstrip(".") for m in caplog.messages] == told
    caplog.clear()
    worklist.fault = None
    assert states.counts(2, NOW_S + STATES_EVERY_S + EVERY_WITHOUT_S) == {"SCHEDULED": 3}
