"""Letting functions of the user's own run, and taking that back."""

from __future__ import annotations

import time

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.function_runner import function_file
from hl7console.engine.repair_commands import Approve
from hl7console.errors import UsageError
from hl7console.store import approvals
from hl7console.store.connection import Database

_STORE_S = 30.0


def approve(core: EngineCore, command: Approve) -> JobReport:
    """Let a file with functions run as it is now, or no more. The job's thread.

    Raises:
        UsageError: It is no such file, or it is another one than the user looked at.
    """
    if command.kind != approvals.FUNCTION:
        raise UsageError(f"{command.kind} is nothing that can be approved.")
    if command.is_approved:
        file = function_file(core.workspace, command.name)
        if file.digest != command.digest:
            raise UsageError(
                f"The file {command.name} has changed since you looked at it.",
                hint="Read it again, then approve it.",
            )
    core.writer.call(lambda database: _change(database, command), label="approve").result(_STORE_S)
    done = "may run as it is now" if command.is_approved else "may not run any more"
    return JobReport(text=f"The file {command.name} {done}.")


def _change(database: Database, command: Approve) -> None:
    user = auditing.user_name()
    if command.is_approved:
        now_us = time.time_ns() // 1000
        approvals.approve(
            database,
            approvals.Approval(command.digest, command.kind, command.name, now_us, user),
        )
    else:
        approvals.withdraw(database, command.kind, command.digest)
    action = "function approved" if command.is_approved else "approval of function withdrawn"
    auditing.append(database, action, command.name, f"SHA-256 {command.digest}")
