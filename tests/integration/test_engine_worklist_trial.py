"""An input is tried on the worklist as it stands, and nothing of it is kept."""

from __future__ import annotations

from contextlib import closing

import pytest
from engine_kit import Client, port, running_engine, wait_for

from hl7console.engine.console import TryWorklistInput, WorklistInput
from hl7console.settings import ListenerSettings
from hl7console.worklist.rows import MERGE

LISTENER = ListenerSettings(name="RIS in", port=0)


def order(n: int) -> bytes:
    return (
        f"MSH|^~\\&|RIS|NORTH|CON|RAD|20260105101500||ORM^O01|M{n}|P|2.3.1\r"
        f"PID|1||P{n}^^^NORTH^MR||MARLOWE^TESS||19700101|F\rPV1|1|O\r"
        f"ORC|NW|PL{n}|FI{n}||SC||^^^20260106100000^^R\r"
        f"OBR|1|PL{n}|FI{n}|CTH^CT head^L||||||||||||||A{n}|R{n}|S{n}||||CT\r"
    ).encode()


def merge(source: str, survivor: str) -> dict[str, object]:
    return {"action": "merge", "source": [source, "NORTH"], "survivor": [survivor, "NORTH"]}


@pytest.fixture
def engine(tmp_path):
    with running_engine(tmp_path, LISTENER) as running:
        with Client(port(running, "RIS in")) as client:
            for n in (1, 2):
                client.ask(order(n))
        wait_for(lambda: running.snapshot().worklist_entry >= 2, "the worklist")
        yield running


def test_a_trial_tells_what_would_change_as_the_merge_then_does(engine):
    body = merge("P1", "P2")
    report = engine.submit(TryWorklistInput("operator", body)).result(20)
    details = dict(report.details)
    with closing(engine.open_worklist()) as reader:
        before = reader.lines()
        (moved,) = [line.step_id for line in before if line.patient_id == "P1"]
        assert not report.is_fault
        assert details["lines"] == str(moved)
        assert details["order"] == "1"
        assert reader.merges() == []
        assert not engine.submit(WorklistInput("operator", body)).result(20).is_fault
        assert [line.patient_id for line in reader.lines()] == ["P2", "P2"]
        (done,) = reader.merges()
        assert done.kind == MERGE


def test_undoing_can_be_tried_too(engine):
    entry = engine.submit(WorklistInput("operator", merge("P1", "P2"))).result(20).first_message_id
    body = {"action": "void", "entry": entry, "reason": "two people"}
    report = engine.submit(TryWorklistInput("operator", body)).result(20)
    assert not report.is_fault
    with closing(engine.open_worklist()) as reader:
        assert [line.patient_id for line in reader.lines()] == ["P2", "P2"]


def test_a_trial_that_would_be_refused_says_why(engine):
    report = engine.submit(TryWorklistInput("operator", merge("P9", "P1"))).result(20)
    assert report.is_fault
    assert report.text.endswith(".")
    with closing(engine.open_worklist()) as reader:
        assert reader.problems() == []
