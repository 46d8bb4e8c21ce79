"""Comparing messages: what is told, where, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.compare import (
    CompareOptions,
    Comparison,
    DifferenceKind,
    compare,
    read_ignored,
)
from hl7console.hl7v2.compare.comparing import MOST_DETAILED
from hl7console.hl7v2.message import Message

LEFT = (
    "MSH|^~\\&|RIS|H|PACS|H|20260101120000||ORU^R01^ORU_R01|42|P|2.5.1\r"
    "PID|1||123^^^H^MR~9^^^NAT^NI||DOE^JOHN||19700101|M\r"
    "OBR|1|P1|F1|XR^Chest^L\r"
    "OBX|1|NM|A^Alpha^L||1|mg\r"
    "OBX|2|NM|B^Beta^L||2|mg\r"
    "OBX|3|NM|C^Gamma^L||3|mg\r"
    "NTE|1||a note\r"
)


def found(left: str | bytes, right: str | bytes, **options) -> Comparison:
    sides = [side.encode() if isinstance(side, str) else side for side in (left, right)]
    return compare(*sides, CompareOptions(**options))


def told(comparison: Comparison) -> list[tuple[str, str, str | None, str | None]]:
    return [(str(d.kind), str(d.path), d.left, d.right) for d in comparison.differences]


@pytest.mark.parametrize(
    ("old", "new", "kind", "path", "left", "right"),
    [
        ("DOE^JOHN", "DOE^JANE", "changed", "PID-5.2", "JOHN", "JANE"),
        ("DOE^JOHN", "DOE", "removed", "PID-5.2", "JOHN", None),
        ("DOE^JOHN", "DOE^JOHN^X", "added", "PID-5.3", None, "X"),
        ("DOE^JOHN", "DOE^JO&HN", "changed", "PID-5.2.1", "JOHN", "JO"),
        ("19700101", "", "removed", "PID-7", "19700101", None),
        ("19700101", '""', "changed", "PID-7", "19700101", '""'),
        ("|19700101", '|""', "changed", "PID-7", "19700101", '""'),
        ("123^^^H^MR~9", "124^^^H^MR~9", "changed", "PID-3[1].1", "123", "124"),
        ("123^^^H^MR~9", "123^^^H^MR~7~9", "added", "PID-3[2]", None, "7"),
        ("123^^^H^MR~", "", "removed", "PID-3[1]", "123^^^H^MR", None),
        ("C^Gamma", "C^Gam\\T\\ma", "changed", "OBX[3]-3.2", "Gamma", "Gam&ma"),
        ("NTE|1||a note\r", "", "removed", "NTE", "NTE|1||a note", None),
        ("NTE|1", "ZPI|x\rNTE|1", "added", "ZPI", None, "ZPI|x"),
    ],
)
def test_one_edit_is_told_at_its_path(old, new, kind, path, left, right):
    differences = told(found(LEFT, LEFT.replace(old, new, 1)))
    assert differences[0] == (kind, path, left, right)
    assert len(differences) == (2 if path == "PID-5.2.1" else 1)


def test_null_differs_from_empty_and_absent():
    empty, null, absent = "|".join(["PID", "1", "", "x"]), 'PID|1|""|x', "PID|1"
    head = LEFT.split("\r", 1)[0] + "\r"
    assert told(found(head + empty, head + null)) == [("added", "PID-2", None, '""')]
    assert told(found(head + absent, head + 'PID|1|""')) == [("added", "PID-2", None, '""')]
    assert found(head + absent, head + "PID|1||").is_same
    written = head + "PID|1|\\X22\\\\X22\\|x"
    assert [d.kind for d in found(head + null, written).differences] == ["changed"]


def test_escapes_and_their_values_are_the_same():
    assert found(LEFT.replace("a note", "a \\T\\ b"), LEFT.replace("a note", "a \\X26\\ b")).is_same
    assert not found(LEFT.replace("a note", "a & b"), LEFT.replace("a note", "a \\T\\ b")).is_same


def test_other_delimiters_are_one_difference_that_can_be_left_out():
    other = LEFT.translate(str.maketrans("|^~&", "#$%@"))
    differences = found(LEFT, other).differences
    assert [(d.kind, d.left, d.right) for d in differences] == [
        (DifferenceKind.ENCODING, "|^~\\&", "#$%\\@")
    ]
    assert found(LEFT, other, encoding=False).is_same
    changed = other.replace("JOHN", "JANE")
    assert told(found(LEFT, changed, encoding=False)) == [("changed", "PID-5.2", "JOHN", "JANE")]


def test_a_value_that_holds_the_other_sides_delimiter_stays_a_value():
    right = LEFT.translate(str.maketrans("|", "#")).replace("JOHN", "JO|HN")
    left = LEFT.replace("JOHN", "JO\\F\\HN")
    assert found(left, right, encoding=False).is_same


def test_other_character_sets_say_the_same():
    head = LEFT.replace("|2.5.1", "|2.5.1||||||{}").replace("DOE", "DÖE")
    left = head.format("UNICODE UTF-8").encode()
    right = head.format("8859/1").encode("latin_1")
    assert [(d.kind, str(d.path)) for d in found(left, right).differences] == [
        ("encoding", "MSH-18")
    ]
    assert found(left, right, encoding=False).is_same
    assert found(left, right, ignored=read_ignored("MSH-18")).is_same


def test_trailing_delimiters_are_told_on_wish():
    right = LEFT.replace("DOE^JOHN", "DOE^JOHN^^").replace("|M\r", "|M|||\r")
    assert found(LEFT, right).is_same
    assert [(d.kind, str(d.path)) for d in found(LEFT, right, trailing=True).differences] == [
        ("trailing", "PID-5"), ("trailing", "PID"),
    ]  # fmt: skip
    ends = found(LEFT, LEFT.replace("\r", "\n"), trailing=True).differences
    assert [(d.name, d.left, d.right) for d in ends] == [("Line Ends", "CR", "LF")]


def test_a_segment_in_the_middle_is_one_difference():
    right = LEFT.replace("OBX|2", "OBX|9|NM|N^New^L||5\rOBX|2")
    assert told(found(LEFT, right)) == [("added", "OBX[2]", None, "OBX|9|NM|N^New^L||5")]
    at = found(LEFT, right).differences[0]
    assert right.encode()[slice(*at.span_right)] == b"OBX|9|NM|N^New^L||5"
    assert at.span_left == (LEFT.index("\rOBX|2"),) * 2


def test_numbered_anew_segments_stay_with_what_they_say():
    lines = LEFT.split("\r")
    right = "\r".join([*lines[:3], "OBX|1|TX|N||first", *lines[3:]])
    right = right.replace("OBX|3|NM|C", "OBX|4|NM|C").replace("OBX|2|NM|B", "OBX|3|NM|B")
    right = right.replace("OBX|1|NM|A", "OBX|2|NM|A")
    assert told(found(LEFT, right)) == [
        ("added", "OBX[1]", None, "OBX|1|TX|N||first"),
        ("changed", "OBX[1]-1", "1", "2"),
        ("changed", "OBX[2]-1", "2", "3"),
        ("changed", "OBX[3]-1", "3", "4"),
    ]


def test_order_counts_unless_it_does_not():
    lines = LEFT.split("\r")
    right = "\r".join([*lines[:3], lines[5], lines[3], lines[4], *lines[6:]])
    assert [(d.kind, str(d.path_left), str(d.path_right)) for d in found(LEFT, right).differences] \
        == [("moved", "OBX[3]", "OBX[1]")]  # fmt: skip
    assert found(LEFT, right, any_order=True).is_same
    changed = right.replace("|2|mg", "|7|mg")
    differences = found(LEFT, changed, any_order=True).differences
    assert [(str(d.path_left), str(d.path_right)) for d in differences] == [
        ("OBX[2]-5", "OBX[3]-5")
    ]


def test_repetitions_move_too():
    right = LEFT.replace("123^^^H^MR~9^^^NAT^NI", "9^^^NAT^NI~123^^^H^MR")
    assert [d.kind for d in found(LEFT, right).differences] == ["moved"]
    assert found(LEFT, right, any_order=True).is_same


@pytest.mark.parametrize(
    "ignored", ["PID-5", "PID-5.2", "PID", "pid-5[1].2", "PID[1]-5", "OBX[2] PID-5.2.1"]
)
def test_ignored_places_are_left_out(ignored):
    right = LEFT.replace("JOHN", "JANE")
    assert found(LEFT, right, ignored=read_ignored(ignored)).is_same
    assert not found(LEFT, right, ignored=read_ignored("PID-5.1, PID[2], OBX")).is_same


def test_names_come_from_the_dictionary():
    right = LEFT.replace("JOHN", "JANE").replace("NTE|1||a", "NTE|1||the")
    names = [d.name for d in found(LEFT, right).differences]
    assert names == ["Patient Name · Given Name", "Comment"]


def test_spans_are_those_of_the_bytes():
    left = LEFT.replace("|2.5.1", "|2.5.1||||||UNICODE UTF-8").replace("DOE", "DÖÖE")
    right = left.replace("JOHN", "JÄNE")
    one = found(left, right).differences[0]
    assert left.encode()[slice(*one.span_left)] == b"JOHN"
    assert right.encode()[slice(*one.span_right)] == "JÄNE".encode()
    gone = found(left, left.replace("^JOHN", "")).differences[0]
    assert left.encode()[slice(*gone.span_left)] == b"JOHN"
    assert gone.span_right[0] == gone.span_right[1] == left.encode().index(b"^JOHN")


def test_too_many_differences_are_told_by_segment():
    head = LEFT.split("\r", 1)[0]
    size = MOST_DETAILED + 50
    left = "\r".join([head, *(f"NTE|{n}||x{n}" for n in range(size))])
    right = "\r".join([head, *(f"NTE|{n}||y{n}" for n in range(size))])
    comparison = found(left, right)
    assert comparison.is_coarse
    assert len(comparison.differences) == size
    assert comparison.differences[-1].is_segment
    assert not found(LEFT, LEFT.replace("JOHN", "JANE")).is_coarse


def test_values_stay_out_of_what_is_printed():
    assert "JANE" not in repr(found(LEFT, LEFT.replace("JOHN", "JANE")))


VALUES = st.text(alphabet="ABCDxyz 12\\~^&", max_size=6)
SEGMENTS = st.lists(
    st.tuples(st.sampled_from(["OBX", "NTE", "PID", "ZZ1"]), st.lists(VALUES, max_size=5)),
    max_size=8,
)


def written(segments: list[tuple[str, list[str]]]) -> bytes:
    lines = ["MSH|^~\\&|A|B|C|D|20260101||ORU^R01|1|P|2.5.1"]
    lines += ["|".join([name, *values]) for name, values in segments]
    return "\r".join(lines).encode()


@given(SEGMENTS, st.booleans(), st.booleans())
def test_a_message_is_the_same_as_itself(segments, any_order, trailing):
    raw = written(segments)
    assert compare(raw, raw, CompareOptions(any_order=any_order, trailing=trailing)).is_same
    assert compare(raw + b"\r", raw, CompareOptions(any_order=any_order)).is_same


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_any_bytes_can_be_compared(left, right):
    assert compare(left, left).is_same
    compare(left, right, CompareOptions(trailing=True))
    compare(b"MSH|^~\\&|" + left, b"MSH|^~\\&|" + right, CompareOptions(any_order=True))


@given(SEGMENTS, SEGMENTS, st.booleans(), st.booleans())
def test_exchanging_the_sides_mirrors_the_outcome(one, other, any_order, trailing):
    options = CompareOptions(any_order=any_order, trailing=trailing)
    there = compare(written(one), written(other), options)
    back = compare(written(other), written(one), options)
    key = str
    mirrored = [d.mirrored() for d in back.differences]
    shown = lambda d: (key(d), d.left or "", d.right or "")  # noqa: E731
    assert sorted(there.differences, key=shown) == sorted(mirrored, key=shown)


@given(SEGMENTS.filter(bool), st.data())
def test_a_random_edit_is_found_at_its_path_and_nothing_else(segments, data):
    at = data.draw(st.integers(0, len(segments) - 1))
    name, values = segments[at]
    number = data.draw(st.integers(1, max(1, len(values))))
    edited = [*values, ""] if len(values) < number else list(values)
    edited[number - 1] = data.draw(st.text(alphabet="QWERT", min_size=1, max_size=4))
    changed = [*segments[:at], (name, edited), *segments[at + 1 :]]
    left, right = written(segments), written(changed)
    comparison = compare(left, right)
    occurrence = 1 + sum(1 for other, _ in segments[:at] if other == name)
    several = Message.parse(left).count(name) > 1
    place = f"{name}[{occurrence}]-{number}" if several else f"{name}-{number}"
    assert comparison.differences
    for difference in comparison.differences:
        path = str(difference.path)
        assert path == place or path.startswith((place + ".", place + "["))


@given(SEGMENTS, st.data())
def test_a_segment_more_is_one_difference(segments, data):
    at = data.draw(st.integers(0, len(segments)))
    more = [*segments[:at], ("ZNW", ["only here"]), *segments[at:]]
    comparison = compare(written(segments), written(more))
    assert [(d.kind, str(d.path_right)) for d in comparison.differences] == [("added", "ZNW")]
