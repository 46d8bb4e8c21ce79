"""Listeners over real sockets: answers, order, limits, faults, and the end."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from engine_kit import (
    Client,
    event_codes,
    frame,
    order,
    port,
    running_engine,
    status,
    wait_for,
)

from hl7console.engine.console import DeleteInterface, LinkState, SaveListener
from hl7console.errors import UsageError, WorkspaceInUseError
from hl7console.settings import ListenerSettings

PLAIN = ListenerSettings("plain", port=0)


def test_a_message_is_stored_byte_for_byte_before_it_is_accepted(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        sent = order("M1")
        answer = client.ask(sent)
        assert b"MSA|AA|M1\r" in answer
        reader = engine.open_reader()
        (message_id,) = reader.ids(None)
        stored = reader.message(message_id)
        reader.close()
    assert stored is not None
    assert stored.raw == sent
    assert stored.ack == answer
    assert (stored.row.origin, stored.row.interface, stored.row.status) == (
        "received", "plain", "ok",
    )  # fmt: skip
    assert stored.row.peer.startswith("127.0.0.1:")


def test_pipelined_messages_are_answered_in_order(tmp_path: Path):
    count = 500
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        everything = b"".join(frame(order(f"M{n}")) for n in range(count))
        sender = threading.Thread(target=client.send, args=(everything,))
        sender.start()
        for n in range(count):
            assert b"MSA|AA|M%d\r" % n in client.receive()
        sender.join()
        reader = engine.open_reader()
        rows = reader.rows(list(reader.ids(None)))
        reader.close()
    assert [row.control_id for row in rows] == [f"M{n}" for n in range(count)]


def test_a_frame_sent_a_byte_at_a_time_is_one_message(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in frame(order("SLOW")):
            client.send(bytes([byte]))
        assert b"MSA|AA|SLOW\r" in client.receive()


def test_a_duplicate_gets_the_answer_of_the_first(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        first = client.ask(order("D1"))
        assert client.ask(order("D2")) != first
        assert client.ask(order("D1")) == first
        assert engine.snapshot().last_message_id == 3


def test_a_half_closed_sender_still_gets_its_answers(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        client.send(frame(order("H1")) + frame(order("H2")))
        client.socket.shutdown(socket.SHUT_WR)
        assert b"MSA|AA|H1\r" in client.receive()
        assert b"MSA|AA|H2\r" in client.receive()
        assert client.is_closed()


def test_a_sender_that_is_not_allowed_is_answered_ae_103(tmp_path: Path):
    listener = ListenerSettings("plain", port=0, allowed_senders=("OTHER",))
    with running_engine(tmp_path, listener) as engine, Client(port(engine, "plain")) as client:
        answer = client.ask(order("S1"))
        assert b"MSA|AE|S1" in answer
        assert b"|103^" in answer
        wait_for(lambda: status(engine, "plain").refused == 1, "the count")


def test_a_connection_that_ends_inside_a_message_leaves_its_bytes(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine:
        with Client(port(engine, "plain")) as client:
            client.send(b"\x0b" + order("CUT")[:60])
        wait_for(lambda: engine.snapshot().last_message_id == 1, "the record")
        reader = engine.open_reader()
        stored = reader.message(1)
        reader.close()
    assert stored is not None
    assert stored.raw == order("CUT")[:60]
    assert stored.row.status == "error"
    assert "truncated" in stored.row.flags


def test_connections_beyond_the_limit_are_closed_and_told(tmp_path: Path):
    listener = ListenerSettings("plain", port=0, max_connections=2)
    with running_engine(tmp_path, listener) as engine:
        at = port(engine, "plain")
        with Client(at) as one, Client(at) as two:
            assert b"|AA|" in one.ask(order("1"))
            assert b"|AA|" in two.ask(order("2"))
            with Client(at) as three:
                assert three.is_closed()
            assert b"|AA|" in one.ask(order("3"))
        assert "too_many_connections" in event_codes(engine, "plain")
        wait_for(lambda: status(engine, "plain").connections == 0, "the connections' end")
        with Client(at) as four:
            assert b"|AA|" in four.ask(order("4"))


def test_an_address_that_is_not_on_the_list_is_closed_and_told(tmp_path: Path):
    listener = ListenerSettings("plain", port=0, allowed_addresses=("10.0.0.0/8",))
    with running_engine(tmp_path, listener) as engine:
        with Client(port(engine, "plain")) as client:
            assert client.is_closed()
        assert event_codes(engine, "plain") == ["address_refused"]
        assert "not on the list" in status(engine, "plain").last_event


def test_a_silent_connection_is_closed_after_the_idle_time(tmp_path: Path):
    listener = ListenerSettings("plain", port=0, idle_timeout_s=0.2)
    with running_engine(tmp_path, listener) as engine, Client(port(engine, "plain")) as client:
        assert b"|AA|" in client.ask(order("I1"))
        assert client.is_closed()


def test_a_frame_whose_end_never_comes_is_kept_and_closed(tmp_path: Path):
    listener = ListenerSettings("plain", port=0, frame_timeout_s=0.2)
    with running_engine(tmp_path, listener) as engine, Client(port(engine, "plain")) as client:
        client.send(b"\x0b" + order("LATE"))
        assert client.is_closed()
        wait_for(lambda: engine.snapshot().last_message_id == 1, "the record")
        assert "timeout" in event_codes(engine, "plain")


@pytest.mark.parametrize(
    ("hello", "code"),
    [(b"\x16\x03\x01\x02\x00\x01\x00", "tls_on_plain"), (b"GET / HTTP/1.1\r\n\r\n", "http_client")],
)
def test_another_protocol_on_a_plain_port_is_named(tmp_path: Path, hello: bytes, code: str):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        client.send(hello)
        assert client.is_closed()
        assert code in event_codes(engine, "plain")
        assert status(engine, "plain").last_event


def test_a_peer_that_resets_does_no_harm(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine:
        client = Client(port(engine, "plain"))
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        client.send(frame(order("R1")) + b"\x0bMSH|")
        client.socket.close()
        wait_for(lambda: status(engine, "plain").connections == 0, "the connection's end")
        with Client(port(engine, "plain")) as other:
            assert b"|AA|" in other.ask(order("R2"))


@pytest.mark.expects_log
def test_a_port_in_use_fails_one_listener_which_can_be_started_again(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        held = taken.getsockname()[1]
        engine_context = running_engine(tmp_path, PLAIN, ListenerSettings("held", port=held))
        with engine_context as engine:
            light = status(engine, "held")
            assert light.state == LinkState.FAILED
            assert "in use by another program" in light.text
            assert status(engine, "plain").state == LinkState.LISTENING
            taken.close()
            report = engine.submit(SaveListener(ListenerSettings("held", port=held))).result(10)
            assert report.text == f"held listens on 127.0.0.1:{held}."
            with Client(held) as client:
                assert b"|AA|" in client.ask(order("P1"))


def test_listeners_are_added_renamed_changed_and_removed_while_running(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        assert engine.listeners() == ()
        engine.submit(SaveListener(ListenerSettings("a", port=0))).result(10)
        with Client(port(engine, "a")) as client:
            assert b"|AA|" in client.ask(order("1"))
            engine.submit(SaveListener(ListenerSettings("b", port=0), previous_name="a")).result(10)
            assert client.is_closed()
        assert [s.name for s in engine.listeners()] == ["b"]
        with pytest.raises(UsageError, match="no interface named a"):
            engine.submit(DeleteInterface("a")).result(10)
        switched_off = ListenerSettings("b", port=0, enabled=False)
        engine.submit(SaveListener(switched_off)).result(10)
        assert status(engine, "b").state == LinkState.STOPPED
        version = engine.snapshot().settings_version
    with running_engine(tmp_path) as engine:
        assert engine.listeners() == (switched_off,)
        engine.submit(DeleteInterface("b")).result(10)
        assert engine.snapshot().interfaces == ()
        assert version > 0


def test_stopping_answers_what_is_under_way_and_takes_under_a_second(tmp_path: Path):
    with (
        running_engine(tmp_path, PLAIN) as engine,
        Client(port(engine, "plain")) as idle,
        Client(port(engine, "plain")) as busy,
    ):
        assert b"|AA|" in busy.ask(order("B1"))
        begun = time.monotonic()
        assert engine.stop()
        assert time.monotonic() - begun < 1.0
        assert idle.is_closed()
        assert busy.is_closed()


def test_stopping_waits_for_the_message_under_way_and_not_for_ever(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as half:
        half.send(b"\x0b" + order("HALF")[:40])
        wait_for(lambda: status(engine, "plain").connections == 1, "the connection")
        stopping = threading.Thread(target=engine.stop, args=(8.0,))
        stopping.start()
        half.send(order("HALF")[40:] + b"\x1c\r")
        assert b"|AA|HALF" in half.receive()
        stopping.join(5)
        assert not stopping.is_alive()


def test_a_message_that_never_ends_holds_up_the_stop_for_a_bounded_time(tmp_path: Path):
    with (
        running_engine(tmp_path, PLAIN) as engine,
        Client(port(engine, "plain")) as half,
    ):
        half.send(b"\x0b" + order("HALF")[:40])
        wait_for(lambda: status(engine, "plain").connections == 1, "the connection")
        begun = time.monotonic()
        assert engine.stop(1.0)
        assert time.monotonic() - begun < 3.0
        assert half.is_closed()
        assert status(engine, "plain").connections == 0


def test_one_engine_owns_a_workspace(tmp_path: Path):
    with (
        running_engine(tmp_path, PLAIN),
        pytest.raises(WorkspaceInUseError),
        running_engine(tmp_path, PLAIN),
    ):
        pass
    with running_engine(tmp_path, PLAIN):
        pass


def test_no_patient_data_in_logs_or_events(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    caplog.set_level("DEBUG")
    with running_engine(tmp_path, PLAIN) as engine:
        with Client(port(engine, "plain")) as client:
            client.ask(order("L1"))
            client.send(b"\x0b" + order("L2")[:-4])
        wait_for(lambda: engine.snapshot().last_message_id == 2, "the record")
        told = caplog.text + repr(engine.events("plain")) + repr(engine.snapshot())
    assert "MARLOWE" not in told
    assert "77001" not in told


def test_the_package_hl7_sends_here(tmp_path: Path):
    from hl7.client import MLLPClient

    with (
        running_engine(tmp_path, PLAIN) as engine,
        MLLPClient("127.0.0.1", port(engine, "plain")) as client,
    ):
        assert b"MSA|AA|HL7" in client.send_message(order("HL7"))


def test_unfinished_messages_of_all_connections_have_a_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.inbound.MAX_HELD_BYTES", 4 * 1024 * 1024)
    part = b"\x0b" + order("HELD") + b"OBX|1|ED|||" + b"A" * 1_000_000
    with running_engine(tmp_path, PLAIN) as engine:
        at = port(engine, "plain")
        clients = [Client(at) for _ in range(8)]
        for client in clients:
            with contextlib.suppress(ConnectionError):
                client.send(part)
        wait_for(lambda: engine.snapshot().last_message_id >= 1, "the record")
        reader = engine.open_reader()
        stored = reader.message(1)
        reader.close()
        assert stored is not None
        assert len(stored.raw) == 64 * 1024
        assert "together are larger than 4 MiB" in stored.row.error_text
        for client in clients:
            client.socket.close()
        wait_for(lambda: status(engine, "plain").connections == 0, "the connections' end")
        assert engine._held.total == 0
        with Client(at) as client:
            assert b"|AA|" in client.ask(order("NEXT"))


def test_a_peer_that_leaves_its_answers_unread_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.inbound.WRITE_TIMEOUT_S", 0.3)
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        # Much less, and Linux's TCP can stall on both ends at once, whoever reads.
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32 * 1024)
        client.socket.settimeout(30.0)
        n = 0
        with contextlib.suppress(OSError):
            while "write_timeout" not in event_codes(engine, "plain") and n < 2000:
                client.send(b"".join(frame(order(f"U{n}-{i}")) for i in range(200)))
                n += 1
        wait_for(lambda: "write_timeout" in event_codes(engine, "plain"), "the event")
        with Client(port(engine, "plain")) as other:
            assert b"|AA|" in other.ask(order("OTHER"))
