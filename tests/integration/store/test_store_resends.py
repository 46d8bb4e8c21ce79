"""Attempts of resends, written in batches."""

from __future__ import annotations

from hl7console.hl7v2 import filters
from hl7console.store import handled, resends
from hl7console.store.deliveries import AttemptOutcome, mark_interrupted
from hl7console.store.records import DeliveryState
from hl7console.store.resends import AttemptEnd, AttemptStart


def call(store, function):
    return store.writer.call(function, label="test").result(10)


def begin(store, *ids: int) -> list[int]:
    starts = [AttemptStart(n, "PACS", 100 + n, sent=b"S%d" % n) for n in ids]
    return call(store, lambda db: resends.begin_attempts(db, starts))


def test_attempts_are_there_before_and_after_and_never_due(store, message):
    ids = [outcome.message_id for outcome in store.put(*(message() for _ in range(300)))]
    attempts = begin(store, *ids)
    assert len(set(attempts)) == 300
    reader = store.reader()
    (first,) = reader.attempts(ids[0])
    assert (first.state, first.sent, first.destination) == ("sending", b"S1", "PACS")
    outcome = AttemptOutcome(DeliveryState.REJECTED, 900, "AE", b"MSA|AE", "Refused.")
    ends = [AttemptEnd(attempt, outcome, "AE 101 PID-3") for attempt in attempts[1:]]
    call(store, lambda db: resends.end_attempts(db, ends))
    (last,) = reader.attempts(ids[-1])
    assert (last.state, last.ack_code, last.reply, last.text) == (
        "rejected", "AE", b"MSA|AE", "Refused.",
    )  # fmt: skip
    assert reader.attempts(ids[0])[0].state == "sending"
    rows = store.sql(
        "SELECT state, cause, text, ack_code, is_due, attempt_count, count(*) FROM deliveries"
        " GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1"
    )
    assert rows == [
        ("rejected", "AE 101 PID-3", "Refused.", "AE", 0, 1, 299),
        ("sending", "", "", "", 0, 1, 1),
    ]


def test_what_was_not_begun_leaves_nothing(store, message):
    ids = [outcome.message_id for outcome in store.put(message(), message())]
    attempts = begin(store, *ids)
    call(store, lambda db: resends.forget_attempts(db, attempts[1:]))
    assert store.sql("SELECT message_id FROM attempts") == [(ids[0],)]
    assert store.sql("SELECT message_id FROM deliveries") == [(ids[0],)]


def test_what_a_crash_cut_off_is_unknown(store, message):
    ids = [outcome.message_id for outcome in store.put(message(), message())]
    attempts = begin(store, *ids)
    done = AttemptEnd(attempts[0], AttemptOutcome(DeliveryState.ACCEPTED, 900, "AA"))
    call(store, lambda db: resends.end_attempts(db, [done]))
    assert call(store, lambda db: mark_interrupted(db, 1_000)) == 1
    assert store.sql("SELECT state FROM attempts ORDER BY id") == [("accepted",), ("unknown",)]
    assert store.sql("SELECT state FROM deliveries ORDER BY id") == [("accepted",), ("unknown",)]


def test_handled_messages_are_found_as_such_and_shown(store, message):
    ids = [outcome.message_id for outcome in store.put(*(message() for _ in range(3)))]
    assert call(store, lambda db: handled.mark_handled(db, ids[:2])) == 2
    assert call(store, lambda db: handled.mark_handled(db, ids)) == 1
    assert call(store, lambda db: handled.mark_handled(db, ids[1:], is_handled=False)) == 2
    reader = store.reader()
    assert [row.handled for row in reader.rows(ids)] == [True, False, False]
    assert list(reader.ids(filters.parse("handled:yes"))) == ids[:1]
    assert list(reader.ids(filters.parse("handled:no"))) == ids[1:]
