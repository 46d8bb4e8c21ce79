"""Aligning two lists: in order, mirrored, bounded."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hl7console.hl7v2.compare.alignment import (
    GAP_WORK,
    MOST_WORK,
    Item,
    Rules,
    align,
    align_any_order,
    join_by_key,
)


@dataclass
class Word:
    text: str

    def key(self, level: int) -> str | None:
        if level == 0:
            return self.text
        return self.text[:1] or None if level == 1 else ""


class Counting:
    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, one: Item, other: Item) -> int:
        self.asked += 1
        a, b = str(one.key(0)), str(other.key(0))
        return 1 + sum(1 for x, y in zip(a, b, strict=False) if x == y)


def rules() -> Rules:
    return Rules(exact=1, levels=3, likeness=Counting())


def words(text: str) -> list[Word]:
    return [Word(word) for word in text.split()]


def joined(left: str, right: str) -> list[tuple[str, str]]:
    here, there = words(left), words(right)
    return [(here[i].text, there[j].text) for i, j in align(here, there, rules())]


def test_what_is_new_stays_alone():
    assert joined("a b c", "a x b c") == [("a", "a"), ("b", "b"), ("c", "c")]
    assert joined("a b c", "a c") == [("a", "a"), ("c", "c")]
    assert joined("", "a") == []


def test_the_most_alike_are_joined():
    assert joined("a abc z", "a x abd z") == [("a", "a"), ("abc", "abd"), ("z", "z")]


def test_equals_that_alternate_are_shifted_not_crossed():
    assert len(joined("p q " * 50, "q p " * 50)) == 99


def test_any_order_joins_equals_wherever_they_stand():
    here, there = words("a b c d"), words("d c x a")
    pairs = align_any_order(here, there, rules())
    assert pairs == [(0, 3), (1, 2), (2, 1), (3, 0)]


def test_joining_by_key_takes_the_first_with_the_first():
    here, there = words("a a b"), words("b a a")
    assert join_by_key(here, there, [0, 1, 2], [0, 1, 2], 0) == [(0, 1), (1, 2), (2, 0)]


def test_the_work_is_bounded():
    counting = Counting()
    left = [Word(f"a{n}") for n in range(3000)]
    right = [Word(f"a{n}") for n in range(9000, 12000)]
    pairs = align(left, right, Rules(exact=1, levels=3, likeness=counting))
    assert len(pairs) == 3000
    assert counting.asked <= MOST_WORK
    assert GAP_WORK <= MOST_WORK


LISTS = st.lists(st.text(alphabet="abc", max_size=3), max_size=12).map(
    lambda texts: [Word(text) for text in texts]
)


@given(LISTS, LISTS)
def test_pairs_rise_and_are_mirrored(left, right):
    pairs = align(left, right, rules())
    assert all(a[0] < b[0] and a[1] < b[1] for a, b in pairwise(pairs))
    assert [(j, i) for i, j in align(right, left, rules())] == pairs


@given(LISTS, LISTS)
def test_any_order_uses_each_once_and_is_mirrored(left, right):
    pairs = align_any_order(left, right, rules())
    assert len({i for i, _ in pairs}) == len({j for _, j in pairs}) == len(pairs)
    assert len(pairs) == min(len(left), len(right))
    assert sorted((j, i) for i, j in align_any_order(right, left, rules())) == pairs


@given(LISTS)
def test_a_list_joins_with_itself(items):
    expected = [(n, n) for n in range(len(items))]
    assert align(items, items, rules()) == expected
    assert align_any_order(items, items, rules()) == expected
