"""A receiver that is away for a while: all of it waits, and goes out in order when it is back."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import destination, order, running_engine, wait_for
from misbehaving_receiver_kit import Answer, MisbehavingReceiver

from hl7console.engine.console import ImportFiles, LinkState, SaveDestination
from hl7console.engine.repair_commands import (
    HoldQueue,
    QueueCondition,
    QueueMessages,
    QueueStatus,
    ReleaseQueue,
)
from hl7console.engine.supervisor import Engine
from hl7console.store.queue_parts import Part, Which
from hl7console.store.queue_reader import queue_page


def queued(engine: Engine, first: int, count: int) -> list[str]:
    """Store messages, queue them, and return their control ids."""
    control_ids = [f"O{number:05d}" for number in range(first, first + count)]
    pasted = b"\n".join(order(control_id) for control_id in control_ids)
    report = engine.submit(ImportFiles(pasted=pasted)).result(30)
    assert report.messages == count
    ids = tuple(range(report.first_message_id, report.last_message_id + 1))
    engine.submit(QueueMessages(ids, ("PACS",))).result(30)
    return control_ids


def standing(engine: Engine) -> QueueStatus:
    return next(q for q in engine.snapshot().queues if q.destination == "PACS")


def drained(engine: Engine, timeout_s: float = 30.0) -> None:
    wait_for(lambda: standing(engine).condition == QueueCondition.EMPTY, "drained", timeout_s)


@pytest.mark.slow
def test_what_an_outage_held_up_goes_out_in_order_with_what_came_meanwhile(tmp_path: Path):
    with MisbehavingReceiver() as receiver, running_engine(tmp_path) as engine:
        settings = destination(receiver.port, retry_first_s=0.05, retry_most_s=0.2)
        engine.submit(SaveDestination(settings)).result(10)
        expected = queued(engine, 0, 20)
        receiver.wait_for_arrivals(20)
        drained(engine)
        receiver.close_port()
        expected += queued(engine, 20, 300)
        wait_for(lambda: standing(engine).condition == QueueCondition.WAITING, "waiting")
        waits = standing(engine)
        assert waits.waiting == 300
        assert "Nothing listens" in waits.text
        assert waits.oldest_at_us
        expected += queued(engine, 320, 30)
        wait_for(lambda: standing(engine).waiting == 330, "all of them wait")
        receiver.open_port()
        receiver.wait_for_arrivals(40)
        expected += queued(engine, 350, 30)
        drained(engine)
        assert receiver.control_ids() == expected
        light = next(i for i in engine.snapshot().interfaces if i.name == "PACS")
        assert (light.state, light.accepted) == (LinkState.CONNECTED, 380)
        with closing(engine.open_reader()) as reader:
            rows = queue_page(reader, Part("PACS", Which.ALL), limit=1000)
        assert [row.control_id for row in rows] == expected
        assert {row.delivery.state for row in rows} == {"accepted"}
        assert {row.delivery.attempt_count for row in rows} == {1}, "being away is no try"


def test_a_message_whose_answer_got_lost_is_repeated_first_and_says_so(tmp_path: Path):
    with MisbehavingReceiver() as receiver, running_engine(tmp_path) as engine:
        settings = destination(receiver.port, retry_first_s=0.05, retry_most_s=0.2)
        engine.submit(SaveDestination(settings)).result(10)
        receiver.answer_next([Answer.ACCEPT, Answer.RESET])
        expected = queued(engine, 0, 5)
        drained(engine)
        assert receiver.control_ids() == [expected[0], expected[1], *expected[1:]]
        with closing(engine.open_reader()) as reader:
            tries = [reader.attempts(row.delivery.message_id) for row in
                     queue_page(reader, Part("PACS", Which.ALL))]  # fmt: skip
        assert [sorted(a.state for a in one) for one in tries] == [
            ["accepted"],
            ["accepted", "unknown"],
            *[["accepted"]] * 3,
        ]
        repeat = next(a for a in tries[1] if a.state == "accepted")
        assert "A repeat" in repeat.text


def test_an_outage_survives_a_restart_of_the_program(tmp_path: Path):
    with MisbehavingReceiver() as receiver:
        receiver.close_port()
        with running_engine(tmp_path) as engine:
            settings = destination(receiver.port, retry_first_s=0.05, retry_most_s=0.2)
            engine.submit(SaveDestination(settings)).result(10)
            expected = queued(engine, 0, 40)
        with running_engine(tmp_path) as engine:
            assert standing(engine).waiting == 40
            engine.submit(HoldQueue("PACS", "Not before noon")).result(10)
        receiver.open_port()
        with running_engine(tmp_path) as engine:
            held = standing(engine)
            assert (held.condition, held.waiting) == (QueueCondition.HELD, 40)
            assert "Not before noon" in held.text
            threading.Event().wait(0.2)
            assert not receiver.arrivals()
            engine.submit(ReleaseQueue("PACS")).result(10)
            drained(engine)
        assert receiver.control_ids() == expected
