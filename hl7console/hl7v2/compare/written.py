"""In what two messages are written: delimiters, character set, byte order mark, line ends."""

from __future__ import annotations

import codecs
from collections.abc import Iterator

from hl7console.hl7v2.compare.comparison import Difference, DifferenceKind
from hl7console.hl7v2.compare.options import CompareOptions, is_within
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.paths import FieldPath

_DELIMITERS, _CHARSET = FieldPath("MSH", None, 2), FieldPath("MSH", None, 18)
_END_NAMES = {"\r": "CR", "\n": "LF", "\r\n": "CR LF", "": "none"}


def written_differences(
    left: Message, right: Message, options: CompareOptions
) -> Iterator[Difference]:
    """Yield in what two messages are written differently, as far as the options want it."""
    if options.encoding:
        yield from _delimiters(left, right, options)
        yield from _charset(left, right, options)
    if options.trailing:
        yield from _line_ends(left, right)


def _delimiters(left: Message, right: Message, options: CompareOptions) -> Iterator[Difference]:
    here, there = _written_delimiters(left), _written_delimiters(right)
    if here != there and not _is_ignored(_DELIMITERS, options):
        yield Difference(
            DifferenceKind.ENCODING, _DELIMITERS, _DELIMITERS, "Delimiters", here, there,
            _delimiter_span(left), _delimiter_span(right),
        )  # fmt: skip


def _written_delimiters(message: Message) -> str:
    roles = message.delimiters
    node = message.first(_DELIMITERS)
    return roles.field + (node.raw_text if node is not None else roles.msh_2)


def _delimiter_span(message: Message) -> tuple[int, int]:
    node = message.first(_DELIMITERS)
    if node is None:
        return 0, 0
    return message.offsets.byte_start(node.start - 1), node.span[1]


def _charset(left: Message, right: Message, options: CompareOptions) -> Iterator[Difference]:
    if _is_ignored(_CHARSET, options):
        return
    here, there = left.declared_charset, right.declared_charset
    is_plain = left.raw.isascii() or right.raw.isascii()
    has_mark = [m.raw.startswith(codecs.BOM_UTF8) for m in (left, right)]
    if here == there:
        if (is_plain or left.codec == right.codec) and has_mark[0] == has_mark[1]:
            return
        here, there = _read_as(left, has_mark[0]), _read_as(right, has_mark[1])
    yield Difference(
        DifferenceKind.ENCODING, _CHARSET, _CHARSET, "Character Set", here or None, there or None,
        _charset_span(left), _charset_span(right),
    )  # fmt: skip


def _read_as(message: Message, has_mark: bool) -> str:
    declared = f"{message.declared_charset}, " if message.declared_charset else ""
    mark = ", byte order mark" if has_mark else ""
    return f"{declared}read as {message.codec}{mark}"


def _charset_span(message: Message) -> tuple[int, int]:
    node = message.first(_CHARSET)
    if node is not None:
        return node.span
    header = message.first(FieldPath("MSH", 1))
    end = header.span[1] if header is not None else 0
    return end, end


def _line_ends(left: Message, right: Message) -> Iterator[Difference]:
    ends = _line_end(left), _line_end(right)
    if ends[0] != ends[1]:
        spans = [(len(m.raw), len(m.raw)) for m in (left, right)]
        yield Difference(
            DifferenceKind.TRAILING, None, None, "Line Ends", _END_NAMES[ends[0]],
            _END_NAMES[ends[1]], spans[0], spans[1],
        )  # fmt: skip


def _line_end(message: Message) -> str:
    """Return how the first line ends."""
    for segment in message.segments[:1]:
        for end in ("\r\n", "\r", "\n"):
            if message.text.startswith(end, segment.end):
                return end
    return ""


def _is_ignored(path: FieldPath, options: CompareOptions) -> bool:
    return any(is_within(path, ignored) for ignored in options.ignored)
