"""Claiming and settling deliveries of queues, and what people do with them, on a real database."""

from __future__ import annotations

import pytest

from hl7console.settings import RetentionSettings
from hl7console.store import deliveries, queue_changes, queues, retention
from hl7console.store.queue_records import ClaimWish, Prepared, QueueWork, Settled, Unclaimed
from hl7console.store.repair_records import DeliveryWanted


class QueueStore:
    def __init__(self, store) -> None:
        self.store = store

    def call(self, function, *args, **options):
        return self.store.writer.call(
            lambda database: function(database, *args, **options), label="test"
        ).result(10)

    def queue(self, *message_ids: int, to: str = "PACS", **options) -> None:
        wanted = [(message_id, DeliveryWanted(to)) for message_id in message_ids]
        self.call(queues.enqueue, wanted, 10, **options)

    def claim(self, limit: int = 10, *, now: int = 100, to: str = "PACS", **options):
        size = options.pop("max_bytes", 1 << 22)
        return self.call(queues.claim, ClaimWish(to, limit, size, **options), now)

    def rows(self) -> list[tuple]:
        return self.store.sql("SELECT id, state, is_due FROM deliveries ORDER BY id")

    def attempts(self) -> list[tuple]:
        return self.store.sql("SELECT delivery_id, state, sent, reply FROM attempts ORDER BY id")


def ended(delivery_id: int, attempt: str = "accepted", **changes) -> Settled:
    values = {
        "message_id": 1, "destination": "PACS", "started_at_us": 20, "finished_at_us": 30,
        "attempt_state": attempt, "ack_code": "AA", "text": "Text.", "reply": b"MSA\x00\xff",
        "attempt_id": 0, "state": attempt, "is_due": False,
    }  # fmt: skip
    return Settled(delivery_id, **{**values, **changes})


@pytest.fixture
def queued(store, message) -> QueueStore:
    store.put(*(message() for _ in range(6)))
    made = QueueStore(store)
    made.queue(1, 2, 3, 4)
    return made


def ids(answer) -> list[int]:
    return [claimed.id for claimed in answer.deliveries]


def test_the_next_are_claimed_in_order_with_their_bytes(queued, store):
    answer = queued.claim(3)
    assert ids(answer) == [1, 2, 3]
    assert [c.raw for c in answer.deliveries] == [
        row[0] for row in store.sql("SELECT raw FROM messages WHERE id <= 3 ORDER BY id")
    ]
    assert [row[1] for row in queued.rows()] == ["sending"] * 3 + ["queued"]
    assert ids(queued.claim()) == [4]
    assert ids(queued.claim()) == []


def test_bytes_limit_what_is_claimed_but_one_is_always_given(queued):
    assert ids(queued.claim(10, max_bytes=1)) == [1]


def test_messages_that_are_gone_or_large_are_claimed_all_the_same(queued, store, message):
    large = message(raw=b"MSH|" + b"x" * 300_000)
    store.put(large)
    queued.queue(99, 7, 5)
    answer = queued.claim()
    assert ids(answer) == [1, 2, 3, 4, 5, 6, 7]
    assert [len(c.raw) for c in answer.deliveries][4:6] == [0, len(large.raw)]
    assert answer.deliveries[6].raw


@pytest.mark.parametrize("state", ["held", "rejected"])
def test_nothing_overtakes_what_cannot_be_sent(queued, store, state):
    store.sql("UPDATE deliveries SET state = ? WHERE id = 2", state)
    assert ids(queued.claim()) == [1]
    answer = queued.claim()
    assert (ids(answer), answer.head_id, answer.head_state) == ([], 2, state)
    assert ids(queued.claim(keeps_order=False)) == [3, 4]


def test_nothing_overtakes_what_is_put_off(queued, store):
    store.sql("UPDATE deliveries SET retry_at_us = 500, state = 'unknown' WHERE id = 1")
    answer = queued.claim(now=499)
    assert (ids(answer), answer.retry_at_us) == ([], 500)
    assert ids(queued.claim(2, now=499, keeps_order=False)) == [2, 3]
    assert ids(queued.claim(now=499, keeps_order=False, after_id=3)) == [4]
    assert queued.claim(now=499, keeps_order=False).retry_at_us == 500
    first = queued.claim(now=500).deliveries[0]
    assert (first.id, first.state) == (1, "unknown")


