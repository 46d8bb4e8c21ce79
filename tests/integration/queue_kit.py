"""What the tests of delivery queues share: what waits, what became of it, and who receives."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing

from engine_kit import destination, order, wait_for

from hl7console.engine.console import ImportFiles, SaveDestination
from hl7console.engine.repair_commands import QueueMessages, QueueStatus
from hl7console.engine.supervisor import Engine

QUICK = {"retry_first_s": 0.05, "retry_most_s": 0.2, "retry_jitter": 0.0}


def save(engine: Engine, port: int, **changes: object) -> None:
    settings = destination(port, **{**QUICK, **changes})
    engine.submit(SaveDestination(settings)).result(10)


def kept(engine: Engine, *control_ids: str) -> tuple[int, ...]:
    """Store messages and return their numbers."""
    pasted = b"\n".join(order(control_id) for control_id in control_ids)
    report = engine.submit(ImportFiles(pasted=pasted)).result(20)
    return tuple(range(report.first_message_id, report.last_message_id + 1))


def queue(engine: Engine, ids: Sequence[int], *names: str, **options: object) -> None:
    command = QueueMessages(tuple(ids), names or ("PACS",), **options)  # type: ignore[arg-type]
    engine.submit(command).result(20)


def queue_status(engine: Engine, name: str = "PACS") -> QueueStatus:
    return next(status for status in engine.snapshot().queues if status.destination == name)


def wait_until(engine: Engine, condition: str, name: str = "PACS") -> QueueStatus:
    wait_for(lambda: queue_status(engine, name).condition == condition, f"{name} {condition}")
    # What is shown may be ahead of what is written down.
    wait_for(lambda: "sending" not in states(engine, name), "written down")
    return queue_status(engine, name)


def deliveries(engine: Engine, name: str = "PACS") -> list[tuple[int, str, int]]:
    """Return (id, state, whether it is due) of all deliveries of a destination."""
    with closing(engine.open_reader()) as reader:
        rows = reader.database().all(
            "SELECT id, state, is_due FROM deliveries WHERE destination = ? ORDER BY id", (name,)
        )
    return [(int(row[0] or 0), str(row[1]), int(row[2] or 0)) for row in rows]


def states(engine: Engine, name: str = "PACS") -> list[str]:
    return [state for _, state, _ in deliveries(engine, name)]


def tries(engine: Engine, delivery_id: int) -> list[tuple[str, str, str]]:
    """Return (state, code, text) of each attempt of a delivery."""
    with closing(engine.open_reader()) as reader:
        rows = reader.database().all(
            "SELECT state, ack_code, text FROM attempts WHERE delivery_id = ? ORDER BY id",
            (delivery_id,),
        )
    return [(str(row[0]), str(row[1]), str(row[2])) for row in rows]


def ids_of(received: Sequence[bytes]) -> list[str]:
    return [payload.split(b"\r")[0].split(b"|")[9].decode() for payload in received]
