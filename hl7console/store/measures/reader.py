"""Read-only connections to the measures. A reader belongs to the thread that made it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from hl7console.errors import ConsoleError
from hl7console.store.connection import Database
from hl7console.store.derived_file import DerivedReader, load_meta
from hl7console.store.faults import SqlError
from hl7console.store.measures.curves import cause_counts, curves_of, peaks_of, totals_of
from hl7console.store.measures.learning import band_of, normals_of
from hl7console.store.measures.records import Band, Curve, Mark, Scope, Totals
from hl7console.store.measures.schema import COLUMNS, FORMAT, measures_path
from hl7console.store.measures.stepping import steps_of, whole_span

T = TypeVar("T")


class MeasureReader(DerivedReader):
    """A read-only connection of one thread to the measures of a workspace.

    While there are no measures yet, everything is empty; a file that was made anew is noticed.
    Every method raises `ConsoleError` where the file cannot be read.

    Args:
        console_path: The workspace's ``console.db``; the measures lie beside it.
        key: Its data key; None for plain SQLite (tests).
    """

    _passing = (ConsoleError, SqlError)

    def __init__(self, console_path: Path, key: bytes | None) -> None:
        super().__init__(measures_path(console_path), key, FORMAT)

    def series(self, scope: Scope) -> tuple[str, ...]:
        """Return the names of a scope's series, sorted."""

        def read(database: Database) -> tuple[str, ...]:
            rows = database.all("SELECT name FROM series WHERE scope = ? ORDER BY name", (scope,))
            return tuple(str(row[0]) for row in rows)

        return self.ask(read, ())

    def last_s(self) -> int:
        """Return the last second that was measured, UTC since 1970; 0 when none was."""
        return self.ask(_last_s, 0)

    def curve(
        self,
        scope: Scope,
        name: str,
        since_s: int,
        until_s: int,
        *,
        most_steps: int = 720,
        times: bool = True,
        columns: Sequence[str] = COLUMNS,
    ) -> Curve:
        """Return one series over a span, in the finest steps kept that are few enough.

        The first step begins at or before `since_s`, the last ends at or after `until_s`.

        Args:
            scope: What it is about.
            name: Its name; empty for `Scope.ALL`.
            since_s: Where the span begins, UTC seconds since 1970.
            until_s: Where it ends.
            most_steps: How many steps are few enough.
            times: Whether latency and wait are wanted; without them a long span is read faster.
            columns: Names of the numbers that are wanted, such as ``backlog``; the others are 0.
        """
        found = self.curves(
            scope,
            since_s,
            until_s,
            names=(name,),
            most_steps=most_steps,
            times=times,
            columns=columns,
        )
        return found[name]

    def curves(
        self,
        scope: Scope,
        since_s: int,
        until_s: int,
        *,
        names: Sequence[str] | None = None,
        most_steps: int = 720,
        times: bool = True,
        columns: Sequence[str] = COLUMNS,
    ) -> dict[str, Curve]:
        """Return all series of a scope (or those named) that have anything in a span.

        Those named are there in any case. The arguments are those of `curve`.
        """

        def read(database: Database) -> dict[str, Curve]:
            steps = steps_of(since_s, until_s, most_steps, _last_s(database))
            return curves_of(database, scope, steps, names, times=times, columns=columns)

        steps = steps_of(since_s, until_s, most_steps, 0)
        return self.ask(read, curves_of(None, scope, steps, names, times=times))

    def totals(
        self,
        scope: Scope,
        since_s: int,
        until_s: int,
        *,
        names: Sequence[str] | None = None,
        times: bool = False,
    ) -> dict[str, Totals]:
        """Return all series of a scope (or those named) that have anything in a span, added up.

        A span of more than ten minutes begins with a whole minute, one that begins before the
        minutes that are kept with a whole hour. Those named are there in any case.
        """

        def read(database: Database) -> dict[str, Totals]:
            span = whole_span(since_s, until_s, _last_s(database))
            return totals_of(curves_of(database, scope, span, names, times=times))

        return self.ask(read, {name: Totals() for name in names or ()})

    def peaks(
        self, scope: Scope, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> dict[str, int]:
        """Return of each series of a scope the most that waited in a span: the top of its curve."""

        def read(database: Database) -> dict[str, int]:
            steps = steps_of(since_s, until_s, most_steps, _last_s(database))
            return peaks_of(database, scope, steps)

        return self.ask(read, {})

    def last_received(self, scope: Scope) -> dict[str, int]:
        """Return of each series of a scope the second of its latest message; 0 for none ever."""

        def read(database: Database) -> dict[str, int]:
            row = database.one(
                "SELECT json_group_object(name, received_s) FROM series WHERE scope = ?", (scope,)
            )
            found: dict[str, int] = json.loads(str(row[0])) if row else {}
            return found

        return self.ask(read, {})

    def causes(
        self, scope: Scope, name: str, since_s: int, until_s: int, *, most_steps: int = 720
    ) -> dict[str, Sequence[int]]:
        """Return how often each cause of an error was met, in the steps of `curve`."""

        def read(database: Database) -> dict[str, Sequence[int]]:
            steps = steps_of(since_s, until_s, most_steps, _last_s(database))
            return cause_counts(database, scope, name, steps)

        return self.ask(read, {})

    def runs(self, since_s: int, until_s: int) -> tuple[tuple[int, int], ...]:
        """Return from when until when the program ran within a span, UTC seconds, oldest first."""

        def read(database: Database) -> tuple[tuple[int, int], ...]:
            row = database.one(
                "SELECT json_group_array(json_array(max(since_s, :since), min(until_s, :until)))"
                " FROM (SELECT * FROM runs WHERE until_s > :since AND since_s < :until"
                " ORDER BY since_s)",
                {"since": since_s, "until": until_s},
            )
            found = json.loads(str(row[0])) if row else ()
            return tuple((int(first), int(last)) for first, last in found)

        return self.ask(read, ())

    def marks(self, since_s: int, until_s: int) -> tuple[Mark, ...]:
        """Return starts, stops and changes of settings within a span, oldest first."""

        def read(database: Database) -> tuple[Mark, ...]:
            row = database.one(
                "SELECT json_group_array(json_array(at_us, kind, text)) FROM (SELECT * FROM marks"
                " WHERE at_us >= ? AND at_us < ? ORDER BY at_us, id)",
                (since_s * 1_000_000, until_s * 1_000_000),
            )
            found: Iterable[tuple[int, str, str]] = json.loads(str(row[0])) if row else ()
            return tuple(Mark(*values) for values in found)

        return self.ask(read, ())

    def band(self, scope: Scope, name: str, since_s: int, until_s: int, step_s: int) -> Band | None:
        """Return what is normal for a feed over a span; None without enough history.

        Args:
            scope: `Scope.LISTENER`, `Scope.SENDER` or `Scope.ALL`; of others nothing is learned.
            name: The series.
            since_s: Where the first step begins: that of a curve.
            until_s: Where the last step ends.
            step_s: How wide they are.
        """
        span = (since_s, until_s, max(step_s, 1))
        return self.ask(lambda database: band_of(database, scope, name, span), None)

    def normals(self, scope: Scope) -> dict[str, dict[int, tuple[float, float]]]:
        """Return what was learned of all series of a scope.

        By name and hour of the week (0 is Monday's from midnight on, local time): the typical
        count of an hour, and its spread. Hours without enough history are not there.
        """
        return self.ask(lambda database: normals_of(database, scope), {})


def _last_s(database: Database) -> int:
    text = load_meta(database, "last_s")
    return int(text) if text else 0
