"""What is said of alerts: subject and body of e-mails, and the same as plain JSON.

No patient data is in any of it. A rule's filter and the note of who acknowledged an alert are
left out, for people may have written some into those. Names and control ids come from other
systems: whatever could break a line or a header is taken out of them.
"""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hl7console.settings.alerts import SEVERITIES, Severity
from hl7console.store.alert_notices import NewsCount, ToldAlert

MOST_LISTED = 30
"""Alerts that a message of many names; of the others it gives the numbers."""

_MOST_SENTENCE = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TextPlace:
    """Where messages come from."""

    workspace: str
    """Name of the workspace's folder."""
    machine: str
    source: str = "hl7console"
    """Tells the messages of this workspace from those of others: letters, digits and dashes."""


def text_place(workspace: Path) -> TextPlace:
    """Return where messages of a workspace come from."""
    machine = platform.node()
    digest = hashlib.sha256(f"{machine}\0{workspace}".encode("utf-8", "replace")).hexdigest()
    return TextPlace(workspace.name, machine, f"hl7console-{digest[:12]}")


@dataclass(frozen=True, slots=True)
class News:
    """All that one message tells."""

    key: str
    """Names the message; the same notices have the same one at every try."""
    first: tuple[ToldAlert, ...]
    """Worst first; the rest is only counted."""
    counts: tuple[NewsCount, ...]

    @property
    def total(self) -> int:
        """How many alerts it is about."""
        return sum(count.begun + count.over + count.brief for count in self.counts)


@dataclass(frozen=True, slots=True)
class AlertMessage:
    """A message as channels send it."""

    key: str
    subject: str
    body: str
    payload: dict[str, object] = field(repr=False)
    """The same as plain JSON values."""
    at: datetime
    is_urgent: bool = False
    thread: str = ""
    """The same for all messages about one alert; empty for those about many."""


def one_line(text: str, most: int) -> str:
    """Return a text as one line of printable characters, cut to a length.

    Controls, line ends, marks of direction and halves of pairs are not printable.
    """
    clean = "".join(letter if letter.isprintable() else " " for letter in text[: 4 * most])
    clean = " ".join(clean.split())
    return clean if len(clean) <= most else clean[: most - 1].rstrip() + "…"


def message_of(news: News, place: TextPlace, now_us: int) -> AlertMessage:
    """Return the message that tells news; one alert in words, more as a list. Any thread."""
    only = news.first[0] if news.total == 1 and news.first else None
    subject, body = _several(news) if only is None else _single(only)
    begun, over, brief = (
        sum(getattr(count, name) for count in news.counts) for name in ("begun", "over", "brief")
    )
    payload: dict[str, object] = {
        "what": "group" if only is None else _what(begun, over),
        "begun": begun,
        "over": over,
        "brief": brief,
        "alerts": [_as_json(told) for told in news.first],
    }
    is_urgent = any(count.severity == Severity.CRITICAL and count.begun for count in news.counts)
    message = _message(news.key, subject, body, payload, place, now_us)
    thread = "" if only is None else f"{place.source}-alert-{only.alert.id}"
    return replace(message, is_urgent=is_urgent, thread=thread)


def test_message(channel: str, place: TextPlace, now_us: int) -> AlertMessage:
    """Return the message of a channel's test button. Any thread."""
    name = one_line(channel, 80)
    body = (
        f"This is a test of the channel {name}. Nothing is wrong.\n"
        "Alerts of the rules that name this channel come this way.\n"
    )
    key = f"{place.source}-test-{now_us}"
    payload: dict[str, object] = {"what": "test", "channel": name, "alerts": []}
    return _message(key, f"Test of the channel {name}", body, payload, place, now_us)


test_message.__test__ = False  # type: ignore[attr-defined]


def _message(
    key: str,
    subject: str,
    body: str,
    payload: dict[str, object],
    place: TextPlace,
    now_us: int,
) -> AlertMessage:
    workspace, machine = one_line(place.workspace, 80), one_line(place.machine, 80)
    whole = f"{body}\nhl7console, workspace {workspace} on {machine}\n"
    marked = f"[hl7console] {subject}"
    payload = {
        "program": "hl7console",
        "format": 1,
        "key": key,
        "workspace": workspace,
        "machine": machine,
        "at": _utc_text(now_us),
        "subject": marked,
        "text": f"{marked}\n\n{whole}",
        **payload,
    }
    return AlertMessage(key, marked, whole, payload, _time_of(now_us))


def _what(begun: int, over: int) -> str:
    return "onset" if begun else "recovery" if over else "brief"


# One alert.


def _single(told: ToldAlert) -> tuple[str, str]:
    alert = told.alert
    lines = [_sentence(told), ""]
    lines += [f"{name}: {value}" for name, value in _facts(told) if value]
    subject = one_line(f"{_word(told)}: {_headline(told)}", 180)
    if not told.begins and alert.text:
        lines.insert(1, f"It was: {one_line(alert.text, _MOST_SENTENCE)}")
    return subject, "\n".join(lines) + "\n"


def _word(told: ToldAlert) -> str:
    severity = one_line(told.alert.severity, 20).capitalize()
    if not told.ends:
        return severity
    return f"{severity}, over already" if told.begins else "Over"


