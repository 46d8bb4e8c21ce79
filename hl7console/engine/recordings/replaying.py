"""Replays a recording against destinations, with its own timing or as fast as answers come."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.recordings.format import RecordingReader
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
    with contextlib.ExitStack() as stack:
        reader = _opened(command.path, stack)
        total, text = _total(reader, command.path)
        messages = _messages(reader, command.path.name)
        first = next(messages, None)
        if first is None:
            raise UsageError(f"There is no message in the recording. {reader.end.text}".rstrip())
        run = FreshRun(destinations, pace, editing, total, "recording replayed")
        report = send_fresh(core, job, run, itertools.chain((first,), messages))
        text = reader.end.text or text
    return replace(report, text=f"{report.text} {text}") if text else report


def _opened(path: Path, stack: contextlib.ExitStack) -> RecordingReader:
    try:
        return RecordingReader(stack.enter_context(path.open("rb")))
    except OSError as fault:
        raise _unreadable(fault) from fault


def _total(reader: RecordingReader, path: Path) -> tuple[int, str]:
    """Return how many messages there are, and what is wrong, before the first one is sent.

    A recording that looks whole says how many it has; any other is read through.
    """
    try:
        said = reader.said_count()
        if said is not None:
            return said, ""
        with path.open("rb") as file:
            whole = RecordingReader(file)
            for _ in whole.messages():
                pass
            return whole.end.messages, whole.end.text
    except OSError as fault:
        raise _unreadable(fault) from fault


def _messages(reader: RecordingReader, name: str) -> Iterator[FreshMessage]:
    try:
        for message in reader.messages():
            yield FreshMessage(message.raw, message.at_us, name)
    except OSError as fault:
        raise _unreadable(fault) from fault


def _unreadable(fault: OSError) -> UsageError:
    return UsageError(f"The recording cannot be read: {fault.strerror or 'no access'}.")
