"""A store on real SQLite files, with an injected key store."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hl7console.hl7v2.scan import scan
from hl7console.store.reader import StoreReader
from hl7console.store.records import NewMessage, StoreOutcome
from hl7console.store.writer import StoreWriter

KEYS = (
    "message_type", "event", "structure", "control_id", "sender", "receiver", "version", "charset",
    "patient_id", "patient_authority", "patient_name", "accession", "placer_order", "filler_order",
)  # fmt: skip


class Outcomes:
    """Collects outcomes in the order in which they are told."""

    def __init__(self) -> None:
        self.told: list[StoreOutcome] = []
        self.threads: set[str] = set()
        self._more = threading.Condition()

    def __call__(self, outcome: StoreOutcome) -> None:
        with self._more:
            self.told.append(outcome)
            self.threads.add(threading.current_thread().name)
            self._more.notify_all()

    def wait(self, count: int) -> list[StoreOutcome]:
        with self._more:
            assert self._more.wait_for(lambda: len(self.told) >= count, 20)
            return list(self.told)


class Store:
    """A writer on a database of its own, and readers."""

    def __init__(self, folder: Path) -> None:
        self.key = os.urandom(32)
        self.path = folder / "console.db"
        self.problems: list[str] = []
        self.writer = StoreWriter(self.path, self.key, on_problem=self.problems.append)
        self._readers: list[StoreReader] = []

    def put(self, *messages: NewMessage) -> list[StoreOutcome]:
        outcomes = Outcomes()
        for message in messages:
            self.writer.put(message, outcomes)
        return outcomes.wait(len(messages))

    def reader(self) -> StoreReader:
        reader = StoreReader(self.path, self.key)
        self._readers.append(reader)
        return reader

    def sql(self, statement: str, *values: object) -> list[tuple]:
        return self.writer.call(lambda db: db.all(statement, values), label="test").result(10)

    def hold_index(self) -> None:
        """Let nothing more get into the full-text index."""
        self.writer.call(lambda _: None, label="test").result(10)
        chores = self.writer._chores
        chores.is_due = lambda _last_id: False
        chores.is_pending = lambda _last_id: False

    def index_all(self) -> None:
        """Wait until everything is in the full-text index."""
        self.sync()
        for _ in range(2000):
            if self.writer.derived_id >= self.writer.last_message_id:
                return
            threading.Event().wait(0.01)
        raise AssertionError("the index did not catch up")

    def sync(self) -> None:
        self.writer.call(lambda _: None, label="test").result(10)

    def close(self) -> None:
        for reader in self._readers:
            reader.close()
        assert self.writer.stop(20)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path)
    made.writer.start()
    yield made
    made.close()


@pytest.fixture
def outcomes() -> Outcomes:
    return Outcomes()


@pytest.fixture
def message() -> Callable[..., NewMessage]:
    """Make messages, with the keys that the scan finds in them."""

    def make(raw: bytes | str = b"", **columns: object) -> NewMessage:
        data = raw.encode() if isinstance(raw, str) else raw
        data = data or b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|1|P|2.5\rPID|1||4711\r"
        found = scan(data)
        values: dict[str, object] = {
            "interface": "RIS-in",
            "received_at_us": 1_767_225_600_000_000,
            **{name: getattr(found, name) for name in KEYS},
            **columns,
        }
        return NewMessage(raw=data, **values)

    return make
