"""Puts hours of the past into the measures, for simulations and tests. Nobody else may write."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from hl7console.store.measures.records import Scope
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import COLUMNS, measures_path

HOUR_S = 3600

Hour = tuple[int, int] | tuple[int, int, int]
"""Where it begins (UTC seconds), messages received, and how many of them were refused."""

_PUT = (
    f"INSERT INTO steps (resolution, series_id, at_s, {', '.join(COLUMNS)})"  # noqa: S608
    " VALUES (?, ?, ?, ?, ?, ?, 0, 0, 0, NULL, NULL, NULL)"
    " ON CONFLICT (resolution, series_id, at_s) DO UPDATE SET received = received"
    " + excluded.received, accepted = accepted + excluded.accepted,"
    " refused = refused + excluded.refused"
)


def load_hours(
    console_path: Path, key: bytes | None, scope: Scope, name: str, hours: Iterable[Hour]
) -> None:
    """Add hours to one series; hours and days show them. The program counts as having run then.

    Args:
        console_path: The workspace's ``console.db``; the measures beside it are made when missing.
        key: Its key.
        scope: What the series is about.
        name: Its name.
        hours: The hours, in any order; those with 0 are known to have had nothing.
    """
    load_feeds(console_path, key, [(scope, name, hours)])


def load_feeds(
    console_path: Path, key: bytes | None, feeds: Iterable[tuple[Scope, str, Iterable[Hour]]]
) -> None:
    """Add hours to many series in one go; see `load_hours`."""
    with (
        closing(MeasureStore(measures_path(console_path), key)) as store,
        store.database.transaction(),
    ):
        for scope, name, hours in feeds:
            _load(store, scope, name, list(hours))


def _load(store: MeasureStore, scope: Scope, name: str, hours: list[Hour]) -> None:
    series_id = store.names.series_id((scope, name))
    rows = []
    for at_s, received, *rest in hours:
        refused = rest[0] if rest else 0
        for width in (HOUR_S, 24 * HOUR_S):
            counts = (received, received - refused, refused)
            rows.append((width, series_id, at_s // width * width, *counts))
    store.database.executemany(_PUT, [row for row in rows if row[3]])
    if not hours:
        return
    since_s, until_s = min(hour[0] for hour in hours), max(hour[0] for hour in hours) + HOUR_S
    last_s = max((hour[0] for hour in hours if hour[1]), default=0)
    store.database.execute(
        "UPDATE series SET received_s = max(received_s, ?) WHERE id = ?", (last_s, series_id)
    )
    store.cover(since_s, until_s)
