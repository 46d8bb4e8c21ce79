r"""Escape sequences both ways, without losing a character.

Reading keeps whatever it does not know as it is written: an unpaired escape character, ``C:\temp``,
local ``\Z..\`` sequences. Writing escapes just what would be misread, so that reading back gives
the same text for any text and any delimiters.

References:
    HL7 v2.5.1 chapter 2, section 2.7 (use of escape sequences in text fields).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache

from hl7console.hl7v2.delimiters import DEFAULT, Delimiters

BAD_ESCAPE = "bad_escape"
"""Problem: an escape character that begins no known sequence."""
BAD_HEX = "bad_hex"
r"""Problem: ``\X..\`` whose digits are no byte pairs, or no characters in the message's set."""
CHARSET_SWITCH = "charset_switch"
r"""Problem: ``\C..\`` or ``\M..\``, which is kept as written."""
FORMAT_IN_PLAIN_TEXT = "format_in_plain_text"
r"""Problem: a formatting sequence such as ``\.br\`` where the data type has none."""

_HEX = re.compile(r"X(?:[0-9A-Fa-f]{2})+", re.ASCII)
_CHARSET = re.compile(r"C[0-9A-Fa-f]{4}|M[0-9A-Fa-f]{4}(?:[0-9A-Fa-f]{2})?", re.ASCII)
_FORMAT = re.compile(r"\.(?:br|ce|fi|nf|(?:sp|sk|in|ti) ?[+-]?\d{0,3})", re.ASCII)
_PLAIN_FORMATS = {"br": "\n", "ce": "\n", "fi": "", "nf": ""}


class EscapeKind(StrEnum):
    """What a stretch of written text is."""

    TEXT = "text"
    DELIMITER = "delimiter"
    HEX = "hex"
    FORMAT = "format"
    HIGHLIGHT = "highlight"
    CHARSET = "charset"
    LOCAL = "local"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class EscapeToken:
    """A stretch of written text; the tokens of a text follow each other without gaps."""

    kind: EscapeKind
    start: int
    end: int
    text: str = field(repr=False)
    """What it stands for; what is written, where it stands for nothing known."""
    problem: str = ""


def unescape(
    text: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8", *, formatted: bool = True
) -> str:
    r"""Return the value that a leaf's written text stands for.

    Args:
        text: Written text of one subcomponent.
        delimiters: Those of the message.
        codec: That of the message, for the bytes of ``\X..\``.
        formatted: Whether the data type (FT, TX, CF) knows formatting sequences; elsewhere they
            are kept as written.
    """
    if not delimiters.escape or delimiters.escape not in text:
        return text

    def value(found: re.Match[str]) -> str:
        written = found[0]
        return "".join([t.text for t in tokens(written, delimiters, codec, formatted=formatted)])

    return _sequences(delimiters).sub(value, text)


@lru_cache(maxsize=256)
def _sequences(delimiters: Delimiters) -> re.Pattern[str]:
    """Return what is an escape sequence to `tokens`; all else is passed over quickly."""
    mark = re.escape(delimiters.escape)
    rest = f"[^{mark}]*"
    letters = "HN" + "".join(_characters_by_letter(delimiters))
    kinds = f"[{letters}]|Z{rest}|{_FORMAT.pattern}|{_CHARSET.pattern}"
    return re.compile(f"(?:{mark}X{rest}{mark})+|{mark}(?:{kinds}){mark}", re.ASCII)


def tokens(
    text: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8", *, formatted: bool = True
) -> Iterator[EscapeToken]:
    """Yield the stretches of a leaf's written text in order, in linear time."""
    mark = delimiters.escape
    pending = position = 0
    while mark:
        start = text.find(mark, position)
        if start < 0:
            break
        end = text.find(mark, start + 1)
        found = None
        if end >= 0 and text.startswith("X", start + 1):
            yield from _text_token(text, pending, start)
            run, position = _hex_run(text, start, mark)
            yield from _hex_tokens(text, run, codec)
            pending = position
            continue
        if end >= 0:
            found = _read_sequence(text[start + 1 : end], delimiters, formatted=formatted)
        yield from _text_token(text, pending, start)
        if found is None:
            # No sequence: the character is text, and the next one may begin a sequence.
            yield EscapeToken(EscapeKind.BAD, start, start + 1, mark, BAD_ESCAPE)
            pending = position = start + 1
        else:
            kind, value, problem = found
            written = text[start : end + 1] if value is None else value
            yield EscapeToken(kind, start, end + 1, written, problem)
            pending = position = end + 1
    yield from _text_token(text, pending, len(text))


def _text_token(text: str, start: int, end: int) -> Iterator[EscapeToken]:
    if start < end:
        yield EscapeToken(EscapeKind.TEXT, start, end, text[start:end])


def _hex_run(text: str, start: int, mark: str) -> tuple[list[tuple[int, int]], int]:
    r"""Return the spans of the ``\X..\`` sequences that follow each other, and their end."""
    spans: list[tuple[int, int]] = []
    while text.startswith(mark + "X", start):
        end = text.find(mark, start + 1)
        if end < 0:
            break
        spans.append((start, end + 1))
        start = end + 1
    return spans, start


