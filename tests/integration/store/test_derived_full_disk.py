"""Files that follow the database, made while the disk is full: told as the disk's fault."""

from __future__ import annotations

import pytest

from hl7console.errors import ConsoleError
from hl7console.store.derived_file import DerivedFormat
from hl7console.store.faults import SqlError
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import measures_path
from hl7console.store.worklist.follower import Follower
from hl7console.store.writer import StoreWriter


@pytest.fixture
def console_path(tmp_path):
    path = tmp_path / "console.db"
    writer = StoreWriter(path, None)
    writer.start()
    assert writer.stop(10)
    return path


@pytest.fixture
def full_disk(monkeypatch):
    def fail(*_: object) -> None:
        raise SqlError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(DerivedFormat, "create_tables", fail)
        yield patch


@pytest.mark.parametrize("kind", ["worklist", "measures"])
def test_a_full_disk_is_told_as_such_and_the_file_is_made_when_there_is_room(
    kind, console_path, full_disk
):
    def opened() -> Follower | MeasureStore:
        if kind == "worklist":
            return Follower(console_path, None)
        return MeasureStore(measures_path(console_path), None)

    with pytest.raises(ConsoleError, match="The disk is full"):
        opened()
    full_disk.undo()
    opened().close()
