"""Turns filters into SQL conditions on ``messages AS m``.

A condition that SQL cannot decide is left open: the SQL then finds too many messages rather than
too few, and the caller looks at those (`search`). Under ``not`` it is the other way round, hence
the two directions.

Values only ever travel as parameters; what stands in the SQL itself is made of our own numbers.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from hl7console.hl7v2.filters import (
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
    ReceivedSince,
    ReceivedUntil,
    SizeIs,
    StatusIs,
    TextMatch,
    TypeIs,
)
from hl7console.hl7v2.filters.evaluation import required_words
from hl7console.hl7v2.tries import FAILED_STATES, REJECTED_CODES, SENT
from hl7console.store.connection import SqlValue
from hl7console.store.keytokens import LONGEST_TOKEN, key_token
from hl7console.store.schema import (
    IS_OPEN_SQL,
    TRAIT_DUPLICATE,
    TRAIT_HANDLED,
    TRAIT_PARENT,
    TRAIT_PROBLEMS,
)

_KEY_COLUMNS = {
    "control": "m.control_id, m.control_id",
    "patient": "m.patient_id, m.patient_id || '^' || m.patient_authority",
    "accession": "m.accession, m.accession",
    "order": "m.placer_order, m.filler_order",
}

_RANGE = "> :lo AND {0} <= :hi"

_SENT = OriginIs((SENT,))
_OK = StatusIs("ok")

_FAILED_SQL = "state IN ('" + "', '".join(FAILED_STATES) + "')"
_REJECTED_SQL = "state = 'rejected' AND ack_code IN ('" + "', '".join(REJECTED_CODES) + "')"
_FAILURES_SQL = {
    "": _FAILED_SQL,
    "rejected": _REJECTED_SQL,
    "error": f"{_FAILED_SQL} AND NOT ({_REJECTED_SQL})",
}
"""Which last tries make a sent message rejected or an error; any failed one with no name."""


@dataclass(slots=True)
class Context:
    """What a query is compiled against."""

    kinds_of: Callable[[Leaf], list[int]]
    """The kinds that a condition on their columns matches."""
    destinations_of: Callable[[ColumnIs], list[str]]
    """The destinations with deliveries that a condition names."""
    is_indexed: bool
    """Whether the messages in question are in the full-text index."""


@dataclass(slots=True)
class Condition:
    """An SQL condition with its parameters."""

    sql: str = "1"
    values: dict[str, SqlValue] = field(default_factory=dict, repr=False)
    is_exact: bool = True
    """Whether it decides; otherwise what it finds must be looked at."""


class Compiler:
    """Compiles the conditions of one query; names its parameters.

    Args:
        context: What it is compiled against.
    """

    def __init__(self, context: Context) -> None:
        self._context = context
        self.values: dict[str, SqlValue] = {}

    def condition(self, items: Sequence[Node]) -> Condition:
        """Return a condition that every message matching all of `items` meets."""
        self.values = {}
        is_exact = True
        parts = []
        for item in items:
            sql, item_exact = self._compile(item, over=True)
            is_exact &= item_exact
            if sql != "1":
                parts.append(sql)
        return Condition(_joined(parts, " AND ") if parts else "1", self.values, is_exact)

    def is_exact(self, node: Node) -> bool:
        """Return whether SQL decides a condition."""
        kept, self.values = self.values, {}
        _, is_exact = self._compile(node, over=True)
        self.values = kept
        return is_exact

    def _compile(self, node: Node, *, over: bool) -> tuple[str, bool]:
        if isinstance(node, Not):
            sql, is_exact = self._compile(node.item, over=not over)
            return f"NOT ({sql})", is_exact
        if isinstance(node, And | Or):
            parts = [self._compile(item, over=over) for item in node.items]
            joint = " AND " if isinstance(node, And) else " OR "
            return _joined([sql for sql, _ in parts], joint), all(exact for _, exact in parts)
        sql_of_leaf = self._leaf(node)
        return ("1" if over else "0", False) if sql_of_leaf is None else (sql_of_leaf, True)

    def _leaf(self, leaf: Leaf) -> str | None:
        """Return the SQL of a condition; None when SQL cannot tell."""
        return _LEAVES[type(leaf)](self, leaf)

    def _name(self, value: SqlValue) -> str:
        name = f"p{len(self.values)}"
        self.values[name] = _encodable(value) if isinstance(value, str) else value
        return ":" + name

    def text(self, leaf: TextMatch) -> str | None:
        """Words: the index knows."""
        return self.in_index(text_expression(leaf)) if self._context.is_indexed else None

    def in_index(self, expression: str) -> str:
        """Return the condition that the index finds a message."""
        rows = _RANGE.format("rowid")
        name = self._name(expression)
        return (
            f"m.id IN (SELECT rowid FROM message_text WHERE message_text MATCH {name}"  # noqa: S608
            f" AND rowid {rows})"
        )

    def unknown(self, _leaf: Leaf) -> None:
        """Only the message's own bytes tell."""
        return

    def kind(self, leaf: Leaf) -> str:
        """Columns of ``kinds``."""
        return self._in_kinds(self._context.kinds_of(leaf))

    def _in_kinds(self, ids: list[int]) -> str:
        if len(ids) <= 200:
            return f"m.kind_id IN ({','.join(map(str, ids))})"
        return f"m.kind_id IN (SELECT value FROM json_each({self._name(json.dumps(ids))}))"  # noqa: S608

    def column(self, leaf: ColumnIs) -> str:
        """Keys that compare text."""
        if leaf.key in ("from", "to", "listener"):
            return self.kind(leaf)
        if leaf.key == "destination":
            names = json.dumps(self._context.destinations_of(leaf))
            return (
                "m.id IN (SELECT message_id FROM deliveries WHERE destination IN"  # noqa: S608
                f" (SELECT value FROM json_each({self._name(names)}))"
                f" AND message_id {_RANGE.format('message_id')})"
            )
        wanted = self._name(leaf.value.casefold())
        same = f"same_key({wanted}, {int(leaf.is_prefix)}, {_KEY_COLUMNS[leaf.key]})"
        if not self._context.is_indexed or not leaf.value:
            return same
        return f"({self.in_index(key_expression(leaf))} AND {same})"

    def status(self, leaf: StatusIs) -> str:
        """The processing result."""
        if leaf.status == "duplicate":
            return f"m.traits & {TRAIT_DUPLICATE}"
        if leaf.status == "waiting":
            return (
                f"m.id IN (SELECT message_id FROM deliveries WHERE {IS_OPEN_SQL}"  # noqa: S608
                f" AND message_id {_RANGE.format('message_id')})"
            )
        if leaf.status == "ok":
            return self._unless(self.kind(leaf), self._failed())
        return self._either(self.kind(leaf), self._failed(leaf.status))

    def _failed(self, status: str = "") -> str:
        """Return the condition that the last try to send a message failed so; "" for none.

        Only what is sent from here and is ok by itself: see `hl7v2.tries`.
        """
        kinds = sorted({*self._context.kinds_of(_SENT)} & {*self._context.kinds_of(_OK)})
        if not kinds:
            return ""
        return (
            f"({self._in_kinds(kinds)} AND m.id IN (SELECT message_id FROM attempts"  # noqa: S608
            " WHERE id IN (SELECT max(id) FROM attempts WHERE message_id"
            f" {_RANGE.format('message_id')} GROUP BY message_id) AND {_FAILURES_SQL[status]}))"
        )

    @staticmethod
    def _either(first: str, second: str) -> str:
        return f"({first} OR {second})" if second else first

    @staticmethod
    def _unless(first: str, second: str) -> str:
        return f"({first} AND NOT {second})" if second else first

    def size(self, leaf: SizeIs) -> str:
        """The size in bytes."""
        return f"m.size_bytes {leaf.operator} {self._name(min(leaf.size_bytes, 2**62))}"

    def since(self, leaf: ReceivedSince) -> str:
        """Time of receipt, from."""
        return f"m.received_at_us >= {self._name(leaf.at_us)}"

    def until(self, leaf: ReceivedUntil) -> str:
        """Time of receipt, up to."""
        return f"m.received_at_us < {self._name(leaf.before_us)}"

    def handled(self, leaf: HandledIs) -> str:
        """Whether somebody handled it."""
        return f"(m.traits & {TRAIT_HANDLED}) {'<>' if leaf.handled else '='} 0"

    def has(self, leaf: Has) -> str | None:
        """What a message has."""
        if leaf.what == "children":
            return (
                "m.id IN (SELECT parent_id FROM messages WHERE parent_id <> 0"  # noqa: S608
                f" AND parent_id {_RANGE.format('parent_id')})"
            )
        if leaf.what == "problems":
            return self._either(f"m.traits & {TRAIT_PROBLEMS}", self._failed())
        return f"m.traits & {TRAIT_PARENT}" if leaf.what == "parent" else None


