from __future__ import annotations

import io
import sys

import pytest

from hl7console.cli import jobs
from hl7console.engine.console import (
    EngineSnapshot,
    InterfaceStatus,
    JobReport,
    LinkState,
    Progress,
)
from hl7console.errors import ConsoleError, EnvironmentFaultError


class FakeConsole:
    """Gives one snapshot after the other, the last one for ever."""

    def __init__(self, *snapshots: EngineSnapshot) -> None:
        self.snapshots = list(snapshots)

    def snapshot(self) -> EngineSnapshot:
        return self.snapshots.pop(0) if len(self.snapshots) > 1 else self.snapshots[0]


def listener(state: LinkState, **given) -> InterfaceStatus:
    values = {"name": "RIS in", "kind": "listener", "address": "127.0.0.1:2575", "tls": "off"}
    return InterfaceStatus(state=state, **(values | given))


def snapshot(*interfaces: InterfaceStatus) -> EngineSnapshot:
    return EngineSnapshot(interfaces=interfaces)


def test_listeners_are_waited_for_and_destinations_are_not():
    destination = listener(LinkState.IDLE, kind="destination")
    ready = listener(LinkState.LISTENING)
    console = FakeConsole(snapshot(listener(LinkState.STARTING)), snapshot(ready, destination))
    assert jobs.wait_for_listeners(console) == (ready,)


def test_a_listener_that_never_starts_is_given_up():
    console = FakeConsole(snapshot(listener(LinkState.STARTING)))
    with pytest.raises(EnvironmentFaultError):
        jobs.wait_for_listeners(console, timeout_s=0.05)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({}, "listening 127.0.0.1:2575"),
        ({"tls": "server"}, "listening 127.0.0.1:2575 tls"),
        ({"tls": "mutual"}, "listening 127.0.0.1:2575 tls"),
        ({"address": "[::1]:2575"}, "listening [::1]:2575"),
    ],
)
def test_the_ready_line(given, line):
    assert jobs.ready_line(listener(LinkState.LISTENING, **given)) == line


def test_what_fails_and_what_is_open_to_all_is_remarked(capsys):
    count = jobs.announce(
        (
            listener(LinkState.LISTENING, address="0.0.0.0:2575", beyond_loopback=True),
            listener(
                LinkState.LISTENING, address="0.0.0.0:2576", beyond_loopback=True, tls="server"
            ),
            listener(LinkState.FAILED, name="EHR in", text="The port is taken."),
            listener(LinkState.STOPPED),
        )
    )
    shown = capsys.readouterr()
    assert count == 2
    assert shown.out == "listening 0.0.0.0:2575\nlistening 0.0.0.0:2576 tls\n"
    assert shown.err.count("without TLS") == 1
    assert "EHR in does not listen: The port is taken." in shown.err


class FakeJob:
    """Ends after some looks; may be interrupted or fail."""

    def __init__(self, *outcomes: BaseException | JobReport) -> None:
        self.outcomes = list(outcomes)
        self.cancelled = False

    def progress(self) -> Progress:
        return Progress(done=3, total=10, rate_per_s=2.0, left_s=3.5)

    def done(self) -> bool:
        return len(self.outcomes) == 1

    def cancel(self) -> None:
        self.cancelled = True

    def result(self, timeout_s: float | None = None) -> JobReport:
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


def test_progress_goes_to_a_terminal_and_is_wiped(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    job = FakeJob(TimeoutError(), TimeoutError(), JobReport(text="done"))
    assert jobs.finish(job).text == "done"
    assert "3 of 10  2/s  4 s left" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r")


def test_progress_stays_out_of_pipes(capsys):
    assert jobs.finish(FakeJob(TimeoutError(), JobReport(text="done"))).text == "done"
    assert capsys.readouterr().err == ""


def test_ctrl_c_cancels_and_reports_how_far_it_came():
    job = FakeJob(KeyboardInterrupt(), JobReport(cancelled=True, messages=4))
    assert jobs.finish(job).messages == 4
    assert job.cancelled


def test_a_failed_job_tells_why():
    with pytest.raises(ConsoleError, match="no room"):
        jobs.finish(FakeJob(ConsoleError("There is no room.")))


@pytest.mark.parametrize(("derived", "timeout_s", "is_whole"), [(5, 1.0, True), (4, 0.05, False)])
def test_the_index_is_waited_for(derived, timeout_s, is_whole):
    console = FakeConsole(
        EngineSnapshot(last_message_id=5, derived_id=3),
        EngineSnapshot(last_message_id=5, derived_id=derived),
    )
    assert jobs.wait_until_indexed(console, timeout_s=timeout_s) is is_whole
