"""The demo's stories on the worklist: where each line ends, and that *Why?* tells all of it."""

from __future__ import annotations

import os
import random
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from hl7console.engine.demo import setup, stories, worklist_stories
from hl7console.engine.demo.telling import Hospital, Shipment, Timeline
from hl7console.hl7v2.scan import scan
from hl7console.store.records import NewMessage, Status
from hl7console.store.worklist.follower import Follower
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.records import EntryEffect, StepDetails
from hl7console.store.writer import StoreWriter
from hl7console.worklist import wording
from hl7console.worklist.turn import Severity

START = datetime(2026, 3, 2, 9, 7, 30, tzinfo=UTC)
KEYS = (
    "message_type", "event", "structure", "control_id", "sender", "receiver", "version", "charset",
    "patient_id", "patient_authority", "patient_name", "accession", "placer_order", "filler_order",
)  # fmt: skip
HARD = worklist_stories
MAKERS = [maker for _, maker in (*stories.STORIES, *HARD.HARD_STORIES)]


@dataclass
class World:
    """All stories, played into a store whose worklist was followed."""

    reader: WorklistReader
    told: dict[str, list[tuple[int, Shipment]]] = field(default_factory=dict)
    """Message id and message, by story."""
    codes: dict[int, str] = field(default_factory=dict)

    def accessions(self, story: str) -> list[str]:
        """Return the accession numbers of a story, in the order in which they are named."""
        numbers = [
            scan(shipment.raw).accession
            for _, shipment in self.told[story]
            if b"OBR|" in shipment.raw
        ]
        if story == HARD.REPLACED:  # two orders in one message
            raw = self.told[story][-1][1].raw.decode("latin-1")
            numbers += [s.split("|")[18] for s in raw.split("\r") if s.startswith("OBR")]
        return list(dict.fromkeys(number for number in numbers if number))

    def lines(self, story: str) -> list[StepDetails]:
        """Return the lines of a story."""
        found = [n for number in self.accessions(story) for n in self.reader.find(number)]
        return [details for n in found if (details := self.reader.details(n)) is not None]

    def line(self, story: str, index: int = 0) -> StepDetails:
        return self.lines(story)[index]

    def chain(self, story: str, index: int = 0) -> list[EntryEffect]:
        """Return what *Why?* shows of a line."""
        return self.reader.why(self.line(story, index).step.id)

    def numbers(self, story: str) -> list[int]:
        """Return the ids of a story's messages, in order."""
        return [number for number, _ in self.told[story]]

    def effect(self, story: str, nth: int, index: int = 0) -> EntryEffect:
        """Return what *Why?* of a line shows of the story's nth message."""
        number = self.numbers(story)[nth]
        return next(e for e in self.chain(story, index) if e.entry == number)


def answer_to(shipment: Shipment) -> str:
    """Return what the console answers: as in tests of the engine."""
    return {"": "AE", "ADT^A99^ADT_A01": "AR"}.get(shipment.message_type, "AA")


def put(writer: StoreWriter, shipment: Shipment, code: str) -> int:
    found = scan(shipment.raw)
    values = {name: getattr(found, name) for name in KEYS}
    message = NewMessage(
        raw=shipment.raw,
        interface=setup.IMAGING_IN if shipment.system.over_tls else setup.HOSPITAL_IN,
        received_at_us=int(shipment.due.timestamp() * 1_000_000),
        status={"AA": Status.OK, "AE": Status.ERROR}.get(code, Status.REJECTED),
        ack_code=code,
        dedup_key=zlib.crc32(shipment.raw) + 1,
        **{**values, "charset": shipment.system.codec},
    )
    done, outcomes = threading.Event(), []
    writer.put(message, lambda outcome: (outcomes.append(outcome), done.set()))
    assert done.wait(20)
    return outcomes[0].message_id


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    path, key = Path(tmp_path_factory.mktemp("demo")) / "console.db", os.urandom(32)
    writer = StoreWriter(path, key, on_problem=lambda _: None)
    writer.start()
    reader = WorklistReader(path, key)
    made = World(reader)
    hospital = Hospital(random.Random(7), 1)  # noqa: S311 - invented people
    timeline = Timeline()
    for offset_s, maker in (*stories.STORIES, *HARD.HARD_STORIES):
        timeline.begin(maker(hospital, START + timedelta(seconds=offset_s)))
    while (due := timeline.next_due()) is not None:
        for token, shipment in timeline.take_due(due):
            code = answer_to(shipment)
            number = put(writer, shipment, code)
            made.told.setdefault(shipment.story, []).append((number, shipment))
            made.codes[number] = code
            timeline.answered(token, code)
    follower = Follower(path, key)
    try:
        follower.run_to_end()
        yield made
    finally:
        follower.close()
        reader.close()
        assert writer.stop(20)


