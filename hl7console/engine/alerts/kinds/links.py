"""Connections and queues: what the lights and the cards of the queues say."""

from __future__ import annotations

from collections.abc import Iterator

from hl7console.engine.alerts.facts import Facts
from hl7console.engine.alerts.finding import Finding
from hl7console.engine.alerts.kinds.subjects import is_about, quoted
from hl7console.engine.alerts.life import duration
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import InterfaceStatus, LinkState
from hl7console.settings.alerts import AlertRule

USUAL_BACKLOG = 100
USUAL_HEAD_AGE_S = 300.0
USUAL_BEHIND = 20_000


def connection(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find listeners that cannot listen, and destinations that cannot be reached."""
    queues = {queue.destination: queue for queue in facts.snapshot.queues}
    for status in facts.snapshot.interfaces:
        if status.state is LinkState.FAILED and is_about(rule, status.name):
            yield _down(status, queues.get(status.name))


def _down(status: InterfaceStatus, queue: QueueStatus | None) -> Finding:
    doing = "is down" if status.kind == "destination" else "cannot listen"
    text = f"{status.name} {doing}: {status.text or 'no reason is known.'}"
    if queue is not None and queue.waiting:
        count = f"{queue.waiting:,} deliver{'y waits' if queue.waiting == 1 else 'ies wait'}"
        text += f" {count}."
    shown = f"destination:{quoted(status.name)}" if status.kind == "destination" else ""
    return Finding(status.kind, status.name, text, status.since_us, filter=shown)


def backlog(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find destinations for which too many deliveries wait."""
    limit = rule.limit or USUAL_BACKLOG
    for queue in facts.snapshot.queues:
        if queue.waiting > limit and is_about(rule, queue.destination):
            text = f"{queue.waiting:,} deliveries wait for {queue.destination}."
            yield _of_queue(queue, f"{text} {queue.text}".strip(), queue.oldest_at_us)


def head_age(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find destinations whose first delivery has waited too long."""
    limit_us = (rule.limit or USUAL_HEAD_AGE_S) * 1_000_000
    for queue in facts.snapshot.queues:
        if not queue.oldest_at_us or not is_about(rule, queue.destination):
            continue
        age_us = facts.now_us - queue.oldest_at_us
        if age_us > limit_us:
            text = (
                f"The first of {queue.waiting:,} deliveries for {queue.destination} has waited for"
                f" {duration(age_us)}."
            )
            yield _of_queue(queue, f"{text} {queue.text}".strip(), queue.oldest_at_us)


def stuck(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find queues that their head has stopped, and that wait for somebody to decide."""
    for queue in facts.snapshot.queues:
        if queue.condition is QueueCondition.STOPPED and is_about(rule, queue.destination):
            text = f"The queue of {queue.destination} has stopped: {queue.text}"
            yield _of_queue(queue, text, 0)


def _of_queue(queue: QueueStatus, text: str, since_us: int) -> Finding:
    return Finding(
        "destination",
        queue.destination,
        text,
        since_us,
        filter=f"destination:{quoted(queue.destination)}",
    )


def behind(rule: AlertRule, facts: Facts) -> Iterator[Finding]:
    """Find derived data that doesn't keep up with what is received."""
    limit = rule.limit or USUAL_BEHIND
    snapshot = facts.snapshot
    for what, count, problem in (
        ("The full text index", snapshot.last_message_id - snapshot.derived_id, snapshot.problem),
        ("The worklist", snapshot.worklist_behind, snapshot.worklist_problem),
        ("The measures are", snapshot.measures_behind, ""),
    ):
        if count > limit:
            verb = "" if what.endswith("are") else " is"
            text = f"{what}{verb} {count:,} messages behind what was received. {problem}".strip()
            yield Finding("engine", what.removesuffix(" are").removeprefix("The "), text)
