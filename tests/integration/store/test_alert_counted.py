"""Duplicates and matches of a filter, on a real database."""

from __future__ import annotations

import pytest
from alert_kinds_kit import START_US, Watch, put
from measures_store_kit import measured, measuring, turn

from hl7console.hl7v2.filters import parse
from hl7console.settings.alerts import AlertKind, AlertRule

START_S = START_US // 1_000_000


def matching(expression: str = "status:error", **values: object) -> AlertRule:
    return AlertRule("Odd", AlertKind.FILTER, filter=expression, **values)  # type: ignore[arg-type]


def counts(found) -> dict[tuple[str, str], int]:
    return {one.key: int(one.text.split()[0].replace(",", "")) for one in found}


# A filter.


def test_that_matches_are_counted_within_the_span(store, message) -> None:
    watch = Watch(store, matching(limit=3, span_s=600))
    put(store, message, "E1", "E2", second=100, status="error")
    put(store, message, "K1", second=100)
    assert watch.look(101) == []

    last = put(store, message, "E3", second=300, status="error")[0]
    (found,) = watch.look(301)
    assert found.key == ("listener", "RIS-in")
    assert (found.sample_control_id, found.sample_message_id) == ("E3", last)
    assert "3 messages of RIS-in within 10 min match the filter" in found.text

    assert counts(watch.look(690)) == {("listener", "RIS-in"): 3}
    assert watch.look(730) == []  # the first two are longer ago than the span


def test_that_its_filter_shows_the_messages(store, message) -> None:
    watch = Watch(store, matching("status:error or status:rejected", span_s=60))
    put(store, message, "OLD", second=-500, status="error")
    wanted = put(store, message, "E1", "E2", second=5, status="error")
    put(store, message, "E3", second=5, status="error", interface="LAB-in")
    found = watch.look(6)
    assert [one.subject for one in found] == ["LAB-in", "RIS-in"]
    assert list(store.reader().ids(parse(found[1].filter))) == wanted


def test_that_a_filter_on_the_content_waits_for_the_index(store, message) -> None:
    watch = Watch(store, matching("PID-3.1=SECRET4711"))
    put(store, message, "E1")
    store.index_all()
    (found,) = watch.look(1)
    assert found.sample_control_id == "E1"
    assert "SECRET" not in found.text  # what the rule says of itself may be in `filter`
    store.hold_index()
    put(store, message, "E2", second=2)
    assert counts(watch.look(3)) == {("listener", "RIS-in"): 1}


def test_that_a_filter_on_the_content_does_not_wait_for_an_index_far_behind(
    store, message, monkeypatch
) -> None:
    monkeypatch.setattr("hl7console.engine.alerts.kinds.counted.MOST_UNINDEXED", 3)
    monkeypatch.setattr("hl7console.engine.alerts.kinds.counted.MOST_READ", 5)
    store.hold_index()
    watch = Watch(store, matching("PID-3.1=SECRET4711"))
    put(store, message, *[f"E{number}" for number in range(10)])
    assert [sum(counts(watch.look(second)).values()) for second in range(3)] == [5, 7, 7]
    put(store, message, "E10")
    assert counts(watch.look(3)) == {("listener", "RIS-in"): 8}


def test_that_a_look_at_the_past_counts_nothing_that_came_later(store, message) -> None:
    last = put(store, message, "E1", second=1)[0]
    put(store, message, "E2", "E3", second=1)
    store.index_all()
    for expression in ("PID-3.1=SECRET4711", "type:ORM"):
        watch = Watch(store, matching(expression))
        watch.sources.watched.last_id = lambda: last
        assert counts(watch.look(2)) == {("listener", "RIS-in"): 1}


def test_that_matches_are_not_counted_twice_nor_lost(store, message) -> None:
    watch = Watch(store, matching(span_s=3600))
    for number in range(20):
        put(store, message, f"E{number}", second=number, status="error")
        assert counts(watch.look(number)) == {("listener", "RIS-in"): number + 1}
    assert counts(watch.look(25)) == {("listener", "RIS-in"): 20}


def test_that_the_span_goes_on_over_a_restart_and_older_messages_are_no_news(
    store, message
) -> None:
    put(store, message, "OLD1", "OLD2", second=-3000, status="error")
    put(store, message, "E1", "E2", second=0, status="error")
    watch = Watch(store, matching(limit=2))
    before = watch.look(10)
    assert counts(before) == {("listener", "RIS-in"): 2}
    watch.restart()
    assert watch.look(10) == before
    watch.restart()
    assert watch.look(700) == []


def test_that_a_clock_that_jumps_keeps_no_match_forever(store, message) -> None:
    watch = Watch(store, matching())
    put(store, message, "E1", second=100_000, status="error")
    assert watch.look(100_001)
    assert watch.look(0) == []
    assert watch.look(200_000) == []


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ((), {("listener", "LAB-in"): 1, ("listener", "RIS-in"): 2, ("engine", ""): 1}),
        (("RIS*",), {("listener", "RIS-in"): 2}),
        (("lab|hosp",), {("listener", "LAB-in"): 1}),
        (("MR*",), {}),
    ],
)
def test_which_subjects_matches_are_about(store, message, subjects, expected) -> None:
    watch = Watch(store, matching(subjects=subjects))
    put(store, message, "E1", "E2", status="error")
    put(store, message, "E3", status="error", interface="LAB-in", sender_of="LAB|HOSP")
    put(store, message, "E4", status="error", interface="old.hl7", sender_of="X|Y",
        origin="imported")  # fmt: skip
    assert counts(watch.look(1)) == expected


def test_that_a_filter_that_finds_many_is_counted_exactly(store, message) -> None:
    watch = Watch(store, matching("type:ORM", span_s=60))
    put(store, message, *[f"M{number}" for number in range(3_000)], second=10)
    assert counts(watch.look(20)) == {("listener", "RIS-in"): 3_000}


# Duplicates.


def twice(store, message, count: int, second: float = 10.0, **columns: object) -> list[int]:
    """Store a message, and the same again some times."""
    columns = {"dedup_key": 77, "content_hash": b"x" * 32, **columns}
    return [put(store, message, "D1", second=second, **columns)[0] for _ in range(count + 1)]


@pytest.mark.parametrize(("count", "is_found"), [(2, False), (3, True)])
def test_that_duplicates_are_found_from_the_limit_on(store, message, count, is_found) -> None:
    last = twice(store, message, count)[-1]
    with measuring(store) as measures:
        turn(measures, START_S + 20)
    with measured(store) as reader:
        rule = AlertRule("Twice", AlertKind.DUPLICATES, limit=3, span_s=600)
        watch = Watch(store, rule, measures=reader)
        found = watch.look(25)
        assert bool(found) is is_found
        if is_found:
            assert found[0].key == ("listener", "RIS-in")
            assert (found[0].sample_control_id, found[0].sample_message_id) == ("D1", last)
            assert "3 messages of RIS-in within 10 min" in found[0].text
            assert len(store.reader().ids(parse(found[0].filter))) == 3
        assert watch.look(1_000) == []


def test_that_duplicates_of_a_sender_are_found_where_the_rule_names_it(store, message) -> None:
    twice(store, message, 5)
    with measuring(store) as measures:
        turn(measures, START_S + 20)
    with measured(store) as reader:
        rule = AlertRule("Twice", AlertKind.DUPLICATES, subjects=("RIS|*",))
        (found,) = Watch(store, rule, measures=reader).look(25)
    assert found.key == ("sender", "RIS|HOSP")
    assert "the sender RIS at HOSP" in found.text
    assert found.sample_control_id == "D1"
