"""Lists of alerts, open and past, as a place of the window shows them: filtered, paged, counted.

Every function takes a `StoreReader` of the calling thread and raises a `ConsoleError` where the
database cannot be read, `QueryStoppedError` where the reader was interrupted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from hl7console.store.alert_records import AlertRecord
from hl7console.store.alerts import COLUMNS_SQL
from hl7console.store.connection import SqlValue
from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader

PAGE = 200
"""Alerts in a page."""

_RANK = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END"
_TEXTS = ("text", "subject", "rule", "note", "acknowledged_by", "sample_control_id")


@dataclass(frozen=True, slots=True)
class AlertList:
    """Which alerts a list shows."""

    is_open: bool = True
    severities: tuple[str, ...] = ()
    """Empty for all."""
    subjects: tuple[str, ...] = ()
    """Only those of these interfaces or senders; "" stands for the whole engine."""
    rules: tuple[str, ...] = ()
    text: str = ""
    """Only those that hold all these words."""

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves out some."""
        return bool(self.severities or self.subjects or self.rules or self.text.strip())


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """What became of one rule's alerts in a span."""

    rule: str
    kind: str
    severity: str
    """The worst."""
    count: int
    open_count: int
    acknowledged: int
    mean_s: float
    """Mean time to recovery of those that are over; 0 where none is."""
    longest_s: float
    last_at_us: int
    """Onset of the latest."""


@dataclass(frozen=True, slots=True)
class AlertNotice:
    """What one channel was to be told of an alert, and what became of that."""

    channel: str
    what: str
    """``onset``, ``recovery`` or ``group``."""
    state: str
    """A `hl7console.store.alert_notices.NoticeState`."""
    tries: int
    fault: str
    created_at_us: int
    next_try_at_us: int
    finished_at_us: int


def _rows(
    reader: StoreReader, sql: str, values: Sequence[SqlValue] = ()
) -> list[tuple[SqlValue, ...]]:
    with as_console_errors():
        return reader.database().all(sql, values)


def _order(wanted: AlertList) -> str:
    if wanted.is_open:
        return f"{_RANK}, onset_at_us DESC, id DESC"
    return "ended_at_us DESC, id DESC"


def _condition(wanted: AlertList) -> tuple[str, list[SqlValue]]:
    parts = ["ended_at_us = 0" if wanted.is_open else "ended_at_us > 0"]
    values: list[SqlValue] = []
    for name, chosen in (
        ("severity", wanted.severities),
        ("subject", wanted.subjects),
        ("rule", wanted.rules),
    ):
        if chosen:
            parts.append(f"{name} IN ({', '.join('?' * len(chosen))})")
            values += chosen
    for word in wanted.text.split():
        escaped = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        parts.append("(" + " OR ".join(f"{name} LIKE ? ESCAPE '\\'" for name in _TEXTS) + ")")
        values += [f"%{escaped}%"] * len(_TEXTS)
    return " AND ".join(parts), values


def alert_count(reader: StoreReader, wanted: AlertList) -> int:
    """Return how many alerts a list has."""
    condition, values = _condition(wanted)
    rows = _rows(reader, f"SELECT count(*) FROM alerts WHERE {condition}", values)  # noqa: S608
    return int(rows[0][0] or 0)


def alert_page(
    reader: StoreReader, wanted: AlertList, *, skip: int = 0, limit: int = PAGE
) -> list[AlertRecord]:
    """Return alerts of a list in its order: open ones worst first, past ones latest first."""
    condition, values = _condition(wanted)
    rows = _rows(
        reader,
        f"SELECT {COLUMNS_SQL} FROM alerts WHERE {condition} ORDER BY {_order(wanted)}"  # noqa: S608
        " LIMIT ? OFFSET ?",
        [*values, limit, skip],
    )
    return [AlertRecord(*row) for row in rows]  # type: ignore[arg-type]