ENDS = {
    stories.STAT_CT: [("COMPLETED", {"critical_result"})],
    stories.CANCELLED: [("CANCELED", set())],
    stories.DUPLICATE: [("SCHEDULED", set()), ("CANCELED", set())],
    stories.RESCHEDULED: [("SCHEDULED", set())],
    stories.MERGED: [("COMPLETED", set())],
    stories.FAULTY: [("SCHEDULED", {"created_by_update"})],
    HARD.CANCEL_FIRST: [("CANCELED", {"cancelled_before_new"}), ("SCHEDULED", set())],
    HARD.OUT_OF_ORDER: [("COMPLETED", set())],
    HARD.LATE_CHANGE: [("COMPLETED", set())],
    HARD.MERGED_IN_EXAM: [("COMPLETED", {"merged_during_exam"}), ("SCHEDULED", set())],
    HARD.MOVED_WHILE_STARTED: [("COMPLETED", {"moved_after_start"})],
    HARD.BOOKED_FIRST: [("SCHEDULED", set())],
    HARD.RESULT_FIRST: [("SCHEDULED", set())],
    HARD.REPLACED: [("CANCELED", {"replaced"}), ("SCHEDULED", set())],
    HARD.HELD: [("SCHEDULED", set())],
    HARD.TAKEN_ACCESSION: [("SCHEDULED", set())],
    HARD.NEW_STUDY_UID: [("SCHEDULED", {"study_uid_changed"})],
    HARD.NO_TIME: [("SCHEDULED", set())],
}
"""State and flags of each line of a story."""


@pytest.mark.parametrize("story", ENDS)
def test_each_line_ends_in_its_state_with_its_flags(world, story):
    ends = [
        (line.step.text("state"), {*line.step.list("flags"), *line.order.list("flags")})
        for line in world.lines(story)
    ]
    assert ends == ENDS[story]
    assert not any(line.missing for line in world.lines(story))


@pytest.mark.parametrize("story", ENDS)
def test_why_tells_of_every_message_of_the_story(world, story):
    chains = [effect for n in range(len(ENDS[story])) for effect in world.chain(story, n)]
    assert {effect.entry for effect in chains} >= set(world.numbers(story))


@pytest.mark.parametrize("story", ENDS)
def test_why_tells_of_nobody_elses_messages_and_in_order(world, story):
    for n in range(len(ENDS[story])):
        chain = world.chain(story, n)
        assert {effect.entry for effect in chain} <= set(world.numbers(story))
        assert [e.position for e in chain] == sorted({e.position for e in chain})


@pytest.mark.parametrize("story", ENDS)
def test_every_message_says_what_it_did_or_why_it_did_nothing(world, story):
    for n in range(len(ENDS[story])):
        assert all(effect.changes or effect.notes for effect in world.chain(story, n))


@pytest.mark.parametrize("story", ENDS)
def test_the_sentences_are_whole(world, story):
    told = []
    for n in range(len(ENDS[story])):
        for effect in world.chain(story, n):
            for note in effect.notes:
                told += [wording.sentence(note.rule, note.args), wording.ask(note.rule, note.args)]
                if note.severity == Severity.FLAG:
                    told.append(wording.flag_sentence(note.rule))
            told += [wording.flag_sentence(c.rule) for c in effect.changes if c.rule]
    assert told
    for text in filter(None, told):
        assert text.endswith((".", "?")), text
        assert text.count(" ") > 2, text
        for gap in ("(unknown)", "{", "}", "()", "''"):
            if text != wording.flag_sentence("class_unknown"):
                assert gap not in text, text


@pytest.mark.parametrize("story", ENDS)
def test_each_change_of_the_state_names_its_field_and_rule(world, story):
    for n in range(len(ENDS[story])):
        states = [c for e in world.chain(story, n) for c in e.changes if c.column == "state"]
        assert states[-1].new == ENDS[story][n][0]
        assert all(c.rule in wording.codes() for c in states)
        assert all(c.path or c.rule == "complete" for c in states)


def rules(effect: EntryEffect) -> set[str]:
    return {note.rule for note in effect.notes}


