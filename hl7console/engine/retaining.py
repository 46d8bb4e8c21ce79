"""Applies the retention rules: on request, and by itself once an hour; watches the disk."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from hl7console.engine.auditing import user_name
from hl7console.engine.console import JobReport, RunRetention
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob, JobRunner
from hl7console.errors import ConsoleError
from hl7console.settings import RetentionSettings
from hl7console.store import interfaces, retention

log = logging.getLogger(__name__)

FIRST_AFTER_S = 30.0
"""How long after the start the disk and the rules are looked at first, in seconds."""

EVERY_S = 300.0
"""How often the disk is looked at, in seconds."""

RULES_EVERY_S = 3600.0
"""How often the rules are applied, in seconds."""

STORE_TIMEOUT_S = 60.0

CATCH_UP_TIMEOUT_S = 30.0
"""Longest that the rules wait for the worklist, in seconds; what it has not reached, stays."""


def run_retention(core: EngineCore, job: EngineJob, command: RunRetention) -> JobReport:
    """Store the rules when some are given, and apply them now. The job's thread.

    Raises:
        UsageError: The rules are not valid.
        ConsoleError: The database failed; what was deleted before stays deleted.
    """
    settings = command.settings
    if settings is not None:
        settings.validate()
        core.writer.call(
            lambda database: interfaces.save_retention(database, settings),
            label="save the retention rules",
        ).result(STORE_TIMEOUT_S)
    return _apply(core, job, settings or _stored_rules(core))


def _stored_rules(core: EngineCore) -> RetentionSettings:
    rules = core.writer.call(interfaces.load_retention, label="read the retention rules")
    return rules.result(STORE_TIMEOUT_S)


def _apply(core: EngineCore, job: EngineJob, settings: RetentionSettings) -> JobReport:
    def tell(deleted: int) -> None:
        core.versions.retention += 1
        job.advance(deleted, text="Deleting")

    # The worklist keeps what it stands on, and what it has not reached.
    core.worklist.catch_up(core.writer.last_message_id, CATCH_UP_TIMEOUT_S)
    done = retention.run(
        core.writer,
        settings,
        now_us=time.time_ns() // 1000,
        user=user_name(),
        should_stop=lambda: job.is_cancelled,
        on_progress=tell,
        keep=core.needed_messages,
    )
    core.versions.retention += 1
    if done.deleted:
        core.queues.recount()
    return JobReport(text=done.text, messages=done.deleted, cancelled=done.is_stopped)


class Housekeeping:
    """Looks at the disk and applies the rules from time to time.

    Args:
        core: The engine's parts.
        jobs: Runs it on a thread of its own.
        on_warning: Told a sentence while the disk has little room, "" when it has again.
    """

    def __init__(
        self, core: EngineCore, jobs: JobRunner, on_warning: Callable[[str], None]
    ) -> None:
        self._core = core
        self._jobs = jobs
        self._on_warning = on_warning
        self._timer: asyncio.TimerHandle | None = None
        self._rules_due_s = time.monotonic()

    def start(self) -> None:
        """Begin; the network thread calls back from now on. Any thread."""
        self._core.network.call(lambda: self._wait(FIRST_AFTER_S))

    def _wait(self, seconds: float) -> None:
        self._timer = self._core.network.loop.call_later(seconds, self._begin)

    def _begin(self) -> None:
        try:
            self._jobs.submit("housekeeping", self._keep_house)
        except ConsoleError:
            return  # the engine is stopping, or has too much to do
        finally:
            self._wait(EVERY_S)

    def _keep_house(self, job: EngineJob) -> JobReport:
        settings = _stored_rules(self._core)
        self._on_warning(retention.free_space_warning(self._core.workspace, settings))
        if time.monotonic() < self._rules_due_s:
            return JobReport()
        self._rules_due_s = time.monotonic() + RULES_EVERY_S
        report = _apply(self._core, job, settings)
        if report.messages:
            log.info("Retention: %d messages deleted", report.messages)
        return report
