from __future__ import annotations

from collections.abc import Iterator

import pytest

from hl7console.hl7v2.filters import parse
from hl7console.settings import RetentionSettings
from hl7console.store import audit, deliveries, interfaces, retention
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState

DAY_US = 24 * 3600 * 1_000_000
NOW_US = 1_767_225_600_000_000


@pytest.fixture(autouse=True)
def small_steps(monkeypatch) -> Iterator[None]:
    monkeypatch.setattr(retention, "STEP_MESSAGES", 7)
    monkeypatch.setattr(retention, "VACUUM_PAGES", 20)
    return


def fill(store, message, count: int, *, age_days: int = 100, size: int = 10) -> None:
    store.put(
        *(
            message(
                "MSH|^~\\&|RIS|H|P|H|1||ORM^O01|1|P|2.5\rPID|1||4711\rNTE|1||" + "x" * size,
                control_id=str(n),
                received_at_us=NOW_US - (age_days - n) * DAY_US,
            )
            for n in range(count)
        )
    )
    store.index_all()


def run(store, **rules):
    return retention.run(store.writer, RetentionSettings(**rules), now_us=NOW_US, user="tester")


def test_the_default_keeps_everything(store, message):
    fill(store, message, 10)
    report = run(store)
    assert report.deleted == 0
    assert store.reader().count() == 10
    assert store.sql("SELECT * FROM audit") == []


def test_by_age(store, message):
    fill(store, message, 50)
    plan = store.writer.call(
        lambda db: retention.plan(db, RetentionSettings(keep_days=80), NOW_US), label="plan"
    ).result(10)
    report = run(store, keep_days=80)
    assert (plan.messages, report.deleted) == (20, 20)
    made = store.reader()
    assert list(made.ids()) == list(range(21, 51))
    assert list(made.ids(parse("4711"))) == list(range(21, 51))
    assert list(made.ids(parse("control:5"))) == []
    assert store.put(message())[0].message_id == 51


def test_by_number(store, message):
    fill(store, message, 30)
    assert run(store, max_messages=12).deleted == 18
    assert list(store.reader().ids()) == list(range(19, 31))
    assert run(store, max_messages=12).deleted == 0


def test_by_size_gives_the_space_back(store, message):
    fill(store, message, 100, size=20_000)
    store.writer.checkpoint().result(10)
    before = store.path.stat().st_size
    report = run(store, max_database_bytes=1_000_000)
    after = store.path.stat().st_size
    assert before > 2_000_000
    assert after < 1_200_000
    assert report.freed_bytes >= before - after - 8192
    left = store.reader().ids()
    assert 0 < len(left) < 60
    assert left[-1] == 100
    assert store.sql("PRAGMA freelist_count") == [(0,)]


def test_open_deliveries_keep_their_messages(store, message):
    fill(store, message, 20)

    def send(db) -> None:
        _, attempt = deliveries.start_attempt(db, 3, "PACS", 1)
        deliveries.record_attempt(db, 4, "PACS", 1, AttemptOutcome(DeliveryState.ACCEPTED, 2))
        deliveries.record_attempt(db, 5, "PACS", 1, AttemptOutcome(DeliveryState.HELD, 2))
        assert attempt

    store.writer.call(send, label="send").result(10)
    plan = store.writer.call(
        lambda db: retention.plan(db, RetentionSettings(keep_days=1), NOW_US), label="plan"
    ).result(10)
    assert (plan.messages, plan.kept_open) == (18, 2)
    assert run(store, keep_days=1).deleted == 18
    assert list(store.reader().ids()) == [3, 5]
    assert store.sql("SELECT DISTINCT message_id FROM attempts ORDER BY 1") == [(3,), (5,)]
    assert store.sql("SELECT message_id FROM deliveries ORDER BY 1") == [(3,), (5,)]


def test_what_is_not_indexed_yet_is_kept(store, message):
    fill(store, message, 5)
    store.hold_index()
    store.put(message(received_at_us=1))
    assert run(store, keep_days=1).deleted == 5
    assert list(store.reader().ids()) == [6]


def test_every_run_is_audited_and_can_be_stopped(store, message):
    fill(store, message, 30)
    seen: list[int] = []
    report = retention.run(
        store.writer,
        RetentionSettings(keep_days=1),
        now_us=NOW_US,
        user="tester",
        should_stop=lambda: len(seen) == 2,
        on_progress=seen.append,
    )
    assert (report.deleted, report.is_stopped, seen) == (14, True, [7, 14])
    entry = store.writer.call(lambda db: audit.read(db)[0], label="x").result(10)
    assert (entry.action, entry.user) == ("retention run", "tester")
    assert "14" in entry.details
    assert "1 days" in entry.reason


def test_kinds_without_messages_are_removed(store, message):
    store.put(*(message(sender=f"S{n}|H", received_at_us=1) for n in range(10)))
    store.put(message(sender="NEW|H", received_at_us=NOW_US))
    store.index_all()
    made = store.reader()
    assert list(made.ids(parse("from:S3"))) == [4]
    run(store, keep_days=1)
    assert store.sql("SELECT count(*) FROM kinds") == [(1,)]
    told = store.put(message(sender="S3|H"), message(sender="NEW|H"))
    assert not any(outcome.error for outcome in told)
    assert list(made.ids(parse("from:S3"))) == [12]
    assert [row.sender for row in made.rows([11, 12, 13])] == ["NEW|H", "S3|H", "NEW|H"]


def test_the_number_of_a_kind_is_never_given_twice(store, message):
    """A reader remembers what each number stands for."""
    store.put(*(message(sender=f"S{n}|H", received_at_us=1) for n in range(5)))
    store.index_all()
    made = store.reader()
    assert list(made.ids(parse("from:S4"))) == [5]
    run(store, keep_days=1)
    store.put(message(sender="X|H", received_at_us=NOW_US))
    assert list(made.ids(parse("from:S4"))) == []
    assert list(made.ids(parse("from:X"))) == [6]


def test_the_rules_are_stored(store):
    rules = RetentionSettings(keep_days=3, max_messages=5)
    store.writer.call(lambda db: interfaces.save_retention(db, rules), label="x").result(10)
    assert store.writer.call(interfaces.load_retention, label="x").result(10) == rules


def test_the_warning_about_the_disk(tmp_path):
    assert retention.free_space_warning(tmp_path, RetentionSettings(warn_free_bytes=1)) == ""
    assert "left" in retention.free_space_warning(
        tmp_path, RetentionSettings(warn_free_bytes=2**62)
    )
    assert retention.free_space_warning(tmp_path / "none", RetentionSettings()) == ""
