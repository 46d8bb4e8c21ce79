"""Writes a recording: what a filter finds, or chosen messages, into one file."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from hl7console import __version__
from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.recordings.format import RecordedMessage, RecordingHeader, RecordingWriter
from hl7console.engine.repair_commands import RecordMessages
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.hl7v2 import filters
from hl7console.store.reader import StoreReader

SUFFIX = ".hl7rec"
"""What the name of a recording ends with."""

PART_SUFFIX = ".part"
"""Behind the name of a recording that is being written."""

PROGRESS_INTERVAL_S = 0.05


def record_messages(core: EngineCore, job: EngineJob, command: RecordMessages) -> JobReport:
    """Write a recording. The job's thread.

    The file appears under its name once it is whole; one that was there before stays until then.

    Raises:
        UsageError: The filter is not understood, or there is nothing to record.
        EnvironmentFaultError: The file cannot be written.
    """
    part = command.path.with_name(command.path.name + PART_SUFFIX)
    with contextlib.closing(core.open_reader()) as reader:
        try:
            part.touch(mode=0o600)  # it holds patient data
            with part.open("wb") as file:
                count = _write(reader, job, command, file)
            if job.is_cancelled or not count:
                part.unlink()
            else:
                part.replace(command.path)
        except OSError as fault:
            with contextlib.suppress(OSError):
                part.unlink()
            raise EnvironmentFaultError(
                f"The recording cannot be written: {fault.strerror or 'no access'}.",
                hint="Check the folder, and the room on its disk.",
            ) from fault
    if job.is_cancelled:
        return JobReport(text="Cancelled: nothing was recorded.", cancelled=True)
    if not count:
        raise UsageError("The filter finds no message; nothing was recorded.")
    text = f"{count:,} message{'' if count == 1 else 's'} recorded."
    auditing.note(core.writer, "messages recorded", "recording", text)
    return JobReport(text=text, messages=count)


def _write(reader: StoreReader, job: EngineJob, command: RecordMessages, file: BinaryIO) -> int:
    header = RecordingHeader(
        created_at_us=time.time_ns() // 1000,
        program=f"hl7console {__version__}",
        title=command.filter,
    )
    writer = RecordingWriter(file, header)
    last_s = 0.0
    for message_id in _ids(reader, command):
        if job.is_cancelled:
            break
        message = _recorded(reader, message_id)
        if message is not None:
            writer.add(message)
        now_s = time.monotonic()
        if now_s - last_s > PROGRESS_INTERVAL_S:
            last_s = now_s
            job.advance(writer.messages, len(command.message_ids))
    writer.finish()
    job.advance(writer.messages, writer.messages)
    return writer.messages


def _ids(reader: StoreReader, command: RecordMessages) -> Iterator[int]:
    if command.message_ids:
        yield from command.message_ids
        return
    query = filters.parse(command.filter) if command.filter.strip() else None
    for chunk in reader.iter_ids(query, newest_first=False):
        yield from chunk


def _recorded(reader: StoreReader, message_id: int) -> RecordedMessage | None:
    stored = reader.message(message_id)
    if stored is None:
        return None
    row = stored.row
    return RecordedMessage(
        at_us=row.received_at_us,
        raw=stored.raw,
        ack=stored.ack,
        origin=row.origin,
        interface=row.interface,
        peer=row.peer,
        connection=row.connection,
        ack_code=row.ack_code,
        status=row.status,
    )


def recording_path(text: str | Path) -> Path:
    """Return a recording's path with its suffix, whole."""
    path = Path(text).absolute()
    return path if path.suffix else path.with_suffix(SUFFIX)
