"""The worklist follows what the engine receives, in a process of its own or in a thread."""

from __future__ import annotations

import multiprocessing
from contextlib import closing
from pathlib import Path

import pytest
import worklist_store_kit as kit
from engine_kit import Client, key_source, port, running_engine, wait_for

from hl7console.engine.attached import AttachedConsole
from hl7console.engine.console import (
    ImportCodes,
    ImportFiles,
    ImportMode,
    RebuildWorklist,
    RunRetention,
    SaveListener,
    WorklistInput,
)
from hl7console.engine.open_console import open_console
from hl7console.engine.supervisor import Engine
from hl7console.errors import UsageError
from hl7console.settings import ListenerSettings, RetentionSettings
from hl7console.store.connection import Database
from hl7console.store.rotation import rotate_key
from hl7console.store.worklist.follower import Follower
from hl7console.store.worklist.journal import all_inputs
from hl7console.store.workspace import Workspace
from hl7console.worklist.rules import messages


@pytest.fixture
def small_rules(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(messages._RULES, "ORM", kit.apply)


def listener(**changes: object) -> ListenerSettings:
    return ListenerSettings(name="RIS in", port=0, **changes)


def followed(engine: Engine, message_id: int) -> None:
    wait_for(lambda: engine.snapshot().worklist_entry >= message_id, "the worklist follows")


def inputs(engine: Engine) -> list[tuple[str, object]]:
    with closing(engine.open_reader()) as reader:
        return [(entry.kind, entry.body.get("name")) for entry in all_inputs(reader.database())]


@pytest.mark.usefixtures("small_rules")
def test_what_is_received_stands_on_the_worklist_a_moment_later(tmp_path):
    with running_engine(tmp_path, listener()) as engine, closing(engine.open_worklist()) as reader:
        assert reader.lines() == []
        with Client(port(engine, "RIS in")) as client:
            client.ask(kit.order(1))
            followed(engine, 1)
            version = engine.snapshot().worklist_version
            client.ask(kit.order(1, "XO", text="CT neck"))
            followed(engine, 2)
        assert [line.procedure for line in reader.lines()] == ["CT neck"]
        assert engine.snapshot().worklist_version > version
        assert engine.snapshot().worklist_problem == ""


@pytest.mark.usefixtures("small_rules")
def test_import_as_received_counts_and_kept_does_not(tmp_path):
    file = tmp_path / "m.hl7"
    file.write_bytes(kit.order(1))
    with running_engine(tmp_path, listener()) as engine, closing(engine.open_worklist()) as reader:
        engine.submit(ImportFiles((file,))).result(20)
        followed(engine, 1)
        assert reader.lines() == []
        command = ImportFiles((file,), mode=ImportMode.RECEIVE, listener="RIS in")
        engine.submit(command).result(20)
        followed(engine, 2)
        assert [line.accession for line in reader.lines()] == ["A1"]


def test_an_input_is_written_down_and_its_refusal_told(tmp_path):
    with running_engine(tmp_path, listener()) as engine:
        done = engine.submit(WorklistInput("unheard_of", {}, "a.meyer")).result(20)
        assert (done.first_message_id, done.is_fault) == (-1, False)
        refused = engine.submit(WorklistInput("profile", {"listener": ""})).result(20)
        assert refused.is_fault
        assert refused.text
        with closing(engine.open_worklist()) as reader:
            assert reader.effect(-1).sender == "a.meyer"
            assert [effect.entry for effect in reader.problems()] == [-2, -1]


@pytest.mark.usefixtures("small_rules")
def test_a_rebuild_gives_the_same_lines_also_through_an_attached_console(tmp_path):
    with running_engine(tmp_path, listener()) as engine, closing(engine.open_worklist()) as reader:
        with Client(port(engine, "RIS in")) as client:
            for n in range(5):
                client.ask(kit.order(n))
        followed(engine, 5)
        lines = reader.lines()
        attached = open_console(tmp_path / "workspace", key_source(tmp_path))
        assert isinstance(attached, AttachedConsole)
        for console in (engine, attached):
            report = console.submit(RebuildWorklist()).result(30)
            assert report.text == "The worklist was made again."
            assert reader.lines() == lines
        with closing(attached.open_worklist()) as other:
            assert other.lines() == lines
        attached.stop()


def test_profiles_in_force_are_written_down_when_they_are_news(tmp_path):
    own = tmp_path / "workspace" / "profiles"
    with running_engine(tmp_path, listener()) as engine:
        assert inputs(engine) == []
        own.mkdir()
        text = 'base = "default"\n[options]\ncreate_from_siu = true\n'
        (own / "mine.toml").write_text(text, encoding="utf-8")
        engine.submit(SaveListener(listener(profile="mine", enabled=False))).result(20)
        wait_for(lambda: inputs(engine) == [("profile", "mine")], "the input")
        engine.submit(SaveListener(listener(profile="mine", enabled=False))).result(20)
        report = engine.submit(SaveListener(listener(profile="none", enabled=False))).result(20)
        assert report.is_fault
        assert "no mapping profile named none" in report.text
    for profile, expected in (("mine", ["mine"]), ("default", ["mine", "default"])):
        with running_engine(tmp_path, listener(profile=profile)) as engine:
            assert [name for _, name in inputs(engine)] == expected


def test_a_profile_that_cannot_be_used_is_told_and_stops_nothing(tmp_path):
    with running_engine(tmp_path, listener(profile="gone")) as engine:
        assert "RIS in" in engine.snapshot().worklist_problem
        with Client(port(engine, "RIS in")) as client:
            assert b"|AA|" in client.ask(kit.order(1))


@pytest.mark.usefixtures("small_rules")
def test_retention_keeps_what_the_worklist_stands_on(tmp_path):
    with running_engine(tmp_path, listener()) as engine:
        with Client(port(engine, "RIS in")) as client:
            for n in range(6):
                client.ask(kit.order(n))
                client.ask(kit.order(n).replace(b"ORM^O01|NW", b"ZZZ^Z01|Z"))
        followed(engine, 12)
        wait_for(lambda: engine.snapshot().derived_id == 12, "the index")
        report = engine.submit(RunRetention(RetentionSettings(max_messages=1))).result(30)
        assert report.messages == 5
        assert "6 kept for the worklist" in report.text
        with closing(engine.open_worklist()) as reader:
            lines = reader.lines()
            engine.submit(RebuildWorklist()).result(30)
            assert reader.lines() == lines
            assert len(lines) == 6


@pytest.mark.usefixtures("small_rules")
@pytest.mark.parametrize("is_damaged", [False, True])
def test_a_new_key_is_the_worklists_too(tmp_path, is_damaged):
    with running_engine(tmp_path, listener()) as engine:
        with Client(port(engine, "RIS in")) as client:
            client.ask(kit.order(1))
        followed(engine, 1)
    source = key_source(tmp_path)
    path = tmp_path / "workspace" / "worklist.db"
    if is_damaged:
        path.write_bytes(b"x" * 5000)
    rotate_key(Workspace.open(tmp_path / "workspace", source), source)
    workspace = Workspace.open(tmp_path / "workspace", source)
    if not is_damaged:
        Database(path, workspace.key, read_only=True).close()
    with closing(Follower(workspace.database_path, workspace.key)) as follower:
        assert follower.run_to_end() == (1 if is_damaged else 0)


def test_a_table_that_is_none_is_refused(tmp_path):
    empty = tmp_path / "codes.csv"
    empty.write_text("code,modality\n", encoding="utf-8")
    with running_engine(tmp_path, listener()) as engine, pytest.raises(UsageError, match="no rows"):
        engine.submit(ImportCodes(empty)).result(20)


def _processes() -> list[multiprocessing.process.BaseProcess]:
    return [child for child in multiprocessing.active_children() if child.name == "worklist"]


@pytest.mark.expects_log
def test_the_process_starts_with_the_first_message_and_again_when_it_died(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "workspace", key_source(tmp_path))
    engine = Engine(workspace, listeners=[listener()])
    engine.start()
    try:
        assert _processes() == []
        with Client(port(engine, "RIS in")) as client:
            client.ask(kit.order(1))
            followed(engine, 1)
            (first,) = _processes()
            engine._worklist._back_off_s = 0.0
            first.kill()
            wait_for(lambda: not first.is_alive(), "its end")
            client.ask(kit.order(2))
            followed(engine, 2)
        report = engine.submit(RebuildWorklist()).result(30)
        assert report.text == "The worklist was made again."
    finally:
        assert engine.stop(10.0)
    assert _processes() == []
