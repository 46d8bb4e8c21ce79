"""Evaluates a filter on one message, without a database.

This is what the language means; the store's SQL gives the same answers faster.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from hl7console.hl7v2.escapes import unescape
from hl7console.hl7v2.filters.content import Content
from hl7console.hl7v2.filters.fulltext import certain_words
from hl7console.hl7v2.filters.nodes import (
    And,
    ColumnIs,
    HandledIs,
    Has,
    Leaf,
    Node,
    Not,
    Or,
    OriginIs,
    PathMatch,
    PathPresent,
    Query,
    ReceivedSince,
    ReceivedUntil,
    SizeIs,
    StatusIs,
    TextMatch,
    TypeIs,
)
from hl7console.hl7v2.message import Message
from hl7console.hl7v2.nodes import Field, ValueState
from hl7console.hl7v2.nodes import Node as Element
from hl7console.hl7v2.tries import result_of


class RowLike(Protocol):
    """The columns that a filter looks at; `hl7console.store.records.MessageRow` has them."""

    @property
    def origin(self) -> str: ...  # noqa: D102
    @property
    def interface(self) -> str: ...  # noqa: D102
    @property
    def message_type(self) -> str: ...  # noqa: D102
    @property
    def event(self) -> str: ...  # noqa: D102
    @property
    def structure(self) -> str: ...  # noqa: D102
    @property
    def control_id(self) -> str: ...  # noqa: D102
    @property
    def sender(self) -> str: ...  # noqa: D102
    @property
    def receiver(self) -> str: ...  # noqa: D102
    @property
    def patient_id(self) -> str: ...  # noqa: D102
    @property
    def patient_authority(self) -> str: ...  # noqa: D102
    @property
    def accession(self) -> str: ...  # noqa: D102
    @property
    def placer_order(self) -> str: ...  # noqa: D102
    @property
    def filler_order(self) -> str: ...  # noqa: D102
    @property
    def received_at_us(self) -> int: ...  # noqa: D102
    @property
    def size_bytes(self) -> int: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def error_text(self) -> str: ...  # noqa: D102
    @property
    def parent_id(self) -> int: ...  # noqa: D102
    @property
    def duplicate_of(self) -> int: ...  # noqa: D102
    @property
    def handled(self) -> bool: ...  # noqa: D102
    @property
    def sending_state(self) -> str: ...  # noqa: D102
    @property
    def sending_code(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Facts:
    """What other tables know about a message."""

    destinations: Collection[str] = ()
    """Where it was sent to, or is due."""
    is_waiting: bool = False
    """Whether a delivery of it is still open."""
    has_children: bool = False


_NO_FACTS = Facts()


def evaluate(
    query: Query, row: RowLike, message: Message | bytes | Content, *, facts: Facts = _NO_FACTS
) -> bool:
    """Return whether a message matches a filter. Any thread.

    Args:
        query: The filter.
        row: The message's columns.
        message: The message, or its bytes; only read where the filter asks for it.
        facts: What other tables know about it.
    """
    if query.root is None:
        return True
    content = message if isinstance(message, Content) else Content(message)
    return _Evaluation(row, content, facts).matches(query.root)


class _Evaluation:
    """One message under one filter."""

    __slots__ = ("_content", "_facts", "_row")

    def __init__(self, row: RowLike, content: Content, facts: Facts) -> None:
        self._row = row
        self._content = content
        self._facts = facts

    def matches(self, node: Node) -> bool:
        if isinstance(node, And):
            return all(self.matches(item) for item in node.items)
        if isinstance(node, Or):
            return any(self.matches(item) for item in node.items)
        if isinstance(node, Not):
            return not self.matches(node.item)
        if isinstance(node, TextMatch):
            return text_matches(node, self._content.words)
        if isinstance(node, PathMatch | PathPresent):
            return path_matches(node, self._content.message)
        if isinstance(node, Has) and node.what in ("attachment", "note"):
            return content_matches(node, self._content.message)
        return _COLUMN_TESTS[type(node)](node, self._row, self._facts)


# Conditions on the message itself; the store uses them for what its index cannot tell.


def text_matches(node: TextMatch, found: list[str]) -> bool:
    """Return whether words follow each other among those of a message."""
    *before, last = node.words
    for at in _places(before, found):
        if found[at] == last or (node.is_prefix and found[at].startswith(last)):
            return True
    return False


def _places(before: list[str], found: list[str]) -> Iterator[int]:
    """Yield the places in `found` that directly follow the words `before`."""
    if not before:
        yield from range(len(found))
        return
    size = len(before)
    at = 0
    try:
        while True:
            at = found.index(before[0], at) + 1
            if found[at : at + size - 1] == before[1:] and at + size - 1 < len(found):
                yield at + size - 1
    except ValueError:
        return


def path_matches(node: PathMatch | PathPresent, message: Message) -> bool:
    """Return whether any repetition of a field compares so.

    A path that does not go down to a leaf stands for its first leaf, as everywhere, and for the
    whole as it is written: ``PID-5=SMITH^JOHN``. No value (``PID-8=""``) means that it is absent,
    empty or null, and ``!=`` asks for something that is there and differs.
    """
    elements = _elements(node, message)
    if isinstance(node, PathPresent):
        return any(element.state == ValueState.VALUED for element in elements)
    if not node.value and node.operator == "=":
        states = [element.state == ValueState.VALUED for element in elements]
        return not states or not all(states)
    wanted = node.value.casefold()
    compare = _COMPARISONS[node.operator]
    return any(compare(element, wanted) for element in elements)


def content_matches(node: Has, message: Message) -> bool:
    """Return whether a message has an attachment or a note."""
    if node.what == "note":
        return message.count("NTE") > 0
    return any(kind in ("ED", "RP") for kind in message.values("OBX-2"))


def required_words(node: PathMatch) -> tuple[str, ...]:
    """Return words that the full text of a message must hold for a path to match.

    They narrow a search before bodies are read; there may be none.
    """
    if node.operator == "=":
        return certain_words(node.value, is_whole=True)
    return certain_words(node.value, is_whole=False) if node.operator == "~" else ()


def _elements(node: PathMatch | PathPresent, message: Message) -> Iterator[Element]:
    for element in message.iter_find(node.path):
        if isinstance(element, Field):
            yield from element.repetitions
        else:
            yield element


def _texts(element: Element) -> Iterator[str]:
    """Yield the first leaf's value, and what is written as a whole, both without case."""
    value = element.value.casefold()
    yield value
    message = element.message
    written = unescape(element.raw_text, message.delimiters, message.codec).casefold()
    if written != value and element.state == ValueState.VALUED:
        yield written


