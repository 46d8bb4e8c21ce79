"""Writes measures: adds what is fresh, folds it into the steps that are kept, forgets old ones.

The owner of the file only. Many rows go in as one statement over JSON: the engine gives the
interpreter up for each step of a statement, and getting it back can take 5 ms while the network
thread is busy.
"""

from __future__ import annotations

import json
from contextlib import ExitStack, closing
from pathlib import Path

from hl7console.errors import DamagedDatabaseError, EnvironmentFaultError, WrongKeyError
from hl7console.store.connection import Database
from hl7console.store.derived_file import load_meta, remove_derived, save_meta
from hl7console.store.faults import FaultKind, SqlError, as_console_errors, fault_of
from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.naming import Names
from hl7console.store.measures.records import RESOLUTIONS_S
from hl7console.store.measures.schema import (
    COLUMNS,
    COUNTED,
    FORMAT,
    GAUGED,
)
from hl7console.store.measures.stepping import KEPT_S
from hl7console.store.measures.tally import Tally

LATE_S = 900
"""How long after its time something is still put into the steps that end with it."""

CHECKPOINT_PAGES = 1_000

CACHE_KIB = 16 * 1024
"""Page cache: the last pages of some hundred series."""

CHECKED_BYTES = 32 * 1024 * 1024
"""Files up to this size are read through before they are used, which takes half a second."""

_VALUES = ", ".join(f"value ->> {place}" for place in range(2 + len(COLUMNS)))
_ADD = (
    f"INSERT INTO fresh (series_id, at_s, {', '.join(COLUMNS)}) SELECT {_VALUES} FROM json_each(?)"  # noqa: S608
)
_ADD_TIMES = (
    "INSERT INTO fresh_times (series_id, at_s, kind, packed)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3) FROM json_each(?)"
)
_ADD_CAUSES = (
    "INSERT INTO fresh_causes (series_id, at_s, cause_id, count)"
    " SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?)"
)
_RECEIVED = (
    "UPDATE series SET received_s = v.at_s FROM (SELECT value ->> 0 AS id, value ->> 1 AS at_s"
    " FROM json_each(?)) AS v WHERE series.id = v.id AND series.received_s < v.at_s"
)
_COVER_HOURS = """
INSERT INTO runs (since_s, until_s, has_ended)
SELECT min(at_s), max(at_s) + 3600, 1 FROM (
    SELECT at_s, at_s / 3600 - row_number() OVER (ORDER BY at_s) AS island FROM steps
    WHERE resolution = 3600 AND received > 0
    AND series_id = (SELECT id FROM series WHERE scope = 'all' AND name = ''))
GROUP BY island
"""
_SUMS = ", ".join([f"sum({name})" for name in COUNTED] + [f"max({name})" for name in GAUGED])
_SETS = ", ".join(
    [f"{name} = steps.{name} + excluded.{name}" for name in COUNTED]
    + [
        f"{name} = coalesce(max(steps.{name}, excluded.{name}), steps.{name}, excluded.{name})"
        for name in GAUGED
    ]
)
_FOLD = (
    f"INSERT INTO steps (resolution, series_id, at_s, {', '.join(COLUMNS)})"  # noqa: S608
    f" SELECT :width, series_id, at_s / :width * :width AS step, {_SUMS} FROM fresh"
    " WHERE at_s >= :since GROUP BY series_id, step"
    f" ON CONFLICT (resolution, series_id, at_s) DO UPDATE SET {_SETS}"
)
_FOLD_CAUSES = (
    "INSERT INTO causes (resolution, series_id, at_s, cause_id, count)"
    " SELECT :width, series_id, at_s / :width * :width AS step, cause_id, sum(count)"
    " FROM fresh_causes WHERE at_s >= :since GROUP BY series_id, step, cause_id"
    " ON CONFLICT (resolution, series_id, at_s, cause_id)"
    " DO UPDATE SET count = causes.count + excluded.count"
)
_FRESH_TIMES = (
    "SELECT json_group_array(json_array(series_id, at_s, kind, hex(packed))) FROM fresh_times"
)
_KEPT_TIMES = (
    "SELECT json_group_array(json_array(series_id, at_s, kind, hex(packed))) FROM ("
    "SELECT t.series_id, t.at_s, t.kind, t.packed FROM json_each(:keys) AS k CROSS JOIN times AS t"
    " WHERE t.resolution = :width AND t.series_id = k.value ->> 0 AND t.at_s = k.value ->> 1"
    " AND t.kind = k.value ->> 2)"
)
_PUT_TIMES = (
    "INSERT OR REPLACE INTO times (resolution, series_id, at_s, kind, packed)"
    " SELECT :width, value ->> 0, value ->> 1, value ->> 2, unhex(value ->> 3)"
    " FROM json_each(:rows)"
)

