"""Learns what is normal from the hours that are kept, and reads it again as bands."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from hl7console.settings.alerts import NormalSettings
from hl7console.store.connection import Database
from hl7console.store.measures.normal import (
    HOUR_S,
    SLOTS,
    Local,
    hours_of_slots,
    learn,
    local_time,
    range_of,
    slot_of,
)
from hl7console.store.measures.records import Band, Scope

LEARNED = (Scope.ALL, Scope.LISTENER, Scope.SENDER)
"""Scopes whose normal is learned."""

KNOWN_PART = 0.9
"""Part of an hour in which the program must have run for the hour to count."""

SLOTS_AT_ONCE = 12
"""Hours of the week that are learned in one turn."""

_SCOPES = ", ".join(f"'{scope}'" for scope in LEARNED)
_FIRST = (
    "SELECT json_group_array(json_array(id, (SELECT min(at_s) FROM steps WHERE resolution = 3600"  # noqa: S608
    f" AND series_id = series.id))) FROM series WHERE scope IN ({_SCOPES})"
)
_COUNTS = (
    "SELECT json_group_array(json_array(series_id, at_s, received)) FROM steps"
    " WHERE resolution = 3600 AND series_id IN (SELECT value FROM json_each(:ids))"
    " AND at_s IN (SELECT value FROM json_each(:hours))"
)
_RUNS = (
    "SELECT json_group_array(json_array(since_s, until_s)) FROM runs"
    " WHERE until_s > :since AND since_s < :until"
)
_PUT = (
    "INSERT INTO normal (hour, series_id, typical, spread, weeks) SELECT :hour, value ->> 0,"
    " value ->> 1, value ->> 2, value ->> 3 FROM json_each(:rows)"
)


class Learner:
    """Learns in small parts: an hour of the week when it is over, all of them at the start.

    The owner of the writing connection only.

    Args:
        database: The writing connection.
        local: Returns local times.
    """

    def __init__(self, database: Database, local: Local = local_time) -> None:
        self._database = database
        self._local = local
        self._settings = NormalSettings()
        self._due: list[int] = list(range(SLOTS))
        self._hours: dict[int, list[int]] = {}
        self._hour_s = -1

    def set_settings(self, settings: NormalSettings) -> None:
        """Learn by other settings from now on."""
        if settings != self._settings:
            self._settings = settings
            self._due = list(range(SLOTS))
            self._hour_s = -1

    def is_due(self, now_s: int) -> bool:
        """Return whether there is something to learn."""
        return bool(self._due) or now_s // HOUR_S != self._hour_s

    def learn(self, now_s: int, *, most: int = SLOTS_AT_ONCE) -> None:
        """Learn the next part; inside a transaction, after all hours that are over were folded."""
        hour = now_s // HOUR_S
        if hour != self._hour_s:
            self._hours = hours_of_slots(now_s, self._settings, self._local)
            over = hour - 1 if self._hour_s < 0 else max(self._hour_s, hour - SLOTS)
            for past in range(over, hour):
                slot = slot_of(self._local(past * HOUR_S))
                if slot not in self._due:
                    self._due.append(slot)
            self._hour_s = hour
        part, self._due = self._due[:most], self._due[most:]
        first_s = self._first_hours()
        for slot in part:
            self._learn_slot(slot, first_s)

    def _first_hours(self) -> dict[int, int]:
        row = self._database.one(_FIRST)
        found = json.loads(str(row[0])) if row else ()
        return {int(id_): int(at_s) for id_, at_s in found if at_s is not None}

    def _learn_slot(self, slot: int, first_s: dict[int, int]) -> None:
        hours = self._known(self._hours.get(slot, ()))
        values = {"ids": json.dumps(list(first_s)), "hours": json.dumps(hours)}
        row = self._database.one(_COUNTS, values)
        counts: dict[int, dict[int, int]] = {}
        for series_id, at_s, received in json.loads(str(row[0])) if row else ():
            counts.setdefault(series_id, {})[at_s] = received
        rows = []
        for series_id, begun_s in first_s.items():
            taken = counts.get(series_id, {})
            lived = [taken.get(at_s, 0) for at_s in hours if at_s >= begun_s]
            found = learn(lived, self._settings.least_weeks)
            if found is not None:
                rows.append([series_id, *found, len(lived)])
        self._database.execute("DELETE FROM normal WHERE hour = ?", (slot,))
        self._database.execute(_PUT, {"hour": slot, "rows": json.dumps(rows)})

    def _known(self, hours: Sequence[int]) -> list[int]:
        """Return the hours in which the program ran nearly all the time."""
        if not hours:
            return []
        values = {"since": hours[0], "until": hours[-1] + HOUR_S}
        row = self._database.one(_RUNS, values)
        runs = json.loads(str(row[0])) if row else []
        return [at_s for at_s in hours if _covered(at_s, runs) >= KNOWN_PART * HOUR_S]


def _covered(at_s: int, runs: Sequence[Sequence[int]]) -> int:
    return sum(
        max(min(until_s, at_s + HOUR_S) - max(since_s, at_s), 0) for since_s, until_s in runs
    )


def band_of(
    database: Database,
    scope: Scope,
    name: str,
    span: tuple[int, int, int],
    local: Local = local_time,
) -> Band | None:
    """Return what is normal for a feed; steps without enough history are NaN.

    Args:
        database: A read-only connection.
        scope: What the series is about.
        name: Its name.
        span: Where the first step begins, where the last one ends, how wide they are; UTC seconds.
        local: Returns local times.
    """
    first_s, end_s, step_s = span
    rows = database.all(
        "SELECT hour, typical, spread, weeks FROM normal WHERE hour BETWEEN 0 AND 167"
        " AND series_id = (SELECT id FROM series WHERE scope = ? AND name = ?)",
        (scope, name),
    )
    if not rows:
        return None
    learned = {int(row[0] or 0): (float(row[1] or 0), float(row[2] or 0)) for row in rows}
    weeks = {int(row[0] or 0): int(row[3] or 0) for row in rows}
    slots: dict[int, int] = {}
    low: list[float] = []
    typical: list[float] = []
    high: list[float] = []
    for at_s in range(first_s, end_s, step_s):
        hours = []
        for hour in _hours_within(at_s, step_s):
            slot = slots.get(hour)
            if slot is None:
                slot = slots[hour] = slot_of(local(hour * HOUR_S))
            if slot in learned:
                hours.append(learned[slot])
        is_whole = len(hours) == max(step_s // HOUR_S, 1)
        part = min(step_s / HOUR_S, 1.0)
        values = range_of(hours, part) if is_whole else (math.nan,) * 3
        for line, value in zip((low, typical, high), values, strict=True):
            line.append(value)
    if all(map(math.isnan, typical)):
        return None
    return Band(
        first_s, step_s, low, typical, high, max(weeks.get(slot, 0) for slot in slots.values())
    )


def _hours_within(at_s: int, step_s: int) -> range:
    """Return the hours of a step; of one that is shorter, the hour that it begins in."""
    first = at_s // HOUR_S
    return range(first, first + max(step_s // HOUR_S, 1))


def normals_of(database: Database, scope: Scope) -> dict[str, dict[int, tuple[float, float]]]:
    """Return what was learned of all series of a scope, by name and hour of the week."""
    row = database.one(
        "SELECT json_group_array(json_array(name, hour, typical, spread)) FROM normal"
        " JOIN series ON series.id = series_id WHERE scope = ? AND hour BETWEEN 0 AND 167",
        (scope,),
    )
    found: dict[str, dict[int, tuple[float, float]]] = {}
    for name, hour, typical, spread in json.loads(str(row[0])) if row else ():
        found.setdefault(str(name), {})[int(hour)] = (float(typical), float(spread))
    return found
