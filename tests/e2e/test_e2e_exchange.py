"""Others' clients and servers exchange messages with the program."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import ssl
import threading
from pathlib import Path

import hl7
import pytest
from hl7.client import MLLPClient
from hl7.mllp import start_hl7_server

from hl7console.engine import certificates
from hl7console.engine.console import SaveDestination
from hl7console.engine.open_console import open_console
from hl7console.settings import DestinationSettings, Environment

pytestmark = pytest.mark.e2e


@pytest.fixture
def listening(program):
    running = program.start("listen", "--port", 0)
    return running, running.address()


def test_the_ready_line_names_the_port_and_sigterm_ends_cleanly(program):
    running = program.start("listen", "--port", 0)
    line = running.line()
    assert line.startswith("listening 127.0.0.1:")
    assert not line.endswith(" tls")
    assert running.end() == 0
    assert b"Traceback" not in running.errors


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for another process")
def test_ctrl_c_ends_cleanly_with_a_client_connected(listening, client, make_order):
    running, address = listening
    with client(address) as peer:
        peer.send(make_order("A1"))
        running.process.send_signal(signal.SIGINT)
        assert running.process.wait(20) == 0
    running.join()
    assert b"Traceback" not in running.errors


def test_a_raw_socket_gets_its_answers_in_order(
    listening, program, client, make_order, read_answer
):
    _, address = listening
    with client(address) as peer:
        peer.socket.sendall(b"".join(b"\x0b" + make_order(f"A{n}") + b"\x1c\r" for n in range(5)))
        assert [read_answer(peer.answer()) for _ in range(5)] == [("AA", f"A{n}") for n in range(5)]
    rows = program.messages()
    assert [row["control_id"] for row in rows] == [f"A{n}" for n in range(5)]
    assert {row["sender"] for row in rows} == {"RIS|HOSP"}
    assert "raw" not in rows[0]


def test_the_hl7_packages_client(listening, program, make_order):
    _, (host, port) = listening
    with MLLPClient(host, port) as peer:
        answer = hl7.parse(
            peer.send_message(hl7.parse(make_order("H1").decode())).strip(b"\x0b\x1c\r").decode()
        )
    assert (answer["MSA.F1"], answer["MSA.F2"]) == ("AA", "H1")
    assert program.messages()[0]["control_id"] == "H1"


@pytest.fixture
def pki(tmp_path: Path):
    folder = tmp_path / "pki"
    authority = certificates.make_authority(folder)
    server = certificates.make_server_certificate(
        folder, authority, host_names=["localhost", "127.0.0.1"]
    )
    known = certificates.make_client_certificate(folder, authority, name="scanner")
    return authority, server, known


def context_for(authority) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(authority.cert_path))


def test_a_tls_client(program, pki, client, make_order, read_answer):
    authority, server, _ = pki
    running = program.start(
        "listen", "--port", 0, "--tls-cert", server.cert_path, "--tls-key", server.key_path
    )
    line = running.line()
    assert line.endswith(" tls")
    address = ("127.0.0.1", int(line.split()[1].rpartition(":")[2]))
    with client(address, context_for(authority)) as peer:
        assert peer.socket.version() == "TLSv1.3"
        assert read_answer(peer.send(make_order("T1"))) == ("AA", "T1")
        assert running.end() == 0


def test_mutual_tls_lets_in_its_own_clients_only(program, pki, client, make_order, read_answer):
    authority, server, known = pki
    running = program.start(
        "listen", "--port", 0, "--tls-cert", server.cert_path, "--tls-key", server.key_path,
        "--client-ca", authority.cert_path,
    )  # fmt: skip
    address = ("127.0.0.1", running.address()[1])
    with_certificate = context_for(authority)
    with_certificate.load_cert_chain(str(known.cert_path), str(known.key_path))
    with client(address, with_certificate) as peer:
        assert read_answer(peer.send(make_order("M1"))) == ("AA", "M1")
    without = context_for(authority)
    with pytest.raises((ssl.SSLError, ConnectionError)), client(address, without) as peer:
        peer.send(make_order("M2"))
    assert [row["control_id"] for row in program.messages()] == ["M1"]


class PackageServer:
    """The ``hl7`` package's own MLLP server on a thread."""

    def __init__(self, code: str = "AA") -> None:
        self.code = code
        self.received: list[hl7.Message] = []
        self.ready = threading.Event()
        self.port = 0
        self.thread = threading.Thread(target=lambda: asyncio.run(self.serve()))

    async def serve(self) -> None:
        self.stop = asyncio.Event()
        self.loop = asyncio.get_running_loop()
        server = await start_hl7_server(
            self.talk, host="127.0.0.1", port=0, encoding="utf-8", limit=2**20
        )
        async with server:
            self.port = server.sockets[0].getsockname()[1]
            self.ready.set()
            await self.stop.wait()

    async def talk(self, reader, writer) -> None:
        try:
            while True:
                message = await reader.readmessage()
                self.received.append(message)
                writer.writemessage(message.create_ack(self.code))
                await writer.drain()
        except asyncio.IncompleteReadError:
            writer.close()
            await writer.wait_closed()

    def __enter__(self) -> PackageServer:
        self.thread.start()
        assert self.ready.wait(20)
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stop.set)
        self.thread.join(20)


