from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.parts import nth_part, part_around, part_starts


def test_parts_of_a_text():
    text = "a|bb||c"
    assert list(part_starts(text, 0, len(text), "|")) == [0, 2, 5, 6]
    assert list(part_starts(text, 0, len(text), "")) == [0]
    assert list(part_starts(text, 2, 4, "|")) == [2]
    assert nth_part(text, 0, len(text), "|", 2) == (2, 4)
    assert nth_part(text, 0, len(text), "|", 3) == (5, 5)
    assert nth_part(text, 0, len(text), "|", 4) == (6, 7)
    assert nth_part(text, 0, len(text), "|", 5) is None
    assert nth_part(text, 0, len(text), "|", 0) is None
    assert nth_part(text, 0, len(text), "", 1) == (0, 7)
    assert nth_part(text, 0, len(text), "", 2) is None


@given(st.text("ab|", max_size=12))
def test_parts_are_those_of_a_plain_split(text):
    starts = list(part_starts(text, 0, len(text), "|"))
    parts = [nth_part(text, 0, len(text), "|", number + 1) for number in range(len(starts))]
    assert [text[part[0] : part[1]] for part in parts if part] == text.split("|")
    assert [part[0] for part in parts if part] == starts


@given(st.text("ab|", max_size=12), st.data())
def test_the_part_around_a_character(text, data):
    char = data.draw(st.integers(0, len(text)))
    number, begin, end = part_around(text, 0, len(text), "|", char)
    assert begin <= char <= end
    assert nth_part(text, 0, len(text), "|", number) == (begin, end)
    assert part_around(text, 0, len(text), "", char) == (1, 0, len(text))
