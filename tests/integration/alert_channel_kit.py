"""Servers that take alerts, and servers that don't: real sockets, on loopback, with TLS."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from hl7console.engine.alerts.channels.texts import AlertMessage, TextPlace, test_message
from hl7console.store.alert_records import AlertRecord

PLACE = TextPlace("north", "console-1")
NOW_US = 1_767_600_000_000_000
USER, PASSWORD = "alarm", "grün-and-7"


def a_message() -> AlertMessage:
    return test_message("night", PLACE, NOW_US)


def an_alert(alert_id: int = 1, **changes: object) -> AlertRecord:
    values: dict[str, object] = {
        "id": alert_id,
        "rule": "link down",
        "kind": "connection",
        "severity": "critical",
        "scope": "destination",
        "subject": "PACS out",
        "onset_at_us": NOW_US,
        "text": "Nothing listens on 10.0.0.9:104.",
        "sample_control_id": "MSG00017",
        "filter": 'PID-5~"MARLOWE"',
    }
    return AlertRecord(**{**values, **changes})  # type: ignore[arg-type]


class MailServer:
    """A real SMTP server in a thread of its own; keeps what it took.

    Args:
        tls: For STARTTLS.
        is_tls: TLS from the start in place of STARTTLS.
        refused: Addresses that it takes nothing for.
        answer: What it says to each message, one after the other; the last one stays.
        options: For `aiosmtpd.smtp.SMTP`.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        is_tls: bool = False,
        refused: tuple[str, ...] = (),
        answers: tuple[str, ...] = ("250 OK",),
        needs_login: bool = False,
        **options: object,
    ) -> None:
        self.mails: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.tries = 0
        self.logins: list[str] = []
        self._refused = refused
        self._answers = answers
        self._loop = asyncio.new_event_loop()
        self._tls, self._is_tls = tls, is_tls
        self._options: dict[str, object] = {"hostname": "mail.test", **options}
        if needs_login:
            self._options |= {
                "authenticator": self._authenticate,
                # It knows of TLS only where it began that itself.
                "auth_required": not is_tls,
                "auth_require_tls": not is_tls,
            }
        if tls is not None and not is_tls:
            self._options |= {"tls_context": tls, "require_starttls": True}
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.port = 0

    def __enter__(self) -> MailServer:
        self._thread.start()
        made = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self._server = made.result(10)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self

    async def _listen(self) -> asyncio.Server:
        return await self._loop.create_server(
            lambda: SMTP(self, loop=self._loop, **self._options),  # type: ignore[arg-type]
            "127.0.0.1",
            0,
            ssl=self._tls if self._is_tls else None,
        )

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = [t for t in asyncio.all_tasks() if t is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _authenticate(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(mechanism)
        is_right = (data.login, data.password) == (USER.encode(), PASSWORD.encode())
        return AuthResult(success=is_right, handled=False)

    async def handle_RCPT(  # noqa: N802 - the server's name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refused:
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = self._answers[min(self.tries, len(self._answers) - 1)]
        self.tries += 1
        if answer.startswith("250"):
            self.envelopes.append(envelope)
            self.mails.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return answer


class WebhookServer:
    """A real HTTP server in a thread of its own; keeps what it got.

    Args:
        tls: For https.
        answers: Status of each answer, one after the other; the last one stays.
        headers: Of each answer.
        body: Of each answer.
    """

    def __init__(
        self,
        tls: ssl.SSLContext | None = None,
        *,
        answers: tuple[int, ...] = (204,),
        headers: dict[str, str] | None = None,
        body: Iterator[bytes] | bytes = b"",
    ) -> None:
        self.posts: list[dict[str, object]] = []
        self.requests: list[tuple[str, dict[str, str]]] = []
        outer = self

        class Answering(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                outer.posts.append(json.loads(self.rfile.read(length)))
                outer.requests.append((self.path, dict(self.headers)))
                self.send_response(answers[min(len(outer.posts), len(answers)) - 1])
                for name, value in (headers or {}).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    for part in [body] if isinstance(body, bytes) else body:
                        self.wfile.write(part)

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign]
        self.port: int = self._server.server_address[1]
        self._server.daemon_threads = False
        if tls is not None:
            self._server.socket = tls.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> WebhookServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)


@contextmanager
def raw_server(serve: Callable[[socket.socket], None]) -> Iterator[int]:
    """A server that does what a test says with each connection; gives its port.

    Connections are shut at the end, so that one that hangs ends with the test.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    opened: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def run(connection: socket.socket) -> None:
        with connection:
            with suppress(OSError):
                serve(connection)
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                opened.append(connection.dup())
                threads.append(threading.Thread(target=run, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        with suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        accepting.join(10)
        for connection in opened:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        for thread in threads:
            thread.join(10)


def hang(connection: socket.socket) -> None:
    """Read whatever comes and answer nothing, until the other side goes."""
    while connection.recv(4096):
        pass


def close(_: socket.socket) -> None:
    """Say nothing more."""


Serve = Callable[[socket.socket], None]


def mail_until(stage: str, then: Serve) -> Serve:
    """Be a mail server up to a command, ``greeting`` or ``body``; then do something else."""

    def serve(connection: socket.socket) -> None:
        if stage == "greeting":
            then(connection)
            return
        connection.sendall(b"220 mail.test\r\n")
        lines = connection.makefile("rb")
        is_body = False
        for line in lines:
            word = line.split()[0].decode().lower() if line.split() else ""
            if is_body and line != b".\r\n":
                continue
            if word == stage or (is_body and stage == "body"):
                then(connection)
                return
            is_body = word == "data"
            connection.sendall(b"354 go on\r\n" if is_body else b"250 OK\r\n")

    return serve
