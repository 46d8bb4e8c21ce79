"""Delivery queues over real sockets: what is sent when, in which order, and what is kept of it."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from engine_kit import (
    Receiver,
    event_codes,
    frame,
    key_source,
    order,
    reply,
    running_engine,
    wait_for,
)
from engine_kit import status as light_of
from queue_kit import (
    deliveries,
    ids_of,
    kept,
    queue,
    queue_status,
    save,
    states,
    tries,
    wait_until,
)

from hl7console.engine.console import ImportFiles, LinkState
from hl7console.engine.repair_commands import HoldQueue, ReleaseQueue
from hl7console.engine.supervisor import Engine
from hl7console.settings import OnRefusal
from hl7console.store.workspace import Workspace


def error(payload: bytes, code: str, err: bytes) -> bytes:
    return reply(payload, code).replace(b"\x1c\r", err + b"\r\x1c\r")


def once(first: Callable[[bytes], bytes | None], times: int = 1) -> Callable[[bytes], bytes | None]:
    """Answer the first messages otherwise than the rest."""
    numbers = itertools.count()
    return lambda payload: first(payload) if next(numbers) < times else reply(payload)


def test_what_waits_is_sent_in_order_over_one_connection(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        names = [f"M{n}" for n in range(60)]
        queue(engine, kept(engine, *names))
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == names
        assert receiver.connections == 1
        assert set(states(engine)) == {"accepted"}
        assert [t[:2] for t in tries(engine, 1)] == [("accepted", "AA")]
        assert light_of(engine, "PACS").accepted == 60


def test_a_connection_that_ends_is_shown_no_more_before_the_next_one_is_sent(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        for n in range(2):
            queue(engine, kept(engine, f"M{n}"))
            wait_until(engine, "empty")
            assert light_of(engine, "PACS").connections == 1
            receiver._open[n].shutdown(socket.SHUT_RDWR)
            wait_for(lambda: light_of(engine, "PACS").connections == 0, "no connection")
        assert ids_of(receiver.received) == ["M0", "M1"]


def test_a_refused_message_goes_to_the_error_list_and_the_next_is_sent(tmp_path: Path):
    def refuse(payload: bytes) -> bytes:
        return error(payload, "AE", b"ERR||PID^1^3|101^Jane Doe is unknown^HL70357|E")

    with Receiver(once(refuse)) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B"))
        shown = wait_until(engine, "empty")
        assert shown.failed == 1
        assert deliveries(engine) == [(1, "rejected", 0), (2, "accepted", 0)]
        assert ids_of(receiver.received) == ["A", "B"]
        ((state, code, text),) = tries(engine, 1)
        assert (state, code) == ("rejected", "AE")
        assert "Jane" not in text
        reader = engine.open_reader()
        row = reader.database().one("SELECT cause FROM deliveries WHERE id = 1")
        reader.close()
        assert row == ("AE 101 PID-3",)


@pytest.mark.parametrize(
    ("answer", "settings"),
    [
        (lambda p: reply(p, "AE"), {"on_refusal": OnRefusal.STOP}),
        (lambda p: error(p, "AR", b"ERR||MSH^1^9|200^^HL70357|E"), {}),
        (lambda p: error(p, "CR", b"ERR||MSH^1^12|203^^HL70357|E"), {}),
    ],
)
def test_a_queue_stops_with_the_refused_message_at_its_head(tmp_path: Path, answer, settings):
    with Receiver(once(answer)) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, **settings)
        queue(engine, kept(engine, "A", "B"))
        shown = wait_until(engine, "stopped")
        assert (shown.waiting, shown.head_delivery_id) == (2, 1)
        assert shown.text
        assert deliveries(engine) == [(1, "rejected", 1), (2, "queued", 1)]
        assert event_codes(engine, "PACS") == ["queue_stopped"]
        engine.submit(ReleaseQueue("PACS")).result(10)
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "A", "B"]


@pytest.mark.parametrize("err", [b"ERR|||207^^HL70357|E", b"ERR|||206^^HL70357|E", b""])
def test_what_the_receiver_cannot_take_now_is_sent_again_first(tmp_path: Path, err: bytes):
    def busy(payload: bytes) -> bytes:
        return error(payload, "AR", err) if err else reply(payload, "AR")

    with Receiver(once(busy, 3)) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B"))
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "A", "A", "A", "B"]
        assert states(engine) == ["accepted", "accepted"]
        assert [t[:2] for t in tries(engine, 1)] == [("rejected", "AR")] * 3 + [("accepted", "AA")]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (lambda _: None, "no answer"),
        (lambda _: b"", "no answer"),
        (lambda p: reply(p)[:30], "half an answer"),
        (lambda p: reply(p, control_id=b"OTHER"), "MSA-2 wrong"),
        (lambda p: reply(p, control_id=b""), "MSA-2 blank"),
        (lambda _: frame(b"no message"), "answer unreadable"),
        (lambda p: reply(p, "XX"), "no valid code"),
    ],
)
def test_an_unknown_outcome_is_tried_again_with_the_same_bytes_and_then_stops(
    tmp_path: Path, answer, cause
):
    with Receiver(answer) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, response_timeout_s=0.15)
        queue(engine, kept(engine, "A", "B"))
        shown = wait_until(engine, "stopped")
        assert cause in shown.text
        assert deliveries(engine) == [(1, "unknown", 1), (2, "queued", 1)]
        assert receiver.received == [order("A")] * 3
        found = tries(engine, 1)
        assert [state for state, _, _ in found] == ["unknown"] * 3
        assert ["repeat" in text for _, _, text in found] == [False, True, True]


def test_an_unknown_outcome_ends_with_the_next_answer(tmp_path: Path):
    with Receiver(once(lambda _: None, 2)) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B"))
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "A", "A", "B"]
        assert tries(engine, 1)[-1][0] == "accepted"
        assert "repeat" in tries(engine, 1)[-1][2]


def test_a_second_answer_is_told_and_taken_for_no_other_message(tmp_path: Path):
    with (
        Receiver(lambda p: reply(p) + reply(p)) as receiver,
        running_engine(tmp_path) as engine,
    ):
        save(engine, receiver.port)
        queue(engine, kept(engine, *(f"M{n}" for n in range(10))))
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == [f"M{n}" for n in range(10)]
        told = " ".join(text for n in range(1, 11) for _, _, text in tries(engine, n))
        assert "answer" in told or "extra_reply" in event_codes(engine, "PACS")


def test_a_commit_acknowledgement_is_not_the_end_where_more_was_asked_for(tmp_path: Path):
    wanted = order("A").replace(b"|P|2.5.1\r", b"|P|2.5.1|||AL|AL\r")

    def commit_then_accept(payload: bytes) -> bytes:
        return reply(payload, "CA") + reply(payload, "AA")

    for n, (answer, state) in enumerate(
        [(commit_then_accept, "accepted"), (lambda p: reply(p, "CA"), "committed")]
    ):
        with Receiver(answer) as receiver, running_engine(tmp_path / str(n)) as engine:
            save(engine, receiver.port, application_ack_timeout_s=0.2)
            engine.submit(ImportFiles(pasted=wanted)).result(10)
            queue(engine, (1,))
            wait_until(engine, "empty")
            assert deliveries(engine) == [(1, state, 0)]
            assert len(receiver.received) == 1
            if state == "committed":
                assert "application acknowledgement did not come" in tries(engine, 1)[0][2]


def test_without_a_connection_all_waits_and_nothing_is_written_down(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with running_engine(tmp_path) as engine:
        save(engine, port)
        queue(engine, kept(engine, "A", "B"))
        shown = wait_until(engine, "waiting")
        assert "Nothing listens" in shown.text
        assert shown.next_try_at_us > 0
        assert light_of(engine, "PACS").state == LinkState.FAILED
        assert "no_connection" in event_codes(engine, "PACS")
        assert deliveries(engine) == [(1, "queued", 1), (2, "queued", 1)]
        assert tries(engine, 1) == []


def test_a_receiver_that_comes_back_gets_everything_in_order(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with running_engine(tmp_path) as engine, Receiver(reply) as receiver:
        save(engine, port)
        names = [f"M{n}" for n in range(40)]
        queue(engine, kept(engine, *names))
        wait_until(engine, "waiting")
        save(engine, receiver.port)  # it came back elsewhere
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == names


def test_what_cannot_be_carried_is_refused_here(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        ids = kept(engine, "A", "B")
        engine.core.writer.call(
            lambda database: database.execute(
                "UPDATE messages SET raw = x'', size_bytes = 0 WHERE id = ?", (ids[0],)
            ).close(),
            label="test",
        ).result(10)
        queue(engine, ids)
        wait_until(engine, "empty")
        assert deliveries(engine) == [(1, "rejected", 0), (2, "accepted", 0)]
        assert ids_of(receiver.received) == ["B"]


def test_the_rate_is_kept(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, rate_per_s=20.0)
        queue(engine, kept(engine, *(f"M{n}" for n in range(6))))
        wait_for(lambda: receiver.received, "the first")
        assert len(receiver.received) < 6
        wait_until(engine, "empty")
        assert len(receiver.received) == 6


def test_without_order_several_connections_send_at_once(tmp_path: Path):
    together = threading.Barrier(3)

    def meet(payload: bytes) -> bytes:
        together.wait(10)
        return reply(payload)

    with Receiver(meet) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, keep_order=False, parallel=3)
        queue(engine, kept(engine, *(f"M{n}" for n in range(9))))
        wait_until(engine, "empty")
        assert sorted(ids_of(receiver.received)) == [f"M{n}" for n in range(9)]
        assert receiver.connections == 3


def test_without_order_one_message_does_not_hold_up_the_others(tmp_path: Path):
    def answer(payload: bytes) -> bytes | None:
        return None if b"|BAD|" in payload else reply(payload)

    with Receiver(answer) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, keep_order=False, parallel=1)
        queue(engine, kept(engine, "A", "BAD", "C", "D"))
        wait_for(lambda: states(engine) == ["accepted", "held", "accepted", "accepted"], "held")
        assert (queue_status(engine).waiting, queue_status(engine).held) == (1, 1)
        assert ids_of(receiver.received).count("BAD") == 3


def test_a_held_queue_fills_and_goes_on_when_released(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        engine.submit(HoldQueue("PACS", "the vendor upgrades")).result(10)
        queue(engine, kept(engine, "A", "B"))
        shown = wait_until(engine, "held")
        assert "the vendor upgrades" in shown.text
        wait_for(lambda: queue_status(engine).waiting == 2, "waiting")
        assert receiver.received == []
        engine.submit(ReleaseQueue("PACS")).result(10)
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "B"]


def test_after_a_restart_what_waits_is_sent_and_what_was_held_stays_held(tmp_path: Path):
    with Receiver(reply) as receiver:
        with running_engine(tmp_path) as engine:
            save(engine, receiver.port)
            engine.submit(HoldQueue("PACS")).result(10)
            queue(engine, kept(engine, "A", "B"))
        with running_engine(tmp_path) as engine:
            assert queue_status(engine).condition == "held"
            assert queue_status(engine).waiting == 2
            engine.submit(ReleaseQueue("PACS")).result(10)
            wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "B"]


def test_a_message_under_way_when_the_engine_stops_has_an_unknown_outcome(tmp_path: Path):
    with Receiver(once(lambda _: b"")) as receiver:
        with running_engine(tmp_path) as engine:
            save(engine, receiver.port, response_timeout_s=60.0)
            queue(engine, kept(engine, *(f"M{n}" for n in range(30))))
            wait_for(lambda: receiver.received, "the first")
        with running_engine(tmp_path) as engine:
            wait_until(engine, "empty")
            assert [state for state, _, _ in tries(engine, 1)] == ["unknown", "accepted"]
            assert all(len(tries(engine, n)) == 1 for n in range(2, 31))
        assert ids_of(receiver.received) == ["M0", *(f"M{n}" for n in range(30))]


@pytest.mark.expects_log
def test_what_a_crash_left_in_hand_is_unknown_and_sent_again(tmp_path: Path):
    with Receiver(reply) as receiver:
        with running_engine(tmp_path) as engine:
            save(engine, receiver.port)
            engine.submit(HoldQueue("PACS")).result(10)
            queue(engine, kept(engine, "A", "B", "C"))
            engine.core.writer.call(
                lambda database: database.execute(
                    "UPDATE deliveries SET state = 'sending' WHERE id <= 2"
                ).close(),
                label="test",
            ).result(10)
        with running_engine(tmp_path) as engine:
            assert states(engine) == ["unknown", "unknown", "queued"]
            engine.submit(ReleaseQueue("PACS")).result(10)
            wait_until(engine, "empty")
            for n in (1, 2):
                first, second = tries(engine, n)
                assert first[0] == "unknown"
                assert second[0] == "accepted"
                assert "repeat" in second[2]
            assert [state for state, _, _ in tries(engine, 3)] == ["accepted"]
        assert ids_of(receiver.received) == ["A", "B", "C"]


def test_an_engine_for_a_short_command_sends_nothing(tmp_path: Path):
    with Receiver(reply) as receiver:
        workspace = Workspace.open(tmp_path / "workspace", key_source(tmp_path))
        engine = Engine(workspace, worklist="off", drains=False)
        engine.start()
        try:
            save(engine, receiver.port)
            queue(engine, kept(engine, "A"))
            wait_for(lambda: queue_status(engine).waiting == 1, "counted")
            assert queue_status(engine).condition == "off"
        finally:
            assert engine.stop(10.0)
        assert receiver.received == []


def test_a_receiver_that_closes_after_each_answer_gets_all_in_order(tmp_path: Path):
    closing: list[socket.socket] = []

    class Closing(Receiver):
        def _serve(self, connection: socket.socket) -> None:
            buffer = b""
            while b"\x1c\r" not in buffer:
                data = connection.recv(65536)
                if not data:
                    connection.close()
                    return
                buffer += data
            payload = buffer[1 : buffer.index(b"\x1c\r")]
            self.received.append(payload)
            connection.sendall(reply(payload))
            closing.append(connection)
            connection.close()

    with Closing(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, max_unknown=0)
        names = [f"M{n}" for n in range(40)]
        queue(engine, kept(engine, *names))
        wait_until(engine, "empty")
        assert list(dict.fromkeys(ids_of(receiver.received))) == names
        assert set(states(engine)) == {"accepted"}
