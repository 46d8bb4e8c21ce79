"""From a command of the alerts to the work that does it."""

from __future__ import annotations

import time
from collections.abc import Callable

from hl7console.engine import auditing
from hl7console.engine.alert_commands import (
    AcknowledgeAlerts,
    AlertCommand,
    ApproveChannel,
    SaveAlertRules,
    SnoozeAlerts,
    TestChannel,
    TryAlertRule,
)
from hl7console.engine.alerts import rules_file
from hl7console.engine.alerts.channels import work as channel_work
from hl7console.engine.alerts.channels.approval import approve_saved
from hl7console.engine.alerts.trial import try_rule
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.errors import UsageError
from hl7console.store import alerts
from hl7console.store.connection import Database

STORE_TIMEOUT_S = 10.0
LONGEST_NOTE = 2_000
"""Characters of a note."""

Work = Callable[[EngineJob], JobReport]


def work_of(core: EngineCore, command: AlertCommand) -> tuple[str, Work]:
    """Return the name and the work of a command. Any thread; nothing is done yet."""
    match command:
        case AcknowledgeAlerts():
            return "alerts", lambda _: acknowledge(core, command)
        case SnoozeAlerts():
            return "alerts", lambda _: snooze(core, command)
        case SaveAlertRules():
            return "settings", lambda _: save_rules(core, command)
        case ApproveChannel():
            return "approve", lambda _: channel_work.approve(core.alerts.outbox, command)
        case TestChannel():
            return "test", lambda job: channel_work.test_channel(core.alerts.outbox, job, command)
        case TryAlertRule():
            return "trial", lambda job: try_rule(core.alerts.console, job, command)


def acknowledge(core: EngineCore, command: AcknowledgeAlerts) -> JobReport:
    """Note who looks after alerts. The job's thread.

    Raises:
        UsageError: The note is too long.
        ConsoleError: It cannot be stored.
    """
    if len(command.note) > LONGEST_NOTE:
        raise UsageError(f"A note has at most {LONGEST_NOTE:,} characters.")

    def keep(database: Database) -> int:
        count = alerts.acknowledge(
            database,
            command.alert_ids,
            note=command.note,
            user=auditing.user_name(),
            now_us=time.time_ns() // 1000,
        )
        auditing.append(database, "alerts acknowledged", "", _ids(command.alert_ids))
        return count

    count = core.writer.call(keep, label="acknowledge alerts").result(STORE_TIMEOUT_S)
    core.alerts.look_again()
    return JobReport(text=f"{_alerts(count)} acknowledged.")


def snooze(core: EngineCore, command: SnoozeAlerts) -> JobReport:
    """Have nobody told of alerts until a time. The job's thread.

    Raises:
        ConsoleError: It cannot be stored.
    """

    def keep(database: Database) -> int:
        count = alerts.snooze(database, command.alert_ids, command.until_us)
        action = "alerts snoozed" if command.until_us else "snooze of alerts ended"
        auditing.append(database, action, "", _ids(command.alert_ids))
        return count

    count = core.writer.call(keep, label="snooze alerts").result(STORE_TIMEOUT_S)
    core.alerts.look_again()
    done = "snoozed" if command.until_us else "not snoozed any more"
    return JobReport(text=f"{_alerts(count)} {done}.")


def save_rules(core: EngineCore, command: SaveAlertRules) -> JobReport:
    """Put other rules in force. The job's thread.

    Raises:
        AlertFileError: The text has a mistake; the old rules stay.
        ConsoleError: It cannot be stored.
    """
    after = rules_file.checked(command.text)
    before = core.alerts.book
    rules_file.save(core.workspace, command.text)

    def keep(database: Database) -> None:
        approve_saved(database, before, after)
        details = f"{len(after.rules)} rules, {len(after.channels)} channels"
        auditing.append(database, "alert rules saved", "", details)

    core.writer.call(keep, label="save alert rules").result(STORE_TIMEOUT_S)
    core.alerts.look_again()
    rules = f"{len(after.rules):,} rule{'' if len(after.rules) == 1 else 's'}"
    return JobReport(text=f"Saved: {rules} in force.")


def _alerts(count: int) -> str:
    return f"{count:,} alert{'' if count == 1 else 's'}"


def _ids(ids: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, ids[:20]))
    return f"alerts {shown}" + (f" and {len(ids) - 20:,} more" if len(ids) > 20 else "")