_TimeKey = tuple[int, int, int]


def is_sound(path: Path, key: bytes | None, *, checked_bytes: int = CHECKED_BYTES) -> bool:
    """Return whether a file of measures can be used by this version.

    Args:
        path: The file, which is there.
        key: The workspace's key.
        checked_bytes: Files up to this size are read through.

    Raises:
        ConsoleError: It cannot be told: the file is locked, or the disk fails.
    """
    try:
        with closing(Database(path, key)) as database:
            if not FORMAT.is_current(database):
                return False
            is_small = path.stat().st_size <= checked_bytes
            return not is_small or database.one("PRAGMA quick_check(1)") == ("ok",)
    except (DamagedDatabaseError, WrongKeyError):
        return False
    except SqlError as error:
        fault = fault_of(error)
        if fault.kind in (FaultKind.DAMAGED, FaultKind.NOT_A_DATABASE):
            return False
        raise fault.as_error() from None


def discard(path: Path) -> None:
    """Remove measures that cannot be used.

    Raises:
        EnvironmentFaultError: They cannot be removed.
    """
    try:
        remove_derived(path)
    except OSError as error:
        raise EnvironmentFaultError(
            f"The file {path.name} is damaged and cannot be removed:"
            f" {error.strerror or 'no reason given'}.",
            hint="Close other programs that show this workspace.",
        ) from None


