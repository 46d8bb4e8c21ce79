"""Puts a past into the measures, for simulations, tests and the demo. Nobody else may write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from hl7console.store.measures.histogram import Histogram
from hl7console.store.measures.records import RESOLUTIONS_S, Mark, Scope
from hl7console.store.measures.saving import MeasureStore
from hl7console.store.measures.schema import COLUMNS, LATENCY, measures_path

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
_PUT_TIMES = (
    "INSERT OR REPLACE INTO times (resolution, series_id, at_s, kind, packed)"
    " VALUES (?, ?, ?, ?, ?)"
)

_PUT_CAUSE = (
    "INSERT INTO causes (resolution, series_id, at_s, cause_id, count) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT (resolution, series_id, at_s, cause_id) DO UPDATE SET count = count"
    " + excluded.count"
)
_PUT_WAIT = (
    f"INSERT INTO steps (resolution, series_id, at_s, {', '.join(COLUMNS)})"  # noqa: S608
    " VALUES (?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?, NULL)"
    " ON CONFLICT (resolution, series_id, at_s) DO UPDATE SET"
    " backlog = max(coalesce(backlog, 0), excluded.backlog),"
    " head_age_s = max(coalesce(head_age_s, 0), excluded.head_age_s)"
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
    with loading(console_path, key) as load:
        for scope, name, hours in feeds:
            load.steps(scope, name, known := list(hours))
            if known:
                begins = [hour[0] for hour in known]
                load.ran(min(begins), max(begins) + HOUR_S)


@contextmanager
def loading(console_path: Path, key: bytes | None) -> Iterator[Loading]:
    """Open the measures beside ``console.db``, to add to them in one transaction.

    Raises:
        ConsoleError: They can neither be opened nor made.
    """
    with (
        closing(MeasureStore(measures_path(console_path), key)) as store,
        store.database.transaction(),
    ):
        yield Loading(store)


class Loading:
    """Adds a past to measures. One thread, inside of `loading`.

    Args:
        store: The writing connection, in a transaction.
    """

    def __init__(self, store: MeasureStore) -> None:
        self._store = store

    def steps(
        self, scope: Scope, name: str, steps: Iterable[Hour], *, width_s: int = HOUR_S
    ) -> None:
        """Add steps to one series, and to the wider ones that they lie in.

        Args:
            scope: What the series is about.
            name: Its name.
            steps: Counts, in any order; as hours, but `width_s` wide.
            width_s: One of `RESOLUTIONS_S`.
        """
        counted: dict[int, tuple[int, int]] = {}
        for at_s, received, *rest in steps:
            begin_s = at_s // width_s * width_s
            before = counted.get(begin_s, (0, 0))
            counted[begin_s] = (before[0] + received, before[1] + (rest[0] if rest else 0))
        series_id = self._store.names.series_id((scope, name))
        if not counted:
            return
        last_s = max((at_s for at_s, (received, _) in counted.items() if received), default=0)
        self._store.database.execute(
            "UPDATE series SET received_s = max(received_s, ?) WHERE id = ?", (last_s, series_id)
        )
        for width in RESOLUTIONS_S:
            if width >= width_s:
                counted = counted if width == width_s else _wider(counted, width)
                self._store.database.executemany(
                    _PUT,
                    [
                        (width, series_id, at_s, received, received - refused, refused)
                        for at_s, (received, refused) in sorted(counted.items())
                        if received
                    ],
                )

    def latencies(
        self, scope: Scope, name: str, times: Iterable[tuple[int, Histogram]], *, width_s: int
    ) -> None:
        """Set how long acknowledgements took in steps of one width; those of others stay.

        Args:
            scope: What the series is about.
            name: Its name.
            times: Where each step begins (UTC seconds), and µs in it.
            width_s: One of `RESOLUTIONS_S`.
        """
        series_id = self._store.names.series_id((scope, name))
        packed: dict[int, bytes] = {}
        rows = []
        for at_s, found in times:
            # The same one may be given for many steps.
            if id(found) not in packed:
                packed[id(found)] = found.to_bytes()
            rows.append((width_s, series_id, at_s, LATENCY, packed[id(found)]))
        self._store.database.executemany(_PUT_TIMES, rows)

    def causes(
        self, scope: Scope, name: str, cause: str, steps: Iterable[tuple[int, int]], *, width_s: int
    ) -> None:
        """Add how often a cause was met, to steps of one width and the wider ones.

        Args:
            scope: What the series is about.
            name: Its name.
            cause: As it is counted, ``AE 101 PID-7``.
            steps: Where each begins (UTC seconds), and how often.
            width_s: One of `RESOLUTIONS_S`.
        """
        names = self._store.names
        series_id, cause_id = names.series_id((scope, name)), names.cause_id(cause)
        counted = {at_s: (count, 0) for at_s, count in steps}
        for width in RESOLUTIONS_S:
            if width >= width_s:
                counted = _wider(counted, width)
                self._store.database.executemany(
                    _PUT_CAUSE,
                    [
                        (width, series_id, at_s, cause_id, count)
                        for at_s, (count, _) in sorted(counted.items())
                    ],
                )

    def waits(
        self, scope: Scope, name: str, steps: Iterable[tuple[int, int, int]], *, width_s: int
    ) -> None:
        """Set how much waited, in steps of one width and the wider ones; the most counts.

        Args:
            scope: What the series is about.
            name: Its name.
            steps: Where each begins (UTC seconds), how many waited, the age of the first in
                seconds.
            width_s: One of `RESOLUTIONS_S`.
        """
        series_id = self._store.names.series_id((scope, name))
        most = {at_s: (backlog, age_s) for at_s, backlog, age_s in steps}
        for width in RESOLUTIONS_S:
            if width >= width_s:
                wider: dict[int, tuple[int, int]] = {}
                for at_s, (backlog, age_s) in most.items():
                    before = wider.get(at_s // width * width, (0, 0))
                    wider[at_s // width * width] = (max(before[0], backlog), max(before[1], age_s))
                most = wider
                self._store.database.executemany(
                    _PUT_WAIT, [(width, series_id, at_s, *most[at_s]) for at_s in sorted(most)]
                )

    def ran(self, since_s: int, until_s: int) -> None:
        """Count the program as having run throughout a span; UTC seconds."""
        self._store.cover(since_s, until_s)

    def mark(self, mark: Mark) -> None:
        """Add something that plots mark."""
        self._store.mark(mark.at_us, mark.kind, mark.text)


def _wider(counted: dict[int, tuple[int, int]], width: int) -> dict[int, tuple[int, int]]:
    """Return counts added up to steps of a width."""
    made: dict[int, tuple[int, int]] = {}
    for at_s, (received, refused) in counted.items():
        begin_s = at_s // width * width
        before = made.get(begin_s, (0, 0))
        made[begin_s] = (before[0] + received, before[1] + refused)
    return made
