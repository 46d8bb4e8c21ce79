from __future__ import annotations

import pytest

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.tree import Children, Node, ValueState

RAW = b"MSH|^~\\&|EHR\rPID|1||7^^^H&1&ISO~8||DOE\r"


@pytest.fixture
def message() -> Message:
    return Message.parse(RAW)


def test_children_are_a_sequence(message):
    fields = message.segments[1].fields
    assert isinstance(fields, Children)
    assert fields[-1].number == 5
    assert [f.number for f in fields[1:3]] == [2, 3]
    assert [f.number for f in fields] == [1, 2, 3, 4, 5]
    with pytest.raises(IndexError):
        fields[5]
    with pytest.raises(IndexError):
        fields[-6]


def test_nodes_are_equal_when_they_are_the_same_place(message):
    first = message.segments[1].field(3)
    again = message.segments[1].field(3)
    assert first == again
    assert hash(first) == hash(again)
    assert first is not None
    assert first != first.repetitions[0]
    assert first != message.segments[1].field(1)
    assert first != Message.parse(RAW).segments[1].field(3)
    assert first != "PID-3"
    assert len({first, again}) == 1


def test_the_base_has_no_answers(message):
    node = Node(message, 0, 1)
    for name in ("path", "children", "value"):
        with pytest.raises(NotImplementedError):
            getattr(node, name)
    with pytest.raises(NotImplementedError):
        node.child_around(0)
    assert node.state == ValueState.VALUED
