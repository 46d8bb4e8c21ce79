"""Which items of two lists belong together, in time that is bounded for any lists.

In order: what both ends have in common goes first; then items are joined by keys that grow
coarser, each time those that are there once on both sides, then by which of its equals each is, as
far as their order allows. Small gaps are filled by likeness, as long as the work stays small.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

GAP_WORK = 2_500
"""Pairs of items that one gap may be compared for."""
MOST_WORK = 40_000
"""Pairs of items that are compared at most; after that, likeness is not looked at any more."""

Pair = tuple[int, int]


class Item(Protocol):
    """What is aligned: a segment or a repetition."""

    def key(self, level: int) -> Hashable | None:
        """Return what it is joined by: level 0 is all that it says; None joins it with nothing."""


@dataclass(frozen=True, slots=True)
class Rules:
    """How items are joined."""

    exact: int
    """Levels from 0 that stand for saying (almost) the same."""
    levels: int
    """All levels; those beyond `exact` are used where a gap is too large for likeness."""
    likeness: Callable[[Item, Item], int]
    """How alike two items are; 0: they cannot belong together. Symmetric."""


def align(left: Sequence[Item], right: Sequence[Item], rules: Rules) -> list[Pair]:
    """Return the positions that belong together, in order, none crossing another.

    The outcome is the same, mirrored, when the sides are exchanged.
    """
    if _is_after(left, right):
        return [(i, j) for j, i in _Alignment(right, left, rules).run()]
    return _Alignment(left, right, rules).run()


def align_any_order(left: Sequence[Item], right: Sequence[Item], rules: Rules) -> list[Pair]:
    """Return the positions that belong together wherever they stand, by the left one."""
    if _is_after(left, right):
        return sorted((i, j) for j, i in _pair_up(right, left, rules))
    return sorted(_pair_up(left, right, rules))


def _is_after(left: Sequence[Item], right: Sequence[Item]) -> bool:
    if len(left) != len(right):
        return len(left) > len(right)
    for one, other in zip(left, right, strict=True):
        key, other_key = one.key(0), other.key(0)
        if key != other_key:
            return str(key) > str(other_key)
    return False


@dataclass(frozen=True, slots=True)
class _Gap:
    left: int
    left_end: int
    right: int
    right_end: int
    phase: int


class _Alignment:
    def __init__(self, left: Sequence[Item], right: Sequence[Item], rules: Rules) -> None:
        self._left = left
        self._right = right
        self._rules = rules
        self._pairs: list[Pair] = []
        self._work = MOST_WORK

    def run(self) -> list[Pair]:
        gaps = [_Gap(0, len(self._left), 0, len(self._right), 0)]
        while gaps:
            gap = self._trimmed(gaps.pop())
            if gap.left < gap.left_end and gap.right < gap.right_end:
                gaps += self._divided(gap)
        return sorted(self._pairs)

    def _trimmed(self, gap: _Gap) -> _Gap:
        left, right = self._left, self._right
        i, j, i_end, j_end = gap.left, gap.right, gap.left_end, gap.right_end
        while i < i_end and j < j_end and left[i].key(0) == right[j].key(0):
            self._pairs.append((i, j))
            i, j = i + 1, j + 1
        while i < i_end and j < j_end and left[i_end - 1].key(0) == right[j_end - 1].key(0):
            i_end, j_end = i_end - 1, j_end - 1
            self._pairs.append((i_end, j_end))
        return _Gap(i, i_end, j, j_end, gap.phase)

    def _divided(self, gap: _Gap) -> list[_Gap]:
        """Return the gaps between what could be joined."""
        level, is_numbered = divmod(gap.phase, 2)
        if level >= self._rules.exact:
            size = (gap.left_end - gap.left) * (gap.right_end - gap.right)
            if size <= min(GAP_WORK, self._work):
                self._work -= size
                self._pairs += _most_alike(self._left, self._right, gap, self._rules.likeness)
                return []
        if level >= self._rules.levels:
            return []
        left = _Keys(self._left, gap.left, gap.left_end, level)
        right = _Keys(self._right, gap.right, gap.right_end, level)
        anchors = _anchors(left, right, is_numbered=bool(is_numbered))
        self._pairs += anchors
        # Where no key is there twice, numbering them would find the same again.
        is_settled = bool(is_numbered) or (left.are_unique and right.are_unique)
        phase = 2 * (level + 1) if is_settled else gap.phase + 1
        gaps = []
        i, j = gap.left, gap.right
        for next_i, next_j in [*anchors, (gap.left_end, gap.right_end)]:
            if i < next_i and j < next_j:
                gaps.append(_Gap(i, next_i, j, next_j, phase))
            i, j = next_i + 1, next_j + 1
        return gaps


class _Keys:
    """The keys of a stretch of items: where each was last, and how often it is there."""

    __slots__ = ("are_unique", "counts", "keys", "last", "start")

    def __init__(self, items: Sequence[Item], start: int, end: int, level: int) -> None:
        self.start = start
        self.keys = [items[position].key(level) for position in range(start, end)]
        self.last = {key: position for position, key in enumerate(self.keys, start)}
        self.last.pop(None, None)
        nothing = self.keys.count(None)
        self.are_unique = len(self.last) == len(self.keys) - nothing
        self.counts = None if self.are_unique else Counter(self.keys)

    def unique(self) -> dict[Hashable, int]:
        """Return positions by key, of those that are there once."""
        if self.counts is None:
            return self.last
        return {key: position for key, position in self.last.items() if self.counts[key] == 1}

    def numbered(self) -> dict[Hashable, int]:
        """Return positions by key and by which of its equals each is."""
        seen: dict[Hashable, int] = {}
        found: dict[Hashable, int] = {}
        for position, key in enumerate(self.keys, self.start):
            if key is not None:
                number = seen[key] = seen.get(key, 0) + 1
                found[key, number] = position
        return found


def _anchors(left: _Keys, right: _Keys, *, is_numbered: bool) -> list[Pair]:
    here = left.numbered() if is_numbered else left.unique()
    there = right.numbered() if is_numbered else right.unique()
    pairs = [(i, there[key]) for key, i in here.items() if key in there]
    return _longest_rising(sorted(pairs))


def _longest_rising(pairs: list[Pair]) -> list[Pair]:
    """Return the most pairs that rise on both sides; the first numbers rise already."""
    tails: list[int] = []
    at: list[int] = []
    before = [-1] * len(pairs)
    for n, (_, j) in enumerate(pairs):
        place = bisect_left(tails, j)
        if place == len(tails):
            tails.append(j)
            at.append(n)
        else:
            tails[place] = j
            at[place] = n
        before[n] = at[place - 1] if place else -1
    chosen = []
    n = at[-1] if at else -1
    while n >= 0:
        chosen.append(pairs[n])
        n = before[n]
    return chosen[::-1]


def _most_alike(
    left: Sequence[Item], right: Sequence[Item], gap: _Gap, likeness: Callable[[Item, Item], int]
) -> list[Pair]:
    """Return the pairs of a small gap that are most alike in all, in order."""
    rows, columns = gap.left_end - gap.left, gap.right_end - gap.right
    best = [[0] * (columns + 1) for _ in range(rows + 1)]
    likes = [
        [likeness(left[gap.left + i], right[gap.right + j]) for j in range(columns)]
        for i in range(rows)
    ]
    for i in range(rows - 1, -1, -1):
        for j in range(columns - 1, -1, -1):
            like = likes[i][j]
            paired = best[i + 1][j + 1] + like if like else 0
            best[i][j] = max(paired, best[i + 1][j], best[i][j + 1])
    pairs = []
    i = j = 0
    while i < rows and j < columns:
        if likes[i][j] and best[i][j] == best[i + 1][j + 1] + likes[i][j]:
            pairs.append((gap.left + i, gap.right + j))
            i, j = i + 1, j + 1
        elif best[i][j] == best[i + 1][j]:
            i += 1
        else:
            j += 1
    return pairs


def _pair_up(left: Sequence[Item], right: Sequence[Item], rules: Rules) -> list[Pair]:
    """Return pairs in any order: equals first, then the coarser keys, then the most alike."""
    pairs = [(n, n) for n in range(min(len(left), len(right))) if left[n].key(0) == right[n].key(0)]
    taken = {n for n, _ in pairs}
    here = [n for n in range(len(left)) if n not in taken]
    there = [n for n in range(len(right)) if n not in taken]
    for level in range(rules.levels):
        if level == rules.levels - 1:
            found = _alike_anywhere(left, right, here, there, rules)
            pairs += found
            here, there = _rest(here, there, found)
        found = join_by_key(left, right, here, there, level)
        pairs += found
        here, there = _rest(here, there, found)
    return pairs


def join_by_key(
    left: Sequence[Item], right: Sequence[Item], here: list[int], there: list[int], level: int
) -> list[Pair]:
    """Return which of some positions have equal keys; of several, the first with the first."""
    waiting: dict[Hashable, list[int]] = {}
    for j in reversed(there):
        key = right[j].key(level)
        if key is not None:
            waiting.setdefault(key, []).append(j)
    pairs = []
    for i in here:
        key = left[i].key(level)
        if key is not None and waiting.get(key):
            pairs.append((i, waiting[key].pop()))
    return pairs


def _rest(here: list[int], there: list[int], pairs: list[Pair]) -> tuple[list[int], list[int]]:
    lefts, rights = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in here if i not in lefts], [j for j in there if j not in rights]


def _alike_anywhere(
    left: Sequence[Item], right: Sequence[Item], here: list[int], there: list[int], rules: Rules
) -> list[Pair]:
    """Return the most alike pairs, greedily; none when there are too many to look at."""
    if len(here) * len(there) > MOST_WORK:
        return []
    likes = [(-rules.likeness(left[i], right[j]), i, j) for i in here for j in there]
    lefts: set[int] = set()
    rights: set[int] = set()
    pairs = []
    for like, i, j in sorted(likes):
        if like and i not in lefts and j not in rights:
            lefts.add(i)
            rights.add(j)
            pairs.append((i, j))
    return pairs
