"""A message over a listener's limit: its sender can read why, and nobody else is held up."""

from __future__ import annotations

import contextlib
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kit import (
    Certificates,
    Client,
    event_codes,
    frame,
    order,
    port,
    running_engine,
    status,
    wait_for,
)

from hl7console.engine.supervisor import Engine
from hl7console.settings import ListenerSettings

LIMIT_BYTES = 100_000
OVER_LIMIT = 3_000_000
PLAIN = ListenerSettings("in", port=0, max_message_bytes=LIMIT_BYTES)
HEAD_BYTES = 64 * 1024


def oversize(control_id: str, size: int = OVER_LIMIT) -> bytes:
    return order(control_id) + b"OBX|1|ED|PDF||" + b"A" * size + b"\r"


@pytest.fixture(params=["plain", "TLSv1_2", "TLSv1_3"])
def listening(
    request: pytest.FixtureRequest, tmp_path: Path, certificates: Certificates
) -> Iterator[tuple[Engine, ssl.SSLContext | None]]:
    """An engine with one listener, and what a client needs to speak to it."""
    settings, context = PLAIN, None
    if request.param != "plain":
        settings = certificates.listener(name="in", max_message_bytes=LIMIT_BYTES)
        context = certificates.client_context()
        context.minimum_version = context.maximum_version = ssl.TLSVersion[request.param]
    with running_engine(tmp_path, settings) as engine:
        yield engine, context


def is_ended_in_order(client: Client) -> bool:
    """Return whether the end comes, as an end and not as a reset."""
    try:
        return client.socket.recv(1) == b""
    except ConnectionError:
        return False


def write_on(client: Client) -> None:
    """Send 1 GB."""
    for _ in range(1000):
        client.send(b"A" * 1_000_000)


def test_a_sender_that_writes_all_before_it_reads_is_told(
    listening: tuple[Engine, ssl.SSLContext | None],
):
    engine, context = listening
    with Client(port(engine, "in"), context) as client:
        answer = client.ask(oversize("BIG"))
        assert b"\rMSA|AE|BIG\r" in answer
        assert b"|207^Application internal error^" in answer
        assert b"larger than 100,000 bytes" in answer
        assert is_ended_in_order(client)
    wait_for(lambda: status(engine, "in").connections == 0, "the connection's end")
    reader = engine.open_reader()
    stored = reader.message(1)
    reader.close()
    assert stored is not None
    assert stored.raw == oversize("BIG")[:HEAD_BYTES]
    assert stored.row.status == "error"
    assert stored.row.flags.split() == ["too_large", "truncated"]
    assert "larger than 100,000 bytes" in stored.row.error_text
    assert stored.ack == answer
    assert event_codes(engine, "in") == ["too_large"]
    assert engine.events("in")[0].count == 1
    assert status(engine, "in").refused == 1
    with Client(port(engine, "in"), context) as client:
        assert b"|AA|" in client.ask(order("NEXT"))


def test_answers_before_it_come_first(listening: tuple[Engine, ssl.SSLContext | None]):
    engine, context = listening
    with Client(port(engine, "in"), context) as client:
        client.send(frame(order("ONE")) + frame(order("TWO")) + frame(oversize("BIG")))
        answers = [client.receive() for _ in range(3)]
        assert is_ended_in_order(client)
    for answer, told in zip(answers, (b"AA|ONE", b"AA|TWO", b"AE|BIG"), strict=True):
        assert b"\rMSA|%b\r" % told in answer


def test_the_answer_comes_while_the_sender_still_writes(
    listening: tuple[Engine, ssl.SSLContext | None],
):
    engine, context = listening
    with Client(port(engine, "in"), context) as client:
        wire = frame(oversize("BIG"))
        client.send(wire[: LIMIT_BYTES * 2])
        wait_for(lambda: engine.snapshot().last_message_id == 1, "the record")
        for at in range(LIMIT_BYTES * 2, len(wire), LIMIT_BYTES):
            client.send(wire[at : at + LIMIT_BYTES])  # resets at once where nobody reads
        assert b"\rMSA|AE|BIG\r" in client.receive()
        assert is_ended_in_order(client)


def test_enhanced_mode_is_answered_ce(tmp_path: Path):
    message = oversize("BIG").replace(b"|P|2.5.1\r", b"|P|2.5.1|||AL|NE\r")
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "in")) as client:
        assert b"\rMSA|CE|BIG\r" in client.ask(message)
        assert is_ended_in_order(client)


def test_what_has_no_header_gets_no_answer_but_an_end(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "in")) as client:
        client.send(frame(b"x" * OVER_LIMIT))
        assert client.receive() == b""
        wait_for(lambda: engine.snapshot().last_message_id == 1, "the record")


def test_a_sender_that_never_stops_writing_is_cut_off(
    listening: tuple[Engine, ssl.SSLContext | None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.discarding.MAX_DISCARDED_BYTES", 4_000_000)
    engine, context = listening
    with Client(port(engine, "in"), context) as client:
        client.send(b"\x0b" + oversize("BIG"))
        with pytest.raises(OSError):  # noqa: PT011 - reset or broken pipe, by the system
            write_on(client)
        wait_for(lambda: status(engine, "in").connections == 0, "the connection's end")


def test_a_sender_that_writes_slowly_for_ever_is_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.discarding.DISCARD_TIMEOUT_S", 0.5)
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "in")) as client:
        client.send(b"\x0b" + oversize("BIG"))
        assert b"\rMSA|AE|BIG\r" in client.receive()

        def is_gone() -> bool:
            with contextlib.suppress(OSError):
                client.send(b"A")
            return status(engine, "in").connections == 0

        wait_for(is_gone, "the connection's end", 5.0)


def test_a_sender_that_does_not_close_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.discarding.DISCARD_SILENCE_S", 0.2)
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "in")) as client:
        assert b"\rMSA|AE|BIG\r" in client.ask(oversize("BIG"))
        assert is_ended_in_order(client)
        wait_for(lambda: status(engine, "in").connections == 0, "the connection's end", 2.0)


def test_a_connection_that_is_only_read_to_its_end_does_not_delay_the_stop(
    listening: tuple[Engine, ssl.SSLContext | None],
):
    engine, context = listening
    with Client(port(engine, "in"), context) as client:
        assert b"\rMSA|AE|BIG\r" in client.ask(oversize("BIG"))
        assert status(engine, "in").connections == 1
        begun = time.monotonic()
        assert engine.stop()
        assert time.monotonic() - begun < 1.0
