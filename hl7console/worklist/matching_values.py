"""How one value of a query matches one value of a row.

Values are plain text, as they stand in a data set once it is decoded.

References:
    DICOM PS3.4 section C.2.2.2 (attribute matching) and K.2.2; PS3.5 section 6.2 (DA, TM, PN).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence

Test = Callable[[str], bool]
"""Says whether a value, which isn't empty, matches."""

DAYS_OF_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def never(_value: str) -> bool:
    """Return False: a key that cannot match anything."""
    return False


def has_wildcard(text: str) -> bool:
    """Return whether a key has a wild card."""
    return "*" in text or "?" in text


def glob(pattern: str, text: str) -> bool:
    """Return whether text matches a pattern of ``*`` (any run) and ``?`` (one character).

    Takes at most as many steps as the two lengths multiplied, whatever the pattern.
    """
    at = place = 0
    star, mark = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "*":
            star, mark = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("?", text[at]):
            place += 1
            at += 1
        elif star >= 0:
            place, mark = star + 1, mark + 1
            at = mark
        else:
            return False
    return not pattern[place:].strip("*")


def text_test(keys: Sequence[str], *, is_ae: bool = False, ignore_case: bool = False) -> Test:
    """Return the test of a text key: equal, or by wild card; any of several values will do."""

    def trimmed(value: str) -> str:
        value = value.strip(" ") if is_ae else value.rstrip(" \0")
        return value.casefold() if ignore_case else value

    wanted = [trimmed(key) for key in keys]
    exact = frozenset(key for key in wanted if not has_wildcard(key))
    patterns = tuple(key for key in wanted if has_wildcard(key))

    def test(value: str) -> bool:
        value = trimmed(value)
        return value in exact or any(glob(pattern, value) for pattern in patterns)

    return test


def exact_test(keys: Sequence[str]) -> Test:
    """Return the test of a key without wild cards (UI, IS, US…): any of the values."""
    wanted = frozenset(key.strip(" \0") for key in keys)
    return lambda value: value.strip(" \0") in wanted


def fold(text: str) -> str:
    """Return text without accents and letter case, for comparing only."""
    split = unicodedata.normalize("NFKD", text.casefold())
    return "".join([letter for letter in split if not unicodedata.combining(letter)])


def name_test(key: str, *, append_wildcard: bool = False, fold_accents: bool = False) -> Test:
    """Return the test of a person's name: component by component, letter case aside.

    A key of one group matches any group of the name; one of several, those in the same places.
    """
    change = fold if fold_accents else str.casefold
    groups = [_components(change(group)) for group in key.split("=")]
    while groups and groups[-1] == [""]:
        groups.pop()
    if append_wildcard:
        groups = [[*group[:-1], group[-1].rstrip("*") + "*"] for group in groups if group != [""]]

    def test(value: str) -> bool:
        have = [_components(change(group)) for group in value.split("=")]
        if len(groups) == 1:
            return any(_group_matches(groups[0], group) for group in have)
        return len(have) >= len(groups) and all(
            group == [""] or _group_matches(group, have[n]) for n, group in enumerate(groups)
        )

    return test


def _components(group: str) -> list[str]:
    parts = [part.strip(" ") for part in group.split("^")]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return parts


def _group_matches(wanted: list[str], have: list[str]) -> bool:
    last = len(wanted) - 1
    if len(have) <= last:
        have = have + [""] * (last + 1 - len(have))
    if not all(glob(wanted[n], have[n]) for n in range(last)):
        return False
    # A star at the end of the key stands for the components that follow, too.
    rest = "^".join(have[last:]) if wanted[last].endswith("*") else have[last]
    if not rest and not any(have):
        return False
    return glob(wanted[last], rest) and (wanted[last].endswith("*") or len(have) == last + 1)


def read_date(text: str) -> str:
    """Return a date key as ``YYYYMMDD``; "" when it isn't a date."""
    text = text.strip(" \0")
    if len(text) != 8 or not (text.isascii() and text.isdigit()):
        return ""
    month, day = int(text[4:6]), int(text[6:])
    if not 1 <= month <= 12 or not 1 <= day <= DAYS_OF_MONTH[month - 1]:
        return ""
    return text


def read_time(text: str, *, is_end: bool = False) -> str:
    """Return a time key as ``HHMMSS.FFFFFF``, filled up at its start or end; "" if it isn't one."""
    text = text.strip(" \0")
    whole, dot, part = text.partition(".")
    digits = whole + part
    if len(whole) not in (2, 4, 6) or not (digits.isascii() and digits.isdigit()):
        return ""
    if dot and (len(whole) != 6 or not 1 <= len(part) <= 6):
        return ""
    if whole[:2] > "23" or whole[2:4] > "59" or whole[4:] > "60":
        return ""
    fill = "5959" if is_end else "0000"
    return f"{(whole + fill[len(whole) - 2 :]) if len(whole) < 6 else whole}." + part.ljust(
        6, "9" if is_end else "0"
    )


class Span:
    """What a date or time key asks for: from one value to another, both included.

    Args:
        text: The key.
        is_time: A time, not a date.
        is_loose: Take dots, dashes and colons out first.
    """

    __slots__ = ("first", "is_range", "is_valid", "last")

    def __init__(self, text: str, *, is_time: bool, is_loose: bool = False) -> None:
        text = text.strip(" \0")
        if is_loose:
            text = _tidied(text, is_time=is_time)
        low, dash, high = text.partition("-")
        self.is_range = bool(dash)
        if is_time:
            self.first = read_time(low)
            self.last = read_time(high if dash else low, is_end=True)
        else:
            self.first = read_date(low)
            self.last = read_date(high) if dash else self.first
        wanted = (low, high) if dash else (low, low)
        self.is_valid = any(wanted) and all(
            bool(found) or not asked for asked, found in zip(wanted, self._both(), strict=True)
        )
        """Whether it is a date, a time or a range at all; one that isn't matches nothing."""

    def _both(self) -> tuple[str, str]:
        return self.first, self.last

    def holds(self, value: str) -> bool:
        """Return whether a value, as `read_date` or `read_time` gives it, lies within."""
        if not self.is_valid or not value:
            return False
        return (not self.first or value >= self.first) and (not self.last or value <= self.last)


def _tidied(text: str, *, is_time: bool) -> str:
    """Return an old or foreign date or time as DICOM writes it now."""
    if is_time:
        return text.replace(":", "")
    text = text.replace(".", "").replace(":", "").replace("/", "")
    parts = text.split("-")
    if len(parts) in (3, 6) and len(parts[0]) == 4:
        days = ["".join(parts[n : n + 3]) for n in range(0, len(parts), 3)]
        return "-".join(days)
    return text
