"""Testing and approving channels, as the window and the command line ask for it."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alert_channel_kit import MailServer, WebhookServer, hang, raw_server
from alert_outbox_kit import HOOK, MAIL, Rig, running_rig
from engine_kit import Certificates

from hl7console.engine.alert_commands import ApproveChannel, TestChannel
from hl7console.engine.alerts.channels.approval import (
    approve_saved,
    channel_digest,
    is_approved,
    withhold,
)
from hl7console.engine.alerts.channels.sending import send
from hl7console.engine.alerts.channels.work import approve, test_channel
from hl7console.engine.console import JobReport
from hl7console.engine.jobs import EngineJob, JobRunner
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings.alerts import (
    AlertBook,
    Channel,
    CommandChannel,
    EmailChannel,
    WebhookChannel,
)
from hl7console.store import audit
from hl7console.store.reader import StoreReader


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    with running_rig(tmp_path) as made:
        made.outbox = made.new_outbox(send_message=send)
        yield made


def tried(rig: Rig, name: str) -> JobReport:
    return started(rig, name).result(20)


def started(rig: Rig, name: str) -> EngineJob:
    return JobRunner().submit("test", lambda job: test_channel(rig.outbox, job, TestChannel(name)))


def use(rig: Rig, *channels: Channel) -> None:
    rig.book = AlertBook(channels=channels)


def may(rig: Rig, channel: Channel) -> bool:
    with closing(StoreReader(rig.writer.path, None)) as reader:
        return is_approved(reader.database(), channel)


def test_each_kind_of_channel_can_be_tried(rig: Rig, certificates: Certificates):
    context = certificates.server_context()
    ca = str(certificates.ca.cert_path)
    with MailServer(context) as mail, WebhookServer(context) as hook:
        use(
            rig,
            EmailChannel("mail", "localhost", "a@x.test", ("b@x.test",), mail.port, ca_path=ca),
            WebhookChannel("hook", f"https://localhost:{hook.port}/", ca),
            CommandChannel("script", (sys.executable, "-c", "input()")),
        )
        rig.approve(*rig.book.channels)
        assert tried(rig, "mail").text == "The test message was taken by the mail server."
        assert tried(rig, "hook").text == "The test message was taken by the webhook."
        assert tried(rig, "script").text == "The test message was taken by the program."
    assert mail.mails[0]["Subject"] == "[hl7console] Test of the channel mail"
    assert hook.posts[0]["what"] == "test"
    with closing(StoreReader(rig.writer.path, None)) as reader:
        actions = [row.action for row in audit.read(reader.database())]
    assert actions.count("alert channel tested") == 3


def test_a_failing_channel_says_why(rig: Rig):
    with WebhookServer(answers=(500,)) as hook:
        use(rig, replace(HOOK, url=f"http://127.0.0.1:{hook.port}/"))
        rig.approve(*rig.book.channels)
        with pytest.raises(ConsoleError, match="answered 500 Internal Server Error"):
            tried(rig, "hook")
    with pytest.raises(UsageError, match="no channel named other"):
        tried(rig, "other")


def test_some_refused_recipients_are_a_fault(rig: Rig):
    with MailServer(refused=("c@x.test",)) as server:
        use(
            rig,
            EmailChannel(
                "mail", "localhost", "a@x.test", ("b@x.test", "c@x.test"), server.port, "off"
            ),
        )
        report = tried(rig, "mail")
    assert report.is_fault
    assert report.text.endswith("refused some of the recipients: c@x.test.")


def test_a_test_that_hangs_can_be_stopped(rig: Rig):
    came = threading.Event()

    def hung(connection: object) -> None:
        came.set()
        hang(connection)  # type: ignore[arg-type]

    with raw_server(hung) as port:
        use(rig, replace(HOOK, url=f"http://127.0.0.1:{port}/"))
        rig.approve(*rig.book.channels)
        job = started(rig, "hook")
        assert came.wait(10)
        job.cancel()
        with pytest.raises(ConsoleError):
            job.result(10)


def test_what_nobody_approved_is_not_tried(rig: Rig):
    script = CommandChannel("script", ("anything",))
    use(rig, script)
    with pytest.raises(UsageError, match="has not been approved"):
        tried(rig, "script")
    with pytest.raises(UsageError, match="has changed since you looked at it"):
        approve(rig.outbox, ApproveChannel("script", channel_digest(HOOK)))
    assert not may(rig, script)
    report = approve(rig.outbox, ApproveChannel("script", channel_digest(script)))
    assert report.text == "The channel script may be used as it is now."
    assert may(rig, script)
    # It is what it does that was approved, however it is switched.
    assert may(rig, replace(script, enabled=False))
    for changed in (
        replace(script, command=("anything", "else")),
        replace(script, name="other"),
        replace(script, timeout_s=99.0),
        WebhookChannel("script", "http://x.test/"),
    ):
        assert not may(rig, changed)


def test_a_channel_that_is_off_is_approved_and_stays_off(rig: Rig):
    use(rig, replace(HOOK, url="http://x.test/", enabled=False))
    report = approve(rig.outbox, ApproveChannel("hook"))
    assert report.text.endswith("It is still switched off in the rules.")


def test_saving_approves_what_was_saved_and_nothing_else(rig: Rig):
    foreign = CommandChannel("foreign", ("x",))
    own = CommandChannel("own", ("y",))
    rig.write(
        lambda database: approve_saved(
            database, [AlertBook(channels=(foreign,))], AlertBook(channels=(foreign, own, MAIL))
        )
    )
    assert not may(rig, foreign)
    assert may(rig, own)
    assert may(rig, MAIL)


def test_mail_is_off_only_when_it_came_by_an_import(rig: Rig):
    assert may(rig, MAIL)
    rig.write(lambda database: withhold(database, MAIL))
    assert not may(rig, MAIL)
    use(rig, MAIL)
    approve(rig.outbox, ApproveChannel("mail"))
    assert may(rig, MAIL)
    # The same one, imported again, is known.
    rig.write(lambda database: withhold(database, MAIL))
    assert may(rig, MAIL)
