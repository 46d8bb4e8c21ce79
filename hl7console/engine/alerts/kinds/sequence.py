"""Control ids and times that run backwards, and numbers that are missing between them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.numbering import Faults, Feed
from hl7console.engine.alerts.kinds.subjects import is_about, quoted, since
from hl7console.settings.alerts import AlertRule
from hl7console.store.watched_messages import Header, WatchedMessages

USUAL_SEQUENCE_SPAN_S = 600.0
"""How long a fault counts after the last one."""

MOST_AT_ONCE = 1_000
"""Messages that are read in one step; a look takes `MOST_STEPS` of them at most."""

MOST_STEPS = 1

MOST_FEEDS = 2_000
"""Senders that are followed, each on each listener."""

Key = tuple[str, str]
"""Listener and sender."""


class Sequence:
    """Finds senders whose control ids or times are out of order, from its first look on."""

    def __init__(self) -> None:
        self._feeds: OrderedDict[Key, Feed] = OrderedDict()
        self._after_id: int | None = None

    def __call__(self, rule: AlertRule, facts: Facts) -> Iterator[Finding]:
        """Return the senders with a fault within the span."""
        watched = facts.sources.watched
        if watched is None:
            return
        if self._after_id is None:
            self._after_id = facts.last_message_id
        self._read(rule, facts, watched)
        span_us = int((rule.span_s or USUAL_SEQUENCE_SPAN_S) * 1_000_000)
        for (listener, sender), feed in self._feeds.items():
            faults = feed.faults
            if faults is None:
                continue
            # A clock that was set back must not keep an alert open.
            faults.last_us = min(faults.last_us, facts.now_us)
            if facts.now_us - faults.last_us >= span_us:
                feed.faults = None
            else:
                yield _finding(listener, sender, faults)

    def _read(self, rule: AlertRule, facts: Facts, watched: WatchedMessages) -> None:
        last_id = facts.last_message_id
        for _ in range(MOST_STEPS):
            after_id = self._after_id or 0
            if last_id <= after_id:
                return
            until_id = min(last_id, after_id + facts.portion(MOST_AT_ONCE))
            headers = watched.headers(after_id, until_id)
            self._after_id = until_id
            for header in headers:
                if is_about(rule, header.listener) or is_about(rule, header.sender):
                    self._take(header, facts)

    def _take(self, header: Header, facts: Facts) -> None:
        key = (header.listener, header.sender)
        feed = self._feeds.get(key)
        if feed is None:
            feed = self._feeds[key] = Feed()
            if len(self._feeds) > MOST_FEEDS:
                self._feeds.popitem(last=False)
        else:
            self._feeds.move_to_end(key)
        feed.take(
            header.control_id,
            header.start,
            header.received_at_us,
            header.id,
            facts.offset_s,
        )


def _finding(listener: str, sender: str, faults: Faults) -> Finding:
    told = []
    if faults.backwards:
        ids = "control ID was" if faults.backwards == 1 else "control IDs were"
        told.append(f"{faults.backwards:,} {ids} lower than the one before")
    if faults.missing:
        numbers = "number is" if faults.missing == 1 else "numbers are"
        told.append(f"{faults.missing:,} {numbers} missing between control IDs")
    if faults.late_times:
        times = "time was" if faults.late_times == 1 else "times were"
        told.append(f"{faults.late_times:,} message {times} earlier than the one before")
    if faults.future_times:
        times = "time lies" if faults.future_times == 1 else "times lie"
        told.append(f"{faults.future_times:,} message {times} in the future")
    whose = f"Of the sender {sender.replace('|', ' at ', 1)} on {listener}" if sender else (
        f"Of what came on {listener}"
    )  # fmt: skip
    text = f"{whose}, {'; '.join(told) or 'numbers came late'}."
    shown = [f"listener:{quoted(listener)}", f"from:{quoted(sender)}" if sender else "",
             since(faults.first_us - 60_000_000)]  # fmt: skip
    return Finding(
        "sender" if sender else "listener",
        sender or listener,
        text,
        faults.first_us,
        faults.control_id,
        faults.message_id,
        " ".join(part for part in shown if part),
    )
