"""What can be written at a place of a message: segment names, fields, and codes of its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from hl7console.hl7v2.delimiters import HEADER_IDS
from hl7console.hl7v2.dictionary import Dictionary, Structure, StructureNode
from hl7console.hl7v2.layout import is_segment_at
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Node
from hl7console.hl7v2.paths import FieldPath

MOST_OFFERED = 300


class OfferKind(StrEnum):
    """What an offer is."""

    SEGMENT = "segment"
    FIELD = "field"
    CODE = "code"


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be written."""

    kind: OfferKind
    text: str = field(repr=False)
    """What goes into the text, escaped."""
    title: str = ""
    """How it is listed: a code, ``PID-5``, ``PV1``."""
    meaning: str = ""
    path: FieldPath | None = None
    """For a field: where to go."""


@dataclass(frozen=True, slots=True)
class Offers:
    """What can be written between two characters of the text."""

    start: int = 0
    end: int = 0
    offers: tuple[Offer, ...] = ()


def offers_at(message: Message, char: int, dictionary: Dictionary) -> Offers:
    """Return what can be written at a place of the text.

    In a value with a table: its codes. At the beginning of a line: names of segments. Elsewhere in
    a segment: its fields, to go to.

    Args:
        message: The message.
        char: Where the caret is.
        dictionary: Of the message's version.
    """
    text = message.text
    begin = max(text.rfind("\r", 0, char), text.rfind("\n", 0, char)) + 1
    typed = text[begin:char]
    if _is_in_name(message, begin, char):
        return _segments(message, begin, char, typed, dictionary)
    node = message.at_char(char)
    if node is None or node.path.field is None:
        return _fields(message, char, dictionary) if node is not None else Offers(char, char)
    codes = _codes(message, node, char, dictionary)
    return codes if codes.offers else _fields(message, char, dictionary)


def _is_in_name(message: Message, begin: int, char: int) -> bool:
    """Return whether the caret is where a segment's name is written, or would be."""
    typed = message.text[begin:char]
    if typed and not (len(typed) <= 3 and typed.isascii() and typed.isalnum()):
        return False
    end = _line_end(message.text, begin)
    is_segment = is_segment_at(message.text, begin, end, message.delimiters.field)
    return not is_segment or bool(typed and len(typed) < 3)


def codes_of(table: str, type_: str, dictionary: Dictionary) -> tuple[tuple[str, str], ...]:
    """Return code and meaning of each value that a place can take; empty where it is open.

    Args:
        table: Number of its table; "" for none.
        type_: Its data type, whose first component may have the table.
        dictionary: Of the message's version.
    """
    if not table and (part := dictionary.component(type_, 1)) is not None:
        table = part.table
    found = dictionary.table(table) if table else None
    return tuple(found.values.items()) if found is not None else ()


def segment_names(message: Message, dictionary: Dictionary) -> tuple[tuple[str, str], ...]:
    """Return name and title of each segment: those of the message's structure first."""
    structure = dictionary.structure_for(
        message.get("MSH-9.1") or "", message.get("MSH-9.2") or "", message.get("MSH-9.3") or ""
    )
    first = _names_in(structure) if structure is not None else []
    names = dict.fromkeys((*first, *dictionary.segment_ids()))
    found = []
    for name in names:
        definition = dictionary.segment(name)
        found.append((name, definition.name if definition is not None else ""))
    return tuple(found)


def _names_in(structure: Structure) -> list[str]:
    names: list[str] = []

    def walk(nodes: Sequence[StructureNode]) -> None:
        for node in nodes:
            if node.group:
                walk(node.group)
            else:
                names.extend(name for name in node.names if name != "*")

    walk(structure.nodes)
    return names


def _line_end(text: str, begin: int) -> int:
    ends = [at for at in (text.find("\r", begin), text.find("\n", begin)) if at >= 0]
    return min(ends, default=len(text))


def _segments(
    message: Message, begin: int, char: int, typed: str, dictionary: Dictionary
) -> Offers:
    wanted = typed.upper()
    separator = message.delimiters.field
    end = char
    while end < min(begin + 3, len(message.text)) and message.text[end].isalnum():
        end += 1
    has_separator = message.text.startswith(separator, end)
    offers = tuple(
        Offer(OfferKind.SEGMENT, name if has_separator else name + separator, name, title)
        for name, title in segment_names(message, dictionary)
        if name.startswith(wanted) and name not in HEADER_IDS
    )
    return Offers(begin, end, offers[:MOST_OFFERED])


def _codes(message: Message, node: Node, char: int, dictionary: Dictionary) -> Offers:
    path = node.path
    definition = dictionary.field(path.segment, path.field or 0)
    if definition is None or node.is_literal:
        return Offers(char, char)
    type_, table = definition.type, definition.table
    if path.component is not None:
        part = dictionary.component(type_, path.component)
        # The table of a coded field is that of its first component.
        table = part.table if part is not None else ""
        table = table or (definition.table if path.component == 1 else "")
        type_ = part.type if part is not None else ""
        if path.subcomponent is not None and (inner := dictionary.component(
            type_, path.subcomponent
        )):  # fmt: skip
            type_, table = inner.type, inner.table
    start, end = node.char_span
    roles = message.delimiters
    marks = (roles.repetition, roles.component, roles.subcomponent)
    if any(mark and mark in message.text[start:end] for mark in marks):
        return Offers(char, char)
    typed = message.text[start:char].strip().casefold()
    offers = tuple(
        Offer(OfferKind.CODE, code, code, meaning)
        for code, meaning in codes_of(table, type_, dictionary)
        if code.casefold().startswith(typed) or (typed and typed in meaning.casefold())
    )
    return Offers(start, end, offers[:MOST_OFFERED])


def _fields(message: Message, char: int, dictionary: Dictionary) -> Offers:
    node = message.at_char(char)
    if node is None:
        return Offers(char, char)
    path = node.path
    segment = dictionary.segment(path.segment)
    if segment is None:
        return Offers(char, char)
    first = 3 if path.segment in HEADER_IDS else 1
    offers = tuple(
        Offer(
            OfferKind.FIELD, "", f"{path.segment}-{number}", definition.name,
            FieldPath(path.segment, path.segment_occurrence, number),
        )
        for number, definition in enumerate(segment.fields, 1)
        if number >= first and definition.name
    )  # fmt: skip
    return Offers(char, char, offers)
