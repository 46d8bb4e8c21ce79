"""Parts of a stretch of text between separators, as offsets; nothing is copied.

An empty separator stands for a disabled role: the stretch is one part.
"""

from __future__ import annotations

from array import array


def part_starts(text: str, start: int, end: int, mark: str) -> array[int]:
    """Return where the parts of a stretch of text begin, divided by a mark ("": undivided)."""
    starts = array("q", (start,))
    if mark:
        found = text.find(mark, start, end)
        while found >= 0:
            starts.append(found + 1)
            found = text.find(mark, found + 1, end)
    return starts


def nth_part(text: str, start: int, end: int, mark: str, number: int) -> tuple[int, int] | None:
    """Return the offsets of one part, from 1; None when there are not as many."""
    while mark and number > 1:
        found = text.find(mark, start, end)
        if found < 0:
            return None
        start = found + 1
        number -= 1
    if number != 1:
        return None
    found = text.find(mark, start, end) if mark else -1
    return start, (end if found < 0 else found)


def part_around(text: str, start: int, end: int, mark: str, char: int) -> tuple[int, int, int]:
    """Return number and offsets of the part that a character belongs to; a mark ends its part."""
    if not mark:
        return 1, start, end
    begin = text.rfind(mark, start, char) + 1 or start
    stop = text.find(mark, char, end)
    return text.count(mark, start, begin) + 1, begin, (end if stop < 0 else stop)