def _equals(element: Element, wanted: str) -> bool:
    return wanted in _texts(element)


def _differs(element: Element, wanted: str) -> bool:
    return element.state == ValueState.VALUED and wanted not in _texts(element)


def _contains(element: Element, wanted: str) -> bool:
    return any(wanted in text for text in _texts(element))


def _orders(*signs: int) -> Callable[[Element, str], bool]:
    def compare(element: Element, wanted: str) -> bool:
        value = element.value.casefold()
        return bool(value) and order(value, wanted) in signs

    return compare


_COMPARISONS: dict[str, Callable[[Element, str], bool]] = {
    "=": _equals,
    "!=": _differs,
    "~": _contains,
    ">": _orders(1),
    "<": _orders(-1),
    ">=": _orders(0, 1),
    "<=": _orders(0, -1),
}

_NUMBER = re.compile(r"[+-]?\d{1,300}(\.\d{0,300})?", re.ASCII)
_HL7_DATE = re.compile(
    r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?([+-]\d{4})?", re.ASCII
)
_ISO_DATE = re.compile(
    r"(\d{4})-(\d\d)(?:-(\d\d)(?:[t ](\d\d):(\d\d)(?::(\d\d)(\.\d{1,6})?)?)?)?", re.ASCII
)


def order(left: str, right: str) -> int:
    """Return -1, 0 or 1: how two values compare, as dates, numbers or text.

    They are dates when both can be read as such and one is certainly one (eight digits and a
    month and day that exist, or written with hyphens). Dates of different precision compare as
    far as the shorter one goes.
    """
    dates = _as_date(left), _as_date(right)
    if dates[0] and dates[1] and (_is_certain_date(left) or _is_certain_date(right)):
        length = min(len(dates[0]), len(dates[1]))
        return _sign(dates[0][:length], dates[1][:length])
    if _NUMBER.fullmatch(left) and _NUMBER.fullmatch(right):
        return _sign(float(left), float(right))
    return _sign(left, right)


