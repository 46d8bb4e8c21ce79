"""What alert rules ask of the worklist: counted in SQL, by listener or sender.

Each question is one SQL step that returns its answer packed into one text: see
`hl7console.store.search` for why. Patient data and numbers of orders are never among it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from hl7console.store.connection import Database, SqlValue
from hl7console.store.worklist.reader import WorklistReader
from hl7console.store.worklist.schema import SPACES
from hl7console.worklist.rows import REPORT
from hl7console.worklist.scheduling import GONE, NOSHOW, NOT_YET
from hl7console.worklist.states import StepState

NEWEST_APPOINTMENTS = 20_000
"""Appointments that are looked at: those that were made last."""

MOST_CODES = 5
"""Codes that are named of one sender."""

_MADE_OF_APPOINTMENT = "created_from_siu"
"""Flag of an order that an appointment made; it stays when the order's own message comes."""

_NO_RESULT_DUE = (StepState.CANCELED, StepState.DISCONTINUED, StepState.ON_HOLD)
_NO_ORDER_DUE = sorted({*GONE, *NOT_YET, NOSHOW, "complete"})
_START = "substr({0} || '000000', 1, 6)"

_WITHOUT_RESULT = f"""
SELECT json_group_array(json_array(listener, n, last_entry, since)) FROM (
    SELECT listener, count(DISTINCT order_id) AS n, last_entry,
        min(start_date || {_START.format("start_time")}) AS since
    FROM lines
    WHERE start_date >= :first_date
        AND (start_date < :last_date
            OR (start_date = :last_date AND {_START.format("start_time")} <= :last_time))
        AND state NOT IN ({", ".join(f"'{state}'" for state in _NO_RESULT_DUE)})
        AND (state <> '{StepState.UNSCHEDULED}' OR is_incomplete)
        AND instr(flags, '"noshow"') = 0 AND instr(flags, '"is_parent"') = 0
        AND NOT EXISTS (SELECT 1 FROM row_keys WHERE space = {SPACES[REPORT, "order"]}
            AND key = CAST(lines.order_id AS TEXT))
        AND NOT EXISTS (SELECT 1 FROM row_keys WHERE space = {SPACES[REPORT, "also"]}
            AND key = CAST(lines.order_id AS TEXT))
    GROUP BY listener)
"""  # noqa: S608 - our own

_WITHOUT_ORDER = f"""
SELECT json_group_array(json_array(listener, n, entry, since)) FROM (
    SELECT listener, count(*) AS n, entry, min(start) AS since FROM (
        SELECT a.listener AS listener, a.entry AS entry, a.start AS start FROM (
            SELECT json_extract(body, '$[0].listener') AS listener,
                json_extract(body, '$[0].entry') AS entry,
                json_extract(body, '$[0].status') AS status,
                coalesce(json_extract(body, '$[0].order'), 0) AS order_id,
                coalesce(json_extract(body, '$[0].start_date'), '') || substr(
                    coalesce(json_extract(body, '$[0].start_time'), '') || '000000', 1, 6) AS start
            FROM appointment_rows
            WHERE id > (SELECT max(id) FROM appointment_rows) - {NEWEST_APPOINTMENTS}) AS a
        LEFT JOIN order_rows AS o ON o.id = a.order_id
        WHERE a.start >= :first AND a.start <= :last
            AND coalesce(a.status, '') NOT IN ({", ".join(f"'{s}'" for s in _NO_ORDER_DUE)})
            AND (o.id IS NULL OR (
                instr(coalesce(json_extract(o.body, '$[0].flags'), ''), '"{_MADE_OF_APPOINTMENT}"')
                AND coalesce(json_extract(o.body, '$[0].control'), '') = '')))
    GROUP BY listener)
"""  # noqa: S608

_UNMAPPED = """
SELECT json_group_array(json_array(sender, n, entry, at_us, codes)) FROM (
    SELECT sender, count(*) AS n, entry, max(at_us) AS at_us,
        json_group_array(code) AS codes FROM (
        SELECT json_extract(u.body, '$[0].sender') AS sender,
            json_extract(u.body, '$[0].code') AS code, e.number AS entry, e.at_us AS at_us
        FROM unmapped_rows AS u
            CROSS JOIN entries AS e ON e.number = json_extract(u.body, '$[0].last_entry')
        WHERE e.at_us >= :since_us AND e.at_us <= :until_us
            AND EXISTS (SELECT 1 FROM code_rows)
        ORDER BY e.at_us DESC)
    GROUP BY sender)
"""


@dataclass(frozen=True, slots=True)
class Overdue:
    """Orders or appointments of one listener that lack something."""

    listener: str
    count: int
    entry: int
    """Journal entry that spoke last of the earliest: the id of a message where it is positive."""
    since: str
    """When the earliest begins or was to begin: ``YYYYMMDDHHMMSS``, local."""


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Procedure codes of one sender that the table lacks."""

    sender: str
    count: int
    entry: int
    """Journal entry that had one of them last."""
    at_us: int
    codes: tuple[str, ...]
    """Some of them, the latest first."""


def orders_without_result(reader: WorklistReader, first: str, last: str) -> list[Overdue]:
    """Return orders whose step was to begin within a span and that have no result, by listener.

    Not those that were cancelled, are on hold or without a time, whose patient did not come, or
    that only hold others together.

    Args:
        reader: The worklist.
        first: Where the span begins: ``YYYYMMDDHHMMSS``, local; whole days count.
        last: Where it ends.

    Raises:
        ConsoleError: The worklist cannot be read.
    """
    values = {"first_date": first[:8], "last_date": last[:8], "last_time": last[8:14]}
    return [Overdue(*row) for row in _packed(reader, _WITHOUT_RESULT, values)]


def appointments_without_order(reader: WorklistReader, first: str, last: str) -> list[Overdue]:
    """Return appointments that begin within a span and have no order, by listener.

    An order that was only made of its appointment is none. Of very many appointments those that
    were made last are looked at.

    Args:
        reader: The worklist.
        first: Where the span begins: ``YYYYMMDDHHMMSS``, local.
        last: Where it ends.

    Raises:
        ConsoleError: The worklist cannot be read.
    """
    return [
        Overdue(*row) for row in _packed(reader, _WITHOUT_ORDER, {"first": first, "last": last})
    ]


def unmapped_codes(reader: WorklistReader, since_us: int, until_us: int) -> list[Unmapped]:
    """Return codes that the table lacks still and that came within a span, by sender.

    While there is no table at all, none is missing.

    Raises:
        ConsoleError: The worklist cannot be read.
    """
    values = {"since_us": since_us, "until_us": until_us}
    return [
        Unmapped(sender or "", count, entry, at_us, tuple(map(str, json.loads(codes)[:MOST_CODES])))
        for sender, count, entry, at_us, codes in _packed(reader, _UNMAPPED, values)
    ]


def _packed(reader: WorklistReader, sql: str, values: Mapping[str, SqlValue]) -> list[list[Any]]:
    def read(database: Database) -> list[list[Any]]:
        row = database.one(sql, values)
        found: list[list[Any]] = json.loads(str(row[0])) if row else []
        return found

    return reader.ask(read, [])
