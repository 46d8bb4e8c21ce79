"""A message against its acknowledgement: what must be echoed, and whether it is.

References:
    HL7 v2.5.1 chapter 2, section 2.9.2 (response and error handling) and 2.15.8 (MSA);
    IHE ITI TF-2 C.2.3.
"""

from __future__ import annotations

from collections.abc import Iterator

from hl7console.hl7v2.compare.comparison import Comparison, Difference, DifferenceKind
from hl7console.hl7v2.compare.contents import Contents, without_trailing
from hl7console.hl7v2.compare.names import Names
from hl7console.hl7v2.compare.options import CompareOptions
from hl7console.hl7v2.compare.values import shown_value, span_of
from hl7console.hl7v2.compare.written import written_differences
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Component, Field, Repetition
from hl7console.hl7v2.paths import FieldPath
from hl7console.hl7v2.tree import Node

_SWAPPED = (("MSH-3", "MSH-5"), ("MSH-4", "MSH-6"), ("MSH-5", "MSH-3"), ("MSH-6", "MSH-4"))
_PROCESSING = FieldPath.parse("MSH-11")
_VERSION = FieldPath.parse("MSH-12.1")
_CONTROL, _ECHO = FieldPath.parse("MSH-10"), FieldPath.parse("MSA-2")
_BLANK = (FieldPath.parse("MSH-15"), FieldPath.parse("MSH-16"))
_DEFAULT_PROCESSING = "P"
_CHARSET_FIELD = 18


def compare_acknowledgement(message: bytes, ack: bytes) -> Comparison:
    """Return where an acknowledgement does not echo its message as it must.

    The control id byte for byte (MSA-2), applications and facilities exchanged, processing id and
    version, delimiters, the character set where it needs one, no request for an acknowledgement.
    """
    echo = _Echo(Message.parse(message), Message.parse(ack))
    return Comparison(tuple(echo.differences()))


class _Echo:
    def __init__(self, message: Message, ack: Message) -> None:
        self._message = message
        self._ack = ack
        self._names = Names(message)
        options = CompareOptions()
        self._contents = Contents(message, options), Contents(ack, options)

    def differences(self) -> Iterator[Difference]:
        for written in written_differences(self._message, self._ack, CompareOptions()):
            is_charset = written.path.field == _CHARSET_FIELD
            if not is_charset or not self._ack.raw.isascii():
                yield written
        yield from self._control_id()
        for sent, echoed in _SWAPPED:
            yield from self._echoed(FieldPath.parse(sent), FieldPath.parse(echoed))
        yield from self._echoed(_PROCESSING, _PROCESSING, default=_DEFAULT_PROCESSING)
        yield from self._echoed(_VERSION, _VERSION, is_wanted=bool(self._message.get(_VERSION)))
        for path in _BLANK:
            if self._ack.get(path):
                yield self._made(DifferenceKind.ADDED, path, path)

    def _control_id(self) -> Iterator[Difference]:
        """Compare as written, without reading escapes: it is copied, not understood."""
        sent, echoed = self._bytes(self._message, _CONTROL), self._bytes(self._ack, _ECHO)
        if sent != echoed:
            yield self._made(_kind(sent, echoed), _CONTROL, _ECHO)

    def _bytes(self, message: Message, path: FieldPath) -> bytes:
        node = message.first(path)
        return b"" if node is None else message.raw[slice(*node.span)]

    def _echoed(
        self, path: FieldPath, echo: FieldPath, *, default: str = "", is_wanted: bool = True
    ) -> Iterator[Difference]:
        sent = self._content(0, self._message, path) or default
        echoed = self._content(1, self._ack, echo)
        if is_wanted and sent != echoed:
            yield self._made(_kind(sent, echoed), path, echo)

    def _content(self, side: int, message: Message, path: FieldPath) -> str:
        node = message.first(path)
        field = _field(node)
        if node is None or field is None:
            return ""
        contents = self._contents[side]
        return without_trailing(contents.of_text(node.raw_text, field.segment, field.number))

    def _made(self, kind: DifferenceKind, path: FieldPath, echo: FieldPath) -> Difference:
        sent, echoed = self._message.first(path), self._ack.first(echo)
        return Difference(
            kind,
            path,
            echo,
            self._names.of(echo),
            shown_value(sent, self._contents[0]),
            shown_value(echoed, self._contents[1]),
            _span(self._message, sent, path),
            _span(self._ack, echoed, echo),
        )


def _kind(sent: object, echoed: object) -> DifferenceKind:
    if not sent:
        return DifferenceKind.ADDED
    return DifferenceKind.CHANGED if echoed else DifferenceKind.REMOVED


def _field(node: Node | None) -> Field | None:
    if isinstance(node, Component):
        node = node.repetition
    if isinstance(node, Repetition):
        node = node.field
    return node if isinstance(node, Field) else None


def _span(message: Message, node: Node | None, path: FieldPath) -> tuple[int, int]:
    segment = next(message.segments_of(path.segment), None)
    if segment is None:
        return len(message.raw), len(message.raw)
    return span_of(node, segment)
