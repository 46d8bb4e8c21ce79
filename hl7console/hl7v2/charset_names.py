"""Names of character sets: HL7 table 0211 and what senders write instead, to Python codecs.

References:
    HL7 table 0211 (alternate character sets); DICOM PS3.3 C.12.1.1.2 for the ISO-IR numbers.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from functools import lru_cache

NONSTANDARD_CHARSET = "nonstandard_charset"
"""Flag: MSH-18 names a character set that HL7 table 0211 does not have."""
UNKNOWN_CHARSET = "unknown_charset"
"""Flag: MSH-18 names a character set that cannot be read here."""
STATEFUL_PREFIXES = ("iso2022", "hz", "utf_7")
"""Codecs whose bytes mean different things after a shift sequence."""

_SAFE = frozenset({"ascii", "utf_8", "latin_1", "tis_620", "mac_roman", "koi8_r", "koi8_u"})
_SAFE_PREFIXES = ("iso8859_", "cp125", "cp4", "cp8")

_ISO_8859_IR = {100: 1, 101: 2, 109: 3, 110: 4, 144: 5, 127: 6, 126: 7, 138: 8, 148: 9, 203: 15}

_STANDARD: dict[str, str] = {
    "": "ascii",
    "ASCII": "ascii",
    "USASCII": "ascii",
    "ISOIR6": "ascii",
    "ISOIR14": "shift_jis",
    "JISX0201": "shift_jis",
    "ISOIR87": "iso2022_jp",
    "JISX0208": "iso2022_jp",
    "ISOIR159": "iso2022_jp_1",
    "JISX0212": "iso2022_jp_1",
    "GB180302000": "gb18030",
    "GB18030": "gb18030",
    "KSX1001": "euc_kr",
    "EUCKR": "euc_kr",
    "ISOIR149": "euc_kr",
    "BIG5": "cp950",
    "UNICODE": "utf_8",
    "UNICODEUTF8": "utf_8",
    "UTF8": "utf_8",
    "ISOIR192": "utf_8",
    "UNICODEUTF16": "utf_16",
    "UNICODEUTF32": "utf_32",
}
"""Table 0211 and its common spellings, without blanks and punctuation, to codecs."""

_NONSTANDARD: dict[str, str] = {
    **{
        f"CP{n}": f"cp{n}"
        for n in (437, 850, 852, 858, 866, 932, 936, 949, 950, *range(1250, 1259))
    },
    **{f"WINDOWS{n}": f"cp{n}" for n in range(1250, 1259)},
    "KOI8R": "koi8_r",
    "KOI8U": "koi8_u",
    "TIS620": "tis_620",
    "ISOIR166": "tis_620",
    "SHIFTJIS": "shift_jis",
    "SJIS": "shift_jis",
    "WINDOWS31J": "cp932",
    "MS932": "cp932",
    "EUCJP": "euc_jp",
    "ISO2022JP": "iso2022_jp",
    "GBK": "gbk",
    "GB2312": "gb2312",
    "ISOIR58": "gb2312",
    "MACROMAN": "mac_roman",
    "LATIN2": "iso8859_2",
}

_JAPANESE_BY_ESCAPE = ("iso2022_jp_1", "iso2022_jp")
_NOT_NAME = re.compile(r"[^0-9A-Z]+")
_LONGEST_NAME = 200
"""Characters; what is longer is no name."""


@dataclass(frozen=True, slots=True)
class CharsetChoice:
    """What MSH-18 stands for."""

    codec: str
    """Python codec; empty when the name is not known."""
    flags: tuple[str, ...] = ()


def codec_for(msh_18: str) -> CharsetChoice:
    """Return the codec that MSH-18 declares, all repetitions considered; never raises.

    Args:
        msh_18: The field as written, with ``~`` between repetitions. Where a repetition names a
            Japanese set that is reached by escape sequences, the codec is the one that knows them.
    """
    if len(msh_18) > _LONGEST_NAME:
        return CharsetChoice("", (UNKNOWN_CHARSET,))
    return _codec_of_field(msh_18)


@lru_cache(maxsize=256)
def _codec_of_field(msh_18: str) -> CharsetChoice:
    choices = [_codec_of_name(part) for part in msh_18.split("~")]
    for codec in _JAPANESE_BY_ESCAPE:
        if len(choices) > 1 and any(choice.codec == codec for choice in choices):
            return CharsetChoice(codec)
    return choices[0]


def _codec_of_name(name: str) -> CharsetChoice:
    key = _NOT_NAME.sub("", name.upper())
    codec = _STANDARD.get(key) or _iso_8859(key)
    if codec:
        return CharsetChoice(codec)
    codec = _NONSTANDARD.get(key, "")
    return CharsetChoice(codec, (NONSTANDARD_CHARSET if codec else UNKNOWN_CHARSET,))


def _iso_8859(key: str) -> str:
    if key in ("LATIN1", "LATIN9"):
        part = 1 if key == "LATIN1" else 15
    elif match := re.fullmatch(r"(?:ISO)?8859(\d{1,2})", key):
        part = int(match[1])
    elif match := re.fullmatch(r"ISOIR(\d{3})", key):
        part = _ISO_8859_IR.get(int(match[1]), 0)
    else:
        return ""
    if part == 1:
        return "latin_1"
    return f"iso8859_{part}" if 2 <= part <= 16 and part != 12 else ""


@lru_cache(maxsize=64)
def normal_codec(name: str) -> str:
    """Return Python's own name of a codec, with underscores; the name itself when unknown."""
    try:
        found = codecs.lookup(name).name.replace("-", "_")
    except LookupError:
        return name
    return "latin_1" if found == "iso8859_1" else found


def is_stateful(codec: str) -> bool:
    """Return whether bytes of the codec depend on shift sequences before them."""
    return codec.startswith(STATEFUL_PREFIXES)


def is_multibyte(codec: str) -> bool:
    """Return whether a byte of a character may look like a separator in this codec.

    References:
        Measured for CPython's codecs; UTF-8 and the one-byte sets are safe.
    """
    return not (codec in _SAFE or codec.startswith(_SAFE_PREFIXES))
