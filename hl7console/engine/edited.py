"""Keeps messages that somebody edited: each as a new message beside the one it was made from.

An edited message is never routed and never reaches the worklist by itself: both take what was
received only. It goes out where somebody sends it.
"""

from __future__ import annotations

import time

from hl7console.engine import auditing
from hl7console.engine.console import JobReport
from hl7console.engine.core import EngineCore
from hl7console.engine.parentage import Parent, edited_message, parent_of
from hl7console.engine.repair_commands import DeleteSaved, StoreEdited
from hl7console.engine.storing import StoreTally
from hl7console.errors import UsageError
from hl7console.store import edited_messages
from hl7console.store.connection import Database
from hl7console.store.records import Origin
from hl7console.store.repair_records import EditedMessage
from hl7console.store.rows import read_body, read_rows

_STORE_TIMEOUT_S = 30.0


def store_edited(core: EngineCore, command: StoreEdited) -> JobReport:
    """Keep an edited message as a new one; `JobReport.first_message_id` is its id.

    A job's thread.

    Raises:
        UsageError: It is empty, its parent is gone, or its name is taken.
        EnvironmentFaultError: It could not be stored.
    """
    if not command.raw.strip():
        raise UsageError("There is no message: it is empty.")
    name = command.saved_name.strip()
    now_us = time.time_ns() // 1000
    parent = core.writer.call(
        lambda database: _looked_at(database, command.parent_id, name),
        label="look at the original",
    ).result(_STORE_TIMEOUT_S)
    tally = StoreTally()
    tally.expect()
    origin = Origin.SAMPLE if name and not command.parent_id else Origin.EDITED
    new = edited_message(command.raw, parent, now_us, origin=origin)
    core.writer.put(new, tally, wait_s=_STORE_TIMEOUT_S)
    tally.wait()
    message_id = tally.last_id
    edited = EditedMessage(message_id, auditing.user_name(), now_us, command.reason.strip())

    def note(database: Database) -> None:
        edited_messages.keep_edited(database, edited)
        if name:
            edited_messages.keep_name(database, name, message_id, now_us)
        made_from = f"made from message {command.parent_id}" if command.parent_id else ""
        auditing.append(database, "message edited", f"message {message_id}", made_from)

    core.writer.call(note, label="note who edited a message").result(_STORE_TIMEOUT_S)
    text = f"Saved as {name}." if name else "The edited message was stored."
    return JobReport(text=text, messages=1, first_message_id=message_id, last_message_id=message_id)


def delete_saved(core: EngineCore, command: DeleteSaved) -> JobReport:
    """Forget the name of a saved message; the message stays. A job's thread.

    Raises:
        UsageError: There is none of this name.
    """
    name = command.name.strip()

    def forget(database: Database) -> bool:
        is_there = edited_messages.forget_name(database, name)
        if is_there:
            auditing.append(database, "saved message removed", name)
        return is_there

    done = core.writer.call(forget, label="forget a saved message").result(_STORE_TIMEOUT_S)
    if not done:
        raise UsageError(f"There is no saved message named {name}.")
    return JobReport(text=f"{name} was removed from the saved messages.")


def _looked_at(database: Database, parent_id: int, name: str) -> Parent:
    """Return what is taken over from the parent; raise where something is in the way."""
    if name:
        edited_messages.check_name(database, name)
    if not parent_id:
        return Parent()
    rows, raw = read_rows(database, [parent_id]), read_body(database, parent_id)
    if not rows or raw is None:
        raise UsageError(
            f"Message {parent_id}, which was edited, is no longer there.",
            hint="Copy the text, and compose a new message of it.",
        )
    return parent_of(rows[0], raw)
