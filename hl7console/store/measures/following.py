"""Reads of ``console.db`` what the measures have not counted yet. Read-only, one thread."""

from __future__ import annotations

import json
from dataclasses import dataclass

from hl7console.hl7v2.replies import named_cause, read_ack
from hl7console.store.connection import Database
from hl7console.store.measures.records import Scope
from hl7console.store.measures.tally import Series, Tally
from hl7console.store.records import Origin, Status
from hl7console.store.schema import TRAIT_DUPLICATE, TRAIT_PROBLEMS

MOST_AT_ONCE = 10_000
"""Ids that are read in one go."""

MOST_ANSWERS = 300
"""Answers that are read in one go for what they name as the cause."""

_MOST_KNOWN = 20_000

_LAST = (
    "SELECT max(coalesce((SELECT max(id) FROM messages), 0),"
    " coalesce((SELECT max(last) FROM id_gaps), 0))"
)
_AT_S = """
CASE WHEN {at} < ? THEN {at} / 3600000000 * 3600 ELSE {at} / 1000000 END
"""
"""The second that a message counts in; of those from long ago only the hour."""
_COUNTS = f"""
SELECT json_group_array(json_array(at_s, kind_id, is_duplicate, n, size)) FROM (
    SELECT {_AT_S.format(at="received_at_us")} AS at_s, kind_id,
        (traits & {TRAIT_DUPLICATE}) <> 0 AS is_duplicate, count(*) AS n, sum(size_bytes) AS size
    FROM messages INDEXED BY messages_list WHERE id > ? AND id <= ?
    GROUP BY at_s, kind_id, is_duplicate)
"""  # noqa: S608 - our own
_KINDS = """
SELECT json_group_array(json_array(id, origin, interface, sender, message_type, event, status,
    ack_code))
FROM kinds WHERE id IN (SELECT value FROM json_each(?))
"""
_PROBLEMS = f"""
SELECT json_group_array(json_array(at_s, kind_id, error_text, n, example)) FROM (
    SELECT {_AT_S.format(at="m.received_at_us")} AS at_s, m.kind_id, m.error_text, count(*) AS n,
        min(m.id) AS example
    FROM messages AS l INDEXED BY messages_list CROSS JOIN messages AS m ON m.id = l.id
    WHERE l.id > ? AND l.id <= ? AND l.traits & {TRAIT_PROBLEMS} GROUP BY 1, 2, 3)
"""  # noqa: S608 - our own


@dataclass(frozen=True, slots=True)
class _Kind:
    listener: str
    sender: str
    type: str
    is_received: bool
    is_accepted: bool
    ack_code: str

    @property
    def series(self) -> tuple[Series, ...]:
        """The series that a message of this kind counts for."""
        return (
            (Scope.ALL, ""),
            (Scope.LISTENER, self.listener),
            (Scope.SENDER, self.sender),
            (Scope.TYPE, self.type),
        )


def type_of(message_type: str, event: str) -> str:
    """Return the name of a type's series: ``ORM^O01``."""
    return f"{message_type}^{event}" if event else message_type


class MessageSource:
    """Counts messages by their ids, from a watermark on.

    Args:
        console: A read-only connection of the calling thread.
    """

    def __init__(self, console: Database) -> None:
        self._console = console
        self._kinds: dict[int, _Kind] = {}
        self._causes: dict[tuple[int, str], str] = {}
        self._fine_since_us = 0

    def last_id(self) -> int:
        """Return the highest id that was given."""
        return self._console.integer(_LAST)

    def count(self, after_id: int, last_id: int, tally: Tally, *, fine_since_s: int = 0) -> int:
        """Count messages behind an id; return up to which.

        Args:
            after_id: Everything up to here was counted before.
            last_id: Up to where there are any.
            tally: Takes the counts.
            fine_since_s: Messages from before are counted by the hour; UTC seconds.
        """
        self._fine_since_us = fine_since_s * 1_000_000
        until_id = min(last_id, after_id + MOST_AT_ONCE)
        rows = self._rows(_COUNTS, after_id, until_id)
        self._learn_kinds({row[1] for row in rows})
        has_problems = False
        for at_s, kind_id, is_duplicate, count, size_bytes in rows:
            kind = self._kinds.get(kind_id)
            if kind is None or not kind.is_received:
                continue
            accepted = count if kind.is_accepted else 0
            has_problems = has_problems or not accepted
            duplicates = count if is_duplicate else 0
            counts = (count, accepted, count - accepted, 0, duplicates, size_bytes)
            for series in kind.series:
                tally.count(series, max(at_s, 0), counts)
        if has_problems:
            self._count_causes(after_id, until_id, tally)
        return until_id

    def _rows(self, sql: str, after_id: int, until_id: int) -> list[list[int]]:
        row = self._console.one(sql, (self._fine_since_us, after_id, until_id))
        found: list[list[int]] = json.loads(str(row[0])) if row else []
        return found

    def _learn_kinds(self, ids: set[int]) -> None:
        if len(self._kinds) > _MOST_KNOWN:
            self._kinds.clear()
        unknown = ids - self._kinds.keys()
        if not unknown:
            return
        row = self._console.one(_KINDS, (json.dumps(list(unknown)),))
        for id_, origin, interface, sender, type_, event, status, code in (
            json.loads(str(row[0])) if row else ()
        ):
            self._kinds[id_] = _Kind(
                interface,
                sender,
                type_of(type_, event),
                origin == Origin.RECEIVED,
                status == Status.OK,
                code,
            )

    def _count_causes(self, after_id: int, until_id: int, tally: Tally) -> None:
        """Count what was named as the cause; messages alike in kind and fault have the same."""
        left = MOST_ANSWERS
        values = (self._fine_since_us, after_id, until_id)
        row = self._console.one(_PROBLEMS, values)
        for at_s, kind_id, text, count, example in json.loads(str(row[0])) if row else ():
            kind = self._kinds.get(kind_id)
            if kind is None or not kind.is_received or kind.is_accepted:
                continue
            cause = self._causes.get((kind_id, text))
            if cause is None:
                cause = self._cause_of(kind, text, example if left > 0 else 0)
                left -= 1
                if len(self._causes) > _MOST_KNOWN:
                    self._causes.clear()
                self._causes[kind_id, text] = cause
            for series in kind.series:
                tally.cause(series, max(at_s, 0), cause, count)

    def _cause_of(self, kind: _Kind, text: str, example_id: int) -> str:
        """Return ``AE 101 PID-3``; what was not answered is told by its sentence."""
        if not kind.ack_code:
            return text or "no answer"
        if not example_id:
            return kind.ack_code
        row = self._console.one("SELECT ack FROM messages WHERE id = ?", (example_id,))
        ack = row[0] if row is not None and isinstance(row[0], bytes) else b""
        return named_cause(kind.ack_code, read_ack(ack) if ack else None) or kind.ack_code