class MeasureStore:
    """The writing connection to the measures of a workspace. One thread.

    Args:
        path: ``measures.db``; made when it is missing, and made anew when it cannot be used.
        key: The workspace's key; None for plain SQLite (tests).

    Raises:
        ConsoleError: The file can neither be opened nor made.
    """

    def __init__(self, path: Path, key: bytes | None) -> None:
        self.path = path
        self._key = key
        self.is_new = False
        """Whether it was made here, in place of one that could not be used or of none."""
        with ExitStack() as opened, as_console_errors():
            self.database = self._open()
            opened.callback(self.database.close)
            self.database.execute("PRAGMA synchronous = NORMAL").close()
            self.database.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}").close()
            self.database.execute(f"PRAGMA cache_size = -{CACHE_KIB}").close()
            self.names = Names(self.database)
            self.fresh_rows = self.database.integer("SELECT count(*) FROM fresh")
            """Rows that are not folded yet; more or less."""
            opened.pop_all()

    def _open(self) -> Database:
        if self.path.exists() and self.path.stat().st_size and not is_sound(self.path, self._key):
            discard(self.path)
        database = Database(self.path, self._key)
        try:
            if not FORMAT.is_current(database):
                FORMAT.create_tables(database)
                self.is_new = True
        except BaseException:
            database.close()
            raise
        return database

    def close(self) -> None:
        """Close the file; twice does no harm."""
        self.database.close()

    def meta(self, name: str) -> str:
        """Return a value that `set_meta` kept; "" where there is none."""
        return load_meta(self.database, name)

    def set_meta(self, name: str, value: str) -> None:
        """Keep a value."""
        save_meta(self.database, name, value)

    def number(self, name: str) -> int:
        """Return a number that `set_meta` kept; 0 where there is none."""
        text = self.meta(name)
        return int(text) if text else 0

    def add(self, tally: Tally) -> None:
        """Add what was counted; inside a transaction, together with how far that is."""
        database, names = self.database, self.names
        if tally.rows:
            rows: list[list[int | None]] = [
                [names.series_id(series), at_s, *values]
                for (series, at_s), values in tally.rows.items()
            ]
            database.execute(_ADD, (json.dumps(rows),))
            self.fresh_rows += len(rows)
            last = {row[0]: row[1] for row in sorted(rows, key=_second) if row[2]}
            database.execute(_RECEIVED, (json.dumps(list(last.items())),))
        if tally.times:
            times = [
                [names.series_id(series), at_s, kind, found.to_bytes().hex()]
                for (series, at_s, kind), found in tally.times.items()
            ]
            database.execute(_ADD_TIMES, (json.dumps(times),))
        if tally.causes:
            causes = [
                [names.series_id(series), at_s, names.cause_id(cause), count]
                for (series, at_s, cause), count in tally.causes.items()
            ]
            database.execute(_ADD_CAUSES, (json.dumps(causes),))

    def fold(self, now_s: int) -> None:
        """Put what is fresh into the steps that are kept, in one transaction."""
        database = self.database
        with database.transaction():
            for width in RESOLUTIONS_S:
                values = {"width": width, "since": _since_s(width, now_s)}
                database.execute(_FOLD, values)
                database.execute(_FOLD_CAUSES, values)
            self._fold_times(now_s)
            for table in ("fresh", "fresh_times", "fresh_causes"):
                database.execute(f"DELETE FROM {table}")  # noqa: S608 - our own
        self.fresh_rows = 0

    def _fold_times(self, now_s: int) -> None:
        row = self.database.one(_FRESH_TIMES)
        fresh: dict[_TimeKey, Histogram] = {}
        for series_id, at_s, kind, packed in json.loads(str(row[0])) if row else ():
            _merge(fresh, (series_id, at_s, kind), Histogram.from_bytes(bytes.fromhex(packed)))
        for width in RESOLUTIONS_S:
            since_s = _since_s(width, now_s)
            coarser: dict[_TimeKey, Histogram] = {}
            for (series_id, at_s, kind), times in fresh.items():
                _merge(coarser, (series_id, at_s // width * width, kind), times)
            self._put_times(width, {k: v for k, v in coarser.items() if k[1] >= since_s})
            fresh = coarser

    def _put_times(self, width: int, wanted: dict[_TimeKey, Histogram]) -> None:
        if not wanted:
            return
        row = self.database.one(_KEPT_TIMES, {"keys": json.dumps(list(wanted)), "width": width})
        rows = dict(wanted)
        for series_id, at_s, kind, packed in json.loads(str(row[0])) if row else ():
            key = (series_id, at_s, kind)
            kept = Histogram.from_bytes(bytes.fromhex(packed))
            kept.merge(wanted[key])
            rows[key] = kept
        packed_rows = [[*key, times.to_bytes().hex()] for key, times in rows.items()]
        self.database.execute(_PUT_TIMES, {"width": width, "rows": json.dumps(packed_rows)})

    # Runs and marks.

    def begin_run(self, at_s: int) -> int:
        """Note that the program runs from now on; returns the run's number."""
        cursor = self.database.execute(
            "INSERT INTO runs (since_s, until_s) VALUES (?, ?)", (at_s, at_s + 1)
        )
        return int(cursor.lastrowid or 0)

    def go_on(self, run_id: int, at_s: int) -> None:
        """Note that the program still runs."""
        self.database.execute(
            "UPDATE runs SET until_s = max(until_s, ?) WHERE id = ?", (at_s + 1, run_id)
        )

    def end_run(self, run_id: int, at_s: int) -> None:
        """Note that the program was ended in order."""
        self.go_on(run_id, at_s)
        self.database.execute("UPDATE runs SET has_ended = 1 WHERE id = ?", (run_id,))

    def cover(self, since_s: int, until_s: int) -> None:
        """Note that the program ran throughout a span of the past."""
        values = (since_s, until_s)
        if not self.database.integer(
            "SELECT count(*) FROM runs WHERE since_s <= ? AND until_s >= ?", values
        ):
            self.database.execute(
                "INSERT INTO runs (since_s, until_s, has_ended) VALUES (?, ?, 1)", values
            )

    def cover_hours(self) -> None:
        """Note that the program ran in all hours that have messages; for measures made anew."""
        self.database.execute(_COVER_HOURS)

    def interrupted_s(self) -> int:
        """Return until when the last run ran, where it did not end in order; else 0."""
        row = self.database.one("SELECT until_s, has_ended FROM runs ORDER BY id DESC LIMIT 1")
        return int(row[0] or 0) if row is not None and not row[1] else 0

    def mark(self, at_us: int, kind: str, text: str) -> None:
        """Note something that plots mark."""
        self.database.execute(
            "INSERT INTO marks (at_us, kind, text) VALUES (?, ?, ?)", (at_us, kind, text)
        )


def _since_s(width: int, now_s: int) -> int:
    """Return from when on steps are filled; all hours and days are, whatever the clock says."""
    return now_s - KEPT_S[width] - LATE_S if width < 3600 else 0


def _second(row: list[int | None]) -> int:
    return row[1] or 0


def _merge(into: dict[_TimeKey, Histogram], key: _TimeKey, times: Histogram) -> None:
    found = into.get(key)
    if found is None:
        found = into[key] = Histogram()
    found.merge(times)
