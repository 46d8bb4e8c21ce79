"""A message that is being edited, as the text view wants it: all of its lines, blank ones too."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from functools import lru_cache

from hl7console.hl7v2.editing.lines import editor_lines
from hl7console.hl7v2.layout import is_segment_at
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.views.raw import RawToken, tokenise
from hl7console.ui.inspector.cells import has_marks
from hl7console.ui.inspector.raw_layout import Fold, RawLines, folds_of

Change = tuple[int, int, int]
"""First and after-last character that went, and how many came."""


class EditLines(RawLines):
    """Lines of a message, blank ones too. Any thread; not changed."""

    def __init__(self, message: Message) -> None:
        starts, ends = editor_lines(message.text, message.line_starts, message.line_ends)
        super().__init__(message.text, starts, ends, _separators(message))

    @classmethod
    def after(cls, message: Message, before: EditLines, change: Change) -> EditLines:
        """Return the lines after a change; long values that it did not touch cost nothing."""
        start, end, came = change
        text = message.text
        is_plain = not any(char in part for char in "\r\n" for part in
                           (text[start : start + came], before.text[start:end]))  # fmt: skip
        if not is_plain or text[:16] != before.text[:16]:
            return cls(message)
        made = cls.__new__(cls)
        made.text = text
        made.starts, made.ends = editor_lines(text, message.line_starts, message.line_ends)
        made.is_ascii = text.isascii()
        made.has_marks = before.has_marks or has_marks(text[start : start + came])
        made.folds = {}
        old = (fold for folds in before.folds.values() for fold in folds)
        made.place_folds(old, change, _separators(message))
        return made

    def place_folds(self, old: Iterable[Fold], change: Change, separators: str) -> None:
        """Put the folds from before a change where they are now; find those anew that it touched.

        Args:
            old: Folds of the text before.
            change: What changed.
            separators: As for `RawLines`.
        """
        start, end, came = change
        line = self.line_at(start)
        first, last = self.starts[line], self.ends[line]
        begin = max(first, self.text.rfind(separators[:1], first, start) + 1)
        stop = self.text.find(separators[:1], start + came, last)
        stop = last if stop < 0 else stop
        moved = [fold_moved(fold, change) for fold in old if not start < fold.start < end]
        kept = [f for f in moved if f.end <= begin or f.start >= max(stop, begin + 1)]
        kept += folds_of(self.text, begin, stop, separators)
        for fold in sorted(kept, key=lambda f: f.start):
            at = self.line_at(fold.start)
            self.folds[at] = (*self.folds.get(at, ()), fold)


def fold_moved(fold: Fold, change: Change) -> Fold:
    """Return where a fold lies after a change."""
    return Fold(moved(fold.start, change), moved(fold.end, change))


def moved(char: int, change: Change) -> int:
    """Return where a character lies after a change; one that went, behind what came."""
    start, end, came = change
    if char <= start:
        return char
    return char + came - (end - start) if char >= end else start + came


class EditSource:
    """Lines, tokens and tool tips of a message that is edited. GUI thread only."""

    def __init__(
        self, message: Message, lines: EditLines, tip: Callable[[int], str] | None = None
    ) -> None:
        self.message = message
        self.lines: RawLines = lines
        self.edit_lines = lines
        self._tip = tip
        self._line_tokens = lru_cache(maxsize=256)(self._tokenise)

    def tip(self, char: int) -> str:
        """Return what a tool tip says of the element at a character."""
        return self._tip(char) if self._tip is not None else ""

    def tokens(self, start: int, end: int) -> list[tuple[int, int, str]]:
        """Return the stretches of a range within one line: first, after-last, kind."""
        if end <= start:
            return []
        tokens, ends = self._line_tokens(self.lines.line_at(start))
        found: list[tuple[int, int, str]] = []
        for token in tokens[bisect_left(ends, start + 1) :]:
            if token.start >= end:
                break
            found.append((max(token.start, start), min(token.end, end), token.kind))
        return found

    def _tokenise(self, line: int) -> tuple[list[RawToken], list[int]]:
        message, text = self.message, self.message.text
        start, end = self.lines.starts[line], self.lines.ends[line]
        is_segment = is_segment_at(text, start, end, message.delimiters.field)
        name = text[start : start + 3] if is_segment else ""
        tokens = tokenise(text, start, end, name, message.delimiters, message.codec)
        return tokens, [token.end for token in tokens]


def _separators(message: Message) -> str:
    marks = message.delimiters
    return marks.field + marks.component + marks.repetition + marks.subcomponent
