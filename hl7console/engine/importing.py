"""Takes messages from files into the store: kept, or as if a listener had received them.

References:
    Design: imported messages are neither routed nor applied to the worklist, so that a file from
    last year puts nobody on today's scanner; *receive* does both, by the listener's rules.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import PurePosixPath

from hl7console.engine import auditing
from hl7console.engine.console import ImportFiles, ImportMode, JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.intake import Intake
from hl7console.engine.jobs import EngineJob
from hl7console.engine.reading import FoundInSource, MessageFinder
from hl7console.engine.sending import send_found
from hl7console.engine.storing import STALLED_TIMEOUT_S, StoreTally, imported_message
from hl7console.errors import UsageError
from hl7console.store.records import NewMessage, Origin, Status

PROGRESS_INTERVAL_S = 0.05
"""Shortest time between two looks at the progress, in seconds."""


def import_files(core: EngineCore, job: EngineJob, command: ImportFiles) -> JobReport:
    """Import what a command names, and report. The job's thread.

    Raises:
        UsageError: The listener or destination is not known, or not confirmed.
        EnvironmentFaultError: The store cannot take the messages.
    """
    finder = MessageFinder(job, command.paths, command.pasted)
    if command.mode == ImportMode.SEND:
        settings = core.links.resolve(command.destination, None, command.confirm)
        return send_found(core, job, finder, settings)
    make = _received(core, command.listener) if command.mode == ImportMode.RECEIVE else _kept
    tally = StoreTally()
    refused = 0
    last_s = 0.0
    for found in finder.messages():
        new = make(found)
        refused += command.mode == ImportMode.RECEIVE and new.status != Status.OK
        tally.expect()
        core.writer.put(new, tally, wait_s=STALLED_TIMEOUT_S)
        now_s = time.monotonic()
        if now_s - last_s > PROGRESS_INTERVAL_S:
            last_s = now_s
            job.advance(tally.stored, text=found.source, share=finder.share)
    tally.wait()
    job.advance(tally.stored, tally.stored)
    text = _sentence(tally, finder, command.mode, refused, is_cancelled=job.is_cancelled)
    auditing.note(core.writer, "messages imported", command.listener or "files", text)
    return JobReport(
        text=text,
        messages=tally.stored,
        first_message_id=tally.first_id,
        last_message_id=tally.last_id,
        accepted=tally.stored - refused if command.mode == ImportMode.RECEIVE else 0,
        refused=refused,
        not_taken=tuple(finder.not_taken),
        not_taken_total=finder.not_taken_total,
        noticed=tuple(finder.noticed),
        noticed_total=finder.noticed_total,
        cancelled=job.is_cancelled,
    )


def _kept(found: FoundInSource) -> NewMessage:
    return imported_message(found, Origin.IMPORTED)


def _received(core: EngineCore, name: str) -> Callable[[FoundInSource], NewMessage]:
    listener = core.links.listener(name)
    if listener is None:
        raise UsageError(
            f"There is no listener named {name}." if name else "No listener was named.",
            hint="Name one of the listeners in Settings.",
        )
    intake: Intake = listener.intake

    def receive(found: FoundInSource) -> NewMessage:
        new, _ = intake.read(found.raw, found.flags, peer=PurePosixPath(found.source).name)
        return new

    return receive


def _sentence(
    tally: StoreTally, finder: MessageFinder, mode: ImportMode, refused: int, *, is_cancelled: bool
) -> str:
    verb = "received" if mode == ImportMode.RECEIVE else "kept"
    parts = [f"{counted(tally.stored, 'message')} {verb}"]
    if refused:
        parts.append(f"{refused:,} of them refused by the listener's rules")
    if tally.duplicates:
        parts.append(f"{counted(tally.duplicates, 'duplicate')} among them")
    if finder.not_taken_total:
        parts.append(f"{counted(finder.not_taken_total, 'part')} not taken")
    if finder.noticed_total:
        parts.append(f"{counted(finder.noticed_total, 'oddity', 'oddities')} noticed")
    return f"{'Cancelled: ' if is_cancelled else ''}{', '.join(parts)}."


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in the right form."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