def _headline(told: ToldAlert) -> str:
    """Return what it is, with the interface before it unless the sentence names it."""
    alert = told.alert
    text = _sentence(told)
    subject = one_line(alert.subject, 80)
    return text if subject in text else f"{subject}: {text}"


def _sentence(told: ToldAlert) -> str:
    alert = told.alert
    if told.begins:
        return one_line(alert.text, _MOST_SENTENCE)
    ended = one_line(alert.recovery_text, _MOST_SENTENCE)
    return ended or f"It is well again: {one_line(alert.text, _MOST_SENTENCE)}"


def _facts(told: ToldAlert) -> Sequence[tuple[str, str]]:
    alert = told.alert
    scope = one_line(alert.scope, 20)
    subject = one_line(alert.subject, 80)
    interface = f"{subject} ({scope})" if subject and scope else subject or scope
    ended = told.ends and alert.ended_at_us
    return (
        ("Interface", interface),
        ("Rule", one_line(alert.rule, 80)),
        ("Severity", one_line(alert.severity, 20)),
        ("Since", _local_text(alert.onset_at_us)),
        ("Until", _local_text(alert.ended_at_us) if ended else ""),
        ("Lasted", _span_text(alert.ended_at_us - alert.onset_at_us) if ended else ""),
        ("Sample control id", one_line(alert.sample_control_id, 64)),
    )


# Many.


def _several(news: News) -> tuple[str, str]:
    lines = [f"{_totals(news.counts)}.", ""]
    lines += [_listed(told) for told in news.first]
    left = news.total - len(news.first)
    if left > 0:
        lines += [f"… and {left:,} more; the place Alerts shows them all.", "", "By rule:"]
        ordered = sorted(news.counts, key=lambda count: (_rank(count.severity), count.rule))
        lines += [
            f"  {one_line(count.rule, 80)}: {_numbers(count)}" for count in ordered[:MOST_LISTED]
        ]
        if len(ordered) > MOST_LISTED:
            lines.append(f"  … and {len(ordered) - MOST_LISTED:,} more rules")
    return _totals(news.counts), "\n".join(lines) + "\n"


def _totals(counts: Sequence[NewsCount]) -> str:
    """Return "12 alerts: 3 critical, 9 warning" and how many are over."""
    parts: list[str] = []
    begun = sum(count.begun for count in counts)
    if begun:
        by_severity = [
            f"{number:,} {severity}"
            for severity in reversed(SEVERITIES)
            if (number := sum(c.begun for c in counts if c.severity == severity))
        ]
        parts.append(f"{begun:,} alert{'' if begun == 1 else 's'}: {', '.join(by_severity)}")
    if over := sum(count.over for count in counts):
        parts.append(f"{over:,} over")
    if brief := sum(count.brief for count in counts):
        parts.append(f"{brief:,} begun and over already")
    return "; ".join(parts)


def _numbers(count: NewsCount) -> str:
    named = (
        (count.begun, f"{count.begun:,} {one_line(count.severity, 20)}"),
        (count.over, f"{count.over:,} over"),
        (count.brief, f"{count.brief:,} begun and over already"),
    )
    return ", ".join(text for number, text in named if number)


def _listed(told: ToldAlert) -> str:
    since = _local_text(told.alert.onset_at_us)
    until = f" until {_local_text(told.alert.ended_at_us)}" if told.ends else ""
    return f"- {_word(told)}: {_headline(told)} (since {since}{until})"


def _rank(severity: str) -> int:
    return -SEVERITIES.index(Severity(severity)) if severity in SEVERITIES else 0


# Values.


def _as_json(told: ToldAlert) -> dict[str, object]:
    alert = told.alert
    return {
        "id": alert.id,
        "what": _what(int(told.begins and not told.ends), int(not told.begins)),
        "rule": one_line(alert.rule, 80),
        "kind": one_line(alert.kind, 40),
        "severity": one_line(alert.severity, 20),
        "scope": one_line(alert.scope, 20),
        "subject": one_line(alert.subject, 80),
        "text": one_line(alert.text, _MOST_SENTENCE),
        "recovery_text": one_line(alert.recovery_text, _MOST_SENTENCE),
        "since": _utc_text(alert.onset_at_us),
        "until": _utc_text(alert.ended_at_us) if alert.ended_at_us else None,
        "sample_control_id": one_line(alert.sample_control_id, 64),
    }


def _time_of(at_us: int) -> datetime:
    """Return a time here; one out of every calendar as the first of 1970."""
    try:
        moment = _EPOCH + timedelta(microseconds=at_us)
    except OverflowError:
        return _EPOCH
    try:
        return moment.astimezone()
    except (OverflowError, OSError, ValueError):
        return moment


def _local_text(at_us: int) -> str:
    moment = _time_of(at_us)
    offset = f"{moment:%z}"
    return f"{moment:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]}"


def _utc_text(at_us: int) -> str:
    return _time_of(at_us).astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _span_text(span_us: int) -> str:
    minutes, seconds = divmod(max(0, span_us) // 1_000_000, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h"
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
