from __future__ import annotations

import random
from datetime import UTC, datetime

import hl7
import pytest

from hl7console.engine.demo import worklist_stories as stories
from hl7console.engine.demo.telling import Hospital, Shipment, StoryMaker

START = datetime(2026, 3, 29, 14, 7, 30, tzinfo=UTC)
MAKERS = [maker for _, maker in stories.HARD_STORIES]


def play(maker: StoryMaker, seed: int = 7) -> list[Shipment]:
    return list(maker(Hospital(random.Random(seed), 1), START))  # noqa: S311 - invented people


def field(shipment: Shipment, path: str) -> str:
    return hl7.parse(shipment.raw.decode(shipment.system.codec))[path]


@pytest.mark.parametrize("maker", MAKERS)
def test_each_hard_story_is_told_in_the_order_of_its_time(maker):
    told = play(maker)
    assert len(told) >= 2
    assert [s.due for s in told] == sorted(s.due for s in told)
    assert len({s.control_id for s in told}) == len(told)
    assert len({s.story for s in told}) == 1


def test_the_cancel_comes_before_its_order_but_was_written_after_it():
    cancel, order, anew = play(stories.cancel_first)
    assert [field(s, "ORC.F1") for s in (cancel, order, anew)] == ["CA", "NW", "NW"]
    assert field(cancel, "ORC.F2") == field(order, "ORC.F2") != field(anew, "ORC.F2")
    assert field(cancel, "ORC.F9") > field(order, "ORC.F9")


def test_the_late_change_was_written_before_the_images_and_comes_after_them():
    *_, images, change = play(stories.late_change)
    assert change.due > images.due
    assert field(change, "ORC.F9") < field(images, "ORC.F9")


def test_the_merge_names_the_number_under_which_both_orders_were_placed():
    first, second, started, merge, done = play(stories.merged_in_exam)
    numbers = {field(s, "PID.F3.R1.C1") for s in (first, second, started)}
    assert numbers == {field(merge, "MRG.F1.R1.C1")}
    assert field(done, "PID.F3.R1.C1") == field(merge, "PID.F3.R1.C1") not in numbers


def test_the_taken_accession_comes_with_another_patient():
    first, second = play(stories.taken_accession)
    assert field(first, "OBR.F18") == field(second, "OBR.F18")
    assert field(first, "PID.F3.R1.C1") != field(second, "PID.F3.R1.C1")


def test_the_order_without_a_time_has_none_anywhere():
    order, booking = play(stories.no_time)
    text = order.raw.decode(order.system.codec)
    orc = next(line for line in text.split("\r") if line.startswith("ORC")).split("|")
    obr = next(line for line in text.split("\r") if line.startswith("OBR")).split("|")
    assert orc[7] == obr[27] == "^^^^^R"
    assert field(booking, "SCH.F27.R1.C1") == field(order, "ORC.F3.R1.C1")


def test_the_replacement_names_both_orders_in_one_message():
    _, both = play(stories.replaced)
    controls = [s[1][0] for s in hl7.parse(both.raw.decode(both.system.codec)).segments("ORC")]
    assert controls == ["RU", "RO"]
