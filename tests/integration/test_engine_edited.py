"""Edited messages: new ones beside those that they were made from, with who, when and why."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_kit import Client, Receiver, destination, order, port, reply, running_engine, wait_for

from hl7console.engine.console import ImportFiles, RunRetention, SaveDestination, SendMessages
from hl7console.engine.repair_commands import DeleteSaved, StoreEdited
from hl7console.engine.supervisor import Engine
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.settings import ListenerSettings, RetentionSettings
from hl7console.store import audit, edited_messages
from hl7console.store.connection import Database
from hl7console.store.edited_messages import is_control_id_known, saved_messages
from hl7console.store.repair_records import EditedMessage


def stored(engine: Engine, message_id: int):
    reader = engine.open_reader()
    try:
        row = reader.database().one(
            "SELECT message_id, author, at_us, reason, recipe_id FROM edited_messages"
            " WHERE message_id = ?",
            (message_id,),
        )
        return reader.message(message_id), None if row is None else EditedMessage(*row)
    finally:
        reader.close()


def kept(engine: Engine, raw: bytes) -> int:
    return engine.submit(ImportFiles(pasted=raw)).result(10).first_message_id


def test_an_edited_message_is_a_new_one_with_its_parent_author_and_reason(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        edited = order("M1-R1").replace(b"MARLOWE", b"MARLOW")
        report = engine.submit(StoreEdited(edited, parent, " The name was wrong. ")).result(10)
        assert report.first_message_id > parent
        message, by = stored(engine, report.first_message_id)
        assert message is not None
        assert by is not None
        assert message.raw == edited
        row = message.row
        assert (row.origin, row.parent_id, row.control_id) == ("edited", parent, "M1-R1")
        assert row.patient_name.startswith("MARLOW")
        assert by.author
        assert by.at_us == row.received_at_us
        assert by.reason == "The name was wrong."
        before, nobody = stored(engine, parent)
        assert before is not None
        assert before.raw == order("M1")
        assert nobody is None


def test_it_is_neither_routed_nor_on_the_worklist(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        report = engine.submit(StoreEdited(order("M2"), parent)).result(10)
        wait_for(
            lambda: engine.snapshot().worklist_entry >= report.first_message_id, "the worklist"
        )
        reader = engine.open_worklist()
        try:
            assert reader.ids() == []
        finally:
            reader.close()


def test_saved_messages_have_names_of_their_own(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        engine.submit(StoreEdited(order("M2"), parent, saved_name="Order of a head")).result(10)
        alone = engine.submit(StoreEdited(order("M3"), saved_name=" A first ")).result(10)
        assert stored(engine, alone.first_message_id)[0].row.origin == "sample"
        reader = engine.open_reader()
        try:
            assert [s.name for s in saved_messages(reader)] == ["A first", "Order of a head"]
            assert saved_messages(reader)[0].message_id == alone.first_message_id
            assert is_control_id_known(reader, "M2")
            assert not is_control_id_known(reader, "M4")
            with pytest.raises(UsageError, match="There is a saved message named A first"):
                engine.submit(StoreEdited(order("M4"), saved_name="A first")).result(10)
            assert not is_control_id_known(reader, "M4")
            with pytest.raises(UsageError, match="one line"):
                engine.submit(StoreEdited(order("M4"), saved_name="A\nB")).result(10)
            engine.submit(DeleteSaved("A first")).result(10)
            assert [s.name for s in saved_messages(reader)] == ["Order of a head"]
            assert reader.raw(alone.first_message_id) == order("M3")
            with pytest.raises(UsageError, match="no saved message named A first"):
                engine.submit(DeleteSaved("A first")).result(10)
        finally:
            reader.close()


def test_a_name_that_another_message_gets_meanwhile_stays_with_that_one(
    tmp_path: Path, monkeypatch
):
    with running_engine(tmp_path) as engine:
        first = engine.submit(StoreEdited(order("M1"), saved_name="A")).result(10)
        monkeypatch.setattr(edited_messages, "check_name", lambda _database, _name: None)
        with pytest.raises(UsageError, match="There is a saved message named A") as refused:
            engine.submit(StoreEdited(order("M2"), saved_name="A")).result(10)
        second = first.first_message_id + 1
        assert f"message {second}" in refused.value.hint
        assert stored(engine, second)[0].raw == order("M2")
        reader = engine.open_reader()
        try:
            assert [s.message_id for s in saved_messages(reader)] == [first.first_message_id]
        finally:
            reader.close()


@pytest.mark.expects_log
@pytest.mark.parametrize("table", ["edited_messages", "saved_messages", "audit"])
def test_it_is_kept_with_all_that_belongs_to_it_or_not_at_all(tmp_path: Path, table: str):
    def break_it(database: Database) -> None:
        database.execute(
            f"CREATE TRIGGER test BEFORE INSERT ON {table} BEGIN SELECT RAISE(FAIL, 'no'); END"
        )

    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        engine.core.writer.call(break_it, label="test").result(10)
        with pytest.raises(EnvironmentFaultError, match="The edited message was not kept"):
            engine.submit(StoreEdited(order("M2"), parent, saved_name="A")).result(10)
        engine.core.writer.call(
            lambda database: database.execute("DROP TRIGGER test").close(), label="test"
        ).result(10)
        reader = engine.open_reader()
        try:
            assert not is_control_id_known(reader, "M2")
            assert saved_messages(reader) == ()
        finally:
            reader.close()
        assert engine.submit(StoreEdited(order("M2"), parent, saved_name="A")).result(10)


def test_retention_keeps_saved_messages_and_forgets_who_edited_the_others(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        plain = engine.submit(StoreEdited(order("M2"), parent)).result(10).first_message_id
        named = engine.submit(StoreEdited(order("M3"), parent, saved_name="A")).result(10)
        wait_for(lambda: engine.snapshot().derived_id >= named.first_message_id, "the index")
        wait_for(lambda: engine.snapshot().worklist_entry >= named.first_message_id, "the worklist")
        rules = RetentionSettings(max_messages=1)
        for n in range(3):
            kept(engine, order(f"N{n}"))
        last = engine.snapshot().last_message_id
        wait_for(lambda: engine.snapshot().derived_id >= last, "the index")
        engine.submit(RunRetention(rules)).result(20)
        assert stored(engine, plain) == (None, None)
        message, by = stored(engine, named.first_message_id)
        assert message is not None
        assert message.raw == order("M3")
        assert message.edited == by


def test_what_cannot_be_stored_is_refused(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        with pytest.raises(UsageError, match="it is empty"):
            engine.submit(StoreEdited(b" \r")).result(10)
        with pytest.raises(UsageError, match="Message 77, which was edited, is no longer there"):
            engine.submit(StoreEdited(order("M1"), 77)).result(10)


def test_editing_is_in_the_audit_trail_without_content(tmp_path: Path):
    with running_engine(tmp_path) as engine:
        parent = kept(engine, order("M1"))
        message_id = engine.submit(StoreEdited(order("M2"), parent)).result(10).first_message_id
        reader = engine.open_reader()
        try:
            entries = [e for e in audit.read(reader.database()) if e.action == "message edited"]
        finally:
            reader.close()
        assert [(e.subject, e.details) for e in entries] == [
            (f"message {message_id}", f"made from message {parent}")
        ]


@pytest.mark.parametrize("over_mllp", [True, False])
def test_it_goes_out_as_its_parent_would(tmp_path: Path, over_mllp: bool):
    # Over MLLP its line feeds are the sender's own; from a file they are only the file's.
    odd = order("M1").replace(b"\r", b"\r\n")
    listener = ListenerSettings(name="In", port=0)
    with Receiver(reply) as receiver, running_engine(tmp_path, listener) as engine:
        engine.submit(SaveDestination(destination(receiver.port))).result(10)
        if over_mllp:
            with Client(port(engine, "In")) as client:
                client.ask(odd)
            parent = engine.snapshot().last_message_id
        else:
            parent = kept(engine, odd)
        before, _ = stored(engine, parent)
        assert before is not None
        edited = before.raw.replace(b"MARLOWE", b"MARLOW")
        message_id = engine.submit(StoreEdited(edited, parent)).result(10).first_message_id
        assert engine.submit(SendMessages((message_id,), "PACS")).result(10).accepted == 1
        expected = edited if over_mllp else edited.replace(b"\r\n", b"\r")
        assert receiver.received == [expected]


def test_it_is_read_as_its_parent_was(tmp_path: Path):
    # The listener forces a character set that MSH-18 does not name.
    listener = ListenerSettings(name="In", port=0, force_codec="shift_jis")
    with running_engine(tmp_path, listener) as engine:
        raw = order("M1").replace(b"MARLOWE", "山田".encode("shift_jis"))
        with Client(port(engine, "In")) as client:
            client.ask(raw)
        parent = engine.snapshot().last_message_id
        message_id = engine.submit(StoreEdited(raw + b"NTE|1\r", parent)).result(10)
        message, _ = stored(engine, message_id.first_message_id)
        before, _ = stored(engine, parent)
        assert message is not None
        assert before is not None
        assert message.row.charset == before.row.charset
        assert message.row.patient_name == before.row.patient_name
