"""What the search box offers."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.filters import KEYS, FilterError, parse, parse_for_arrival
from hl7console.hl7v2.filters.completion import MOST, complete


def recent(name):
    return {"from": ["RIS", 'A "B"'], "PID-3.1": ["4711"], "type": ["ZZZ^Z01"]}.get(name, [])


def texts(text, cursor=None):
    return [c.text for c in complete(text, len(text) if cursor is None else cursor, recent=recent)]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("", ["type:", "from:", "to:"]),
        ("st", ["status:"]),
        ("a or (st", ["status:"]),
        ("-st", ["status:"]),
        ("status:", ["ok", "error", "rejected"]),
        ("status:e", ["error"]),
        ("status: re", ["rejected"]),
        ("from:", ["RIS", '"A \\"B\\""']),
        ('from:"a', ['"A \\"B\\""']),
        ("type:", ["ZZZ^Z01", "ADT^A01"]),
        ("type:OR", ["ORM^O01", "ORU^R01"]),
        ("type:adt^a4", ["ADT^A40", "ADT^A41"]),
        ("type:^S1", ["^S10", "^S11"]),
        ("OB", ["OBR-", "OBX-"]),
        ("PID-", ["PID-1", "PID-2"]),
        ("pid-3", ["PID-3", "PID-30"]),
        ("PID-3.", ["PID-3.1", "PID-3.2"]),
        ("PID-3[2].4.", ["PID-3[2].4.1"]),
        ("OBX[2]-", ["OBX[2]-1"]),
        ("ZDS-", ["ZDS-1"]),
        ("PID-3.1=", ["4711"]),
        ("PID-8=", ["A", "F", "M"]),
        ("PID-8 != f", ["F"]),
    ],
)
def test_completions(text, first):
    assert texts(text)[: len(first)] == first


@pytest.mark.parametrize(
    "text",
    [
        '"from:',
        '"abc fro',
        "foo:",
        "x=",
        "PID-0=",
        "PID-3.0.",
        "PID-99.",
        "QQQ-",
        "12",
        "PID-5.1=",
        "a\\",
        "ACC-0=",
    ],
)
def test_nothing_to_complete(text):
    assert texts(text) == []


def test_details_name_what_they_stand_for():
    by_text = {c.text: c.detail for c in complete("PID-", 4)}
    assert by_text["PID-5"] == "Patient Name"
    assert {c.text: c.detail for c in complete("PID-8=", 6)}["F"] == "Female"
    assert {c.text: c.detail for c in complete("RX", 2)}["RXA-"]
    assert {c.text: c.detail for c in complete("OBX", 3, version="2.1")}["OBX-"]


def test_a_segment_that_the_version_lacks_is_taken_from_another():
    found = {c.text: c.detail for c in complete("IPC", 3, version="2.3")}
    assert found["IPC-"]
    assert complete("IPC-", 4, version="2.3")[0].text == "IPC-1"


def test_the_range_that_is_replaced():
    text = 'a "b c" -fro more'
    (found,) = complete(text, 12)
    assert text[found.start : found.end] == "fro"
    assert found.text == "from:"
    (found,) = complete('status:"er', 10)
    assert found.start == 7


def test_there_are_not_too_many():
    assert len(texts("type:")) == MOST


def test_what_is_offered_for_values_parses():
    for completion in complete("from:", 5, recent=recent):
        parse("from:" + completion.text)


def test_values_stay_out_of_reprs():
    assert "4711" not in repr(complete("PID-3.1=", 8, recent=recent))


def for_a_route(text):
    return [c.text for c in complete(text, len(text), recent=recent, is_for_arrival=True)]


@pytest.mark.parametrize("key", KEYS)
def test_a_route_is_offered_nothing_that_it_would_refuse(key):
    offered = for_a_route(f"{key}:")
    for value in offered:
        parse_for_arrival(f"{key}:{value}")
    if f"{key}:" not in for_a_route(""):
        assert not offered
        with pytest.raises(FilterError):
            parse_for_arrival(KEYS[key].example)
    elif key not in ("since", "has"):  # other values than the example's can be asked for
        parse_for_arrival(KEYS[key].example)


def test_a_route_is_offered_what_it_takes():
    keys = [text for text in for_a_route("") if text.endswith(":")]
    assert keys == [
        "type:", "from:", "to:", "listener:", "control:", "patient:", "accession:", "order:",
        "size:", "since:", "until:", "has:",
    ]  # fmt: skip
    assert for_a_route("has:") == ["attachment", "note"]
    assert for_a_route("from:")[0] == "RIS"
    assert for_a_route("type:OR")[0] == "ORM^O01"
    assert for_a_route("PID-8=")[:2] == ["A", "F"]
