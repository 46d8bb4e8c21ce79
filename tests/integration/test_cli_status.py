"""``hl7console status``: what scripts get from a console that runs, and from one that doesn't."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import Client, Receiver, destination, order, port, reply, wait_for
from queue_kit import kept, queue, wait_until

from hl7console.cli import program
from hl7console.cli.opening import own
from hl7console.cli.options import Place
from hl7console.engine.console import LinkState, SaveDestination, SaveListener
from hl7console.engine.handover_wire import ADDRESS_FILE_NAME
from hl7console.engine.owner import OwnerLock
from hl7console.engine.repair_commands import HoldQueue
from hl7console.settings import ListenerSettings, MetricsEndpointSettings


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    path = tmp_path / "workspace"
    with own(Place(path)) as console:
        console.submit(SaveListener(ListenerSettings(name="RIS in", port=0))).result(20)
    return path


@pytest.fixture
def status(workspace, capsys):
    def status(*arguments: str) -> tuple[int, str, str]:
        code = program.run(["status", "--workspace", str(workspace), *arguments], None)
        told = capsys.readouterr()
        return code, told.out, told.err

    return status


def values(answer: tuple[int, str, str]) -> dict:
    code, out, err = answer
    found = json.loads(out)
    assert found["exit_code"] == code, err
    return found


def listening(console) -> None:
    wait_for(
        lambda: all(i.state == LinkState.LISTENING for i in console.snapshot().interfaces), "up"
    )


def test_a_console_in_which_all_is_well(workspace, status):
    with own(Place(workspace)) as console:
        listening(console)
        with Client(port(console, "RIS in")) as client:
            client.ask(order("C1"))
        code, out, err = status()
        assert (code, err) == (0, "")
        assert out.startswith("OK: 1 interface up, 0 deliveries waiting, no alert open.\n")
        assert out.splitlines()[3].split()[:4] == ["RIS", "in", "listener", "listening"]
        found = values(status("--json"))
    assert (found["level"], found["is_running"], found["findings"]) == ("ok", True, [])
    assert found["interfaces"][0]["received"] == 1
    assert found["disk_free_bytes"] > 0
    assert found["database_bytes"] > 0
    assert {"worklist_behind", "derived_behind", "measures_behind"} <= set(found)


@pytest.mark.expects_log
def test_a_listener_that_cannot_listen_is_critical_and_named(workspace, status):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken, own(Place(workspace)) as console:
        wrong = ListenerSettings(name="EHR in", port=taken.getsockname()[1])
        console.submit(SaveListener(wrong)).result(20)
        code, out, _ = status()
    assert code == 2
    first = out.splitlines()[0]
    assert first.startswith("CRITICAL: EHR in: The port ")


def test_a_queue_that_is_held_is_a_warning(workspace, status):
    with own(Place(workspace)) as console, Receiver(reply) as receiver:
        listening(console)
        console.submit(SaveDestination(destination(receiver.port))).result(20)
        console.submit(HoldQueue("PACS", "upgrade")).result(20)
        queue(console, kept(console, "D1", "D2"), "PACS")
        wait_until(console, "held")
        found = values(status("--json"))
    assert found["level"] == "warning"
    assert found["findings"][0]["subject"] == "PACS"
    assert found["queues"][0]["waiting"] == 2


def test_when_nothing_runs_it_says_so_and_tells_what_waits(workspace, status):
    with own(Place(workspace)) as console:
        console.submit(SaveDestination(destination(1))).result(20)
        console.submit(HoldQueue("PACS")).result(20)
        queue(console, kept(console, "D1"), "PACS")
        wait_until(console, "held")
    code, out, _ = status()
    assert code == 2
    assert out.startswith("CRITICAL: Nothing runs on this workspace")
    found = values(status("--json"))
    assert not found["is_running"]
    assert {i["name"]: i["state"] for i in found["interfaces"]} == {
        "PACS": "stopped", "RIS in": "stopped",
    }  # fmt: skip
    assert (found["queues"][0]["waiting"], found["queues"][0]["oldest_at_us"] > 0) == (1, True)
    lock = OwnerLock.acquire(workspace)
    assert lock is not None, "looking must not keep the workspace"
    lock.release()


def test_what_cannot_be_found_out_is_unknown_and_so_is_wrong_usage(workspace, status, tmp_path):
    lock = OwnerLock.acquire(workspace)
    assert lock is not None
    try:
        (workspace / ADDRESS_FILE_NAME).unlink(missing_ok=True)
        code, out, err = status()
        assert (code, out) == (3, "")
        assert err.startswith("Error: ")
    finally:
        lock.release()
    assert status("--nonsense")[0] == 3
    assert program.run(["status", "--workspace", str(tmp_path / "none")], None) == 3


def test_the_address_of_the_metrics_is_told(workspace, status):
    metrics = MetricsEndpointSettings(enabled=True, port=0)
    with own(Place(workspace), metrics_endpoint=metrics) as console:
        listening(console)
        found = values(status("--json"))
        assert found["metrics_endpoint"] == console.snapshot().metrics_endpoint.address
    assert values(status("--json"))["metrics_endpoint"] == ""