def test_several_queues_are_served_by_one_call(queued):
    queued.queue(5, 6, to="RIS")
    wishes = [ClaimWish("RIS", 1, 1 << 20), ClaimWish("NONE", 5, 9), ClaimWish("PACS", 3, 1 << 20)]
    answers = queued.call(queues.keep, QueueWork(wishes=wishes), 100).claims
    assert [ids(answer) for answer in answers] == [[5], [], [1, 2, 3]]


def test_bytes_that_were_made_after_a_cut_off_try_are_kept_for_the_next(queued):
    queued.claim(1)
    queued.call(deliveries.mark_interrupted, 50)
    queued.claim(1)
    queued.call(queues.settle, [ended(1, "unknown", is_due=True, sent=b"MSH|made")])
    assert queued.claim(1).deliveries[0].sent == b"MSH|made"


def test_a_repeat_gets_what_a_recipe_made_there_the_first_time(queued, store):
    made = [(1, DeliveryWanted("RIS", recipe_id=7)), (1, DeliveryWanted("PACS", recipe_id=7))]
    queued.call(queues.enqueue, made, 10)  # 5 and 6
    for number, there, sent in ((5, "RIS", b"MSH|there"), (6, "PACS", b"MSH|here")):
        queued.call(queues.settle, [ended(number, destination=there, sent=sent)])
    for wanted in (made[1][1], DeliveryWanted("PACS", recipe_id=8), DeliveryWanted("PACS")):
        queued.call(queues.enqueue, [(1, wanted)], 10, repeat_of=(6,))  # 7 to 9
    claimed = queued.claim().deliveries
    assert [c.id for c in claimed] == [1, 2, 3, 4, 7, 8, 9]
    assert [(c.sent, c.sent_earlier) for c in claimed] == [(b"", b"")] * 4 + [
        (b"", b"MSH|here"), (b"", b""), (b"", b"")
    ]  # fmt: skip
    # One that was cut off before its bytes were kept gets them too, and then has its own.
    queued.call(deliveries.mark_interrupted, 50)
    repeat = next(c for c in queued.claim().deliveries if c.id == 7)
    assert (repeat.attempt_count, repeat.sent_earlier) == (1, b"MSH|here")
    queued.call(queues.settle, [ended(7, "unknown", is_due=True, sent=b"MSH|of today")])
    store.sql("UPDATE deliveries SET is_due = 0 WHERE id <> 7")
    (repeat,) = queued.claim().deliveries
    assert (repeat.sent, repeat.sent_earlier) == (b"MSH|of today", b"")


def test_ends_are_written_down_in_one_go(queued, store):
    queued.claim()
    work = QueueWork(
        settled=[
            ended(1),
            ended(2, "rejected", state="queued", is_due=True, retry_at_us=70, cause="AR 207"),
            ended(3, "unknown", is_due=True, unknown_count=3, stops_queue="It stops."),
        ],
        unclaimed=[Unclaimed(4, "queued")],
    )
    queued.call(queues.keep, work, 100)
    assert queued.rows() == [
        (1, "accepted", 0), (2, "queued", 1), (3, "unknown", 1), (4, "queued", 1),
    ]  # fmt: skip
    assert [a[:2] for a in queued.attempts()] == [(1, "accepted"), (2, "rejected"), (3, "unknown")]
    assert {a[3] for a in queued.attempts()} == {b"MSA\x00\xff"}
    state = queued.call(queue_changes.load_states)["PACS"]
    assert (state.is_stopped, state.stopped_by, state.text) == (True, 3, "It stops.")
    assert store.sql("SELECT attempt_count, retry_at_us FROM deliveries WHERE id = 2") == [(1, 70)]