def test_the_cancel_that_came_first_waits_and_is_applied(world):
    cancel, order = (world.effect(HARD.CANCEL_FIRST, nth) for nth in (0, 1))
    assert rules(cancel) == {"cancel_before_new"}
    assert rules(order) >= {"cancelled_before_new", "held_message_applied"}
    text = " ".join(wording.sentence(note.rule, note.args) for note in order.notes)
    assert f"message {cancel.entry}" in text
    assert world.effect(HARD.CANCEL_FIRST, 2, 1).changes


def test_the_status_that_came_first_starts_the_step(world):
    held, order, done = (world.effect(HARD.OUT_OF_ORDER, nth) for nth in (0, 1, 2))
    assert rules(held) == {"update_before_new"}
    assert [c.new for c in order.changes if c.column == "state"] == ["SCHEDULED", "STARTED"]
    assert [c.new for c in done.changes if c.column == "state"] == ["COMPLETED"]
    source = world.line(HARD.OUT_OF_ORDER).order.sources["accession"]
    assert (source.entry, source.path) == (order.entry, "OBR-18")


def test_the_late_change_changes_nothing_and_says_what_it_wanted(world):
    line, change = world.line(HARD.LATE_CHANGE), world.effect(HARD.LATE_CHANGE, 3)
    assert change.changes == ()
    assert {note.severity for note in change.notes} == {Severity.IGNORED}
    assert rules(change) == {"older_than_row", "state_too_late"}
    text = " ".join(wording.sentence(note.rule, note.args) for note in change.notes)
    assert "start_time" in text
    assert "SCHEDULED" in text
    assert line.sources["start_time"].entry == world.numbers(HARD.LATE_CHANGE)[0]


def test_the_merge_moves_both_orders_and_warns_of_the_one_under_way(world):
    _, _, _, merge, _ = world.numbers(HARD.MERGED_IN_EXAM)
    number = scan(world.told[HARD.MERGED_IN_EXAM][3][1].raw).patient_id
    for n, has_warning in ((0, True), (1, False)):
        line = world.line(HARD.MERGED_IN_EXAM, n)
        effect = next(e for e in world.chain(HARD.MERGED_IN_EXAM, n) if e.entry == merge)
        assert line.line["patient_id"] == number
        assert line.order.sources["patient"].entry == merge
        (move,) = [c for c in effect.changes if (c.kind, c.column) == ("order", "patient_id")]
        first = scan(world.told[HARD.MERGED_IN_EXAM][n][1].raw).patient_id
        assert (move.old, move.new, move.path) == (first, number, "MRG-1")
        assert ("merged_during_exam" in rules(effect)) is has_warning
        assert "merged" in rules(effect)


def test_the_unknown_patient_has_his_own_name_in_the_end(world):
    name = world.line(stories.MERGED).line["patient_name"]
    assert "UNKNOWN" not in str(name)
    numbers = world.numbers(stories.MERGED)
    assert world.line(stories.MERGED).sources["patient_name"].entry in numbers[2:4]


def test_the_appointment_that_moved_too_late_moves_nothing(world):
    line, moved = world.line(HARD.MOVED_WHILE_STARTED), world.effect(HARD.MOVED_WHILE_STARTED, 3)
    assert "moved_after_start" in rules(moved)
    assert not [c for c in moved.changes if c.kind == "step" and c.column.startswith("start_")]
    assert line.line["start_date"] == f"{START:%Y%m%d}"


def test_the_appointment_that_came_first_gives_the_time(world):
    line = world.line(HARD.BOOKED_FIRST)
    booking, order = world.numbers(HARD.BOOKED_FIRST)
    assert line.sources["start_time"].path == "AIS-4"
    assert "appointment_unlinked" in rules(world.effect(HARD.BOOKED_FIRST, 0))
    assert "joined" in rules(world.effect(HARD.BOOKED_FIRST, 1))
    times = [
        c.new for e in world.chain(HARD.BOOKED_FIRST) for c in e.changes
        if (c.kind, c.column) == ("step", "start_time")
    ]  # fmt: skip
    assert len(times) == 2
    assert times[-1] == line.line["start_time"]
    assert (booking, order) == tuple(e.entry for e in world.chain(HARD.BOOKED_FIRST))


def test_the_report_that_came_first_is_found_by_its_order(world):
    line = world.line(HARD.RESULT_FIRST)
    assert [report.text("status") for report in line.reports] == ["final"]
    assert line.order.text("report_status") == "final"
    assert "report_waits" in rules(world.effect(HARD.RESULT_FIRST, 0))
    assert "joined" in rules(world.effect(HARD.RESULT_FIRST, 1))


