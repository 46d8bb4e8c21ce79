from __future__ import annotations

import pytest
from engine_kit import Client, Receiver, frame, order, port, running_engine, wait_for

from hl7console.engine.console import ImportFiles, SendMessages
from hl7console.settings import ListenerSettings

ENHANCED = order("L1").replace(b"|P|2.5.1", b"|P|2.5.1|||AL|AL")


def acknowledgement(code: bytes, control_id: bytes, error: bytes = b"") -> bytes:
    return (
        b"MSH|^~\\&|PACS|NORTH|REGRIS|NORTH|20260105||ACK^O01^ACK|X9|P|2.5.1\r"
        b"MSA|%b|%b\r" % (code, control_id)
    ) + error


@pytest.fixture
def committed(tmp_path):
    """An engine with a message that a receiver committed to."""

    def commit(payload: bytes) -> bytes:
        return frame(acknowledgement(b"CA", b"L1"))

    path = tmp_path / "one.hl7"
    path.write_bytes(ENHANCED)
    with running_engine(tmp_path, ListenerSettings(name="RIS in", port=0)) as engine:
        message_id = engine.submit(ImportFiles((path,))).result(20).last_message_id
        with Receiver(commit) as receiver:
            to = f"127.0.0.1:{receiver.port}"
            report = engine.submit(SendMessages((message_id,), to)).result(20)
        assert report.results[0].state == "committed"
        yield engine, message_id


def attempt(engine, message_id):
    reader = engine.open_reader()
    try:
        return reader.attempts(message_id)[-1]
    finally:
        reader.close()


def delivery_state(engine, message_id) -> tuple[str, str]:
    reader = engine.open_reader()
    try:
        row = reader.database().one(
            "SELECT state, cause FROM deliveries WHERE message_id = ?", (message_id,)
        )
        return str(row[0]), str(row[1])
    finally:
        reader.close()


def hand_in(engine, payload: bytes) -> None:
    last = engine.snapshot().last_message_id
    with Client(port(engine, "RIS in")) as client:
        client.send(b"\x0b" + payload + b"\x1c\r")
        wait_for(lambda: engine.snapshot().last_message_id > last, "the ack is stored")


def test_an_acceptance_that_comes_later_ends_the_delivery(committed):
    engine, message_id = committed
    hand_in(engine, acknowledgement(b"AA", b"L1"))
    wait_for(lambda: delivery_state(engine, message_id)[0] == "accepted", "accepted")
    found = attempt(engine, message_id)
    assert found.state == "accepted"
    assert "came later, to RIS in: AA" in found.text
    assert b"MSA|CA|L1" in found.reply


def test_a_refusal_that_comes_later_goes_to_the_error_list(committed):
    engine, message_id = committed
    hand_in(engine, acknowledgement(b"AE", b"L1", b"ERR||PID^1^3|101|E\r"))
    wait_for(lambda: delivery_state(engine, message_id)[0] == "rejected", "rejected")
    assert delivery_state(engine, message_id) == ("rejected", "AE 101 PID-3")


@pytest.mark.parametrize(
    "payload",
    [
        acknowledgement(b"AA", b"L2"),
        acknowledgement(b"AA", b""),
        acknowledgement(b"CA", b"L1"),
        acknowledgement(b"ZZ", b"L1"),
    ],
)
def test_nothing_else_than_msa_2_and_an_application_code_matches(committed, payload):
    engine, message_id = committed
    hand_in(engine, payload)
    hand_in(engine, order("C2"))
    assert delivery_state(engine, message_id)[0] == "committed"


def test_a_second_one_changes_nothing(committed):
    engine, message_id = committed
    hand_in(engine, acknowledgement(b"AA", b"L1"))
    wait_for(lambda: delivery_state(engine, message_id)[0] == "accepted", "accepted")
    hand_in(engine, acknowledgement(b"AE", b"L1"))
    hand_in(engine, order("C3"))
    assert delivery_state(engine, message_id)[0] == "accepted"
