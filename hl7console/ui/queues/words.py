"""Queues, deliveries and causes in words, with the colours and icons they go by."""

from __future__ import annotations

import re
import time
from typing import NamedTuple

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.store.queue_reader import DeliveryRow, ErrorGroup
from hl7console.store.records import DeliveryState
from hl7console.ui.inspector.codes import ERROR_CODES
from hl7console.ui.job_watch import duration_text

_SECOND_US = 1_000_000


class Look(NamedTuple):
    """How something stands in a list."""

    text: str
    role: str
    icon: str = ""


CONDITIONS = {
    QueueCondition.STOPPED: Look("stopped", "err", "octagon-pause"),
    QueueCondition.WAITING: Look("waiting to retry", "warn", "hourglass"),
    QueueCondition.HELD: Look("held", "warn", "pause"),
    QueueCondition.OFF: Look("switched off", "muted", "power-off"),
    QueueCondition.SENDING: Look("sending", "info", "play"),
    QueueCondition.EMPTY: Look("nothing waits", "ok", "circle-check"),
}
"""What a queue does, the worst first."""

ENVIRONMENTS = {"production": "err", "staging": "warn", "test": "info"}
"""Colour of each environment."""

_STATES: dict[str, Look] = {
    DeliveryState.QUEUED: Look("waiting", "info"),
    DeliveryState.SENDING: Look("sending", "info"),
    DeliveryState.COMMITTED: Look("committed", "info"),
    DeliveryState.ACCEPTED: Look("accepted", "ok"),
    DeliveryState.REJECTED: Look("refused", "err"),
    DeliveryState.UNKNOWN: Look("unclear", "warn"),
    DeliveryState.HELD: Look("held", "warn"),
    DeliveryState.SKIPPED: Look("skipped", "muted"),
    DeliveryState.CANCELLED: Look("cancelled", "muted"),
}

MEANINGS = {
    DeliveryState.QUEUED: "It waits for its turn.",
    DeliveryState.SENDING: "It is on the wire; its answer is waited for.",
    DeliveryState.COMMITTED: "The receiver stored it; whether it processed it is not known yet.",
    DeliveryState.ACCEPTED: "The receiver accepted it.",
    DeliveryState.REJECTED: "The receiver refused it; correct it before it is sent again.",
    DeliveryState.UNKNOWN: "No certain answer came: the receiver may or may not have it.",
    DeliveryState.HELD: "Somebody holds it; nothing behind it is sent where order is kept.",
    DeliveryState.SKIPPED: "It was left out, and the queue went on.",
    DeliveryState.CANCELLED: "It was taken back, and not sent.",
}
"""What a state means, in a sentence."""


def state_look(row: DeliveryRow) -> Look:
    """Return the word and colour of a delivery's state."""
    delivery = row.delivery
    if delivery.state == DeliveryState.QUEUED and delivery.attempt_count:
        return Look("retry", "warn")
    return _STATES.get(delivery.state, Look(delivery.state, "muted"))


def rank(status: QueueStatus) -> tuple[int, str]:
    """Return what queues are sorted by: the worst first, then by name."""
    order = list(CONDITIONS)
    place = order.index(QueueCondition(status.condition))
    if status.condition == QueueCondition.EMPTY and status.failed:
        place -= 1
    return place, status.destination.casefold()


def needs_somebody(status: QueueStatus) -> bool:
    """Whether a queue does not go on by itself."""
    return status.condition in (QueueCondition.STOPPED, QueueCondition.WAITING) or (
        status.condition == QueueCondition.HELD and status.waiting > 0
    )


def metrics_text(status: QueueStatus, now_us: int | None = None) -> str:
    """Return depth, age of the oldest, next try and rate of a queue, as far as there are any."""
    now_us = time.time_ns() // 1000 if now_us is None else now_us
    parts = []
    if status.waiting:
        parts.append(f"{status.waiting:,} waiting")
    if status.oldest_at_us and status.waiting:
        parts.append(f"oldest {age_text(now_us - status.oldest_at_us)}")
    if status.held and status.condition != QueueCondition.HELD:
        parts.append(f"{status.held:,} held")
    if status.condition == QueueCondition.WAITING and status.next_try_at_us:
        left_us = status.next_try_at_us - now_us
        parts.append(f"next try in {age_text(left_us)}" if left_us > 0 else "trying now")
    if status.sent_per_s >= 0.05:
        parts.append(f"{rate_text(status.sent_per_s)} a second")
        if status.condition == QueueCondition.SENDING and status.waiting > status.sent_per_s * 2:
            left_s = status.waiting / status.sent_per_s
            parts.append(f"empty in {duration_text(left_s)}")
    if status.failed:
        parts.append(f"{status.failed:,} refused or unclear")
    return " · ".join(parts)


def rate_text(rate: float) -> str:
    """Return a rate with as many digits as mean something."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


def age_text(microseconds: int) -> str:
    """Return a time span in one unit, or two where they tell: ``4 s``, ``1 h 5 min``, ``3 d``."""
    seconds = max(microseconds, 0) // _SECOND_US
    if seconds >= 2 * 86_400:
        return f"{seconds // 86_400} d"
    if seconds >= 60:
        seconds -= seconds % 60
    return duration_text(seconds)


def advice(status: QueueStatus) -> str:
    """Return the sentence of a queue: why it is as it is, and what to do."""
    if status.text:
        return status.text
    if status.condition == QueueCondition.OFF:
        return "Switch the destination on in Settings to send what waits."
    if status.condition == QueueCondition.HELD:
        return "Nothing is sent until it is released; new messages line up."
    return ""


def cause_title(group: ErrorGroup) -> str:
    """Return what a group of the error list is called."""
    if not group.cause:
        return "No certain answer" if group.state == DeliveryState.UNKNOWN else "Refused"
    parts = group.cause.split()
    meaning = next((ERROR_CODES[part] for part in parts if part in ERROR_CODES), "")
    path = next((part for part in parts if re.fullmatch(r"[A-Z][A-Z0-9]{2}\S*-\S+", part)), "")
    if meaning:
        return f"{path}: {meaning[0].lower()}{meaning[1:]}" if path else meaning
    return group.cause


def group_role(group: ErrorGroup) -> str:
    """Return the colour of a group."""
    return "warn" if group.state == DeliveryState.UNKNOWN else "err"


def messages_text(count: int) -> str:
    """Return a number of messages."""
    return "1 message" if count == 1 else f"{count:,} messages"


def is_failed(row: DeliveryRow) -> bool:
    """Return whether a delivery stands in the error list: refused or unclear, not ticked off."""
    delivery = row.delivery
    states = (DeliveryState.REJECTED, DeliveryState.UNKNOWN)
    return delivery.state in states and not delivery.is_due and not delivery.is_handled