_LEAVES: dict[type[Leaf], Callable[[Compiler, Leaf], str | None]] = {
    TextMatch: Compiler.text,  # type: ignore[dict-item]
    TypeIs: Compiler.kind,
    OriginIs: Compiler.kind,
    ColumnIs: Compiler.column,  # type: ignore[dict-item]
    StatusIs: Compiler.status,  # type: ignore[dict-item]
    SizeIs: Compiler.size,  # type: ignore[dict-item]
    ReceivedSince: Compiler.since,  # type: ignore[dict-item]
    ReceivedUntil: Compiler.until,  # type: ignore[dict-item]
    HandledIs: Compiler.handled,  # type: ignore[dict-item]
    Has: Compiler.has,  # type: ignore[dict-item]
    PathMatch: Compiler.unknown,
    PathPresent: Compiler.unknown,
}


def conjuncts(node: Node | None) -> list[Node]:
    """Return the conditions that must all hold."""
    if node is None:
        return []
    if isinstance(node, And):
        return [part for item in node.items for part in conjuncts(item)]
    return [node]


def index_expression(node: Node) -> str | None:
    """Return a full-text query that finds every match of a condition; None when there is none.

    It may find more: see `is_index_exact`.
    """
    if isinstance(node, And):
        parts = [part for item in node.items if (part := index_expression(item))]
        return "(" + " AND ".join(parts) + ")" if parts else None
    if isinstance(node, Or):
        found = [index_expression(item) for item in node.items]
        whole = [part for part in found if part]
        return "(" + " OR ".join(whole) + ")" if len(whole) == len(found) else None
    if isinstance(node, TextMatch):
        return text_expression(node)
    if isinstance(node, ColumnIs) and node.key in _KEY_COLUMNS and node.value:
        return key_expression(node)
    if isinstance(node, PathMatch):
        words = required_words(node)
        joint = " AND ".join(f"text : {_quoted(word)}" for word in words)
        return f"({joint})" if joint else None
    return None


