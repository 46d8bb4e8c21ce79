from __future__ import annotations

import pytest
from engine_kit import Client, Receiver, frame, order, port, running_engine, wait_for

from hl7console.engine.recordings import format as recording_format
from hl7console.engine.recordings.format import (
    MAGIC,
    RecordedMessage,
    RecordingHeader,
    RecordingWriter,
)
from hl7console.engine.repair_commands import ReplayRecording, SendRepeatedly
from hl7console.errors import ConsoleError, EnvironmentFaultError, UsageError
from hl7console.hl7v2.scan import scan
from hl7console.settings import DestinationSettings, Environment, ListenerSettings


def accept(payload: bytes) -> bytes:
    control_id = scan(payload).msh_10
    return frame(b"MSH|^~\\&|P|N|R|N|2026||ACK|X|P|2.5.1\rMSA|AA|%b\r" % control_id)


@pytest.fixture
def engine(tmp_path):
    with running_engine(tmp_path, ListenerSettings(name="RIS in", port=0)) as engine:
        yield engine


def recording(path, count: int, gap_us: int = 0) -> bytes:
    with path.open("wb") as file:
        writer = RecordingWriter(file, RecordingHeader(1, "hl7console test"))
        for n in range(count):
            writer.add(RecordedMessage(1_000_000 + n * gap_us, order(f"R{n}"), b"MSA|AA"))
        writer.finish()
    return path.read_bytes()


def replay(engine, path, receiver, **options):
    to = f"127.0.0.1:{receiver.port}"
    return engine.submit(ReplayRecording(path, (to,), **options)).result(30)


def test_a_replay_sends_the_recorded_bytes_in_order_and_keeps_them(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 100)
    with Receiver(accept) as receiver:
        report = replay(engine, path, receiver)
        assert receiver.received == [order(f"R{n}") for n in range(100)]
    assert (report.accepted, report.refused, report.unknown) == (100, 0, 0)
    reader = engine.open_reader()
    rows = reader.rows((report.first_message_id, report.last_message_id))
    assert {(row.origin, row.interface, row.sending_state) for row in rows} == {
        ("sent", "night.hl7rec", "accepted")
    }
    reader.close()


def test_new_control_ids_are_new_and_nothing_else_changes(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 3)
    with Receiver(accept) as receiver:
        replay(engine, path, receiver, new_control_ids=True)
        ids = [scan(one).msh_10 for one in receiver.received]
        assert len(set(ids)) == 3
        assert not set(ids) & {b"R0", b"R1", b"R2"}
        for n, (one, control_id) in enumerate(zip(receiver.received, ids, strict=True)):
            assert one.replace(control_id, b"R%d" % n) == order(f"R{n}")


def test_the_recorded_timing_is_kept(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 4, gap_us=2_000_000)
    with Receiver(accept) as receiver:
        job = engine.submit(
            ReplayRecording(path, (f"127.0.0.1:{receiver.port}",), speed=0.1)  # 20 s apart
        )
        wait_for(lambda: job.progress().latest, "the first answer")
        assert len(receiver.received) == 1
        job.cancel()
        report = job.result(20)
    assert report.cancelled
    assert report.accepted == 1


def test_a_replay_waits_while_it_is_paused(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 6, gap_us=400_000)
    with Receiver(accept) as receiver:
        job = engine.submit(ReplayRecording(path, (f"127.0.0.1:{receiver.port}",), speed=1.0))
        wait_for(lambda: job.progress().latest, "the first answer")
        job.set_paused(True)
        wait_for(lambda: job.progress().is_paused, "paused")
        job.set_paused(False)
        assert job.result(30).accepted == 6


def test_a_recording_that_is_cut_off_is_replayed_as_far_as_it_is_whole(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    path.write_bytes(recording(path, 5)[:-70])
    with Receiver(accept) as receiver:
        report = replay(engine, path, receiver)
    assert report.accepted == 4
    assert "cut off" in report.text


def test_one_that_is_damaged_within_is_replayed_up_to_there(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    content = bytearray(recording(path, 5))
    content[len(recording(path, 2)) + 20] ^= 1
    path.write_bytes(content)
    with Receiver(accept) as receiver:
        report = replay(engine, path, receiver)
        assert receiver.received == [order("R0"), order("R1")]
    assert report.accepted == 2
    assert "2 of 5 accepted" in report.text
    assert "damaged after 2 messages" in report.text


def test_each_message_is_read_once(engine, tmp_path, monkeypatch):
    path = tmp_path / "night.hl7rec"
    recording(path, 10)
    unpacked = []
    monkeypatch.setattr(
        recording_format, "_message_of",
        lambda content, read=recording_format._message_of: unpacked.append(1) or read(content),
    )  # fmt: skip
    with Receiver(accept) as receiver:
        assert replay(engine, path, receiver).text == "10 of 10 accepted."
    assert len(unpacked) == 10


@pytest.mark.parametrize("content", [b"", b"hello", MAGIC, MAGIC + b"junk"])
def test_what_is_no_recording_is_told_and_nothing_is_sent(engine, tmp_path, content):
    path = tmp_path / "bad.hl7rec"
    path.write_bytes(content)
    with Receiver(accept) as receiver:
        with pytest.raises(UsageError, match="recording"):
            replay(engine, path, receiver)
        assert receiver.received == []


def test_a_production_destination_wants_its_name(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 1)
    settings = DestinationSettings(name="PACS", port=1, environment=Environment.PRODUCTION)
    engine.core.links.save_destination(settings)
    with pytest.raises(UsageError, match="production"):
        engine.submit(ReplayRecording(path, ("PACS",))).result(20)


def test_a_receiver_that_is_down_is_told_and_nothing_is_stored(engine, tmp_path):
    path = tmp_path / "night.hl7rec"
    recording(path, 1)
    with pytest.raises(EnvironmentFaultError, match="listens"):
        engine.submit(ReplayRecording(path, ("127.0.0.1:1",))).result(20)
    assert engine.snapshot().last_message_id == 0


def test_one_message_is_sent_many_times_with_control_ids_of_their_own(engine):
    with Receiver(accept) as receiver:
        to = f"127.0.0.1:{receiver.port}"
        report = engine.submit(SendRepeatedly((order("S1"),), (to,), times=150)).result(30)
        assert report.accepted == 150
        assert len({scan(one).msh_10 for one in receiver.received}) == 150


def test_several_messages_are_sent_in_turn_as_they_are(engine):
    with Receiver(accept) as receiver:
        to = f"127.0.0.1:{receiver.port}"
        command = SendRepeatedly((order("S1"), order("S2")), (to,), times=2, new_control_ids=False)
        engine.submit(command).result(30)
        assert receiver.received == [order("S1"), order("S2")] * 2


def test_to_its_own_listener_too(engine):
    to = f"127.0.0.1:{port(engine, 'RIS in')}"
    assert engine.submit(SendRepeatedly((order("S1"),), (to,), times=20)).result(30).accepted == 20
    with Client(port(engine, "RIS in")) as client:
        assert b"MSA|AA|C1" in client.ask(order("C1"))


@pytest.mark.parametrize("times", [0, 1_000_001])
def test_a_count_that_makes_no_sense_is_told(engine, times):
    with pytest.raises(ConsoleError, match="times"):
        engine.submit(SendRepeatedly((order("S1"),), ("127.0.0.1:1",), times=times)).result(20)