def alert_place(reader: StoreReader, wanted: AlertList, alert_id: int) -> int:
    """Return the place of an alert in a list, from 0; -1 where it isn't there."""
    condition, values = _condition(wanted)
    rows = _rows(
        reader,
        "SELECT place FROM (SELECT id, row_number() OVER"  # noqa: S608
        f" (ORDER BY {_order(wanted)}) - 1 AS place FROM alerts WHERE {condition}) WHERE id = ?",
        [*values, alert_id],
    )
    return int(rows[0][0] or 0) if rows else -1


def alerts_within(
    reader: StoreReader, since_us: int, until_us: int, limit: int = PAGE
) -> list[AlertRecord]:
    """Return alerts that were open at any time of a span, the worst and latest first."""
    rows = _rows(
        reader,
        f"SELECT {COLUMNS_SQL} FROM alerts WHERE onset_at_us < ? AND told_at_us > 0"  # noqa: S608
        f" AND (ended_at_us = 0 OR ended_at_us >= ?) ORDER BY {_RANK}, onset_at_us DESC LIMIT ?",
        (until_us, since_us, limit),
    )
    return [AlertRecord(*row) for row in rows]  # type: ignore[arg-type]


def alert_by_id(reader: StoreReader, alert_id: int) -> AlertRecord | None:
    """Return one alert."""
    rows = _rows(reader, f"SELECT {COLUMNS_SQL} FROM alerts WHERE id = ?", (alert_id,))  # noqa: S608
    return AlertRecord(*rows[0]) if rows else None  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class AlertNames:
    """What there are alerts of."""

    subjects: frozenset[str] = frozenset()
    rules: frozenset[str] = frozenset()
    last_id: int = 0
    """Alerts up to this one were looked at."""


def alert_names(reader: StoreReader, known: AlertNames = AlertNames()) -> AlertNames:
    """Return what there are alerts of; looks only at those behind what is known."""
    rows = _rows(
        reader, "SELECT subject, rule, max(id) FROM alerts WHERE id > ? GROUP BY 1, 2",
        (known.last_id,),
    )  # fmt: skip
    return AlertNames(
        known.subjects | {str(row[0]) for row in rows},
        known.rules | {str(row[1]) for row in rows},
        max([known.last_id, *(int(row[2] or 0) for row in rows)]),
    )


_LASTED_S = "(ended_at_us - onset_at_us) / 1000000.0"
_FIGURES = f"""
SELECT rule, max(kind), min({_RANK}), count(*), sum(ended_at_us = 0), sum(acknowledged_at_us > 0),
avg(CASE WHEN ended_at_us > 0 THEN {_LASTED_S} END),
max(CASE WHEN ended_at_us > 0 THEN {_LASTED_S} END), max(onset_at_us)
FROM alerts WHERE onset_at_us >= ? GROUP BY rule ORDER BY count(*) DESC, rule
"""  # noqa: S608
_SEVERITIES = ("critical", "warning", "info")


def figures_by_rule(reader: StoreReader, since_us: int) -> list[RuleFigures]:
    """Return what became of the alerts since a time, by rule, the most frequent first."""
    found = []
    for rule, kind, rank, count, opened, known, mean, longest, last in _rows(
        reader, _FIGURES, (since_us,)
    ):
        found.append(
            RuleFigures(
                str(rule), str(kind), _SEVERITIES[int(rank or 0)], int(count or 0),
                int(opened or 0), int(known or 0), float(mean or 0), float(longest or 0),
                int(last or 0),
            )
        )  # fmt: skip
    return found


def notices_of(reader: StoreReader, alert_id: int) -> list[AlertNotice]:
    """Return who was to be told of an alert, in that order."""
    names = ", ".join(f"notice.{column.name}" for column in fields(AlertNotice))
    rows = _rows(
        reader,
        f"SELECT {names} FROM alert_notices AS notice WHERE EXISTS"  # noqa: S608
        " (SELECT 1 FROM json_each(notice.alert_ids) AS about WHERE about.value = ?)"
        " ORDER BY notice.id",
        (alert_id,),
    )
    return [AlertNotice(*row) for row in rows]  # type: ignore[arg-type]
