# ruff: noqa: RUF001 - letters of other scripts are what it is about
"""Which character set an answer is sent in, and text in the letters that an AE can show.

References:
    DICOM PS3.3 C.12.1.1.2 (Specific Character Set); PS3.5 section 6.1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from hl7console.settings import AeRules

ALWAYS = ("ISO_IR 100", "ISO_IR 192")
"""Tried last; the second takes every text."""

_CODECS = {
    "": ("ascii",),
    "ISO_IR 6": ("ascii",),
    "ISO_IR 100": ("latin_1",),
    "ISO_IR 101": ("iso8859_2",),
    "ISO_IR 109": ("iso8859_3",),
    "ISO_IR 110": ("iso8859_4",),
    "ISO_IR 144": ("iso8859_5",),
    "ISO_IR 127": ("iso8859_6",),
    "ISO_IR 126": ("iso8859_7",),
    "ISO_IR 138": ("iso8859_8",),
    "ISO_IR 148": ("iso8859_9",),
    "ISO_IR 203": ("iso8859_15",),
    "ISO_IR 13": ("shift_jis",),
    "ISO_IR 166": ("iso8859_11",),
    "ISO_IR 192": ("utf_8",),
    "GB18030": ("gb18030",),
    "GBK": ("gbk",),
    "ISO 2022 IR 87": ("iso2022_jp",),
    "ISO 2022 IR 159": ("iso2022_jp_2",),
    "ISO 2022 IR 149": ("euc_kr",),
    "ISO 2022 IR 58": ("gb2312",),
}

_GREEK = {
    "α": "a", "β": "v", "γ": "g", "δ": "d", "ε": "e", "ζ": "z", "η": "i", "θ": "th", "ι": "i",
    "κ": "k", "λ": "l", "μ": "m", "ν": "n", "ξ": "x", "ο": "o", "π": "p", "ρ": "r", "σ": "s",
    "ς": "s", "τ": "t", "υ": "y", "φ": "f", "χ": "ch", "ψ": "ps", "ω": "o",
}  # fmt: skip
_CYRILLIC = {
    "а": "a", "б": "b", "в": "v", "г": "g", "д": "d", "е": "e", "ж": "zh", "з": "z", "и": "i",
    "й": "y", "к": "k", "л": "l", "м": "m", "н": "n", "о": "o", "п": "p", "р": "r", "с": "s",
    "т": "t", "у": "u", "ф": "f", "х": "kh", "ц": "ts", "ч": "ch", "ш": "sh", "щ": "shch",
    "ъ": "", "ы": "y", "ь": "", "э": "e", "ю": "yu", "я": "ya", "і": "i", "ї": "yi", "є": "ye",
    "ґ": "g",
}  # fmt: skip
_LATIN = {
    "ß": "ss", "æ": "ae", "œ": "oe", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "ł": "l",
    "\u0131": "i", "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-",
    "\u2014": "-", "\u2026": "...", "\u20ac": "EUR", "\xa0": " ", "ä": "ae", "ö": "oe", "ü": "ue",
    "\xb5": "u", "\xb0": " deg",
}  # fmt: skip
_LETTERS = _LATIN | _GREEK | _CYRILLIC

UNKNOWN = "_"
"""Stands for a character that has no Latin spelling here; never a question mark."""


def choose(texts: Iterable[str], rules: AeRules, requested: Sequence[str]) -> tuple[str, ...]:
    """Return the character sets to send these texts in; () where all is ASCII."""
    text = "\n".join(texts)
    if text.isascii():
        return ()
    tried: list[tuple[str, ...]] = [(name,) for name in rules.charsets if name]
    tried += [tuple(requested)] if requested else []
    tried += [(name,) for name in ALWAYS]
    for names in tried:
        if can_write(text, names):
            return _written(names)
    return ("ISO_IR 192",)


def _written(names: tuple[str, ...]) -> tuple[str, ...]:
    """A multi-byte set needs code extension, behind ASCII."""
    if len(names) == 1 and names[0].startswith("ISO 2022"):
        return ("", names[0])
    return names


def can_write(text: str, names: Sequence[str]) -> bool:
    """Return whether all of a text can be written in these character sets."""
    codecs = [codec for name in names for codec in _CODECS.get(_plain(name), ())]
    if any(_plain(name) not in _CODECS for name in names):
        return False
    return all(any(_encodes(letter, codec) for codec in codecs) for letter in set(text))


def _plain(name: str) -> str:
    name = name.strip()
    one_byte = name.replace("ISO 2022 IR", "ISO_IR")
    return one_byte if one_byte in _CODECS else name


def _encodes(letter: str, codec: str) -> bool:
    try:
        letter.encode(codec)
    except UnicodeEncodeError:
        return letter.isascii()
    return True


def transliterate(text: str, how: str) -> str:
    """Return text in ASCII (``ascii``) or Latin-1 (``latin1``) letters."""
    if not how or text.isascii():
        return text
    codec = "latin_1" if how == "latin1" else "ascii"
    return "".join([_letter(letter, codec) for letter in text])


def _letter(letter: str, codec: str) -> str:
    if _encodes(letter, codec):
        return letter
    small = letter.lower()
    plain = "".join(
        [c for c in unicodedata.normalize("NFD", small) if not unicodedata.combining(c)]
    )
    spelt = _LETTERS.get(small)
    if spelt is None:
        spelt = _LETTERS.get(plain)
    if spelt is None and plain.isascii():
        spelt = plain
    if spelt is None:
        wide = unicodedata.normalize("NFKC", letter)
        return wide if wide.isascii() else UNKNOWN
    return spelt.capitalize() if letter != small and spelt else spelt


_FROM_REQUEST = re.compile(r"ISO[_ ](?:IR|2022 IR) ?\d+|GB18030|GBK")


def known(names: Sequence[str]) -> bool:
    """Return whether every one of a request's character sets is one that we know."""
    return all(not name or (_FROM_REQUEST.fullmatch(name) and _plain(name) in _CODECS)
               for name in names)  # fmt: skip
