"""Full disk, locked, damaged, newer and foreign databases, a wrong key, kill -9."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hl7console.errors import (
    ConsoleError,
    DamagedDatabaseError,
    EnvironmentFaultError,
    NewerDatabaseError,
    WorkspaceError,
    WrongKeyError,
)
from hl7console.hl7v2.filters import parse
from hl7console.store import connection
from hl7console.store.connection import Database
from hl7console.store.derive import Deriver
from hl7console.store.migrations import STEPS, migrate, schema_version
from hl7console.store.reader import StoreReader
from hl7console.store.records import NewMessage, StoreOutcome
from hl7console.store.waiting import Call
from hl7console.store.writer import StoreWriter


class Collected:
    """Takes one outcome."""

    def __init__(self) -> None:
        self.is_told = threading.Event()

    def __call__(self, outcome: StoreOutcome) -> None:
        self.outcome = outcome
        self.is_told.set()


ROOT = Path(__file__).parents[3]


def big(message, n: int, size: int = 200_000) -> NewMessage:
    return message(
        b"MSH|^~\\&|R|H|P|H|1||ORM^O01|1|P|2.5\rNTE|1||" + os.urandom(size), control_id=f"B{n}"
    )


@pytest.mark.expects_log
def test_a_full_database_refuses_keeps_answering_and_recovers(store, message):
    store.put(message())
    pages = store.sql("PRAGMA page_count")[0][0]
    store.sql(f"PRAGMA max_page_count = {pages + 20}")
    told = store.put(*(big(message, n) for n in range(4)))
    assert [outcome.message_id for outcome in told] == [0, 0, 0, 0]
    assert told[0].error == "The disk is full."
    assert not told[0].is_locked
    assert store.problems == ["The disk is full."]
    assert store.writer.problem == "The disk is full."
    small = store.put(message())[0]
    assert small.message_id == 2
    store.sql("PRAGMA max_page_count = 1000000")
    told = store.put(*(big(message, n) for n in range(4)))
    assert [outcome.message_id for outcome in told] == [3, 4, 5, 6]
    store.sync()
    assert store.problems == ["The disk is full.", ""]
    assert list(store.reader().ids()) == [1, 2, 3, 4, 5, 6]


@pytest.mark.expects_log
def test_small_messages_of_a_batch_are_stored_when_the_large_one_does_not_fit(store, message):
    store.put(message())
    pages = store.sql("PRAGMA page_count")[0][0]
    gate = threading.Event()
    store.writer.call(lambda _: gate.wait(10), label="gate")
    store.writer.call(lambda db: db.all(f"PRAGMA max_page_count = {pages + 30}"), label="x")
    timer = threading.Timer(0.05, gate.set)
    timer.start()
    told = store.put(message(), big(message, 1), message())
    timer.join()
    assert [outcome.message_id for outcome in told] == [2, 0, 3]
    store.sql("PRAGMA max_page_count = 1000000")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 3 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = shutil.which("mount")
    done = None
    if command and hasattr(os, "geteuid") and os.geteuid() == 0:
        done = subprocess.run(
            [command, "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(folder)],
            check=False, capture_output=True,
        )  # fmt: skip
    if done is None or done.returncode:
        if os.environ.get("HL7CONSOLE_REQUIRE_ALL"):
            pytest.fail("a small disk could not be mounted")
        pytest.skip("mounting a small disk needs root")
    yield folder
    subprocess.run([shutil.which("umount") or "umount", str(folder)], check=True)


@pytest.mark.expects_log
def test_a_full_disk_refuses_and_service_comes_back(small_disk, message, outcomes):
    key = os.urandom(32)
    writer = StoreWriter(small_disk / "c.db", key)
    writer.start()
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 1_000_000)
    try:
        for n in range(60):
            writer.put(big(message, n, 100_000), outcomes, wait_s=10)
        told = outcomes.wait(60)
        stored = [outcome.message_id for outcome in told if outcome.message_id]
        refused = [outcome for outcome in told if outcome.error]
        assert stored
        assert refused
        assert {outcome.error for outcome in refused} == {"The disk is full."}
        ballast.unlink()
        writer.put(big(message, 99, 1000), outcomes)
        last = outcomes.wait(61)[-1]
        assert last.message_id == max(stored) + 1
    finally:
        assert writer.stop(20)
    reader = StoreReader(small_disk / "c.db", key)
    assert list(reader.ids()) == [*stored, last.message_id]
    assert reader.database().one("PRAGMA integrity_check") == ("ok",)
    reader.close()


@pytest.mark.expects_log
def test_a_locked_database_is_told_as_locked(store, message, monkeypatch):
    store.put(message())
    store.sql("PRAGMA busy_timeout = 50")
    other = Database(store.path, store.key)
    other.execute("BEGIN IMMEDIATE")
    told = store.put(message(), message())
    assert [outcome.is_locked for outcome in told] == [True, True]
    assert "locked" in told[0].error
    other.execute("ROLLBACK")
    other.close()
    assert store.put(message())[0].message_id == 2
    store.index_all()
    store.sync()
    assert store.problems[-1] == ""


@pytest.mark.expects_log
@pytest.mark.parametrize("error", [RuntimeError("PATIENT"), OSError(28, "full")])
def test_a_failing_index_stops_no_storing_and_recovers(store, message, monkeypatch, caplog, error):
    monkeypatch.setattr("hl7console.store.writer.RETRY_S", 0.05)
    monkeypatch.setattr("hl7console.store.health.RETRY_S", 0.05)
    plain = Deriver.step

    def fail(*_args: object) -> int:
        failed.set()
        raise error

    failed = threading.Event()
    with monkeypatch.context() as patch:
        patch.setattr(Deriver, "step", fail)
        assert [o.message_id for o in store.put(message(), message())] == [1, 2]
        assert failed.wait(10)
        assert store.put(message())[0].message_id == 3
        store.sync()
        assert len(store.problems) == 1
        assert list(store.reader().ids(parse("4711"))) == [1, 2, 3]
    assert Deriver.step is plain
    store.index_all()
    store.sync()
    assert store.problems[-1] == ""
    assert "PATIENT" not in caplog.text


def test_a_wrong_key(store, message, capfd):
    store.put(message())
    for key in (os.urandom(32), None):
        with pytest.raises(WrongKeyError):
            StoreReader(store.path, key)
        with pytest.raises(WrongKeyError):
            StoreWriter(store.path, key).start()
    assert capfd.readouterr().err == ""
    assert store.reader().count() == 1


def test_a_newer_version_is_not_touched(store, message):
    store.put(message())
    store.sql(f"PRAGMA user_version = {schema_version() + 1}")
    assert store.writer.stop(20)
    before = store.path.read_bytes()
    with pytest.raises(NewerDatabaseError):
        StoreWriter(store.path, store.key).start()
    assert store.path.read_bytes() == before


def test_another_programs_database_is_not_touched(tmp_path):
    path = tmp_path / "other.db"
    other = Database(path, None)
    other.execute("CREATE TABLE people (name)")
    other.close()
    with pytest.raises(DamagedDatabaseError):
        StoreWriter(path, None).start()
    again = Database(path, None)
    assert again.all("SELECT name FROM sqlite_schema") == [("people",)]
    again.close()


def test_a_file_that_is_no_database(tmp_path):
    path = tmp_path / "c.db"
    path.write_bytes(b"MSH|^~\\&|" * 1000)
    with pytest.raises(WrongKeyError):
        StoreReader(path, os.urandom(32))
    with pytest.raises(EnvironmentFaultError):
        StoreReader(tmp_path / "none" / "c.db", None)


@pytest.mark.expects_log
def test_a_damaged_page_gives_a_sentence_and_storing_goes_on(store, message):
    store.put(*(big(message, n, 3000) for n in range(50)))
    store.writer.checkpoint().result(10)
    assert store.writer.stop(20)
    with store.path.open("r+b") as file:
        file.seek(4096 * 60)
        file.write(os.urandom(4096 * 20))
    reader = StoreReader(store.path, store.key)
    with pytest.raises(DamagedDatabaseError) as caught:
        [reader.raw(message_id) for message_id in reader.ids()]
    assert "4711" not in caught.value.text
    reader.close()
    writer = StoreWriter(store.path, store.key)
    with contextlib.suppress(ConsoleError):
        writer.start()
        told = Collected()
        writer.put(message(), told)
        assert told.is_told.wait(10)
    assert writer.stop(20)


def test_a_migration_that_fails_leaves_the_database_as_it_was(tmp_path, monkeypatch):
    path = tmp_path / "c.db"

    def fail(database: Database) -> None:
        database.execute("CREATE TABLE half (x)")
        raise WorkspaceError("own")

    database = Database(path, None)
    monkeypatch.setattr("hl7console.store.migrations.STEPS", (*STEPS, ("second", fail)))
    with pytest.raises(WorkspaceError):
        migrate(database)
    assert database.integer("PRAGMA user_version") == len(STEPS)
    assert database.all("SELECT 1 FROM sqlite_schema WHERE name = 'half'") == []
    monkeypatch.undo()
    assert migrate(database) == 0
    database.close()


def test_nothing_is_told_as_stored_inside_a_transaction_that_was_left_open(store, message):
    def leave_open(database):
        database.execute("BEGIN IMMEDIATE")

    store.writer._put_call(Call(leave_open, "test", in_transaction=False)).result(10)
    assert store.put(message(control_id="kept"))[0].message_id == 1
    assert [row.control_id for row in store.reader().rows([1])] == ["kept"]


def test_settings_of_the_connection(store):
    assert store.sql("PRAGMA synchronous") == [(2,)]
    assert store.sql("PRAGMA journal_mode") == [("wal",)]
    assert store.sql("PRAGMA auto_vacuum") == [(2,)]
    assert connection.BUSY_TIMEOUT_MS <= 5000


KILLED = """
import sys
from hl7console.store.records import NewMessage, StoreOutcome
from hl7console.store.writer import StoreWriter

