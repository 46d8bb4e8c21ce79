from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.editing.spans import Hunk, common_ends, composed


def test_common_ends_never_overlap():
    assert common_ends(b"aaa", b"aaaa") == (3, 0)
    assert common_ends(b"abc", b"axc") == (1, 1)
    assert common_ends(b"", b"x") == (0, 0)
    long = b"x" * 200_000
    assert common_ends(long + b"a" + long, long + b"bb" + long) == (200_000, 200_000)


@given(st.binary(max_size=30), st.binary(max_size=30))
def test_common_ends_are_common_and_longest(one, other):
    head, tail = common_ends(one, other)
    assert one[:head] == other[:head]
    assert one[len(one) - tail :] == other[len(other) - tail :]
    assert head + tail <= min(len(one), len(other))
    if head < min(len(one), len(other)):
        assert one[head] != other[head]


def test_hunks_of_two_places_stay_two():
    original, now = b"0123456789", b"01xx3456789y"
    steps = [(2, b"2", b"xx"), (11, b"", b"y")]
    assert composed(steps, original, now) == (Hunk(2, 3, 2, 4), Hunk(10, 10, 11, 12))


def test_what_was_changed_and_changed_back_is_no_hunk():
    assert composed([(2, b"2", b"x"), (2, b"x", b"2")], b"0123", b"0123") == ()


@given(
    st.binary(max_size=20),
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.binary(max_size=5)), max_size=8),
)
def test_outside_of_hunks_all_bytes_are_the_same(original, changes):
    now, steps = original, []
    for at, size, after in changes:
        at = min(at, len(now))
        before = now[at : at + size]
        steps.append((at, before, after))
        now = now[:at] + after + now[at + len(before) :]
    made, done = b"", 0
    for hunk in composed(steps, original, now):
        assert hunk.old_start >= done
        made += original[done : hunk.old_start]
        assert len(made) == hunk.new_start
        made += now[hunk.new_start : hunk.new_end]
        done = hunk.old_end
    assert made + original[done:] == now
