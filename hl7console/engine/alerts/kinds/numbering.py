"""The numbers and times of one sender: what runs backwards, and what is missing between. Pure.

A control id is taken for a number behind a text: ``LAB000123`` is 123 of ``LAB``. Only a sender
that has counted up for some messages is watched: ids made at random, of a time of day, or anew for
each message are never out of order, and have no gaps.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

LONGEST_NUMBER = 18
"""Digits of a control id that are taken for its number."""

LEAST_STEPS = 5
"""Steps up that make a sender one that counts."""

_MOST_STEPS = 20
_AFTER_FAULT = 3
"""Steps that a fault takes off."""

MOST_PREFIXES = 8
"""Texts before the number that are followed for one sender."""

BACKWARDS_S = 60
"""A time is out of order where it is further back than that."""

FUTURE_S = 3_600
"""A time lies in the future where it is further ahead than that."""

_FURTHEST_S = 14 * 3_600
"""No place on earth is further from UTC."""

_NUMBER = re.compile(r"[0-9]+\Z")
_DATED = re.compile(r"(?:19|20)[0-9]{10}")
_TIME = re.compile(
    rb"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)?(?:\.\d+)?([+-]\d{4})?(?=[^0-9]|\Z)", re.ASCII
)

Offset = Callable[[int], int]
"""Returns how many seconds local time is ahead of UTC at a second."""


@dataclass(slots=True)
class Faults:
    """What was out of order, since when and until when."""

    first_us: int
    last_us: int
    backwards: int = 0
    """Control ids below the one before."""
    missing: int = 0
    """Numbers between two that were not there."""
    late_times: int = 0
    future_times: int = 0
    message_id: int = 0
    control_id: str = ""


@dataclass(slots=True)
class _Counter:
    number: int
    ups: int = 0
    """Steps up, of late."""
    ones: int = 0
    """Steps by one, of late."""
    gap: tuple[int, int] = (0, 0)
    """First and last number of the last gap."""
    filled: int = 0


@dataclass(slots=True)
class Feed:
    """What one sender brought to one listener."""

    faults: Faults | None = None
    """Those of late; None when all was in order."""
    _counters: OrderedDict[str, _Counter] = field(default_factory=OrderedDict)
    _local_s: int = 0
    _utc_s: int = 0

    def take(
        self, control_id: str, start: bytes, received_us: int, message_id: int, offset: Offset
    ) -> None:
        """Look at one message.

        Args:
            control_id: MSH-10.
            start: Its first bytes.
            received_us: When it came.
            message_id: Its id.
            offset: The local zone.
        """
        backwards, missing = self._number(control_id)
        late, future = self._time(start, received_us, offset)
        if not (backwards or missing or late or future):
            return
        found = self.faults
        if found is None:
            found = self.faults = Faults(received_us, received_us)
        found.last_us = max(received_us, found.last_us)
        found.backwards += backwards
        found.missing = max(found.missing + missing, 0)
        found.late_times += late
        found.future_times += future
        found.message_id, found.control_id = message_id, control_id

    def _number(self, control_id: str) -> tuple[int, int]:
        """Return whether a control id is below the one before, and how many are missing."""
        numbered = numbered_of(control_id)
        if numbered is None:
            return 0, 0
        prefix, number = numbered
        counter = self._counters.pop(prefix, None)
        if counter is None:
            counter = _Counter(number)
            self._counters[prefix] = counter
            if len(self._counters) > MOST_PREFIXES:
                self._counters.popitem(last=False)
            return 0, 0
        self._counters[prefix] = counter
        return _step(counter, number, has_gaps=_DATED.search(control_id) is None)

    def _time(self, start: bytes, received_us: int, offset: Offset) -> tuple[int, int]:
        """Return whether a message's time is behind the one before, and whether in the future."""
        read = time_of(start)
        if read is None:
            return 0, 0
        local_s, zone_s = read
        received_s = received_us // 1_000_000
        if zone_s is not None:
            local_s = utc_s = local_s - zone_s
        else:
            # In the hour in which the clocks change, the sender may be on either side of it.
            zones = (offset(received_s), offset(received_s - FUTURE_S))
            utc_s = min((local_s - zone for zone in zones), key=lambda s: abs(s - received_s))
        if utc_s > received_s + FUTURE_S:
            return 0, 1  # and no measure for those that come after it
        is_late = bool(self._local_s) and (
            self._local_s - local_s > BACKWARDS_S and self._utc_s - utc_s > BACKWARDS_S
        )
        self._local_s, self._utc_s = local_s, utc_s
        return int(is_late), 0


def _step(counter: _Counter, number: int, *, has_gaps: bool) -> tuple[int, int]:
    before = counter.number
    if number == before:
        return 0, 0
    if number < before:
        if counter.gap[0] <= number <= counter.gap[1] and counter.filled:
            counter.filled -= 1
            return 1, -1  # a missing one has come after all; the others go on from where they were
        counter.number = number
        if number <= 1 or counter.ups < LEAST_STEPS:
            counter.ups = counter.ones = 0  # it begins anew
            return 0, 0
        counter.ups -= _AFTER_FAULT
        counter.ones = max(counter.ones - _AFTER_FAULT, 0)
        return 1, 0
    counter.number = number
    counter.ups = min(counter.ups + 1, _MOST_STEPS)
    if number == before + 1:
        counter.ones = min(counter.ones + 1, _MOST_STEPS)
        return 0, 0
    is_gap = has_gaps and counter.ones >= LEAST_STEPS
    counter.ones = max(counter.ones - _AFTER_FAULT, 0)
    if not is_gap:
        return 0, 0
    counter.gap, counter.filled = (before + 1, number - 1), number - before - 1
    return 0, counter.filled


def numbered_of(control_id: str) -> tuple[str, int] | None:
    """Return a control id as a text and the number behind it; None where it ends in no number.

    Only the digits 0 to 9 count; of a very long number the last digits.
    """
    found = _NUMBER.search(control_id)
    if found is None:
        return None
    begin = max(found.start(), len(control_id) - LONGEST_NUMBER)
    return control_id[:begin], int(control_id[begin:])


def time_of(start: bytes) -> tuple[int, int | None] | None:
    """Return MSH-7 as seconds since 1970, as if it were UTC, and its zone in seconds.

    Args:
        start: The first bytes of a message.

    Returns:
        None where there is no time with minutes; the zone is None where none is named.
    """
    at = start.find(b"MSH")
    if at < 0 or len(start) < at + 4:
        return None
    header = start[at:].partition(b"\r")[0]
    fields = header.split(header[3:4], 7)
    found = _TIME.match(fields[6]) if len(fields) == 8 else None
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()[:6])
    try:
        moment = datetime(year, month, day, tzinfo=UTC)
        moment += timedelta(hours=hour, minutes=minute, seconds=second)
    except (ValueError, OverflowError):
        return None
    zone = found[7]
    if zone is None:
        return int(moment.timestamp()), None
    zone_s = int(zone[1:3]) * 3600 + int(zone[3:5]) * 60
    if zone_s > _FURTHEST_S:
        return None
    return int(moment.timestamp()), -zone_s if zone[:1] == b"-" else zone_s
