"""When which story begins: the first minute by plan, then by the rhythm of a small hospital."""

from __future__ import annotations

from datetime import datetime, timedelta

from hl7console.engine.demo.stories import STORIES
from hl7console.engine.demo.telling import Hospital, Shipment, StoryMaker, Timeline
from hl7console.engine.demo.traffic import next_everyday
from hl7console.engine.demo.worklist_stories import HARD_STORIES

EVERYDAY_GAP_S = 0.9
"""Mean time between two everyday stories; each sends one to five messages."""

OPENING = 4
"""Everyday stories within the first second, so that the list fills at once."""

REPEAT_AFTER_S = 60.0
"""When the first minute's stories start to come again, with other patients."""

REPEAT_GAP_S = 18.0
"""Time between two repeated stories."""


_JUMP = timedelta(seconds=30)
"""The clock was set, or the machine slept, when it is this far from what was planned."""

_LONGEST_WAIT = timedelta(seconds=max(REPEAT_AFTER_S, REPEAT_GAP_S))


class Programme:
    """Begins stories and hands out the messages that are due. One thread, no clock of its own.

    Args:
        hospital: The hospital.
        start: When the demo begins.
    """

    def __init__(self, hospital: Hospital, start: datetime) -> None:
        self._hospital = hospital
        self._timeline = Timeline()
        self._repeats: list[StoryMaker] = []
        for offset_s, maker in (*STORIES, *HARD_STORIES):
            self._timeline.begin(maker(hospital, start + timedelta(seconds=offset_s)))
        for number in range(OPENING):
            self._begin_everyday(start + timedelta(seconds=0.2 + 0.2 * number))
        self._next_everyday = start + timedelta(seconds=1)
        self._next_repeat = start + timedelta(seconds=REPEAT_AFTER_S)

    def take_due(self, now: datetime) -> list[tuple[int, Shipment]]:
        """Return the messages due by `now`, in order, each with the token to answer it by."""
        self._follow_clock(now)
        while self._next_everyday <= now:
            self._begin_everyday(self._next_everyday)
            gap = min(self._hospital.rng.expovariate(1 / EVERYDAY_GAP_S), 3 * EVERYDAY_GAP_S)
            self._next_everyday += timedelta(seconds=gap)
        while self._next_repeat <= now:
            self._timeline.begin(self._repeat()(self._hospital, self._next_repeat))
            self._next_repeat += timedelta(seconds=REPEAT_GAP_S)
        return self._timeline.take_due(now)

    def answered(self, token: int, code: str) -> None:
        """Tell the story of that message MSA-1 of its answer, "" when there was none."""
        self._timeline.answered(token, code)

    def next_due(self) -> datetime:
        """Return when there is something to do again."""
        times = [self._next_everyday, self._next_repeat]
        due = self._timeline.next_due()
        return min([*times, due] if due else times)

    def _follow_clock(self, now: datetime) -> None:
        """Go on from `now` after a jump of the clock.

        What a sleeping machine missed is not made up for, and a clock that was set back does not
        stop the hospital.
        """
        if abs(now - self._next_everyday) > _JUMP:
            self._next_everyday = now
        if now - self._next_repeat > _JUMP or self._next_repeat - now > _JUMP + _LONGEST_WAIT:
            self._next_repeat = now

    def _begin_everyday(self, at: datetime) -> None:
        self._timeline.begin(next_everyday(self._hospital)(self._hospital, at))

    def _repeat(self) -> StoryMaker:
        if not self._repeats:
            self._repeats = [maker for _, maker in (*STORIES, *HARD_STORIES)]
            self._hospital.rng.shuffle(self._repeats)
        return self._repeats.pop()
