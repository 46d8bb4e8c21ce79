from __future__ import annotations

import threading

import pytest

from hl7console.hl7v2.filters import parse
from hl7console.store import kinds, reader, rows, search
from hl7console.store.faults import QueryStoppedError, SqlError, as_console_errors
from hl7console.store.reader import StoreReader


def fill(store, message, count: int) -> None:
    store.put(*(message(control_id=f"C{n}", received_at_us=n + 1) for n in range(count)))


def test_all_ids_leave_out_what_was_deleted(store, message, monkeypatch):
    monkeypatch.setattr(reader, "FIRST_CHUNK", 4)
    fill(store, message, 30)
    store.sql("DELETE FROM messages WHERE id IN (1, 2, 9, 10, 11, 20, 30)")
    left = [i for i in range(1, 31) if i not in (1, 2, 9, 10, 11, 20, 30)]
    made = store.reader()
    assert list(made.ids()) == left
    assert list(made.ids(newest_first=True)) == left[::-1]
    assert list(made.ids(limit=5)) == left[:5]
    assert list(made.ids(limit=5, newest_first=True)) == left[::-1][:5]
    assert made.count() == len(left)
    assert list(made.new_ids(None, 9)) == [i for i in left if i > 9]
    for until in (8, 9, 15, 20, 40):
        assert list(made.new_ids(None, 9, until)) == [i for i in left if 9 < i <= until]
    chunks = list(made.iter_ids(None, newest_first=True))
    assert len(chunks) > 3
    assert [i for chunk in chunks for i in chunk] == left[::-1]
    fill(store, message, 1)
    assert list(made.new_ids(parse(""), 29)) == [31]


def test_an_empty_database_and_one_that_was_emptied(store, message):
    made = store.reader()
    assert list(made.ids()) == []
    assert made.count(parse("smith")) == 0
    assert list(made.iter_ids(parse("smith"))) == []
    assert made.rows([1, 2]) == []
    assert made.message(1) is None
    assert made.raw(1) is None
    fill(store, message, 3)
    store.sql("DELETE FROM messages")
    assert list(made.ids()) == []
    assert made.count() == 0
    assert store.put(message())[0].message_id == 4
    assert list(made.ids()) == [4]


def test_rows_come_in_the_order_asked_for_with_notes_and_values(store, message):
    store.put(
        message(
            "MSH|^~\\&|RIS|H|P|H|1||ORM^O01|1|P|2.5\rPID|1||1||SMITH^JANE~DOE\rOBR|1|||CT^CT Head"
        ),
        message("MSH|^~\\&|RIS|H|P|H|1||ADT^A01|2|P|2.5\rPID|1||2||M\\T\\M"),
    )
    found = store.reader().rows([2, 99, 1], ["PID-5.1", "OBR-4.2", "ZZZ-1"])
    assert [row.id for row in found] == [2, 1]
    assert found[0].values == ("M&M", "", "")
    assert found[1].values == ("SMITH", "CT Head", "")
    assert "CT Head" in found[1].note
    assert [row.note for row in store.reader().rows([2, 1])] == [row.note for row in found]


def test_large_messages_are_read_whole(store, message, monkeypatch):
    monkeypatch.setattr(rows, "PACKED_BYTES", 100)
    body = "MSH|^~\\&|RIS|H|P|H|1||ORU^R01|1|P|2.5\rOBX|1|TX|||" + "x" * 50_000 + "\rNTE|1||end"
    store.put(message(body))
    made = store.reader()
    assert made.rows([1], ["NTE-3"])[0].values == ("end",)
    assert made.rows([1])[0].size_bytes == len(body)
    assert list(made.ids(parse("NTE-3=end"))) == [1]


def test_interrupting_a_search_from_another_thread(store, message, monkeypatch):
    monkeypatch.setattr(search, "READ_AT_ONCE", 1)
    fill(store, message, 20)
    made = store.reader()
    evaluated = threading.Event()
    plain = search.evaluate

    def slow(*args, **named):
        evaluated.set()
        assert is_stopped.wait(10)
        return plain(*args, **named)

    is_stopped = threading.Event()
    monkeypatch.setattr(search, "evaluate", slow)

    def stop() -> None:
        assert evaluated.wait(10)
        made.interrupt()
        is_stopped.set()

    thread = threading.Thread(target=stop)
    thread.start()
    with pytest.raises(QueryStoppedError):
        made.ids(parse("PID-3=4711"))
    thread.join()
    monkeypatch.setattr(search, "evaluate", plain)
    assert len(made.ids(parse("PID-3=4711"))) == 20


