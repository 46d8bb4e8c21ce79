from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from hl7console.engine.console import LinkState, SaveListener, SendMessages
from hl7console.engine.demo import setup
from hl7console.engine.demo.running import RunningDemo, running_demo
from hl7console.errors import UsageError, WorkspaceInUseError, WrongKeyError
from hl7console.store.keys import KeySource
from hl7console.store.workspace import KIND_CONSOLE, Workspace

SOURCE = KeySource(use_key_store=False)


def wait_for(condition, timeout_s: float = 20.0) -> None:
    pause = threading.Event()
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "it did not come about in time"
        pause.wait(0.02)


def wait_for_sent(demo: RunningDemo, count: int) -> None:
    wait_for(lambda: demo.tally().sent >= count)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def test_messages_come_at_once_and_all_accepted_ones_are_kept(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for_sent(demo, 12)
        demo.traffic.stop()
        tally, kept = demo.tally(), demo.kept()
        assert kept.total == tally.sent
        assert {code for _, code in tally.counts} <= {"AA", "CA", "AR"}
        statuses = {s.name: s for s in demo.engine.snapshot().interfaces}
        assert statuses[setup.IMAGING_IN].tls == "server"
        assert statuses[setup.IMAGING_IN].received > 0
        assert statuses[setup.HOSPITAL_IN].received > 0
        assert not any(s.beyond_loopback for s in statuses.values())


def test_senders_follow_a_listener_that_moves(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for_sent(demo, 3)
        old = next(s for s in demo.engine.listeners() if s.name == setup.HOSPITAL_IN)
        demo.engine.submit(SaveListener(replace(old, port=0), old.name)).result(20)
        sent = demo.tally().sent
        wait_for_sent(demo, sent + 8)
        received = {s.name: s.received for s in demo.engine.snapshot().interfaces}
        wait_for(
            lambda: (
                {s.name: s.received for s in demo.engine.snapshot().interfaces}[setup.HOSPITAL_IN]
                > received[setup.HOSPITAL_IN]
            )
        )


def test_a_listener_switched_off_holds_up_no_other(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        old = next(s for s in demo.engine.listeners() if s.name == setup.IMAGING_IN)
        demo.engine.submit(SaveListener(replace(old, enabled=False), old.name)).result(20)
        wait_for_sent(demo, demo.tally().sent + 6)


def test_messages_can_be_sent_again_to_the_test_system(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for_sent(demo, 1)
        report = demo.engine.submit(SendMessages((demo.first_id + 1,), setup.TEST_SYSTEM)).result(
            20
        )
        assert report.accepted == 1
        states = {s.name: s.state for s in demo.engine.snapshot().interfaces}
        assert states[setup.TEST_SYSTEM] == LinkState.CONNECTED


def test_a_demo_runs_once_in_a_workspace_and_again_after_its_end(folder):
    with running_demo(folder, SOURCE):
        with pytest.raises(WorkspaceInUseError), running_demo(folder, SOURCE):
            pass
        with pytest.raises(WorkspaceInUseError):
            setup.clear(folder)
    with running_demo(folder, SOURCE) as demo:
        wait_for_sent(demo, 1)
    setup.clear(folder)
    assert not folder.exists()


def test_half_made_certificates_are_made_anew(folder):
    with running_demo(folder, SOURCE):
        pass
    (folder / setup.CERTIFICATES_FOLDER / "server.key").unlink()
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for(
            lambda: any(
                s.name == setup.IMAGING_IN and s.received for s in demo.engine.snapshot().interfaces
            )
        )


def test_a_demo_that_cannot_be_opened_says_how_to_start_over(folder, tmp_path):
    source = KeySource(use_key_store=False, key_folder=tmp_path / "keys")
    with running_demo(folder, source):
        pass
    for key_file in (tmp_path / "keys").iterdir():
        key_file.unlink()
    with pytest.raises(WrongKeyError) as caught, running_demo(folder, source):
        pass
    assert "--fresh" in caught.value.hint
    setup.clear(folder)
    with running_demo(folder, source) as demo:
        wait_for_sent(demo, 1)


def test_a_real_workspace_is_left_alone(folder):
    Workspace.open(folder, SOURCE, kind=KIND_CONSOLE)
    for attempt in (lambda: setup.clear(folder), lambda: setup.check_folder(folder)):
        with pytest.raises(UsageError):
            attempt()
    assert (folder / "console.db").exists()


def test_the_worklist_stands_behind_what_was_sent(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for(lambda: demo.tally().counts.get(("ORM^O01", "AA"), 0) >= 3)
        demo.traffic.stop()
        stand = demo.worklist()
        assert stand.total == sum(stand.by_state.values()) > 0
        assert demo.engine.snapshot().worklist_entry == demo.engine.snapshot().last_message_id
