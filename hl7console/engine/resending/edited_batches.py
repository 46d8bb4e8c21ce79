"""Keeps the messages that a resend has edited, many at a time, each with its original."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from hl7console.engine.auditing import user_name
from hl7console.engine.core import EngineCore
from hl7console.engine.parentage import edited_message, parent_of
from hl7console.engine.resending.originals import Original
from hl7console.engine.storing import StoredIds
from hl7console.errors import EnvironmentFaultError
from hl7console.store.connection import Database, SqlValue

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
        stored = StoredIds(len(edited))
        for one in edited:
            parent = parent_of(one.original.row, one.original.raw)
            new = edited_message(one.raw, parent, now_us)
            self._writer.put(new, stored, wait_s=STORE_TIMEOUT_S)
        stored.wait(STORE_TIMEOUT_S)
        if stored.error:
            raise EnvironmentFaultError(
                f"{stored.error} What was edited was not kept.",
                hint="Make room or mend the fault, then send the rest.",
            )
        ids = stored.ids
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
