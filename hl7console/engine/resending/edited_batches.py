"""Keeps the messages that a resend has edited, many at a time, each with its original."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.engine.auditing import user_name
from hl7console.engine.core import EngineCore
from hl7console.engine.resending.originals import Original
from hl7console.errors import EnvironmentFaultError
from hl7console.hl7v2.scan import scan
from hl7console.store.connection import Database, SqlValue
from hl7console.store.records import NewMessage, Origin, Status, StoreOutcome

STORE_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True)
class EditedFrom:
    """What an original became."""

    original: Original
    raw: bytes = field(repr=False)


class EditedBatches:
    """Stores edited messages. One thread.

    Args:
        core: The engine's parts.
        reason: Why they are edited, in the user's words.
        recipe_id: The recipe that was applied, as the store knows it; 0 for none.
    """

    def __init__(self, core: EngineCore, reason: str, recipe_id: int = 0) -> None:
        self._writer = core.writer
        self._reason = reason
        self._recipe_id = recipe_id
        self._author = user_name()

    def keep(self, edited: Sequence[EditedFrom]) -> list[int]:
        """Store messages with their originals, and return their ids in their order.

        Raises:
            EnvironmentFaultError: The store does not take them.
        """
        if not edited:
            return []
        now_us = time.time_ns() // 1000
        waits = _Waits(len(edited))
        for one in edited:
            self._writer.put(edited_message(one, now_us), waits, wait_s=STORE_TIMEOUT_S)
        ids = waits.ids()
        # Behind the messages on the same thread; the first byte goes out after both.
        self._writer.call(
            lambda database: self._note(database, ids, now_us), label="note edited messages"
        ).result(STORE_TIMEOUT_S)
        return ids

    def _note(self, database: Database, ids: Sequence[int], now_us: int) -> None:
        values: list[SqlValue] = []
        for message_id in ids:
            values += (message_id, self._author, now_us, self._reason, self._recipe_id)
        database.execute(
            "INSERT INTO edited_messages (message_id, author, at_us, reason, recipe_id) VALUES "  # noqa: S608
            + ",".join(["(?,?,?,?,?)"] * len(ids)),
            values,
        )


class _Waits:
    """Collects the ids of messages handed to the store."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._told: list[StoreOutcome] = []
        self._all = threading.Event()

    def __call__(self, outcome: StoreOutcome) -> None:
        """Take what became of one. Any thread."""
        self._told.append(outcome)
        if len(self._told) == self._count:
            self._all.set()

    def ids(self) -> list[int]:
        """Wait for all, and return their ids in the order in which they were handed over.

        Raises:
            EnvironmentFaultError: One was not stored, or the store says nothing.
        """
        if not self._all.wait(STORE_TIMEOUT_S):
            raise EnvironmentFaultError("The database does not answer any more.")
        for outcome in self._told:
            if outcome.error:
                raise EnvironmentFaultError(
                    f"{outcome.error} What was edited was not kept.",
                    hint="Make room or mend the fault, then send the rest.",
                )
        return [outcome.message_id for outcome in self._told]


def edited_message(one: EditedFrom, now_us: int) -> NewMessage:
    """Return the row of an edited message."""
    row = one.original.row
    seen = scan(one.raw, default_codec=row.charset or "cp1252")
    return NewMessage(
        raw=one.raw,
        origin=Origin.EDITED,
        received_at_us=now_us,
        message_type=seen.message_type,
        event=seen.event,
        structure=seen.structure,
        control_id=seen.control_id,
        sender=seen.sender,
        receiver=seen.receiver,
        version=seen.version,
        charset=seen.charset,
        patient_id=seen.patient_id,
        patient_authority=seen.patient_authority,
        patient_name=seen.patient_name,
        accession=seen.accession,
        placer_order=seen.placer_order,
        filler_order=seen.filler_order,
        status=Status.OK if seen.is_readable else Status.ERROR,
        error_text=seen.problem,
        flags=seen.flags,
        parent_id=row.id,
    )
