"""When a rule counts: days of the week and hours of the day, local time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from hl7console.settings.alerts import DAYS, AlertRule


def is_in_force(rule: AlertRule, local: datetime) -> bool:
    """Return whether a rule counts at a local time.

    With `to_time` before `from_time` it counts over midnight; the night belongs to the day on
    which it begins.
    """
    if not rule.from_time:
        return _is_day(rule, local)
    now = local.time().replace(tzinfo=None)
    begin, end = time.fromisoformat(rule.from_time), time.fromisoformat(rule.to_time)
    if begin < end:
        return begin <= now < end and _is_day(rule, local)
    if now >= begin:
        return _is_day(rule, local)
    return now < end and _is_day(rule, local - timedelta(days=1))


def _is_day(rule: AlertRule, local: datetime) -> bool:
    return not rule.days or DAYS[local.weekday()] in rule.days