def test_send_exchanges_with_the_hl7_packages_server(program, tmp_path, make_order):
    path = tmp_path / "orders.hl7"
    path.write_bytes(make_order("S1") + make_order("S2"))
    with PackageServer() as server:
        done = program.run("send", path, "--to", f"127.0.0.1:{server.port}", "--json")
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(r["control_id"], r["ack_code"], r["state"]) for r in results] == [
        ("S1", "AA", "accepted"), ("S2", "AA", "accepted"),
    ]  # fmt: skip
    assert [str(m["MSH.F10"]) for m in server.received] == ["S1", "S2"]
    assert [row["origin"] for row in program.messages()] == ["sent", "sent"]


def test_a_refused_message_gives_exit_code_1(program, tmp_path, make_order):
    path = tmp_path / "order.hl7"
    path.write_bytes(make_order("S1"))
    with PackageServer("AE") as server:
        done = program.run("send", path, "--to", f"127.0.0.1:{server.port}")
    assert done.returncode == 1
    assert b"S1  AE  rejected" in done.stdout


def test_a_production_destination_asks_for_its_name_whatever_it_is_called_by(
    program, tmp_path, make_order
):
    path = tmp_path / "order.hl7"
    path.write_bytes(make_order("S1"))
    with PackageServer() as server:
        settings = DestinationSettings(
            name="RIS", host="127.0.0.1", port=server.port, environment=Environment.PRODUCTION
        )
        console = open_console(program.workspace)
        try:
            console.submit(SaveDestination(settings)).result(20)
        finally:
            console.stop()
        for to in ("RIS", f"127.0.0.1:{server.port}", f"localhost:{server.port}"):
            refused = program.run("send", path, "--to", to)
            assert refused.returncode == 2, to
            assert b"production" in refused.stderr
        assert server.received == []
        sent = program.run("send", path, "--to", "RIS", "--confirm", "RIS")
        assert sent.returncode == 0, sent.stderr
        assert len(server.received) == 1


def test_nobody_listening_is_said_in_a_sentence(program, tmp_path, make_order):
    path = tmp_path / "order.hl7"
    path.write_bytes(make_order("S1"))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    done = program.run("send", path, "--to", f"127.0.0.1:{port}")
    assert done.returncode == 1
    assert f"Nothing listens on 127.0.0.1:{port}." in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_a_port_in_use_is_said_in_a_sentence(program):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = program.run("listen", "--port", taken.getsockname()[1])
    assert done.returncode == 1
    assert done.stdout == b""
    assert b"Traceback" not in done.stderr
    assert b"does not listen" in done.stderr


def test_send_over_tls_checks_the_receiver(program, pki, tmp_path, make_order):
    authority, server, known = pki
    listener = program.start(
        "listen", "--port", 0, "--tls-cert", server.cert_path, "--tls-key", server.key_path,
        "--client-ca", authority.cert_path, "--workspace", tmp_path / "receiver",
    )  # fmt: skip
    port = listener.address()[1]
    path = tmp_path / "order.hl7"
    path.write_bytes(make_order("S1"))
    to = ["send", path, "--to", f"localhost:{port}", "--tls"]
    trusted = program.run(
        *to, "--ca", authority.cert_path, "--cert", known.cert_path, "--key", known.key_path
    )
    assert trusted.returncode == 0, trusted.stderr
    unknown = program.run(*to)
    assert unknown.returncode == 1
    assert b"Traceback" not in unknown.stderr
    assert listener.end() == 0
