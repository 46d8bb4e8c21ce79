from __future__ import annotations

import pytest

from hl7console.store import queue_reader
from hl7console.store.queue_parts import Part, Which

COLUMNS = (
    "message_id", "destination", "state", "is_due", "created_at_us", "changed_at_us", "cause",
    "is_handled", "text",
)  # fmt: skip


def put(store, *rows: dict[str, object]) -> None:
    """Write deliveries; what a row does not say is that of one that waits."""
    usual = {
        "message_id": 1, "destination": "PACS", "state": "queued", "is_due": 1,
        "created_at_us": 5, "changed_at_us": 5, "cause": "", "is_handled": 0, "text": "",
    }  # fmt: skip
    marks = ", ".join("?" * len(COLUMNS))
    values = [[(usual | row)[name] for name in COLUMNS] for row in rows]
    sql = f"INSERT INTO deliveries ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608
    store.writer.call(lambda database: database.executemany(sql, values), label="test").result(10)


def refused(**values: object) -> dict[str, object]:
    return {"state": "rejected", "is_due": 0, "cause": "AE 101 PID-3", **values}


def ids(rows) -> list[int]:
    return [row.id for row in rows]


@pytest.fixture
def reader(store, message):
    store.put(message())
    return store.reader()


def test_a_row_tells_of_delivery_and_message(store, reader):
    put(store, {"text": "Waits."}, {"message_id": 99})
    first, orphan = queue_reader.queue_page(reader, Part("PACS"))
    assert (first.delivery.state, first.delivery.is_due, first.delivery.text) == (
        "queued", True, "Waits.",
    )  # fmt: skip
    assert (first.message_type, first.event, first.interface) == ("ORM", "O01", "RIS-in")
    assert first.patient_id == "4711"
    assert first.size_bytes > 0
    assert (orphan.delivery.message_id, orphan.message_type) == (99, "")
    assert "4711" not in repr(first)


def test_pages_follow_each_other_in_both_directions(store, reader):
    put(store, *({"destination": ("PACS", "RIS")[n % 2]} for n in range(20)))
    page, part = queue_reader.queue_page, Part("PACS")
    first = page(reader, part, limit=4)
    assert ids(first) == [1, 3, 5, 7]
    assert ids(page(reader, part, beyond_id=7, limit=4)) == [9, 11, 13, 15]
    assert ids(page(reader, part, beyond_id=8, limit=2)) == [9, 11]
    assert ids(page(reader, part, beyond_id=9, limit=2, backwards=True)) == [
        5,
        7,
    ]
    assert ids(page(reader, part, limit=3, backwards=True)) == [15, 17, 19]
    assert ids(page(reader, part, beyond_id=3, skip=2, limit=2)) == [9, 11]
    assert queue_reader.position(reader, part, 9) == 4
    assert queue_reader.part_count(reader, part) == 10


def test_what_is_over_begins_with_the_latest(store, reader):
    put(store, {}, *({"state": "accepted", "is_due": 0} for _ in range(5)), refused())
    page, part = queue_reader.queue_page, Part("PACS", Which.OVER)
    assert ids(page(reader, part, limit=3)) == [7, 6, 5]
    assert ids(page(reader, part, beyond_id=5)) == [4, 3, 2]
    assert ids(page(reader, part, beyond_id=3, limit=2, backwards=True)) == [
        5,
        4,
    ]
    assert queue_reader.position(reader, part, 5) == 2
    assert ids(page(reader, Part("", Which.ALL))) == [1, 2, 3, 4, 5, 6, 7]
    assert ids(page(reader, Part(which=Which.ALL, state="queued"))) == [1]


def test_the_error_list_is_grouped_by_destination_and_cause(store, reader):
    put(
        store,
        refused(changed_at_us=10),
        refused(changed_at_us=30, text="The latest."),
        refused(cause="AR 200 MSH-9", changed_at_us=20),
        refused(destination="RIS", changed_at_us=40),
        refused(is_handled=1),
        {"state": "rejected"},  # stops its queue: still due
        {"state": "unknown", "is_due": 0, "cause": "", "changed_at_us": 50},
    )
    groups = queue_reader.error_groups(reader)
    assert [(g.destination, g.cause, g.count, g.sample_id) for g in groups] == [
        ("PACS", "", 1, 7), ("RIS", "AE 101 PID-3", 1, 4), ("PACS", "AE 101 PID-3", 2, 2),
        ("PACS", "AR 200 MSH-9", 1, 3),
    ]  # fmt: skip
    latest = groups[2]
    assert (latest.first_at_us, latest.last_at_us, latest.text) == (10, 30, "The latest.")
    part = Part("PACS", Which.FAILED, cause="AE 101 PID-3")
    assert ids(queue_reader.queue_page(reader, part)) == [2, 1]
    assert queue_reader.delivery_ids(reader, part, 10) == [1, 2]
    assert queue_reader.message_ids(reader, part, 10) == [1]
    assert ids(queue_reader.queue_page(reader, Part(which=Which.FAILED))) == [7, 4, 3, 2, 1]
    counts = queue_reader.counts(reader)
    assert (counts["PACS"].due, counts["PACS"].failed) == (1, 4)
    assert (counts["RIS"].due, counts["RIS"].failed) == (0, 1)


def test_a_delivery_has_its_attempts(store, reader):
    put(store, {}, {})
    store.sql(
        "INSERT INTO attempts (delivery_id, message_id, destination, started_at_us, finished_at_us,"
        " state, ack_code, text, sent, reply)"
        " VALUES (2, 1, 'PACS', 1, 2, 'rejected', 'AE', 'Refused.', x'', x'4d53')"
    )
    details = queue_reader.delivery(reader, 2)
    assert details.row.id == 2
    assert [(a.state, a.reply) for a in details.attempts] == [("rejected", b"MS")]
    assert queue_reader.delivery(reader, 3) is None


@pytest.mark.parametrize(
    "part",
    [
        Part("PACS"),
        Part("PACS", Which.OVER),
        Part("PACS", Which.FAILED, cause="AE"),
    ],
)
def test_a_page_is_read_off_an_index_in_its_order(store, reader, part):
    """Nothing is sorted, and no row is looked at that is not in the page."""
    condition, values = part.condition()
    sql = f"SELECT d.id FROM {part.source} WHERE {condition} ORDER BY d.id DESC"  # noqa: S608
    plan = reader.database().all(f"EXPLAIN QUERY PLAN {sql}", values)
    told = " ".join(str(row[-1]) for row in plan)
    assert "INDEX deliveries_" in told
    assert "B-TREE" not in told
    assert "SCAN" not in told
