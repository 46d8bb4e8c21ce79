"""Which messages and attempts there were at a time of the past."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Sequence

from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader

WIDTH_US = 60 * 1_000_000
"""How exactly times are told apart."""

_MESSAGES = """
SELECT json_group_array(json_array(at_us, first, last)) FROM (
    SELECT received_at_us / :width * :width AS at_us, min(id) AS first, max(id) AS last
    FROM messages INDEXED BY messages_list
    WHERE received_at_us >= :since AND received_at_us < :until GROUP BY 1 ORDER BY 1)
"""
_ATTEMPTS = """
SELECT json_group_array(json_array(at_us, first, last)) FROM (
    SELECT started_at_us / :width * :width AS at_us, min(id) AS first, max(id) AS last
    FROM attempts WHERE started_at_us >= :since AND started_at_us < :until GROUP BY 1 ORDER BY 1)
"""


class LastIds:
    """The highest number that had been given at a time; numbers grow with time.

    Args:
        marks: Begin of a minute, first and last number within it, by time.
    """

    def __init__(self, marks: Sequence[tuple[int, int, int]]) -> None:
        self._at_us = [at_us + WIDTH_US for at_us, _, _ in marks]
        self._last: list[int] = []
        highest = 0
        for _, _, last in marks:  # where a clock was set back, numbers of later are among them
            highest = max(highest, last)
            self._last.append(highest)
        self._before = min((first for _, first, _ in marks), default=1) - 1

    def at(self, at_us: int) -> int:
        """Return the highest number of the minutes that were over at a time, UTC."""
        place = bisect_right(self._at_us, at_us)
        return self._last[place - 1] if place else self._before


def message_ids(reader: StoreReader, since_us: int, until_us: int) -> LastIds:
    """Return the ids of messages over a span, by when they were received.

    Raises:
        ConsoleError: The database cannot be read.
    """
    return _read(reader, _MESSAGES, since_us, until_us)


def attempt_ids(reader: StoreReader, since_us: int, until_us: int) -> LastIds:
    """Return the numbers of attempts over a span, by when they were begun.

    Raises:
        ConsoleError: The database cannot be read.
    """
    return _read(reader, _ATTEMPTS, since_us, until_us)


def _read(reader: StoreReader, sql: str, since_us: int, until_us: int) -> LastIds:
    values = {"since": since_us, "until": until_us, "width": WIDTH_US}
    with as_console_errors():
        row = reader.database().one(sql, values)
    return LastIds([tuple(mark) for mark in json.loads(str(row[0]))] if row else ())
