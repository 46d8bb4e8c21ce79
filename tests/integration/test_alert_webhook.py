"""Webhooks against real HTTP servers: with TLS, with a token, and servers that fail."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from alert_channel_kit import WebhookServer, a_message, hang, raw_server
from engine_kit import Certificates

from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError
from hl7console.engine.alerts.channels.webhook import post, target_of
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import WebhookChannel


def send(url: str, *, ca: str = "", token: str = "", timeout_s: float = 5.0, **limits: float):
    channel = WebhookChannel("pager", url, ca, token, timeout_s)
    with Attempt(timeout_s, limits.get("total_s")) as attempt:
        return post(channel, a_message(), attempt)


def failure(url: str, **options: object) -> str:
    with pytest.raises(ConsoleError) as caught:
        send(url, **options)  # type: ignore[arg-type]
    return caught.value.full_text


@pytest.fixture
def token(tmp_path: Path) -> str:
    (tmp_path / "token").write_text("s3cret-token\n")
    return str(tmp_path / "token")


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_two_hundred_takes_it(status: int):
    with WebhookServer(answers=(status,)) as server:
        assert send(f"http://127.0.0.1:{server.port}/hook?to=a%20b&x=ü") == ""
    (posted,) = server.posts
    assert posted["what"] == "test"
    assert posted["program"] == "hl7console"
    path, headers = server.requests[0]
    assert path == "/hook?to=a%20b&x=%C3%BC"
    assert headers["Content-Type"] == "application/json"
    assert headers["Host"] == f"127.0.0.1:{server.port}"
    assert headers["Idempotency-Key"] == posted["key"]
    assert "Authorization" not in headers


def test_a_token_goes_over_tls(certificates: Certificates, token: str):
    with WebhookServer(certificates.server_context()) as server:
        url = f"https://localhost:{server.port}"
        send(url, ca=str(certificates.ca.cert_path), token=token)
    path, headers = server.requests[0]
    assert (path, headers["Authorization"]) == ("/", "Bearer s3cret-token")


@pytest.mark.parametrize(
    ("shown", "told"),
    [("wrong_host", "does not name the host"), ("expired", "has expired"), ("server", "a CA that")],
)
def test_a_wrong_certificate_gets_nothing(
    shown: str, told: str, certificates: Certificates, token: str
):
    authority = certificates.other_ca if shown == "server" else certificates.ca
    with WebhookServer(certificates.server_context(getattr(certificates, shown))) as server:
        url = f"https://localhost:{server.port}/"
        assert told in failure(url, ca=str(authority.cert_path), token=token)
    assert not server.posts


def test_tls_and_plain_do_not_mix(certificates: Certificates):
    with WebhookServer() as server:
        assert "did not speak TLS" in failure(f"https://localhost:{server.port}/")
    assert not server.posts


@pytest.mark.parametrize("status", [400, 401, 404, 500, 503])
def test_other_answers_are_faults(status: int):
    with WebhookServer(answers=(status,)) as server:
        assert f"answered {status} " in failure(f"http://127.0.0.1:{server.port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, token: str):
    with (
        WebhookServer() as other,
        WebhookServer(
            answers=(status,), headers={"Location": f"http://127.0.0.1:{other.port}/"}
        ) as server,
    ):
        text = failure(f"http://127.0.0.1:{server.port}/", token=token)
        assert "redirects are not followed" in text
    assert len(server.posts) == 1
    assert not other.posts


def test_an_answer_without_end_is_read_in_part_only():
    written: list[int] = []

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 65536
            written.append(1)

    with WebhookServer(answers=(200,), body=endless()) as server:
        send(f"http://127.0.0.1:{server.port}/")
    assert len(server.posts) == 1
    # As much as fits between the two.
    assert len(written) < 500


def test_a_server_that_hangs_ends_in_time():
    with raw_server(hang) as port:
        assert "did not answer within 0.3 s" in failure(f"http://127.0.0.1:{port}/", timeout_s=0.3)
        assert "did not answer within 0.3 s" in failure(f"https://127.0.0.1:{port}/", timeout_s=0.3)


def test_headers_without_end_end_in_time():
    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        while True:
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    with raw_server(endless) as port:
        assert "took too long" in failure(f"http://127.0.0.1:{port}/", total_s=0.3)


@pytest.mark.parametrize(
    ("answer", "told"),
    [(b"", "closed the connection"), (b"220 mail.test\r\n", "did not answer in HTTP")],
)
def test_what_is_no_web_server_is_told(answer: bytes, told: str):
    def serve(connection: socket.socket) -> None:
        connection.recv(100_000)
        connection.sendall(answer)

    with raw_server(serve) as port:
        assert told in failure(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ftp://x.test/", "begins with http:// or https://"),
        ("x", "begins with http:// or https://"),
        ("", "begins with http:// or https://"),
        ("http:///path", "begins with http:// or https://"),
        ("http://[::1/", "cannot be read"),
        ("http://x:99999/", "cannot be read"),
        ("http://user:pass@x/", "holds a user or a password"),
    ],
)
def test_what_is_no_url_is_told(url: str, told: str):
    assert told in failure(url)


def test_a_url_says_where_it_leads():
    assert target_of("https://x.test") == target_of("https://x.test:443/")
    assert target_of("http://bücher.test/ä").host == "xn--bcher-kva.test"
    assert "\r" not in target_of("http://x.test/a\r\nX-Evil: 1").path
    assert target_of("http://[::1]:8080/").host == "::1"


def test_a_token_stays_where_there_is_no_tls(token: str, tmp_path: Path):
    with pytest.raises(ChannelError, match="A token is not sent without TLS"):
        send("http://hook.north.test/", token=token)
    with WebhookServer() as server:
        url = f"http://127.0.0.1:{server.port}/"
        assert "cannot be read" in failure(url, token=str(tmp_path / "none"))
        (tmp_path / "bad").write_text("a b\x7f")
        assert "is no token" in failure(url, token=str(tmp_path / "bad"))
        (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
        assert "is no text" in failure(url, token=str(tmp_path / "binary"))
        (tmp_path / "empty").write_text("\n")
        assert "is no token" in failure(url, token=str(tmp_path / "empty"))
    assert not server.posts
