"""What the engine's tests share: engines on real files, clients on real sockets, certificates."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from hl7console.engine.certificates import (
    CertificateFiles,
    make_authority,
    make_client_certificate,
    make_server_certificate,
)
from hl7console.engine.console import InterfaceStatus
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings, ListenerSettings, Tls
from hl7console.store.keys import KeySource
from hl7console.store.workspace import Workspace

ORDER = (
    b"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105093012||ORM^O01^ORM_O01|%b|P|2.5.1\r"
    b"PID|1||77001^^^NORTH^MR||MARLOWE^TESS||19680412|F\r"
    b"ORC|NW|P1^REGRIS|||SC\r"
    b"OBR|1|P1^REGRIS||CTHEAD^CT HEAD|||||||||||||||A1\r"
)


def order(control_id: str) -> bytes:
    return ORDER % control_id.encode()


def frame(payload: bytes) -> bytes:
    return b"\x0b" + payload + b"\x1c\r"


def key_source(folder: Path) -> KeySource:
    return KeySource(use_key_store=False, key_folder=folder / "keys")


def wait_for(is_true: Callable[[], object], what: str, timeout_s: float = 10.0) -> None:
    """Wait until something that has no event of its own is so."""
    tick = threading.Event()
    deadline_s = time.monotonic() + timeout_s
    while not is_true():
        assert time.monotonic() < deadline_s, f"timed out: {what}"
        tick.wait(0.005)


@contextmanager
def running_engine(folder: Path, *listeners: ListenerSettings) -> Iterator[Engine]:
    workspace = Workspace.open(folder / "workspace", key_source(folder))
    engine = Engine(workspace, listeners=listeners or None, worklist="thread")
    engine.start()
    try:
        yield engine
    finally:
        assert engine.stop(10.0)


def status(engine: Engine, name: str) -> InterfaceStatus:
    return next(i for i in engine.snapshot().interfaces if i.name == name)


def port(engine: Engine, name: str) -> int:
    return int(status(engine, name).address.rpartition(":")[2])


def event_codes(engine: Engine, name: str) -> list[str]:
    return [event.code for event in engine.events(name)]


class Client:
    """A raw MLLP client."""

    def __init__(self, at_port: int, tls: ssl.SSLContext | None = None, **options: object) -> None:
        self.socket: socket.socket = socket.create_connection(("127.0.0.1", at_port), 10)
        self.socket.settimeout(10)
        if tls is not None:
            try:
                self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
            except BaseException:
                self.socket.close()
                raise
        self.buffer = b""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> bytes:
        """Return the next answer without its frame; empty at the end of the connection."""
        while b"\x1c\r" not in self.buffer:
            data = self.socket.recv(65536)
            if not data:
                assert not self.buffer
                return b""
            self.buffer += data
        payload, _, self.buffer = self.buffer.partition(b"\x1c\r")
        assert payload[:1] == b"\x0b"
        return payload[1:]

    def ask(self, payload: bytes) -> bytes:
        self.send(frame(payload))
        return self.receive()

    def is_closed(self) -> bool:
        try:
            return self.socket.recv(1) == b""
        except (ConnectionError, ssl.SSLError):
            return True


class Receiver:
    """A raw MLLP server whose answers a test chooses; keeps what it received.

    Args:
        answer: Gets a payload and returns the bytes to send, or None to close.
    """

    def __init__(
        self, answer: Callable[[bytes], bytes | None], tls: ssl.SSLContext | None = None
    ) -> None:
        self.received: list[bytes] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self) -> Receiver:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection,))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        if self._tls is not None:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:
                connection.close()
                return
        self._open.append(connection)
        buffer = b""
        try:
            while data := connection.recv(65536):
                buffer += data
                while b"\x1c\r" in buffer:
                    payload, _, buffer = buffer.partition(b"\x1c\r")
                    self.received.append(payload[1:])
                    reply = self._answer(payload[1:])
                    if reply is None:
                        connection.close()
                        return
                    if reply:
                        connection.sendall(reply)
        except OSError:
            pass
        finally:
            connection.close()


def reply(payload: bytes, code: str = "AA", *, control_id: bytes | None = None) -> bytes:
    fields = payload.split(b"\r")[0].split(b"|")
    control_id = fields[9] if control_id is None else control_id
    return frame(
        b"MSH|^~\\&|PACS|NORTH|REGRIS|NORTH|20260105||ACK|R1|P|2.5.1\rMSA|%b|%b\r"
        % (code.encode(), control_id)
    )


def destination(at_port: int, **changes: object) -> DestinationSettings:
    settings: dict[str, object] = {
        "name": "PACS", "host": "127.0.0.1", "port": at_port, "response_timeout_s": 5.0
    }  # fmt: skip
    return DestinationSettings(**{**settings, **changes})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Certificates:
    """A CA and what it signed, with one each that is not to be trusted."""

    folder: Path
    ca: CertificateFiles
    server: CertificateFiles
    client: CertificateFiles
    expired: CertificateFiles
    expired_client: CertificateFiles
    other_ca: CertificateFiles
    foreign_client: CertificateFiles
    wrong_host: CertificateFiles

    @classmethod
    def make(cls, folder: Path) -> Certificates:
        ca = make_authority(folder)
        other = make_authority(folder, name="another CA", file_stem="other-ca")
        return cls(
            folder=folder,
            ca=ca,
            server=make_server_certificate(folder, ca, host_names=["localhost", "127.0.0.1"]),
            client=make_client_certificate(folder, ca, name="RIS"),
            expired=make_server_certificate(
                folder, ca, host_names=["localhost"], file_stem="expired", days=-1
            ),
            expired_client=make_client_certificate(
                folder, ca, name="OLD", file_stem="expired-client", days=-1
            ),
            other_ca=other,
            foreign_client=make_client_certificate(
                folder, other, name="STRANGER", file_stem="foreign-client"
            ),
            wrong_host=make_server_certificate(
                folder, ca, host_names=["elsewhere.example"], file_stem="wrong-host"
            ),
        )

    def listener(self, tls: Tls = Tls.SERVER, **changes: object) -> ListenerSettings:
        settings: dict[str, object] = {
            "name": "secure",
            "port": 0,
            "tls": tls,
            "tls_cert_path": str(self.server.cert_path),
            "tls_key_path": str(self.server.key_path),
            "tls_client_ca_path": str(self.ca.cert_path) if tls == Tls.MUTUAL else "",
        }
        return ListenerSettings(**{**settings, **changes})  # type: ignore[arg-type]

    def client_context(self, own: CertificateFiles | None = None) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.ca.cert_path)
        if own is not None:
            context.load_cert_chain(own.cert_path, own.key_path)
        return context

    def server_context(
        self, own: CertificateFiles | None = None, *, is_mutual: bool = False
    ) -> ssl.SSLContext:
        own = own or self.server
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(own.cert_path, own.key_path)
        if is_mutual:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.ca.cert_path)
        return context
