"""What fields say is remembered by the mapping, and never told of another message."""

import pytest

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.mapping.orders import map_orders
from hl7console.worklist.profiles.loading import load_profile
from hl7console.worklist.reading import View

ORDER = (
    "MSH|^~\\&|RIS|NORTH|PACS|NORTH|20260105093012||ORM^O01|1|P|2.5.1\r"
    "PID|1||1^^^N^MR||MARLOWE^TESS\rORC|NW|P1|||SC\r"
    "OBR|1|P1||CTH^CT HEAD^L|||||||||HEAD\\T\\NECK|||1122^OKAFOR^BEN||||||||{modality}\r"
)


@pytest.fixture
def profile():
    return load_profile('base = "default"\n[options]\nuse_obr_25 = true\n', "remembered")


def mapped(profile, raw, number=1):
    entry = MessageEntry(number, 1_767_605_400_000_000, raw.encode(), "L", "utf-8")
    view = View(entry.raw, entry.codec)
    return map_orders(view, profile, entry, lambda *_: None)[0]


def told(order):
    return order.order, order.steps


def test_the_second_reading_is_as_the_first(profile):
    raw = ORDER.format(modality="CT")
    first = mapped(profile, raw)
    assert told(mapped(profile, raw)) == told(first)
    assert first.order.values["requesting"] == "OKAFOR^BEN"
    assert first.order.values["reason"] == "HEAD&NECK"


def test_what_is_odd_is_flagged_each_time(profile):
    raw = ORDER.format(modality="ZZZ")
    flags = [mapped(profile, raw).steps[0].flags for _ in range(3)]
    assert flags == [["modality_unknown"]] * 3


def test_other_delimiters_read_the_same_characters_otherwise(profile):
    raw = ORDER.format(modality="CT")
    other = raw.replace("|^~\\&|", "|$~\\&|")
    assert mapped(profile, raw).order.values["requesting"] == "OKAFOR^BEN"
    assert "requesting" not in mapped(profile, other).order.values
    assert mapped(profile, raw).order.values["requesting"] == "OKAFOR^BEN"


def test_the_field_of_a_second_segment_has_its_own_path(profile):
    raw = ORDER.format(modality="CT")
    mapped(profile, raw)
    second = raw + "OBR|2|P1||CTH^CT HEAD^L||||||||||||1122^OKAFOR^BEN\r"
    entry = MessageEntry(2, 1_767_605_400_000_000, second.encode(), "L", "utf-8")
    orders = map_orders(View(entry.raw, "utf-8"), profile, entry, lambda *_: None)
    assert [order.order.paths["requesting"] for order in orders] == ["OBR-16", "OBR[2]-16"]
