"""Sending over real sockets: what became of each message, and what is written down."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from engine_kit import (
    Certificates,
    Client,
    Receiver,
    destination,
    frame,
    order,
    port,
    reply,
    running_engine,
    status,
    wait_for,
)

from hl7console.engine.console import (
    ImportFiles,
    ImportMode,
    LinkState,
    SaveDestination,
    SendFiles,
    SendMessages,
    TestConnection,
)
from hl7console.engine.supervisor import Engine
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.settings import Environment, ListenerSettings, Tls


def kept(engine: Engine, *messages: bytes) -> tuple[int, ...]:
    report = engine.submit(ImportFiles(pasted=b"\n".join(messages))).result(10)
    assert report.messages == len(messages)
    return tuple(range(report.first_message_id, report.last_message_id + 1))


def attempts(engine: Engine, message_id: int) -> list[tuple[str, str, str]]:
    reader = engine.open_reader()
    try:
        return [(a.destination, a.state, a.ack_code) for a in reader.attempts(message_id)]
    finally:
        reader.close()


def test_stored_messages_are_sent_in_order_over_one_connection(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        engine.submit(SaveDestination(destination(receiver.port))).result(10)
        ids = kept(engine, *(order(f"M{n}") for n in range(20)))
        report = engine.submit(SendMessages(ids, "PACS")).result(20)
        assert (report.accepted, report.refused, report.unknown) == (20, 0, 0)
        assert [r.control_id for r in report.results] == [f"M{n}" for n in range(20)]
        assert report.text == "20 of 20 accepted."
        assert receiver.received == [order(f"M{n}") for n in range(20)]
        assert receiver.connections == 1
        assert attempts(engine, ids[3]) == [("PACS", "accepted", "AA")]
        light = status(engine, "PACS")
        assert (light.state, light.accepted) == (LinkState.CONNECTED, 20)
        assert engine.snapshot().deliveries_version == 20


@pytest.mark.parametrize(
    ("code", "state"),
    [("AE", "rejected"), ("AR", "rejected"), ("CA", "accepted"), ("XX", "unknown")],
)
def test_the_answer_decides(tmp_path: Path, code: str, state: str):
    with Receiver(lambda p: reply(p, code)) as receiver, running_engine(tmp_path) as engine:
        (message_id,) = kept(engine, order("M1"))
        to = f"127.0.0.1:{receiver.port}"
        report = engine.submit(SendMessages((message_id,), to)).result(10)
        assert [(r.state, r.ack_code) for r in report.results] == [(state, code)]
        assert attempts(engine, message_id) == [(to, state, code)]


def test_a_refusal_is_told_in_the_receivers_words(tmp_path: Path, caplog):
    def refuse(payload: bytes) -> bytes:
        return reply(payload, "AE").replace(b"MSA|AE|M1", b"MSA|AE|M1|No bed for Jane")

    with Receiver(refuse) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, order("M1"))
        report = engine.submit(SendMessages(ids, f"127.0.0.1:{receiver.port}")).result(10)
        assert [r.receiver_text for r in report.results] == ["No bed for Jane"]
        assert "Jane" not in repr(report)
        assert "Jane" not in caplog.text
        reader = engine.open_reader()
        try:
            assert "Jane" not in reader.attempts(ids[0])[0].text
        finally:
            reader.close()


def test_an_answer_to_another_message_is_no_acceptance(tmp_path: Path):
    def wrong(payload: bytes) -> bytes:
        return reply(payload, control_id=b"OTHER")

    with Receiver(wrong) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, order("M1"))
        report = engine.submit(SendMessages(ids, f"127.0.0.1:{receiver.port}")).result(10)
        assert (report.accepted, report.unknown) == (0, 1)


def test_a_connection_closed_before_the_answer_is_an_unknown_outcome(tmp_path: Path):
    with Receiver(lambda _: None) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(6)))
        report = engine.submit(SendMessages(ids, f"127.0.0.1:{receiver.port}")).result(20)
        assert (report.accepted, report.unknown) == (0, 3)
        assert report.text.startswith("Stopped early: The destination gives no answers.")
        assert attempts(engine, ids[0])[0][1] == "unknown"
        assert attempts(engine, ids[3]) == []


def test_no_answer_in_time_is_an_unknown_outcome(tmp_path: Path):
    with Receiver(lambda _: b"") as receiver, running_engine(tmp_path) as engine:
        settings = destination(receiver.port, response_timeout_s=0.2)
        ids = kept(engine, order("M1"))
        report = engine.submit(SendMessages(ids, "", settings=settings)).result(10)
        assert [r.state for r in report.results] == ["unknown"]
        assert "in time" in report.results[0].text


def test_where_nothing_listens_nothing_is_sent_and_the_reason_is_told(tmp_path: Path):
    with Receiver(reply) as receiver:
        closed = receiver.port
    with running_engine(tmp_path) as engine:
        engine.submit(SaveDestination(destination(closed))).result(10)
        (message_id,) = kept(engine, order("M1"))
        with pytest.raises(EnvironmentFaultError, match="Nothing listens"):
            engine.submit(SendMessages((message_id,), "PACS")).result(10)
        assert attempts(engine, message_id) == [("PACS", "cancelled", "")]
        light = status(engine, "PACS")
        assert light.state == LinkState.FAILED
        assert "Nothing listens" in light.text


def test_a_production_destination_asks_for_its_name(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        settings = destination(receiver.port, environment=Environment.PRODUCTION)
        engine.submit(SaveDestination(settings)).result(10)
        ids = kept(engine, order("M1"))
        for to in ("PACS", f"127.0.0.1:{receiver.port}", f"localhost:{receiver.port}"):
            with pytest.raises(UsageError, match="PACS is a production destination"):
                engine.submit(SendMessages(ids, to, confirm="pacs")).result(10)
        assert receiver.received == []
        assert engine.submit(SendMessages(ids, "PACS", confirm="PACS")).result(10).accepted == 1


def test_files_are_stored_as_sent_and_go_out_in_their_wire_form(tmp_path: Path):
    file = tmp_path / "order.hl7"
    file.write_bytes(order("F1").replace(b"\r", b"\n"))
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        report = engine.submit(SendFiles((file,), f"127.0.0.1:{receiver.port}")).result(10)
        assert report.accepted == 1
        assert report.results[0].source == "order.hl7"
        assert receiver.received == [order("F1")]
        reader = engine.open_reader()
        stored = reader.message(report.results[0].message_id)
        reader.close()
    assert stored is not None
    assert stored.raw == file.read_bytes()
    assert stored.row.origin == "sent"
    assert stored.attempts[0].sent == order("F1")


def test_import_can_send(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        command = ImportFiles(
            pasted=order("P1"), mode=ImportMode.SEND, destination=f"127.0.0.1:{receiver.port}"
        )
        assert engine.submit(command).result(10).accepted == 1
        assert receiver.received == [order("P1")]


def test_the_rate_is_kept_and_cancelling_stops_after_the_message_in_hand(tmp_path: Path):
    first = threading.Event()

    def answer(payload: bytes) -> bytes:
        first.set()
        return reply(payload)

    with Receiver(answer) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(50)))
        to = f"127.0.0.1:{receiver.port}"
        job = engine.submit(SendMessages(ids, to, rate_per_s=0.5))
        assert first.wait(10)
        wait_for(lambda: job.progress().done == 1, "the progress")
        job.cancel()
        report = job.result(5)
        assert report.cancelled
        assert (report.accepted, report.messages) == (1, 1)
        assert report.text == "Cancelled: 1 of 50 accepted."


@pytest.mark.expects_log
def test_what_a_crash_cut_off_is_unknown_at_the_next_start(tmp_path: Path):
    from hl7console.store import deliveries

    with running_engine(tmp_path) as engine:
        (message_id,) = kept(engine, order("M1"))
        engine.core.writer.call(
            lambda db: deliveries.start_attempt(db, message_id, "PACS", 1), label="test"
        ).result(5)
    with running_engine(tmp_path) as engine:
        assert attempts(engine, message_id) == [("PACS", "unknown", "")]


def test_stopping_the_engine_ends_a_sending_that_waits(tmp_path: Path):
    asked = threading.Event()

    def never(_: bytes) -> bytes:
        asked.set()
        return b""

    with Receiver(never) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, order("M1"))
        job = engine.submit(SendMessages(ids, "", settings=destination(receiver.port)))
        assert asked.wait(10)
        assert engine.stop(5.0)
        assert job.done()


# TLS.


def test_a_tls_destination_is_checked_and_used(tmp_path: Path, certificates: Certificates):
    with (
        Receiver(reply, certificates.server_context()) as receiver,
        running_engine(tmp_path) as engine,
    ):
        settings = destination(
            receiver.port, tls=Tls.SERVER, tls_ca_path=str(certificates.ca.cert_path)
        )
        ids = kept(engine, order("M1"))
        assert engine.submit(SendMessages(ids, "", settings=settings)).result(10).accepted == 1
        details = dict(engine.submit(TestConnection(settings)).result(10).details)
        assert details["TLS version"] == "TLSv1.3"
        assert details["For"] == "localhost, 127.0.0.1"


@pytest.mark.parametrize(
    ("server", "sentence"),
    [
        ("expired", "the receiver's certificate has expired"),
        ("wrong_host", "does not name"),
    ],
)
def test_an_unfit_receiver_gets_nothing(
    tmp_path: Path, certificates: Certificates, server: str, sentence: str
):
    context = certificates.server_context(getattr(certificates, server))
    with Receiver(reply, context) as receiver, running_engine(tmp_path) as engine:
        settings = destination(
            receiver.port,
            host="localhost",
            tls=Tls.SERVER,
            tls_ca_path=str(certificates.ca.cert_path),
        )
        ids = kept(engine, order("M1"))
        for command in (SendMessages(ids, "", settings=settings), TestConnection(settings)):
            with pytest.raises(EnvironmentFaultError, match=sentence):
                engine.submit(command).result(10)
        assert receiver.received == []


def test_a_foreign_receiver_is_refused_unless_pinned(tmp_path: Path, certificates: Certificates):
    with (
        Receiver(reply, certificates.server_context()) as receiver,
        running_engine(tmp_path) as engine,
    ):
        foreign = destination(
            receiver.port, tls=Tls.SERVER, tls_ca_path=str(certificates.other_ca.cert_path)
        )
        with pytest.raises(EnvironmentFaultError, match="not in the CA bundle"):
            engine.submit(TestConnection(foreign)).result(10)
        pinned = destination(
            receiver.port, tls=Tls.SERVER, tls_ca_path=str(certificates.server.cert_path)
        )
        assert "answers with TLS" in engine.submit(TestConnection(pinned)).result(10).text


def test_a_receiver_that_asks_for_our_certificate(tmp_path: Path, certificates: Certificates):
    with (
        Receiver(reply, certificates.server_context(is_mutual=True)) as receiver,
        running_engine(tmp_path) as engine,
    ):
        ids = kept(engine, order("M1"))
        bare = destination(
            receiver.port, tls=Tls.SERVER, tls_ca_path=str(certificates.ca.cert_path)
        )
        for command in (TestConnection(bare), SendMessages(ids, "", settings=bare)):
            with pytest.raises(EnvironmentFaultError, match="asks for our certificate"):
                engine.submit(command).result(10)
        own = destination(
            receiver.port,
            tls=Tls.MUTUAL,
            tls_ca_path=str(certificates.ca.cert_path),
            tls_cert_path=str(certificates.client.cert_path),
            tls_key_path=str(certificates.client.key_path),
        )
        assert engine.submit(SendMessages(ids, "", settings=own)).result(10).accepted == 1


def test_a_plain_receiver_on_a_tls_destination_is_named(tmp_path: Path):
    with (
        Receiver(lambda _: frame(b"x")) as receiver,
        running_engine(tmp_path, ListenerSettings("plain", port=0)) as engine,
    ):
        settings = destination(port(engine, "plain"), tls=Tls.SERVER, connect_timeout_s=1.0)
        with pytest.raises(EnvironmentFaultError, match=r"TLS|closed"):
            engine.submit(TestConnection(settings)).result(20)
        assert receiver.received == []


def test_checking_a_listener(tmp_path: Path, certificates: Certificates):
    with running_engine(tmp_path, ListenerSettings("plain", port=0)) as engine:
        used = ListenerSettings("new", port=port(engine, "plain"))
        with pytest.raises(EnvironmentFaultError, match="in use"):
            engine.submit(TestConnection(listener=used)).result(10)
        report = engine.submit(TestConnection(listener=certificates.listener())).result(10)
        assert dict(report.details)["For"] == "localhost, 127.0.0.1"
        with pytest.raises(EnvironmentFaultError, match="no address"):
            engine.submit(
                TestConnection(listener=ListenerSettings("x", host="203.0.113.9"))
            ).result(10)


def test_console_to_console(tmp_path: Path):
    with (
        running_engine(tmp_path / "a", ListenerSettings("plain", port=0)) as receiving,
        running_engine(tmp_path / "b") as sending,
    ):
        ids = kept(sending, *(order(f"M{n}") for n in range(5)))
        to = f"127.0.0.1:{port(receiving, 'plain')}"
        assert sending.submit(SendMessages(ids, to)).result(10).accepted == 5
        assert receiving.snapshot().last_message_id == 5


def test_what_came_over_mllp_goes_out_again_byte_for_byte(tmp_path: Path):
    listener = ListenerSettings(name="In", port=0)
    with_line_feeds = order("M1").replace(b"\r", b"\n")
    mixed = order("M2").replace(b"\rORC", b"\r\nORC")
    with Receiver(reply) as receiver, running_engine(tmp_path, listener) as engine:
        with Client(port(engine, "In")) as client:
            for payload in (with_line_feeds, mixed):
                assert b"MSA|AA|" in client.ask(payload)
        to = f"127.0.0.1:{receiver.port}"
        last = engine.snapshot().last_message_id
        assert engine.submit(SendMessages((last - 1, last), to)).result(10).accepted == 2
        assert receiver.received == [with_line_feeds, mixed]


@pytest.mark.parametrize("mode", [ImportMode.KEEP, ImportMode.RECEIVE])
def test_what_came_from_a_file_goes_out_in_its_wire_form(tmp_path: Path, mode: ImportMode):
    listener = ListenerSettings(name="In", port=0)
    pasted = order("F1").replace(b"\r", b"\n")
    with Receiver(reply) as receiver, running_engine(tmp_path, listener) as engine:
        command = ImportFiles(pasted=pasted, mode=mode, listener="In")
        message_id = engine.submit(command).result(10).first_message_id
        to = f"127.0.0.1:{receiver.port}"
        assert engine.submit(SendMessages((message_id,), to)).result(10).accepted == 1
        assert receiver.received == [order("F1")]
