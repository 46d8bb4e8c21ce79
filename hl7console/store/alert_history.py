"""The alerts of a span, for reports. The functions take a `StoreReader` of the calling thread."""

from __future__ import annotations

from hl7console.store import alerts
from hl7console.store.alert_records import AlertRecord
from hl7console.store.connection import SqlValue
from hl7console.store.faults import as_console_errors
from hl7console.store.reader import StoreReader


def alerts_between(
    reader: StoreReader, since_us: int, until_us: int, *, subject: str | None = None
) -> list[AlertRecord]:
    """Return the alerts that were open at any time of a span, oldest first.

    Args:
        reader: The database; one that was made before there were alerts has none.
        since_us: Where the span begins.
        until_us: Where it ends.
        subject: Only those of this interface; None for all.

    Raises:
        ConsoleError: The database cannot be read.
    """
    condition = "onset_at_us < ? AND (ended_at_us = 0 OR ended_at_us > ?)"
    values: list[SqlValue] = [until_us, since_us]
    if subject is not None:
        condition += " AND subject = ?"
        values.append(subject)
    sql = f"SELECT {alerts.COLUMNS_SQL} FROM alerts WHERE {condition} ORDER BY onset_at_us, id"  # noqa: S608
    with as_console_errors():
        if not _has_alerts(reader):
            return []
        rows = reader.database().all(sql, values)
    return [AlertRecord(*row) for row in rows]  # type: ignore[arg-type]


def open_alerts(reader: StoreReader) -> list[AlertRecord]:
    """Return the alerts that are open, oldest first.

    Raises:
        ConsoleError: The database cannot be read.
    """
    with as_console_errors():
        found = alerts.open_alerts(reader.database()) if _has_alerts(reader) else []
    return sorted(found, key=lambda alert: (alert.onset_at_us, alert.id))


def _has_alerts(reader: StoreReader) -> bool:
    sql = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'alerts'"
    return bool(reader.database().integer(sql))
