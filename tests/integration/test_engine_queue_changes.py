"""What people do with queues: single deliveries, other destinations, back in time, settings."""

from __future__ import annotations

from pathlib import Path

import pytest
from engine_kit import Receiver, destination, order, reply, running_engine, wait_for
from queue_kit import (
    deliveries,
    ids_of,
    kept,
    queue,
    queue_status,
    save,
    states,
    tries,
    wait_until,
)

from hl7console.engine.console import DeleteInterface, ImportFiles, SaveDestination
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    ReleaseQueue,
    RerouteDeliveries,
    RewindQueue,
)
from hl7console.errors import UsageError
from hl7console.settings import Environment, OnRefusal

NEW_ID = "[[step]]\nnew_control_id = true\n"


def change(engine, action: DeliveryAction, *ids: int, destination: str = "") -> str:
    command = ChangeDeliveries(action, ids, destination, reason="a test")
    return engine.submit(command).result(10).text


def audit_actions(engine) -> list[str]:
    reader = engine.open_reader()
    try:
        return [str(row[0]) for row in reader.database().all("SELECT action FROM audit")]
    finally:
        reader.close()


def test_single_deliveries_are_held_released_skipped_and_cancelled(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        engine.submit(HoldQueue("PACS")).result(10)
        queue(engine, kept(engine, "A", "B", "C", "D"))
        assert change(engine, DeliveryAction.HOLD, 2) == "1 held."
        assert change(engine, DeliveryAction.SKIP, 1) == "1 skipped."
        assert change(engine, DeliveryAction.CANCEL, 3) == "1 cancelled."
        assert "left as they are" in change(engine, DeliveryAction.SKIP, 1)
        assert (queue_status(engine).waiting, queue_status(engine).held) == (2, 1)
        engine.submit(ReleaseQueue("PACS")).result(10)
        wait_for(lambda: "held" in queue_status(engine).text, "nothing overtakes")
        assert receiver.received == []
        change(engine, DeliveryAction.RELEASE, 2)
        wait_until(engine, "empty")
        assert states(engine) == ["skipped", "accepted", "cancelled", "accepted"]
        assert ids_of(receiver.received) == ["B", "D"]
        assert {"queue held", "deliveries skipped", "deliveries cancelled"} <= set(
            audit_actions(engine)
        )


def test_all_that_is_due_is_cancelled_at_once(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        engine.submit(HoldQueue("PACS")).result(10)
        queue(engine, kept(engine, *(f"M{n}" for n in range(30))))
        assert change(engine, DeliveryAction.CANCEL, destination="PACS") == "30 cancelled."
        assert queue_status(engine).waiting == 0
        engine.submit(ReleaseQueue("PACS")).result(10)
        assert wait_until(engine, "empty").waiting == 0
        assert receiver.received == []


@pytest.mark.parametrize(
    ("action", "sent"),
    [(DeliveryAction.SKIP, ["A", "B"]), (DeliveryAction.RETRY, ["A", "A", "B"])],
)
def test_a_stopped_queue_goes_on_when_its_head_is_dealt_with(tmp_path: Path, action, sent):
    answers = iter(["AE"])
    with (
        Receiver(lambda p: reply(p, next(answers, "AA"))) as receiver,
        running_engine(tmp_path) as engine,
    ):
        save(engine, receiver.port, on_refusal=OnRefusal.STOP)
        queue(engine, kept(engine, "A", "B"))
        wait_until(engine, "stopped")
        change(engine, action, 1)
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == sent


def test_what_was_refused_is_ticked_off_or_sent_again(tmp_path: Path):
    answers = iter(["AE", "AE"])
    with (
        Receiver(lambda p: reply(p, next(answers, "AA"))) as receiver,
        running_engine(tmp_path) as engine,
    ):
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B", "C"))
        wait_until(engine, "empty")
        assert queue_status(engine).failed == 2
        change(engine, DeliveryAction.HANDLE, 1)
        assert queue_status(engine).failed == 1
        assert "3 " not in change(engine, DeliveryAction.RETRY, 2, 3)
        wait_until(engine, "empty")
        wait_for(lambda: states(engine) == ["rejected", "accepted", "accepted"], "sent again")
        assert ids_of(receiver.received) == ["A", "B", "C", "B"]
        assert queue_status(engine).failed == 0


def test_deliveries_are_sent_elsewhere_in_their_order(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        save(engine, receiver.port, name="OTHER")
        engine.submit(HoldQueue("PACS")).result(10)
        queue(engine, kept(engine, "A", "B", "C"))
        report = engine.submit(RerouteDeliveries((1, 2, 3), "OTHER")).result(10)
        assert report.text == "3 rerouted to OTHER."
        wait_until(engine, "empty", "OTHER")
        assert states(engine) == ["cancelled"] * 3
        assert states(engine, "OTHER") == ["accepted"] * 3
        assert ids_of(receiver.received) == ["A", "B", "C"]
        assert queue_status(engine).waiting == 0


def test_a_queue_is_moved_back_once_for_each_message(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B"))
        wait_until(engine, "empty")
        for _ in range(2):
            report = engine.submit(RewindQueue("PACS", 0)).result(10)
            assert report.messages == 2
            wait_for(lambda: "queued" not in states(engine), "queued")
            wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A", "B"] * 3
        reader = engine.open_reader()
        roots = reader.database().all("SELECT repeat_of FROM deliveries ORDER BY id")
        reader.close()
        assert [row[0] for row in roots] == [0, 0, 1, 2, 1, 2]


def test_what_waits_follows_a_new_name_and_keeps_a_destination_alive(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        engine.submit(HoldQueue("PACS")).result(10)
        queue(engine, kept(engine, "A"))
        with pytest.raises(UsageError, match="1 delivery waits for PACS"):
            engine.submit(DeleteInterface("PACS")).result(10)
        renamed = destination(receiver.port, name="ARCHIVE")
        engine.submit(SaveDestination(renamed, "PACS")).result(10)
        assert [s.destination for s in engine.snapshot().queues] == ["ARCHIVE"]
        shown = wait_until(engine, "held", "ARCHIVE")
        assert shown.waiting == 1
        engine.submit(ReleaseQueue("ARCHIVE")).result(10)
        wait_until(engine, "empty", "ARCHIVE")
        assert ids_of(receiver.received) == ["A"]
        engine.submit(DeleteInterface("ARCHIVE")).result(10)
        assert engine.snapshot().queues == ()


def test_settings_change_while_messages_are_sent(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        names = [f"M{n}" for n in range(400)]
        queue(engine, kept(engine, *names))
        for n in range(5):
            save(engine, receiver.port, response_timeout_s=5.0 + n)
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == names
        assert all(len(tries(engine, n)) == 1 for n in (1, 200, 400))


def test_a_destination_that_is_switched_off_keeps_what_waits(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        engine.submit(HoldQueue("PACS")).result(10)
        queue(engine, kept(engine, "A"))
        save(engine, receiver.port, enabled=False)
        assert wait_until(engine, "off").waiting == 1
        save(engine, receiver.port)
        engine.submit(ReleaseQueue("PACS")).result(10)
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A"]


def test_production_destinations_ask_for_their_names(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, environment=Environment.PRODUCTION)
        ids = kept(engine, "A")
        with pytest.raises(UsageError, match="production"):
            queue(engine, ids)
        with pytest.raises(UsageError, match="production"):
            engine.submit(RewindQueue("PACS", 0)).result(10)
        queue(engine, ids, confirm=("PACS",))
        wait_until(engine, "empty")
        assert ids_of(receiver.received) == ["A"]


def test_what_a_recipe_made_is_sent_with_the_same_bytes_on_every_try(tmp_path: Path):
    answers = iter([None, None])
    with (
        Receiver(lambda p: next(answers, reply(p))) as receiver,
        running_engine(tmp_path) as engine,
    ):
        save(engine, receiver.port)
        queue(engine, kept(engine, "A", "B"), recipe=NEW_ID)
        wait_until(engine, "empty")
        sent = ids_of(receiver.received)
        assert len(set(receiver.received[:3])) == 1
        assert "A" not in sent
        assert sent[3] not in ("B", sent[0])
        reader = engine.open_reader()
        kept_bytes = reader.database().all("SELECT sent FROM attempts ORDER BY id LIMIT 1")
        shown = [attempt.sent for attempt in reader.attempts(1)]
        reader.close()
        assert kept_bytes == [(receiver.received[0],)]
        assert shown == receiver.received[:3]


def test_a_queue_that_is_moved_back_sends_what_a_recipe_made_then(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        save(engine, receiver.port, name="OTHER")
        queue(engine, kept(engine, "A", "B"), recipe=NEW_ID)
        wait_until(engine, "empty")
        first = list(receiver.received)
        for _ in range(2):
            engine.submit(RewindQueue("PACS", 0)).result(10)
            wait_for(lambda: "queued" not in states(engine), "queued")
            wait_until(engine, "empty")
        assert receiver.received == first * 3
        reader = engine.open_reader()
        assert [attempt.sent for attempt in reader.attempts(1)] == [first[0]] * 3
        reader.close()
        # Elsewhere it is another message: made for that destination.
        engine.submit(HoldQueue("PACS")).result(10)
        engine.submit(RewindQueue("PACS", 0)).result(10)
        engine.submit(RerouteDeliveries((7, 8), "OTHER")).result(10)
        wait_until(engine, "empty", "OTHER")
        assert not set(receiver.received[6:]) & set(first)
        assert len(receiver.received) == 8


def test_what_is_sent_again_has_the_character_set_that_is_set_by_then(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        name = "M\u00dcLLER".encode()
        raw = order("A").replace(b"MARLOWE", name)
        raw = raw.replace(b"|P|2.5.1\r", b"|P|2.5.1||||||UNICODE UTF-8\r")
        engine.submit(ImportFiles(pasted=raw)).result(10)
        queue(engine, (1,), recipe=NEW_ID)
        wait_until(engine, "empty")
        save(engine, receiver.port, charset_out="8859/1")
        engine.submit(RewindQueue("PACS", 0)).result(10)
        wait_for(lambda: len(receiver.received) == 2, "sent again")
        first, again = receiver.received
        assert name in first
        assert b"M\xdcLLER" in again
        assert ids_of([first]) == ids_of([again])


def test_a_recipe_that_fails_refuses_the_message_here(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port)
        ids = kept(engine, "A")
        queue(engine, ids, recipe="this is no recipe")
        queue(engine, ids)
        wait_until(engine, "empty")
        assert deliveries(engine) == [(1, "rejected", 0), (2, "accepted", 0)]
        assert tries(engine, 1)[0][2].startswith("Not sent")
        assert receiver.received == [order("A")]


def test_a_character_set_out_is_written_and_what_it_lacks_is_refused_here(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        save(engine, receiver.port, charset_out="8859/1")
        wide = (
            order("A")
            .replace(b"MARLOWE", "M\u00dcLLER".encode())
            .replace(b"|P|2.5.1\r", b"|P|2.5.1||||||UNICODE UTF-8\r")
        )
        greek = wide.replace("M\u00dcLLER".encode(), "\u039c\u0391".encode()).replace(
            b"|A|", b"|B|"
        )
        engine.submit(ImportFiles(pasted=wide)).result(10)
        engine.submit(ImportFiles(pasted=greek)).result(10)
        queue(engine, (1, 2))
        wait_until(engine, "empty")
        assert states(engine) == ["accepted", "rejected"]
        (sent,) = receiver.received
        assert b"M\xdcLLER" in sent
        assert b"|8859/1\r" in sent
