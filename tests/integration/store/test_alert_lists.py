"""Lists of alerts in the database: order, pages, what narrows them, figures by rule."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path

import pytest

from hl7console.store import alert_lists
from hl7console.store.alert_lists import AlertList
from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import Database
from hl7console.store.migrations import migrate
from hl7console.store.reader import StoreReader

SECOND = 1_000_000
BASE = AlertRecord(
    0, "Down", "connection", "warning", "destination", "PACS", 100 * SECOND, "It is down.",
    100 * SECOND,
)  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = Database(tmp_path / "console.db", None)
    migrate(made)
    yield made
    made.close()


@pytest.fixture
def reader(database, tmp_path: Path) -> Iterator[StoreReader]:
    made = StoreReader(tmp_path / "console.db", None)
    yield made
    made.close()


def put(database: Database, *alerts: AlertRecord) -> None:
    names = [column.name for column in fields(AlertRecord)]
    sql = f"INSERT INTO alerts ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
    with database.transaction():
        database.executemany(sql, [[getattr(one, name) for name in names] for one in alerts])


def alert(number: int, **changes: object) -> AlertRecord:
    return replace(BASE, id=number, **changes)  # type: ignore[arg-type]


def ids(reader: StoreReader, wanted: AlertList, **span: int) -> list[int]:
    return [one.id for one in alert_lists.alert_page(reader, wanted, **span)]


def test_open_ones_come_worst_first_then_newest(database, reader):
    put(
        database,
        alert(1, severity="info"),
        alert(2, onset_at_us=50 * SECOND),
        alert(3, onset_at_us=70 * SECOND),
        alert(4, severity="critical"),
        alert(5, ended_at_us=200 * SECOND),
    )
    assert ids(reader, AlertList()) == [4, 3, 2, 1]
    assert ids(reader, AlertList(), skip=1, limit=2) == [3, 2]
    assert alert_lists.alert_count(reader, AlertList()) == 4
    assert [alert_lists.alert_place(reader, AlertList(), n) for n in (4, 1, 5)] == [0, 3, -1]
    assert alert_lists.alert_by_id(reader, 5) == alert(5, ended_at_us=200 * SECOND)
    assert alert_lists.alert_by_id(reader, 9) is None


def test_past_ones_come_by_their_end(database, reader):
    put(database, *(alert(n, ended_at_us=(1000 - n) * SECOND) for n in range(1, 6)), alert(9))
    past = AlertList(is_open=False)
    assert ids(reader, past) == [1, 2, 3, 4, 5]
    assert alert_lists.alert_place(reader, past, 4) == 3


def test_lists_are_narrowed_by_all_that_is_said(database, reader):
    put(
        database,
        alert(1, severity="critical", subject="A_1", note="told Anna"),
        alert(2, subject="AX1", rule="Quiet"),
        alert(3, subject="", scope="engine", rule="Disk", text="100% full"),
    )
    assert ids(reader, AlertList(severities=("critical", "info"))) == [1]
    assert ids(reader, AlertList(subjects=("",))) == [3]
    assert set(ids(reader, AlertList(rules=("Quiet", "Disk")))) == {2, 3}
    assert ids(reader, AlertList(text="a_1 anna")) == [1]
    assert ids(reader, AlertList(text="100%")) == [3]
    assert ids(reader, AlertList(text="anna", rules=("Disk",))) == []


def test_names_are_those_of_all_alerts_and_are_added_to(database, reader):
    put(database, alert(1, subject="A"), alert(2, subject="B", rule="Quiet", ended_at_us=1))
    first = alert_lists.alert_names(reader)
    assert (set(first.subjects), set(first.rules)) == ({"A", "B"}, {"Down", "Quiet"})
    put(database, alert(3, subject="C"))
    again = alert_lists.alert_names(reader, first)
    assert set(again.subjects) == {"A", "B", "C"}
    assert again.last_id == 3


def test_figures_count_what_began_since_a_time(database, reader):
    put(
        database,
        alert(1, ended_at_us=160 * SECOND, acknowledged_at_us=1),
        alert(2, ended_at_us=220 * SECOND, severity="critical"),
        alert(3),
        alert(4, rule="Quiet", kind="silence", onset_at_us=10 * SECOND, ended_at_us=20 * SECOND),
    )
    down, quiet = alert_lists.figures_by_rule(reader, 0)
    assert (down.rule, down.count, down.open_count, down.acknowledged) == ("Down", 3, 1, 1)
    assert (down.severity, down.mean_s, down.longest_s) == ("critical", 90.0, 120.0)
    assert (quiet.rule, quiet.kind, quiet.mean_s, quiet.last_at_us) == (
        "Quiet", "silence", 10.0, 10 * SECOND,
    )  # fmt: skip
    assert [one.rule for one in alert_lists.figures_by_rule(reader, 50 * SECOND)] == ["Down"]


def test_notices_are_those_about_the_alert(database, reader):
    put(database, alert(1), alert(11))
    with database.transaction():
        database.executemany(
            "INSERT INTO alert_notices (alert_ids, channel, what, created_at_us)"
            " VALUES (?, ?, ?, 5)",
            [("[1]", "Mail", "onset"), ("[11]", "Mail", "onset"), ("[11, 1]", "Pager", "group")],
        )
    found = alert_lists.notices_of(reader, 1)
    assert [(one.channel, one.what, one.state) for one in found] == [
        ("Mail", "onset", "due"), ("Pager", "group", "due"),
    ]  # fmt: skip
