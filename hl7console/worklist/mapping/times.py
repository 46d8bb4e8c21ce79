"""Dates and times as they are written to DICOM's DA and TM, and which time orders messages.

References:
    HL7 v2.5.1 sections 2.A.22 (DTM) and 2.A.77 (TS); DICOM PS3.5 table 6.2-1 (DA, TM).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from hl7console.worklist.entries import MessageEntry
from hl7console.worklist.profiles.profile import Profile
from hl7console.worklist.reading import Seg, View

_FORM = re.compile(r"(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\.\d{1,6})?([+-]\d{4})?", re.ASCII)
_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_FAR = 14 * 3600
"""No place on earth is further from UTC; seconds."""
_NEAR = 3600
"""No zone but UTC itself is nearer to UTC; seconds."""
_ZONE_STEP = 900
"""Zones are whole multiples of a quarter of an hour; seconds."""
_ZONE_SLACK = 120
"""How far a clock may be off what is taken for its zone; seconds."""


class Moment(NamedTuple):
    """A date and time; parts that were not sent are empty."""

    date: str
    """``YYYYMMDD``; "" where less than a day is known."""
    time: str
    """``HH[MM[SS[.f]]]``."""
    flags: tuple[str, ...] = ()


@lru_cache(maxsize=4096)
def is_day(text: str) -> bool:
    """Return whether eight characters are a day of the calendar."""
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return False
    year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
    if not year or not 1 <= month <= 12:
        return False
    leap = month == 2 and ((year % 4 == 0 and year % 100 != 0) or year % 400 == 0)
    return 1 <= day <= _DAYS[month - 1] + leap


@lru_cache(maxsize=64)
def _day_of(days: int) -> str:
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=days)).strftime("%Y%m%d")


def day_of_us(at_us: int) -> str:
    """Return the day (UTC) of a time in microseconds since 1970."""
    return _day_of(at_us // 86_400_000_000)


def moment_of(raw: str, profile: Profile) -> Moment | None:
    """Return the date and time that a TS or DTM tells; None where it is none.

    A zone is converted to the department's, where the profile names that one. ``date`` is empty
    for a year or a month alone.
    """
    size = len(raw)
    if size in (12, 14) and raw.isdigit() and raw.isascii():
        if is_day(raw[:8]) and raw[8:10] < "24" and raw[10:12] < "60" and raw[12:] < "60":
            return Moment(raw[:8], raw[8:])
    elif size == 8 and is_day(raw):
        return Moment(raw, "")
    return _any_moment(raw.strip(), profile)


def _any_moment(raw: str, profile: Profile) -> Moment | None:
    found = _FORM.fullmatch(raw)
    if found is None:
        return _other_format(raw, profile)
    year, month, day, hour, minute, second, fraction, zone = found.groups(default="")
    if not day:
        is_part = year != "0000" and (not month or "01" <= month <= "12") and not zone
        return Moment("", "", ("date_partial",)) if is_part else None
    if not is_day(year + month + day) or (fraction and not second):
        return None
    return _normal(year + month + day, [hour, minute, second, fraction], zone, profile)


def _normal(date: str, parts: list[str], zone: str, profile: Profile) -> Moment | None:
    hour, minute, second, fraction = parts
    flags: tuple[str, ...] = ()
    if second == "60":
        second, fraction, flags = "59", "", ("leap_second",)
    if minute > "59" or second > "59" or hour > "24":
        return None
    if hour == "24":
        if (minute or "00") + (second or "00") != "0000":
            return None
        date, hour, flags = _moved(date, 1), "00", (*flags, "midnight_24")
        if not date:
            return None
    time = hour + minute + second + fraction
    if zone and hour and profile.zone is not None:
        return _in_zone(date, time, zone, profile, flags)
    return Moment(date, time, flags)


def _moved(date: str, days: int) -> str:
    try:
        return (_instant(date, "") + timedelta(days=days)).strftime("%Y%m%d")
    except OverflowError:
        return ""


def _instant(date: str, time: str) -> datetime:
    """Return a date and time as if it were UTC, fraction aside."""
    return datetime(
        int(date[:4]), int(date[4:6]), int(date[6:8]),
        int(time[:2] or 0), int(time[2:4] or 0), int(time[4:6] or 0), tzinfo=UTC,
    )  # fmt: skip


def _in_zone(
    date: str, time: str, zone: str, profile: Profile, flags: tuple[str, ...]
) -> Moment | None:
    hours, minutes = int(zone[1:3]), int(zone[3:])
    if hours > 14 or minutes > 59:
        return None
    offset = timedelta(hours=hours, minutes=minutes)
    if zone[0] == "-":
        offset = -offset
    try:
        there = _instant(date, time).replace(tzinfo=timezone(offset))
        here = there.astimezone(profile.zone)
    except OverflowError:
        return None
    whole = here.strftime("%Y%m%d%H%M%S")
    size = min(len(time), 6)
    if size == 2 and whole[10:12] != "00":
        size = 4
    return Moment(whole[:8], whole[8 : 8 + size] + time[6:], flags)


@lru_cache(maxsize=64)
def _format(text: str) -> re.Pattern[str]:
    """Return the pattern of a way of writing dates: ``DD.MM.YYYY hh:mm``."""
    pattern = re.escape(text)
    for mark in ("YYYY", "MM", "DD", "hh", "mm", "ss"):
        name = {"MM": "month", "mm": "minute"}.get(mark, mark)
        digits = f"\\d{{{len(mark)}}}"
        pattern = pattern.replace(mark, f"(?P<{name}>{digits})", 1)
    return re.compile(pattern, re.ASCII)


def _other_format(raw: str, profile: Profile) -> Moment | None:
    for text in profile.options.date_formats:
        found = _format(text).fullmatch(raw)
        if found is None:
            continue
        parts = found.groupdict(default="")
        date = parts.get("YYYY", "") + parts.get("month", "") + parts.get("DD", "")
        if not is_day(date):
            continue
        clock = [parts.get("hh", ""), parts.get("minute", ""), parts.get("ss", ""), ""]
        moment = _normal(date, clock, "", profile)
        if moment is not None:
            return moment._replace(flags=(*moment.flags, "date_format"))
    return None


def start_of(raw: str, profile: Profile) -> tuple[str, str, tuple[str, ...]]:
    """Return date and time at which a step starts, and flags; no date where there is none.

    A date without a time has the profile's `time_unknown`, and is flagged so.
    """
    moment = moment_of(raw, profile)
    if moment is None:
        return "", "", ("date_invalid",)
    if not moment.date:
        return "", "", moment.flags
    if not moment.time:
        return moment.date, profile.options.time_unknown, (*moment.flags, "time_unknown")
    return moment


# Which message is the newer one.

_CANDIDATES = (("ORC", 9), ("ORC", 15), ("EVN", 6), ("EVN", 2), ("MSH", 7))


def event_time(
    view: View, orc: Seg | None, entry: MessageEntry, profile: Profile
) -> tuple[str, str, str]:
    """Return the time that orders a message among those of its sender.

    Returns:
        ``YYYYMMDDHHMMSS``, the field that it came from ("" for the time of arrival), and the rule:
        ``clock_skew`` where MSH-7 was too far off to be believed, ``arrival_time`` where no field
        had a time. With ``clock_skew`` the time is "" where the department's zone is not known:
        the arrival can't be told by the sender's clock then, and only the order of arrival counts.
    """
    rule = "arrival_time"
    offset = -1
    for name, field in _CANDIDATES:
        seg = orc if name == "ORC" else view.first(name)
        if seg is None or not (raw := seg.get(field)):
            continue
        moment = moment_of(raw, profile)
        if moment is None or not moment.date:
            continue
        told = moment.date + (moment.time[:6] + "000000")[:6]
        ahead = _seconds_ahead(told, entry.at_us, profile)
        if profile.zone is None:
            offset = _offset(view, entry, profile) if offset == -1 else offset
            ahead -= offset
        options = profile.options
        if ahead > options.skew_ahead_minutes * 60:
            rule = "clock_skew" if name == "MSH" else rule
            continue
        if name == "MSH" and ahead < -options.skew_behind_days * 86400:
            rule = "clock_skew"
            continue
        return told, seg.path(field), ""
    if rule == "clock_skew" and profile.zone is None:
        return "", "", rule
    return _arrival(entry.at_us, profile), "", rule


def _seconds_ahead(told: str, at_us: int, profile: Profile) -> float:
    """Return by how many seconds a time is ahead of an arrival; it is UTC without a zone."""
    there = _instant(told[:8], told[8:])
    if profile.zone is not None:
        there = there.replace(tzinfo=profile.zone)
    return there.timestamp() - at_us / 1_000_000


def _offset(view: View, entry: MessageEntry, profile: Profile) -> int:
    """Return by how many seconds the sender's zone is ahead of UTC, as far as MSH-7 shows it.

    A message is sent when it is made: what MSH-7 is away from its arrival is the zone, if it is
    within two minutes of what a zone can be; else 0.
    """
    moment = moment_of(view.get("MSH", 7), profile)
    if moment is None or not moment.date:
        return 0
    told = moment.date + (moment.time[:6] + "000000")[:6]
    ahead = _seconds_ahead(told, entry.at_us, profile)
    zone = round(ahead / _ZONE_STEP) * _ZONE_STEP
    is_zone = _NEAR <= abs(zone) <= _FAR and abs(ahead - zone) <= _ZONE_SLACK
    return zone if is_zone else 0


def _arrival(at_us: int, profile: Profile) -> str:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_us)
    if profile.zone is not None:
        at = at.astimezone(profile.zone)
    return at.strftime("%Y%m%d%H%M%S")
