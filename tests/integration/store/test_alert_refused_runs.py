"""Runs of refusals, on a real database."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alert_kinds_kit import START_US, Watch, put

from hl7console.engine.alerts.watch import AlertWatch
from hl7console.hl7v2.filters import parse
from hl7console.settings import ListenerSettings
from hl7console.settings.alerts import AlertBook, AlertKind, AlertRule
from hl7console.store.alert_records import AlertRecord

REJECTED = {"status": "rejected", "ack_code": "AR"}


def rule(**values: object) -> AlertRule:
    return AlertRule("Refused", AlertKind.REFUSED_RUN, limit=3, **values)  # type: ignore[arg-type]


def test_that_a_run_begins_at_its_limit_and_ends_with_an_accepted_message(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "OK1")
    first, _ = put(store, message, "BAD1", "BAD2", second=5, **REJECTED)
    assert watch.look(6) == []

    put(store, message, "BAD3", second=7, status="error", ack_code="AE")
    (found,) = watch.look(8)
    assert (found.scope, found.subject, found.sample_control_id) == ("listener", "RIS-in", "BAD1")
    assert found.sample_message_id == first
    assert found.since_us == START_US + 5_000_000
    assert "last 3 messages of RIS-in" in found.text

    put(store, message, "BAD4", second=9, **REJECTED)
    assert "last 4 messages" in watch.look(10)[0].text

    put(store, message, "OK2", second=11)
    put(store, message, "BAD5", "BAD6", second=12, **REJECTED)
    assert watch.look(13) == []


def test_that_its_filter_shows_the_run(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "OLD", second=-100, **REJECTED)
    put(store, message, "OK1")
    wanted = put(store, message, "B1", "B2", "B3", second=5, interface='We "\\" say', **REJECTED)
    (found,) = watch.look(9)
    assert list(store.reader().ids(parse(found.filter))) == wanted


def test_that_listeners_are_apart_and_others_interleave(store, message) -> None:
    watch = Watch(store, rule())
    for number in range(3):
        put(store, message, f"B{number}", **REJECTED)
        put(store, message, f"K{number}", interface="LAB-in")
    assert [found.subject for found in watch.look(1)] == ["RIS-in"]


@pytest.mark.parametrize(
    ("subjects", "expected"),
    [
        ((), [("listener", "LAB-in"), ("listener", "RIS-in")]),
        (("ris-*",), [("listener", "RIS-in")]),
        (("RIS|HOSP",), [("sender", "RIS|HOSP")]),
        (("*",), [("listener", "LAB-in"), ("listener", "RIS-in"), ("sender", "LAB|HOSP"),
                  ("sender", "RIS|HOSP")]),
        (("MR*",), []),
    ],
)  # fmt: skip
def test_which_subjects_a_rule_is_about(store, message, subjects, expected) -> None:
    watch = Watch(store, rule(subjects=subjects))
    put(store, message, "A1", "A2", "A3", **REJECTED)
    put(store, message, "C1", "C2", "C3", interface="LAB-in", sender_of="LAB|HOSP", **REJECTED)
    assert [found.key for found in watch.look(1)] == expected


def test_that_a_run_goes_on_over_a_restart(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "OK1")
    put(store, message, "B1", "B2", "B3", **REJECTED)
    before = watch.look(1)
    watch.restart()
    assert watch.look(2) == before
    watch.restart()
    assert watch.look(8 * 86_400) == []  # nobody is told of what was long ago


def test_that_messages_are_not_counted_twice(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "B1", "B2", **REJECTED)
    for second in range(5):
        assert watch.look(second) == []


def test_that_other_origins_don_t_count(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "B1", "B2", "B3", origin="imported", **REJECTED)
    assert watch.look(1) == []


def test_that_a_listener_that_is_gone_has_no_run(store, message) -> None:
    there = [ListenerSettings("RIS-in"), ListenerSettings("LAB-in")]
    watch = Watch(store, rule(), listeners=lambda: tuple(there))
    put(store, message, "B1", "B2", "B3", **REJECTED)
    assert watch.look(1)
    del there[0]
    assert watch.look(2) == []


def attempt(store, number: int, state: str, destination: str = "PACS") -> None:
    store.sql(
        "INSERT OR REPLACE INTO attempts (id, delivery_id, message_id, destination, started_at_us,"
        " finished_at_us, state) VALUES (?, 1, 1, ?, ?, ?, ?)",
        number, destination, START_US, START_US, state,
    )  # fmt: skip


def test_a_destination_that_refuses(store, message) -> None:
    put(store, message, "SENT1")
    watch = Watch(store, rule())
    attempt(store, 1, "rejected")
    attempt(store, 2, "sending")
    attempt(store, 3, "rejected")
    assert watch.look(1) == []
    attempt(store, 2, "rejected")
    (found,) = watch.look(2)
    assert found.key == ("destination", "PACS")
    assert found.sample_control_id == "SENT1"
    attempt(store, 4, "unknown")
    assert watch.look(3) == [found]  # no answer says neither
    attempt(store, 5, "accepted")
    assert watch.look(4) == []


def test_that_nothing_of_a_patient_is_told(store, message) -> None:
    watch = Watch(store, rule())
    put(store, message, "B1", "B2", "B3", patient_name="SECRETNAME", **REJECTED)
    assert "SECRET" not in repr(watch.look(1))


def test_that_an_open_alert_goes_on_over_a_restart_and_is_told_once(store, message) -> None:
    told: list[AlertRecord] = []

    def keep(records, notices, now_us) -> list[AlertRecord]:
        told.extend(records)
        return [replace(record, id=record.id or len(told)) for record in records]

    watch = Watch(store, rule())
    book = AlertBook((rule(recover_s=60),))
    first = AlertWatch(watch.sources, keep)
    put(store, message, "B1", "B2", "B3", **REJECTED)
    first.step(START_US + 10_000_000, book)
    (opened,), _ = first.open_alerts()

    second = AlertWatch(watch.sources, keep, [opened])
    for at_s in range(1_000, 1_200, 2):
        second.step(START_US + at_s * 1_000_000, book)
    assert second.open_alerts()[0] == (opened,)
    assert len(told) == 1

    put(store, message, "OK", second=1_200)
    for at_s in range(1_200, 1_270, 2):
        second.step(START_US + at_s * 1_000_000, book)
    assert second.open_alerts() == ((), 0)
    assert [one.id for one in told[1:]] == [opened.id]
