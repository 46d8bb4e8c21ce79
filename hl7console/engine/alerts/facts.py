"""What rules look at in one turn. Everything is read at most once a turn, and only when asked for.

One thread. The clock is the turn's `now_us`, so that a simulated month runs through the same code.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from hl7console.engine.snapshot import EngineSnapshot
from hl7console.settings import DestinationSettings, ListenerSettings
from hl7console.settings.alerts import NormalSettings
from hl7console.store.measures.normal import Local, left_out, local_time
from hl7console.store.measures.reader import MeasureReader
from hl7console.store.measures.records import Scope, Totals
from hl7console.store.reader import StoreReader
from hl7console.store.watched_messages import WatchedMessages
from hl7console.store.worklist.reader import WorklistReader

Normals = dict[str, dict[int, tuple[float, float]]]
"""By series and hour of the week: typical count and spread."""


LEAST_PORTION = 50
"""Messages that a rule may read in a look, however many other rules read."""

QUARTER_S = 900
"""Clocks are set forward and back at whole quarters of an hour, in seconds UTC."""

_FIRST_GOOD_S = 60
_LAST_GOOD_S = 86_400


@dataclass(frozen=True, slots=True)
class LearnedNormals:
    """What was learned of a scope, when it was read, and for how long that will do."""

    read_s: int
    good_for_s: int
    normals: Normals


class Sources:
    """Where facts come from. The readers belong to the thread of the alerts.

    Args:
        workspace: The folder.
        snapshot: Returns the engine's snapshot.
        measures: Reads the measures; None where nothing is measured.
        messages: Reads the messages.
        worklist: Reads the worklist; None where there is none.
        listeners: Returns the listeners' settings.
        destinations: Returns the destinations' settings.
        local: Returns the local time of a UTC second.
    """

    def __init__(
        self,
        workspace: Path,
        snapshot: Callable[[], EngineSnapshot],
        *,
        measures: MeasureReader | None = None,
        messages: StoreReader | None = None,
        worklist: WorklistReader | None = None,
        listeners: Callable[[], tuple[ListenerSettings, ...]] = tuple,
        destinations: Callable[[], tuple[DestinationSettings, ...]] = tuple,
        local: Local = local_time,
    ) -> None:
        self.workspace = workspace
        self.snapshot = snapshot
        self.measures = measures
        self.messages = messages
        self.watched = WatchedMessages(messages) if messages is not None else None
        """What rules ask of the messages; None where they cannot be read."""
        self.worklist = worklist
        self.listeners = listeners
        self.destinations = destinations
        self.local = local
        self.normals: dict[Scope, LearnedNormals] = {}
        """What was learned, as it was read last."""


class Facts:
    """One turn.

    Args:
        sources: Where from.
        now_us: The time of the turn, UTC.
        normal: How normal is learned.
        awake_since_us: Since when somebody has looked without a break: the start of the program,
            or the end of a sleep.
    """

    def __init__(
        self,
        sources: Sources,
        now_us: int,
        normal: NormalSettings,
        awake_since_us: int,
        *,
        readers: int = 1,
    ) -> None:
        self.sources = sources
        self._readers = max(readers, 1)
        self.now_us = now_us
        self.normal = normal
        self.awake_since_us = awake_since_us
        self._snapshot: EngineSnapshot | None = None
        self._left_out: frozenset[date] | None = None
        self._totals: dict[tuple[Scope, int, bool], dict[str, Totals]] = {}
        self._last: dict[Scope, dict[str, int]] = {}
        self._last_message_id: int | None = None
        self._local: datetime | None = None
        self._offsets_s: dict[int, int] = {}

    def portion(self, messages: int) -> int:
        """Return how many of so many messages one rule may read in a look.

        Rules that read messages share, so that a turn does not hold up receiving.
        """
        return min(messages, max(messages // self._readers, LEAST_PORTION))

    @property
    def now_s(self) -> int:
        """The time of the turn in seconds, UTC."""
        return self.now_us // 1_000_000

    @property
    def local(self) -> datetime:
        """The local time of the turn."""
        if self._local is None:
            self._local = self.sources.local(self.now_s)
        return self._local

    def offset_s(self, at_s: int) -> int:
        """Return how far the local time is ahead of UTC at a UTC second, in seconds."""
        quarter = at_s // QUARTER_S
        if quarter not in self._offsets_s:
            offset = self.sources.local(quarter * QUARTER_S).utcoffset()
            self._offsets_s[quarter] = 0 if offset is None else int(offset.total_seconds())
        return self._offsets_s[quarter]

    @property
    def days_left_out(self) -> frozenset[date]:
        """Local days on which nothing is normal: holidays, downtimes."""
        if self._left_out is None:
            self._left_out = left_out(self.normal)
        return self._left_out

    @property
    def snapshot(self) -> EngineSnapshot:
        """Lights, queues and counters."""
        if self._snapshot is None:
            self._snapshot = self.sources.snapshot()
        return self._snapshot

    @property
    def last_message_id(self) -> int:
        """The highest id that was given to a message; 0 where there are none to be read."""
        if self._last_message_id is None:
            watched = self.sources.watched
            self._last_message_id = 0 if watched is None else watched.last_id()
        return self._last_message_id

    def totals(self, scope: Scope, span_s: int, *, times: bool = False) -> dict[str, Totals]:
        """Return all series of a scope that have anything in the span up to now, added up."""
        key = (scope, span_s, times)
        if key not in self._totals:
            reader = self.sources.measures
            self._totals[key] = (
                {}
                if reader is None
                else reader.totals(scope, self.now_s - span_s, self.now_s + 1, times=times)
            )
        return self._totals[key]

    def last_received(self, scope: Scope) -> dict[str, int]:
        """Return the second of each series' latest message; 0 for none ever."""
        if scope not in self._last:
            reader = self.sources.measures
            self._last[scope] = {} if reader is None else reader.last_received(scope)
        return self._last[scope]

    def normals(self, scope: Scope) -> Normals:
        """Return what was learned of a scope.

        It is read again after a minute, after two more and so on, at last once a day: it is
        learned in the first minutes, and changes little from then on.
        """
        kept = self.sources.normals.get(scope)
        if kept is None or not kept.read_s <= self.now_s < kept.read_s + kept.good_for_s:
            reader = self.sources.measures
            learned = {} if reader is None else reader.normals(scope)
            good_for_s = _FIRST_GOOD_S if kept is None else min(2 * kept.good_for_s, _LAST_GOOD_S)
            kept = LearnedNormals(self.now_s, good_for_s, learned)
            self.sources.normals[scope] = kept
        return kept.normals

    def runs(self, since_s: int) -> tuple[tuple[int, int], ...]:
        """Return from when until when the program ran since a second."""
        reader = self.sources.measures
        if reader is None:
            return ((since_s, self.now_s),)
        return reader.runs(since_s, self.now_s)

    def gone_interfaces(self, keys: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
        """Return which of some subjects are interfaces that are there no more, or switched off."""
        wanted = [key for key in keys if key[0] in ("listener", "destination")]
        if not wanted:
            return set()
        there = {("listener", one.name) for one in self.sources.listeners() if one.enabled}
        there |= {("destination", one.name) for one in self.sources.destinations() if one.enabled}
        return {key for key in wanted if key not in there} if there else set()
