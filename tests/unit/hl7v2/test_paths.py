from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.paths import FieldPath, PathError

NUMBERS = st.none() | st.integers(1, 10**6)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PID", FieldPath("PID")),
        ("pid-3", FieldPath("PID", None, 3)),
        (" PID-3 ", FieldPath("PID", None, 3)),
        ("PID-3[2].4.1", FieldPath("PID", None, 3, 2, 4, 1)),
        ("PID.3.1", FieldPath("PID", None, 3, None, 1)),
        ("PID-3(1).1", FieldPath("PID", None, 3, 1, 1)),
        ("PID-3-1-2", FieldPath("PID", None, 3, None, 1, 2)),
        ("OBX[2]-5", FieldPath("OBX", 2, 5)),
        ("OBX(2)-5", FieldPath("OBX", 2, 5)),
        ("ZD1[12]", FieldPath("ZD1", 12)),
    ],
)
def test_reading(text, expected):
    assert FieldPath.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("", 0),
        ("PI", 0),
        ("1ID-3", 0),
        ("PID-", 3),
        ("PIDX", 3),
        ("PID-3[", 5),
        ("PID-3[x]", 5),
        ("PID-3.1.1.1", 9),
        ("  PID-3=5", 7),
        ("PID-0", 4),
        ("PID-3.0", 6),
        ("OBX[0]-5", 4),
        ("PID-3[0]", 6),
        ("PID-3(2]", 5),
        ("PID-9999999999", 13),
    ],
)
def test_faults_tell_the_place(text, position):
    with pytest.raises(PathError) as told:
        FieldPath.parse(text)
    assert told.value.position == position
    assert told.value.hint
    assert told.value.exit_code == 2


@given(
    st.from_regex(r"[A-Z][A-Z0-9]{2}", fullmatch=True), NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS
)
def test_writing_and_reading_give_the_same_path(segment, occurrence, field, rep, comp, sub):
    if field is None:
        rep = comp = None
    if comp is None:
        sub = None
    path = FieldPath(segment, occurrence, field, rep, comp, sub)
    assert FieldPath.parse(str(path)) == path


def test_the_usual_form():
    assert str(FieldPath.parse("pid(1).3(2).4.1")) == "PID[1]-3[2].4.1"


def test_the_place_in_the_definition():
    assert FieldPath.parse("OBX[2]-5[1].3.2").generic() == FieldPath("OBX", None, 5, None, 3, 2)
