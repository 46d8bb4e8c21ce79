"""Importing into a real store: files, folders, archives, pasted text."""

from __future__ import annotations

import gzip
import io
import zipfile
from pathlib import Path

import pytest
from engine_kit import order, running_engine

from hl7console.engine.console import ImportFiles, ImportMode, RunRetention
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings, RetentionSettings


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(f"{name}.hl7", data)
    return content.getvalue()


def test_files_folders_and_archives_are_kept_byte_for_byte(tmp_path: Path):
    folder = tmp_path / "in"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.hl7").write_bytes(order("A"))
    (folder / "deep" / "b.txt").write_bytes(order("B") + b"\r\n" + order("C"))
    (folder / "c.zip").write_bytes(zipped(d=order("D"), e=gzip.compress(order("E"))))
    (folder / "f.hl7.gz").write_bytes(gzip.compress(order("F")))
    (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(2000))
    with running_engine(tmp_path) as engine:
        job = engine.submit(ImportFiles((folder, tmp_path / "missing.hl7")))
        report = job.result(20)
        assert report.messages == 6
        assert {n.source for n in report.not_taken} == {"in/picture.png", "missing.hl7"}
        assert report.text == "6 messages kept, 2 parts not taken."
        assert job.progress().done == 6
        reader = engine.open_reader()
        rows = reader.rows(list(reader.ids(None)))
        raws = [reader.raw(row.id) for row in rows]
        reader.close()
    assert [row.control_id for row in rows] == ["A", "D", "E", "F", "B", "C"]
    assert {row.origin for row in rows} == {"imported"}
    assert rows[0].interface == "a.hl7"
    assert sorted(r for r in raws if r) == sorted(order(c) for c in "ABCDEF")


def test_as_if_received_uses_the_rules_of_the_listener(tmp_path: Path):
    listener = ListenerSettings("ris", port=0, allowed_senders=("OTHER",))
    with running_engine(tmp_path, listener) as engine:
        command = ImportFiles(pasted=order("A"), mode=ImportMode.RECEIVE, listener="ris")
        report = engine.submit(command).result(10)
        assert report.text == "1 message received, 1 of them refused by the listener's rules."
        assert (report.messages, report.accepted, report.refused) == (1, 0, 1)
        assert "1 duplicate among them" in engine.submit(command).result(10).text
        reader = engine.open_reader()
        stored = reader.message(1)
        reader.close()
        assert stored is not None
        assert (stored.row.origin, stored.row.interface, stored.row.ack_code) == (
            "received", "ris", "AE",
        )  # fmt: skip
        unknown = ImportFiles(pasted=order("A"), mode=ImportMode.RECEIVE, listener="none")
        with pytest.raises(UsageError, match="no listener named none"):
            engine.submit(unknown).result(10)


def test_the_whole_corpus_is_taken(tmp_path: Path, corpus: Path):
    with running_engine(tmp_path) as engine:
        report = engine.submit(ImportFiles((corpus,))).result(60)
        assert report.messages > 100
        reader = engine.open_reader()
        assert reader.count(None) == report.messages
        reader.close()


def test_an_import_can_be_cancelled(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        job = engine.submit(ImportFiles(pasted=b"\r".join(order(str(n)) for n in range(20_000))))
        job.cancel()
        report = job.result(20)
        assert report.cancelled
        assert report.text.startswith("Cancelled: ")
        assert engine.snapshot().last_message_id == report.messages


def test_retention_deletes_by_number_and_tells(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        engine.submit(ImportFiles(pasted=b"\r".join(order(str(n)) for n in range(50)))).result(10)
        from engine_kit import wait_for

        wait_for(lambda: engine.snapshot().derived_id == 50, "the index")
        report = engine.submit(RunRetention(RetentionSettings(max_messages=10))).result(20)
        assert report.messages == 40
        assert engine.snapshot().retention_version > 0
        reader = engine.open_reader()
        assert reader.count(None) == 10
        reader.close()
