"""Measures of a running engine: what comes and goes, and exactly that over kills in the middle."""

from __future__ import annotations

import random
import threading
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from engine_kit import (
    Client,
    Receiver,
    destination,
    key_source,
    order,
    port,
    reply,
    running_engine,
    wait_for,
)
from killable_engine_kit import attach, engine_processes

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.console import SaveDestination, SaveListener
from hl7console.engine.measures import service
from hl7console.engine.measures.measuring import Measures
from hl7console.engine.repair_commands import SaveRoute
from hl7console.engine.supervisor import Engine
from hl7console.errors import DamagedDatabaseError
from hl7console.settings import ListenerSettings, RouteSettings
from hl7console.store.connection import Database
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Curve, Scope
from hl7console.store.workspace import Workspace

WRONG_TYPE = b"MSH|^~\\&|REGRIS|NORTH|PACS|NORTH|20260105||ZZZ^X|%b|P|2.5.1\r"


def this_minute(reader: MeasureReader, scope: Scope, name: str) -> Curve:
    now_s = int(time.time())
    return reader.curve(scope, name, now_s - 120, now_s + 1)


def is_measured(engine: Engine, scope: Scope, name: str, count: int) -> bool:
    with closing(engine.open_measures()) as reader:
        return sum(this_minute(reader, scope, name).received) >= count


def lines_counted(engine: Engine) -> int:
    now_s = int(time.time())
    with closing(engine.open_measures()) as reader:
        found = reader.curves(Scope.STEPS, now_s - 120, now_s + 1)
        return sum(max(curve.backlog) for curve in found.values())


def test_what_an_engine_receives_and_sends_is_measured_with_its_times(tmp_path: Path):
    settings = ListenerSettings("in", port=0)
    with (
        Receiver(reply) as receiver,
        running_engine(tmp_path, settings) as engine,
    ):
        engine.submit(SaveDestination(destination(receiver.port))).result(10)
        engine.submit(SaveRoute(RouteSettings("all", "type:ORM", ("PACS",)))).result(10)
        with Client(port(engine, "in")) as client:
            for number in range(20):
                client.ask(order(f"C{number}"))
            client.ask(WRONG_TYPE % b"C99")
            wait_for(lambda: is_measured(engine, Scope.LISTENER, "in", 21), "measured")
            wait_for(lambda: is_measured(engine, Scope.DESTINATION, "PACS", 20), "sent")
            wait_for(lambda: lines_counted(engine) > 0, "lines of the worklist were counted")
            with closing(engine.open_measures()) as reader:
                found = this_minute(reader, Scope.LISTENER, "in")
                sent = this_minute(reader, Scope.DESTINATION, "PACS")
                causes = reader.causes(Scope.ALL, "", found.since_s, found.until_s)
                marks = reader.marks(found.since_s, found.until_s)
    assert (sum(found.received), sum(found.accepted), sum(found.refused)) == (21, 20, 1)
    assert max(found.connections) == 1
    assert sum(times.total for times in found.latency if times) == 21
    for count, times in zip(found.received, found.latency, strict=True):
        assert count == (times.total if times else 0)
    assert sum(sent.accepted) == 20
    assert sum(sent.size_bytes) == sum(len(order(f"C{number}")) for number in range(20))
    assert sum(times.total for times in sent.latency if times) == 20
    assert sum(times.total for times in sent.wait if times) == 20
    assert [cause[:6] for cause in causes] == ["AR 201"]
    assert {"Destination saved: PACS", "Route saved: all"} <= {mark.text for mark in marks}
    assert [mark.kind for mark in marks].count("start") == 1


def test_the_time_to_an_acknowledgement_counts_from_the_first_byte(tmp_path: Path):
    with running_engine(tmp_path, ListenerSettings("in", port=0)) as engine:
        with Client(port(engine, "in")) as client:
            client.send(b"\x0b" + order("SLOW")[:40])
            begun_s = time.monotonic()
            wait_for(lambda: time.monotonic() > begun_s + 0.5, "a slow sender")
            client.send(order("SLOW")[40:] + b"\x1c\r")
            assert client.receive()
        wait_for(lambda: is_measured(engine, Scope.LISTENER, "in", 1), "measured")
        with closing(engine.open_measures()) as reader:
            found = this_minute(reader, Scope.LISTENER, "in")
    took_us = max(times.most for times in found.latency if times)
    assert 300_000 <= took_us < 5_000_000


def test_an_engine_without_measures_makes_no_file(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "workspace", key_source(tmp_path))
    listener = ListenerSettings("in", port=0)
    engine = Engine(workspace, listeners=[listener], worklist="off", measures=False)
    engine.start()
    try:
        with Client(port(engine, "in")) as client:
            assert client.ask(order("C1"))
    finally:
        assert engine.stop(10.0)
    assert not (workspace.path / "measures.db").exists()


def test_a_file_that_is_damaged_while_the_engine_runs_is_made_again(tmp_path: Path):
    with running_engine(tmp_path, ListenerSettings("in", port=0)) as engine:
        path = engine.workspace / "measures.db"
        with Client(port(engine, "in")) as client:
            client.ask(order("C1"))
            wait_for(lambda: is_measured(engine, Scope.ALL, "", 1), "measured")
    path.write_bytes(b"no database at all" * 1000)
    with running_engine(tmp_path, ListenerSettings("in", port=0)) as engine:
        wait_for(lambda: is_measured(engine, Scope.ALL, "", 1), "made again")
        assert engine.measures.problem == ""


