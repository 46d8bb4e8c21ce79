"""Sends one message, or several in turn, a number of times: to test a receiver with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.repair_commands import SendRepeatedly
from hl7console.engine.resending.editing import Editing, EditWish
from hl7console.engine.resending.fresh import FreshMessage, FreshRun, send_fresh
from hl7console.engine.resending.pace import Pace
from hl7console.engine.resending.resending import resolved
from hl7console.errors import UsageError

MOST_TIMES = 1_000_000
SOURCE = "Lab"
"""What messages that were composed here have as their source."""


def send_repeatedly(core: EngineCore, job: EngineJob, command: SendRepeatedly) -> JobReport:
    """Send messages a number of times, each stored with origin ``sent`` first. The job's thread.

    Raises:
        UsageError: There is nothing to send, or a destination is not known or not confirmed.
        EnvironmentFaultError: No destination can be reached.
    """
    if not command.raws:
        raise UsageError("There is no message to send.")
    if not 1 <= command.times <= MOST_TIMES:
        raise UsageError(f"A message can be sent 1 to {MOST_TIMES:,} times.")
    destinations = resolved(core, command.destinations, None, command.confirm)
    pace = Pace(command.rate_per_s)
    editing = Editing(core, EditWish(new_control_ids=command.new_control_ids))
    total = command.times * len(command.raws)
    return send_fresh(core, job, FreshRun(destinations, pace, editing, total), _each(command))


def _each(command: SendRepeatedly) -> Iterator[FreshMessage]:
    for _, raw in itertools.product(range(command.times), command.raws):
        yield FreshMessage(raw, source=SOURCE)
