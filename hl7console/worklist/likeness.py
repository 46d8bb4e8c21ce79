"""By what two persons look like one: a key that likely duplicates share.

Persons with the same key are listed for somebody to decide; no rule ever merges them.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache


@lru_cache(maxsize=8192)
def short_name(name: str) -> str:
    """Return family and given name of a PN's first group: accents, letter case and marks aside."""
    parts = name.split("=", 1)[0].split("^")
    return "^".join(map(_plain, parts[:2])).strip("^")


def _plain(part: str) -> str:
    if part.isascii():
        return "".join(filter(str.isalnum, part)).upper()
    apart = unicodedata.normalize("NFKD", part)
    return "".join(char for char in apart if char.isalnum()).upper()


def key_of(name: str, birth_date: str, sex: str) -> str:
    """Return the key of a person; "" where name or birth date is not known."""
    short = short_name(name) if name else ""
    return f"{short}|{birth_date}|{sex}" if short and birth_date else ""


_LETTERS = str.maketrans({
    "Æ": "AE", "æ": "ae", "Œ": "OE", "œ": "oe", "Ø": "O", "ø": "o", "ß": "ss", "Ł": "L", "ł": "l",
    "Đ": "D", "đ": "d", "Ð": "D", "ð": "d", "Þ": "TH", "þ": "th", "\u0131": "i",
})  # fmt: skip
"""Letters that a system without them writes in other ways, and that have no parts."""


def is_same_name(one: str, other: str) -> bool:
    """Return whether two PNs are one name, as systems with fewer letters write it.

    Accents, letter case and marks don't count, nor does a group (ideographic, phonetic) that only
    one of them has.
    """
    pairs = [
        (first, second)
        for first, second in zip(one.split("="), other.split("="), strict=False)
        if first and second
    ]
    return bool(pairs) and all(_written(first) == _written(second) for first, second in pairs)


def _written(group: str) -> str:
    parts = [_plain(part.translate(_LETTERS)) for part in group.split("^")]
    return "^".join(parts).rstrip("^")
