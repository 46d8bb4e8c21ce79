"""How many deliveries a queue has, kept up from what is queued and written down."""

from __future__ import annotations

import time

from hl7console.engine.metrics import RateCounter
from hl7console.store.queue_records import QueueCounts, Settled


class Tally:
    """What one commit wrote down of one queue's deliveries."""

    __slots__ = ("accepted", "count", "failed", "held", "over", "refused")

    def __init__(self) -> None:
        self.count = self.over = self.held = self.failed = self.accepted = self.refused = 0

    def add(self, one: Settled) -> None:
        """Count one."""
        self.count += 1
        if one.state == "accepted":
            self.over += 1
            self.accepted += 1
            return
        self.over += not one.is_due
        self.held += one.state == "held"
        self.accepted += one.state == "committed"
        self.refused += one.attempt_state == "rejected"
        self.failed += not one.is_due and one.state in ("rejected", "unknown")


class Standing:
    """The counts of one queue. Written by the network thread, read by any.

    Args:
        counts: What the store says.
    """

    def __init__(self, counts: QueueCounts) -> None:
        self.recounted(counts)
        self.in_hand = 0
        """Deliveries claimed whose end is not written down yet; they are due as well."""
        self.rate = RateCounter(60)

    def recounted(self, counts: QueueCounts) -> None:
        """Take over what the store says."""
        self.due, self.held, self.failed = counts.due, counts.held, counts.failed
        self.head_id, self.head_at_us = counts.head_id, counts.head_at_us

    def queued(self, count: int) -> bool:
        """Count what was added; return whether nothing was due before."""
        was_empty = not self.due
        self.due += count
        if was_empty:
            self.head_at_us = time.time_ns() // 1000
        return was_empty

    def kept(self, tally: Tally) -> None:
        """Count what was written down."""
        self.in_hand -= tally.count
        self.due -= tally.over
        self.held += tally.held
        self.failed += tally.failed
        if tally.accepted:
            self.rate.add(tally.accepted)
        if not self.due:
            self.head_id = self.head_at_us = 0

    def set_head(self, delivery_id: int, at_us: int) -> None:
        """Note which delivery is next, or under way, and when it was queued."""
        self.head_id, self.head_at_us = delivery_id, at_us

    @property
    def has_more(self) -> bool:
        """Whether something is due that is not claimed."""
        return self.due > self.in_hand

    @property
    def is_at_odds(self) -> bool:
        """Whether something should be there to send though the store gives nothing."""
        return self.due > self.in_hand + self.held
