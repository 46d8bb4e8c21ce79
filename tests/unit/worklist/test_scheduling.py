"""What an appointment does to steps, by the state of both."""

from __future__ import annotations

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.rows import APPOINTMENT, ORDER, STEP
from hl7console.worklist.scheduling import leave_steps, tell_steps
from hl7console.worklist.state import State
from hl7console.worklist.turn import Turn


class Desk:
    """An order of one step, and an appointment for it."""

    def __init__(self, state="UNSCHEDULED", **booking) -> None:
        self.turn = Turn(State(), MessageEntry(1, 1, b""))
        order = self.turn.create(ORDER, {"study_uid": "1.2"})
        self.step = self.turn.create(
            STEP, {"order": order.id, "study_uid": "1.2", "sps_id": "S1", "state": state}
        )
        values = {"status": "booked", "start_date": "20261104", "start_time": "090000"} | booking
        self.appointment = self.turn.create(
            APPOINTMENT, {"order": order.id} | values, dict.fromkeys(values, "SCH-11")
        )

    def tell(self, **changes):
        for column, value in changes.items():
            self.turn.set(self.appointment, column, value, "SCH-25")
        tell_steps(self.turn, self.appointment, [self.step])
        return self

    @property
    def flags(self):
        return self.step.list("flags")

    @property
    def notes(self):
        return [note.rule for note in self.turn.notes]


def test_a_booked_step_has_the_time_of_its_appointment_and_is_free_again_after():
    desk = Desk().tell()
    assert desk.step.text("start_time") == "090000"
    assert desk.step.number("booked") == desk.appointment.id
    leave_steps(desk.turn, desk.appointment, [desk.step])
    assert desk.step.number("booked") == 0
    assert not desk.appointment.list("steps")


@pytest.mark.parametrize(
    ("state", "time", "flag"),
    [
        ("STARTED", "100000", "moved_after_start"),
        ("CANCELED", "100000", "booked_after_cancel"),
        ("STARTED", "090000", ""),
        ("COMPLETED", "", ""),
    ],
)
def test_a_step_that_has_begun_or_is_over_keeps_its_time(state, time, flag):
    desk = Desk(state, start_time=time, start_date="20261104" if time else "")
    desk.turn.set(desk.step, "start_date", "20261104")
    desk.turn.set(desk.step, "start_time", "090000")
    desk.tell()
    assert desk.step.text("start_time") == "090000"
    assert desk.step.text("state") == state
    assert [f for f in desk.flags if f.endswith(("_start", "_cancel"))] == ([flag] if flag else [])


@pytest.mark.parametrize(
    ("state", "status", "flag"),
    [
        ("STARTED", "cancelled", "cancelled_after_start"),
        ("CANCELED", "cancelled", ""),
        ("UNSCHEDULED", "deleted", "appointment_deleted"),
        ("UNSCHEDULED", "noshow", "noshow"),
        ("STARTED", "noshow", ""),
    ],
)
def test_the_end_of_an_appointment_is_flagged_by_what_the_step_does(state, status, flag):
    desk = Desk(state)
    desk.tell(status=status)
    known = {"cancelled_after_start", "appointment_deleted", "noshow"}
    assert [f for f in desk.flags if f in known] == ([flag] if flag else [])


def test_an_appointment_may_cancel_its_steps():
    desk = Desk().tell()
    desk.tell(status="cancelled", cancels_steps=1)
    assert (desk.step.text("state"), desk.step.number("booked")) == ("CANCELED", 0)
    desk.tell(status="booked")
    assert desk.step.number("booked") == desk.appointment.id


def test_what_waits_or_has_no_time_is_noted():
    assert "appointment_waits" in Desk(status="waitlist").tell().notes
    desk = Desk(start_date="", start_time="").tell()
    assert "appointment_time_missing" in desk.notes
    assert desk.step.number("booked") == 0


@pytest.mark.parametrize(("time", "told"), [("090000", False), ("110000", True)])
def test_what_an_operator_set_stays(time, told):
    desk = Desk()
    desk.turn.set(desk.step, "locked", ["start_time", "performer"])
    desk.turn.set(desk.step, "start_time", time)
    desk.turn.set(desk.step, "performer", "MILLER^ANN")
    desk.tell()
    assert desk.step.text("start_time") == time
    assert desk.step.text("performer") == "MILLER^ANN"
    assert ("locked" in desk.notes) is told


def test_a_station_closes_an_open_step_until_it_is_taken_away():
    desk = Desk(station_aet=["CT1"])
    desk.turn.set(desk.step, "open", 1)
    desk.tell()
    assert (desk.step.list("station_aet"), desk.step.number("open")) == (["CT1"], 0)
    desk.tell(station_aet="")
    assert not desk.step.list("station_aet")
    assert desk.step.number("open") == 1
