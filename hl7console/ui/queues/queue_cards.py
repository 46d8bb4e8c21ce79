"""What the card of a queue says."""

from __future__ import annotations

from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.ui.queues.cards import Card
from hl7console.ui.queues.words import CONDITIONS, ENVIRONMENTS, advice, metrics_text


def queue_card(status: QueueStatus) -> Card:
    """Return the card of a queue."""
    look = CONDITIONS[QueueCondition(status.condition)]
    return Card(
        key=status.destination,
        title=status.destination,
        icon=look.icon,
        role=look.role,
        state=look.text,
        figures=metrics_text(status),
        sentence=advice(status),
        chip=status.environment,
        chip_role=ENVIRONMENTS.get(status.environment, "muted"),
    )
