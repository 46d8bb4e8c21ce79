"""Orders without a result, appointments without an order and unknown codes, on real worklists."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from alert_kinds_kit import START_US, Watch
from worklist_store_kit import follow, put_input, reading

from hl7console.hl7v2.filters import parse
from hl7console.settings.alerts import AlertKind, AlertRule

HOUR = 3_600
BEGIN = 10 * HOUR
"""When the steps of `order` begin: 2026-01-01 10:00, in seconds after the start."""


def local(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, tz=UTC)


def header(type_: str, control_id: str, sender: str = "RIS|HOSP") -> str:
    return f"MSH|^~\\&|{sender}|PACS|HOSP|20260101080000||{type_}|{control_id}|P|2.5\r"


PID = "PID|1||SECRET4711^^^HOSP^MR||SECRETNAME^JANE||19700203|F\r"


def order(
    number: int | str = 1,
    control: str = "NW",
    *,
    start: str = "20260101100000",
    status: str = "SC",
    code: str = "CTH",
    sender: str = "RIS|HOSP",
    modality: str = "CT",
) -> str:
    return (
        f"{header('ORM^O01', f'O{number}{control}', sender)}{PID}"
        f"ORC|{control}|P{number}^RIS|F{number}^PACS||{status}||^^^{start}^^R\r"
        f"OBR|1|P{number}^RIS|F{number}^PACS|{code}^CT head^99RIS||||||||||||||SECRETACC{number}"
        f"|RP{number}|S{number}||||{modality}||||||||||||||||||||\r"
        f"ZDS|1.2.826.0.1.{number}^RIS^Application^DICOM\r"
    )


def result(number: int, status: str = "F") -> str:
    return (
        f"{header('ORU^R01', f'R{number}')}{PID}"
        f"OBR|1|P{number}^RIS|F{number}^PACS|CTH^CT head^99RIS|||||||||||||||||||||{status}\r"
        f"OBX|1|TX|RPT^Report||No fracture.||||||{status}\r"
    )


def appointment(number: int = 1, event: str = "S12", *, start: str = "20260101100000") -> str:
    return (
        f"{header(f'SIU^{event}', f'A{number}{event}')}"
        f"SCH|AP{number}^RIS|AF{number}^SCHED|||||ROUTINE^Routine||30|min|^^^{start}"
        f"||||||||||||||Booked|P{number}^RIS|F{number}^PACS\r{PID}"
        f"RGS|1\rAIS|1||CTH^CT head^99RIS|{start}|||30|min\rAIG|1||CT2\r"
    )


def play(store, message, *raws: str, second: float = 0.0, **columns: object) -> list[int]:
    """Store messages and let the worklist follow them."""
    at_us = START_US + int(second * 1_000_000)
    made = [message(raw, received_at_us=at_us, **columns) for raw in raws]
    ids = [outcome.message_id for outcome in store.put(*made)]
    follow(store)
    return ids


def look(store, kind: AlertKind, second: float, **values: object):
    """Return what a rule finds at a time."""
    rule = AlertRule("Rule", kind, **values)  # type: ignore[arg-type]
    with reading(store) as worklist:
        found = Watch(store, rule, worklist=worklist, local=local).look(second)
    assert "SECRET" not in repr(found)
    return found


def without_result(store, second: float, **values: object):
    return look(store, AlertKind.ORDER_WITHOUT_RESULT, second, **values)


def without_order(store, second: float, **values: object):
    return look(store, AlertKind.APPOINTMENT_WITHOUT_ORDER, second, **values)


# Orders without a result.


@pytest.mark.parametrize(
    ("second", "limit", "is_found"),
    [
        (BEGIN + 24 * HOUR - 1, 0, False),
        (BEGIN + 24 * HOUR, 0, True),
        (BEGIN + 2 * HOUR - 1, 2, False),
        (BEGIN + 2 * HOUR, 2, True),
        (0, 2, False),
        (BEGIN + 13 * 24 * HOUR, 0, True),
        (BEGIN + 15 * 24 * HOUR, 0, False),
    ],
)
def test_when_a_result_is_missed(store, message, second, limit, is_found) -> None:
    (id_,) = play(store, message, order())
    found = without_result(store, second, limit=limit)
    assert bool(found) is is_found
    if is_found:
        assert found[0].key == ("listener", "RIS-in")
        assert found[0].text.startswith("1 order has no result ")
        assert (found[0].sample_control_id, found[0].sample_message_id) == ("O1NW", id_)
        assert list(store.reader().ids(parse(found[0].filter))) == [id_]


@pytest.mark.parametrize(
    ("what", "messages", "count"),
    [
        ("nothing more", [], 1),
        ("a final result", [result(1)], 0),
        ("a preliminary result", [result(1, "P")], 0),
        ("a result that is only announced", [result(1, "S")], 1),
        ("the result of another order", [order(2, start="20260102100000"), result(2)], 1),
        ("a cancel", [order(1, "CA", status="CA")], 0),
        ("a stop", [order(1, "DC", status="DC")], 0),
        ("a hold", [order(1, "HD", status="HD")], 0),
        ("a hold and its release", [order(1, "HD", status="HD"), order(1, "RL")], 1),
        ("an exam that is complete", [order(1, "SC", status="CM")], 1),
        ("another order", [order(2)], 2),
        ("an order without a time", [order(2, start="")], 1),
        ("a no-show", [appointment(1), appointment(1, "S26")], 0),
        ("an appointment that was cancelled", [appointment(1), appointment(1, "S15")], 0),
        ("an incomplete order", [order(2, modality="")], 2),
    ],
)
def test_which_orders_miss_a_result(store, message, what, messages, count) -> None:
    play(store, message, order(), *messages)
    found = without_result(store, BEGIN + 30 * HOUR)
    assert sum(int(one.text.split()[0]) for one in found) == count, what


def test_which_listeners_orders_are_about(store, message) -> None:
    play(store, message, order(1))
    play(store, message, order(2), order(3), interface="LAB-in", sender="LAB|HOSP")
    second = BEGIN + 30 * HOUR
    assert [one.text[:8] for one in without_result(store, second)] == ["2 orders", "1 order "]
    assert [one.subject for one in without_result(store, second, subjects=("ris*",))] == ["RIS-in"]
    assert without_result(store, second, subjects=("X*",)) == []


def test_that_without_a_worklist_nothing_is_found(store) -> None:
    for kind in (
        AlertKind.ORDER_WITHOUT_RESULT,
        AlertKind.APPOINTMENT_WITHOUT_ORDER,
        AlertKind.UNMAPPED_CODE,
    ):
        assert look(store, kind, BEGIN) == []
        assert Watch(store, AlertRule("Rule", kind)).look(BEGIN) == []


# Appointments without an order.


@pytest.mark.parametrize(
    ("second", "limit", "is_found"),
    [
        (BEGIN - 24 * HOUR - 1, 0, False),
        (BEGIN - 24 * HOUR, 0, True),
        (BEGIN - 2 * HOUR - 1, 2, False),
        (BEGIN - 2 * HOUR, 2, True),
        (BEGIN, 0, True),
        (BEGIN + 1, 0, False),
    ],
)
def test_when_an_order_is_missed(store, message, second, limit, is_found) -> None:
    (id_,) = play(store, message, appointment())
    found = without_order(store, second, limit=limit)
    assert bool(found) is is_found
    if is_found:
        assert found[0].key == ("listener", "RIS-in")
        assert found[0].text.startswith("1 appointment begins within ")
        assert (found[0].sample_control_id, found[0].sample_message_id) == ("A1S12", id_)


@pytest.mark.parametrize(
    ("what", "messages", "count"),
    [
        ("nothing more", [], 1),
        ("its order", [order()], 0),
        ("an order of another", [order(2)], 1),
        ("its end", [appointment(1, "S15")], 0),
        ("its removal", [appointment(1, "S17")], 0),
        ("a no-show", [appointment(1, "S26")], 0),
        ("a move beyond the limit", [appointment(1, "S13", start="20260109100000")], 0),
        ("another appointment", [appointment(2)], 2),
    ],
)
def test_which_appointments_miss_an_order(store, message, what, messages, count) -> None:
    play(store, message, appointment(), *messages)
    found = without_order(store, BEGIN - HOUR)
    assert sum(int(one.text.split()[0]) for one in found) == count, what
    assert without_order(store, BEGIN - HOUR, subjects=("LAB*",)) == []


def test_that_an_order_made_of_the_appointment_is_none(store, message) -> None:
    text = 'base = "default"\n[options]\ncreate_from_siu = true\n'
    put_input(store, "profile", {"listener": "RIS-in", "name": "mine", "text": text})
    play(store, message, appointment())
    with reading(store) as worklist:
        assert worklist.counts().total == 1
    assert without_order(store, BEGIN - HOUR)
    play(store, message, order())
    assert without_order(store, BEGIN - HOUR) == []


def test_that_only_the_newest_appointments_are_looked_at(store, message, monkeypatch) -> None:
    play(store, message, appointment(1), *[appointment(n, start="20260301100000") for n in (2, 3)])
    assert without_order(store, BEGIN - HOUR)
    from hl7console.store.worklist import watching

    sql = watching._WITHOUT_ORDER.replace(str(watching.NEWEST_APPOINTMENTS), "2")
    monkeypatch.setattr(watching, "_WITHOUT_ORDER", sql)
    assert without_order(store, BEGIN - HOUR) == []


# Codes that the tables lack.


def unmapped(store, second: float, **values: object):
    return look(store, AlertKind.UNMAPPED_CODE, second, **values)


CODES = {"rows": [{"sender": "*", "code": "KNOWN", "local_code": "1", "local_meaning": "Known",
                   "local_system": "L", "modality": "CT"}],
         "replace": False, "source": "codes.csv"}  # fmt: skip


def test_that_a_code_is_told_until_the_table_has_it(store, message) -> None:
    put_input(store, "codes", CODES)
    play(store, message, order(1, code="KNOWN"), second=1)
    assert unmapped(store, 2) == []

    ids = play(store, message, order(2, code="NEW1"), order(3, code="NEW2"), second=10)
    (found,) = unmapped(store, 20)
    assert found.key == ("sender", "RIS|HOSP")
    assert found.text.startswith("The sender RIS at HOSP uses 2 procedure codes that the tables")
    assert "NEW1" in found.text
    assert found.sample_message_id in ids
    assert found.sample_control_id in ("O2NW", "O3NW")

    rows = [CODES["rows"][0] | {"code": code} for code in ("NEW1", "NEW2")]
    put_input(store, "codes", CODES | {"rows": rows}, second=30)
    follow(store)
    assert unmapped(store, 40) == []


def test_that_without_any_table_no_code_is_missing(store, message) -> None:
    play(store, message, order(2, code="NEW1"), second=10)
    with reading(store) as worklist:
        assert len(worklist.unmapped()) == 1
    assert unmapped(store, 20) == []


def test_that_a_code_is_told_for_the_span(store, message) -> None:
    put_input(store, "codes", CODES)
    play(store, message, order(2, code="NEW1"), second=10)
    assert unmapped(store, 10 + 86_400)
    assert unmapped(store, 11 + 86_400) == []
    assert unmapped(store, 10 + 600, span_s=600)
    assert unmapped(store, 11 + 600, span_s=600) == []
    assert unmapped(store, 11, subjects=("LAB*",)) == []
    assert unmapped(store, 11, subjects=("ris|*",))


def test_that_what_is_no_plain_code_is_not_told(store, message) -> None:
    put_input(store, "codes", CODES)
    play(store, message, order(2, code="SECRET NAME, JANE"), second=10)
    (found,) = unmapped(store, 20)
    assert found.text == ("The sender RIS at HOSP uses a procedure code that the tables lack.")
