"""Finds the messages that match a filter: newest first, in ranges of ids, always exact.

A query walks ranges of ids, small ones first, so that the first page is there long before the
rest. Within the full-text index SQL decides nearly everything; what it leaves open, and every
message that the index has not reached or does not hold, is read and evaluated.

Each range is one SQL step that returns its ids packed into one text. Why: the interpreter's lock
is released and taken again for every row of a query, which beside a busy network thread can cost
milliseconds a row.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from hl7console.hl7v2.filters import (
    And,
    ColumnIs,
    Has,
    Node,
    Query,
    ReceivedSince,
    ReceivedUntil,
    StatusIs,
    leaves,
)
from hl7console.hl7v2.filters.evaluation import Facts, evaluate
from hl7console.hl7v2.message import Message
from hl7console.store.compiler import (
    Compiler,
    Condition,
    Context,
    conjuncts,
    index_expression,
    is_index_exact,
)
from hl7console.store.connection import Database, SqlValue
from hl7console.store.derive import WATERMARK
from hl7console.store.kinds import Kinds
from hl7console.store.rows import read_bodies, read_rows
from hl7console.store.schema import BLOCK_SHIFT, IS_OPEN_SQL

FIRST_RANGE = 4_096
"""Ids in the first range that a query looks at."""

WIDEST_RANGE = 1_048_576
"""Ids in the widest range; each following one is four times as wide as the one before."""

TAIL_RANGE = 2_048
"""Ids in a range beyond the index."""

READ_AT_ONCE = 256
"""Messages read and evaluated at a time."""

Range = tuple[int, int]
"""Ids above the first and up to the second."""


@dataclass(frozen=True, slots=True)
class Extent:
    """What there is to search, at one moment."""

    last_id: int
    derived_id: int
    unindexed: tuple[int, ...]
    """Messages below the watermark that the index does not hold."""


def read_extent(database: Database) -> Extent:
    """Return last id, watermark and what is not indexed, from one state of the database."""
    row = database.one(
        "SELECT (SELECT max(id) FROM messages),"
        " (SELECT CAST(value AS INTEGER) FROM settings WHERE name = ?),"
        " (SELECT json_group_array(id) FROM unindexed)",
        (WATERMARK,),
    )
    last, derived, unindexed = row if row is not None else (0, 0, "[]")
    last_id = int(last or 0)
    return Extent(last_id, min(int(derived or 0), last_id), tuple(json.loads(str(unindexed))))


class Search:
    """One query over one state of the database; for the reader's thread.

    Args:
        database: A read-only connection.
        kinds: The kinds, refreshed.
        query: The filter.
        check: Called between steps; raises when the query is to stop.
    """

    def __init__(
        self, database: Database, kinds: Kinds, query: Query, check: Callable[[], None]
    ) -> None:
        self._database = database
        self._check = check
        self._items = conjuncts(query.root)
        self._extent = read_extent(database)
        self._asks_facts = any(_asks_facts(leaf) for leaf in leaves(query.root))

        def destinations_of(leaf: ColumnIs) -> list[str]:
            wanted = leaf.value.casefold()
            # Read only where it is asked for: it takes as long as there are deliveries.
            rows = database.all("SELECT DISTINCT destination FROM deliveries")
            names = [str(row[0]) for row in rows]
            if leaf.is_prefix:
                return [name for name in names if name.casefold().startswith(wanted)]
            return [name for name in names if name.casefold() == wanted and wanted]

        self._indexed = Compiler(Context(kinds.matching, destinations_of, is_indexed=True))
        self._tail = Compiler(Context(kinds.matching, destinations_of, is_indexed=False))
        self._driver, self._condition, self._open = self._plan()
        self._tail_condition = self._tail.condition(self._items)
        self._tail_open = [item for item in self._items if not self._tail.is_exact(item)]

    def _plan(self) -> tuple[str, Condition, list[Node]]:
        """Return the full-text query, the SQL condition besides, and what SQL leaves open."""
        expressions = [(item, index_expression(item)) for item in self._items]
        driver = " AND ".join(expression for _, expression in expressions if expression)
        rest = [item for item, found in expressions if not (found and is_index_exact(item))]
        return (
            driver,
            self._indexed.condition(rest),
            [item for item in self._items if not self._indexed.is_exact(item)],
        )

    def newest_first(self, after_id: int = 0) -> Iterator[array[int]]:
        """Yield the matching ids above `after_id`, newest first, in chunks that are not empty."""
        return self._walk(self._ranges(after_id), newest_first=True)

    def oldest_first(self, after_id: int = 0, until_id: int | None = None) -> Iterator[array[int]]:
        """Yield the matching ids above `after_id`, oldest first, in chunks that are not empty.

        Args:
            after_id: Where to begin.
            until_id: Where to end; None goes to the last message.
        """
        extent = self._extent
        last_id = extent.last_id if until_id is None else min(until_id, extent.last_id)
        ranges = [
            *_widening(after_id, min(extent.derived_id, last_id), from_top=False),
            *_steps(max(after_id, extent.derived_id), last_id),
        ]
        return self._walk(ranges, newest_first=False)

    def _ranges(self, after_id: int) -> Iterator[Range]:
        extent = self._extent
        tail = list(_steps(max(after_id, extent.derived_id), extent.last_id))
        yield from reversed(tail)
        yield from _widening(after_id, extent.derived_id, from_top=True)

    def _walk(
        self, ranges: Iterator[Range] | list[Range], *, newest_first: bool
    ) -> Iterator[array[int]]:
        blocks = self._blocks()
        for low, high in ranges:
            self._check()
            found: list[int] = []
            if low >= self._extent.derived_id:
                found = self._in_tail(low, high)
            else:
                for first, last in _overlap(blocks, low, high):
                    found += self._in_index(first, last)
                odd = [i for i in self._extent.unindexed if low < i <= high]
                if odd:
                    found = sorted({*found} - {*odd} | {*self._read(odd, self._items)})
            if found:
                found.sort(reverse=newest_first)
                yield array("q", found)

    def _in_index(self, low: int, high: int) -> list[int]:
        condition = self._condition
        values = condition.values | {"lo": low, "hi": high}
        where = f"m.id > :lo AND m.id <= :hi AND {condition.sql}"
        if not self._driver:
            source = "messages AS m INDEXED BY messages_list"
        else:
            values["driver"] = self._driver
            match = "message_text MATCH :driver AND f.rowid > :lo AND f.rowid <= :hi"
            if condition.sql == "1":
                sql = f"SELECT group_concat(rowid) FROM message_text AS f WHERE {match}"  # noqa: S608
                return self._settle(self._packed(sql, values))
            source = "message_text AS f CROSS JOIN messages AS m ON m.id = f.rowid"
            where = f"{match} AND {condition.sql}"
        sql = f"SELECT group_concat(m.id) FROM {source} WHERE {where}"  # noqa: S608
        return self._settle(self._packed(sql, values))

    def _settle(self, found: list[int]) -> list[int]:
        """Return those of the ids found that really match."""
        return self._read(found, self._open) if self._open else found

    def _in_tail(self, low: int, high: int) -> list[int]:
        condition = self._tail_condition
        sql = (
            "SELECT group_concat(m.id) FROM messages AS m INDEXED BY messages_list"  # noqa: S608
            f" WHERE m.id > :lo AND m.id <= :hi AND {condition.sql}"
        )
        found = self._packed(sql, condition.values | {"lo": low, "hi": high})
        return self._read(found, self._tail_open) if self._tail_open else found

    def _packed(self, sql: str, values: dict[str, SqlValue]) -> list[int]:
        return _unpacked(self._database.one(sql, values))

    def _read(self, ids: Sequence[int], items: Sequence[Node]) -> list[int]:
        """Return the ids whose messages match, decided by their bytes."""
        query = Query("", And(tuple(items)))
        found: list[int] = []
        for start in range(0, len(ids), READ_AT_ONCE):
            self._check()
            part = ids[start : start + READ_AT_ONCE]
            rows = {row.id: row for row in read_rows(self._database, part)}
            for message_id, raw in read_bodies(self._database, part):
                row = rows.get(message_id)
                if row is None:
                    continue
                message = Message.parse(raw, force_codec=row.charset)
                facts = self._facts(message_id) if self._asks_facts else Facts()
                if evaluate(query, row, message, facts=facts):
                    found.append(message_id)
        return found

    def _facts(self, message_id: int) -> Facts:
        rows = self._database.all(
            f"SELECT destination, {IS_OPEN_SQL} FROM deliveries WHERE message_id = ?",  # noqa: S608
            (message_id,),
        )
        children = self._database.integer(
            "SELECT EXISTS (SELECT 1 FROM messages WHERE parent_id = ? AND parent_id <> 0)",
            (message_id,),
        )
        return Facts(
            destinations=tuple(str(row[0]) for row in rows),
            is_waiting=any(row[1] for row in rows),
            has_children=bool(children),
        )

    def _blocks(self) -> list[Range] | None:
        """Return the ranges of ids that may lie within the times asked for; None for all."""
        since = [item.at_us for item in self._items if isinstance(item, ReceivedSince)]
        until = [item.before_us for item in self._items if isinstance(item, ReceivedUntil)]
        if not since and not until:
            return None
        row = self._database.one(
            "SELECT group_concat(block) FROM"
            " (SELECT block FROM time_blocks WHERE last_us >= ? AND first_us < ? ORDER BY block)",
            (max(since, default=-(2**62)), min(until, default=2**62)),
        )
        ranges: list[Range] = []
        for block in sorted(_unpacked(row)):
            low, high = (block << BLOCK_SHIFT) - 1, ((block + 1) << BLOCK_SHIFT) - 1
            if ranges and ranges[-1][1] == low:
                ranges[-1] = (ranges[-1][0], high)
            else:
                ranges.append((low, high))
        return ranges


def _unpacked(row: tuple[SqlValue, ...] | None) -> list[int]:
    """Return the numbers of a text that ``group_concat`` made."""
    if row is None or row[0] is None:
        return []
    ids: list[int] = json.loads("[" + str(row[0]) + "]")
    return ids


def _asks_facts(leaf: Node) -> bool:
    if isinstance(leaf, ColumnIs):
        return leaf.key == "destination"
    if isinstance(leaf, StatusIs):
        return leaf.status == "waiting"
    return isinstance(leaf, Has) and leaf.what == "children"


def _steps(low: int, high: int) -> Iterator[Range]:
    while low < high:
        yield low, min(low + TAIL_RANGE, high)
        low += TAIL_RANGE


def _widening(low: int, high: int, *, from_top: bool) -> Iterator[Range]:
    """Yield ranges that cover all ids above `low` up to `high`, the first ones small."""
    width = FIRST_RANGE
    while low < high:
        if from_top:
            start = max(low, high - width)
            yield start, high
            high = start
        else:
            end = min(high, low + width)
            yield low, end
            low = end
        width = min(width * 4, WIDEST_RANGE)


def _overlap(ranges: list[Range] | None, low: int, high: int) -> list[Range]:
    """Return the parts of (low, high] that lie within the ranges."""
    if ranges is None:
        return [(low, high)]
    cut = ((max(first, low), min(last, high)) for first, last in ranges)
    return [(first, last) for first, last in cut if first < last]