def _sign(left: Any, right: Any) -> int:  # noqa: ANN401 - two of the same type
    return int(left > right) - int(left < right)


def _as_date(value: str) -> tuple[int, ...]:
    """Return year, month, day… as far as they are there; none when it is no date."""
    found = _HL7_DATE.fullmatch(value) or _ISO_DATE.fullmatch(value)
    if found is None:
        return ()
    parts = tuple(int(part) for part in found.groups()[:6] if part is not None)
    try:
        datetime(*parts, *(1, 1)[len(parts) - 1 :])  # type: ignore[arg-type]  # noqa: DTZ001
    except ValueError:
        return ()
    return parts


def _is_certain_date(value: str) -> bool:
    return "-" in value or len(value) >= 8


# Conditions on columns.


def _is_type(node: TypeIs, row: RowLike, _facts: Facts) -> bool:
    return (
        node.message_type in ("", row.message_type.upper())
        and node.event in ("", row.event.upper())
        and node.structure in ("", row.structure.upper())
    )


def _is_column(node: ColumnIs, row: RowLike, facts: Facts) -> bool:
    wanted = node.value.casefold()
    values = [value.casefold() for value in _COLUMNS[node.key](row, facts)]
    if node.is_prefix:
        return any(value.startswith(wanted) for value in values)
    return bool(wanted) and wanted in values


def _parties(value: str) -> tuple[str, ...]:
    return (value, *value.split("|", 1))


def _patient(row: RowLike, _facts: Facts) -> tuple[str, ...]:
    return (row.patient_id, f"{row.patient_id}^{row.patient_authority}")


_COLUMNS: dict[str, Callable[[RowLike, Facts], Collection[str]]] = {
    "from": lambda row, _: _parties(row.sender),
    "to": lambda row, _: _parties(row.receiver),
    "listener": lambda row, _: (row.interface,) if row.origin == "received" else (),
    "destination": lambda _, facts: facts.destinations,
    "control": lambda row, _: (row.control_id,),
    "patient": _patient,
    "accession": lambda row, _: (row.accession,),
    "order": lambda row, _: (row.placer_order, row.filler_order),
}


def _is_status(node: StatusIs, row: RowLike, facts: Facts) -> bool:
    if node.status == "waiting":
        return facts.is_waiting
    if node.status == "duplicate":
        return row.duplicate_of != 0
    return result_of(row) == node.status


def _is_size(node: SizeIs, row: RowLike, _facts: Facts) -> bool:
    return _sign(row.size_bytes, node.size_bytes) in _SIZE_SIGNS[node.operator]


_SIZE_SIGNS = {"=": (0,), ">": (1,), "<": (-1,), ">=": (0, 1), "<=": (0, -1)}


def _has(node: Has, row: RowLike, facts: Facts) -> bool:
    if node.what == "problems":
        return bool(row.error_text) or result_of(row) != "ok"
    return facts.has_children if node.what == "children" else row.parent_id != 0


_COLUMN_TESTS: dict[type[Leaf], Callable[[Any, RowLike, Facts], bool]] = {
    TypeIs: _is_type,
    ColumnIs: _is_column,
    StatusIs: _is_status,
    OriginIs: lambda node, row, _: row.origin in node.origins,
    SizeIs: _is_size,
    ReceivedSince: lambda node, row, _: row.received_at_us >= node.at_us,
    ReceivedUntil: lambda node, row, _: row.received_at_us < node.before_us,
    HandledIs: lambda node, row, _: row.handled == node.handled,
    Has: _has,
}
