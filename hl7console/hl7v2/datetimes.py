"""HL7 dates and times: what is wrong with one, and how a person reads it.

Only the forms of the standard are read; nothing is guessed. Values are never turned into an
instant here, since most have no zone.

References:
    HL7 v2.5.1 chapter 2A, 2.A.21 (DT), 2.A.22 (DTM), 2.A.75 (TM), 2.A.77 (TS).
"""

from __future__ import annotations

import calendar
import re

_DATE_TIME = re.compile(
    r"(?P<year>\d{4})(?:(?P<month>\d\d)(?:(?P<day>\d\d)(?:(?P<hour>\d\d)(?:(?P<minute>\d\d)"
    r"(?:(?P<second>\d\d)(?P<fraction>\.\d{1,4})?)?)?)?)?)?(?P<zone>[+-]\d{4})?\Z",
    re.ASCII,
)
_TIME = re.compile(
    r"(?P<hour>\d\d)(?:(?P<minute>\d\d)(?:(?P<second>\d\d)(?P<fraction>\.\d{1,4})?)?)?"
    r"(?P<zone>[+-]\d{4})?\Z",
    re.ASCII,
)
_DATE = re.compile(r"(?P<year>\d{4})(?:(?P<month>\d\d)(?P<day>\d\d)?)?\Z", re.ASCII)

_FORMS = {"DT": _DATE, "TM": _TIME, "DTM": _DATE_TIME, "TS": _DATE_TIME}
_SHAPES = {
    "DT": "YYYY[MM[DD]]",
    "TM": "HH[MM[SS[.SSSS]]][±ZZZZ]",
    "DTM": "YYYY[MM[DD[HH[MM[SS[.SSSS]]]]]][±ZZZZ]",
}
_SHAPES["TS"] = _SHAPES["DTM"]


def date_problem(value: str, type_: str) -> str:
    """Return what is wrong with a date or time, as a phrase without the value; ``""`` if nothing.

    Args:
        value: A date or time as written.
        type_: ``DT``, ``TM``, ``DTM`` or ``TS``.
    """
    found = _FORMS[type_].match(value)
    if found is None:
        if type_ == "DT" and _DATE_TIME.match(value):
            return "has a time of day, which a DT hasn't"
        return f"is not of the form {_SHAPES[type_]}"
    parts = found.groupdict()
    return _calendar_problem(parts) or _clock_problem(parts) or _zone_problem(parts)


def _calendar_problem(parts: dict[str, str | None]) -> str:
    year, month, day = (parts.get(name) for name in ("year", "month", "day"))
    if year == "0000":
        return "has the year 0000"
    if not month:
        return ""
    if not 1 <= int(month) <= 12:
        return "has no month 1 to 12"
    if day and not 1 <= int(day) <= calendar.monthrange(int(year or 0), int(month))[1]:
        return "names a day that the month doesn't have"
    return ""


def _clock_problem(parts: dict[str, str | None]) -> str:
    hour, minute, second = (parts.get(name) for name in ("hour", "minute", "second"))
    if hour and int(hour) > 23:
        is_midnight = hour == "24" and not (minute or "").strip("0") + (second or "").strip("0")
        return "" if is_midnight else "has an hour above 23"
    if minute and int(minute) > 59:
        return "has a minute above 59"
    if second and int(second) > 60:
        return "has a second above 59"
    return ""


def _zone_problem(parts: dict[str, str | None]) -> str:
    zone = parts.get("zone")
    if zone and (int(zone[1:3]) > 14 or int(zone[3:]) > 59):
        return "has an impossible time zone"
    return ""


def readable_date(value: str, type_: str) -> str:
    """Return a date or time as people write it (``2026-11-24 14:15``); ``""`` when it isn't one.

    The zone is kept as it was sent: ``2026-11-24 14:15 +01:00``.
    """
    found = _FORMS[type_].match(value)
    if found is None and type_ == "DT":
        found = _DATE_TIME.match(value)
    if found is None:
        return ""
    parts = found.groupdict()
    if _calendar_problem(parts) or _clock_problem(parts):
        return ""
    date = "-".join(filter(None, (parts.get("year"), parts.get("month"), parts.get("day"))))
    clock = _readable_clock(parts)
    zone = parts.get("zone")
    shown = " ".join(filter(None, (date, clock)))
    return f"{shown} {zone[:3]}:{zone[3:]}" if zone else shown


def _readable_clock(parts: dict[str, str | None]) -> str:
    hour = parts.get("hour")
    if not hour:
        return ""
    minute = parts.get("minute")
    if not minute:
        return f"{hour} h"
    seconds = f":{parts['second']}{parts['fraction'] or ''}" if parts.get("second") else ""
    return f"{hour}:{minute}{seconds}"
