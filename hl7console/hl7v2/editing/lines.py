r"""The lines of a text as an editor shows them: every one of them, blank ones too.

A message has no blank lines: they are part of what ends the line before. In an editor the caret
must be able to stand in one, and to begin a segment behind the last line's end.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence

_END = re.compile(r"\r\n|\r|\n")


def editor_lines(
    text: str, starts: Sequence[int], ends: Sequence[int]
) -> tuple[array[int], array[int]]:
    """Return first and after-last characters of all lines, blank ones too; at least one.

    Args:
        text: The whole text.
        starts: First character of each line that is not blank, in order.
        ends: The one after its last character.
    """
    all_starts, all_ends = array("q"), array("q")
    done = 0
    for start, end in zip(starts, ends, strict=True):
        begin = start
        if start - done > 2 or not _is_one_end(text, done, start):
            begin = _add_blank(text, done, start, all_starts, all_ends, is_first=not all_starts)
        all_starts.append(begin)
        all_ends.append(end)
        done = end
    if not all_starts or done < len(text):
        last = _add_blank(text, done, len(text), all_starts, all_ends, is_first=not all_starts)
        all_starts.append(last)
        all_ends.append(len(text))
    return all_starts, all_ends


def _is_one_end(text: str, start: int, end: int) -> bool:
    """Return whether exactly one line end stands between two lines."""
    if start == 0:
        return end == 0
    size = end - start
    return size == 1 or (size == 2 and text.startswith("\r\n", start))


def _add_blank(
    text: str, start: int, end: int, starts: array[int], ends: array[int], *, is_first: bool
) -> int:
    """Add the blank lines of a stretch between two lines; return where the next line begins."""
    begin = start if is_first else -1
    for match in _END.finditer(text, start, end):
        if begin >= 0:
            starts.append(begin)
            ends.append(match.start())
        begin = match.end()
    return begin if begin >= 0 else end


def line_end_of(text: str) -> str:
    """Return how the first line of a text is ended; CR where none is."""
    match = _END.search(text)
    return match[0] if match else "\r"


def with_line_ends(pasted: str, line_end: str) -> str:
    """Return text from elsewhere with the line ends of the text that it is put into."""
    return _END.sub(line_end.replace("\\", r"\\"), pasted)
