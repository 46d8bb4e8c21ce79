"""A place in a message as the inspector names it: path, name, bytes, character set."""

from __future__ import annotations

from dataclasses import dataclass

from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.views.tree import TreeRow
from hl7console.ui.inspector.words import bytes_words, count_words

_CODEC_WORDS = {
    "ascii": "ASCII",
    "utf_8": "UTF-8",
    "latin_1": "ISO 8859-1",
    "shift_jis": "Shift JIS",
    "euc_kr": "EUC-KR",
    "euc_jp": "EUC-JP",
    "gb18030": "GB 18030",
    "gb2312": "GB 2312",
    "gbk": "GBK",
    "cp932": "Shift JIS (windows-31J)",
    "cp949": "KS X 1001 (cp949)",
    "cp950": "Big5",
    "big5hkscs": "Big5-HKSCS",
    "iso2022_jp": "ISO-2022-JP",
    "iso2022_jp_1": "ISO-2022-JP-1",
    "iso2022_jp_ext": "ISO-2022-JP-EXT",
    "koi8_r": "KOI8-R",
    "koi8_u": "KOI8-U",
    "tis_620": "TIS-620",
    "utf_16_le": "UTF-16 LE",
    "utf_16_be": "UTF-16 BE",
    "utf_32_le": "UTF-32 LE",
    "utf_32_be": "UTF-32 BE",
}


def codec_words(codec: str) -> str:
    """Return a Python codec's name as people write it: ``UTF-8``, ``windows-1252``."""
    name = codec.lower().replace("-", "_")
    if name in _CODEC_WORDS:
        return _CODEC_WORDS[name]
    if name.startswith("iso8859_"):
        return f"ISO 8859-{name.removeprefix('iso8859_')}"
    if name.startswith("cp125"):
        return f"windows-{name.removeprefix('cp')}"
    return codec


@dataclass(frozen=True, slots=True)
class Place:
    """An element of a message, or a stretch of one."""

    path: FieldPath
    name: str
    span: tuple[int, int]
    """First byte and the one after the last."""
    char_span: tuple[int, int]
    codec: str

    def __str__(self) -> str:
        """Return ``OBR-18 · Accession Number · bytes 402 to 410 · UTF-8``."""
        path = str(self.path) if self.path.segment else ""
        parts = [path, self.name, bytes_words(self.span), codec_words(self.codec)]
        return " \u00b7 ".join(part for part in parts if part)


def place_of_row(row: TreeRow, message: Message) -> Place:
    """Return the place of a row of the tree."""
    return Place(row.path, row.name, row.span, row.char_span, message.codec)


def message_words(message: Message) -> str:
    """Return what is said of a message while nothing in it is selected."""
    parts = [
        count_words(len(message.segments), "segment"),
        count_words(len(message.raw), "byte"),
        codec_words(message.codec),
    ]
    return " \u00b7 ".join(parts)
