from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hl7console.engine.repair_commands import Dates
from hl7console.engine.resending.editing import EditWish, moment_of, moved, now_like
from hl7console.hl7v2.message import Message

ORDER = (
    b"MSH|^~\\&|RIS|N|PACS|N|20260105093012+0100||ORM^O01^ORM_O01|A1|P|2.5.1\r"
    b"PID|1||77001^^^NORTH^MR||M\xc4RZ^TESS||19680412|F\r"
    b"ORC|NW|P1|||SC||1^^^20260105100000^^R||20260105\r"
)


def test_dates_move_together_and_birth_dates_stay():
    message = moved(Message.parse(ORDER), 86_400)
    assert message.raw == (
        ORDER.replace(b"20260105093012", b"20260106093012")
        .replace(b"20260105100000", b"20260106100000")
        .replace(b"|20260105\r", b"|20260106\r")
    )


def test_nothing_to_move_changes_no_byte():
    assert moved(Message.parse(ORDER), 0).raw == ORDER


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("20260105093012+0100", datetime(2026, 1, 5, 8, 30, 12, tzinfo=UTC)),
        ("20260105093012.25-0530", datetime(2026, 1, 5, 15, 0, 12, tzinfo=UTC)),
        ("20260105+0000", datetime(2026, 1, 5, tzinfo=UTC)),
    ],
)
def test_a_moment_with_a_zone(value, expected):
    assert moment_of(value) == expected


@pytest.mark.parametrize("value", ["", "2026", "202613", "next week", "20260230", "20260105250000"])
def test_what_is_no_moment(value):
    assert moment_of(value) is None


def test_a_moment_without_a_zone_is_local():
    assert moment_of("20260105093012") == datetime(2026, 1, 5, 9, 30, 12).astimezone()


def test_the_present_is_written_with_a_zone_where_there_was_one():
    for example, has_zone in (("20260105093012+0100", True), ("20260105", False), ("", False)):
        written = now_like(example)
        assert ("+" in written or "-" in written) == has_zone
        moment = moment_of(written)
        assert moment is not None
        assert abs(datetime.now(UTC) - moment) < timedelta(minutes=1)


def test_whether_anything_is_wished():
    assert not EditWish(recipe=" \n").is_any
    assert EditWish(new_control_ids=True).is_any
    assert EditWish(dates=Dates.SHIFT).is_any
    assert EditWish(recipe="x").is_any
