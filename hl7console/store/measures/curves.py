"""Puts curves together from the steps that are kept and what is fresh.

A query answers in one row of JSON: the engine gives the interpreter up for each row, and getting
it back can take 5 ms while the network thread is busy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import repeat
from typing import overload

from hl7console.store.connection import Database, SqlValue
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import Curve, Scope, Totals
from hl7console.store.measures.schema import BEAT_S, COLUMNS, COUNTED, GAUGED, LATENCY, WAIT
from hl7console.store.measures.stepping import Steps

CARRIED_S = 75
"""How long a backlog that did not change is not written again, in seconds, at the longest."""

_IDS = "series_id IN (SELECT value FROM json_each(:ids))"
_SPAN = "at_s >= :first AND at_s < :end"
_STEP = "(at_s - :first) / :step"


def _both(table: str, columns: str, where: str = "") -> str:
    """Return a query for what is folded and what is fresh."""
    fresh = "fresh" if table == "steps" else f"fresh_{table}"
    return (
        f"SELECT series_id, {_STEP} AS n, {columns} FROM {table}"  # noqa: S608 - our own
        f" WHERE resolution = :width AND {_IDS} AND {_SPAN}{where} UNION ALL"
        f" SELECT series_id, {_STEP} AS n, {columns} FROM {fresh}"
        f" WHERE {_IDS} AND {_SPAN}{where}"
    )


@cache
def _numbers_sql(columns: tuple[str, ...]) -> str:
    """Return a query for some columns: of each series the steps, and the values of each column."""
    sums = ", ".join(f"{'sum' if c in COUNTED else 'max'}({c}) AS {c}" for c in columns)
    arrays = ", ".join(f"json_group_array(coalesce({c}, 0))" for c in columns)
    return (
        f"SELECT json_group_array(json(line)) FROM (SELECT json_array(series_id,"  # noqa: S608
        f" json_group_array(n), {arrays}) AS line FROM (SELECT series_id, n, {sums}"
        f" FROM ({_both('steps', ', '.join(columns))}) GROUP BY series_id, n ORDER BY series_id, n)"
        " GROUP BY series_id)"
    )


_GAUGES = (
    "SELECT json_group_array(json_array(series_id, at_s, backlog, head_age_s, connections)) FROM"  # noqa: S608
    f" (SELECT * FROM ({_both('steps', 'at_s, ' + ', '.join(GAUGED), ' AND backlog IS NOT NULL')})"
    " ORDER BY series_id, at_s)"
)
_BACKLOGS = _both("steps", "at_s, backlog", " AND backlog IS NOT NULL")
_PEAKS = (
    "SELECT json_group_object(name, peak) FROM (SELECT name, max(backlog) AS peak FROM ("  # noqa: S608
    f"SELECT series_id, backlog FROM ({_BACKLOGS}) WHERE at_s >= :since UNION ALL"
    " SELECT series_id, backlog FROM (SELECT series_id, backlog, max(at_s) FROM"
    f" ({_BACKLOGS}) WHERE at_s <= :since GROUP BY series_id))"
    " JOIN series ON series.id = series_id GROUP BY series_id)"
)
_TIMES = (
    "SELECT json_group_array(json_array(series_id, n, kind, hex(packed))) FROM"  # noqa: S608
    f" ({_both('times', 'kind, packed')})"
)
_CAUSES = (
    "SELECT json_group_array(json_array(name, n, total)) FROM (SELECT name, n, sum(count) AS total"  # noqa: S608
    f" FROM ({_both('causes', 'cause_id, count')}) JOIN cause_names ON cause_names.id = cause_id"
    " GROUP BY name, n)"
)
_RUNS = (
    # The run that goes on was last heard of a while ago.
    "SELECT json_group_array(json_array(since_s, until)) FROM (SELECT since_s, until_s + CASE WHEN"  # noqa: S608
    f" has_ended = 0 AND id = (SELECT max(id) FROM runs) THEN {BEAT_S} ELSE 0 END AS until"
    f" FROM runs WHERE until_s + {BEAT_S} > :first AND since_s < :end) WHERE until > :first"
)


class Times(Sequence[Histogram | None]):
    """Histograms of steps, unpacked when they are asked for. Any thread, one at a time.

    Args:
        count: How many steps there are.
    """

    __slots__ = ("_count", "_made", "_packed")

    def __init__(self, count: int) -> None:
        self._count = count
        self._packed: dict[int, list[str]] = {}
        self._made: dict[int, Histogram] = {}

    def add(self, step: int, packed: str) -> None:
        """Add a histogram, packed and in hexadecimal digits."""
        self._packed.setdefault(step, []).append(packed)

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> Histogram | None: ...
    @overload
    def __getitem__(self, index: slice) -> list[Histogram | None]: ...
    def __getitem__(self, index: int | slice) -> Histogram | list[Histogram | None] | None:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(self._count))]
        if index < 0:
            index += self._count
        if not 0 <= index < self._count:
            raise IndexError(index)
        packed = self._packed.get(index)
        if packed is None:
            return None
        made = self._made.get(index)
        if made is None:
            made = Histogram.merged(Histogram.from_bytes(bytes.fromhex(part)) for part in packed)
            self._made[index] = made
        return made

    def __iter__(self) -> Iterator[Histogram | None]:
        return (self[n] for n in range(self._count))


def curves_of(
    database: Database | None,
    scope: Scope,
    steps: Steps,
    names: Sequence[str] | None,
    *,
    times: bool,
    columns: Sequence[str] = COLUMNS,
) -> dict[str, Curve]:
    """Return the curves of a scope by name; without a database those named, empty.

    Args:
        database: A read-only connection, inside a transaction.
        scope: What they are about.
        steps: Their steps.
        names: Those wanted; None for all that have anything.
        times: Whether latency and wait are wanted.
        columns: Those of `schema.COLUMNS` that are wanted; the others are 0.
    """
    found: dict[int, dict[str, list[int]]] = {}
    latency: dict[int, Times] = {}
    wait: dict[int, Times] = {}
    ids: dict[int, str] = {}
    is_known = [False] * steps.count
    if database is not None:
        ids = series_ids(database, scope, names)
        values = values_of(ids, steps)
        found = _numbers(database, steps, values, tuple(c for c in COLUMNS if c in columns))
        is_known = known_steps(database, steps)
        if steps.resolution_s == 1:
            _carry(database, steps, values, found, is_known, columns)
        if times:
            latency, wait = _times(database, steps, values)
    by_name = {name: id_ for id_, name in ids.items()}
    wanted = [ids[id_] for id_ in ids if id_ in found] if names is None else names
    zeros = [0] * steps.count
    nothing = Times(steps.count)
    return {
        name: Curve(
            str(scope),
            name,
            steps.first_s,
            steps.step_s,
            is_known,
            **{c: found.get(by_name.get(name, 0), {}).get(c, zeros) for c in COLUMNS},
            latency=latency.get(by_name.get(name, 0), nothing),
            wait=wait.get(by_name.get(name, 0), nothing),
        )
        for name in sorted(wanted)
    }


def peaks_of(database: Database, scope: Scope, steps: Steps) -> dict[str, int]:
    """Return of each series of a scope the most that waited within a span, by name.

    What waited before and was not written again counts, as it does in a curve.
    """
    values = values_of(series_ids(database, scope, None), steps)
    carried_s = CARRIED_S if steps.resolution_s == 1 else 0
    first_s = steps.first_s - carried_s
    row = database.one(_PEAKS, {**values, "first": first_s, "since": steps.first_s})
    found: dict[str, int] = json.loads(str(row[0])) if row else {}
    return found


def totals_of(curves: dict[str, Curve]) -> dict[str, Totals]:
    """Return curves of one step as totals."""
    return {
        name: Totals(
            **{column: getattr(curve, column)[0] for column in COLUMNS},
            latency=curve.latency[0],
            wait=curve.wait[0],
        )
        for name, curve in curves.items()
    }


def series_ids(database: Database, scope: Scope, names: Sequence[str] | None) -> dict[int, str]:
    """Return names of series by number."""
    rows = database.all("SELECT id, name FROM series WHERE scope = ?", (scope,))
    chosen = None if names is None else set(names)
    return {int(id_ or 0): str(name) for id_, name in rows if chosen is None or name in chosen}


def values_of(ids: dict[int, str], steps: Steps) -> dict[str, SqlValue]:
    """Return what the queries of these series and steps ask with."""
    return {
        "ids": json.dumps(list(ids)),
        "first": steps.first_s,
        "end": steps.end_s,
        "step": steps.step_s,
        "width": steps.resolution_s,
    }


def known_steps(database: Database, steps: Steps) -> list[bool]:
    """Return of each step whether the program ran in it."""
    known = [False] * steps.count
    row = database.one(_RUNS, {"first": steps.first_s, "end": steps.end_s})
    for since_s, until_s in json.loads(str(row[0])) if row else ():
        first = max((since_s - steps.first_s) // steps.step_s, 0)
        end = min(-(-(until_s - steps.first_s) // steps.step_s), steps.count)
        known[first:end] = repeat(True, max(end - first, 0))
    return known


def _numbers(
    database: Database, steps: Steps, values: dict[str, SqlValue], columns: tuple[str, ...]
) -> dict[int, dict[str, list[int]]]:
    if not columns:
        return {}
    row = database.one(_numbers_sql(columns), values)
    found: dict[int, dict[str, list[int]]] = {}
    for series_id, places, *lists in json.loads(str(row[0])) if row else ():
        if len(places) == steps.count:
            found[series_id] = dict(zip(columns, lists, strict=True))
            continue
        spread = found[series_id] = {}
        for column, numbers in zip(columns, lists, strict=True):
            if any(numbers):
                spread[column] = _spread(places, numbers, steps.count)
    return found


def _spread(places: Sequence[int], numbers: Sequence[int], count: int) -> list[int]:
    line = [0] * count
    for place, number in zip(places, numbers, strict=True):
        line[place] = number
    return line


def _carry(
    database: Database,
    steps: Steps,
    values: dict[str, SqlValue],
    columns: dict[int, dict[str, list[int]]],
    is_known: Sequence[bool],
    wanted: Sequence[str],
) -> None:
    """Carry on what did not change from second to second, and was not written again therefore."""
    places = {column: place for place, column in enumerate(GAUGED, 1) if column in wanted}
    if not places:
        return
    row = database.one(_GAUGES, {**values, "first": steps.first_s - CARRIED_S})
    last_s = steps.end_s
    samples: dict[int, list[list[int]]] = {}
    for series_id, *sample in json.loads(str(row[0])) if row else ():
        samples.setdefault(series_id, []).append(sample)
    for series_id, taken in samples.items():
        lines = {column: [0] * steps.count for column in places}
        for sample, after in zip(taken, [*taken[1:], None], strict=True):
            until_s = min(sample[0] + CARRIED_S, last_s if after is None else after[0])
            held = _held(sample[0], until_s, steps)
            for column, place in places.items():
                if sample[place]:
                    _hold(lines[column], sample[place], held, is_known)
        columns.setdefault(series_id, {}).update(lines)


def _held(at_s: int, until_s: int, steps: Steps) -> range:
    """Return the steps for which a sample holds."""
    first = max((at_s - steps.first_s) // steps.step_s, 0)
    end = (max(until_s, at_s + 1) - 1 - steps.first_s) // steps.step_s + 1
    return range(first, min(end, steps.count))


def _hold(line: list[int], gauge: int, held: range, is_known: Sequence[bool]) -> None:
    for step in held:
        if is_known[step] and line[step] < gauge:
            line[step] = gauge


def _times(
    database: Database, steps: Steps, values: dict[str, SqlValue]
) -> tuple[dict[int, Times], dict[int, Times]]:
    row = database.one(_TIMES, values)
    found: dict[int, dict[int, Times]] = {LATENCY: {}, WAIT: {}}
    for series_id, place, kind, packed in json.loads(str(row[0])) if row else ():
        times = found[kind].get(series_id)
        if times is None:
            times = found[kind][series_id] = Times(steps.count)
        times.add(place, packed)
    return found[LATENCY], found[WAIT]


def cause_counts(
    database: Database, scope: Scope, name: str, steps: Steps
) -> dict[str, Sequence[int]]:
    """Return how often each cause was met in each step; most often met first."""
    values = values_of(series_ids(database, scope, (name,)), steps)
    row = database.one(_CAUSES, values)
    found: dict[str, list[int]] = {}
    for cause, place, count in json.loads(str(row[0])) if row else ():
        found.setdefault(cause, [0] * steps.count)[place] += count
    return dict(sorted(found.items(), key=lambda item: -sum(item[1])))