def test_bytes_are_kept_before_they_are_sent_and_found_again(queued):
    queued.claim(2)
    rows = [Prepared(n, n, "PACS", 5, b"made %d" % n) for n in (1, 2)]
    made = queued.call(queues.keep, QueueWork(prepared=rows), 100).attempt_ids
    assert [(a[0], a[1], a[2]) for a in queued.attempts()] == [
        (1, "sending", b"made 1"), (2, "sending", b"made 2"),
    ]  # fmt: skip
    work = QueueWork(
        settled=[ended(1, "unknown", attempt_id=made[0], is_due=True)],
        unclaimed=[Unclaimed(2, "queued", made[1])],
    )
    queued.call(queues.keep, work, 100)
    assert [a[:3] for a in queued.attempts()] == [(1, "unknown", b"made 1")]
    assert [(c.id, c.sent) for c in queued.claim(2).deliveries] == [(1, b"made 1"), (2, b"")]


def test_what_a_crash_left_in_hand_is_unknown_and_due(queued):
    queued.claim(2)
    queued.call(queues.prepare, [Prepared(2, 2, "PACS", 5, b"made")])
    assert queued.call(deliveries.mark_interrupted, 200) == 2
    assert queued.rows()[:3] == [(1, "unknown", 1), (2, "unknown", 1), (3, "queued", 1)]
    assert [(a[0], a[1], a[2]) for a in queued.attempts()] == [
        (2, "unknown", b"made"), (1, "unknown", b""),
    ]  # fmt: skip
    again = queued.claim()
    assert [(c.id, c.state, c.sent) for c in again.deliveries][:2] == [
        (1, "unknown", b""), (2, "unknown", b"made"),
    ]  # fmt: skip
    assert [c.attempt_count for c in again.deliveries] == [1, 1, 0, 0]


def test_a_repeat_that_a_crash_cut_off_too_is_told_as_one(queued):
    for at_us in (200, 300):
        queued.claim(1)
        queued.call(deliveries.mark_interrupted, at_us)
    texts = [str(row[0]) for row in queued.store.sql("SELECT text FROM attempts ORDER BY id")]
    assert [text.startswith("A repeat") for text in texts] == [False, True]
    assert all(deliveries.INTERRUPTED_TEXT in text for text in texts)


def test_what_is_being_sent_is_left_alone(queued):
    queued.claim(1)
    for action in ("retry", "hold", "skip", "cancel"):
        assert queued.call(queue_changes.change_deliveries, action, (1,), 300).count == 0
    assert queued.call(queue_changes.reroute_deliveries, (1,), "RIS", 300).count == 0
    assert queued.rows()[0] == (1, "sending", 1)


def test_what_may_have_been_taken_stays_unknown_when_it_is_released(queued):
    queued.claim(1)
    queued.call(queues.settle, [ended(1, "unknown", state="held", is_due=True)])
    assert queued.call(queue_changes.count_queue, "PACS").held == 1
    queued.call(queue_changes.change_deliveries, "release", (1,), 300)
    assert queued.rows()[0] == (1, "unknown", 1)


def test_only_destinations_with_a_queue_get_back_what_was_over(queued):
    queued.claim(1)
    queued.call(queues.settle, [ended(1, "rejected")])
    change = queue_changes.change_deliveries
    assert queued.call(change, "retry", (1,), 300, destinations=("RIS",)).count == 0
    assert queued.call(queue_changes.count_queue, "PACS").failed == 1
    assert queued.call(change, "retry", (1,), 300, destinations=("PACS",)).count == 1
    assert queued.rows()[0] == (1, "queued", 1)


def test_counts_tell_the_head(queued):
    queued.queue(5, to="RIS")
    counts = queued.call(queue_changes.count_queues)
    assert (counts["PACS"].due, counts["PACS"].head_id, counts["PACS"].head_at_us) == (4, 1, 10)
    assert counts["RIS"].due == 1
    queued.call(queue_changes.rename_queue, "RIS", "NEW")
    assert queued.call(queue_changes.count_queue, "NEW").due == 1


def test_whatever_is_due_protects_its_message(queued, store):
    states = ("queued", "unknown", "rejected", "held")
    for n, state in enumerate(states, start=1):
        store.sql("UPDATE deliveries SET state = ? WHERE id = ?", state, n)
    store.index_all()
    rules = RetentionSettings(max_messages=1)
    report = retention.run(store.writer, rules, now_us=10**15, user="tester")
    assert report.deleted == 1
    assert store.sql("SELECT id FROM messages ORDER BY id") == [(1,), (2,), (3,), (4,), (6,)]