@pytest.mark.expects_log
def test_a_fault_is_told_and_what_came_meanwhile_is_counted_after_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(service, "RETRY_S", 0.05)
    real = Measures.step
    with running_engine(tmp_path, ListenerSettings("in", port=0)) as engine:

        def fail(measures: Measures, now_us: int) -> bool:
            real(measures, now_us)
            raise DamagedDatabaseError("The database file is damaged.")

        with Client(port(engine, "in")) as client:
            client.ask(order("C1"))
            with monkeypatch.context() as broken:
                broken.setattr(Measures, "step", fail)
                wait_for(lambda: engine.snapshot().measures_problem, "told")
                client.ask(order("C2"))
            wait_for(lambda: not engine.snapshot().measures_problem, "well again")
            wait_for(lambda: is_measured(engine, Scope.ALL, "", 2), "counted")
        with closing(engine.open_measures()) as reader:
            found = this_minute(reader, Scope.ALL, "")
            marks = reader.marks(found.since_s, found.until_s)
    assert sum(found.received) == 2
    assert [mark.kind for mark in marks] == ["start"]


class Load:
    """Senders in lock step that go on until nobody answers."""

    def __init__(self, at_port: int, run: int) -> None:
        self.answered = 0
        self._threads = [
            threading.Thread(target=self._send, args=(at_port, f"{run}-{number}"))
            for number in range(4)
        ]
        for thread in self._threads:
            thread.start()

    def _send(self, at_port: int, name: str) -> None:
        with suppress(OSError, AssertionError), Client(at_port) as client:
            number = 0
            while client.ask(order(f"{name}-{number}") if number % 5 else WRONG_TYPE % b"W"):
                number += 1
                self.answered += 1

    def join(self) -> None:
        for thread in self._threads:
            thread.join(20)


def kill_under_load(engine, console: AttachedConsole, run: int, chance: random.Random) -> None:
    """Kill an engine at any point after it measured something of what it receives."""
    address = next(i for i in console.snapshot().interfaces if i.name == "in").address
    before = console.snapshot().measures_version
    load = Load(int(address.rpartition(":")[2]), run)
    try:
        wait_for(lambda: console.snapshot().measures_version > before + 1, "measured")
        wanted = load.answered + chance.randrange(100)
        wait_for(lambda: load.answered >= wanted, "more came")
    finally:
        console.stop()
        engine.kill()
        load.join()


def by_second(database: Database, sql: str) -> dict[int, tuple[int, ...]]:
    return {int(row[0] or 0): tuple(int(n or 0) for n in row[1:]) for row in database.all(sql)}


def of_curve(found: Curve, *columns: str) -> dict[int, tuple[int, ...]]:
    lines = [getattr(found, column) for column in columns]
    return {
        found.since_s + place * found.step_s: values
        for place, values in enumerate(zip(*lines, strict=True))
        if any(values)
    }


def test_after_kills_under_load_measures_are_exactly_what_the_database_has(tmp_path: Path):
    chance = random.Random(5)  # noqa: S311 - no secret
    with Receiver(reply) as receiver, engine_processes(tmp_path) as processes:
        engine = processes.run(tmp_path)
        console = attach(tmp_path)
        settings = ListenerSettings("in", port=0)
        console.submit(SaveListener(settings)).result(10)
        console.submit(SaveDestination(destination(receiver.port))).result(10)
        console.submit(SaveRoute(RouteSettings("all", "type:ORM", ("PACS",)))).result(10)
        begun_s = int(time.time())
        for run in range(3):
            kill_under_load(engine, console, run, chance)
            engine = processes.run(tmp_path)
            console = attach(tmp_path)
        wait_for(lambda: not any(queue.waiting for queue in console.snapshot().queues), "sent")
        console.stop()
        engine.stop()
    workspace = Workspace.open(tmp_path / "workspace", key_source(tmp_path), create=False)
    with (
        closing(Database(workspace.database_path, workspace.key, read_only=True)) as database,
        closing(MeasureReader(workspace.database_path, workspace.key)) as reader,
    ):
        messages = by_second(
            database,
            "SELECT received_at_us / 1000000, count(*), sum(status = 'ok'), sum(status <> 'ok'),"
            " sum(duplicate_of <> 0), sum(size_bytes) FROM messages"
            " JOIN kinds ON kinds.id = kind_id GROUP BY 1",
        )
        attempts = by_second(
            database,
            "SELECT finished_at_us / 1000000, count(*), sum(state = 'accepted'),"
            " sum(state = 'unknown') FROM attempts WHERE state <> 'sending' GROUP BY 1",
        )
        end_s = int(time.time()) + 2
        for scope, name in ((Scope.ALL, ""), (Scope.LISTENER, "in")):
            found = reader.curve(scope, name, begun_s, end_s)
            columns = ("received", "accepted", "refused", "duplicates", "size_bytes")
            assert of_curve(found, *columns) == messages
        sent = reader.curve(Scope.DESTINATION, "PACS", begun_s, end_s)
        assert of_curve(sent, "received", "accepted", "unclear") == attempts
        marks = reader.marks(begun_s, end_s)
    assert sum(counts[0] for counts in messages.values()) > 100
    assert [mark.text for mark in marks].count("The program ended unexpectedly.") == 3
