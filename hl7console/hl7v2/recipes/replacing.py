r"""Replaces what a regular expression finds in a value, and touches nothing else of it.

The expression sees the value, without escapes; a formatting sequence such as ``\.br\`` is one
character that ``.`` matches, and stays what it is. What is not found keeps its spelling.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import regex

from hl7console.hl7v2.delimiters import Delimiters
from hl7console.hl7v2.escapes import EscapeKind, escape, is_writable, tokens

LONGEST_PATTERN = 2_000
"""Characters of a regular expression."""

_FIRST_STANDIN = 0xF0000
_LAST_STANDIN = 0x10FFFD
"""Characters for private use: each may stand for one kind of sequence that has no value."""

_UNREADABLE = (
    regex.error, ValueError, IndexError, OverflowError, RecursionError, MemoryError, TimeoutError,
)  # fmt: skip
_PLAIN = (EscapeKind.TEXT, EscapeKind.DELIMITER, EscapeKind.HEX, EscapeKind.BAD)


class PatternError(ValueError):
    """A text that is no regular expression, or a replacement that does not fit it."""


class PatternTimeoutError(Exception):
    """An expression that took too long."""


class UnwritableError(Exception):
    """A replacement needs escapes, and the message names no escape character."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """A regular expression and what takes the place of what it finds. Any thread."""

    pattern: regex.Pattern[str] = field(repr=False)
    template: str = field(repr=False)

    @classmethod
    def of(cls, find: str, replace: str, *, ignores_case: bool = False) -> Replacement:
        r"""Read an expression (the syntax of `re`) and a replacement (``\1``, ``\g<name>``).

        Raises:
            PatternError: One of them is wrong; the text says what.
        """
        if len(find) > LONGEST_PATTERN:
            raise PatternError(f"it has more than {LONGEST_PATTERN:,} characters")
        flags = regex.V0 | (regex.IGNORECASE if ignores_case else 0)
        try:
            pattern = regex.compile(find, flags)
            # One that finds nothing in nothing at the least, so that the replacement is read.
            probe = regex.compile(f"(?:{find}\n)|", flags).search("", timeout=1.0)
            if probe is not None:
                probe.expand(replace)
        except _UNREADABLE as fault:
            raise PatternError(str(fault) or "it is too large") from None
        return cls(pattern, replace)

    def applied_to_text(self, text: str, timeout_s: float) -> str:
        """Return a text with what was found replaced.

        Raises:
            PatternTimeoutError: It took longer than that many seconds.
        """
        parts: list[str] = []
        at = 0
        for start, end, new in self._found(text, timeout_s):
            parts += (text[at:start], new)
            at = end
        return "".join((*parts, text[at:]))

    def applied(self, written: str, delimiters: Delimiters, codec: str, timeout_s: float) -> str:
        """Return a leaf's written text with what was found in its value replaced.

        Args:
            written: As it stands in the message.
            delimiters: Those of the message.
            codec: That of the message.
            timeout_s: Most seconds it may take.

        Raises:
            PatternTimeoutError: It took longer.
        """
        if not delimiters.escape or delimiters.escape not in written:
            return self._in_plain(written, delimiters, codec, timeout_s)
        leaf = _Leaf(written, delimiters, codec)
        parts: list[str] = []
        at = 0
        for start, end, new in self._found(leaf.value, timeout_s):
            begin, before = leaf.cut_before(start)
            stop, after = leaf.cut_after(end)
            middle = leaf.restored(_escaped(before + new + after, delimiters, codec))
            parts += (written[at:begin], middle)
            at = max(stop, begin)
        return "".join((*parts, written[at:]))

    def _in_plain(self, written: str, delimiters: Delimiters, codec: str, timeout_s: float) -> str:
        parts: list[str] = []
        at = 0
        for start, end, new in self._found(written, timeout_s):
            parts += (written[at:start], _escaped(new, delimiters, codec))
            at = end
        return "".join((*parts, written[at:]))

    def _found(self, text: str, timeout_s: float) -> list[tuple[int, int, str]]:
        try:
            return [
                (*found.span(), found.expand(self.template))
                for found in self.pattern.finditer(text, timeout=timeout_s)
            ]
        except TimeoutError:
            raise PatternTimeoutError from None
        except (MemoryError, RecursionError):
            raise PatternTimeoutError from None


def _escaped(text: str, delimiters: Delimiters, codec: str) -> str:
    if not is_writable(text, delimiters):
        raise UnwritableError
    return escape(text, delimiters, codec)


class _Leaf:
    """The value of a leaf with escapes, and where its characters come from."""

    def __init__(self, written: str, delimiters: Delimiters, codec: str) -> None:
        self._sequences: dict[str, str] = {}
        self._standins: dict[str, str] = {}
        self._taken = frozenset(written)
        self._next = _FIRST_STANDIN
        values: list[str] = []
        self._starts: list[int] = []
        """Per character of the value: first character of what it is written as."""
        self._ends: list[int] = []
        self._offsets: list[int] = []
        """Per character: how far into its sequence it is; 0 in plain text."""
        self._sizes: list[int] = []
        for token in tokens(written, delimiters, codec, formatted=True):
            value, is_text = token.text, token.kind is EscapeKind.TEXT
            if token.kind not in _PLAIN or (token.problem and len(value) > 1):
                value = self._standin(written[token.start : token.end])
            values.append(value)
            for offset in range(len(value)):
                self._starts.append(token.start + offset if is_text else token.start)
                self._ends.append(token.start + offset + 1 if is_text else token.end)
                self._offsets.append(0 if is_text else offset)
                self._sizes.append(1 if is_text else len(value))
        self.value = "".join(values)
        self._size = len(written)

    def _standin(self, sequence: str) -> str:
        character = self._standins.get(sequence, "")
        while not character:
            if self._next > _LAST_STANDIN:
                raise PatternTimeoutError
            if chr(self._next) not in self._taken:
                character = self._standins[sequence] = chr(self._next)
                self._sequences[character] = sequence
            self._next += 1
        return character

    def cut_before(self, at: int) -> tuple[int, str]:
        """Return where a character's writing begins, and what of its sequence lies before it."""
        if at >= len(self._starts):
            return self._size, ""
        offset = self._offsets[at]
        return self._starts[at], self.value[at - offset : at]

    def cut_after(self, at: int) -> tuple[int, str]:
        """Return where the writing of the character before ends, and what is left of it."""
        if at == 0:
            return 0, ""
        offset, size = self._offsets[at - 1], self._sizes[at - 1]
        return self._ends[at - 1], self.value[at : at + size - offset - 1]

    def restored(self, text: str) -> str:
        """Return written text with its sequences in place of what stood for them."""
        sequences: Callable[[str, str], str] = self._sequences.get
        return "".join([sequences(character, character) for character in text])
