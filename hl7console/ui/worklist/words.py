"""The words of the worklist: states, priorities, times, columns and values as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from hl7console.store.worklist.records import LineRow
from hl7console.worklist import naming
from hl7console.worklist.rows import Value

STATES: dict[str, tuple[str, str]] = {
    "UNSCHEDULED": ("unscheduled", "muted"),
    "ON_HOLD": ("on hold", "warn"),
    "SCHEDULED": ("scheduled", "info"),
    "ARRIVED": ("arrived", "ok"),
    "READY": ("ready", "ok"),
    "STARTED": ("started", "ok"),
    "DEPARTED": ("departed", "muted"),
    "COMPLETED": ("completed", "muted"),
    "DISCONTINUED": ("discontinued", "err"),
    "CANCELED": ("cancelled", "muted"),
}
"""By state: the word, and the token of its colour."""

PRIORITIES: dict[str, tuple[str, str]] = {
    "STAT": ("STAT", "err"),
    "HIGH": ("high", "warn"),
    "MEDIUM": ("medium", "muted"),
    "ROUTINE": ("routine", "muted"),
    "LOW": ("low", "muted"),
}
"""By priority: the word, and the token of its colour."""


def state_words(line: LineRow) -> tuple[str, str]:
    """Return what the list calls a line's state, and the token of its colour."""
    if line.missing and line.state == "UNSCHEDULED":
        return "incomplete", "warn"
    return state_name(line.state)


def state_name(state: str) -> tuple[str, str]:
    """Return the word and the colour of a state by its code."""
    return STATES.get(state, (plain(state), "muted"))


def priority_words(priority: str) -> tuple[str, str]:
    """Return the word and the colour of a priority; routine where none was given."""
    return PRIORITIES.get(priority or "ROUTINE", (plain(priority), "muted"))


def plain(code: str) -> str:
    """Return a code of lower-case words with underlines as words."""
    return code.replace("_", " ").strip().lower()


def column_words(column: str, kind: str = "") -> str:
    """Return what people call a column of a kind of row."""
    return naming.column_name(column, kind)


def date_words(text: str) -> str:
    """Return a DICOM date as ``2026-11-24``; the text itself where it is none."""
    if len(text) != 8 or not text.isdigit():
        return text
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def short_date(text: str) -> str:
    """Return a DICOM date as ``25 Nov``; with its year where that is another one."""
    try:
        day = datetime.strptime(text, "%Y%m%d").date()  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return text
    if str(day.year) != today_code()[:4]:
        return date_words(text)
    return f"{day.day:2} {day:%b}"


def time_words(text: str) -> str:
    """Return a DICOM time as ``14:05``, with seconds only where there are some."""
    if len(text) < 4 or not text[:4].isdigit():
        return text
    seconds = text[4:6]
    return f"{text[:2]}:{text[2:4]}" + (f":{seconds}" if seconds not in ("", "00") else "")


def start_words(start_date: str, start_time: str, today: str = "") -> str:
    """Return date and time of a start; the date is left out on the day `today`."""
    clock = time_words(start_time)
    if start_date == (today or today_code()):
        return clock or "today"
    return " ".join(part for part in (short_date(start_date), clock) if part)


def today_code() -> str:
    """Return this computer's day as ``YYYYMMDD``."""
    return datetime.now().astimezone().strftime("%Y%m%d")


def day_title(code: str, today: date | None = None) -> str:
    """Return a day as a heading: ``Today · Tuesday 24 November 2026``."""
    try:
        day = datetime.strptime(code, "%Y%m%d").date()  # noqa: DTZ007 - a day, no moment
    except ValueError:
        return code or "No date"
    today = today or datetime.now().astimezone().date()
    name = {-1: "Yesterday", 0: "Today", 1: "Tomorrow"}.get((day - today).days, "")
    written = f"{day:%A} {day.day} {day:%B %Y}"
    return f"{name} · {written}" if name else written


def moment_words(at_us: int) -> str:
    """Return a local date and time, to the second."""
    if not at_us:
        return ""
    return f"{datetime.fromtimestamp(at_us / 1_000_000).astimezone():%Y-%m-%d %H:%M:%S}"


def clock_words(at_us: int) -> str:
    """Return a local time, with the date where it isn't today."""
    moment = datetime.fromtimestamp(at_us / 1_000_000).astimezone()
    if moment.date() == datetime.now().astimezone().date():
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def value_words(column: str, value: Value | None) -> str:
    """Return a column's value as people read it; "" where it is empty."""
    if value is None or value == "":
        return ""
    if column in ("state", "state_before_hold", "wanted"):
        return state_name(str(value))[0]
    if column == "acknowledged_at_us" and isinstance(value, int):
        return moment_words(value)
    if column == "patient_name":
        return naming.person_name(value)
    if column.endswith("_date"):
        return date_words(str(value))
    if column.endswith("_time"):
        return time_words(str(value))
    if column == "missing":
        return ", ".join(column_words(str(part)) for part in _parts(value))
    if column == "flags":
        return ", ".join(naming.flag_name(str(part)) for part in _parts(value))
    return ", ".join(text for part in _parts(value) if (text := _part_words(part)))


def _parts(value: Value) -> Sequence[object]:
    return (value,) if isinstance(value, str | int) else value


def _part_words(part: object) -> str:
    if isinstance(part, str | int):
        return str(part)
    if isinstance(part, Sequence):
        return " ".join(str(inner) for inner in part if inner)
    return str(part)


def station_words(line: LineRow) -> str:
    """Return the stations of a line; *any CT* where it is open to its modality."""
    if line.stations:
        return " · ".join(line.stations)
    return f"any {line.modality}".strip() if line.is_open else "\u2014"


def group_title(by: str, key: str) -> str:
    """Return what a group of lines is called; "" where its lines have no such value."""
    if by == "day":
        return day_title(key)
    if by == "state":
        return state_name(key)[0].capitalize()
    if by == "patient":
        return " · ".join(part for part in key.split("\n")[:2] if part)
    return key
