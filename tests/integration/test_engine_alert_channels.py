"""The whole engine: a rule fires, and people are told over real connections, once each."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, nullcontext
from pathlib import Path

import pytest
from alert_channel_kit import MailServer, WebhookServer, hang, raw_server
from alert_engine_kit import running, taken_port
from engine_kit import Certificates, key_source, wait_for
from killable_engine_kit import attach, engine_processes

from hl7console.engine.alert_commands import ApproveChannel, SaveAlertRules, TestChannel
from hl7console.engine.alerts.channels import pace
from hl7console.engine.alerts.rules_file import rules_path
from hl7console.engine.attached import AttachedConsole
from hl7console.engine.console import SaveListener
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

RULE = """\
[[rule]]
name = "down"
kind = "connection"
severity = "critical"
recover_s = 0
channels = [%s]
"""


def mail(port: int, certificates: Certificates) -> str:
    return (
        f'[[email]]\nname = "mail"\nhost = "localhost"\nport = {port}\nsender = "a@x.test"\n'
        f"recipients = [\"b@x.test\"]\nca_path = '{certificates.ca.cert_path}'\n"
    )


def hook(port: int, certificates: Certificates) -> str:
    return (
        f'[[webhook]]\nname = "hook"\nurl = "https://localhost:{port}/"\n'
        f"ca_path = '{certificates.ca.cert_path}'\n"
    )


def script(target: Path) -> str:
    code = "import sys; open(sys.argv[1], 'a').write(sys.stdin.read() + chr(10))"
    command = json.dumps([sys.executable, "-c", code, str(target)])
    return f'[[command]]\nname = "script"\ncommand = {command}\n'


@pytest.mark.expects_log
def test_an_outage_is_told_once_over_every_channel(tmp_path: Path, certificates: Certificates):
    context = certificates.server_context()
    with (
        MailServer(context) as mails,
        WebhookServer(context) as hooks,
        running(tmp_path) as engine,
    ):
        told = tmp_path / "told"
        text = RULE % '"mail", "hook", "script"' + mail(mails.port, certificates)
        text += hook(hooks.port, certificates) + script(told)
        engine.submit(SaveAlertRules(text)).result(10)
        with taken_port() as port:
            listener = ListenerSettings("RIS in", port=port)
            engine.submit(SaveListener(listener)).result(10)
            wait_for(lambda: mails.mails and hooks.posts and told.exists(), "the begin", 20)
        engine.submit(SaveListener(listener)).result(10)
        wait_for(lambda: len(mails.mails) == 2 and len(hooks.posts) == 2, "the end", 20)
        wait_for(lambda: told.read_text().count("\n") == 2, "the end in the script")
        assert engine.snapshot().alert_problem == ""
    subjects = [str(one["Subject"]) for one in mails.mails]
    assert subjects[0].startswith("[hl7console] Critical: ")
    assert "RIS in" in subjects[0]
    assert subjects[1].startswith("[hl7console] Over: ")
    assert [post["what"] for post in hooks.posts] == ["onset", "recovery"]
    lines = [json.loads(line) for line in told.read_text().splitlines()]
    assert [line["alerts"][0]["subject"] for line in lines] == ["RIS in", "RIS in"]


@pytest.mark.expects_log
def test_a_restart_tells_what_could_not_be_told(
    tmp_path: Path, certificates: Certificates, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pace, "FIRST_BACK_OFF_S", 0.1)
    with taken_port() as away:
        pass
    with MailServer(certificates.server_context()) as mails, taken_port() as port:
        text = RULE % '"mail"' + mail(away, certificates)
        with running(tmp_path) as engine:
            engine.submit(SaveAlertRules(text)).result(10)
            engine.submit(SaveListener(ListenerSettings("RIS in", port=port))).result(10)
            wait_for(lambda: "Nothing listens" in engine.snapshot().alert_problem, "a try", 20)
        text = text.replace(f"port = {away}", f"port = {mails.port}")
        rules_path(engine.workspace).write_text(text, encoding="utf-8")
        for _ in range(2):
            with running(tmp_path) as engine:
                wait_for(lambda: mails.mails, "the message", 20)
                wait_for(lambda: engine.snapshot().alerts_open == 1, "the open alert")
                wait_for(lambda: not engine.snapshot().alert_problem, "all well", 20)
    assert len(mails.mails) == 1
    assert str(mails.mails[0]["Subject"]).startswith("[hl7console] Critical: ")


def test_a_file_from_elsewhere_runs_nothing_until_approved(tmp_path: Path):
    told = tmp_path / "told"
    with running(tmp_path) as engine:
        rules_path(engine.workspace).write_text(script(told), encoding="utf-8")
        wait_for(lambda: "off until approved" in engine.snapshot().alert_problem, "the notice", 20)
        with pytest.raises(UsageError, match="has not been approved"):
            engine.submit(TestChannel("script")).result(10)
        assert not told.exists()
        engine.submit(ApproveChannel("script")).result(10)
        wait_for(lambda: not engine.snapshot().alert_problem, "all well", 20)
        engine.submit(TestChannel("script")).result(20)
        # What somebody wrote into the file a moment ago isn't approved by saving something else.
        foreign = script(told) + script(told).replace('"script"', '"foreign"')
        rules_path(engine.workspace).write_text(foreign, encoding="utf-8")
        own = script(told).replace('"script"', '"own"')
        engine.submit(SaveAlertRules(foreign + own)).result(10)
        for name, runs in (("own", True), ("script", True), ("foreign", False)):
            with nullcontext() if runs else pytest.raises(UsageError, match="not been approved"):
                engine.submit(TestChannel(name)).result(20)
        assert told.read_text().count("\n") == 3
        assert json.loads(told.read_text().splitlines()[0])["what"] == "test"


@pytest.mark.expects_log
def test_a_server_that_hangs_does_not_hold_up_the_end(tmp_path: Path, certificates: Certificates):
    came = threading.Semaphore(0)

    def hung(connection: socket.socket) -> None:
        came.release()
        hang(connection)

    with raw_server(hung) as away, taken_port() as port, running(tmp_path) as engine:
        text = RULE % '"mail"' + mail(away, certificates)
        engine.submit(SaveAlertRules(text)).result(10)
        engine.submit(SaveListener(ListenerSettings("RIS in", port=port))).result(10)
        engine.submit(TestChannel("mail"))
        for _ in ("the test", "the alert"):
            assert came.acquire(timeout=20)
        # `running` stops the engine now, and asks whether all of it ended in time.


def test_a_kill_while_it_tells_loses_nothing_and_repeats_nothing(
    tmp_path: Path, certificates: Certificates
):
    came = threading.Event()

    def hung(connection: socket.socket) -> None:
        came.set()
        hang(connection)

    with (
        engine_processes(tmp_path) as processes,
        MailServer(certificates.server_context()) as mails,
        taken_port() as port,
    ):
        process = processes.run(tmp_path)
        with raw_server(hung) as away:
            text = RULE % '"mail"' + mail(away, certificates)
            with attached(tmp_path) as console:
                console.submit(SaveAlertRules(text)).result(10)
                console.submit(SaveListener(ListenerSettings("RIS in", port=port))).result(10)
                assert came.wait(20)
            process.kill()
        text = text.replace(f"port = {away}", f"port = {mails.port}")
        rules_path(tmp_path / "workspace").write_text(text, encoding="utf-8")

        process = processes.run(tmp_path)
        wait_for(lambda: states(tmp_path) == ["sent"], "the message", 20)
        process.kill()

        process = processes.run(tmp_path)
        with attached(tmp_path) as console:
            wait_for(lambda: console.snapshot().alerts_open == 1, "the open alert", 20)
            console.submit(TestChannel("mail")).result(20)
        process.stop()
    subjects = [str(one["Subject"]).removeprefix("[hl7console] ") for one in mails.mails]
    assert subjects[0].startswith("Critical: ")
    assert subjects[1:] == ["Test of the channel mail"]


def states(folder: Path) -> list[str]:
    """What became of each notice, as the database has it."""
    workspace = Workspace.open(folder / "workspace", key_source(folder), create=False)
    with closing(Database(workspace.database_path, workspace.key, read_only=True)) as database:
        return [str(row[0]) for row in database.all("SELECT state FROM alert_notices")]


@contextmanager
def attached(folder: Path) -> Iterator[AttachedConsole]:
    """A console of the engine that runs in another process."""
    console = attach(folder)
    try:
        yield console
    finally:
        console.stop()
