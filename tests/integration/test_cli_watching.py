"""What a listener met is told on standard error while it is watched."""

from __future__ import annotations

import socket
from contextlib import closing
from pathlib import Path

from engine_kit import Client, event_codes, order, port, running_engine, wait_for

from hl7console.cli.stopping import Stop
from hl7console.cli.watching import Watch
from hl7console.errors import EnvironmentFaultError
from hl7console.settings import ListenerSettings


def test_faults_are_told_once_each_and_messages_are_not(tmp_path: Path, capsys):
    listener = ListenerSettings(name="In", port=0, max_connections=1)
    with running_engine(tmp_path, listener) as engine:
        watch = Watch(engine)
        with Client(port(engine, "In")) as client:
            client.ask(order("M1"))
            with socket.create_connection(("127.0.0.1", port(engine, "In")), 10):
                wait_for(lambda: "too_many_connections" in event_codes(engine, "In"), "refusal")
        stop = Stop()
        stop.request()
        watch.run(stop)
        watch.run(stop)
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert "In: A connection was refused: there are 1 already" in told[0]
    assert "(127.0.0.1:" in told[0]
    assert "MARLOWE" not in told[0]


def test_a_database_that_cannot_be_read_does_not_end_the_watching(tmp_path: Path, capsys):
    with running_engine(tmp_path, ListenerSettings(name="In", port=0)) as engine:
        watch = Watch(engine, show=True)
        with Client(port(engine, "In")) as client:
            client.ask(order("M1"))
            with closing(engine.open_reader()) as reader:
                watch._reader = reader
                reads = reader.new_ids

                def fail(*_: object) -> None:
                    raise EnvironmentFaultError("The disk failed while the database was used.")

                reader.new_ids = fail  # type: ignore[method-assign]
                watch._look()
                watch._look()
                reader.new_ids = reads  # type: ignore[method-assign]
                watch._look()
    told = capsys.readouterr()
    assert told.err.count("Messages cannot be shown: The disk failed") == 1
    assert told.out.count("M1") == 1
