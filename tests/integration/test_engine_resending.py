"""Resending over real sockets: what goes out, in which order and time, and what is kept of it."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_kit import (
    Client,
    Receiver,
    destination,
    order,
    port,
    reply,
    running_engine,
    status,
    wait_for,
)

from hl7console.engine.console import ImportFiles, JobReport, SaveDestination
from hl7console.engine.repair_commands import Dates, MarkHandled, ResendMessages
from hl7console.engine.supervisor import Engine
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.hl7v2.message import Message
from hl7console.settings import Environment, ListenerSettings
from hl7console.store.recipes import recipe_text
from hl7console.store.records import MessageRow


def kept(engine: Engine, *messages: bytes) -> tuple[int, ...]:
    report = engine.submit(ImportFiles(pasted=b"\n".join(messages))).result(10)
    assert report.messages == len(messages)
    return tuple(range(report.first_message_id, report.last_message_id + 1))


@contextlib.contextmanager
def reading(engine: Engine) -> Iterator:
    reader = engine.open_reader()
    try:
        yield reader
    finally:
        reader.close()


def states(engine: Engine, *ids: int) -> list[list[tuple[str, str]]]:
    with reading(engine) as reader:
        return [[(a.destination, a.state) for a in reader.attempts(n)] for n in ids]


def rows(engine: Engine, *ids: int) -> list[MessageRow]:
    with reading(engine) as reader:
        return reader.rows(ids)


def resend(engine: Engine, **wish: object) -> JobReport:
    return engine.submit(ResendMessages(**wish)).result(30)


def test_chosen_messages_go_out_as_they_are_in_order_over_one_connection(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        engine.submit(SaveDestination(destination(receiver.port))).result(10)
        ids = kept(engine, *(order(f"M{n}") for n in range(150)))
        report = resend(engine, message_ids=ids, destinations=("PACS",))
        assert report.text == "150 of 150 accepted."
        assert receiver.received == [order(f"M{n}") for n in range(150)]
        assert receiver.connections == 1
        assert [r.control_id for r in report.results] == [f"M{n}" for n in range(150)]
        assert report.details == (("AA", "150"),)
        assert states(engine, *ids) == [[("PACS", "accepted")]] * 150
        assert engine.snapshot().last_message_id == ids[-1]
        assert status(engine, "PACS").accepted == 150


def test_a_filters_messages_go_out_oldest_first_up_to_a_cap_that_is_told(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        kept(engine, *(order(f"M{n}") for n in range(30)))
        to = (f"127.0.0.1:{receiver.port}",)
        report = resend(engine, filter="type:ORM", destinations=to, limit=20)
        assert report.text == "20 of 20 accepted. At most 20 are sent at once; there are more."
        assert receiver.received == [order(f"M{n}") for n in range(20)]
        with pytest.raises(UsageError):
            resend(engine, filter="(type:ORM", destinations=to)
        with pytest.raises(UsageError, match="No message is chosen"):
            resend(engine, destinations=to)
        assert resend(engine, filter="type:ADT", destinations=to).accepted == 0


def test_edited_ones_are_new_messages_linked_to_their_originals(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(90)))
        to = (f"127.0.0.1:{receiver.port}",)
        report = resend(
            engine,
            message_ids=ids,
            destinations=to,
            new_control_ids=True,
            dates=Dates.MESSAGE,
            reason="Test again",
        )
        assert report.accepted == 90
        assert [r.original_id for r in report.results] == list(ids)
        made = tuple(r.message_id for r in report.results)
        assert [(r.origin, r.parent_id) for r in rows(engine, *made)] == [
            ("edited", original) for original in ids
        ]
        controls = [Message.parse(raw).get("MSH-10") for raw in receiver.received]
        assert len(set(controls)) == 90
        assert controls[0] == report.results[0].control_id != "M0"
        with reading(engine) as reader:
            assert [reader.raw(n).strip() for n in made] == [r.strip() for r in receiver.received]
            assert reader.raw(ids[7]).strip() == order("M7").strip()
            noted = reader.database().all("SELECT message_id, reason FROM edited_messages")
        assert noted == [(n, "Test again") for n in made]
        assert states(engine, ids[0], made[0]) == [[], [(to[0], "accepted")]]


@pytest.mark.expects_log
def test_edited_ones_are_kept_with_who_edited_them_or_not_at_all(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, order("M1"), order("M2"))
        engine.core.writer.call(
            lambda database: database.execute(
                "CREATE TRIGGER test BEFORE INSERT ON edited_messages"
                " BEGIN SELECT RAISE(FAIL, 'no'); END"
            ).close(),
            label="test",
        ).result(10)
        to = (f"127.0.0.1:{receiver.port}",)
        with pytest.raises(EnvironmentFaultError, match="What was edited was not kept"):
            resend(engine, message_ids=ids, destinations=to, new_control_ids=True)
        assert receiver.received == []
        with reading(engine) as reader:
            assert tuple(reader.ids(None)) == ids


@pytest.mark.parametrize("over_mllp", [True, False])
def test_an_edited_one_is_read_and_sent_again_as_its_original_would(
    tmp_path: Path, over_mllp: bool
):
    # Over MLLP its line feeds are the sender's own; from a file they are only the file's.
    odd = order("M1").replace(b"\r", b"\r\n").replace(b"MARLOWE", "山田".encode("shift_jis"))
    listener = ListenerSettings(name="In", port=0, force_codec="shift_jis")
    with Receiver(reply) as receiver, running_engine(tmp_path, listener) as engine:
        if over_mllp:
            with Client(port(engine, "In")) as client:
                client.ask(odd)
            ids = (engine.snapshot().last_message_id,)
        else:
            ids = kept(engine, odd)
        to = (f"127.0.0.1:{receiver.port}",)
        report = resend(engine, message_ids=ids, destinations=to, new_control_ids=True)
        made = report.results[0].message_id
        before, after = rows(engine, *ids, made)
        assert (after.charset, after.patient_name) == (before.charset, before.patient_name)
        assert resend(engine, message_ids=(made,), destinations=to).accepted == 1
        first, second = receiver.received
        assert first == second
        assert first.endswith(b"\r\n") == over_mllp


def test_all_dates_move_but_birth_dates(tmp_path: Path):
    first = order("M1").replace(b"|||SC\r", b"|||SC|||20260105103012\r")
    later = order("M2").replace(b"20260105093012", b"20260107093012")
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, first, later)
        to = (f"127.0.0.1:{receiver.port}",)
        resend(engine, message_ids=ids, destinations=to, dates=Dates.SHIFT)
        one, two = map(Message.parse, receiver.received)
        assert one.get("MSH-7") != "20260105093012"
        assert one.get("PID-7") == "19680412"
        stamps = [one.get("MSH-7"), one.get("ORC-8") or one.get("ORC-7"), two.get("MSH-7")]
        days = [stamp[6:8] for stamp in stamps]
        assert stamps[0][8:] != stamps[2][:8]
        assert (int(days[2]) - int(days[0])) % 28 in (2, 27, 26, 1, 3, 0, 25)
        assert stamps[0][10:] == stamps[2][10:]


def test_what_cannot_be_edited_is_told_and_not_sent(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        broken = order("M2").replace(b"20260105093012", b"")
        ids = kept(engine, broken, order("M3"))
        to = (f"127.0.0.1:{receiver.port}",)
        report = resend(engine, message_ids=ids, destinations=to, dates=Dates.SHIFT)
        assert [(r.message_id == ids[0], r.state) for r in report.results] == [
            (True, "cancelled"),
            (False, "accepted"),
        ]
        assert "MSH-7" in report.results[0].text
        assert len(receiver.received) == 1
        assert states(engine, ids[0]) == [[(to[0], "cancelled")]]


def test_several_destinations_get_the_same_and_originals_all_took_are_handled(tmp_path: Path):
    def refuse_m1(payload: bytes) -> bytes:
        return reply(payload, "AE" if b"|M1|" in payload else "AA")

    with (
        Receiver(reply) as one,
        Receiver(refuse_m1) as two,
        running_engine(tmp_path) as engine,
    ):
        engine.submit(SaveDestination(destination(one.port, name="One"))).result(10)
        engine.submit(SaveDestination(destination(two.port, name="Two"))).result(10)
        ids = kept(engine, *(order(f"M{n}") for n in range(3)))
        report = resend(engine, message_ids=ids, destinations=("One", "Two"), mark_handled=True)
        assert report.text == "5 of 6 accepted, 1 refused or not sent."
        assert one.received == two.received == [order(f"M{n}") for n in range(3)]
        assert [row.handled for row in rows(engine, *ids)] == [True, False, True]
        refused = [(r.destination, r.control_id) for r in report.results if r.state == "rejected"]
        assert refused == [("Two", "M1")]
        assert states(engine, ids[1]) == [[("One", "accepted"), ("Two", "rejected")]]
        with reading(engine) as reader:
            causes = reader.database().all("SELECT cause FROM deliveries WHERE state = 'rejected'")
        assert causes == [("AE",)]
        report = engine.submit(MarkHandled(ids)).result(10)
        assert report.text == "Marked 1 message handled."
        report = engine.submit(MarkHandled(ids, is_handled=False)).result(10)
        assert report.text == "Marked 3 messages not handled."


def test_production_is_confirmed_by_its_name_one_of_several(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        settings = destination(receiver.port, environment=Environment.PRODUCTION)
        engine.submit(SaveDestination(settings)).result(10)
        ids = kept(engine, order("M1"))
        for to in ("PACS", f"127.0.0.1:{receiver.port}"):
            with pytest.raises(UsageError, match="PACS is a production destination"):
                resend(engine, message_ids=ids, destinations=(to,), confirm=("pacs",))
        assert receiver.received == []
        wish = {"message_ids": ids, "destinations": ("PACS",)}
        assert resend(engine, **wish, confirm=("RIS", "PACS")).accepted == 1


def test_where_nothing_listens_nothing_is_sent(tmp_path: Path):
    with Receiver(reply) as receiver:
        closed = receiver.port
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, order("M1"), order("M2"))
        gone, there = f"127.0.0.1:{closed}", f"127.0.0.1:{receiver.port}"
        with pytest.raises(EnvironmentFaultError, match="Nothing listens"):
            resend(engine, message_ids=ids, destinations=(gone,))
        assert states(engine, *ids) == [[(gone, "cancelled")], []]
        report = resend(engine, message_ids=ids, destinations=(gone, there))
        assert report.accepted == 2
        assert report.text.startswith(f"Stopped early: {gone}: Nothing listens")
        assert len(receiver.received) == 2


def test_a_destination_that_gives_no_answers_is_given_up(tmp_path: Path):
    with Receiver(lambda _: None) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(20)))
        report = resend(engine, message_ids=ids, destinations=(f"127.0.0.1:{receiver.port}",))
        assert (report.accepted, report.unknown, report.messages) == (0, 3, 3)
        assert report.text.startswith("Stopped early: The destination gives no answers.")
        assert [len(tries) for tries in states(engine, *ids)] == [1] * 3 + [0] * 17


def test_pausing_holds_and_cancelling_stops_after_the_message_in_hand(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(200)))
        to = (f"127.0.0.1:{receiver.port}",)
        job = engine.submit(ResendMessages(ids, destinations=to, rate_per_s=50.0))
        wait_for(lambda: job.progress().done >= 3, "the first ones")
        job.set_paused(True)
        assert job.progress().is_paused
        seen = -1
        while seen != len(receiver.received):
            seen = len(receiver.received)
            threading.Event().wait(0.3)
        assert seen < 200
        job.set_paused(False)
        wait_for(lambda: len(receiver.received) > seen, "the next ones")
        job.cancel()
        report = job.result(10)
        assert report.cancelled
        assert report.messages == len(receiver.received) == report.accepted
        assert report.text.startswith("Cancelled: ")
        tried = [tries for tries in states(engine, *ids) if tries]
        assert tried == [[(to[0], "accepted")]] * report.messages


@pytest.mark.expects_log
def test_stopping_the_engine_leaves_what_is_in_hand_unknown_and_the_rest_as_it_was(tmp_path: Path):
    asked = threading.Event()

    def answer(payload: bytes) -> bytes:
        if b"|M5|" not in payload:
            return reply(payload)
        asked.set()
        return b""

    with Receiver(answer) as receiver:
        to = (f"127.0.0.1:{receiver.port}",)
        with running_engine(tmp_path) as engine:
            ids = kept(engine, *(order(f"M{n}") for n in range(10)))
            job = engine.submit(ResendMessages(ids, destinations=to))
            assert asked.wait(10)
            assert engine.stop(5.0)
            assert job.done()
        with running_engine(tmp_path) as engine:
            found = [[state for _, state in tries] for tries in states(engine, *ids)]
            assert found[:5] == [["accepted"]] * 5
            assert found[5] == ["unknown"]
            assert not [state for tries in found[6:] for state in tries if state == "accepted"]


def test_the_recorded_timing_is_kept_faster(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(3)))
        change = "UPDATE messages SET received_at_us = 1000000 + 20000000 * id"
        engine.core.writer.call(lambda db: db.execute(change).close(), label="test").result(5)
        job = engine.submit(
            ResendMessages(ids, destinations=(f"127.0.0.1:{receiver.port}",), speed=100.0)
        )
        wait_for(lambda: receiver.received, "the first one")
        report = job.result(10)
        assert report.accepted == 3
        with reading(engine) as reader:
            starts = [reader.attempts(n)[0].started_at_us for n in ids]
        assert starts[2] - starts[0] >= 300_000


RECIPE = """
description = "Move to the test hospital"

[[step]]
set = "MSH-6"
value = "TESTLAND"
"""


def test_a_recipe_is_applied_and_kept_with_what_it_made(tmp_path: Path):
    with Receiver(reply) as receiver, running_engine(tmp_path) as engine:
        ids = kept(engine, *(order(f"M{n}") for n in range(3)))
        to = (f"127.0.0.1:{receiver.port}",)
        report = resend(engine, message_ids=ids, destinations=to, recipe=RECIPE)
        assert report.accepted == 3
        assert [Message.parse(raw).get("MSH-6") for raw in receiver.received] == ["TESTLAND"] * 3
        with reading(engine) as reader:
            database = reader.database()
            (recipe_id,) = {row[0] for row in database.all("SELECT recipe_id FROM edited_messages")}
            assert recipe_text(database, int(recipe_id))[1] == RECIPE
        with pytest.raises(UsageError):
            resend(engine, message_ids=ids, destinations=to, recipe="nonsense")
        assert len(receiver.received) == 3
