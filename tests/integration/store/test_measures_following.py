"""Measures follow the messages and attempts: exactly, once, at the right second, whatever comes."""

from __future__ import annotations

import random
from contextlib import closing

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measures_store_kit import BEGIN_S, counted, curve, in_database, measured, measuring, turn

from hl7console.errors import ConsoleError
from hl7console.store import audit, connection
from hl7console.store.connection import Database
from hl7console.store.deliveries import (
    AttemptOutcome,
    finish_attempt,
    mark_interrupted,
    record_attempt,
    start_attempt,
)
from hl7console.store.faults import SqlError
from hl7console.store.measures import following, saving
from hl7console.store.measures.naming import OTHER
from hl7console.store.measures.records import Scope
from hl7console.store.records import Origin, Status

RAW = "MSH|^~\\&|{}|HOSP|PACS|HOSP|20260302||{}|{}|P|2.5\rPID|1||4711\r"
NAK = b"MSH|^~\\&|P|H|R|H|2026||ACK|1|P|2.5\rMSA|AE|1\rERR||PID^1^3|101^Required^HL70357|E\r"


@pytest.fixture
def put(store, message):
    """Store a message that came at a second."""
    numbers = iter(range(10**9))

    def put(at_s: float, sender: str = "RIS", type_: str = "ORM^O01", **columns: object) -> None:
        raw = RAW.format(sender, type_, next(numbers))
        store.put(message(raw, received_at_us=int(at_s * 1e6), **columns))

    return put


def test_messages_count_in_their_second_for_all_that_they_belong_to(store, put):
    put(BEGIN_S + 1.2)
    put(BEGIN_S + 1.999999, "LAB", "ORU^R01", interface="LAB-in")
    put(BEGIN_S + 2, status=Status.ERROR, ack_code="AE", ack=NAK, error_text="PID-3 is missing.")
    put(BEGIN_S + 2, origin=Origin.IMPORTED)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 3)
    for scope, name, received in [
        (Scope.ALL, "", [0, 2, 1]),
        (Scope.LISTENER, "RIS-in", [0, 1, 1]),
        (Scope.LISTENER, "LAB-in", [0, 1, 0]),
        (Scope.SENDER, "RIS|HOSP", [0, 1, 1]),
        (Scope.TYPE, "ORM^O01", [0, 1, 1]),
        (Scope.TYPE, "ORU^R01", [0, 1, 0]),
    ]:
        found = curve(store, scope, name, BEGIN_S, BEGIN_S + 3)
        assert (found.since_s, found.step_s, found.received) == (BEGIN_S, 1, received)
    assert curve(store, Scope.ALL, "", BEGIN_S, BEGIN_S + 3).refused == [0, 0, 1]
    with measured(store) as reader:
        causes = reader.causes(Scope.LISTENER, "RIS-in", BEGIN_S, BEGIN_S + 3)
        assert causes == {"AE 101 PID-3": [0, 0, 1]}
        assert reader.series(Scope.LISTENER) == ("LAB-in", "RIS-in")
        assert reader.last_received(Scope.LISTENER) == {
            "LAB-in": BEGIN_S + 1, "RIS-in": BEGIN_S + 2
        }  # fmt: skip
        totals = reader.totals(Scope.LISTENER, BEGIN_S + 2, BEGIN_S + 3)
        assert {name: total.received for name, total in totals.items()} == {"RIS-in": 1}


def test_what_had_no_answer_is_told_by_its_sentence(store, put):
    put(BEGIN_S, status=Status.ERROR, error_text="The connection ended inside a message.")
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
    with measured(store) as reader:
        causes = reader.causes(Scope.ALL, "", BEGIN_S, BEGIN_S + 1)
    assert causes == {"The connection ended inside a message.": [1]}