def is_index_exact(node: Node) -> bool:
    """Return whether the full-text query of a condition finds its matches and nothing else."""
    if isinstance(node, And | Or):
        return all(is_index_exact(item) for item in node.items)
    return isinstance(node, TextMatch)


def text_expression(leaf: TextMatch) -> str:
    """Return the full-text query of words that follow each other."""
    return f"text : {_quoted(' '.join(leaf.words))}{' *' if leaf.is_prefix else ''}"


def key_expression(leaf: ColumnIs) -> str:
    """Return the full-text query of a key; it may find more than match."""
    value = leaf.value.casefold()
    is_prefix = leaf.is_prefix or len(value) >= LONGEST_TOKEN
    parts = [f"keys : {_quoted(key_token(leaf.key, value))}{' *' if is_prefix else ''}"]
    if leaf.key == "patient":
        # The token is the id's alone; the authority behind it is compared with the column.
        for place, character in enumerate(value):
            if character == "^":
                parts.append(f"keys : {_quoted(key_token('patient', value[:place]))}")
    return parts[0] if len(parts) == 1 else "(" + " OR ".join(parts) + ")"


def _quoted(text: str) -> str:
    return '"' + _encodable(text).replace('"', '""') + '"'


def _encodable(text: str) -> str:
    """Return a text that can be bound; half a surrogate pair matches nothing anyway."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _joined(parts: Sequence[str], joint: str) -> str:
    """Join conditions in a balanced tree: SQL does not take a long row of them."""
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(parts[:middle], joint)}{joint}{_joined(parts[middle:], joint)})"
