"""Deliveries for the tests of the place Queues, and a console whose queues a test sets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hl7console.engine.console import EngineSnapshot, JobReport, Progress
from hl7console.engine.repair_commands import QueueStatus
from hl7console.engine.supervisor import Engine
from hl7console.settings import DestinationSettings

REFUSAL = (
    b"MSH|^~\\&|BILL|B|RIS|A|20260105093012||ACK|9|P|2.5.1\rMSA|AE|C1|PID-3 is not known here\r"
    b"ERR||PID^1^3^1^1|101^Required field missing^HL70357|E||||PID-3 is not known here\r"
)


class DoneJob:
    """A job that has ended."""

    def progress(self) -> Progress:
        return Progress(1, 1)

    def done(self) -> bool:
        return True

    def cancel(self) -> None:
        return None

    def result(self, timeout_s: float | None = None) -> JobReport:
        return JobReport("Done.")


@dataclass
class StagedConsole:
    """An engine whose queues are what a test says, and that notes commands of queues."""

    engine: Engine
    queues: tuple[QueueStatus, ...] = ()
    destinations_shown: tuple[DestinationSettings, ...] = ()
    version: int = 1
    commands: list[object] = field(default_factory=list)

    @property
    def workspace(self):
        return self.engine.workspace

    def snapshot(self) -> EngineSnapshot:
        return replace(
            self.engine.snapshot(),
            queues=self.queues,
            deliveries_version=self.version,
            settings_version=len(self.destinations_shown) + 1000,
        )

    def destinations(self) -> tuple[DestinationSettings, ...]:
        return self.destinations_shown

    def submit(self, command: object) -> DoneJob:
        self.commands.append(command)
        return DoneJob()

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)


COLUMNS = (
    "message_id", "destination", "state", "is_due", "created_at_us", "changed_at_us",
    "attempt_count", "ack_code", "text", "cause", "is_handled",
)  # fmt: skip


def put(engine: Engine, rows: Sequence[dict[str, object]]) -> None:
    """Write deliveries; what a row does not say is that of one that waits."""
    usual = {
        "message_id": 1, "destination": "PACS", "state": "queued", "is_due": 1,
        "created_at_us": 1_767_225_600_000_000, "changed_at_us": 1_767_225_600_000_000,
        "attempt_count": 0, "ack_code": "", "text": "", "cause": "", "is_handled": 0,
    }  # fmt: skip
    marks = ", ".join("?" * len(COLUMNS))
    sql = f"INSERT INTO deliveries ({', '.join(COLUMNS)}) VALUES ({marks})"  # noqa: S608
    values = [[(usual | row)[name] for name in COLUMNS] for row in rows]
    engine.core.writer.call(lambda db: db.executemany(sql, values), label="test").result(20)


def sql(engine: Engine, statement: str, *values: object) -> list[tuple]:
    """Run a statement on the writer."""
    found = engine.core.writer.call(lambda db: db.all(statement, values), label="test")
    return found.result(20)


def refused(**values: object) -> dict[str, object]:
    return {
        "state": "rejected", "is_due": 0, "cause": "AE 101 PID-3", "ack_code": "AE",
        "attempt_count": 1, "text": "Refused because of its content.", **values,
    }  # fmt: skip


def add_attempt(engine: Engine, delivery_id: int, message_id: int, reply: bytes = REFUSAL) -> None:
    """Write a try that was refused."""
    sql(
        engine,
        "INSERT INTO attempts (delivery_id, message_id, destination, started_at_us,"
        " finished_at_us, state, ack_code, text, sent, reply)"
        " VALUES (?, ?, 'PACS', 1, 2, 'rejected', 'AE', 'Refused.', x'', ?)",
        delivery_id, message_id, reply,
    )  # fmt: skip
