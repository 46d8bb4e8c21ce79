from __future__ import annotations

import base64
import random
from datetime import UTC, datetime, timedelta

import hl7
import pytest

from hl7console.engine.demo import stories
from hl7console.engine.demo.programme import Programme
from hl7console.engine.demo.register import FACILITY, SYSTEMS, catalogue
from hl7console.engine.demo.telling import Hospital, Shipment, StoryMaker
from hl7console.hl7v2.findings import Severity
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.validation import check

START = datetime(2026, 3, 29, 14, 7, 30, tzinfo=UTC)


def chance(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311 - invented data


def play(maker: StoryMaker, answers: dict[str, str] | None = None, seed: int = 7):
    """Return the shipments of one story, each answered AA unless `answers` says otherwise."""
    story = maker(Hospital(chance(seed), 1), START)
    told = [next(story)]
    while True:
        try:
            told.append(story.send((answers or {}).get(told[-1].message_type, "AA")))
        except StopIteration:
            return told


def parsed(shipment: Shipment) -> hl7.Message:
    return hl7.parse(shipment.raw.decode(shipment.system.codec))


def field(shipment: Shipment, path: str) -> str:
    return parsed(shipment)[path]


@pytest.mark.parametrize("maker", [maker for _, maker in stories.STORIES])
@pytest.mark.parametrize("seed", range(5))
def test_every_message_is_whole_and_declares_its_character_set(maker, seed):
    for shipment in play(maker, seed=seed):
        message = parsed(shipment)
        assert str(message) == shipment.raw.decode(shipment.system.codec)
        assert shipment.raw.endswith(b"\r")
        assert message["MSH.F3"] == shipment.system.application
        assert message["MSH.F4"] == FACILITY
        assert message["MSH.F10"] == shipment.control_id
        assert len(shipment.control_id) <= 20
        assert message["MSH.F12"] == shipment.system.version
        assert message["MSH.F18"] == shipment.system.charset
        assert hl7.parse_datetime(message["MSH.F7"]) is not None


@pytest.mark.parametrize("maker", [maker for _, maker in stories.STORIES])
def test_messages_are_dated_when_they_are_due(maker):
    told = play(maker)
    assert [s.due for s in told] == sorted(s.due for s in told)
    for shipment in told:
        if "bytes again" not in shipment.caption:
            assert field(shipment, "MSH.F7") == shipment.due.strftime("%Y%m%d%H%M%S%z")


def test_the_stat_ct_goes_from_registration_to_final_report_within_40_seconds():
    told = play(stories.stat_ct)
    assert [s.message_type for s in told] == [
        "ADT^A04", "ORM^O01", "ORM^O01", "ORM^O01", "ORU^R01", "ADT^A06", "ORU^R01",
    ]  # fmt: skip
    assert (told[-1].due - START) < timedelta(seconds=40)
    orders = [s for s in told if s.message_type == "ORM^O01"]
    assert [(field(s, "ORC.F1"), field(s, "ORC.F5")) for s in orders] == [
        ("NW", "SC"), ("SC", "IP"), ("SC", "CM"),
    ]  # fmt: skip
    assert field(orders[0], "ORC.F7.R1.C6") == "S"
    assert field(orders[0], "OBR.F4.R1.C2") == "CT HEAD W/O CONTRAST"
    reports = [s for s in told if s.message_type == "ORU^R01"]
    assert [field(s, "OBR.F25") for s in reports] == ["P", "F"]
    keys = {
        (field(s, "PID.F3.R1.C1"), field(s, "OBR.F18"), field(s, "ORC.F3"))
        for s in orders + reports
    }
    assert len(keys) == 1
    uid = field(orders[0], "ZDS.F1.R1.C1")
    assert field(reports[1], "OBX.F5.R1.C2") == uid
    assert uid.startswith("2.25.")
    assert len(uid) <= 64


def test_the_rescheduled_study_carries_ipc_and_moves_order_and_appointment_alike():
    told = play(stories.rescheduled)
    assert [s.message_type for s in told] == ["OMI^O23", "SIU^S12", "SIU^S13", "OMI^O23"]
    assert field(told[0], "IPC.F3.R1.C1") == field(told[3], "IPC.F3.R1.C1")
    assert field(told[0], "TQ1.F7") == field(told[1], "SCH.F11.R1.C4") == field(told[1], "AIS.F4")
    assert field(told[3], "TQ1.F7") == field(told[2], "SCH.F11.R1.C4")
    assert field(told[0], "TQ1.F7") < field(told[3], "TQ1.F7")
    assert (field(told[3], "ORC.F1"), field(told[3], "ORC.F5")) == ("XO", "SC")
    assert field(told[1], "SCH.F26.R1.C1") == field(told[0], "ORC.F2.R1.C1")


def test_the_cancelled_study_cancels_order_and_appointment():
    told = play(stories.cancelled)
    assert [s.message_type for s in told] == ["ORM^O01", "SIU^S12", "ORM^O01", "SIU^S15"]
    assert (field(told[2], "ORC.F1"), field(told[2], "ORC.F5")) == ("CA", "CA")
    assert field(told[0], "OBR.F18") == field(told[2], "OBR.F18")
    assert field(told[1], "SCH.F2") == field(told[3], "SCH.F2")


def test_the_merge_names_both_numbers_with_the_same_authority():
    told = play(stories.merged)
    merge = next(s for s in told if s.message_type == "ADT^A40")
    assert field(merge, "MRG.F1.R1.C1") == field(told[0], "PID.F3.R1.C1")
    assert field(merge, "MRG.F1.R1.C1") != field(merge, "PID.F3.R1.C1")
    assert field(merge, "MRG.F1.R1.C4") == field(merge, "PID.F3.R1.C4")
    assert field(told[-1], "PID.F3.R1.C1") == field(merge, "PID.F3.R1.C1")
    assert field(told[-1], "OBR.F18") == field(told[1], "OBR.F18")


def test_the_duplicate_is_the_same_bytes():
    told = play(stories.duplicate)
    assert told[0].raw == told[1].raw
    assert told[0].due < told[1].due
    assert field(told[2], "ORC.F2") != field(told[0], "ORC.F2")
    assert field(told[3], "ORC.F1") == "OC"


def test_the_refused_message_is_corrected_only_when_it_was_refused():
    told = play(stories.refused, {"ADT^A99": "AR", "": "AE"})
    assert [s.message_type for s in told] == ["ADT^A99", "ADT^A08", "", "ORM^O01"]
    assert [s.message_type for s in play(stories.refused)] == ["ADT^A99", ""]


def test_the_faulty_message_lacks_its_patient_number():
    told = play(stories.faulty)
    assert field(told[0], "PID.F3") == ""
    assert field(told[0], "PID.F7") == "19870231"
    assert field(told[1], "PID.F3.R1.C1")


def test_the_letter_holds_a_pdf():
    letter = play(stories.letter)[-1]
    pdf = base64.b64decode(field(letter, "OBX2.F5.R1.C5"))
    assert pdf.startswith(b"%PDF-1.4")
    assert pdf.endswith(b"%%EOF\n")
    start = int(pdf.split(b"startxref\n")[1].split(b"\n")[0])
    assert pdf[start:].startswith(b"xref")
    assert b"Dear colleague,\\.br\\we report" in letter.raw
    assert b"day 2 \\F\\ CRP" in letter.raw


class Played:
    """Plays a programme by its own times, each answer in at once."""

    def __init__(self, seconds: float, seed: int = 3) -> None:
        programme = Programme(Hospital(chance(seed), 5), START)
        self.told: list[Shipment] = []
        now = START
        while (now := max(now, programme.next_due())) < START + timedelta(seconds=seconds):
            for token, shipment in programme.take_due(now):
                self.told.append(shipment)
                programme.answered(token, "AR" if "A99" in shipment.message_type else "AA")

    def between(self, first_s: float, last_s: float) -> list[Shipment]:
        return [s for s in self.told if first_s <= (s.due - START).total_seconds() < last_s]


@pytest.mark.parametrize("seed", range(4))
def test_the_list_fills_at_once_and_then_flows_on(seed):
    played = Played(300, seed)
    assert len(played.between(0, 1)) >= 3
    assert 15 <= len(played.between(0, 5)) <= 35
    for start in range(60, 300, 60):
        assert 2 <= len(played.between(start, start + 60)) / 60 <= 5


def test_a_programme_has_every_kind_of_message_and_no_number_twice():
    played = Played(240)
    kinds = {s.message_type.partition("^")[0] for s in played.told}
    assert kinds >= {"ADT", "ORM", "OMI", "ORU", "SIU", "MDM"}
    assert {s.system.key for s in played.told} == set(SYSTEMS)
    resent = [s for s in played.told if "bytes again" in s.caption]
    assert len({s.control_id for s in played.told}) == len(played.told) - len(resent)
    assert len({s.raw for s in played.told}) == len(played.told) - len(resent)


@pytest.mark.parametrize("jump_s", [-7200, -40, 40, 8 * 3600])
def test_a_jump_of_the_clock_neither_floods_nor_stops_the_hospital(jump_s):
    programme = Programme(Hospital(chance(1), 5), START)
    for second in range(90):
        for token, _ in programme.take_due(START + timedelta(seconds=second)):
            programme.answered(token, "AA")
    jumped = START + timedelta(seconds=90 + jump_s)
    at_once = programme.take_due(jumped)
    assert len(at_once) < 60
    for token, _ in at_once:
        programme.answered(token, "AA")
    later = []
    for second in range(1, 31):
        due = programme.take_due(jumped + timedelta(seconds=second))
        later += due
        for token, _ in due:
            programme.answered(token, "AA")
    assert 20 <= len(later) <= 240


def test_only_the_stories_about_faults_have_faults():
    faulty = {stories.REFUSED, stories.FAULTY}
    for shipment in Played(240).told:
        found = [f for f in check(Message.parse(shipment.raw)) if f.severity != Severity.INFO]
        if shipment.story not in faulty:
            assert found == [], shipment.message_type
        elif shipment.message_type in ("", "ADT^A99") or "without PID-3" in shipment.caption:
            assert found


def test_the_same_seed_plays_the_same_hospital():
    assert [s.raw for s in Played(30).told] == [s.raw for s in Played(30).told]


def test_names_go_out_in_the_letters_that_the_system_has():
    mihon = next(p for p in catalogue().people if p.name.latin_given == "Taro")
    assert mihon.name.xpn(SYSTEMS["registration"]) == "Mihon^Tarō^^^^^L^A~見本^太郎^^^^^L^I"
    assert mihon.name.xpn(SYSTEMS["radiology"]) == "Mihon^Taro^^^^^L"
    for person in catalogue().people:
        for system in SYSTEMS.values():
            person.name.xpn(system).encode(system.codec)


def test_record_numbers_are_unique():
    numbers = [p.mrn for p in catalogue().people]
    assert len(numbers) == len(set(numbers)) > 50


def test_patient_data_stay_out_of_reprs():
    shipment = play(stories.stat_ct)[0]
    person = catalogue().people[0]
    assert "PID" not in repr(shipment)
    assert person.name.family not in repr(person)
