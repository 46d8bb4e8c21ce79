"""What a listener met is told on standard error while it is watched."""

from __future__ import annotations

import socket
from pathlib import Path

from engine_kit import Client, event_codes, order, port, running_engine, wait_for

from hl7console.cli.stopping import Stop
from hl7console.cli.watching import Watch
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
