"""Working beside the owner of a workspace, in other processes and after crashes."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
from functools import partial
from pathlib import Path

import pytest
from engine_kit import Client, Receiver, key_source, order, port, reply, running_engine, wait_for

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.console import ImportFiles, LinkState, SaveListener, SendFiles
from hl7console.engine.handover_wire import ADDRESS_FILE_NAME, HandoverAddress
from hl7console.engine.open_console import open_console
from hl7console.engine.supervisor import Engine
from hl7console.errors import UsageError, WorkspaceError, WorkspaceInUseError
from hl7console.settings import ListenerSettings

PLAIN = ListenerSettings("plain", port=0)


def attach(folder: Path) -> AttachedConsole:
    console = open_console(folder / "workspace", key_source(folder))
    assert isinstance(console, AttachedConsole)
    return console


def test_an_attached_console_sees_what_the_owner_sees(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine:
        console = attach(tmp_path)
        with Client(port(engine, "plain")) as client:
            client.ask(order("A1"))
        assert console.listeners() == engine.listeners()
        assert console.destinations() == ()
        assert console.snapshot().last_message_id == 1
        assert console.snapshot().interfaces[0].received == 1
        assert console.events("plain") == engine.events("plain")
        reader = console.open_reader()
        assert reader.raw(1) == order("A1")
        reader.close()
        assert not console.bring_up_window()
        shown = []
        engine.show_window = lambda: shown.append(1)
        assert console.bring_up_window()
        assert shown == [1]
        console.stop()


def test_commands_are_handed_to_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "one.hl7").write_bytes(order("ONE"))
    monkeypatch.chdir(tmp_path)
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        console = attach(tmp_path)
        report = console.submit(ImportFiles((Path("one.hl7"),))).result(10)
        assert report.messages == 1
        job = console.submit(SendFiles((Path("one.hl7"),), f"127.0.0.1:{receiver.port}"))
        assert job.result(10).accepted == 1
        assert job.done()
        with pytest.raises(UsageError, match="no destination named nowhere"):
            console.submit(SendFiles((Path("one.hl7"),), "nowhere")).result(10)
        console.submit(SaveListener(ListenerSettings("new", port=0))).result(10)
        assert [s.name for s in engine.listeners()] == ["new"]
        console.stop()


def test_every_outcome_reaches_across(tmp_path: Path):
    raw = order("C1").replace(b"|P|2.5", b"|P|2.5|||AL|AL", 1)
    (tmp_path / "one.hl7").write_bytes(raw)
    committing = partial(reply, code="CA")
    with Receiver(committing) as receiver, running_engine(tmp_path):
        console = attach(tmp_path)
        command = SendFiles((tmp_path / "one.hl7",), f"127.0.0.1:{receiver.port}")
        (result,) = console.submit(command).result(10).results
        assert (result.state, result.ack_code) == ("committed", "CA")
        console.stop()


def test_progress_and_cancel_reach_across(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path):
        console = attach(tmp_path)
        file = tmp_path / "many.hl7"
        file.write_bytes(b"\r".join(order(str(n)) for n in range(100)))
        to = f"127.0.0.1:{receiver.port}"
        job = console.submit(SendFiles((file,), to, rate_per_s=1.0))
        wait_for(lambda: job.progress().done >= 1, "the progress")
        job.cancel()
        assert job.result(10).cancelled
        console.stop()


def test_a_job_stops_when_its_client_goes_away(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        console = attach(tmp_path)
        file = tmp_path / "many.hl7"
        file.write_bytes(b"\r".join(order(str(n)) for n in range(100)))
        job = console.submit(SendFiles((file,), f"127.0.0.1:{receiver.port}", rate_per_s=1.0))
        wait_for(lambda: receiver.received, "the first message")
        os.close(os.dup(job._connection.fileno()))
        import socket

        with socket.socket(fileno=os.dup(job._connection.fileno())) as end:
            end.shutdown(socket.SHUT_RDWR)
        wait_for(lambda: not engine._jobs._jobs, "the job's end")
        with pytest.raises(WorkspaceInUseError):
            job.result(5)
        console.stop()


def test_an_owner_that_ends_is_told_in_the_snapshot(tmp_path: Path):
    with running_engine(tmp_path, PLAIN):
        console = attach(tmp_path)
        before = console.snapshot()
        assert before.running
        assert [status.state for status in before.interfaces] == [LinkState.LISTENING]
    snapshot = console.snapshot()
    assert not snapshot.running
    assert [status.state for status in snapshot.interfaces] == [LinkState.STOPPED]
    assert "has ended" in snapshot.problem
    with pytest.raises(WorkspaceInUseError):
        console.submit(ImportFiles(pasted=order("X")))
    with pytest.raises(WorkspaceInUseError):
        console.listeners()
    console.stop()


def test_nobody_without_the_key_is_answered(tmp_path: Path, caplog: pytest.LogCaptureFixture):
    with running_engine(tmp_path, PLAIN) as engine:
        address = HandoverAddress.load(engine.workspace)
        assert address is not None
        file = engine.workspace / ADDRESS_FILE_NAME
        if os.name == "posix":
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
            assert stat.S_IMODE(Path(address.address).stat().st_mode) == 0o600
        forged = HandoverAddress(address.address, address.family, b"\0" * 32, address.pid)
        forged.save(engine.workspace)
        with pytest.raises(WorkspaceInUseError, match="does not answer"):
            AttachedConsole(engine.workspace, *[lambda: None] * 3)  # type: ignore[arg-type, list-item]
        address.save(engine.workspace)
        attach(tmp_path).stop()
        wait_for(lambda: "turned away" in caplog.text, "the log")
        assert address.key.hex() not in caplog.text + repr(address)
    caplog.clear()


test_nobody_without_the_key_is_answered = pytest.mark.expects_log(
    test_nobody_without_the_key_is_answered
)

SERVE = """
    import sys
    from pathlib import Path
    from hl7console.engine.open_console import open_console
    from hl7console.settings import ListenerSettings
    from hl7console.store.keys import KeySource
    folder = Path(sys.argv[1])
    source = KeySource(use_key_store=False, key_folder=folder / "keys")
    engine = open_console(folder / "workspace", source, listeners=[ListenerSettings("p", port=0)])
    print("ready", flush=True)
    sys.stdin.read()
    engine.stop()
