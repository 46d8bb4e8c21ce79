"""The room that is made for the write-ahead log: when, how much, and that nothing reads it."""

from __future__ import annotations

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from hl7console.store import log_space
from hl7console.store.connection import Database
from hl7console.store.log_space import FIRST_AFTER, ROOM_BYTES, STEP_BYTES, LogSpace
from hl7console.store.reader import StoreReader
from hl7console.store.writer import StoreWriter

Usage = namedtuple("Usage", "total used free")


@pytest.fixture
def space(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LogSpace:
    monkeypatch.setattr(log_space, "STEP_PAUSE_S", 0.0)
    (tmp_path / "c.db-wal").write_bytes(b"frames")
    made = LogSpace(tmp_path / "c.db")
    made.stored(FIRST_AFTER)
    return made


def test_only_load_makes_room(tmp_path):
    space = LogSpace(tmp_path / "c.db")
    space.stored(FIRST_AFTER - 1)
    assert not space.is_due()
    space.stored(1)
    assert space.is_due()


def test_room_is_made_step_by_step_behind_what_there_is(space, tmp_path):
    log = tmp_path / "c.db-wal"
    space.step()
    assert log.stat().st_size == STEP_BYTES + len(b"frames")
    steps = 1
    while space.is_due():
        space.step()
        steps += 1
    assert steps == ROOM_BYTES // STEP_BYTES
    data = log.read_bytes()
    assert data == b"frames" + bytes(ROOM_BYTES - 6)
    log.write_bytes(b"")  # as a checkpoint may leave it
    space.look_again()
    assert space.is_due()


def test_a_nearly_full_disk_is_left_alone(space, tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(1 << 40, 1 << 40, 1 << 30))
    space.step()
    assert (tmp_path / "c.db-wal").read_bytes() == b"frames"
    assert not space.is_due()


@pytest.mark.expects_log
def test_what_fails_is_no_fault(space, tmp_path):
    (tmp_path / "c.db-wal").unlink()
    space.step()
    assert not space.is_due()
    assert not (tmp_path / "c.db-wal").exists()


def test_the_zeros_are_not_read_when_a_killed_console_comes_back(
    store, message, tmp_path, monkeypatch
):
    monkeypatch.setattr(log_space, "STEP_PAUSE_S", 0.0)
    wal = store.path.with_name(store.path.name + "-wal")
    count = 0

    def put(more: int) -> None:
        nonlocal count
        told = store.put(*(message(control_id=f"C{count + n}") for n in range(more)))
        count += more
        assert told[-1].message_id == count

    put(FIRST_AFTER)
    while wal.stat().st_size < ROOM_BYTES:
        put(1)
    killed = []

    def keep_as_if_killed(name: str) -> None:
        """Keep what another process finds when this one stops dead now."""
        folder = tmp_path / name
        folder.mkdir()
        for file in (store.path, wal):
            shutil.copy(file, folder / file.name)
        killed.append((folder / store.path.name, count))

    store.index_all()
    keep_as_if_killed("zeros behind the frames")
    store.writer.checkpoint().result(10)
    put(3)
    store.index_all()
    keep_as_if_killed("old frames and zeros behind new frames")
    assert wal.stat().st_size == ROOM_BYTES
    for path, expected in killed:
        database = Database(path, store.key)
        assert database.one("PRAGMA integrity_check") == ("ok",)
        database.close()
        writer = StoreWriter(path, store.key)
        writer.start()
        assert writer.last_message_id == expected
        assert writer.stop(30)
        reader = StoreReader(path, store.key)
        assert [row.control_id for row in reader.rows([1, expected])] == ["C0", f"C{expected - 1}"]
        assert reader.count(None) == expected
        reader.close()
