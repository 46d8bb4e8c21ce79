"""Alerts for the tests of the place Alerts, and a console whose alerts a test sets."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace

from queues_window_kit import DoneJob, sql

from hl7console.engine.alert_commands import AcknowledgeAlerts, SnoozeAlerts
from hl7console.engine.console import EngineSnapshot
from hl7console.engine.supervisor import Engine
from hl7console.store.alert_records import AlertRecord

MINUTE_US = 60_000_000


def now_us() -> int:
    return time.time_ns() // 1000


def alert(alert_id: int, **changes: object) -> AlertRecord:
    """Return an open alert that began four minutes ago."""
    onset_at_us = now_us() - 4 * MINUTE_US
    values: dict[str, object] = {
        "id": alert_id, "rule": "Connection down", "kind": "connection", "severity": "critical",
        "scope": "destination", "subject": "Billing out", "onset_at_us": onset_at_us,
        "told_at_us": onset_at_us + MINUTE_US,
        "text": "The connection was refused by billing-if:6661; 3 deliveries wait.",
        "sample_control_id": "D1204",
    }  # fmt: skip
    return AlertRecord(**(values | changes))  # type: ignore[arg-type]


@dataclass
class StagedAlerts:
    """An engine whose alerts are what a test says, and that notes commands about them."""

    engine: Engine
    version: int = 1_000_000
    shown: tuple[AlertRecord, ...] = ()
    open_count: int = 0
    commands: list[object] = field(default_factory=list)

    @property
    def workspace(self):
        return self.engine.workspace

    def snapshot(self) -> EngineSnapshot:
        return replace(
            self.engine.snapshot(),
            alerts=self.shown,
            alerts_open=self.open_count,
            alerts_version=self.version,
        )

    def put(self, alerts: Sequence[AlertRecord]) -> None:
        """Let these be all the alerts there are."""
        names = [column.name for column in fields(AlertRecord)]
        sql(self.engine, "DELETE FROM alerts")
        statement = (
            f"INSERT INTO alerts ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"  # noqa: S608
        )
        rows = [[getattr(one, name) for name in names] for one in alerts]
        writer = self.engine.core.writer
        writer.call(lambda db: db.executemany(statement, rows), label="test").result(20)
        rank = {"critical": 0, "warning": 1, "info": 2}
        open_ones = sorted(
            (one for one in alerts if one.is_open),
            key=lambda one: (rank[one.severity], -one.onset_at_us, -one.id),
        )
        self.shown, self.open_count = tuple(open_ones[:200]), len(open_ones)
        self.version += 1

    def change(self, alert_id: int, **changes: object) -> None:
        """Change one of the alerts that are shown."""
        self.put([replace(one, **changes) if one.id == alert_id else one for one in self.shown])

    def submit(self, command: object) -> object:
        if not isinstance(command, AcknowledgeAlerts | SnoozeAlerts):
            return self.engine.submit(command)  # type: ignore[arg-type]
        self.commands.append(command)
        for number in command.alert_ids:
            if isinstance(command, SnoozeAlerts):
                self.change(number, snoozed_until_us=command.until_us)
            else:
                self.change(
                    number, acknowledged_at_us=now_us(), acknowledged_by="anna", note=command.note
                )
        return DoneJob()

    def __getattr__(self, name: str) -> object:
        return getattr(self.engine, name)
