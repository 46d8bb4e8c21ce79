"""The demo's queues: one that takes all, one with refusals, one whose receiver is away at times."""

from __future__ import annotations

import asyncio
import threading
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import wait_for
from queue_kit import deliveries, queue_status

from hl7console.engine.demo import forwarding
from hl7console.engine.demo.receivers import DemoReceivers, Outages, Receiver
from hl7console.engine.demo.running import RunningDemo, running_demo
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.scan import scan
from hl7console.store.keys import KeySource
from hl7console.store.queue_reader import ErrorGroup, error_groups

SOURCE = KeySource(use_key_store=False)
PERSON = r"PID|1||1^^^H^MR||Test^Tess||19700101|F"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "demo"


def groups(demo: RunningDemo) -> list[ErrorGroup]:
    with closing(demo.engine.open_reader()) as reader:
        return error_groups(reader)


def accepted(demo: RunningDemo, name: str) -> int:
    return sum(state == "accepted" for _, state, _ in deliveries(demo.engine, name))


def test_pacs_takes_all_and_billing_refuses_some_with_a_cause(folder):
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for(lambda: accepted(demo, forwarding.PACS_OUT) >= 10, "PACS takes", 30)
        wait_for(lambda: accepted(demo, forwarding.BILLING_OUT) >= 3, "Billing takes", 30)
        wait_for(lambda: bool(groups(demo)), "Billing refuses", 30)
        found = groups(demo)
        assert {group.destination for group in found} == {forwarding.BILLING_OUT}
        assert {group.cause for group in found} <= {"AE 101 PV1-20", "AE 101 PID-7"}
        environments = {q.destination: q.environment for q in demo.engine.snapshot().queues}
        assert environments[forwarding.BILLING_OUT] == "production"
        assert all(d.host == "127.0.0.1" for d in demo.engine.destinations())


def test_the_archives_queue_fills_while_it_is_away_and_drains_after(folder, monkeypatch):
    monkeypatch.setattr(forwarding, "OUTAGES", Outages(1.0, 4.0, 600.0))
    with running_demo(folder, SOURCE, seed=1) as demo:
        name = forwarding.ARCHIVE_OUT
        wait_for(lambda: queue_status(demo.engine, name).waiting >= 3, "it fills", 30)
        most = max(number for number, *_ in deliveries(demo.engine, name))
        wait_for(
            lambda: all(
                state == "accepted"
                for number, state, _ in deliveries(demo.engine, name)
                if number <= most
            ),
            "it drains",
            30,
        )
        demo.traffic.stop()
        wait_for(lambda: not queue_status(demo.engine, name).waiting, "empty", 30)
        counts = {one.destination: one for one in demo.forwarded()}
        assert counts[name].taken >= accepted(demo, name) > 0
        assert counts[forwarding.PACS_OUT].refused == 0


def test_the_demo_ends_during_an_outage_and_delivers_in_the_next_run(folder, monkeypatch):
    monkeypatch.setattr(forwarding, "OUTAGES", Outages(0.0, 600.0, 1.0))
    name = forwarding.ARCHIVE_OUT
    with running_demo(folder, SOURCE, seed=1) as demo:
        wait_for(lambda: queue_status(demo.engine, name).waiting >= 2, "it fills", 30)
        demo.traffic.stop()
    assert not {t.name for t in threading.enumerate()} & {"demo-receivers", "demo-traffic"}
    monkeypatch.setattr(forwarding, "OUTAGES", Outages(600.0, 1.0, 1.0))
    with running_demo(folder, SOURCE, seed=1) as demo:
        demo.traffic.stop()
        wait_for(lambda: not queue_status(demo.engine, name).waiting, "it drains", 30)
        assert accepted(demo, name) >= 2


@pytest.mark.parametrize(
    ("segments", "location"),
    [
        ((PERSON, "PV1|1|O"), ""),
        ((PERSON, "PV1|1|E" + "|" * 18 + "SELF"), ""),
        ((PERSON, "PV1|1|E"), "PV1^1^20"),
        (("PID|1||1^^^H^MR||Unknown", "PV1|1|O"), "PID^1^7"),
        ((), "PID^1^7"),
    ],
)
def test_billing_says_what_it_misses(segments, location):
    head = r"MSH|^~\&|A|H|B|H|20260101||ADT^A04|1|P|2.5.1"
    raw = "\r".join([head, *segments, ""]).encode()
    problem = forwarding.unbillable(scan(raw), raw)
    assert (problem.location if problem else "") == location


def test_receivers_that_cannot_listen_say_so_and_end(monkeypatch):
    async def refuse(*_: object) -> None:
        raise PermissionError(13, "not allowed")

    monkeypatch.setattr(asyncio, "start_server", refuse)
    receivers = DemoReceivers([Receiver("A"), Receiver("B")])
    with pytest.raises(EnvironmentFaultError, match="not allowed"):
        receivers.start()
    assert receivers.stop(0)
