"""The resource groups of an appointment message."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from mapping_kit import context

from hl7console.worklist.rules.appointment_resources import bookings

MSH = "MSH|^~\\&|RIS|HOSP|C|RAD|20261103080000||SIU^S12|M1|P|2.3.1"
SCH = "SCH|AP1^RIS|||||CTH|||30|min|^^30^20261104090000^20261104093000"
T9, T10, T11 = (("20261104", f"{hour}0000") for hour in ("09", "10", "11"))


def booked(*segments, event="S12", text="", sch=SCH):
    told = context(text, sch, *segments, msh=MSH)
    return bookings(told, told.view, told.view.first("SCH"), event)


def start(booking):
    columns = booking.columns
    return columns.get("start_date", ("",))[0], columns.get("start_time", ("",))[0]


def test_without_groups_there_is_one_and_its_time_is_the_appointment_s():
    (only,) = booked()
    assert (only.place, start(only)) == (1, T9)


@pytest.mark.parametrize(
    ("heads", "places"),
    [
        (("RGS|1", "RGS|2"), [1, 2]),
        (("RGS|2", "RGS|1"), [2, 1]),
        (("RGS|1", "RGS|1"), [1, 2]),
        (("RGS|", "RGS|x"), [1, 2]),
        (("RGS|0", "RGS|5"), [1, 2]),
    ],
)
def test_groups_go_by_their_numbers_where_those_tell_them_apart(heads, places):
    assert [b.place for b in booked(*heads)] == places


def test_resources_before_any_group_are_of_the_first():
    found = booked("AIS|1||CTH", "RGS|1|A", "AIS|1||CTA")
    assert [(b.services, b.action) for b in found] == [(["CTH"], ""), (["CTA"], "A")]


@pytest.mark.parametrize(
    ("segments", "event", "time"),
    [
        (("AIS|1||CTH|20261104100000", "AIG|1||CT1|||||20261104110000"), "S12", T10),
        (("AIS|1||CTH", "AIG|1||CT1|||||20261104110000"), "S12", T11),
        (("AIS|1|D|CTH|20261104100000", "AIG|1|D|CT1|||||20261104110000"), "S12", T9),
        (("TQ1|1||||||20261104110000",), "S12", T11),
        (("AIS|1||CTH|soon",), "S12", T9),
        (("AIS|1||CTH|20261104100000",), "S14", ("", "")),
        (("AIG|1||CT1",), "S18", ("", "")),
        (("AIG|1||CT1|||||20261104110000",), "S18", T11),
    ],
)
def test_the_start_is_the_service_s_then_the_machine_s_then_the_appointment_s(
    segments, event, time
):
    (only,) = booked("RGS|1", *segments, event=event)
    assert start(only) == time


def test_no_time_anywhere_is_none():
    (only,) = booked("RGS|1", sch="SCH|AP1^RIS")
    assert start(only) == ("", "")


def test_resources_are_read_and_of_several_the_first_counts():
    (only,) = booked(
        "RGS|1", "AIS|1||CTH^CT head||||30|min", "AIS|2||CTA||||40|min", "AIG|1||CT1",
        "AIG|2||^CT2",
        "AIL|1||^ROOM THAT HAS A LONG NAME", "AIL|2||R2", "AIP|1||7^MILLER^ANN", "AIP|2||8^FOX^BO",
        "AIP|3",
    )  # fmt: skip
    assert only.services == ["CTH", "CTA"]
    assert only.machines == ["CT1", "CT2"]
    value = {column: told[0] for column, told in only.columns.items()}
    assert (value["duration"], value["machine"]) == ("30", "CT1")
    assert value["room"] == "ROOM THAT HAS A LONG NAME"
    assert value["sps_location"] == "ROOM THAT HAS A "
    assert value["performer"].startswith("MILLER^ANN")
    assert only.columns["room"][1] == "AIL-3"


def test_what_is_taken_away_is_told_with_its_name():
    (only,) = booked(
        "RGS|1|U", "AIS|1|D|CTH||||30|min", "AIG|1|D|CT1", "AIL|1|D|^R1", "AIP|1|D|7^MILLER^ANN",
    )  # fmt: skip
    assert only.services_gone == ["CTH"]
    assert [(column, name.split("^")[0]) for column, name, _ in only.gone] == [
        ("machine", "CT1"), ("room", "R1"), ("performer", "MILLER"),
    ]  # fmt: skip
    assert {"machine", "room", "performer", "duration"}.isdisjoint(only.columns)


def test_the_profile_gives_machine_and_room_their_stations():
    text = '[[station]]\nresource = "R1"\naet = ["CT9"]\nname = "Room one"\n'
    (by_room,) = booked("RGS|1", "AIL|1||^R1", text=text)
    assert by_room.columns["station_aet"] == (["CT9"], "AIL-3")
    (by_machine,) = booked("RGS|1", "AIG|1||R1", text=text)
    assert by_machine.columns["station_aet"] == (["CT9"], "AIG-3")
    (neither,) = booked("RGS|1", "AIL|1||^R7", text=text)
    assert "station_aet" not in neither.columns
