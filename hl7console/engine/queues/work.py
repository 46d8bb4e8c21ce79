"""What people do with queues, as jobs: hold, release, try again, skip, send elsewhere, move back.

While a queue's deliveries change, the queue sends nothing; what is being sent at that moment is
left alone. Everything is in the audit trail.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.jobs import EngineJob
from hl7console.engine.repair_commands import (
    ChangeDeliveries,
    DeliveryAction,
    HoldQueue,
    QueueCommand,
    QueueCondition,
    QueueMessages,
    ReleaseQueue,
    RerouteDeliveries,
    RewindQueue,
)
from hl7console.errors import UsageError
from hl7console.store import queue_changes
from hl7console.store.connection import Database
from hl7console.store.queue_changes import PAGE, Changed
from hl7console.store.queues import enqueue
from hl7console.store.recipes import keep_recipe
from hl7console.store.repair_records import DeliveryWanted

_DONE = {
    DeliveryAction.RETRY: "to be sent again",
    DeliveryAction.HOLD: "held",
    DeliveryAction.RELEASE: "released",
    DeliveryAction.SKIP: "skipped",
    DeliveryAction.CANCEL: "cancelled",
    DeliveryAction.HANDLE: "ticked off",
    DeliveryAction.UNHANDLE: "in the error list again",
}


def do_queue_command(core: EngineCore, job: EngineJob, command: QueueCommand) -> JobReport:
    """Do what a command about queues says. The job's thread.

    Raises:
        UsageError: A destination is not known, or a production one not confirmed.
        ConsoleError: The store fails.
    """
    match command:
        case HoldQueue():
            return _hold(core, command)
        case ReleaseQueue():
            return _release(core, command)
        case ChangeDeliveries():
            return _change(core, job, command)
        case RerouteDeliveries():
            return _reroute(core, job, command)
        case RewindQueue():
            return _rewind(core, job, command)
        case QueueMessages():
            return _queue(core, job, command)


def _now_us() -> int:
    return time.time_ns() // 1000


def _known(core: EngineCore, name: str) -> None:
    if name not in core.queues.names():
        raise UsageError(f"There is no destination named {name}.")


def _hold(core: EngineCore, command: HoldQueue) -> JobReport:
    name = command.destination
    _known(core, name)
    user = auditing.user_name()
    why = f"Held by {user}{': ' + command.reason if command.reason else ''}."

    def hold(database: Database) -> None:
        queue_changes.hold_queue(database, name, why, user, _now_us())
        auditing.append(database, "queue held", name, command.reason)

    core.queues.change((name,), hold, "hold a queue")
    return JobReport(text=f"The queue of {name} is held; it goes on to fill.")


def _release(core: EngineCore, command: ReleaseQueue) -> JobReport:
    name = command.destination
    _known(core, name)
    status = next((s for s in core.queues.statuses() if s.destination == name), None)
    if status is not None and status.condition is QueueCondition.STOPPED:
        core.links.resolve(name, None, command.confirm)
    user = auditing.user_name()

    def release(database: Database) -> None:
        queue_changes.release_queue(database, name, user, _now_us())
        auditing.append(database, "queue released", name)

    core.queues.change((name,), release, "release a queue")
    core.queues.retry_now((name,))
    return JobReport(text=f"The queue of {name} goes on.")


def _change(core: EngineCore, job: EngineJob, command: ChangeDeliveries) -> JobReport:
    action = command.action
    user = auditing.user_name()
    text = f"{_DONE[action].capitalize()} by {user}"
    text += f": {command.reason}." if command.reason else "."

    def change(database: Database, ids: Sequence[int]) -> Changed:
        changed = queue_changes.change_deliveries(
            database, str(action), ids, _now_us(), text=text, destinations=core.queues.names()
        )
        if changed.count:
            details = f"{changed.count:,} deliveries, {min(ids)} to {max(ids)}. {command.reason}"
            subject = ", ".join(changed.destinations)
            auditing.append(database, f"deliveries {_DONE[action]}", subject, details.strip())
        return changed

    pages = _pages_of(core, command)
    asked = len(command.delivery_ids)
    count, is_stopped = _in_pages(core, job, pages, change, total=asked)
    if action is DeliveryAction.RETRY:
        core.queues.retry_now(tuple(core.queues.names()))
    if is_stopped:
        return _stopped(f"{count:,} {_DONE[action]}", count)
    left = max(0, asked - count)
    more = f" {left:,} were left as they are: their state does not allow it." if left else ""
    return JobReport(text=f"{count:,} {_DONE[action]}.{more}", messages=count)


def _stopped(done: str, count: int) -> JobReport:
    """Return the report of what was stopped before its end."""
    text = f"Stopped: {done}; the others are as they were."
    return JobReport(text=text, messages=count, cancelled=True)


def _pages_of(core: EngineCore, command: ChangeDeliveries) -> Iterator[tuple[int, ...]]:
    if command.destination:
        return _due_pages(core, command.destination)
    ids = iter(sorted(set(command.delivery_ids)))
    return iter(lambda: tuple(islice(ids, PAGE)), ())


def _due_pages(core: EngineCore, destination: str) -> Iterator[tuple[int, ...]]:
    """Yield what is due now at a destination, page by page; what comes meanwhile is not in it."""
    with contextlib.closing(core.open_reader()) as reader:
        database = reader.database()
        last = database.integer("SELECT max(id) FROM deliveries")
        after = 0
        while ids := queue_changes.due_ids(database, destination, after):
            after = ids[-1]
            if chosen := tuple(id_ for id_ in ids if id_ <= last):
                yield chosen


def _in_pages(
    core: EngineCore,
    job: EngineJob,
    pages: Iterator[tuple[int, ...]],
    change: Callable[[Database, Sequence[int]], Changed],
    *,
    total: int,
) -> tuple[int, bool]:
    """Change deliveries page by page, each in a transaction.

    Returns:
        How many it was, and whether it was stopped before the last page.
    """
    count = seen = 0
    with contextlib.closing(core.open_reader()) as reader:
        for ids in pages:
            if job.is_cancelled:
                return count, True
            names = _destinations_of(reader.database(), ids)
            changed = core.queues.change(
                names,
                lambda database, ids=ids: change(database, ids),  # type: ignore[misc]
                "change deliveries",
                touched=lambda result: result.destinations,
            )
            count += changed.count
            seen += len(ids)
            job.advance(seen, total)
    return count, False


def _destinations_of(database: Database, ids: Sequence[int]) -> tuple[str, ...]:
    marks = ",".join("?" * len(ids))
    rows = database.all(
        f"SELECT DISTINCT destination FROM deliveries WHERE id IN ({marks})",  # noqa: S608 - marks
        tuple(ids),
    )
    return tuple(str(row[0]) for row in rows)


def _reroute(core: EngineCore, job: EngineJob, command: RerouteDeliveries) -> JobReport:
    name = command.destination
    core.links.resolve(name, None, command.confirm)
    _known(core, name)

    def reroute(database: Database, ids: Sequence[int]) -> Changed:
        changed = queue_changes.reroute_deliveries(database, ids, name, _now_us())
        if changed.count:
            details = f"{changed.count:,} deliveries, {min(ids)} to {max(ids)}"
            auditing.append(database, "deliveries rerouted", name, details)
        return changed

    ids = iter(sorted(set(command.delivery_ids)))
    pages = iter(lambda: tuple(islice(ids, PAGE)), ())
    asked = len(set(command.delivery_ids))
    count, is_stopped = _in_pages(core, job, pages, reroute, total=asked)
    if is_stopped:
        return _stopped(f"{count:,} rerouted to {name}", count)
    left = asked - count
    more = f" {left:,} were left: over already, or being sent." if left else ""
    return JobReport(text=f"{count:,} rerouted to {name}.{more}", messages=count)


def _rewind(core: EngineCore, job: EngineJob, command: RewindQueue) -> JobReport:
    name = command.destination
    core.links.resolve(name, None, command.confirm)
    _known(core, name)
    count = 0
    with contextlib.closing(core.open_reader()) as reader:
        # All of it is read before anything is queued: what is sent meanwhile isn't in it.
        found = list(queue_changes.sent_since(reader.database(), name, command.since_us))
    for start in range(0, len(found), PAGE):
        if job.is_cancelled:
            break
        part = found[start : start + PAGE]
        wanted = [(message_id, due) for _, message_id, due in part]
        _enqueue(core, wanted, [root for root, _, _ in part])
        count += len(part)
        job.advance(count, len(found))
    since = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(command.since_us / 1e6))
    auditing.note(core.writer, "queue moved back", name, f"{count:,} deliveries since {since}")
    if count < len(found):
        return _stopped(f"{_waiting(count)} for {name} again", count)
    return JobReport(text=f"{_waiting(count)} for {name} again.", messages=count)


def _queue(core: EngineCore, job: EngineJob, command: QueueMessages) -> JobReport:
    for name in command.destinations:
        core.links.resolve(name, None, name if name in command.confirm else "")
        _known(core, name)
    recipe_id = 0
    if command.recipe:
        recipe_id = core.writer.call(
            lambda database: keep_recipe(database, "", command.recipe, _now_us()),
            label="keep a recipe",
        ).result(30.0)
    count = 0
    total = len(command.message_ids)
    for start in range(0, total, PAGE):
        if job.is_cancelled:
            break
        ids = command.message_ids[start : start + PAGE]
        wanted = [
            (message_id, DeliveryWanted(name, recipe_id=recipe_id))
            for message_id in ids
            for name in command.destinations
        ]
        _check_messages(core, ids)
        _enqueue(core, wanted, ())
        count += len(ids)
        job.advance(count, total)
    where = ", ".join(command.destinations)
    auditing.note(core.writer, "messages queued", where, f"{count:,} messages")
    if count < total:
        return _stopped(f"{_waiting(count)} for {where}", count)
    return JobReport(text=f"{_waiting(count)} for {where}.", messages=count)


def _check_messages(core: EngineCore, ids: Sequence[int]) -> None:
    with contextlib.closing(core.open_reader()) as reader:
        missing = reader.database().integer(
            "SELECT value FROM json_each(?) WHERE value NOT IN (SELECT id FROM messages) LIMIT 1",
            (json.dumps(list(ids)),),
        )
    if missing:
        raise UsageError(f"There is no message {missing}.")


def _enqueue(
    core: EngineCore, wanted: Sequence[tuple[int, DeliveryWanted]], repeat_of: Sequence[int]
) -> None:
    """Queue deliveries; the queues are told by the writer thread, in the order of its work."""

    def work(database: Database) -> None:
        core.queues.on_queued(enqueue(database, wanted, _now_us(), repeat_of=repeat_of))

    core.writer.call(work, label="queue messages").result(60.0)


def _waiting(count: int) -> str:
    return "1 message waits" if count == 1 else f"{count:,} messages wait"
