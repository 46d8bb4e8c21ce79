"""The ids of a filter, newest first, growing at both ends.

A search delivers ids from the newest down, in chunks; traffic adds newer ones on top. Two arrays
make both an append, however many ids there are (8 bytes each).
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from operator import neg


class IdList:
    """Message ids by row, row 0 the newest. Ids fall strictly from row to row."""

    def __init__(self) -> None:
        self._newer: array[int] = array("q")
        """Rising; shown from its end."""
        self._older: array[int] = array("q")
        """Falling."""

    def __len__(self) -> int:
        return len(self._newer) + len(self._older)

    def __getitem__(self, row: int) -> int:
        """Return the id at a row from 0."""
        newer = len(self._newer)
        if row < 0 or row >= newer + len(self._older):
            raise IndexError(row)
        return self._newer[newer - 1 - row] if row < newer else self._older[row - newer]

    def add_newer(self, ids: array[int]) -> None:
        """Put rising ids, all above the newest, on top."""
        self._newer.extend(ids)

    def add_older(self, ids: array[int]) -> None:
        """Put falling ids, all below the oldest, under the last row."""
        self._older.extend(ids)

    def row_of(self, message_id: int) -> int:
        """Return the row of an id, or -1."""
        place = bisect_left(self._newer, message_id)
        if place < len(self._newer) and self._newer[place] == message_id:
            return len(self._newer) - 1 - place
        place = bisect_left(self._older, -message_id, key=neg)
        if place < len(self._older) and self._older[place] == message_id:
            return len(self._newer) + place
        return -1

    def slice(self, first: int, count: int) -> list[int]:
        """Return the ids of up to `count` rows from `first` on."""
        return [self[row] for row in range(max(first, 0), min(first + count, len(self)))]