def test_steps_of_every_width_have_the_same_whether_folded_or_not(store, put):
    chance = random.Random(7)  # noqa: S311 - no secret
    times = sorted(BEGIN_S + chance.random() * 7200 for _ in range(200))
    with measuring(store) as measures:
        for at_s in times:
            put(at_s)
        turn(measures, BEGIN_S + 7200)
        for is_folded in (False, True):
            if is_folded:
                measures.fold(BEGIN_S + 7200)
            for since_s, width in ((BEGIN_S + 3600, 1), (BEGIN_S, 60), (BEGIN_S, 3600)):
                until_s = BEGIN_S + 7200
                steps = (until_s - since_s) // width
                found = curve(store, Scope.ALL, "", since_s, until_s, steps)
                assert found.step_s == width
                wanted = [0] * steps
                for at_s in times:
                    if at_s >= since_s:
                        wanted[int(at_s - since_s) // width] += 1
                assert found.received == wanted
    assert counted(store, Scope.ALL, "") == in_database(store)


def test_only_what_is_wanted_of_curves_is_read(store, put):
    put(BEGIN_S, type_="ADT^A08")
    put(BEGIN_S + 1)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 2)
    with measured(store) as reader:
        span = (BEGIN_S, BEGIN_S + 2)
        some = reader.curves(Scope.TYPE, *span, columns=("accepted",), times=False)
        named = reader.curves(Scope.TYPE, *span, names=("ADT^A08", "ZZZ"))
    assert {name: (found.received, found.accepted) for name, found in some.items()} == {
        "ADT^A08": ([0, 0], [1, 0]),
        "ORM^O01": ([0, 0], [0, 1]),
    }
    assert {name: found.received for name, found in named.items()} == {
        "ADT^A08": [1, 0],
        "ZZZ": [0, 0],
    }


def test_nothing_is_counted_twice_by_a_later_run_or_lost_by_one_that_fails(store, put, monkeypatch):
    put(BEGIN_S)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
        put(BEGIN_S + 1)
        real = saving.MeasureStore.set_meta

        def fail(self, name, value):
            real(self, name, value)
            if name == "message_id":
                raise SqlError("disk I/O error")

        with monkeypatch.context() as broken:
            broken.setattr(saving.MeasureStore, "set_meta", fail)
            with pytest.raises(ConsoleError):
                measures.step((BEGIN_S + 2) * 1_000_000)
        turn(measures, BEGIN_S + 3)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 4)
    assert counted(store, Scope.ALL, "")[0] == 2


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_counts_are_those_of_the_database_whatever_the_clock_and_the_turns(
    store, put, monkeypatch, data
):
    monkeypatch.setattr(following, "MOST_AT_ONCE", 3)
    times = st.one_of(
        st.integers(BEGIN_S - 5, BEGIN_S + 5),
        st.integers(BEGIN_S - 300 * 86400, BEGIN_S + 300 * 86400),
    )
    clock = st.one_of(times, st.just(0), st.integers(4_000_000_000, 4_000_000_100))
    measures = None
    try:
        for _ in range(data.draw(st.integers(1, 12))):
            what = data.draw(st.sampled_from(["put", "put", "refuse", "turn", "fold", "end"]))
            if what in ("put", "refuse"):
                status = Status.OK if what == "put" else Status.REJECTED
                put(data.draw(times), status=status)
                continue
            with measuring(store) as measures:
                now_s = data.draw(clock)
                turn(measures, now_s)
                if what == "fold":
                    measures.fold(now_s)
                if what == "end":
                    measures.finish(now_s * 1_000_000)
        with measuring(store) as measures:
            turn(measures, BEGIN_S)
    finally:
        assert measures is None or measures.behind == 0
    assert counted(store, Scope.ALL, "") == in_database(store)


def test_messages_that_were_deleted_stay_counted(store, put):
    put(BEGIN_S)
    put(BEGIN_S)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
        store.sql("DELETE FROM messages")
        turn(measures, BEGIN_S + 2)
        put(BEGIN_S + 2)
        turn(measures, BEGIN_S + 3)
    assert curve(store, Scope.ALL, "", BEGIN_S, BEGIN_S + 3).received == [2, 0, 1]


