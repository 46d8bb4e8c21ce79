"""Replays a recording against destinations, with its own timing or as fast as answers come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.recordings.format import RecordingEnd, RecordingReader
from hl7console.engine.repair_commands import ReplayRecording
from hl7console.engine.resending.editing import Editing, EditWish
from hl7console.engine.resending.fresh import FreshMessage, FreshRun, send_fresh
from hl7console.engine.resending.pace import Pace
from hl7console.engine.resending.resending import resolved
from hl7console.errors import UsageError


def replay_recording(core: EngineCore, job: EngineJob, command: ReplayRecording) -> JobReport:
    """Send the messages of a recording, each stored with origin ``sent`` first. The job's thread.

    A recording that is cut off is replayed as far as it is whole, and the report says so.

    Raises:
        UsageError: It is no recording, or a destination is not known or not confirmed.
        EnvironmentFaultError: No destination can be reached.
    """
    job.advance(0, 0, "Preparing")
    destinations = resolved(core, command.destinations, command.settings, command.confirm)
    pace = Pace(command.rate_per_s, command.speed)
    editing = Editing(core, EditWish(command.new_control_ids, command.dates, command.recipe))
    end = _counted(command.path)
    if not end.messages:
        raise UsageError(f"There is no message in the recording. {end.text}".rstrip())
    run = FreshRun(destinations, pace, editing, end.messages, "recording replayed")
    report = send_fresh(core, job, run, _messages(command.path))
    return replace(report, text=f"{report.text} {end.text}") if end.text else report


def _counted(path: Path) -> RecordingEnd:
    """Return how many messages there are and what is wrong, before the first one is sent."""
    try:
        with path.open("rb") as file:
            reader = RecordingReader(file)
            for _ in reader.messages():
                pass
            return reader.end
    except OSError as fault:
        raise _unreadable(fault) from fault


def _messages(path: Path) -> Iterator[FreshMessage]:
    try:
        with path.open("rb") as file:
            for message in RecordingReader(file).messages():
                yield FreshMessage(message.raw, message.at_us, path.name)
    except OSError as fault:
        raise _unreadable(fault) from fault


def _unreadable(fault: OSError) -> UsageError:
    return UsageError(f"The recording cannot be read: {fault.strerror or 'no access'}.")
