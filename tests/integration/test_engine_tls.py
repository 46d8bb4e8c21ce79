"""Listeners with TLS and mutual TLS: who gets in, and a plain sentence for each who doesn't."""

from __future__ import annotations

import contextlib
import ssl
import time
import warnings
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

from hl7console.engine.console import LinkState
from hl7console.settings import ListenerSettings, Tls


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_tls_client_exchanges_messages(
    tmp_path: Path, certificates: Certificates, version: ssl.TLSVersion
):
    context = certificates.client_context()
    context.minimum_version = context.maximum_version = version
    with (
        running_engine(tmp_path, certificates.listener()) as engine,
        Client(port(engine, "secure"), context) as client,
    ):
        assert b"MSA|AA|T1\r" in client.ask(order("T1"))
        client.send(b"".join(frame(order(f"P{n}")) for n in range(50)))
        for n in range(50):
            assert b"MSA|AA|P%d\r" % n in client.receive()


def test_a_large_message_goes_through_tls(tmp_path: Path, certificates: Certificates):
    with running_engine(tmp_path, certificates.listener()) as engine:
        with Client(port(engine, "secure"), certificates.client_context()) as client:
            sent = order("BIG") + b"OBX|1|ED|PDF||" + b"QUJD" * 500_000 + b"\r"
            assert b"MSA|AA|BIG\r" in client.ask(sent)
        reader = engine.open_reader()
        assert reader.raw(1) == sent
        reader.close()


def test_a_client_certificate_of_the_ca_gets_in(tmp_path: Path, certificates: Certificates):
    context = certificates.client_context(certificates.client)
    with (
        running_engine(tmp_path, certificates.listener(Tls.MUTUAL)) as engine,
        Client(port(engine, "secure"), context) as client,
    ):
        assert b"MSA|AA|C1\r" in client.ask(order("C1"))


@pytest.mark.parametrize(
    ("who", "sentence"),
    [
        ("", "the client showed no certificate"),
        ("foreign_client", "the client's certificate comes from a CA that is not in the CA bundle"),
        ("expired_client", "the client's certificate has expired"),
    ],
)
def test_any_other_client_is_refused_with_a_reason(
    tmp_path: Path, certificates: Certificates, who: str, sentence: str
):
    context = certificates.client_context(getattr(certificates, who) if who else None)
    with running_engine(tmp_path, certificates.listener(Tls.MUTUAL)) as engine:
        with Client(port(engine, "secure"), context) as client:
            with contextlib.suppress(OSError):
                client.send(frame(order("NO")))
            assert client.is_closed()
        wait_for(lambda: engine.events("secure"), "the event")
        assert sentence in status(engine, "secure").last_event
        assert engine.snapshot().last_message_id == 0


@pytest.mark.parametrize(("names", "gets_in"), [(("ris",), True), (("PACS",), False)])
def test_certificate_names_are_an_allow_list(
    tmp_path: Path, certificates: Certificates, names: tuple[str, ...], gets_in: bool
):
    listener = certificates.listener(Tls.MUTUAL, allowed_certificate_names=names)
    context = certificates.client_context(certificates.client)
    with running_engine(tmp_path, listener) as engine:
        with Client(port(engine, "secure"), context) as client:
            try:
                client.send(frame(order("N1")))
                answer = client.receive()
            except OSError:
                answer = b""
            assert bool(answer) == gets_in
        if not gets_in:
            assert "(ris) is not on the list" in status(engine, "secure").last_event


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"\x0b" + order("X") + b"\x1c\r", "A client spoke plain MLLP on this TLS port."),
        (b"GET / HTTP/1.1\r\n\r\n", "An HTTP client connected to this TLS port."),
        (b"\x00\xff" * 500, "A client sent something that is no TLS on this TLS port."),
        (b"\x16\x03\x01\x00\x05garbage that is no hello", "TLS failed"),
    ],
)
def test_what_is_no_tls_is_named_and_closed(
    tmp_path: Path, certificates: Certificates, data: bytes, sentence: str
):
    with running_engine(tmp_path, certificates.listener()) as engine:
        at = port(engine, "secure")
        with Client(at) as client:
            client.send(data)
            wait_for(lambda: engine.events("secure"), "the event")
            assert sentence in status(engine, "secure").last_event
        with Client(at, certificates.client_context()) as client:
            assert b"|AA|" in client.ask(order("AFTER"))


def test_retired_tls_versions_are_refused(tmp_path: Path, certificates: Certificates):
    context = certificates.client_context()
    context.set_ciphers("DEFAULT@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    with running_engine(tmp_path, certificates.listener()) as engine:
        with pytest.raises(OSError, match=r"TLS|SSL|reset|protocol"):
            Client(port(engine, "secure"), context)
        wait_for(lambda: engine.events("secure"), "the event")
        assert event_codes(engine, "secure") == ["tls"]


def test_a_client_that_says_nothing_is_not_waited_for(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("hl7console.engine.inbound_tls.HANDSHAKE_TIMEOUT_S", 0.2)
    with running_engine(tmp_path, certificates.listener()) as engine:
        with Client(port(engine, "secure")) as client:
            assert client.is_closed()
        assert "No TLS handshake" in status(engine, "secure").last_event


@pytest.mark.expects_log
@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"expired": True}, "certificate expired.pem expired on"),
        ({"tls_key_path": "/nowhere/server.key"}, "does not exist"),
        ({"foreign_key": True}, "does not belong to the certificate"),
    ],
)
def test_an_unfit_certificate_fails_its_listener_only(
    tmp_path: Path, certificates: Certificates, changes: dict[str, object], sentence: str
):
    given = dict(changes)
    if given.pop("expired", False):
        given["tls_cert_path"] = str(certificates.expired.cert_path)
        given["tls_key_path"] = str(certificates.expired.key_path)
    if given.pop("foreign_key", False):
        given["tls_key_path"] = str(certificates.client.key_path)
    listener = certificates.listener(**given)
    with running_engine(tmp_path, listener, ListenerSettings("plain", port=0)) as engine:
        light = status(engine, "secure")
        assert light.state == LinkState.FAILED
        assert sentence in light.text
        with Client(port(engine, "plain")) as client:
            assert b"|AA|" in client.ask(order("OK"))


def test_stopping_with_tls_clients_connected_takes_under_a_second(
    tmp_path: Path, certificates: Certificates
):
    context = certificates.client_context(certificates.client)
    with running_engine(tmp_path, certificates.listener(Tls.MUTUAL)) as engine:
        at = port(engine, "secure")
        clients = [Client(at, context) for _ in range(8)]
        for n, client in enumerate(clients):
            assert b"|AA|" in client.ask(order(f"S{n}"))
        shaking = Client(at)  # connected, and silent in the handshake
        wait_for(lambda: status(engine, "secure").connections == 9, "the connections")
        begun = time.monotonic()
        assert engine.stop()
        assert time.monotonic() - begun < 1.0
        for client in [*clients, shaking]:
            assert client.is_closed()
            client.socket.close()
