r"""The words of the full text: one definition for the index, the search box and the evaluation.

A word is a run of letters and digits, without case and accents. Everything else divides, so
``SMITH^JOHN`` is two words that follow each other. Runs longer than `LONGEST_WORD` are base64 or
the like, and no words.
"""

from __future__ import annotations

import re
import unicodedata

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters
from hl7console.hl7v2.escapes import unescape

LONGEST_WORD = 64
"""Letters of the longest run that is a word."""

_ASCII_WORDS = re.compile(r"[a-z0-9]+")
_WORDS = re.compile(r"[^\W_]+")
_LONG_RUN = re.compile(r"[A-Za-z0-9+/]{400,}")


def words(text: str) -> list[str]:
    """Return the words of a text, normalised, in their order and with repeats. Any thread."""
    found = _ASCII_WORDS.findall(text.lower()) if text.isascii() else _WORDS.findall(_fold(text))
    return [word for word in found if len(word) <= LONGEST_WORD]


def message_words(text: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8") -> list[str]:
    """Return the words of a message's values, escapes resolved. Any thread.

    Args:
        text: The message's decoded text.
        delimiters: Those of the message.
        codec: That of the message, for the bytes of hexadecimal escapes.
    """
    if len(text) > 4096:
        text = _LONG_RUN.sub(" ", text)
    escape = delimiters.escape
    if escape:
        header_end = text.find(delimiters.field, 4)
        if header_end >= 0 and text.find(escape, header_end) >= 0:
            text = text[:header_end] + unescape(text[header_end:], delimiters, codec)
    return words(text)


def _fold(text: str) -> str:
    """Return the text without case and accents."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join([c for c in decomposed if not unicodedata.combining(c)]).casefold()
