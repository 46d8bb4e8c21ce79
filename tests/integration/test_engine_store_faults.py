"""A store that cannot take messages: no acceptance, a plain sentence, and service again after."""

from __future__ import annotations

import threading
from contextlib import closing
from pathlib import Path

import pytest
from engine_kit import Client, event_codes, order, port, running_engine, status, wait_for

from hl7console.engine.console import ImportFiles
from hl7console.engine.supervisor import Engine
from hl7console.errors import EnvironmentFaultError
from hl7console.settings import ListenerSettings
from hl7console.store.connection import Database

PLAIN = ListenerSettings("plain", port=0)
BIG = b"OBX|1|ED|PDF||" + b"QUJD" * 50_000 + b"\r"

pytestmark = pytest.mark.expects_log


def limit_pages(engine: Engine, more: int) -> None:
    """Let the database grow by so many pages only; the disk is full beyond."""

    def limit(database: Database) -> None:
        pages = database.integer("PRAGMA page_count") + more
        database.all(f"PRAGMA max_page_count = {pages}")

    engine.core.writer.call(limit, label="test").result(5)


def test_a_full_disk_means_ar_207_and_service_again_when_there_is_room(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        assert b"|AA|F0" in client.ask(order("F0"))
        limit_pages(engine, 40)
        refused = client.ask(order("F1") + BIG)
        assert b"MSA|AR|F1" in refused
        assert b"|207^" in refused
        assert engine.snapshot().problem == "The disk is full."
        assert status(engine, "plain").last_event == "The disk is full."
        assert "not_stored" in event_codes(engine, "plain")
        with pytest.raises(EnvironmentFaultError, match="disk is full"):
            engine.submit(ImportFiles(pasted=order("I1") + BIG)).result(10)
        limit_pages(engine, 100_000)
        assert b"MSA|AA|F1" in client.ask(order("F1") + BIG)
        wait_for(lambda: not engine.snapshot().problem, "the problem's end")
        with closing(engine.open_reader()) as reader:
            rows = reader.rows(list(reader.ids(None)))
        assert [row.control_id for row in rows] == ["F0", "F1"]


def test_a_locked_database_means_ar_206(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        assert b"|AA|" in client.ask(order("L0"))
        locked, release = threading.Event(), threading.Event()
        opened = engine._opened

        def hold() -> None:
            with closing(Database(opened.database_path, opened.key)) as other, other.transaction():
                locked.set()
                release.wait(30)

        holder = threading.Thread(target=hold)
        holder.start()
        assert locked.wait(10)
        answer = client.ask(order("L1"))
        assert b"MSA|AR|L1" in answer
        assert b"|206^" in answer
        release.set()
        holder.join()
        assert b"MSA|AA|L1" in client.ask(order("L1"))


def test_nothing_is_accepted_once_the_store_has_ended(tmp_path: Path):
    with running_engine(tmp_path, PLAIN) as engine, Client(port(engine, "plain")) as client:
        assert engine.core.writer.stop(5)
        assert b"MSA|AR|E1" in client.ask(order("E1"))
