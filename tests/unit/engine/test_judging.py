"""The state of a console in one word."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hl7console.engine.judging import Level, findings_of, level_of
from hl7console.engine.repair_commands import QueueCondition, QueueStatus
from hl7console.engine.snapshot import EngineSnapshot, InterfaceStatus, LinkState
from hl7console.store.alert_records import AlertRecord

LISTENER = InterfaceStatus("RIS in", "listener", LinkState.LISTENING, "127.0.0.1:1", "off")
DESTINATION = InterfaceStatus("PACS", "destination", LinkState.CONNECTED, "127.0.0.1:2", "off")
ALERT = AlertRecord(1, "rule", "silence", "warning", "listener", "RIS in", 1, "It is silent.")
ENDPOINT = replace(
    LISTENER, name="Metrics endpoint", state=LinkState.FAILED, text="The port is in use."
)
WELL = EngineSnapshot(
    interfaces=(LISTENER, DESTINATION),
    queues=(QueueStatus("PACS", QueueCondition.SENDING, waiting=5000),),
)


def with_queue(**changes: object) -> EngineSnapshot:
    return replace(WELL, queues=(replace(WELL.queues[0], **changes),))


@pytest.mark.parametrize(
    ("snapshot", "level", "subject"),
    [
        (WELL, Level.OK, ""),
        (replace(WELL, running=False), Level.CRITICAL, ""),
        (replace(WELL, problem="The disk is full."), Level.CRITICAL, ""),
        (replace(WELL, interfaces=(replace(LISTENER, state=LinkState.FAILED),)), Level.CRITICAL,
         "RIS in"),
        (replace(WELL, interfaces=(replace(LISTENER, state=LinkState.STOPPED),)), Level.OK, ""),
        (replace(WELL, interfaces=(replace(DESTINATION, state=LinkState.FAILED),)), Level.WARNING,
         "PACS"),
        (with_queue(condition=QueueCondition.STOPPED), Level.CRITICAL, "PACS"),
        (with_queue(condition=QueueCondition.HELD), Level.WARNING, "PACS"),
        (with_queue(failed=1), Level.WARNING, "PACS"),
        (replace(WELL, alerts=(ALERT,)), Level.WARNING, "RIS in"),
        (replace(WELL, alerts=(replace(ALERT, severity="critical"),)), Level.CRITICAL, "RIS in"),
        (replace(WELL, alerts=(replace(ALERT, severity="info"),)), Level.OK, ""),
        (replace(WELL, worklist_behind=20_000), Level.WARNING, ""),
        (replace(WELL, last_message_id=500), Level.OK, ""),
        (replace(WELL, alert_problem="Line 3 is wrong."), Level.WARNING, ""),
        (replace(WELL, metrics_endpoint=ENDPOINT), Level.WARNING, "Metrics endpoint"),
    ],
)  # fmt: skip
def test_the_worst_counts_and_is_told_first(snapshot, level, subject):
    findings = findings_of(snapshot)
    assert level_of(findings) is level
    if level is not Level.OK:
        assert findings[0].level is level
        assert findings[0].subject == subject
        assert findings[0].text.endswith(".")


def test_all_that_is_wrong_is_told_worst_first():
    snapshot = replace(with_queue(failed=2), alerts=(ALERT,), problem="The disk is full.")
    levels = [finding.level for finding in findings_of(snapshot)]
    assert levels == [Level.CRITICAL, Level.WARNING, Level.WARNING]
