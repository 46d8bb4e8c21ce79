"""Control ids and times out of order, on a real database."""

from __future__ import annotations

import pytest
from alert_kinds_kit import START_US, Watch, put

from hl7console.hl7v2.filters import parse
from hl7console.settings.alerts import AlertKind, AlertRule


def rule(**values: object) -> AlertRule:
    return AlertRule("Order", AlertKind.SEQUENCE, **values)  # type: ignore[arg-type]


def counted(first: int, last: int, prefix: str = "R") -> list[str]:
    return [f"{prefix}{number:06d}" for number in range(first, last + 1)]


def test_that_a_gap_stands_for_the_span_of_the_rule(store, message) -> None:
    watch = Watch(store, rule(span_s=60))
    assert watch.look(0) == []
    put(store, message, *counted(1, 10), second=1)
    assert watch.look(2) == []
    wanted = put(store, message, "R000014", second=5)
    (found,) = watch.look(6)
    assert found.key == ("sender", "RIS|HOSP")
    assert (found.sample_control_id, found.sample_message_id) == ("R000014", wanted[0])
    assert found.since_us == START_US + 5_000_000
    assert found.text == (
        "Of the sender RIS at HOSP on RIS-in, 3 numbers are missing between control IDs."
    )
    assert wanted[0] in store.reader().ids(parse(found.filter))
    assert watch.look(64) == [found]
    assert watch.look(65) == []


def test_that_it_is_told_once_more_when_it_happens_again(store, message) -> None:
    watch = Watch(store, rule(span_s=60))
    watch.look(0)
    put(store, message, *counted(1, 10), "R000012", second=1)
    put(store, message, *counted(13, 20), "R000022", second=50)
    assert "2 numbers are missing" in watch.look(100)[0].text


def test_that_nothing_before_the_first_look_is_told(store, message) -> None:
    put(store, message, *counted(1, 10), "R000020", "R000003")
    watch = Watch(store, rule())
    assert watch.look(1) == []
    put(store, message, *counted(21, 30), second=2)
    assert watch.look(3) == []
    watch.restart()
    assert watch.look(4) == []


def test_that_a_control_id_out_of_order_and_odd_times_are_found(store, message) -> None:
    watch = Watch(store, rule())
    watch.look(0)
    put(store, message, *counted(1, 10), time="20260101000000", second=1)
    put(store, message, "R000005", time="20251231235000", second=2)
    put(store, message, "X1", time="20270101000000", second=3)
    (found,) = watch.look(4)
    for part in (
        "1 control ID was lower than the one before",
        "1 message time was earlier than the one before",
        "1 message time lies in the future",
    ):
        assert part in found.text


def test_that_senders_and_listeners_are_apart(store, message) -> None:
    watch = Watch(store, rule())
    watch.look(0)
    for number in range(1, 12):
        put(store, message, f"R{number}", second=1)
        put(store, message, f"R{500 - number}", second=1, sender_of="LAB|HOSP")
        put(store, message, f"R{number * 3}", second=1, interface="LAB-in")
    assert watch.look(2) == []


def test_that_duplicates_and_other_origins_are_left_out(store, message) -> None:
    watch = Watch(store, rule())
    watch.look(0)
    put(store, message, *counted(1, 10), second=1)
    again = {"dedup_key": 9, "content_hash": b"y" * 32}
    put(store, message, "R000011", second=2, **again)
    put(store, message, *counted(12, 15), second=2)
    put(store, message, "R000011", second=3, **again)
    put(store, message, "R000002", second=3, origin="imported")
    assert watch.look(4) == []


@pytest.mark.parametrize(
    ("subjects", "is_found"),
    [((), True), (("ris*",), True), (("RIS-in",), True), (("RIS|HOSP",), True), (("LAB*",), False)],
)
def test_which_senders_a_rule_is_about(store, message, subjects, is_found) -> None:
    watch = Watch(store, rule(subjects=subjects))
    watch.look(0)
    put(store, message, *counted(1, 10), "R000099", second=1)
    assert bool(watch.look(2)) is is_found


def test_that_a_sender_without_a_name_is_told_of_by_its_listener(store, message) -> None:
    watch = Watch(store, rule())
    watch.look(0)
    put(store, message, *counted(1, 10), "R000099", second=1, sender_of="|", sender="")
    (found,) = watch.look(2)
    assert found.key == ("listener", "RIS-in")
    assert found.text.startswith("Of what came on RIS-in,")


def test_that_a_clock_that_was_set_back_keeps_no_fault(store, message) -> None:
    watch = Watch(store, rule(span_s=60))
    watch.look(90_000)
    put(store, message, *counted(1, 10), "R000099", second=90_001)
    assert watch.look(90_002)
    assert watch.look(10)
    assert watch.look(71) == []


def test_that_what_came_in_one_burst_is_read_to_its_end(store, message, monkeypatch) -> None:
    monkeypatch.setattr("hl7console.engine.alerts.kinds.sequence.MOST_AT_ONCE", 7)
    monkeypatch.setattr("hl7console.engine.alerts.kinds.sequence.MOST_STEPS", 2)
    watch = Watch(store, rule())
    watch.look(0)
    put(store, message, *counted(1, 40), "R000099", second=1)
    assert watch.look(2) == []
    assert watch.look(3) == []
    assert watch.look(4)
