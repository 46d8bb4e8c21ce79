"""Event times: compared within one source only, never going back."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.evidence import (
    Claim,
    is_older,
    last_claim,
    remember,
    sender_of,
    source_of,
)
from hl7console.worklist.reading import View
from hl7console.worklist.rows import ORDER, Row
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn

A, B = "main|RIS|HOSP", "main|PACS|HOSP"


@pytest.fixture
def turn() -> Turn:
    return Turn(State(), MessageEntry(7, 0, b""))


@pytest.fixture
def order(turn: Turn) -> Row:
    return turn.create(ORDER, {"placer_no": "P1"})


def test_a_source_is_the_sender_on_its_listener():
    view = View(b"MSH|^~\\&|RIS|HOSP|X|Y|20260101||ORM^O01|1|P|2.3.1\r")
    assert source_of(MessageEntry(1, 0, b"", "main"), view) == A
    assert sender_of(view) == "RIS|HOSP"


@pytest.mark.parametrize(
    ("time", "older"),
    [("20260101100000", False), ("20260101095959", True), ("20260101100001", False),
     ("20260101095959.9", True), ("20260101100000.1", False), ("", False)],
)  # fmt: skip
def test_only_an_earlier_time_is_older(turn: Turn, order: Row, time: str, older: bool):
    remember(turn, order, A, "20260101100000", "ORC-9")
    assert is_older(order, A, time) == older


def test_other_sources_are_not_compared(turn: Turn, order: Row):
    remember(turn, order, A, "20260101100000")
    assert not is_older(order, B, "20200101000000")
    remember(turn, order, B, "20200101000000")
    assert last_claim(order, A) == Claim("20260101100000", 7)
    assert last_claim(order, B) == Claim("20200101000000", 7)


def test_it_never_goes_back(turn: Turn, order: Row):
    remember(turn, order, A, "20260101100000")
    remember(turn, order, A, "20250101100000")
    remember(turn, order, A, "")
    assert last_claim(order, A) == Claim("20260101100000", 7)


def test_states_are_claimed_apart(turn: Turn, order: Row):
    remember(turn, order, A, "20260101100000", state="SCHEDULED")
    assert last_claim(order, A) is None
    assert last_claim(order, A, "state_event") == Claim("20260101100000", "SCHEDULED")
