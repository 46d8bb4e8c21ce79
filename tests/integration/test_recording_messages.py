from __future__ import annotations

import io

import pytest
from engine_kit import Client, order, port, running_engine

from hl7console.engine.console import ImportFiles
from hl7console.engine.recordings.format import RecordingReader
from hl7console.engine.repair_commands import RecordMessages
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.hl7v2.filters import FilterError
from hl7console.settings import ListenerSettings


@pytest.fixture
def engine(tmp_path):
    with running_engine(tmp_path, ListenerSettings(name="RIS in", port=0)) as engine:
        with Client(port(engine, "RIS in")) as client:
            answers = [client.ask(order(f"C{n}")) for n in range(3)]
        engine.answers = answers
        yield engine


def recorded(path):
    with path.open("rb") as file:
        reader = RecordingReader(file)
        messages = list(reader.messages())
    return messages, reader


def test_a_recording_has_the_bytes_the_answers_and_the_times(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    report = engine.submit(RecordMessages(path, filter="type:ORM")).result(20)
    assert report.messages == 3
    messages, reader = recorded(path)
    assert [m.raw for m in messages] == [order(f"C{n}") for n in range(3)]
    assert [m.ack for m in messages] == engine.answers
    assert [m.at_us for m in messages] == sorted(m.at_us for m in messages)
    assert {(m.interface, m.origin, m.ack_code) for m in messages} == {("RIS in", "received", "AA")}
    assert reader.end.is_whole
    assert reader.header.title == "type:ORM"
    assert not list(tmp_path.glob("*.part"))


def test_only_what_the_filter_finds_is_recorded(engine, tmp_path):
    path = tmp_path / "one.hl7rec"
    engine.submit(RecordMessages(path, filter="control:C1")).result(20)
    assert [m.raw for m in recorded(path)[0]] == [order("C1")]


def test_chosen_messages_are_recorded_in_their_order(engine, tmp_path):
    path = tmp_path / "two.hl7rec"
    engine.submit(RecordMessages(path, message_ids=(3, 1))).result(20)
    assert [m.raw for m in recorded(path)[0]] == [order("C2"), order("C0")]


def test_nothing_found_leaves_no_file_and_what_was_there(engine, tmp_path):
    path = tmp_path / "none.hl7rec"
    path.write_bytes(b"before")
    with pytest.raises(UsageError, match="no message"):
        engine.submit(RecordMessages(path, filter="type:ZZZ")).result(20)
    assert path.read_bytes() == b"before"
    assert not list(tmp_path.glob("*.part"))


def test_a_filter_that_is_none_is_told(engine, tmp_path):
    with pytest.raises(FilterError):
        engine.submit(RecordMessages(tmp_path / "x.hl7rec", filter="OBR-4.2~")).result(20)


def test_a_folder_that_is_not_there_is_told(engine, tmp_path):
    with pytest.raises(EnvironmentFaultError, match="cannot be written"):
        engine.submit(RecordMessages(tmp_path / "no" / "x.hl7rec")).result(20)


def test_a_recording_is_imported_like_any_file(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    engine.submit(RecordMessages(path)).result(20)
    report = engine.submit(ImportFiles((path,))).result(20)
    assert report.messages == 3
    assert report.not_taken_total == 0
    reader = engine.open_reader()
    assert reader.raw(report.last_message_id) == order("C2")
    assert reader.rows((report.last_message_id,))[0].origin == "imported"
    reader.close()


def test_a_recording_that_is_cut_off_says_so_when_it_is_imported(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    engine.submit(RecordMessages(path)).result(20)
    path.write_bytes(path.read_bytes()[:-60])
    report = engine.submit(ImportFiles((path,))).result(20)
    assert report.messages == 2
    assert "cut off" in report.not_taken[0].reason


def test_what_is_no_recording_behind_the_mark_is_not_taken(engine, tmp_path):
    path = tmp_path / "bad.hl7rec"
    path.write_bytes(b"\x89HL7REC\n" + io.BytesIO(b"junk").getvalue())
    report = engine.submit(ImportFiles((path,))).result(20)
    assert report.messages == 0
    assert "damaged" in report.not_taken[0].reason