"""


@pytest.mark.skipif(os.name != "posix", reason="kill -9 is a POSIX thing")
def test_after_kill_9_the_workspace_is_free_and_whole(tmp_path: Path):
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SERVE), str(tmp_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdin is not None
    with process.stdin, process.stdout:
        assert process.stdout.readline() == "ready\n"
        console = attach(tmp_path)
        at = int(console.snapshot().interfaces[0].address.rpartition(":")[2])
        with Client(at) as client:
            assert b"|AA|" in client.ask(order("K1"))
        process.send_signal(signal.SIGKILL)
        process.wait(10)
        assert not console.snapshot().running
        console.stop()
    assert (tmp_path / "workspace" / "handover.sock").exists()
    owner = open_console(tmp_path / "workspace", key_source(tmp_path))
    assert isinstance(owner, Engine)
    assert owner.snapshot().last_message_id == 1
    attach(tmp_path).stop()
    owner.stop()


def test_a_path_too_long_for_a_socket_works_as_well(tmp_path: Path):
    deep = tmp_path / ("d" * 90) / ("e" * 60)
    deep.mkdir(parents=True)
    with running_engine(deep, PLAIN) as engine:
        address = HandoverAddress.load(engine.workspace)
        assert address is not None
        attach(deep).stop()
    if address.family == "AF_UNIX":
        assert not Path(address.address).parent.exists()


def test_a_newcomer_waits_for_an_owner_that_is_ending(tmp_path: Path):
    from hl7console.engine.owner import OwnerLock

    with running_engine(tmp_path, PLAIN):
        pass
    lock = OwnerLock.acquire(tmp_path / "workspace")
    assert lock is not None
    import threading

    releaser = threading.Timer(0.3, lock.release)
    releaser.start()
    owner = open_console(tmp_path / "workspace", key_source(tmp_path))
    assert isinstance(owner, Engine)
    owner.stop()
    releaser.join()


def test_listeners_of_its_own_need_ownership(tmp_path: Path):
    with running_engine(tmp_path, PLAIN), pytest.raises(WorkspaceInUseError, match="process"):
        open_console(tmp_path / "workspace", key_source(tmp_path), listeners=[PLAIN])


def test_where_there_is_no_workspace_nothing_is_left_behind(tmp_path: Path):
    with pytest.raises(UsageError, match="no workspace"):
        open_console(tmp_path / "none", key_source(tmp_path), create=False)
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("bad", ["key", "database"])
def test_a_workspace_that_cannot_be_opened_is_given_up_again(tmp_path: Path, bad: str):
    with running_engine(tmp_path, PLAIN):
        pass
    if bad == "key":
        source = key_source(tmp_path / "elsewhere")
    else:
        source = key_source(tmp_path)
        (tmp_path / "workspace" / "console.db").write_bytes(b"damaged" * 2000)
    for _ in range(2):
        with pytest.raises(WorkspaceError) as caught:
            open_console(tmp_path / "workspace", source)
        assert not isinstance(caught.value, WorkspaceInUseError)
