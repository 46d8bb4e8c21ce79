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
from hl7console.engine.storing import StoredIds
from hl7console.errors import EnvironmentFaultError, UsageError
from hl7console.store import edited_messages
from hl7console.store.connection import Database
from hl7console.store.records import Origin
from hl7console.store.repair_records import EditNote
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
    note = EditNote(auditing.user_name(), command.reason.strip(), saved_name=name, is_audited=True)
    origin = Origin.SAMPLE if name and not command.parent_id else Origin.EDITED
    stored = StoredIds(1)
    core.writer.put(
        edited_message(command.raw, parent, note, now_us, origin=origin),
        stored,
        wait_s=_STORE_TIMEOUT_S,
    )
    stored.wait(_STORE_TIMEOUT_S)
    if stored.error:
        raise EnvironmentFaultError(
            f"{stored.error} The edited message was not kept.",
            hint="Make room or mend the fault, then try again.",
        )
    message_id = stored.ids[0]
    if name:
        _check_named(core, name, message_id)
    text = f"Saved as {name}." if name else "The edited message was stored."
    return JobReport(text=text, messages=1, first_message_id=message_id, last_message_id=message_id)


def _check_named(core: EngineCore, name: str, message_id: int) -> None:
    """Raise where somebody gave the name to another message in this very moment."""
    is_named = core.writer.call(
        lambda database: edited_messages.has_name(database, name, message_id),
        label="look at a saved message",
    ).result(_STORE_TIMEOUT_S)
    if not is_named:
        raise UsageError(
            f"There is a saved message named {name}.",
            hint=f"This one was stored without a name, as message {message_id}.",
        )


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
