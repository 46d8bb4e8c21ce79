"""What tests of alerts in a whole engine share: the engine, and a port that is taken."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine_kit import key_source

from hl7console.engine.supervisor import Engine
from hl7console.store.workspace import Workspace


@contextmanager
def running(folder: Path) -> Iterator[Engine]:
    workspace = Workspace.open(folder / "workspace", key_source(folder))
    engine = Engine(workspace, worklist="off")
    engine.start()
    try:
        yield engine
    finally:
        assert engine.stop(10.0)


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        yield int(taken.getsockname()[1])
