r"""The words of the full text: one definition for the index, the search box and the evaluation.

A word is a run of letters and digits, without case and accents. Everything else divides, so
``SMITH^JOHN`` is two words that follow each other. Runs longer than `LONGEST_WORD` are no words,
and neither is base64 text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.escapes import unescape

LONGEST_WORD = 64
"""Letters of the longest run that is a word."""

_ASCII_FOLDED = bytes(
    ord(chr(code).lower()) if chr(code).isascii() and chr(code).isalnum() else 0x20
    for code in range(256)
)
"""Capital letters to small ones, all but letters and digits to blanks."""
_WORDS = re.compile(r"[^\W_]+")
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/]{400,}")
_LONG_TEXT = 2000
"""Characters from which on it pays to look for base64."""
_WITHOUT_BASE64_MARKS = str.maketrans("", "", "+/")


def words(text: str) -> list[str]:
    """Return the words of a text, normalised, in their order and with repeats. Any thread."""
    if text.isascii():
        found = text.encode("ascii").translate(_ASCII_FOLDED).decode("ascii").split()
    else:
        found = _WORDS.findall(fold(text))
    if len(text) > LONGEST_WORD and max(map(len, found), default=0) > LONGEST_WORD:
        return [word for word in found if len(word) <= LONGEST_WORD]
    return found


def message_words(text: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8") -> list[str]:
    """Return the words of a message's values, escapes resolved. Any thread.

    Args:
        text: The message's decoded text.
        delimiters: Those of the message.
        codec: That of the message, for the bytes of hexadecimal escapes.
    """
    if len(text) > _LONG_TEXT:
        text = _BASE64_RUN.sub(" ", text)
    escape = delimiters.escape
    if escape:
        header_end = text.find(delimiters.field, 4) + 1
        if text.find(escape, header_end) >= 0:
            text = text[:header_end] + _unescaped(text[header_end:], delimiters, codec)
    return words(text)


def certain_words(value: str, *, is_whole: bool) -> tuple[str, ...]:
    """Return words that the full text of a message holds if one of its values matches.

    Args:
        value: What the value equals, or what it contains.
        is_whole: Whether it equals it; otherwise the words at both ends may be parts of words.
    """
    if "\\" in value:
        return ()
    folded = value.lower() if value.isascii() else fold(value)
    found = []
    for match in _WORDS.finditer(folded):
        start, end = match.span()
        before, after = folded[max(0, start - 1) : start], folded[end : end + 1]
        is_certain = is_whole or (before and after)
        is_base64 = before + after != (before + after).translate(_WITHOUT_BASE64_MARKS)
        if is_certain and not is_base64 and end - start <= LONGEST_WORD:
            found.append(match[0])
    return tuple(dict.fromkeys(found))


def fold(text: str) -> str:
    """Return a text without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join([c for c in decomposed if not unicodedata.combining(c)]).casefold()


def _unescaped(text: str, delimiters: Delimiters, codec: str) -> str:
    """Return the text with the escapes of each leaf resolved; separators become blanks."""
    escape = delimiters.escape
    return " ".join(
        [
            unescape(leaf, delimiters, codec) if escape in leaf else leaf
            for leaf in _separators(delimiters).split(text)
        ]
    )


@lru_cache(maxsize=64)
def _separators(delimiters: Delimiters) -> re.Pattern[str]:
    marks = (
        delimiters.field + delimiters.component + delimiters.repetition + delimiters.subcomponent
    )
    return re.compile(f"[{re.escape(marks)}\r\n]+")
