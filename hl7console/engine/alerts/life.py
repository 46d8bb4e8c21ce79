"""The life of one alert: it has to be bad for a while to begin, and good for a while to end.

No thread, no clock and no I/O: `Life.step` gets the time and what was found. A clock that runs
backwards begins the wait anew; a time in which nobody looked (a sleep, a restart) never counts as
having been bad or good.
"""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum

from hl7console.engine.alerts.finding import Finding
from hl7console.settings.alerts import AlertRule
from hl7console.store.alert_records import AlertRecord


class Change(StrEnum):
    """What a step made of an alert."""

    NONE = "none"
    BEGAN = "began"
    WENT_ON = "went on"
    """It is open, and its text or its flaps are others."""
    ENDED = "ended"


class Life:
    """One subject of one rule, from the first finding on.

    Args:
        record: The alert that was open when the program ended.
    """

    __slots__ = ("_bad_since_us", "_good_since_us", "_seen_us", "record")

    def __init__(self, record: AlertRecord | None = None) -> None:
        self.record = record
        """The alert while it is open."""
        self._bad_since_us = 0
        self._good_since_us = 0
        self._seen_us = 0

    @property
    def is_over(self) -> bool:
        """Whether there is nothing to remember."""
        return self.record is None and not self._bad_since_us

    @property
    def is_bad(self) -> bool:
        """Whether the alert is open, or was found bad and waits to count."""
        return bool(self._bad_since_us) if self.record is None else self.record.is_open

    def step(self, now_us: int, finding: Finding | None, rule: AlertRule) -> Change:
        """Take what was found now; `record` has the alert while it is open, and when it ends."""
        if now_us < self._seen_us:
            self._bad_since_us = min(self._bad_since_us, now_us)
            self._good_since_us = min(self._good_since_us, now_us)
        self._seen_us = now_us
        if self.record is not None and self.record.ended_at_us:
            self.record = None
        if self.record is None:
            return self._step_closed(now_us, finding, rule)
        return self._step_open(now_us, finding, rule, self.record)

    def skipped(self, now_us: int) -> None:
        """Note that nobody looked until now: waits begin anew."""
        self._bad_since_us = now_us if self._bad_since_us else 0
        self._good_since_us = now_us if self._good_since_us else 0
        self._seen_us = now_us

    def end(self, now_us: int, text: str) -> Change:
        """End the alert, whatever is found: its rule or its subject is gone."""
        if self.record is None or self.record.ended_at_us:
            self.record = None
            self._bad_since_us = 0
            return Change.NONE
        self.record = replace(
            self.record, ended_at_us=max(now_us, self.record.onset_at_us), recovery_text=text
        )
        self._bad_since_us = self._good_since_us = 0
        return Change.ENDED

    def _step_closed(self, now_us: int, finding: Finding | None, rule: AlertRule) -> Change:
        if finding is None:
            self._bad_since_us = 0
            return Change.NONE
        if not self._bad_since_us:
            self._bad_since_us = now_us
        if now_us - self._bad_since_us < rule.wait_s * 1_000_000:
            return Change.NONE
        since_us = finding.since_us or self._bad_since_us
        self.record = AlertRecord(
            0,
            rule.name,
            str(rule.kind),
            str(rule.severity),
            str(finding.scope),  # plain: it goes over the wire to other programs
            finding.subject,
            min(since_us, now_us),
            finding.text,
            told_at_us=now_us,
            sample_control_id=finding.sample_control_id,
            sample_message_id=finding.sample_message_id,
            filter=finding.filter,
        )
        self._good_since_us = 0
        return Change.BEGAN

    def _step_open(
        self, now_us: int, finding: Finding | None, rule: AlertRule, record: AlertRecord
    ) -> Change:
        if finding is not None:
            flaps = record.flaps + bool(self._good_since_us)
            self._good_since_us = 0
            changed = replace(record, text=finding.text, flaps=flaps, severity=str(rule.severity))
            self.record = changed
            return Change.NONE if changed == record else Change.WENT_ON
        if not self._good_since_us:
            self._good_since_us = now_us
        if now_us - self._good_since_us < rule.recover_s * 1_000_000:
            return Change.NONE
        ended_us = max(self._good_since_us, record.onset_at_us)
        text = f"Well again after {duration(ended_us - record.onset_at_us)}."
        if record.flaps:
            text += f" It came back {record.flaps} time{'s' if record.flaps > 1 else ''} meanwhile."
        self._bad_since_us = self._good_since_us = 0
        self.record = replace(record, ended_at_us=ended_us, recovery_text=text)
        return Change.ENDED


def duration(span_us: int) -> str:
    """Return a time as people say it: ``45 s``, ``12 min``, ``3 h 20 min``, ``2 d 4 h``."""
    seconds = max(span_us, 0) // 1_000_000
    if seconds < 120:
        return f"{seconds} s"
    minutes = seconds // 60
    if minutes < 120:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"