def test_senders_beyond_the_most_share_one_series(store, put, monkeypatch):
    monkeypatch.setitem(saving.Names.series_id.__globals__["MOST"], Scope.SENDER, 3)
    for number in range(6):
        put(BEGIN_S, f"S{number}")
    put(BEGIN_S, "S1")
    put(BEGIN_S, "X" * 5000)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
    with measured(store) as reader:
        names = reader.series(Scope.SENDER)
        curves = reader.curves(Scope.SENDER, BEGIN_S, BEGIN_S + 1)
    assert len(names) == 4
    assert OTHER in names
    assert sum(sum(found.received) for found in curves.values()) == 8


def test_a_file_that_is_damaged_is_made_again_from_the_messages_and_says_so(store, put):
    for second in range(20):
        put(BEGIN_S + second)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 30)
        measures.finish((BEGIN_S + 30) * 1_000_000)
    path = store.path.with_name("measures.db")
    body = bytearray(path.read_bytes())
    body[len(body) // 2 :] = bytes(len(body) - len(body) // 2)
    path.write_bytes(body)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 40)
    assert counted(store, Scope.ALL, "") == in_database(store)
    with measured(store) as reader:
        marks = reader.marks(BEGIN_S, BEGIN_S + 100)
    assert [mark.kind for mark in marks] == ["start"]
    assert "made anew" in marks[0].text


def test_a_file_that_is_missing_is_made_again_and_what_is_known_follows_the_messages(store, put):
    for at_s in (BEGIN_S, BEGIN_S + 3600, BEGIN_S + 4 * 3600):
        put(at_s)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 10 * 3600)
    found = curve(store, Scope.ALL, "", BEGIN_S - 3600, BEGIN_S + 6 * 3600, 7)
    assert found.step_s == 3600
    assert found.received == [0, 1, 1, 0, 0, 1, 0]
    assert found.is_known == [False, True, True, False, False, True, False]


def test_a_file_that_is_locked_is_left_alone(store, put, monkeypatch):
    put(BEGIN_S)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
    path = store.path.with_name("measures.db")
    number = path.stat().st_ino
    with closing(Database(path, store.key)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE").close()
        with other.transaction():
            other.execute("DELETE FROM marks")
            monkeypatch.setattr(connection, "BUSY_TIMEOUT_MS", 1)
            with pytest.raises(ConsoleError, match="locked"), measuring(store):
                pass
    assert path.stat().st_ino == number
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 2)
    assert counted(store, Scope.ALL, "")[0] == 1


def test_a_reader_notices_that_the_file_was_made_again(store, put):
    put(BEGIN_S)
    with measured(store) as reader:
        assert reader.series(Scope.ALL) == ()
        assert reader.curve(Scope.ALL, "", BEGIN_S, BEGIN_S + 2).received == [0, 0]
        with measuring(store) as measures:
            turn(measures, BEGIN_S + 1)
        assert reader.series(Scope.ALL) == ("",)
        store.path.with_name("measures.db").unlink()
        put(BEGIN_S)
        with measuring(store) as measures:
            turn(measures, BEGIN_S + 2)
        assert reader.curve(Scope.ALL, "", BEGIN_S, BEGIN_S + 1).received == [2]


# Attempts.


def attempt(store, destination: str, end_s: float, outcome: str, **columns: str) -> None:
    done = AttemptOutcome(outcome, int(end_s * 1e6), **columns)
    store.writer.call(
        lambda db: record_attempt(db, 1, destination, int((end_s - 0.25) * 1e6), done),
        label="test",
    ).result(10)