def _hex_tokens(text: str, spans: list[tuple[int, int]], codec: str) -> Iterator[EscapeToken]:
    r"""Yield one token for a run that makes sense together, else one for each sequence.

    A character of several bytes may be spread over sequences: ``\XC3\\XA9\``.
    """
    start, end = spans[0][0], spans[-1][1]
    together = _decode_hex([text[begin + 1 : stop - 1] for begin, stop in spans], codec)
    if together is not None:
        yield EscapeToken(EscapeKind.HEX, start, end, together)
        return
    for begin, stop in spans:
        alone = _decode_hex([text[begin + 1 : stop - 1]], codec)
        if alone is None:
            yield EscapeToken(EscapeKind.HEX, begin, stop, text[begin:stop], BAD_HEX)
        else:
            yield EscapeToken(EscapeKind.HEX, begin, stop, alone)


def _decode_hex(bodies: list[str], codec: str) -> str | None:
    data = bytearray()
    for body in bodies:
        if not _HEX.fullmatch(body):
            return None
        data += bytes.fromhex(body[1:])
    try:
        return data.decode(_codec_of_hex(codec))
    except UnicodeError:
        return None


def _codec_of_hex(codec: str) -> str:
    # In UTF-16 files a byte pair is no character; such text comes from UTF-8 systems.
    return "utf_8" if codec.startswith(("utf_16", "utf_32")) else codec


_Sequence = tuple[EscapeKind, str | None, str]
"""Kind, value (None: as written) and problem code."""


def _read_sequence(body: str, delimiters: Delimiters, *, formatted: bool) -> _Sequence | None:
    """Read what stands between two escape characters; None when it is no sequence."""
    if len(body) == 1:
        return _read_letter(body, delimiters)
    if body.startswith("."):
        return _read_format(body, formatted=formatted)
    if body.startswith("Z"):
        return EscapeKind.LOCAL, None, ""
    if _CHARSET.fullmatch(body):
        return EscapeKind.CHARSET, None, CHARSET_SWITCH
    return None


def _read_letter(letter: str, delimiters: Delimiters) -> _Sequence | None:
    if letter in ("H", "N"):
        return EscapeKind.HIGHLIGHT, "", ""
    if letter == "Z":
        return EscapeKind.LOCAL, None, ""
    character = _characters_by_letter(delimiters).get(letter)
    return (EscapeKind.DELIMITER, character, "") if character else None


@lru_cache(maxsize=256)
def _characters_by_letter(delimiters: Delimiters) -> dict[str, str]:
    by_letter = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation,
    }
    return {letter: character for letter, character in by_letter.items() if character}


def _read_format(body: str, *, formatted: bool) -> _Sequence | None:
    if not _FORMAT.fullmatch(body):
        return None
    if not formatted:
        return EscapeKind.FORMAT, None, FORMAT_IN_PLAIN_TEXT
    name, number = body[1:3], body[3:].strip()
    if name in _PLAIN_FORMATS:
        return EscapeKind.FORMAT, _PLAIN_FORMATS[name], ""
    count = int(number) if number.strip("+-") else 1
    return EscapeKind.FORMAT, ("\n" if name == "sp" else " ") * max(count, 0), ""


def escape(text: str, delimiters: Delimiters = DEFAULT, codec: str = "utf_8") -> str:
    r"""Return how a value is written inside a leaf; `unescape` gives the value back.

    Where the message has no escape character, the usual ``\`` takes its place, and where that is
    a separator, control characters are written as ``<0D>``: nothing is lost to a reader, although
    programs will not read it back. `is_writable` tells beforehand.

    Args:
        text: Any text.
        delimiters: Those of the message.
        codec: That of the message, for the bytes of control characters.
    """
    special = _special_characters(delimiters)
    if special.search(text) is None:
        return text
    mark = delimiters.escape
    if not mark and "\\" not in delimiter_characters(delimiters):
        mark = "\\"
    if not mark:
        return _CONTROL.sub(lambda found: f"<{ord(found[0]):02X}>", text)
    letters = _letters_by_character(delimiters)

    def written(found: re.Match[str]) -> str:
        letter = letters.get(found[0])
        if letter is None:
            letter = "X" + found[0].encode(_codec_of_hex(codec)).hex().upper()
        return mark + letter + mark

    return special.sub(written, text)


def is_writable(text: str, delimiters: Delimiters) -> bool:
    """Return whether `escape` can write a text so that it reads back the same."""
    return bool(delimiters.escape) or _special_characters(delimiters).search(text) is None


def delimiter_characters(delimiters: Delimiters) -> str:
    """Return the characters that divide a message, without disabled roles."""
    return "".join(_characters_by_letter(delimiters).values())


@lru_cache(maxsize=256)
def _letters_by_character(delimiters: Delimiters) -> dict[str, str]:
    return {character: letter for letter, character in _characters_by_letter(delimiters).items()}


@lru_cache(maxsize=256)
def _special_characters(delimiters: Delimiters) -> re.Pattern[str]:
    characters = re.escape(delimiter_characters(delimiters))
    return re.compile(f"[{characters}]|{_CONTROL.pattern}")


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]+")
