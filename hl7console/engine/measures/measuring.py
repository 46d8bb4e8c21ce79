"""One turn of measuring: read what is new, look at the gauges, write both with how far it is.

No thread and no clock: `Measures.step` gets the time, so that tests and simulations step as they
like.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hl7console import __version__
from hl7console.engine.measures.ack_times import AckTimes
from hl7console.settings.alerts import NormalSettings
from hl7console.store.connection import Database
from hl7console.store.faults import SqlError, as_console_errors, fault_of
from hl7console.store.measures.following import MessageSource
from hl7console.store.measures.following_attempts import AttemptSource
from hl7console.store.measures.following_changes import ChangeSource
from hl7console.store.measures.forgetting import (
    forget_coarse,
    forget_fine,
    forget_series,
    give_back,
)
from hl7console.store.measures.learning import Learner
from hl7console.store.measures.normal import SLOTS, Local, local_time
from hl7console.store.measures.saving import CACHE_KIB, LATE_S, MeasureStore
from hl7console.store.measures.schema import BEAT_S, measures_path
from hl7console.store.measures.stepping import KEPT_S
from hl7console.store.measures.tally import Series, Tally

FOLD_EVERY_S = 30
"""How often what is fresh is folded, in seconds."""

MOST_FRESH_ROWS = 20_000
"""Rows from which on it is folded earlier."""

LONGEST_GAP_S = 120
"""A longer time between two turns counts as not having run: a sleep, or a clock that jumped."""

FORGET_FINE_S = 60
FORGET_COARSE_S = 3600
"""How often what is too old is removed, in seconds."""

KEYFRAME_S = 60
"""How often a gauge that does not change is written again, in seconds."""

Gauges = tuple[int, int, int]
"""Backlog, age of its head in seconds, connections."""

Sample = Callable[[int], Mapping[Series, Gauges]]
"""Looks at all gauges; gets the time in µs UTC."""

STARTED_TEXT = f"hl7console {__version__} started."
STOPPED_TEXT = "The program was ended."
KILLED_TEXT = "The program ended unexpectedly."
AGAIN_TEXT = (
    "The measures were missing or damaged, and were made anew from the messages that there are;"
    " times and backlogs from before are not known."
)


@dataclass(frozen=True, slots=True)
class _Place:
    """How far was counted."""

    message_id: int
    attempt_id: int
    open_attempts: tuple[int, ...]
    audit_id: int


class Measures:
    """Follows the messages of one workspace. One thread, which is the one that makes it.

    Args:
        console_path: The workspace's ``console.db``.
        key: Its key.
        ack_times: Where acknowledgement times come from; None for nowhere.
        sample: Looks at backlogs and connections; None looks at none.
        longest_gap_s: A longer time between two turns counts as not having run.
        local: Returns local times, for the hours of the week.
        is_resumed: Whether this program measured before: it doesn't start, it goes on.

    Raises:
        ConsoleError: A file cannot be opened.
    """

    def __init__(
        self,
        console_path: Path,
        key: bytes | None,
        *,
        ack_times: AckTimes | None = None,
        sample: Sample | None = None,
        longest_gap_s: int = LONGEST_GAP_S,
        local: Local = local_time,
        is_resumed: bool = False,
    ) -> None:
        self._is_resumed = is_resumed
        self._ack_times = ack_times
        self._sample = sample
        self._longest_gap_s = longest_gap_s
        self._console = Database(console_path, key, read_only=True)
        self._console.execute(f"PRAGMA cache_size = -{CACHE_KIB}").close()
        try:
            self._store = MeasureStore(measures_path(console_path), key)
        except BaseException:
            self._console.close()
            raise
        self._messages = MessageSource(self._console)
        self._attempts = AttemptSource(self._console)
        self._changes = ChangeSource(self._console)
        self._learner = Learner(self._store.database, local)
        self._forgot_fine_s = 0
        self._forgot_coarse_s = 0
        self._gauges: dict[Series, Gauges] = {}
        self._keyframe_s = 0
        self._must_cover = False
        self._run_id = 0
        self._run_s = 0
        self._beaten_s = 0
        self._folded_s = 0
        self.version = 0
        """Grows when something was written."""
        self.behind = 0
        """Messages that are not counted yet."""
        try:
            with as_console_errors():
                self._place = self._load_place()
        except BaseException:
            self.close()
            raise

    def _load_place(self) -> _Place:
        store = self._store
        return _Place(
            store.number("message_id"),
            store.number("attempt_id"),
            tuple(json.loads(store.meta("open_attempts") or "[]")),
            store.number("audit_id"),
        )

    def step(self, now_us: int) -> bool:
        """Count what is new; return whether there is more at once.

        Raises:
            ConsoleError: A file cannot be read or written; nothing of the turn is kept.
        """
        try:
            return self._step(now_us)
        except SqlError as error:
            self._store.database.roll_back()
            raise fault_of(error).as_error() from None

    def _step(self, now_us: int) -> bool:
        now_s = now_us // 1_000_000
        tally = Tally()
        self._begin_or_go_on(now_us, now_s)
        before = self._place
        last_id = self._messages.last_id()
        message_id = before.message_id
        if last_id != message_id:
            fine_since_s = now_s - KEPT_S[60] - LATE_S
            message_id = self._messages.count(message_id, last_id, tally, fine_since_s=fine_since_s)
        attempt_id, open_attempts, has_more = self._attempts.count(
            before.attempt_id, before.open_attempts, tally
        )
        place = _Place(message_id, attempt_id, open_attempts, self._changes.last_id())
        if self._ack_times is not None:
            self._ack_times.collect(tally)
        if self._sample is not None:
            self._look(self._sample(now_us), now_s, tally)
        if tally or place != before or now_s >= self._beaten_s + BEAT_S:
            self._write(tally, place, now_s)
        self.behind = max(last_id - message_id, 0)
        is_hour_over = not self.behind and self._learner.is_due(now_s)
        if self._is_fold_due(now_s) or (is_hour_over and self._store.fresh_rows):
            self.fold(now_s)
        if self._must_cover and not self.behind:
            self._cover(now_s)
        if is_hour_over:
            with self._store.database.transaction():
                self._learner.learn(now_s)
        self._forget(now_s)
        return self.behind > 0 or has_more

    def set_normal(self, settings: NormalSettings) -> None:
        """Learn what is normal by these settings from now on."""
        self._learner.set_settings(settings)

    def learn(self, now_us: int) -> None:
        """Learn all of what is normal at once; a turn learns a part of it. For simulations."""
        now_s = now_us // 1_000_000
        self.fold(now_s)
        with self._store.database.transaction():
            self._learner.learn(now_s, most=SLOTS)

    def _forget(self, now_s: int) -> None:
        """Remove what is too old, from time to time."""
        database = self._store.database
        if not 0 <= now_s - self._forgot_fine_s < FORGET_FINE_S:
            with database.transaction():
                forget_fine(database, now_s)
            self._forgot_fine_s = now_s
        if not 0 <= now_s - self._forgot_coarse_s < FORGET_COARSE_S:
            with database.transaction():
                forget_coarse(database, now_s)
                forget_series(database, now_s)
            self._store.names.reload()
            give_back(database)
            self._forgot_coarse_s = now_s

    def _write(self, tally: Tally, place: _Place, now_s: int) -> None:
        store = self._store
        before = self._place
        try:
            with store.database.transaction():
                store.add(tally)
                store.set_meta("message_id", str(place.message_id))
                store.set_meta("attempt_id", str(place.attempt_id))
                if place.open_attempts != before.open_attempts:
                    store.set_meta("open_attempts", json.dumps(place.open_attempts))
                store.set_meta("audit_id", str(place.audit_id))
                for at_us, text in self._changes.changes(before.audit_id, place.audit_id):
                    store.mark(at_us, "settings", text)
                store.set_meta("last_s", str(now_s))
                store.go_on(self._run_id, now_s)
        except BaseException:
            store.names.reload()
            raise
        self._place = place
        self._beaten_s = now_s
        self.version += 1

    def _begin_or_go_on(self, now_us: int, now_s: int) -> None:
        """Begin a run at the start, and after a time in which the program did not run."""
        is_first = not self._run_id
        if is_first or not -1 <= now_s - self._run_s <= self._longest_gap_s:
            store = self._store
            with store.database.transaction():
                if is_first:
                    self._mark_start(now_us)
                run_id = store.begin_run(now_s)
            self._run_id = run_id
            self._gauges.clear()
            self._folded_s = self._beaten_s = now_s
            # A clock that is wrong for less than an hour lets nothing of the past be removed.
            self._forgot_fine_s = self._forgot_coarse_s = now_s
        self._run_s = now_s

    def _mark_start(self, now_us: int) -> None:
        store = self._store
        until_s = store.interrupted_s()
        if until_s and not self._is_resumed:
            store.mark(until_s * 1_000_000, "stop", KILLED_TEXT)
        self._must_cover = store.is_new and self._messages.last_id() > 0
        if self._must_cover or not self._is_resumed:
            store.mark(now_us, "start", AGAIN_TEXT if self._must_cover else STARTED_TEXT)

    def _cover(self, now_s: int) -> None:
        """Take the hours that have messages for such in which the program ran."""
        self.fold(now_s)
        store = self._store
        with store.database.transaction():
            store.cover_hours()
            # The run that goes on is the last one.
            self._run_id = store.begin_run(self._run_s)
        self._must_cover = False

    def _look(self, gauges: Mapping[Series, Gauges], now_s: int, tally: Tally) -> None:
        """Take down gauges that changed, and from time to time all that are not zero."""
        is_keyframe = now_s // KEYFRAME_S != self._keyframe_s
        self._keyframe_s = now_s // KEYFRAME_S
        for series, values in gauges.items():
            has_changed = values != self._gauges.get(series, (0, 0, 0))
            if has_changed or (is_keyframe and any(values)):
                tally.gauge(series, now_s, values)
        for series in self._gauges.keys() - gauges.keys():
            tally.gauge(series, now_s, (0, 0, 0))
        self._gauges = dict(gauges)

    def _is_fold_due(self, now_s: int) -> bool:
        return bool(self._store.fresh_rows) and (
            not 0 <= now_s - self._folded_s < FOLD_EVERY_S
            or self._store.fresh_rows > MOST_FRESH_ROWS
        )

    def fold(self, now_s: int) -> None:
        """Put what is fresh into the steps that are kept."""
        self._store.fold(now_s)
        self._folded_s = now_s

    def finish(self, now_us: int) -> None:
        """Count what there is and mark that the program was ended in order.

        Raises:
            ConsoleError: A file cannot be read or written.
        """
        self.step(now_us)
        store = self._store
        try:
            with store.database.transaction():
                store.mark(now_us, "stop", STOPPED_TEXT)
                store.end_run(self._run_id, now_us // 1_000_000)
            self.fold(now_us // 1_000_000)
        except SqlError as error:
            store.database.roll_back()
            raise fault_of(error).as_error() from None

    def close(self) -> None:
        """Close both files; twice does no harm."""
        self._store.close()
        self._console.close()
