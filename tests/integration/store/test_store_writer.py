from __future__ import annotations

import threading
from dataclasses import fields

import pytest

from hl7console.errors import WorkspaceError
from hl7console.store import waiting
from hl7console.store.batches import DUPLICATE_WINDOW_US, MAX_BATCH_ROWS
from hl7console.store.connection import Database, WrongThreadError
from hl7console.store.records import MessageRow, NewMessage, Status
from hl7console.store.writer import StoreWriter

DAY_US = 24 * 3600 * 1_000_000


def keyed(message, n: int, body: str = "", **columns) -> NewMessage:
    raw = f"MSH|^~\\&|RIS|HOSP|PACS|HOSP|20260105||ORM^O01|C{n}|P|2.5\rPID|1||{n}{body}\r"
    return (
        message(raw, dedup_key=1000 + n, ack=f"ack of {n}{body}".encode(), ack_code="AA")
        if (not columns)
        else message(raw, **{"dedup_key": 1000 + n, "ack": b"a", "ack_code": "AA", **columns})
    )


def test_what_is_told_is_in_the_database_and_in_order(store, message):
    count = MAX_BATCH_ROWS * 2 + 7
    told = store.put(*(keyed(message, n) for n in range(count)))
    assert [outcome.message_id for outcome in told] == list(range(1, count + 1))
    assert not any(outcome.error or outcome.duplicate_of for outcome in told)
    reader = store.reader()
    for n in (0, 1, count // 2, count - 1):
        stored = reader.message(n + 1)
        assert stored is not None
        assert stored.row.control_id == f"C{n}"
        assert stored.raw == keyed(message, n).raw
        assert stored.ack == f"ack of {n}".encode()


def test_every_column_comes_back_as_it_was(store):
    new = NewMessage(
        raw=bytes(range(256)) * 3,
        origin="imported",
        interface="file\x00name.hl7",
        peer="[::1]:51000",
        connection=7,
        received_at_us=1,
        message_type="ORM",
        event="O01",
        structure="ORM_O01",
        control_id='quote " and \\ and \n',
        sender="RIS|HOSP",
        receiver="PACS|",
        version="2.5.1",
        charset="iso2022_jp",
        patient_id="4711\x00x",
        patient_authority="ÄÖ",
        patient_name="山田^太郎",
        accession="A'1",
        placer_order="\x1b[",
        filler_order="F\U0001f600",
        status=Status.ERROR,
        ack_code="AE",
        ack=b"\x00\xff",
        error_text="MSH-9 is missing.",
        flags="bom lf_segments",
        parent_id=3,
    )
    store.put(new)
    row = store.reader().rows([1])[0]
    for name in {f.name for f in fields(NewMessage)} & {f.name for f in fields(MessageRow)}:
        assert getattr(row, name) == getattr(new, name), name
    assert row.size_bytes == 768
    assert row.handled is False
    stored = store.reader().message(1)
    assert (stored.raw, stored.ack) == (new.raw, new.ack)


def test_outcomes_are_told_on_the_writer_thread_then_the_end_of_the_batch(store, message, outcomes):
    ends: list[int] = []
    is_over = threading.Event()

    def end() -> None:
        ends.append(len(outcomes.told))
        is_over.set()

    store.writer.on_batch_done = end
    for n in range(5):
        store.writer.put(keyed(message, n), outcomes)
    outcomes.wait(5)
    assert is_over.wait(5)
    store.sync()
    assert outcomes.threads == {"store-writer"}
    assert ends[-1] == 5


def test_a_duplicate_is_a_row_of_its_own_with_the_first_ones_answer(store, message):
    first = store.put(keyed(message, 1))[0]
    again = store.put(keyed(message, 1, ack=b"another answer", ack_code="AE"))[0]
    assert again.duplicate_of == first.message_id
    assert again.ack == b"ack of 1"
    row, stored = store.reader().rows([2])[0], store.reader().message(2)
    assert (row.duplicate_of, row.ack_code, stored.ack) == (1, "AA", b"ack of 1")
    third = store.put(keyed(message, 1))[0]
    assert third.duplicate_of == first.message_id


def test_duplicates_within_one_batch(store, message):
    gate = threading.Event()
    store.writer.call(lambda _: gate.wait(10), label="test")
    from_gate = [keyed(message, n) for n in (1, 2, 1, 2, 1)]
    release = threading.Timer(0.05, gate.set)
    release.start()
    told = store.put(*from_gate)
    release.join()
    assert [outcome.duplicate_of for outcome in told] == [0, 0, 1, 2, 1]
    assert told[2].ack == b"ack of 1"


def test_same_key_with_other_bytes_is_flagged_and_no_duplicate(store, message):
    store.put(keyed(message, 1))
    other = store.put(keyed(message, 1, "x"))[0]
    assert (other.duplicate_of, other.control_id_reused) == (0, True)
    assert "control_id_reused" in store.reader().rows([2])[0].flags.split()
    both = store.put(keyed(message, 2), keyed(message, 2, "y"))
    assert [outcome.control_id_reused for outcome in both] == [False, True]
    assert store.put(keyed(message, 1, "x"))[0].duplicate_of == 2


def test_a_duplicate_counts_for_seven_days(store, message):
    at_us = 1_767_225_600_000_000
    store.put(keyed(message, 1, received_at_us=at_us))
    within = keyed(message, 1, received_at_us=at_us + DUPLICATE_WINDOW_US)
    beyond = keyed(message, 1, received_at_us=at_us + DUPLICATE_WINDOW_US + DAY_US)
    assert store.put(within)[0].duplicate_of == 1
    later = store.put(beyond)[0]
    assert (later.duplicate_of, later.control_id_reused) == (0, True)


def test_other_listeners_and_messages_without_key_are_no_duplicates(store, message):
    told = store.put(
        keyed(message, 1),
        keyed(message, 1, dedup_key=77),
        keyed(message, 1, dedup_key=0),
        keyed(message, 1, dedup_key=0),
    )
    assert [outcome.duplicate_of for outcome in told] == [0, 0, 0, 0]


def test_the_hash_alone_makes_no_duplicate(store, message):
    first, second = (
        keyed(message, 1, content_hash=b"h" * 32),
        keyed(message, 1, content_hash=b"h" * 32),
    )
    second.raw = second.raw + b"ZZZ|1\r"
    told = store.put(first) + store.put(second)
    assert [outcome.duplicate_of for outcome in told] == [0, 0]
    assert told[1].control_id_reused


def test_ids_go_on_after_a_restart_and_are_never_given_twice(tmp_path, store, message):
    store.put(*(keyed(message, n) for n in range(5)))
    store.sql("DELETE FROM messages WHERE id IN (2, 4, 5)")
    assert store.writer.stop(20)
    again = StoreWriter(store.path, store.key)
    again.start()
    try:
        done = threading.Event()
        ids: list[int] = []
        again.put(keyed(message, 9), lambda o: (ids.append(o.message_id), done.set()))
        assert done.wait(10)
        assert ids == [6]
        rows = again.call(
            lambda db: db.all("SELECT first, last FROM id_gaps ORDER BY first"), label="test"
        ).result(10)
        assert rows == [(2, 2), (4, 5)]
    finally:
        assert again.stop(20)


@pytest.mark.expects_log
def test_a_text_that_cannot_be_written_costs_neither_its_message_nor_others(store, message):
    odd = keyed(message, 2, patient_name="half \ud83d pair")
    told = store.put(keyed(message, 1), odd, keyed(message, 3))
    assert [bool(outcome.error) for outcome in told] == [False, False, False]
    assert store.reader().rows([2])[0].patient_name == "half ? pair"
    assert store.reader().raw(2) == odd.raw


@pytest.mark.expects_log
def test_a_listener_that_raises_stops_nothing(store, message, caplog):
    store.writer.put(keyed(message, 1), lambda _: 1 / 0)
    assert store.put(keyed(message, 2))[0].message_id == 2
    assert "ZeroDivisionError" in caplog.text


def test_a_full_queue_answers_at_once_and_takes_more_later(store, message, outcomes, monkeypatch):
    monkeypatch.setattr(waiting, "MAX_QUEUED", 3)
    gate = threading.Event()
    store.writer.call(lambda _: gate.wait(10), label="test")
    for n in range(5):
        store.writer.put(keyed(message, n), outcomes)
    refused = outcomes.wait(2)
    assert [outcome.is_locked for outcome in refused[:2]] == [True, True]
    assert refused[0].error
    gate.set()
    assert sorted(o.message_id for o in outcomes.wait(5)) == [0, 0, 1, 2, 3]
    assert store.put(keyed(message, 9))[0].message_id == 4
    assert store.writer.queued == 0


def test_waiting_for_room(store, message, outcomes, monkeypatch):
    monkeypatch.setattr(waiting, "MAX_QUEUED_BYTES", 100)
    gate = threading.Event()
    store.writer.call(lambda _: gate.wait(10), label="test")
    store.writer.put(keyed(message, 1), outcomes)
    timer = threading.Timer(0.1, gate.set)
    timer.start()
    store.writer.put(keyed(message, 2), outcomes, wait_s=10)
    timer.join()
    assert [o.message_id for o in outcomes.wait(2)] == [1, 2]


def test_calls_run_in_turn_inside_a_transaction(store, message):
    store.writer.put(keyed(message, 1))
    count = store.writer.call(lambda db: db.integer("SELECT count(*) FROM messages"), label="count")
    store.writer.put(keyed(message, 2))
    assert count.result(10) == 1

    def fail(db: Database) -> None:
        db.execute("INSERT INTO settings (name, value) VALUES ('x', 'y')")
        raise LookupError("own")

    with pytest.raises(LookupError):
        store.writer.call(fail, label="fail").result(10)
    assert store.sql("SELECT * FROM settings WHERE name = 'x'") == []


@pytest.mark.expects_log
def test_errors_of_the_database_come_as_plain_sentences(store):
    future = store.writer.call(lambda db: db.execute("SELEKT 'PATIENT'"), label="odd")
    with pytest.raises(WorkspaceError) as caught:
        future.result(10)
    assert "PATIENT" not in caught.value.text
    assert caught.value.__cause__ is None


def test_stopping_stores_what_is_queued_and_refuses_what_follows(store, message, outcomes):
    gate = threading.Event()
    store.writer.call(lambda _: gate.wait(10), label="test")
    for n in range(10):
        store.writer.put(keyed(message, n), outcomes)
    assert store.writer.stop(0.01) is False
    store.writer.put(keyed(message, 99), outcomes)
    late = store.writer.call(lambda _: 1, label="late")
    gate.set()
    assert store.writer.stop(20)
    told = outcomes.wait(11)
    assert [o.message_id for o in told] == [0, *range(1, 11)]
    assert told[0].error
    with pytest.raises(WorkspaceError):
        late.result(1)
    assert store.reader().count() == 10
    assert store.writer.stop(1)


def test_a_connection_belongs_to_its_thread(store):
    database = store.writer.call(lambda db: db, label="test").result(10)
    for use in (
        lambda: database.execute("SELECT 1"),
        lambda: database.one("SELECT 1"),
        lambda: database.utils,
        database.close,
    ):
        with pytest.raises(WrongThreadError):
            use()
    reader = store.reader()
    caught: list[BaseException] = []

    def misuse() -> None:
        try:
            reader.ids()
        except WrongThreadError as error:
            caught.append(error)

    thread = threading.Thread(target=misuse)
    thread.start()
    thread.join()
    assert caught


def test_a_large_message_between_small_ones(store, message):
    large = message(
        b"MSH|^~\\&|RIS|HOSP|PACS|HOSP|1||MDM^T02|9|P|2.5\rOBX|1|ED|||" + b"QUJD" * 4_000_000
    )
    told = store.put(keyed(message, 1), large, keyed(message, 2))
    assert [outcome.message_id for outcome in told] == [1, 2, 3]
    assert store.reader().raw(2) == large.raw
    store.index_all()


def test_the_file_is_not_readable_without_the_key(store, message):
    store.put(message("MSH|^~\\&|RIS|HOSP|PACS|HOSP|1||ADT^A01|1|P|2.5\rPID|1||SECRETPATIENT\r"))
    assert store.writer.stop(20)
    for file in store.path.parent.iterdir():
        data = file.read_bytes()
        assert b"SECRETPATIENT" not in data
        assert not data.startswith(b"SQLite format 3")
