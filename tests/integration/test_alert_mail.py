"""E-mail over real SMTP servers: with TLS, with a log-in, and servers that fail at every stage."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from alert_channel_kit import (
    NOW_US,
    PASSWORD,
    PLACE,
    USER,
    MailServer,
    a_message,
    an_alert,
    close,
    hang,
    mail_until,
    raw_server,
)
from engine_kit import Certificates

from hl7console.engine.alerts.channels.attempt import Attempt, ChannelError
from hl7console.engine.alerts.channels.mail import send_mail
from hl7console.engine.alerts.channels.texts import News, message_of
from hl7console.errors import ConsoleError
from hl7console.settings.alerts import EmailChannel, MailTls
from hl7console.store.alert_notices import NewsCount, ToldAlert


def channel(port: int, **changes: object) -> EmailChannel:
    values: dict[str, object] = {
        "name": "night",
        "host": "localhost",
        "sender": "Console <console@north.test>",
        "recipients": ("pacs@north.test",),
        "port": port,
        "tls": MailTls.OFF,
        "timeout_s": 5.0,
    }
    return EmailChannel(**{**values, **changes})  # type: ignore[arg-type]


def send(settings: EmailChannel, **limits: float) -> str:
    with Attempt(limits.get("timeout_s", settings.timeout_s), limits.get("total_s")) as attempt:
        return send_mail(settings, a_message(), attempt)


def failure(settings: EmailChannel, **limits: float) -> str:
    with pytest.raises(ConsoleError) as caught:
        send(settings, **limits)
    return caught.value.full_text


@pytest.fixture
def secret(tmp_path: Path) -> str:
    (tmp_path / "password").write_text(f"{PASSWORD}\nanother line\n", encoding="utf-8")
    return str(tmp_path / "password")


def test_a_plain_server_takes_it():
    with MailServer() as server:
        settings = channel(server.port, recipients=("a@x.test", "B <b@x.test>"))
        settings.validate()
        assert send(settings) == ""
    (mail,) = server.mails
    assert mail["From"] == "Console <console@north.test>"
    assert mail["To"] == "a@x.test, B <b@x.test>"
    assert mail["Subject"] == "[hl7console] Test of the channel night"
    assert mail["Message-ID"] == "<hl7console-test-1767600000000000@north.test>"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "Nothing is wrong." in mail.get_content()
    assert server.envelopes[0].rcpt_tos == ["a@x.test", "b@x.test"]


def test_letters_of_any_script_arrive():
    told = ToldAlert(
        an_alert(subject="Röntgen ü 放射線 " * 4, text="Störung läuft — ✓."), True, False
    )
    message = message_of(
        News("k-1", (told,), (NewsCount("r", "critical", begun=1),)), PLACE, NOW_US
    )
    with MailServer(enable_SMTPUTF8=True) as server, Attempt(5.0) as attempt:
        settings = channel(server.port, recipients=("Jürgen Ö <jürgen@x.test>",))
        assert send_mail(settings, message, attempt) == ""
    (mail,) = server.mails
    assert mail["Subject"] == message.subject
    assert mail["References"] == "<hl7console-alert-1@north.test>"
    assert mail["Importance"] == "high"
    assert "Jürgen Ö <jürgen@x.test>".encode() in server.envelopes[0].content
    assert server.envelopes[0].rcpt_tos == ["jürgen@x.test"]
    assert "Störung läuft — ✓." in mail.get_content()
    with MailServer() as server:
        settings = channel(server.port, recipients=("jürgen@x.test",))
        assert "does not know what this message needs" in failure(settings)


@pytest.mark.parametrize("tls", [MailTls.STARTTLS, MailTls.TLS])
def test_a_server_with_tls_and_a_log_in_takes_it(
    tls: MailTls, certificates: Certificates, secret: str
):
    context = certificates.server_context()
    with MailServer(context, is_tls=tls == MailTls.TLS, needs_login=True) as server:
        settings = channel(
            server.port,
            tls=tls,
            ca_path=str(certificates.ca.cert_path),
            user=USER,
            password_path=secret,
        )
        assert send(settings) == ""
    assert len(server.mails) == 1
    assert server.logins == ["PLAIN"]


@pytest.mark.parametrize("tls", [MailTls.STARTTLS, MailTls.TLS])
@pytest.mark.parametrize(
    ("shown", "told"),
    [("wrong_host", "does not name the host"), ("expired", "has expired"), ("server", "a CA that")],
)
def test_a_wrong_certificate_is_told_and_gets_nothing(
    tls: MailTls, shown: str, told: str, certificates: Certificates, secret: str
):
    context = certificates.server_context(getattr(certificates, shown))
    authority = certificates.other_ca if shown == "server" else certificates.ca
    with MailServer(context, is_tls=tls == MailTls.TLS, needs_login=True) as server:
        settings = channel(
            server.port,
            tls=tls,
            ca_path=str(authority.cert_path),
            user=USER,
            password_path=secret,
        )
        assert told in failure(settings)
    assert not server.tries
    assert not server.logins


def test_a_wrong_password_is_told(certificates: Certificates, tmp_path: Path):
    (tmp_path / "wrong").write_text("nonsense")
    with MailServer(certificates.server_context(), needs_login=True) as server:
        settings = channel(
            server.port,
            tls=MailTls.STARTTLS,
            ca_path=str(certificates.ca.cert_path),
            user=USER,
            password_path=str(tmp_path / "wrong"),
        )
        text = failure(settings)
    assert text == (
        f"The mail server localhost:{server.port} did not accept the user or the password."
    )
    assert not server.mails


def test_a_server_without_starttls_gets_nothing(certificates: Certificates):
    with MailServer() as server:
        text = failure(channel(server.port, tls=MailTls.STARTTLS))
        assert "offers no STARTTLS" in text
        text = failure(channel(server.port, tls=MailTls.TLS))
        assert "did not speak TLS" in text
    assert not server.tries


def test_a_password_does_not_leave_without_tls(secret: str):
    def listen(connection: socket.socket) -> None:
        mail_until("nothing", hang)(connection)

    with raw_server(listen) as port, Attempt(5.0) as attempt:
        real = attempt.connect
        attempt.connect = lambda _, at_port: real("127.0.0.1", at_port)  # type: ignore[method-assign]
        settings = channel(port, host="mail.north.test", user=USER, password_path=secret)
        with pytest.raises(ChannelError, match="A password is not sent without TLS"):
            send_mail(settings, a_message(), attempt)


def test_a_missing_password_file_is_told(tmp_path: Path):
    with MailServer() as server:
        text = failure(channel(server.port, user=USER, password_path=str(tmp_path / "none")))
    assert text.startswith("The file with the password, none, cannot be read")


def test_refused_recipients_do_not_hold_up_the_others():
    with MailServer(refused=("gone@x.test",)) as server:
        told = send(channel(server.port, recipients=("gone@x.test", "here@x.test")))
        assert told == "The mail server refused some of the recipients: gone@x.test."
        assert "550 no such mailbox" in failure(channel(server.port, recipients=("gone@x.test",)))
    assert [e.rcpt_tos for e in server.envelopes] == [["here@x.test"]]


def test_a_server_that_refuses_the_message_is_told():
    with MailServer(answers=("554 looks like\tspam",)) as server:
        assert failure(channel(server.port)).endswith("refused the message: 554 looks like spam.")


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_server_that_hangs_ends_in_time(stage: str):
    with raw_server(mail_until(stage, hang)) as port:
        assert "did not answer within 0.3 s" in failure(channel(port, timeout_s=0.3))


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "mail", "rcpt", "data", "body"])
def test_a_server_that_closes_is_told(stage: str):
    with raw_server(mail_until(stage, close)) as port:
        assert "closed the connection" in failure(channel(port))


def test_a_server_that_hangs_in_the_handshake_ends_in_time():
    with raw_server(hang) as port:
        text = failure(channel(port, tls=MailTls.TLS, timeout_s=0.3))
        assert "did not answer within 0.3 s" in text


def test_a_server_that_answers_one_letter_at_a_time_ends_in_time():
    def drip(connection: socket.socket) -> None:
        connection.settimeout(0.02)
        while True:
            connection.sendall(b"2")
            try:
                if not connection.recv(100):
                    return
            except TimeoutError:
                pass

    with raw_server(drip) as port:
        assert "took too long" in failure(channel(port), timeout_s=5.0, total_s=0.3)


def test_a_server_that_is_not_there_is_told(certificates: Certificates):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    assert failure(channel(port)) == f"Nothing listens on localhost:{port}."
    assert "is not known" in failure(channel(25, host="nowhere.invalid"))
    text = failure(channel(port, tls=MailTls.TLS, ca_path="/nowhere/ca.pem"))
    assert text


def test_a_quit_that_hangs_does_not_undo_a_message():
    with raw_server(mail_until("quit", close)) as port:
        assert send(channel(port)) == ""


@pytest.mark.parametrize(
    "address",
    ["x@y.test\r\nBcc: all@z.test", "no address", "", "a@b@c", "<>", "x@y.test, z@y.test", "x y@z"],
)
def test_what_is_no_address_goes_nowhere(address: str):
    assert "Not an e-mail address" in failure(channel(1, recipients=(address,)))
    assert "Not an e-mail address" in failure(channel(1, sender=address))
