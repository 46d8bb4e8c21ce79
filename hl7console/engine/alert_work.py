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
from hl7console.errors import ConsoleError, UsageError
from hl7console.settings.alerts import AlertBook
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
    before = (core.alerts.book, _saved_before(core))
    # First, so that nothing is left untold because the file was quicker.
    core.writer.call(
        lambda database: approve_saved(database, before, after), label="approve channels"
    ).result(STORE_TIMEOUT_S)
    rules_file.save(core.workspace, command.text)
    details = f"{len(after.rules)} rules, {len(after.channels)} channels"
    auditing.note(core.writer, "alert rules saved", "", details)
    rules = f"{len(after.rules):,} rule{'' if len(after.rules) == 1 else 's'}"
    is_soon = not core.alerts.wait_in_force(after)
    return JobReport(text=f"Saved: {rules} {'come in force soon' if is_soon else 'in force'}.")


def _saved_before(core: EngineCore) -> AlertBook:
    """Return what the file says, whether it is in force yet or not."""
    try:
        return rules_file.checked(rules_file.rules_text(core.workspace))
    except ConsoleError:
        return AlertBook()


def _alerts(count: int) -> str:
    return f"{count:,} alert{'' if count == 1 else 's'}"


def _ids(ids: tuple[int, ...]) -> str:
    shown = ", ".join(map(str, ids[:20]))
    return f"alerts {shown}" + (f" and {len(ids) - 20:,} more" if len(ids) > 20 else "")
