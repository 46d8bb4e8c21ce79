"""How a queue stands, as the window shows it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.store.queue_records import QueueCounts

if TYPE_CHECKING:
    from hl7console.engine.queues.queue import DeliveryQueue

ORPHAN_TEXT = (
    "There is no destination of this name any more. Reroute or cancel what waits, or add the "
    "destination again."
)
OFF_TEXT = "The destination is switched off; switch it on in Settings to send what waits."
IDLE_TEXT = "This program sends nothing from queues."
HELD_TEXT = "Held; release it to send what waits."


def status_of(queue: DeliveryQueue, *, drains: bool = True) -> QueueStatus:
    """Return how a queue stands. Any thread."""
    standing = queue.standing
    text, wait_s = queue.waiting()
    condition, told = _condition(queue, drains=drains, text=text)
    next_try_us = 0
    if condition is QueueCondition.WAITING and wait_s > 0:
        next_try_us = time.time_ns() // 1000 + int(wait_s * 1e6)
    return QueueStatus(
        destination=queue.settings.name,
        condition=condition,
        waiting=standing.due,
        held=standing.held,
        oldest_at_us=standing.head_at_us if standing.due else 0,
        head_delivery_id=standing.head_id if standing.due else 0,
        next_try_at_us=next_try_us,
        text=told,
        sent_per_s=standing.rate.per_s(),
        failed=standing.failed,
        environment=str(queue.settings.environment),
    )


def _condition(queue: DeliveryQueue, *, drains: bool, text: str) -> tuple[QueueCondition, str]:
    state, standing = queue.state, queue.standing
    if not queue.settings.enabled:
        return QueueCondition.OFF, OFF_TEXT if standing.due else ""
    if state.is_stopped:
        return QueueCondition.STOPPED, state.text
    if state.is_held:
        return QueueCondition.HELD, state.text or HELD_TEXT
    if not standing.due:
        return QueueCondition.EMPTY, ""
    if not drains:
        return QueueCondition.OFF, IDLE_TEXT
    if text:
        return QueueCondition.WAITING, text
    if queue.block_text:
        return QueueCondition.HELD, queue.block_text
    return QueueCondition.SENDING, ""


def orphan_status(name: str, counts: QueueCounts) -> QueueStatus:
    """Return how deliveries stand whose destination is gone."""
    return QueueStatus(
        destination=name,
        condition=QueueCondition.OFF,
        waiting=counts.due,
        held=counts.held,
        oldest_at_us=counts.head_at_us,
        head_delivery_id=counts.head_id,
        text=ORPHAN_TEXT if counts.due else "",
        failed=counts.failed,
    )
