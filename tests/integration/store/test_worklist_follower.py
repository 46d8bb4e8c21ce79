"""Following the journal: order, watermark, faults, rebuilds, damaged files."""

from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import pytest
from worklist_store_kit import (
    apply,
    follow,
    follower,
    order,
    put_input,
    reading,
    received,
    traffic,
)

from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError
from hl7console.store.records import Origin, Status
from hl7console.store.worklist import saving
from hl7console.store.worklist.follower import discard_if_damaged, look
from hl7console.store.worklist.needed import needed_by_worklist
from hl7console.store.worklist.rebuild import compare, rebuild_worklist
from hl7console.store.worklist.records import LineQuery
from hl7console.worklist.rows import ORDER, STEP
from hl7console.worklist.rules import messages


@pytest.fixture(autouse=True)
def small_rules(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(messages._RULES, "ORM", apply)


def put(store, *raws: bytes, start: int = 0) -> None:
    store.put(*[received(raw, start + n) for n, raw in enumerate(raws)])


def test_messages_become_lines_and_the_watermark_follows(store):
    put(store, order(1), order(2, priority="S"))
    with follower(store) as made:
        assert made.run_to_end() == 2
        assert made.is_at_end()
        assert (made.status.message_id, made.status.behind) == (2, 0)
    with reading(store) as reader:
        first, second = reader.lines()
    assert (first.priority, first.accession, first.patient_name) == ("STAT", "A2", "MARLOWE^TESS")
    assert (second.start_date, second.start_time, second.modality) == ("20260105", "093000", "CT")
    assert second.is_open


def test_a_later_follower_goes_on_where_the_earlier_one_was(store):
    put(store, order(1))
    follow(store)
    put(store, order(1, "XO", text="CT neck"), order(2), start=5)
    with follower(store) as made:
        assert made.run_to_end() == 2
    with reading(store) as reader:
        assert {line.procedure for line in reader.lines()} == {"CT neck", "CT head"}


@pytest.mark.parametrize("origin", [o for o in Origin if o != Origin.RECEIVED])
def test_only_received_messages_count(store, origin):
    store.put(received(order(1), origin=origin), received(order(2)))
    follow(store)
    with reading(store) as reader:
        assert [line.accession for line in reader.lines()] == ["A2"]


def test_a_duplicate_and_what_the_sender_was_refused_have_no_effect(store):
    twice = received(order(1), dedup_key=7)
    store.put(twice, dataclasses.replace(twice))
    store.put(received(order(2), status=Status.ERROR), received(order(3), status=Status.REJECTED))
    follow(store)
    with reading(store) as reader:
        assert [line.accession for line in reader.lines()] == ["A1"]
        assert [n.rule for n in reader.effect(2).notes] == ["duplicate"]
        assert [(e.entry, e.is_refused) for e in reader.problems()] == [(4, True), (3, True)]


def test_a_fault_in_a_rule_is_an_error_and_holds_up_nothing(store):
    put(store, order(1, "BUG"), order(2))
    follow(store)
    with reading(store) as reader:
        assert [line.accession for line in reader.lines()] == ["A2"]
        assert [note.rule for note in reader.problems()[0].notes] == ["fault"]


def test_inputs_stand_behind_the_messages_that_were_stored_before_them(store):
    put(store, order(1), order(2))
    put_input(store, "unheard_of", {"a": 1})
    put_input(store, "unheard_of", {"a": 2})
    put(store, order(3), start=5)
    put_input(store, "unheard_of", {"a": 3})
    follow(store)
    with follower(store) as made:
        numbers = made._database.all("SELECT number FROM entries ORDER BY position")
    assert [n for (n,) in numbers] == [1, 2, -1, -2, 3, -3]


def test_what_a_follower_sees_late_stands_in_the_same_order(store):
    rest = traffic(60)
    numbers = []
    choice = random.Random(3)  # noqa: S311
    with follower(store) as made:
        while rest:
            put(store, *[rest.pop() for _ in range(min(choice.randint(1, 7), len(rest)))])
            for _ in range(choice.randint(0, 3)):
                put_input(store, "unheard_of", {})
            for _ in range(choice.randint(0, 2)):
                made.step(choice.randint(1, 9))
        made.run_to_end()
        numbers = made._database.all("SELECT number, position FROM entries ORDER BY position")
        with follower(store, store.path.with_name("again.db")) as again:
            while again.step(5):
                pass
            assert (
                again._database.all("SELECT number, position FROM entries ORDER BY position")
                == numbers
            )
    first, second = store.path.with_name("worklist.db"), store.path.with_name("again.db")
    assert compare(first, second, store.key) == []


@pytest.mark.parametrize("seed", range(4))
def test_a_rebuild_equals_what_was_followed_live(store, seed, monkeypatch):
    choice = random.Random(seed)  # noqa: S311
    most = choice.choice([5, 50, 10_000])
    monkeypatch.setattr("hl7console.store.worklist.follower.MOST_ROWS", most)
    rest = traffic(250, seed)
    while rest:
        put(store, *[rest.pop(0) for _ in range(min(choice.randint(1, 40), len(rest)))])
        with follower(store) as made:
            while made.step(choice.randint(1, 60)) and choice.random() < 0.8:
                pass
    follow(store)
    live = store.path.with_name("live.db")
    with follower(store) as made:
        made._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        live.write_bytes(made.path.read_bytes())
        told = []
        rebuild_worklist(made, on_progress=told.append)
        assert made.run_to_end() == 0
    assert told
    assert compare(live, store.path.with_name("worklist.db"), store.key) == []
    assert not store.path.with_name("worklist.rebuild.db").exists()


def test_compare_tells_a_difference(store):
    put(store, order(1))
    follow(store)
    with follower(store, store.path.with_name("other.db")) as other:
        other.run_to_end()
        other._database.execute("UPDATE lines SET modality = 'XA'")
    first, second = store.path.with_name("worklist.db"), store.path.with_name("other.db")
    assert [text.partition(":")[0] for text in compare(first, second, store.key)] == ["lines"]


def test_a_batch_that_cannot_be_written_leaves_nothing_and_is_tried_again(store, monkeypatch):
    put(store, order(1))
    with follower(store) as made:
        made.run_to_end()
        put(store, order(1, "XO", text="CT neck"), start=9)
        with monkeypatch.context() as patch:

            def fail(*_):
                raise SqlError("disk I/O error")

            patch.setattr(saving, "save_meta", fail)
            with pytest.raises(ConsoleError):
                made.step()
        with reading(store) as reader:
            assert [line.procedure for line in reader.lines()] == ["CT head"]
            assert reader.watermark().message_id == 1
        made.run_to_end()
        with reading(store) as reader:
            assert [line.procedure for line in reader.lines()] == ["CT neck"]


@pytest.mark.parametrize("damage", ["garbage", "empty", "cut", "other key", "other format"])
def test_a_worklist_that_cannot_be_used_is_made_again(store, damage):
    put(store, order(1), order(2))
    made = follow(store)
    path: Path = made.path
    if damage == "garbage":
        path.write_bytes(b"\x5a" * 9000)
    elif damage == "empty":
        path.write_bytes(b"")
    elif damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "other key":
        path.unlink()
        Database(path, b"k" * 32).utils.table("x").create({"id": int})
    else:
        database = Database(path, store.key)
        database.execute("UPDATE meta SET value = 'older' WHERE name = 'format'")
        database.close()
    with reading(store) as reader:
        with follower(store) as again:
            assert again.run_to_end() == 2
            assert bool(again.status.notice) == (damage != "empty")
        assert len(reader.lines()) == 2


def test_two_followers_do_not_get_in_each_others_way(store):
    for n in range(1, 9):
        put(store, order(n), order(n, "XO", text="CT neck"), start=2 * n)
    with follower(store) as one, follower(store) as other:
        while not (one.is_at_end() and other.is_at_end()):
            one.step(3)
            other.step(2)
    with reading(store) as reader:
        assert [line.procedure for line in reader.lines()] == ["CT neck"] * 8
        assert reader.watermark().position == 16


def test_a_page_that_is_damaged_later_is_found_and_the_file_made_again(store):
    put(store, *[order(n) for n in range(30)])
    path = follow(store).path
    assert not discard_if_damaged(store.path, store.key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = b"\x33" * (len(data) - len(data) // 2)
    path.write_bytes(data)
    assert discard_if_damaged(store.path, store.key)
    with follower(store) as made:
        assert made.run_to_end() == 30


def test_a_deleted_step_has_no_line_and_no_keys(store):
    put(store, order(1), order(1, "DE"))
    follow(store)
    with reading(store) as reader:
        assert reader.lines() == []
        assert reader.find("A1") == []
        assert reader.rows_found(ORDER, "placer", "P1", "NORTH") == []
        assert len(reader.why_row(STEP, 1)) == 2


def test_looking_tells_how_far_it_is_without_following(store):
    assert look(store.path, store.key).behind == 0
    put(store, order(1), order(2))
    assert look(store.path, store.key).behind == 2
    follow(store)
    put(store, order(3), start=7)
    seen = look(store.path, store.key)
    assert (seen.message_id, seen.behind) == (2, 1)


def test_what_the_worklist_stands_on_is_needed(store):
    put(store, order(1), order(1), order(2, "XO"), order(3, "ZZ"), order(4, "XO", patient="5"))
    store.put(received(order(9), origin=Origin.IMPORTED))
    assert set(needed_by_worklist(store.path, store.key, [1, 2])) == {1, 2}
    follow(store)
    put(store, order(5), start=9)
    # The second changed nothing; the third changed nothing, but the person's history names it.
    needed = needed_by_worklist(store.path, store.key, [1, 2, 3, 4, 5, 6, 7])
    assert set(needed) == {1, 3, 5, 7}


def test_messages_deleted_by_retention_do_not_stop_it(store):
    put(store, order(1), order(2))
    follow(store)
    store.writer.call(
        lambda database: database.execute("DELETE FROM messages WHERE id = 2"), label="test"
    ).result(10)
    with follower(store) as made:
        assert made.is_at_end()
        assert made.step() == 0
        put(store, order(3), start=4)
        assert made.run_to_end() == 1
    with reading(store) as reader:
        assert len(reader.lines(LineQuery(modalities=("CT",)))) == 3
