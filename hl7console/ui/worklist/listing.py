"""What the list shows: ids in their order, cut into groups that can be folded away.

A group has a row for its heading; the rows of its lines follow while it is open. Nothing is kept
for each line but its id (8 bytes), so that 200,000 lines cost no time to fold or unfold.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Group:
    """A stretch of the lines under one heading."""

    key: str = field(repr=False)
    """What its lines have in common; patients are named by their number and name."""
    first: int
    """Place of its first line among all ids."""
    count: int


class Listing:
    """Ids by row. GUI thread only, once it was handed over.

    Args:
        ids: Lines in the order in which they are shown.
        groups: Groups that cover all ids in that order; none for a plain list.
        folded: Keys of the groups that are folded away.
    """

    def __init__(
        self,
        ids: array[int] | None = None,
        groups: Sequence[Group] = (),
        folded: Iterable[str] = (),
    ) -> None:
        self.ids: array[int] = ids if ids is not None else array("q")
        self.groups = tuple(groups)
        self.folded = {key for key in folded if any(g.key == key for g in groups)}
        self._starts: list[int] = []
        self._rows = 0
        self._settle()

    def _settle(self) -> None:
        self._starts = []
        row = 0
        for group in self.groups:
            self._starts.append(row)
            row += 1 + (0 if group.key in self.folded else group.count)
        self._rows = row if self.groups else len(self.ids)

    def __len__(self) -> int:
        """Return how many rows there are, headings included."""
        return self._rows

    def group_at(self, row: int) -> Group | None:
        """Return the group whose heading stands at a row; None at a line."""
        if not self.groups or not 0 <= row < self._rows:
            return None
        place = bisect_right(self._starts, row) - 1
        return self.groups[place] if self._starts[place] == row else None

    def place_at(self, row: int) -> int:
        """Return which of the ids stands at a row; -1 at a heading."""
        if not 0 <= row < self._rows:
            return -1
        if not self.groups:
            return row
        number = bisect_right(self._starts, row) - 1
        inside = row - self._starts[number]
        return self.groups[number].first + inside - 1 if inside else -1

    def id_at(self, row: int) -> int:
        """Return the line at a row; 0 at a heading."""
        place = self.place_at(row)
        return self.ids[place] if place >= 0 else 0

    def row_of(self, step_id: int) -> int:
        """Return the row of a line; -1 where it is not there or folded away."""
        try:
            place = self.ids.index(step_id)
        except ValueError:
            return -1
        if not self.groups:
            return place
        number = bisect_right([group.first for group in self.groups], place) - 1
        group = self.groups[number]
        if group.key in self.folded:
            return -1
        return self._starts[number] + 1 + place - group.first

    def heading_row(self, key: str) -> int:
        """Return the row of a group's heading, or -1."""
        for number, group in enumerate(self.groups):
            if group.key == key:
                return self._starts[number]
        return -1

    def around(self, row: int, count: int) -> list[int]:
        """Return the ids of the `count` places around a row that are fetched together."""
        place = self.place_at(row)
        first = max(place - place % count, 0)
        return list(self.ids[first : first + count])

    def fold(self, key: str, *, is_folded: bool) -> None:
        """Fold a group away, or unfold it."""
        if is_folded:
            self.folded.add(key)
        else:
            self.folded.discard(key)
        self._settle()


def grouped(keys: Iterable[tuple[str, int]]) -> list[Group]:
    """Return the groups of keys with their counts, in that order."""
    groups: list[Group] = []
    first = 0
    for key, count in keys:
        groups.append(Group(key, first, count))
        first += count
    return groups