def test_interrupting_sql(store, message):
    fill(store, message, 2)
    made = store.reader()
    started = threading.Event()
    timer = threading.Thread(target=lambda: (started.wait(10), made.interrupt()))
    timer.start()
    connection = made.database()._connection
    connection.set_progress_handler(lambda: started.set(), 1000)
    endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"
    with pytest.raises(QueryStoppedError), as_console_errors():
        made.database().one(endless)
    timer.join()
    connection.set_progress_handler(None, 1000)
    assert made.count() == 2


def test_an_interrupt_while_nothing_runs_does_no_harm(store, message):
    fill(store, message, 2)
    made = store.reader()
    made.interrupt()
    assert list(made.ids()) == [1, 2]
    made.interrupt()
    assert made.count(parse("type:ORM")) == 2
    made.interrupt()
    assert len(made.rows([1, 2])) == 2


def test_readers_see_what_is_stored_meanwhile_and_cannot_write(store, message):
    made = store.reader()
    assert made.count() == 0
    fill(store, message, 3)
    assert made.count() == 3
    with pytest.raises(SqlError, match="readonly"):
        made.database().execute("DELETE FROM messages")


def test_many_kinds_are_not_kept_in_memory(store, message, monkeypatch):
    monkeypatch.setattr(kinds, "MOST_KEPT", 5)
    monkeypatch.setattr(kinds, "READ_AT_ONCE", 3)
    store.put(*(message(sender=f"S{n}|H", control_id=str(n)) for n in range(20)))
    made = store.reader()
    for _ in range(2):
        assert list(made.ids(parse("from:S7"))) == [8]
        assert list(made.ids(parse("from:S1*"))) == [2, *range(11, 21)]
    assert made._kinds._kept == []
    store.put(message(sender="S99|H"))
    assert list(made.ids(parse("from:S99"))) == [21]


def test_kinds_added_later_are_found(store, message):
    made = store.reader()
    store.put(message(sender="A|B"))
    assert list(made.ids(parse("from:A"))) == [1]
    store.put(message(sender="C|B", interface="other"))
    assert list(made.ids(parse("from:C"))) == [2]
    assert made.known_values()["listener"] == ("RIS-in", "other")
    assert made.known_values()["type"] == ("ORM",)


def test_a_filter_as_long_as_can_be(store, message):
    fill(store, message, 3)
    store.index_all()
    made = store.reader()
    for text in ("-a ", "xyz or ", "PID-1 ", "type:ORM "):
        query = parse((text * 1200)[:4000].rsplit(" ", 2)[0].removesuffix("or").strip())
        assert made.count(query) in (0, 3)


def test_a_reader_leaves_no_state_of_the_database_open(store, message):
    """An unfinished statement would keep the log from being emptied."""
    made = store.reader()
    fill(store, message, 50)
    store.index_all()
    made.ids(parse("4711"))
    made.rows([1, 2])
    made.message(1)
    made.raw(1)
    made.count()
    next(made.iter_ids(parse("type:ORM")))
    made.known_values()
    log = store.writer.call(lambda _: None, label="x")
    log.result(10)
    assert store.writer.stop(20)
    assert not (store.path.with_name("console.db-wal")).exists() or (
        store.path.with_name("console.db-wal").stat().st_size == 0
    )


def test_times_find_their_blocks_whatever_the_clock_did(store, message):
    hour = 3_600_000_000
    start = 1_767_225_600_000_000
    times = [start + n * hour for n in range(5)] + [start - hour] + [start + n for n in range(1200)]
    store.put(*(message(received_at_us=at) for at in times))
    store.index_all()
    made = store.reader()
    assert list(made.ids(parse("since:2026-01-01T01:00:00Z"))) == [2, 3, 4, 5]
    assert list(made.ids(parse("until:2026-01-01T00:00:00Z"))) == [6]
    assert made.count(parse("since:2026-01-01T00:00:00Z until:2026-01-01T00:30:00Z")) == 1201


def test_reading_beside_a_writer_that_writes_all_the_time(store, message):
    is_over = threading.Event()
    faults: list[BaseException] = []

    def read() -> None:
        made = StoreReader(store.path, store.key)
        try:
            seen = 0
            while not is_over.is_set():
                ids = made.ids()
                assert list(ids) == list(range(1, len(ids) + 1))
                assert len(ids) >= seen
                seen = len(ids)
                newest = made.ids(limit=50, newest_first=True)
                assert [row.id for row in made.rows(newest)] == list(newest)
                assert made.count(parse("patient:4711")) >= seen
        except BaseException as error:  # noqa: BLE001
            faults.append(error)
        finally:
            made.close()

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        fill(store, message, 100)
    is_over.set()
    for thread in threads:
        thread.join()
    assert not faults