def test_attempts_count_when_they_end_with_round_trip_and_cause(store, put):
    put(BEGIN_S)
    attempt(store, "PACS", BEGIN_S + 1.5, "accepted", ack_code="AA")
    attempt(store, "PACS", BEGIN_S + 1.6, "committed", ack_code="CA")
    attempt(store, "PACS", BEGIN_S + 2.5, "rejected", ack_code="AE")
    attempt(store, "PACS", BEGIN_S + 2.5, "unknown")
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 3)
    found = curve(store, Scope.DESTINATION, "PACS", BEGIN_S, BEGIN_S + 3)
    assert found.received == [0, 2, 2]
    assert (found.accepted, found.refused, found.unclear) == ([0, 2, 0], [0, 0, 1], [0, 0, 1])
    times = [times and times.total for times in found.latency]
    assert times == [None, 2, 1]
    assert found.latency[1] is not None
    assert abs(found.latency[1].percentile(50) - 250_000) < 5_000
    with measured(store) as reader:
        causes = reader.causes(Scope.DESTINATION, "PACS", BEGIN_S, BEGIN_S + 3)
    assert causes == {"AE": [0, 0, 1], "no answer": [0, 0, 1]}


def test_an_attempt_under_way_counts_once_when_it_ends_also_in_a_later_run(store, put):
    put(BEGIN_S)

    def begin(db):
        return start_attempt(db, 1, "PACS", BEGIN_S * 1_000_000)

    _, first = store.writer.call(begin, label="test").result(10)
    store.writer.call(begin, label="test").result(10)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
        assert counted(store, Scope.DESTINATION, "PACS")[0] == 0
        ended = AttemptOutcome("accepted", (BEGIN_S + 2) * 1_000_000, "AA")
        store.writer.call(lambda db: finish_attempt(db, first, ended), label="test").result(10)
        turn(measures, BEGIN_S + 3)
        turn(measures, BEGIN_S + 4)
        assert counted(store, Scope.DESTINATION, "PACS")[0] == 1
    store.writer.call(
        lambda db: mark_interrupted(db, (BEGIN_S + 9) * 1_000_000), label="test"
    ).result(10)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 10)
        turn(measures, BEGIN_S + 11)
    found = curve(store, Scope.DESTINATION, "PACS", BEGIN_S, BEGIN_S + 10)
    assert (sum(found.received), found.unclear[9]) == (2, 1)


def test_an_attempt_that_was_given_back_leaves_its_number_to_the_next(store, put):
    put(BEGIN_S)
    attempt(store, "PACS", BEGIN_S, "accepted")

    def begin(db):
        return start_attempt(db, 1, "PACS", BEGIN_S * 1_000_000)[1]

    with measuring(store) as measures:
        for _ in range(2):
            given = store.writer.call(begin, label="test").result(10)
            turn(measures, BEGIN_S + 1)
            store.sql("DELETE FROM attempts WHERE id = ?", given)
            turn(measures, BEGIN_S + 2)
        attempt(store, "PACS", BEGIN_S + 3, "accepted")
        turn(measures, BEGIN_S + 4)
    assert counted(store, Scope.DESTINATION, "PACS")[0] == 2


# Marks.


def test_changes_of_settings_are_marked_and_what_messages_do_is_not(store):
    def note(action: str, at_s: int) -> None:
        entry = audit.AuditEntry(action, "ann", subject="RIS-in")
        store.writer.call(
            lambda db: audit.append(db, entry, at_s * 1_000_000), label="test"
        ).result(10)

    note("listener saved", BEGIN_S)
    with measuring(store) as measures:
        turn(measures, BEGIN_S + 1)
        note("listener saved", BEGIN_S + 2)
        note("messages imported", BEGIN_S + 3)
        note("queue held", BEGIN_S + 4)
        turn(measures, BEGIN_S + 5)
        turn(measures, BEGIN_S + 6)
    with measured(store) as reader:
        marks = reader.marks(BEGIN_S, BEGIN_S + 10)
    assert [(mark.kind, mark.text) for mark in marks if mark.kind == "settings"] == [
        ("settings", "Listener saved: RIS-in"),
        ("settings", "Listener saved: RIS-in"),
        ("settings", "Queue held: RIS-in"),
    ]
