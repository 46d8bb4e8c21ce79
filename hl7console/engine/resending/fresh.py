"""Sends messages that come from outside the workspace: of a recording, of a sample, typed ones.

Each is stored with origin ``sent`` before its first byte goes out, and then sent as resends are.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.reading import FoundInSource
from hl7console.engine.resending.editing import Editing
from hl7console.engine.resending.lane import Lane, Outgoing, connect_all
from hl7console.engine.resending.pace import Pace
from hl7console.engine.resending.windows import STORE_TIMEOUT_S, Windows
from hl7console.engine.storing import StoredIds, imported_message
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.settings import DestinationSettings
from hl7console.store.records import Origin

STORED_AT_ONCE = (1, 4, 16, 64)
"""Messages stored together: few at first, so that the first one leaves soon."""


@dataclass(frozen=True, slots=True)
class FreshMessage:
    """One message to be stored and sent."""

    raw: bytes = field(repr=False)
    at_us: int = 0
    """When it was recorded, where the timing is kept."""
    source: str = ""
    """Where it comes from: a file's name without its folder, a sample's name."""


@dataclass(frozen=True, slots=True)
class FreshRun:
    """How messages are sent that come from outside."""

    destinations: Sequence[DestinationSettings]
    """Where to; they may be used."""
    pace: Pace
    editing: Editing
    total: int = 0
    """Messages in all; 0 while unknown."""
    action: str = "messages sent"
    """What the audit trail calls it."""


def send_fresh(
    core: EngineCore, job: EngineJob, run: FreshRun, messages: Iterator[FreshMessage]
) -> JobReport:
    """Store and send what an iterator yields. The job's thread.

    Raises:
        EnvironmentFaultError: No destination can be reached, or a message cannot be stored.
    """
    job.advance(0, run.total, "Preparing")
    with contextlib.ExitStack() as stack:
        lanes = [Lane(core, settings, job) for settings in run.destinations]
        for lane in lanes:
            stack.callback(lane.close)
        if (fault := connect_all(lanes)) is not None:
            raise fault
        windows = Windows(core, job, lanes, run.pace)
        source = _outgoing(core, run.editing, messages)
        stack.enter_context(contextlib.closing(source))
        for _ in windows.run(source):
            done = windows.account.messages + windows.in_hand
            job.advance(done, run.total, latest=tuple(windows.account.latest))
    report = windows.account.report(lanes, run.total, is_cancelled=job.is_cancelled)
    where = ", ".join(lane.name for lane in lanes)
    ids = f"messages {report.first_message_id} to {report.last_message_id}"
    auditing.note(core.writer, run.action, where, f"{report.text} ({ids})")
    return report


def _outgoing(
    core: EngineCore, editing: Editing, messages: Iterator[FreshMessage]
) -> Generator[Outgoing, None, None]:
    for place in itertools.count():
        size = STORED_AT_ONCE[min(place, len(STORED_AT_ONCE) - 1)]
        page = list(itertools.islice(messages, size))
        if not page:
            return
        made = [_edited(editing, one) for one in page]
        stored = StoredIds(len(page))
        for one, (raw, _) in zip(page, made, strict=True):
            new = imported_message(FoundInSource(one.source, 0, raw), Origin.SENT)
            core.writer.put(new, stored, wait_s=STORE_TIMEOUT_S)
        stored.wait(STORE_TIMEOUT_S)
        if stored.error:
            raise EnvironmentFaultError(
                f"A message was not stored: {stored.error}",
                hint="Make room or mend the fault, then send the rest.",
            )
        for message_id, one, (raw, fault) in zip(stored.ids, page, made, strict=True):
            yield Outgoing(message_id, raw, received_at_us=one.at_us, fault=fault)


def _edited(editing: Editing, one: FreshMessage) -> tuple[bytes, str]:
    """Return a message as it goes out, and why it cannot be changed as wished."""
    if not editing.wish.is_any:
        return one.raw, ""
    try:
        return editing.edited(one.raw), ""
    except UsageError as fault:
        return one.raw, fault.text
