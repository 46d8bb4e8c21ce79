"""The metrics endpoint, asked over real HTTP while real messages are received."""

from __future__ import annotations

import http.client
import re
import socket
from contextlib import closing

import pytest
from engine_kit import Client, order, port, running_engine, wait_for
from prometheus_client.parser import text_string_to_metric_families

from hl7console.engine.console import LinkState, SaveListener
from hl7console.engine.metrics_commands import SaveMetricsEndpoint
from hl7console.engine.prometheus import server as http_server
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings, MetricsEndpointSettings

NAME = 'RIS "in"\\ ünï'
ON = MetricsEndpointSettings(enabled=True, port=0)


@pytest.fixture
def engine(tmp_path):
    with running_engine(tmp_path, ListenerSettings(name=NAME, port=0)) as engine:
        wait_for(lambda: engine.snapshot().interfaces[0].state == LinkState.LISTENING, "listening")
        yield engine


@pytest.fixture
def endpoint(engine):
    report = engine.submit(SaveMetricsEndpoint(ON)).result(20)
    assert not report.is_fault
    return at(engine)


def at(engine) -> tuple[str, int]:
    host, _, number = engine.snapshot().metrics_endpoint.address.rpartition(":")
    return host, int(number)


def get(address: tuple[str, int], path: str = "/metrics", method: str = "GET"):
    with closing(http.client.HTTPConnection(*address, timeout=10)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()


def scrape(address: tuple[str, int]) -> dict[tuple[str, str], float]:
    status, headers, body = get(address)
    assert status == 200
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(body.decode("utf-8")):
        assert family.documentation, family.name
        for sample in family.samples:
            assert set(sample.labels) <= {"interface"}
            found[sample.name, sample.labels.get("interface", "")] = sample.value
    return found


def say(address: tuple[str, int], request: bytes) -> bytes:
    with closing(socket.create_connection(address, 10)) as client:
        client.settimeout(10)
        client.sendall(request)
        found = b""
        try:
            while part := client.recv(65536):
                found += part
        except ConnectionResetError:
            pass
        return found


def test_it_is_off_until_it_is_switched_on(engine):
    assert engine.snapshot().metrics_endpoint is None


def test_it_tells_what_was_received_under_the_name_of_the_interface(engine, endpoint):
    with Client(port(engine, NAME)) as client:
        for number in range(7):
            client.ask(order(f"C{number}"))
        received = ("hl7console_interface_received_total", NAME)
        wait_for(lambda: scrape(endpoint)[received] == 7, "seven received")
        found = scrape(endpoint)
        assert found["hl7console_interface_accepted_total", NAME] == 7
        assert found["hl7console_interface_refused_total", NAME] == 0
        assert found["hl7console_interface_connections", NAME] == 1
        assert found["hl7console_interface_up", NAME] == 1
        assert found["hl7console_up", ""] == 1
        assert found["hl7console_messages_stored_total", ""] >= 7
        assert found["hl7console_disk_free_bytes", ""] > 0
        text = get(endpoint)[2].decode()
        assert not re.search("MARLOWE|77001|C3|REGRIS", text)


def test_counters_never_fall_though_a_changed_listener_counts_from_nothing(engine, endpoint):
    received = ("hl7console_interface_received_total", NAME)
    with Client(port(engine, NAME)) as client:
        for number in range(3):
            client.ask(order(f"C{number}"))
    wait_for(lambda: scrape(endpoint)[received] == 3, "three received")
    changed = ListenerSettings(name=NAME, port=0, max_connections=5)
    assert not engine.submit(SaveListener(changed, NAME)).result(20).is_fault
    with Client(port(engine, NAME)) as client:
        client.ask(order("C4"))
    wait_for(lambda: scrape(endpoint)[received] == 4, "one more received")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics2 HTTP/1.1\r\n\r\n", b"404"),
        (b"GET /metrics?x=1 HTTP/1.0\r\n\r\n", b"200"),
        (b"POST /metrics HTTP/1.1\r\nContent-Length: 9999\r\n\r\n", b"405"),
        (b"\xff\xfe\x00 junk\r\n\r\n", b"400"),
        (b"GET /metrics\r\n\r\n", b"400"),
        (b"\r\n\r\n", b"400"),
        (b"GET /metrics HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n", b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"400"),
    ],
    ids=["root", "other", "query", "post", "junk", "0.9", "empty", "long", "tls"],
)
def test_odd_and_hostile_requests_get_a_plain_answer_and_the_next_is_served(
    endpoint, request_, status
):
    answer = say(endpoint, request_)
    # What a client still sends when it is answered can cost it the answer, never anybody else's.
    assert answer.split(b" ")[1:2] == [status] or (status == b"431" and not answer)
    assert scrape(endpoint)["hl7console_up", ""] == 1