def test_the_two_sides_of_a_replacement_name_each_other(world):
    old, new = world.accessions(HARD.REPLACED)
    change = [world.effect(HARD.REPLACED, 1, n) for n in (0, 1)]
    args = [{note.rule: note.args for note in effect.notes} for effect in change]
    assert args[0]["replaced_by"] == {"accession": new}
    assert args[1]["replaces"] == {"accession": old}
    assert "replaces" not in args[0]
    assert "replaced_by" not in args[1]


def test_a_hold_and_its_release(world):
    states = [c.new for e in world.chain(HARD.HELD) for c in e.changes if c.column == "state"]
    assert states == ["SCHEDULED", "ON_HOLD", "SCHEDULED"]


def test_the_taken_accession_is_refused_and_says_what_to_ask_for(world):
    assert len(world.lines(HARD.TAKEN_ACCESSION)) == 1
    refused = world.effect(HARD.TAKEN_ACCESSION, 1)
    assert refused.is_refused
    assert refused.changes == ()
    (note,) = [n for n in refused.notes if n.severity == Severity.ERROR]
    number = world.accessions(HARD.TAKEN_ACCESSION)[0]
    assert number in wording.sentence(note.rule, note.args)
    assert note.path == "OBR-18"
    assert wording.ask(note.rule, note.args)
    assert refused.entry in [effect.entry for effect in world.reader.problems()]
    (conflict,) = world.reader.conflicts()
    assert conflict.text("rule") == "accession_of_other_patient"
    first = scan(world.told[HARD.TAKEN_ACCESSION][0][1].raw)
    assert world.line(HARD.TAKEN_ACCESSION).line["patient_id"] == first.patient_id


def test_the_first_study_uid_stays_and_the_other_is_told(world):
    (_, first), (number, second) = world.told[HARD.NEW_STUDY_UID]
    uids = [
        next(s for s in shipment.raw.decode("latin-1").split("\r") if s.startswith("ZDS"))
        .split("|")[1]
        .split("^")[0]
        for shipment in (first, second)
    ]
    assert world.line(HARD.NEW_STUDY_UID).line["study_uid"] == uids[0] != uids[1]
    (note,) = world.effect(HARD.NEW_STUDY_UID, 1).notes
    assert uids[1] in wording.sentence(note.rule, note.args)
    assert number in [effect.entry for effect in world.reader.problems()]


def test_the_order_without_a_time_is_incomplete_until_it_is_booked(world):
    order, booking = (world.effect(HARD.NO_TIME, nth) for nth in (0, 1))
    assert [c.new for c in order.changes if c.column == "state"] == ["UNSCHEDULED"]
    assert [c.new for c in order.changes if c.column == "missing"] == [["start_date", "start_time"]]
    assert "order_incomplete" in rules(order)
    assert [c.new for c in booking.changes if c.column == "state"] == ["SCHEDULED"]
    assert world.line(HARD.NO_TIME).sources["start_date"].entry == booking.entry
    assert world.line(HARD.NO_TIME).line["priority"] == "ROUTINE"


def test_the_order_that_was_refused_first_stands_before_the_one_that_was_taken(world):
    refused, taken = world.chain(stories.FAULTY)
    assert refused.is_refused
    assert rules(refused) == {"order_without_patient"}
    assert rules(taken) >= {"created_by_update"}


def test_a_duplicate_stands_in_the_chain_as_ignored(world):
    again = world.effect(stories.DUPLICATE, 1)
    assert again.changes == ()
    assert [(note.rule, note.severity) for note in again.notes] == [("duplicate", "ignored")]


def test_the_error_list_has_an_answer_for_the_sender_to_every_problem(world):
    problems = world.reader.problems()
    stories_of = {n: story for story, told in world.told.items() for n, _ in told}
    assert {stories_of[effect.entry] for effect in problems} == {
        stories.REFUSED, stories.FAULTY, HARD.TAKEN_ACCESSION, HARD.NEW_STUDY_UID, HARD.NO_TIME,
    }  # fmt: skip
    for effect in problems:
        for note in effect.notes:
            if note.severity == Severity.ERROR:
                assert wording.ask(note.rule, note.args).startswith("Ask "), note.rule


def test_nothing_is_said_of_spellings_that_a_system_cannot_write(world):
    lines = [line for story in ENDS for line in world.lines(story)]
    assert not any("demographics_differ" in line.order.list("flags") for line in lines)