writer = StoreWriter(__import__("pathlib").Path(sys.argv[1]), bytes.fromhex(sys.argv[2]))
writer.start()

def told(outcome, n):
    sys.stdout.write(f"{outcome.message_id} {n}\\n")

n = int(sys.argv[3])
while True:
    n += 1
    raw = b"MSH|^~\\\\&|R|H|P|H|1||ORM^O01|%d|P|2.5\\rNTE|1||" % n + b"x" * (n % 3000)
    new = NewMessage(raw=raw, control_id=str(n), dedup_key=n, received_at_us=n)
    writer.put(new, lambda outcome, n=n: told(outcome, n), wait_s=60)
    if n % 50 == 0:
        sys.stdout.flush()
"""


@pytest.mark.slow
@pytest.mark.parametrize("rounds", [3])
def test_kill_9_loses_nothing_that_was_told(tmp_path, rounds):
    key = os.urandom(32)
    path = tmp_path / "c.db"
    told: dict[int, int] = {}
    n = 0
    for round_number in range(rounds):
        process = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path), key.hex(), str(n)],
            stdout=subprocess.PIPE, cwd=ROOT, text=True,
        )  # fmt: skip
        assert process.stdout is not None
        for _ in range(700 + 300 * round_number):
            message_id, n = map(int, process.stdout.readline().split())
            assert message_id
            told[message_id] = n
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        for line in process.stdout.read().splitlines():
            parts = line.split()
            if len(parts) == 2 and line.count(" ") == 1 and int(parts[0]) == max(told) + 1:
                told[int(parts[0])] = n = int(parts[1])
        process.stdout.close()
        process.wait()
        n += 1000
    writer = StoreWriter(path, key)
    writer.start()
    assert writer.stop(30)
    reader = StoreReader(path, key)
    assert reader.database().one("PRAGMA integrity_check") == ("ok",)
    ids = reader.ids()
    assert list(ids) == list(range(1, len(ids) + 1))
    for start in range(0, len(ids), 500):
        for row in reader.rows(ids[start : start + 500]):
            if row.id in told:
                assert row.control_id == str(told.pop(row.id))
                assert row.duplicate_of == 0
    assert told == {}
    reader.close()


def test_the_temporary_folder_is_not_used(store, message, monkeypatch):
    """Sorting a large result must not write message content beside the database."""
    monkeypatch.setenv("SQLITE_TMPDIR", str(Path(tempfile.gettempdir()) / "does-not-exist"))
    assert store.sql("PRAGMA temp_store") == [(2,)]
