"""Filters that decide on arrival: what they may ask, and in which order they are decided."""

from __future__ import annotations

import pytest

from hl7console.hl7v2.filters import FilterError, parse, parse_for_arrival
from hl7console.hl7v2.filters.arrival import needs_content
from hl7console.hl7v2.filters.nodes import And, Not, Or, TextMatch, TypeIs


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("handled:no", 0),
        ("type:ORM status:error", 9),
        ("type:ORM or (from:RIS -status:waiting)", 23),
        ("direction:in", 0),
        ("destination:PACS", 0),
        ("has:children", 0),
        ("has:parent", 0),
        ("has:problems", 0),
        ("since:2h", 0),
        ("type:ORM until:today", 9),
    ],
)
def test_what_is_not_known_on_arrival_is_refused_at_its_place(text: str, position: int):
    with pytest.raises(FilterError) as caught:
        parse_for_arrival(text)
    assert caught.value.position == position
    assert caught.value.text.startswith("A route cannot ask for ")
    assert caught.value.hint


@pytest.mark.parametrize(
    "text",
    ["", "type:ORM from:RIS to:X listener:in control:1 patient:1 accession:1 order:1 size:>1k",
     "has:attachment or has:note", "since:2026-01-05", 'PID-3.1=1 "smith" not OBR-4~ct'],
)  # fmt: skip
def test_what_is_known_on_arrival_is_taken(text: str):
    assert parse_for_arrival(text).text == text


def test_a_text_that_is_not_understood_is_refused_as_everywhere():
    with pytest.raises(FilterError) as caught:
        parse_for_arrival("type:ORM ((")
    with pytest.raises(FilterError) as plain:
        parse("type:ORM ((")
    assert (caught.value.text, caught.value.position) == (plain.value.text, plain.value.position)


def test_conditions_on_columns_are_decided_first():
    root = parse_for_arrival("smith (PID-3=1 or type:ORM) not OBR-4 from:RIS").root
    assert isinstance(root, And)
    assert [needs_content(item) for item in root.items] == [False, True, True, True]
    assert isinstance(root.items[1], TextMatch)
    inner = root.items[2]
    assert isinstance(inner, Or)
    assert isinstance(inner.items[0], TypeIs)
    assert isinstance(root.items[3], Not)
