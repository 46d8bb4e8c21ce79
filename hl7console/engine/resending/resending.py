"""Sends stored messages again: chosen ones or all of a filter, to one or several destinations."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Generator, Iterator, Sequence

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.repair_commands import MarkHandled, ResendMessages
from hl7console.engine.resending.edited_batches import EditedBatches, EditedFrom
from hl7console.engine.resending.editing import Editing, EditWish
from hl7console.engine.resending.lane import Lane, Outgoing, connect_all
from hl7console.engine.resending.originals import Counting, Original, Originals
from hl7console.engine.resending.pace import Pace
from hl7console.engine.resending.windows import STORE_TIMEOUT_S, Windows
from hl7console.errors import UsageError
from hl7console.settings import DestinationSettings
from hl7console.store import handled, resends
from hl7console.store.connection import Database
from hl7console.store.deliveries import AttemptOutcome
from hl7console.store.records import DeliveryState

_MARKED_AT_ONCE = 5_000
"""Messages marked in one transaction, at most: what is received meanwhile waits for its end."""


def resend_messages(core: EngineCore, job: EngineJob, command: ResendMessages) -> JobReport:
    """Send stored messages again. The job's thread.

    Raises:
        UsageError: A destination is not known or not confirmed, a message is not there, or filter,
            recipe or pace cannot be used.
        EnvironmentFaultError: No message could be sent at all.
    """
    job.advance(0, len(command.message_ids), "Preparing")
    settings = resolved(core, command.destinations, command.settings, command.confirm)
    pace = Pace(command.rate_per_s, command.speed)
    editing = Editing(core, EditWish(command.new_control_ids, command.dates, command.recipe))
    with contextlib.ExitStack() as stack:
        stack.callback(editing.close)
        reader = stack.enter_context(contextlib.closing(core.open_reader()))
        originals = Originals(reader, command.message_ids, command.filter, command.limit)
        counting = None
        if not command.message_ids:
            counting = Counting(core.open_reader, command.filter, originals.limit)
            stack.callback(counting.stop)
        lanes = [_opened(core, one, job, stack) for one in settings]
        windows = Windows(core, job, lanes, pace, marks_handled=command.mark_handled)
        source = _outgoing(core, originals, editing, command.reason)
        stack.enter_context(contextlib.closing(source))
        _connect(core, lanes, originals)
        for _ in windows.run(source):
            _tell(job, windows, pace, originals, counting)
        total = counting.total if counting is not None else originals.total
    remarks = []
    if originals.is_capped:
        remarks.append(f"At most {originals.limit:,} are sent at once; there are more.")
    account = windows.account
    report = account.report(lanes, total, is_cancelled=job.is_cancelled, remarks=remarks)
    where = ", ".join(lane.name for lane in lanes)
    ids = f"messages {report.first_message_id} to {report.last_message_id}"
    auditing.note(core.writer, "messages resent", where, f"{report.text} ({ids})")
    return report


def mark_messages(core: EngineCore, job: EngineJob, command: MarkHandled) -> JobReport:
    """Mark messages handled, or not handled, page by page. A job's thread."""
    word = "handled" if command.is_handled else "not handled"
    ids = command.message_ids

    def mark(database: Database, page: tuple[int, ...]) -> int:
        count = handled.mark_handled(database, page, is_handled=command.is_handled)
        auditing.append(database, f"messages marked {word}", "messages", f"{count:,} changed")
        return count

    count = done = 0
    for start in range(0, len(ids), _MARKED_AT_ONCE):
        if job.is_cancelled:
            break
        page = ids[start : start + _MARKED_AT_ONCE]
        count += core.writer.call(
            lambda database, page=page: mark(database, page),  # type: ignore[misc]
            label="mark messages handled",
        ).result(STORE_TIMEOUT_S)
        core.versions.deliveries += 1
        done += len(page)
        job.advance(done, len(ids))
    what = "1 message" if count == 1 else f"{count:,} messages"
    if done < len(ids):
        text = f"Stopped: {what} marked {word}; the others are as they were."
        return JobReport(text=text, messages=count, cancelled=True)
    return JobReport(text=f"Marked {what} {word}.", messages=count)


