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
from hl7console.store.repair_records import EditNote

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
        self._note = EditNote(user_name(), reason, recipe_id)

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
            new = edited_message(one.raw, parent, self._note, now_us)
            self._writer.put(new, stored, wait_s=STORE_TIMEOUT_S)
        stored.wait(STORE_TIMEOUT_S)
        if stored.error:
            raise EnvironmentFaultError(
                f"{stored.error} What was edited was not kept.",
                hint="Make room or mend the fault, then send the rest.",
            )
        return stored.ids
