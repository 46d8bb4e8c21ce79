"""Dates and times of messages, as DICOM has them and as the rules compare them.

References:
    HL7 v2.5.1 chapter 2.A, TS and DTM; DICOM PS3.5 DA and TM.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.options import Options
from hl7console.worklist.reading import Seg, View

_PLAIN = re.compile(r"(\d{4,14})(?:\.(\d{1,6}))?([+-]\d{4})?")
_SEPARATED = re.compile(
    r"(?:(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})|(?P<d2>\d{1,2})\.(?P<m2>\d{1,2})\.(?P<y2>\d{4}))"
    r"(?:[T ](?P<h>\d{2}):(?P<n>\d{2})(?::(?P<s>\d{2}))?)?"
)
_MINUTE_US = 60_000_000
_DAY_US = 24 * 60 * _MINUTE_US
_MONTH_DAYS = (0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class Moment:
    """A time as far as it was written: DICOM date and time, both "" where they are not whole."""

    __slots__ = ("date", "flags", "time", "zone")

    def __init__(
        self, date: str = "", time: str = "", zone: str = "", flags: tuple[str, ...] = ()
    ) -> None:
        self.date = date
        """``YYYYMMDD``; "" where the day is not known."""
        self.time = time
        """``HH``, ``HHMM``, ``HHMMSS`` or ``HHMMSS.F``; "" where none was written."""
        self.zone = zone
        """``+HHMM`` as written."""
        self.flags = flags


_NOTHING = Moment()
_BAD = Moment(flags=("date_format",))


def moment_of(written: str, options: Options) -> Moment:
    """Return what a TS or DTM says; its first component only, precision ignored.

    A time with a zone becomes the department's time where the profile names its zone.
    """
    if not written:
        return _NOTHING
    if len(written) in (8, 12, 14) and written.isdecimal() and written.isascii():
        return _whole(written, "", "", options)
    found = _PLAIN.fullmatch(written)
    if found is None:
        return _separated(written, options)
    digits, fraction, zone = found[1], found[2] or "", found[3] or ""
    if len(digits) < 8 or len(digits) % 2:
        return Moment() if len(digits) in (4, 6) else _BAD
    return _whole(digits, fraction, zone, options)


def _whole(digits: str, fraction: str, zone: str, options: Options) -> Moment:
    date, time = digits[:8], digits[8:]
    if not is_day(date):
        return _BAD
    flags: tuple[str, ...] = ()
    if time:
        if time[:2] == "24" and not time[2:].strip("0"):
            date, time, flags = _next_day(date), "0" * len(time), ("time_24",)
        if time[4:] == "60":
            time = time[:4] + "59"
        if time[:2] > "23" or time[2:4] > "59" or time[4:] > "59":
            return Moment(date, flags=("date_format",))
        if fraction and len(time) == 6:
            time = f"{time}.{fraction}"
        if zone and options.zone:
            date, time = _to_zone(date, time, zone, options.zone)
    return Moment(date, time, zone, flags)


def _separated(written: str, options: Options) -> Moment:
    """Read dates with separators: wrong, but their day can be told."""
    found = _SEPARATED.match(written)
    if found is None:
        return _BAD
    year, month, day = (
        (found["y"], found["m"], found["d"])
        if found["y"]
        else (found["y2"], found["m2"], found["d2"])
    )
    time = f"{found['h']}{found['n']}{found['s'] or ''}" if found["h"] else ""
    whole = _whole(f"{year}{int(month):02}{int(day):02}{time}", "", "", options)
    return Moment(whole.date, whole.time, "", ("date_format",))


@lru_cache(maxsize=4096)
def is_day(date: str) -> bool:
    """Return whether eight digits are a day of the calendar."""
    year, month, day = int(date[:4]), int(date[4:6]), int(date[6:8])
    if not (year and 1 <= month <= 12 and 1 <= day <= _MONTH_DAYS[month]):
        return False
    return not (month == 2 and day == 29 and not calendar.isleap(year))


def _next_day(date: str) -> str:
    day = datetime(int(date[:4]), int(date[4:6]), int(date[6:8]), tzinfo=UTC) + timedelta(days=1)
    return day.strftime("%Y%m%d")


@lru_cache(maxsize=16)
def _zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _to_zone(date: str, time: str, written: str, name: str) -> tuple[str, str]:
    zone = _zone(name)
    if zone is None:
        return date, time
    at = _instant(date + time.partition(".")[0], written).astimezone(zone)
    size = len(time.partition(".")[0])
    fraction = time[6:]
    return at.strftime("%Y%m%d"), at.strftime("%H%M%S")[:size] + fraction


def _instant(digits: str, written: str) -> datetime:
    digits = digits.ljust(14, "0")
    offset = timedelta(hours=int(written[1:3]), minutes=int(written[3:5]))
    if written[0] == "-":
        offset = -offset
    if abs(offset) >= timedelta(hours=24):
        offset = timedelta()
    return datetime(
        int(digits[:4]), int(digits[4:6]), int(digits[6:8]),
        int(digits[8:10]), int(digits[10:12]), int(digits[12:14]),
        tzinfo=timezone(offset),
    )  # fmt: skip


def start_of(written: str, options: Options) -> tuple[str, str, tuple[str, ...]]:
    """Return start date, start time and flags of a step; both "" where there is no whole day."""
    moment = moment_of(written, options)
    if moment.date and not moment.time:
        return moment.date, options.time_unknown, (*moment.flags, "time_unknown")
    return moment.date, moment.time, moment.flags


def birth_date(written: str) -> str:
    """Return a birth date as ``YYYYMMDD``; "" for a partial or impossible one."""
    date = written[:8]
    if len(date) == 8 and date.isdecimal() and date.isascii() and is_day(date):
        return date
    return ""


@lru_cache(maxsize=1024)
def _second_of(at_us_second: int, zone: str) -> str:
    at = datetime.fromtimestamp(at_us_second, _zone(zone) or UTC if zone else UTC)
    return at.strftime("%Y%m%d%H%M%S")


def arrival_time(entry: MessageEntry, options: Options) -> str:
    """Return the arrival as ``YYYYMMDDHHMMSS``, in the department's zone, else in UTC."""
    return _second_of(entry.at_us // 1_000_000, options.zone)


_SOURCES = (("EVN", 6), ("EVN", 2), ("MSH", 7))


def event_time(
    view: View, orc: Seg | None, entry: MessageEntry, options: Options
) -> tuple[str, str, str]:
    """Return the time that a message speaks of, its field, and the rule that made it.

    The first valid one of ORC-9, ORC-15, EVN-6, EVN-2, MSH-7; else the arrival. One that is far
    from the arrival is not believed (``clock_skew``).

    Returns:
        ``YYYYMMDDHHMMSS``, comparable as text within one source.
    """
    if orc is not None:
        for field in (9, 15):
            time = _comparable(orc.get(field), options)
            if time:
                return _believed(time, orc.path(field), entry, options)
    for segment_id, field in _SOURCES:
        seg = view.first(segment_id)
        if seg is not None and (time := _comparable(seg.get(field), options)):
            return _believed(time, f"{segment_id}-{field}", entry, options)
    return arrival_time(entry, options), "", "arrival_time"


def _comparable(written: str, options: Options) -> str:
    if not written:
        return ""
    moment = moment_of(written, options)
    if not moment.date:
        return ""
    return (moment.date + moment.time.partition(".")[0]).ljust(14, "0")


def _believed(time: str, path: str, entry: MessageEntry, options: Options) -> tuple[str, str, str]:
    """Return the time, or the arrival where the two are too far apart.

    Without the department's zone the two can only be compared roughly: 14 hours are allowed for.
    """
    arrival_us = entry.at_us
    slack_us = 0 if options.zone else 14 * 60 * _MINUTE_US
    at = _as_utc_us(time, options.zone)
    if (
        at - arrival_us > options.skew_ahead_minutes * _MINUTE_US + slack_us
        or arrival_us - at > options.skew_behind_days * _DAY_US + slack_us
    ):
        return arrival_time(entry, options), path, "clock_skew"
    return time, path, ""


def _as_utc_us(time: str, zone: str) -> int:
    return (
        _day_us(time[:8], zone)
        + (int(time[8:10]) * 3600 + int(time[10:12]) * 60 + int(time[12:14])) * 1_000_000
    )


@lru_cache(maxsize=1024)
def _day_us(date: str, zone: str) -> int:
    place = (_zone(zone) or UTC) if zone else UTC
    day = datetime(int(date[:4]), int(date[4:6]), int(date[6:8]), tzinfo=place)
    return int(day.timestamp()) * 1_000_000