def resolved(
    core: EngineCore,
    names: Sequence[str],
    settings: DestinationSettings | None,
    confirm: Sequence[str],
) -> list[DestinationSettings]:
    """Return where a command sends to, once it may.

    Args:
        core: The engine's parts.
        names: Names of destinations, or HOST:PORT.
        settings: Takes their place when given.
        confirm: Names of production destinations, typed by the user.

    Raises:
        UsageError: There is none, one is not known or switched off, or one is not confirmed.
    """
    if settings is not None:
        return [_confirmed(core, settings.name, settings, confirm)]
    if not names:
        raise UsageError("No destination is chosen.")
    return [_confirmed(core, name, None, confirm) for name in dict.fromkeys(names)]


def _confirmed(
    core: EngineCore, name: str, settings: DestinationSettings | None, confirm: Sequence[str]
) -> DestinationSettings:
    for typed in confirm:
        with contextlib.suppress(UsageError):
            return core.links.resolve(name, settings, typed)
    return core.links.resolve(name, settings, "")


def _opened(
    core: EngineCore, settings: DestinationSettings, job: EngineJob, stack: contextlib.ExitStack
) -> Lane:
    lane = Lane(core, settings, job)
    stack.callback(lane.close)
    return lane


def _connect(core: EngineCore, lanes: Sequence[Lane], originals: Originals) -> None:
    """Connect to all destinations; those that cannot be reached are left out.

    Raises:
        EnvironmentFaultError: None can be reached; the try is written down.
    """
    fault = connect_all(lanes)
    if fault is not None:
        first = originals.first_id()
        if first:
            _note_not_sent(core, lanes, first)
        raise fault


def _note_not_sent(core: EngineCore, lanes: Sequence[Lane], message_id: int) -> None:
    now_us = time.time_ns() // 1000

    def note(database: Database) -> None:
        starts = [resends.AttemptStart(message_id, lane.name, now_us) for lane in lanes]
        attempts = resends.begin_attempts(database, starts)
        resends.end_attempts(
            database,
            [
                resends.AttemptEnd(
                    attempt,
                    AttemptOutcome(
                        DeliveryState.CANCELLED, now_us, text=f"Not sent: {lane.stopped_by}"
                    ),
                )
                for attempt, lane in zip(attempts, lanes, strict=True)
            ],
        )

    core.writer.call(note, label="record an attempt").result(STORE_TIMEOUT_S)
    core.versions.deliveries += 1


def _outgoing(
    core: EngineCore, originals: Originals, editing: Editing, reason: str
) -> Generator[Outgoing, None, None]:
    """Yield the messages as they go out, edited ones stored first."""
    batches = EditedBatches(core, reason, editing.recipe_id)
    for page in originals.pages():
        if editing.wish.is_any:
            yield from _edited(page, editing, batches)
            continue
        for one in page:
            yield Outgoing(
                one.row.id,
                one.raw,
                received_at_us=one.row.received_at_us,
                was_on_wire=one.was_on_wire,
            )


def _edited(
    page: Sequence[Original], editing: Editing, batches: EditedBatches
) -> Iterator[Outgoing]:
    """Yield a page's messages as edited; one that cannot be is told, and not sent."""
    made: list[EditedFrom] = []
    faults: dict[int, str] = {}
    for one in page:
        try:
            made.append(EditedFrom(one, editing.edited(one.raw, one.row.charset)))
        except UsageError as fault:
            faults[one.row.id] = fault.text
    raws = {one.original.row.id: one.raw for one in made}
    ids = dict(zip(raws, batches.keep(made), strict=True))
    for one in page:
        original_id = one.row.id
        yield Outgoing(
            ids.get(original_id, original_id),
            raws.get(original_id, one.raw),
            original_id=original_id,
            received_at_us=one.row.received_at_us,
            was_on_wire=one.was_on_wire,
            fault=faults.get(original_id, ""),
        )


def _tell(
    job: EngineJob, windows: Windows, pace: Pace, originals: Originals, counting: Counting | None
) -> None:
    """Say how far it is."""
    done = windows.account.messages + windows.in_hand
    total = counting.total if counting is not None else originals.total
    share = None
    first_us, last_us = originals.first_at_us, counting.last_at_us if counting else 0
    last_us = last_us or originals.last_at_us()
    if pace.keeps_timing and total and last_us > first_us:
        share = min(1.0, max(0.0, (windows.last_at_us - first_us) / (last_us - first_us)))
    job.advance(done, total, share=share, latest=tuple(windows.account.latest))
