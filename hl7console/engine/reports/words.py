"""Numbers, times and sizes as people read them in a report."""

from __future__ import annotations

import math
from datetime import datetime
from html import escape

NOT_KNOWN = "not known"
NOTHING = "–"  # noqa: RUF001 - an en dash, as tables have it


def count(number: int) -> str:
    """Return ``12,345``; nothing is a dash."""
    return f"{number:,}" if number else NOTHING


def share(part: int, whole: int) -> str:
    """Return a part in per cent; a little is never nothing, and nearly all never all."""
    return percent(part / whole) if whole else NOTHING


def percent(value: float | None) -> str:
    """Return ``99.95 %``, rounded so that only what is whole looks whole."""
    if value is None:
        return NOT_KNOWN
    if value in (0.0, 1.0):
        return f"{value:.0%}".replace("%", " %")
    hundredths = math.floor(value * 10_000) / 100
    if hundredths < 0.01:
        return "< 0.01 %"
    return f"{hundredths:.2f} %"


def change(now: int, before: int) -> str:
    """Return by how much a number is another than before: ``+12 %``."""
    if not before:
        return ""
    value = (now - before) / before
    if value > 9.99:
        return f"{now / before:,.0f} times"
    return f"{value:+.0%}".replace("%", " %").replace("-", "\u2212")


def duration(seconds: float | None) -> str:
    """Return ``3 min 12 s``, ``5 h 2 min`` or ``3 d 4 h``."""
    if seconds is None:
        return NOTHING
    whole = round(seconds)
    if whole < 1:
        return "< 1 s" if seconds > 0 else "0 s"
    parts: list[str] = []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        amount, whole = divmod(whole, length)
        if amount or parts:
            parts.append(f"{amount} {unit}" if amount else "")
        if len(parts) == 2:
            break
    return " ".join(part for part in parts if part)


def time_taken(microseconds: int) -> str:
    """Return ``0.4 ms``, ``12 ms``, ``1.2 s`` or a longer duration."""
    if microseconds <= 0:
        return NOTHING
    if microseconds < 10_000:
        return f"{microseconds / 1000:.1f} ms"
    if microseconds < 1_000_000:
        return f"{microseconds / 1000:.0f} ms"
    if microseconds < 60_000_000:
        return f"{microseconds / 1_000_000:.1f} s"
    return duration(microseconds / 1_000_000)


def size(size_bytes: int) -> str:
    """Return bytes in the largest unit that leaves a number of at least one."""
    for unit, factor in (("TB", 1024**4), ("GB", 1024**3), ("MB", 1024**2), ("KB", 1024)):
        if size_bytes >= factor:
            return f"{size_bytes / factor:,.1f} {unit}"
    return f"{size_bytes} bytes" if size_bytes else NOTHING


def moment(at_us: int) -> str:
    """Return a point in time, local: ``24 Nov 13:05:09``."""
    at = datetime.fromtimestamp(at_us / 1_000_000)  # noqa: DTZ006 - local, as people read it
    return f"{at.day} {at:%b %H:%M:%S}"


def plural(number: int, noun: str, many: str = "") -> str:
    """Return ``1 alert`` or ``12 alerts``."""
    return f"{number:,} {noun if number == 1 else many or noun + 's'}"


def plain(text: str) -> str:
    """Return text without what turns, hides or breaks it, whatever a sender put into it."""
    odd = "\N{REPLACEMENT CHARACTER}"
    return "".join(c if c.isprintable() or c == "\n" else odd for c in text)


def escaped(text: str) -> str:
    """Return text for HTML and SVG that is only text."""
    return escape(plain(text))