def test_head_has_no_body(endpoint):
    status, headers, body = get(endpoint, method="HEAD")
    assert (status, body) == (200, b"")
    assert int(headers["Content-Length"]) > 0


def test_slow_clients_are_let_go(endpoint, monkeypatch):
    monkeypatch.setattr(http_server, "REQUEST_TIMEOUT_S", 0.3)
    with closing(socket.create_connection(endpoint, 10)) as client:
        client.settimeout(10)
        client.sendall(b"GET /met")
        assert is_over(client)
    assert scrape(endpoint)["hl7console_up", ""] == 1


def test_more_connections_than_it_takes_are_closed_at_once(endpoint, monkeypatch):
    monkeypatch.setattr(http_server, "REQUEST_TIMEOUT_S", 120.0)
    silent = [
        socket.create_connection(endpoint, 10) for _ in range(http_server.MOST_CONNECTIONS + 20)
    ]
    try:
        for client in silent[http_server.MOST_CONNECTIONS :]:
            client.settimeout(10)
            assert is_over(client)
        for client in silent:
            client.close()
        wait_for(lambda: say(endpoint, b"GET /metrics HTTP/1.0\r\n\r\n"), "room again")
    finally:
        for client in silent:
            client.close()


def is_over(client: socket.socket) -> bool:
    try:
        return client.recv(10) == b""
    except ConnectionError:
        return True


def test_it_is_kept_switched_off_again_and_audited(engine, endpoint, tmp_path):
    assert scrape(endpoint)
    off = MetricsEndpointSettings(enabled=False, port=0)
    report = engine.submit(SaveMetricsEndpoint(off)).result(20)
    assert "switched off" in report.text
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(endpoint, 2)
    reader = engine.open_reader()
    with closing(reader):
        rows = reader.database().all("SELECT subject FROM audit WHERE action LIKE 'metrics%'")
    assert len(rows) == 2


@pytest.mark.expects_log
def test_a_port_in_use_is_told_and_the_engine_runs_on(engine):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        number = taken.getsockname()[1]
        wanted = MetricsEndpointSettings(enabled=True, port=number)
        report = engine.submit(SaveMetricsEndpoint(wanted)).result(20)
    assert report.is_fault
    assert "in use" in report.text
    assert engine.snapshot().metrics_endpoint.state == LinkState.FAILED
    assert engine.snapshot().running


def test_settings_that_cannot_be_are_refused_and_the_old_ones_stay(engine, endpoint):
    with pytest.raises(UsageError):
        engine.submit(SaveMetricsEndpoint(MetricsEndpointSettings(True, "", 0))).result(20)
    assert scrape(endpoint)


def test_the_next_start_has_it_again(tmp_path):
    listener = ListenerSettings(name=NAME, port=0)
    with running_engine(tmp_path, listener) as engine:
        assert not engine.submit(SaveMetricsEndpoint(ON)).result(20).is_fault
    with running_engine(tmp_path, listener) as engine:
        assert scrape(at(engine))["hl7console_up", ""] == 1
        assert not engine.snapshot().metrics_endpoint.beyond_loopback
