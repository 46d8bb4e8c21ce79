"""An engine in another process that a test can end as a power cut does, and what it wrote down."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from engine_kit import key_source

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.open_console import open_console
from hl7console.store.connection import Database
from hl7console.store.workspace import Workspace

SCRIPT = Path(__file__).with_name("engine_process.py")


class EngineProcess:
    """One process; begins with what takes time, and opens the workspace when it is told to."""

    def __init__(self, errors: IO[str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, str(SCRIPT)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONUTF8": "1"},
        )

    def run(self, folder: Path) -> None:
        """Start the engine of ``folder / "workspace"``; returns when it runs."""
        self._expect("imported")
        self._tell(f"{folder / 'workspace'}\n{folder / 'keys'}\n")
        self._expect("running")

    def stop(self) -> None:
        """End it in order."""
        self._tell("\n")
        self._expect("stopped")
        self._wait()

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self._wait()

    def _tell(self, text: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(text)
        self.process.stdin.flush()

    def _expect(self, word: str) -> None:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().strip()
        assert line == word, f"the engine's process said {line!r}, not {word!r}"

    def _wait(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.wait(20)
        self.process.stdin.close()
        self.process.stdout.close()


class EngineProcesses:
    """Engines one after the other, each with a successor that has got ready meanwhile.

    Args:
        errors: Where their standard error goes.
    """

    def __init__(self, errors: IO[str]) -> None:
        self._errors = errors
        self._spare: EngineProcess | None = None

    def run(self, folder: Path) -> EngineProcess:
        """Run an engine on a workspace."""
        made = self._spare or EngineProcess(self._errors)
        self._spare = EngineProcess(self._errors)
        try:
            made.run(folder)
        except BaseException:
            made.kill()
            raise
        return made

    def end(self) -> None:
        """End the successor that nobody needs."""
        if self._spare is not None:
            self._spare.kill()
            self._spare = None


@contextmanager
def engine_processes(folder: Path) -> Iterator[EngineProcesses]:
    """Give engines whose standard error must hold no traceback at the end."""
    errors = folder / "errors.txt"
    with errors.open("w", encoding="utf-8") as file:
        made = EngineProcesses(file)
        try:
            yield made
        finally:
            made.end()
    text = errors.read_text(encoding="utf-8")
    assert "Traceback" not in text, text


def attach(folder: Path) -> AttachedConsole:
    """Return a console that is attached to the process that runs the engine."""
    console = open_console(folder / "workspace", key_source(folder), create=False)
    assert isinstance(console, AttachedConsole)
    return console


@dataclass(frozen=True)
class WrittenAttempt:
    """A try, as the database has it."""

    state: str
    ack_code: str
    sent: bytes = field(repr=False)


@dataclass(frozen=True)
class Written:
    """A delivery with its tries, as the database has it."""

    id: int
    message_id: int
    control_id: str
    destination: str
    state: str
    is_due: bool
    attempt_count: int
    unknown_count: int
    repeat_of: int
    attempts: tuple[WrittenAttempt, ...] = ()

    @property
    def is_accepted(self) -> bool:
        """Whether it is written down that the receiver has it."""
        return self.state in ("accepted", "committed")


_WRITTEN = """
SELECT d.id, d.message_id, m.control_id, d.destination, d.state, d.is_due, d.attempt_count,
    d.unknown_count, d.repeat_of
FROM deliveries AS d JOIN messages AS m ON m.id = d.message_id
"""


def read_written(folder: Path) -> list[Written]:
    """Return all deliveries in the order of their queues, whether an engine runs or not."""
    workspace = Workspace.open(folder / "workspace", key_source(folder), create=False)
    with (
        closing(Database(workspace.database_path, workspace.key, read_only=True)) as database,
        database.transaction(immediate=False),
    ):
        rows = database.all(f"{_WRITTEN} ORDER BY d.id")
        tried = database.all("SELECT delivery_id, state, ack_code, sent FROM attempts ORDER BY id")
    attempts: dict[int, list[WrittenAttempt]] = {}
    for delivery_id, state, code, sent in tried:
        attempts.setdefault(int(delivery_id), []).append(WrittenAttempt(state, code, sent))
    return [
        Written(
            id=row[0], message_id=row[1], control_id=row[2], destination=row[3],
            state=row[4], is_due=bool(row[5]), attempt_count=row[6], unknown_count=row[7],
            repeat_of=row[8], attempts=tuple(attempts.get(int(row[0]), ())),
        )
        for row in rows
    ]  # fmt: skip


def count_due(folder: Path) -> int:
    """Return how many deliveries are due."""
    workspace = Workspace.open(folder / "workspace", key_source(folder), create=False)
    with closing(Database(workspace.database_path, workspace.key, read_only=True)) as database:
        return database.integer("SELECT count(*) FROM deliveries WHERE is_due = 1")
