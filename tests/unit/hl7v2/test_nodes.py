from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message

RAW = b"MSH|^~\\&|EHR\rPID|1||7^^^H&1&ISO~8||DOE\rOBX|1\rOBX|2\r"


@pytest.fixture
def message() -> Message:
    return Message.parse(RAW)


def test_every_element_has_a_child_down_to_the_leaf(message):
    field = message.segments[1].field(5)
    assert field is not None
    (repetition,) = field.repetitions
    (component,) = repetition.components
    (leaf,) = component.subcomponents
    assert {n.char_span for n in (field, repetition, component, leaf)} == {field.char_span}
    assert list(leaf.children) == []
    with pytest.raises(IndexError):
        leaf.children[0]
    assert {n.value for n in (field, repetition, component, leaf)} == {"DOE"}
    assert not field.is_divided


def test_children_by_number(message):
    segment = message.segments[1]
    assert segment.field(3) == segment.fields[2]
    assert segment.field(0) is None
    assert segment.field(6) is None
    field = segment.field(3)
    assert field is not None
    assert field.is_divided
    assert field.repetition(2) == field.repetitions[1]
    assert field.repetition(3) is None
    first = field.repetitions[0]
    assert first.component(4) == first.components[3]
    assert first.component(6) is None
    authority = first.components[3]
    assert authority.subcomponent(2) == authority.subcomponents[1]
    assert authority.subcomponent(4) is None
    assert [sub.value for sub in authority.children] == ["H", "1", "ISO"]


def test_the_child_around_a_character(message):
    pid = message.segments[1]
    start = message.text.index("7^^^H")
    assert str(pid.child_around(start).path) == "PID-3"
    assert str(pid.child_around(start - 1).path) == "PID-2"
    assert pid.child_around(pid.start + 3) is None
    assert pid.child_around(pid.start) is None
    header = message.segments[0]
    assert [header.child_around(n).number for n in (3, 4, 8, 9, 12)] == [1, 2, 2, 3, 3]
    assert header.child_around(2) is None


def test_the_header_counts_the_separator_as_field_one(message):
    header = message.segments[0]
    assert [f.raw_text for f in header.fields] == ["|", "^~\\&", "EHR"]
    first, second = header.field(1), header.field(2)
    assert first is not None
    assert second is not None
    assert (first.char_span, second.char_span) == ((3, 4), (4, 8))
    assert first.is_literal
    leaf = second.repetitions[0].components[0].subcomponents[0]
    assert leaf.is_literal
    assert leaf.value == "^~\\&"
    assert not header.is_literal
    bare = Message.parse(b"MSH|").segments[0].field(2)
    assert bare is not None
    assert bare.state.value == "empty"


def test_paths_are_as_short_as_they_may_be(message):
    pid, obx = message.segments[1], message.segments[3]
    assert str(pid.path) == "PID"
    assert str(obx.path) == "OBX[2]"
    assert str(obx.fields[0].repetitions[0].path) == "OBX[2]-1[1]"
    assert str(pid.fields[4].repetitions[0].components[0].path) == "PID-5.1"
    part = pid.fields[2].repetitions[0].components[3].subcomponents[1]
    assert str(part.path) == "PID-3[1].4.2"
